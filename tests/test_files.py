"""Files as other tools write them (``tests/files``, made by ``make.py`` there): each gives the
number that PyTorch gives for what is in it, or is refused in a sentence; none another number."""

from __future__ import annotations

import json
import math
import shlex
from pathlib import Path
from typing import Any

import pytest

from tests.faults.running import run_inside

FILES = Path(__file__).parent / "files"
EXPECTED: dict[str, dict[str, Any]] = json.loads((FILES / "expected.json").read_text("utf-8"))
# What is not yet as it must be; a name is taken out as soon as it is.
NOT_YET: frozenset[str] = frozenset()


def outcome(case: dict[str, Any]) -> str:
    """What is wrong with the answer to a command; empty where nothing is."""
    ran = run_inside([*shlex.split(case["command"]), "--quiet"], FILES)
    if ran.code:
        said = ran.stderr
        words = case.get("refused")
        if words is None:
            return f"refused: {said}"
        one = said.startswith("xent: ") and "Traceback" not in said and words in said
        return "" if one else f"refused without {words!r}: {said}"
    printed = ran.stdout.decode().strip()
    if "refused" in case:
        return f"not refused: {printed} {ran.stderr}"
    right = "\n" not in printed and math.isclose(float(printed), case["value"], rel_tol=1e-12)
    return "" if right else f"wrong: {printed} for {case['value']!r} {ran.stderr}"


@pytest.mark.parametrize("folder", sorted({name.partition("/")[0] for name in EXPECTED}))
def test_each_file_gives_its_number_or_is_refused(folder: str) -> None:
    wrong = {
        name: said
        for name, case in EXPECTED.items()
        if name.startswith(f"{folder}/") and (said := outcome(case))
    }
    not_yet = {name for name in NOT_YET if name.startswith(f"{folder}/")}
    unexpected = {name: said for name, said in wrong.items() if name not in not_yet}
    assert not unexpected
    assert not_yet - set(wrong) == set(), "these are right now: take them out of NOT_YET"


def test_there_are_files_of_every_kind() -> None:
    assert len([path for path in FILES.glob("*/*") if path.is_file()]) >= 60
    assert set(EXPECTED) >= NOT_YET
