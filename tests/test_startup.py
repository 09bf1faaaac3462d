"""What a start costs is what it imports."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import environment

REPORT = "import sys; from xentcli.cli.main import main; main({}); print(sorted(sys.modules))"


def imported(arguments: list[str]) -> set[str]:
    ran = subprocess.run(
        [sys.executable, "-c", REPORT.format(arguments)],
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
    )
    listed = ran.stdout.splitlines()[-1]
    return {name.strip("' ").split(".")[0] for name in listed.strip("[]").split(",")}


def test_a_run_imports_no_pydantic_and_no_extra() -> None:
    modules = imported(["ce", "--logits", "1,2,3", "--label", "0"])
    assert {"numpy", "rich", "typer"} <= modules
    assert not modules & {"pydantic", "click", "simdjson", "orjson", "pyarrow", "torch"}


@pytest.mark.parametrize("arguments", [["--version"], ["ce", "--help"]])
def test_help_and_version_do_without_numpy(arguments: list[str]) -> None:
    assert "numpy" not in imported(arguments)


def test_an_answer_without_a_table_does_without_rich() -> None:
    assert "rich" not in imported(["ce", "--logits", "1,2,3", "--label", "0", "-q"])


@pytest.mark.parametrize("arguments", [["ce", "--logits", "1,2,3", "--label", "0"], ["--help"]])
def test_other_commands_do_without_the_diagnosis(arguments: list[str]) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", REPORT.format(arguments)],
        capture_output=True,
        text=True,
        env=environment(),
        check=True,
    )
    assert "xentcli.diagnos" not in ran.stdout.splitlines()[-1]


def test_a_diagnosis_without_a_table_does_without_rich() -> None:
    given = ["diagnose", "--logits", "1,2,3", "--label", "0", "--got", "2.4076"]
    assert "rich" not in imported([*given, "-q"])
    assert "rich" not in imported([*given, "--format", "json"])
