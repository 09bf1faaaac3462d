"""What the README and the example pages show is what the commands print.

``pytest tests/test_readme.py --update-cases`` writes what they print into it.
"""

from __future__ import annotations

import doctest
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT, environment

README = ROOT / "README.md"
PAGES = [README, ROOT / "examples" / "pipelines.md"]
NEEDED = ("jq", "mlr")
CONSOLE = re.compile(r"(?<=```console\n).*?(?=```)", re.DOTALL)
COMMAND = re.compile(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", re.MULTILINE)


def printed(command: str, folder: Path) -> str:
    ran = subprocess.run(
        ["sh", "-c", command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=environment(),
        check=False,
    )
    return ran.stdout + ran.stderr


def shown() -> list[tuple[Path, str, str]]:
    found = []
    for page in PAGES:
        for block in CONSOLE.findall(page.read_text(encoding="utf-8")):
            found += [(page, match[1], match[2]) for match in COMMAND.finditer(block)]
    return found


@pytest.mark.parametrize(
    ("page", "command", "output"), shown(), ids=[f"{p.stem}: {c[:60]}" for p, c, _ in shown()]
)
def test_a_command_prints_what_is_shown(
    page: Path, command: str, output: str, request: pytest.FixtureRequest
) -> None:
    for tool in NEEDED:
        if f"| {tool} " in command and shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed")
    found = printed(command, page.parent)
    if request.config.getoption("--update-cases"):
        text = page.read_text(encoding="utf-8")
        text = text.replace(f"$ {command}\n{output}", f"$ {command}\n{found}")
        page.write_text(text, encoding="utf-8")
        output = found
    assert found == output


def test_python_examples() -> None:
    assert doctest.testfile(str(README), module_relative=False).failed == 0
