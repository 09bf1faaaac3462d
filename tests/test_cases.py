"""Whole commands with what they print: a folder a case under ``cases``.

``cmd`` is run by the shell in a fresh folder that holds the case's other files. Its standard output
must be ``expected``, its standard error ``error`` (both empty if absent), its exit code the number
in ``code`` (0 if absent). To add a case, write ``cmd``, run ``pytest tests/test_cases.py
--update-cases``, and read what was written.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT, environment

CASES = Path(__file__).parent / "cases"
OUTCOMES = ("expected", "error", "code")


def folders() -> list[Path]:
    return sorted(path.parent for path in CASES.rglob("cmd"))


@pytest.mark.parametrize("folder", folders(), ids=lambda path: str(path.relative_to(CASES)))
def test_prints_what_is_expected(
    folder: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    for file in folder.iterdir():
        if file.name not in (*OUTCOMES, "cmd"):
            shutil.copy(file, tmp_path)
    ran = subprocess.run(
        ["sh", "-c", (folder / "cmd").read_text()],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=tmp_path,
        env=environment(EXAMPLES=str(ROOT / "examples")),
        timeout=60,
        check=False,
    )
    found = {
        "expected": ran.stdout,
        "error": ran.stderr,
        "code": f"{ran.returncode}\n".encode() if ran.returncode else b"",
    }
    if request.config.getoption("--update-cases"):
        update(folder, found)
    for name in OUTCOMES:
        file = folder / name
        expected = file.read_bytes() if file.exists() else b""
        assert found[name].decode() == expected.decode(), name


def update(folder: Path, found: dict[str, bytes]) -> None:
    for name, content in found.items():
        if content:
            (folder / name).write_bytes(content)
        else:
            (folder / name).unlink(missing_ok=True)
