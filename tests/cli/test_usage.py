"""What is seldom asked of the program itself, and what Typer may raise."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from tests.faults.running import Answered, run_inside
from xentcli import __version__
from xentcli.cli.usage import usage_error


@pytest.mark.parametrize("asked", [["--version", "ce"], ["-V", "--help"], ["--version", "wrong"]])
def test_the_version_comes_before_anything_else(asked: list[str], tmp_path: Path) -> None:
    assert run_inside(asked, tmp_path) == Answered(0, f"xent {__version__}\n".encode(), "")


def test_an_empty_word_is_no_command(tmp_path: Path) -> None:
    found = run_inside([""], tmp_path)
    assert found == Answered(2, b"", "xent: no such command ''\nhint: xent --help\n")


def test_an_end_by_typer_is_told_and_a_bug_is_not() -> None:
    told = usage_error(typer.Abort(), "ce")
    assert told is not None
    assert told.message == "aborted"
    assert usage_error(ZeroDivisionError(), "ce") is None
