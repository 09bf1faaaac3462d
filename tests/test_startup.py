"""What a start costs is what it imports."""

from __future__ import annotations

import ast

import pytest

from tests.conftest import run_python

REPORT = "import sys; from xentcli.cli.main import main; main({}); print(sorted(sys.modules))"


TYPED = ["ce", "--logits", "1,2,3", "--label", "0"]


def last_line(program: str) -> str:
    """The last line that a program of Python prints."""
    ran = run_python(program)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()[-1]


def modules(arguments: list[str]) -> set[str]:
    """The modules that are imported when a command has been carried out."""
    found: list[str] = ast.literal_eval(last_line(REPORT.format(arguments)))
    return set(found)


def imported(arguments: list[str]) -> set[str]:
    """The packages that are imported when a command has been carried out."""
    return {name.split(".")[0] for name in modules(arguments)}


def test_nothing_is_imported_before_the_command_takes_signals() -> None:
    program = "import sys; before = {*sys.modules}; import xentcli; print({*sys.modules} - before)"
    assert last_line(program) == "{'xentcli'}"


def test_a_run_imports_no_pydantic_and_no_extra() -> None:
    packages = imported(TYPED)
    assert {"numpy", "rich", "typer"} <= packages
    assert not packages & {"pydantic", "click", "simdjson", "orjson", "pyarrow", "torch"}


@pytest.mark.parametrize("arguments", [["--version"], ["ce", "--help"]])
def test_help_and_version_do_without_numpy(arguments: list[str]) -> None:
    assert "numpy" not in imported(arguments)


def test_an_answer_without_a_table_does_without_rich() -> None:
    assert "rich" not in imported([*TYPED, "-q"])


@pytest.mark.parametrize("arguments", [TYPED, ["--help"]])
def test_other_commands_do_without_the_diagnosis(arguments: list[str]) -> None:
    assert not {name for name in modules(arguments) if name.startswith("xentcli.diagnos")}


def test_a_typed_row_does_without_what_files_and_lists_need() -> None:
    found = modules(TYPED)
    assert "xentcli.readers.typed" in found
    needless = {
        "xentcli.calculation.kl",
        "xentcli.cli.habits",
        "xentcli.cli.help",
        "xentcli.core.differences",
        "xentcli.core.entropy",
        "xentcli.options.command_line",
        "xentcli.readers.first_bytes",
        "xentcli.readers.json",
        "xentcli.readers.rules.join",
        "xentcli.readers.sources.copies",
        "xentcli.readers.sources.unpack",
        "xentcli.readers.text",
        "xentcli.run.cluster",
        "xentcli.writers.page",
        "xentcli.writers.screen.survey",
    }
    assert not found & needless


def test_no_time_goes_into_a_search_for_garbage() -> None:
    searches = "sum(one['collections'] for one in gc.get_stats())"
    program = (
        f"import gc; before = {searches}; import xentcli.__main__, xentcli.cli.main as cli;"
        f"cli.main({TYPED}); print({searches} - before)"
    )
    assert last_line(program) == "0"


def test_completers_are_handed_over_only_when_a_shell_asks() -> None:
    program = (
        "import xentcli.cli.commands as cli; command = cli.build_program('ce').commands['ce'];"
        "print([one.name for one in command.params if one._custom_shell_complete])"
    )
    assert last_line(program) == "[]"
    asked = "import os; os.environ['_XENT_COMPLETE'] = 'complete_bash'; " + program
    assert "label_col" in last_line(asked)


def test_a_diagnosis_without_a_table_does_without_rich() -> None:
    given = ["diagnose", "--logits", "1,2,3", "--label", "0", "--got", "2.4076"]
    assert "rich" not in imported([*given, "-q"])
    assert "rich" not in imported([*given, "--format", "json"])
