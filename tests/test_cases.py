"""Whole commands with what they print: a folder a case under ``cases``.

``cmd`` is run by the shell in a fresh folder that holds the case's other files. Its standard output
must be ``expected``, its standard error ``error`` (both empty if absent), its exit code the number
in ``code`` (0 if absent). With a number in ``columns``, standard output is a terminal of that
width. To add a case, write ``cmd``, run ``pytest tests/test_cases.py --update-cases``, and read
what was written.
"""

from __future__ import annotations

import shutil
import subprocess
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryFile

import pytest

from tests.conftest import PATIENCE, ROOT, environment
from tests.terminals import run_on_terminal

CASES = Path(__file__).parent / "cases"
OUTCOMES = ("expected", "error", "code")
NOT_INPUT = ("cmd", "columns", *OUTCOMES)


def folders() -> list[Path]:
    return sorted(path.parent for path in CASES.rglob("cmd"))


def name_of(folder: Path) -> str:
    return str(folder.relative_to(CASES))


@pytest.mark.parametrize("folder", folders(), ids=name_of)
def test_prints_what_is_expected(
    folder: Path, quick_path: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    copy_input(folder, tmp_path)
    found = outcome(folder, tmp_path, PATH=quick_path)
    if request.config.getoption("--update-cases"):
        update(folder, found)
    check(folder, found)


def some_of_each_kind() -> list[Path]:
    """The first cases of each folder: two, and of a large one an eighth."""
    kinds = [
        list(kind) for _, kind in groupby(folders(), lambda path: path.relative_to(CASES).parts[0])
    ]
    return [folder for kind in kinds for folder in kind[: max(2, len(kind) // 8)]]


@pytest.mark.parametrize("folder", some_of_each_kind(), ids=name_of)
def test_the_installed_command_prints_it_too(folder: Path, tmp_path: Path) -> None:
    copy_input(folder, tmp_path)
    check(folder, outcome(folder, tmp_path))


def check(folder: Path, found: dict[str, bytes]) -> None:
    for name in OUTCOMES:
        file = folder / name
        expected = file.read_bytes() if file.exists() else b""
        assert found[name].decode() == expected.decode(), name


def copy_input(folder: Path, where: Path) -> None:
    for file in folder.iterdir():
        if file.name not in NOT_INPUT:
            shutil.copy(file, where)


def outcome(folder: Path, where: Path, **more: str) -> dict[str, bytes]:
    command = ["sh", "-c", (folder / "cmd").read_text()]
    env = environment(EXAMPLES=str(ROOT / "examples"), **more)
    if (folder / "columns").exists():
        columns = int((folder / "columns").read_text())
        with TemporaryFile() as error:
            code, text, told = run_on_terminal(command, where, columns, env, error)
            printed = text.encode()
    else:
        ran = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            cwd=where,
            env=env,
            timeout=PATIENCE,
            check=False,
        )
        code, printed, told = ran.returncode, ran.stdout, ran.stderr
    return {"expected": printed, "error": told, "code": f"{code}\n".encode() if code else b""}


def update(folder: Path, found: dict[str, bytes]) -> None:
    for name, content in found.items():
        if content:
            (folder / name).write_bytes(content)
        else:
            (folder / name).unlink(missing_ok=True)
