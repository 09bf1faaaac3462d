"""The manual page is what the app says of itself, and roff without a fault.

``pytest tests/test_man.py --update-cases`` writes it anew.
"""

from __future__ import annotations

import re
import runpy
import shutil
import subprocess
import tomllib
from collections.abc import Callable

import pytest

from tests.conftest import ROOT
from xentcli.calculation.commands import COMMANDS

PAGE = ROOT / "docs" / "xent.1"
GROFF = shutil.which("groff")


def generated() -> str:
    page: Callable[[], str] = runpy.run_path(str(ROOT / "docs" / "man.py"))["page"]
    return page()


def test_the_page_is_what_the_app_says(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--update-cases"):
        PAGE.write_text(generated(), encoding="ascii")
    assert PAGE.read_text(encoding="ascii") == generated()


def test_no_hyphen_could_be_taken_for_a_dash() -> None:
    body = generated().partition("\n.SH NAME\n")[2]
    assert not re.search(r"(?<!\\)(?<!\[\+)-", body)


def test_no_text_is_taken_for_a_request() -> None:
    known = {"SH", "SS", "TP", "IP", "PP", "EX", "EE"}
    requests = re.findall(r"^[.'](\S*)", generated().partition("\n.SH NAME\n")[2], re.MULTILINE)
    assert set(requests) == known


@pytest.mark.skipif(GROFF is None, reason="groff is not installed")
@pytest.mark.parametrize("device", ["utf8", "ascii"])
def test_groff_has_nothing_to_say(device: str) -> None:
    command = ["groff", "-man", "-ww", "-z", f"-T{device}", str(PAGE)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


@pytest.mark.skipif(GROFF is None, reason="groff is not installed")
def test_an_example_can_be_copied_from_the_page() -> None:
    # As wide as no example is.
    command = ["groff", "-man", "-Tascii", "-rLL=200n", "-P-cbou", str(PAGE)]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    for known in COMMANDS.values():
        for example in known.examples:
            assert re.search(rf"^ +{re.escape(example)}$", shown, re.MULTILINE)


def test_the_wheel_installs_the_page() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    targets = project["tool"]["hatch"]["build"]["targets"]
    source = PAGE.relative_to(ROOT).as_posix()
    assert targets["wheel"]["shared-data"][source] == "share/man/man1/xent.1"
    assert "docs" in targets["sdist"]["include"]
