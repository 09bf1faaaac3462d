"""Every pair of options meets in some command, and the answer is that of the plain formula."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from tests.crossed import CLASSES, Case, asked_of, at_random, every_pair, expected_of
from tests.faults.running import run_inside
from tests.ways import without_processes

__all__ = ["without_processes"]

pytestmark = pytest.mark.usefixtures("without_processes")

WAYS = {
    "one": {"XENT_JOBS": "1"},
    "small blocks": {"XENT_JOBS": "1", "XENT_BLOCK_BYTES": "24"},
    "two jobs": {"XENT_JOBS": "2", "XENT_BLOCK_BYTES": "24"},
}
FIELDS = {"softmax": "probs", "log-softmax": "log_probs", "grad": "grad"}


def number(text: Any) -> float:
    """A number as any of the forms writes it."""
    return float({"NaN": "nan", "Infinity": "inf", "-Infinity": "-inf"}.get(str(text), text))


def answer_of(case: Case, stdout: bytes) -> list[list[float]] | None:
    """The numbers that were printed, a list a sample; None of a table, which is for the eye."""
    text, form = stdout.decode("utf-8"), case["format"]
    reduced = case["command"] in ("ce", "nll") and case["reduction"] != "none"
    field = FIELDS.get(case["command"], "loss")
    if form == "table":
        return None
    if form == "quiet":
        return [[number(cell) for cell in line.split(",")] for line in text.splitlines()]
    if form == "json":
        result = json.loads(text)["result"]
        if not isinstance(result, list):
            return [[number(result)]]
        return [
            [number(one) for one in (row if isinstance(row, list) else [row])] for row in result
        ]
    if form == "jsonl":
        found = [json.loads(line) for line in text.splitlines()]
        return [
            [number(one) for one in (value if isinstance(value, list) else [value])]
            for value in (record[field] for record in found)
        ]
    # A CSV of rows that are passed on keeps what stood between their cells.
    tabs = form == "tsv" or (case["input"] == "tsv" and not reduced)
    rows = list(csv.reader(io.StringIO(text), delimiter="\t" if tabs else ","))
    if form == "markdown":
        rows = [
            [cell.strip().replace("\\", "") for cell in line.strip("| \n").split("|")]
            for line in text.splitlines()
            if not line.startswith("| ---")
        ]
    header, *body = rows
    if reduced or field == "loss":
        at = [header.index("loss")]
    elif CLASSES[0] in header:
        at = [header.index(name) for name in CLASSES]
    else:
        at = [header.index(str(place)) for place in range(len(CLASSES))]
    return [[number(row[one]) for one in at] for row in body]


def check(cases: Iterable[Case], folder: Path) -> int:
    """Run each case; all that are wrong are told together."""
    wrong, count = [], 0
    for case in cases:
        count += 1
        asked = asked_of(case)
        for name, content in asked.files.items():
            (folder / name).write_bytes(content)
        settings = WAYS[case["way"]] | {"XENT_FAST": "1" if case["fast"] else "0"}
        found = run_inside(asked.arguments, folder, asked.stdin, settings)
        fault = fault_of(case, found.code, found.stdout, found.stderr)
        if fault:
            wrong.append(f"xent {' '.join(asked.arguments)}  {settings}\n    {fault}")
    assert not wrong, f"{len(wrong)} of {count}:\n" + "\n".join(wrong[:20])
    return count


def fault_of(case: Case, code: int, stdout: bytes, stderr: str) -> str:
    """What is wrong with an answer; nothing if it is right."""
    wanted = 0 if case["on error"] == "stop" else 3
    expected = expected_of(case)
    if code != wanted:
        return f"exit code {code}, not {wanted}: {stderr}"
    answer = answer_of(case, stdout)
    if answer is None:
        return "" if stdout else "no table"
    rows = expected.rows if expected.rows is not None else [[expected.result or 0.0]]
    if [len(row) for row in answer] != [len(row) for row in rows]:
        return f"{answer} has another shape than {rows}"
    for at, (got, want) in enumerate(zip(answer, rows, strict=True)):
        for one, other in zip(got, want, strict=True):
            same = math.isnan(one) and math.isnan(other)
            if not same and not math.isclose(one, other, rel_tol=1e-11, abs_tol=1e-13):
                return f"row {at}: {got}, not {want}"
    return ""


def test_every_pair_of_options_meets(tmp_path: Path) -> None:
    assert check(every_pair(), tmp_path) > 100


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_options_meet_at_random(tmp_path: Path, seed: int) -> None:
    check(at_random(1000, seed), tmp_path)
