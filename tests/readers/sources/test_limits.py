"""Numbers of bytes that variables of the environment set."""

from __future__ import annotations

import pytest

from xentcli.errors import UsageError
from xentcli.readers.sources.limits import limit_from_environment

NAME = "XENT_SOME_BYTES"


@pytest.mark.parametrize(
    ("given", "limit"), [(None, 7), ("", 7), ("1", 1), ("007", 7), ("9" * 18, 10**18 - 1)]
)
def test_a_number_of_bytes(given: str | None, limit: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(NAME, raising=False)
    if given is not None:
        monkeypatch.setenv(NAME, given)
    assert limit_from_environment(NAME, 7) == limit


@pytest.mark.parametrize("given", ["0", "000", "-1", "1.5", "1e6", " 1", "1k", "٣", "²", "1" * 19])
def test_what_is_no_number_of_bytes(given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, given)
    with pytest.raises(UsageError) as caught:
        limit_from_environment(NAME, 7)
    assert str(caught.value) == f'{NAME}: "{given}" is not a number of bytes'


def test_the_most_that_may_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "10")
    assert limit_from_environment(NAME, 7, 10) == 10
    with pytest.raises(UsageError, match=f"^{NAME}: 10 is too large; 9 is the most$"):
        limit_from_environment(NAME, 7, 9)
