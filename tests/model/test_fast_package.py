"""Packages that make reading and writing faster, and may be missing."""

from __future__ import annotations

import pytest

from xentcli.model import fast_package


@pytest.mark.parametrize(
    ("asked", "size", "is_taken"),
    [("1", 0, True), ("0", 1000, False), (None, 1000, True), (None, 100, False)],
)
def test_a_package_is_taken_as_asked_or_for_much_text(
    asked: str | None, size: int, is_taken: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XENT_FAST", raising=False)
    if asked is not None:
        monkeypatch.setenv("XENT_FAST", asked)
    assert (fast_package("json", size, 100) is not None) == is_taken


def test_a_package_that_is_not_installed_is_done_without(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XENT_FAST", "1")
    assert fast_package("xentcli_has_no_such_package", 1000, 100) is None
