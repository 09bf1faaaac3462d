"""The sibling losses on files: every way of reading gives the same, and it is what Python gives."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import xentcli
from tests.faults.running import run_inside
from tests.ways import answered

Array = NDArray[np.float64]

COMMANDS = (
    "bce {} --reduction none --format csv",
    "bce {} --rows 1 --by group --pos-weight 1,2,0.5 --gamma 2",
    "js {} --format json",
    "grad {} --loss bce --format csv --gamma 1.5 --alpha 0.25 --check",
)
SOME_WAYS = ("cell by cell", "fast", "small blocks", "two jobs")
COLUMNS = ["--logit-cols", "z_*", "--target-cols", "t_*"]


def drawn() -> tuple[Array, Array]:
    """Logits, and targets whose rows sum to 1."""
    rng = np.random.default_rng(5)
    logits = rng.normal(0.0, 3.0, (9, 3)).round(4)
    return logits, rng.multinomial(64, [0.6, 0.3, 0.1], 9) / 64


def written(logits: Array, targets: Array) -> str:
    """The rows as CSV."""
    lines = ["z_a,z_b,z_c,t_a,t_b,t_c,group"]
    for at, (z, t) in enumerate(zip(logits.tolist(), targets.tolist(), strict=True)):
        lines.append(",".join(map(repr, [*z, *t])) + f",{'xyz'[at % 3]}")
    return "\n".join(lines) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the rows in several formats."""
    logits, targets = drawn()
    (tmp_path / "a.csv").write_text(written(logits, targets))
    np.savez(tmp_path / "a.npz", logits=logits, targets=targets)
    records = [
        json.dumps({"logits": z, "targets": t})
        for z, t in zip(logits.tolist(), targets.tolist(), strict=True)
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(records) + "\n")
    (tmp_path / "a.json").write_text(
        json.dumps({"logits": logits.tolist(), "targets": targets.tolist()})
    )
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_way_gives_the_same(command: str, folder: Path) -> None:
    asked = command.format("a.csv").split()
    found = {way: answered(way, asked + COLUMNS, folder) for way in SOME_WAYS}
    first = found["cell by cell"]
    assert first.code == 0
    assert {way: each for way, each in found.items() if each != first} == {}


@pytest.mark.parametrize("file", ["a.csv", "a.npz", "a.jsonl", "a.json"])
@pytest.mark.parametrize("command", ["bce", "kl", "js"])
def test_every_format_gives_what_python_gives(command: str, file: str, folder: Path) -> None:
    logits, targets = drawn()
    expected = {
        "bce": xentcli.binary_cross_entropy_with_logits(logits, targets),
        "kl": xentcli.kl_div(xentcli.log_softmax(logits), targets),
        "js": xentcli.js_div(xentcli.softmax(logits), targets),
    }[command]
    more = COLUMNS if file == "a.csv" else []
    ran = run_inside([command, file, "--quiet", *more], folder)
    assert ran.code == 0
    assert float(ran.stdout) == pytest.approx(float(expected), rel=1e-14)
