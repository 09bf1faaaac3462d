"""The bar that shows how far the work is."""

from __future__ import annotations

import io
import sys

import pytest

from xentcli.run import progress


class Terminal(io.StringIO):
    """Standard error on a terminal."""

    def isatty(self) -> bool:
        """It is one."""
        return True


@pytest.mark.parametrize(
    ("partitions", "said"), [(False, "5 rows, "), (True, "2 partitions, 5 rows, ")]
)
def test_what_is_done_is_counted(
    partitions: bool, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "AFTER_SECONDS", 0.0)
    monkeypatch.setenv("COLUMNS", "120")
    shown = progress.Progress(100, wanted=True, partitions=partitions)
    shown.add(2, 40)
    shown.add(3, 60)
    shown.close()
    assert said in terminal.getvalue()
    assert "100/100 bytes" in terminal.getvalue()


@pytest.mark.parametrize("wanted", [True, False])
def test_nothing_is_shown_of_short_work_or_unasked(
    wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setattr(progress, "AFTER_SECONDS", 1e9 if wanted else 0.0)
    shown = progress.Progress(100, wanted=wanted)
    shown.add(2, 40)
    shown.close()
    assert terminal.getvalue() == ""
