"""Labels and soft targets alone in an archive of arrays, or under a key of a document."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.faults.running import run_inside

VALUES = np.array([[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]])
LABELS = [2, 0]
SOFT = np.eye(3)[LABELS].tolist()
LOSS = "0.4076059644443803\n"
GIVEN = (
    ("--labels-from", {"labels": LABELS}, ""),
    ("--labels-from", {"target": LABELS}, ""),
    ("--labels-from", {"answers": LABELS}, ""),
    ("--labels-from", {"labels": LABELS, "ids": [7, 8]}, ""),
    ("--labels-from", {"answers": LABELS, "ids": [7, 8]}, "--label-col answers"),
    ("--targets-from", {"targets": SOFT}, ""),
    ("--targets-from", {"probs": SOFT}, ""),
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    np.save(tmp_path / "z.npy", VALUES)
    return tmp_path


def put(folder: Path, form: str, named: dict[str, Any]) -> str:
    if form == "npz":
        arrays: dict[str, Any] = {name: np.array(value) for name, value in named.items()}
        np.savez(folder / "y.npz", **arrays)
    else:
        (folder / "y.json").write_text(json.dumps(named))
    return f"y.{form}"


@pytest.mark.parametrize("form", ["npz", "json"])
@pytest.mark.parametrize(("option", "named", "more"), GIVEN)
def test_the_only_key_that_can_be_meant(
    option: str, named: dict[str, Any], more: str, form: str, folder: Path
) -> None:
    name = put(folder, form, named)
    ran = run_inside(shlex.split(f"ce z.npy {option} {name} {more} --quiet"), folder)
    assert (ran.stdout.decode(), ran.stderr) == (LOSS, "")


@pytest.mark.parametrize("form", ["npz", "json"])
def test_keys_that_say_nothing_and_a_key_that_is_not_there(form: str, folder: Path) -> None:
    name = put(folder, form, {"answers": LABELS, "ids": [7, 8]})
    which = run_inside(["ce", "z.npy", "--labels-from", name], folder)
    assert (which.code, which.stderr) == (
        2,
        f"xent: {name}: which of its 2 keys holds the labels?\nhint: say which: --label-col\n",
    )
    lacking = run_inside(["ce", "z.npy", "--labels-from", name, "--label-col", "y"], folder)
    assert (lacking.code, lacking.stderr) == (
        2,
        f'xent: --label-col: {name} has no key "y"\nhint: the keys are "answers", "ids"\n',
    )


def test_labels_are_matched_by_the_ids_of_an_archive(folder: Path) -> None:
    np.savez(folder / "z.npz", logits=VALUES, id=[7, 8])
    (folder / "y.csv").write_text("id,label\n8,0\n7,2\n")
    ran = run_inside(["ce", "z.npz", "--labels-from", "y.csv", "-q"], folder)
    assert (ran.stdout.decode(), ran.code) == (LOSS, 0)


def test_soft_targets_of_positions_are_matched_by_ids(folder: Path) -> None:
    values = np.arange(24.0).reshape(2, 3, 4) % 5
    targets = np.moveaxis(np.eye(3)[[[0, 1, 2, 0], [2, 2, 1, 0]]], -1, 1)
    np.savez(folder / "z.npz", logits=values, id=[7, 8])
    np.savez(folder / "t.npz", targets=targets[::-1], id=[8, 7])
    np.savez(folder / "both.npz", logits=values, targets=targets)
    matched = run_inside(["ce", "z.npz", "--targets-from", "t.npz", "-q"], folder)
    assert matched.code == 0
    assert matched.stdout == run_inside(["ce", "both.npz", "-q"], folder).stdout
