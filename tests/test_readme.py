"""What the README shows is what the commands print.

``pytest tests/test_readme.py --update-cases`` writes what they print into it.
"""

from __future__ import annotations

import doctest
import re
import subprocess

import pytest

from tests.conftest import ROOT, environment

README = ROOT / "README.md"
CONSOLE = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


def printed(command: str) -> str:
    ran = subprocess.run(
        ["sh", "-c", command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=ROOT,
        env=environment(),
        check=False,
    )
    return ran.stdout + ran.stderr


def shown() -> list[tuple[str, str]]:
    text = README.read_text(encoding="utf-8")
    found = (match for block in CONSOLE.findall(text) for match in COMMAND.finditer(block))
    return [(match[1], match[2]) for match in found]


@pytest.mark.parametrize(("command", "output"), shown(), ids=lambda text: text[:60])
def test_a_command_prints_what_is_shown(
    command: str, output: str, request: pytest.FixtureRequest
) -> None:
    found = printed(command)
    if request.config.getoption("--update-cases"):
        text = README.read_text(encoding="utf-8")
        text = text.replace(f"$ {command}\n{output}", f"$ {command}\n{found}")
        README.write_text(text, encoding="utf-8")
        output = found
    assert found == output


def test_python_examples() -> None:
    assert doctest.testfile(str(README), module_relative=False).failed == 0
