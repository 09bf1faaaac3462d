"""The class axis of arrays is brought to 1."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.faults.running import run_inside
from xentcli.errors import UsageError
from xentcli.readers.rules.class_axis import LAST, last_axis_hint, remarks_on_axis
from xentcli.readers.rules.targets import move_classes_second


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_a_single_sample_is_left_as_it_is(axis: int) -> None:
    values = np.array([1.0, 2.0])
    assert move_classes_second(values, axis) is values


@pytest.mark.parametrize("axis", [2, -2])
def test_a_single_sample_has_no_other_axis(axis: int) -> None:
    with pytest.raises(UsageError, match=rf"--class-axis {axis}: the values have the shape \(2,\)"):
        move_classes_second(np.array([1.0, 2.0]), axis)


@pytest.mark.parametrize(
    ("axis", "shape"),
    [
        (1, (2, 3, 4)),
        (2, (2, 4, 3)),
        (-1, (2, 4, 3)),
        (-2, (2, 3, 4)),
        (0, (3, 2, 4)),
        (-3, (3, 2, 4)),
    ],
)
def test_it_is_moved_before_the_positions(axis: int, shape: tuple[int, ...]) -> None:
    values = np.arange(24.0).reshape(2, 3, 4)
    found = move_classes_second(values, axis)
    assert found.shape == shape
    assert found.flags.c_contiguous
    assert found.tolist() == np.moveaxis(values, axis, 1).tolist()


@pytest.mark.parametrize("axis", [3, -4])
def test_an_axis_that_is_not_there(axis: int) -> None:
    with pytest.raises(UsageError, match=f"--class-axis {axis}: "):
        move_classes_second(np.zeros((2, 3, 4)), axis)


@pytest.mark.parametrize(
    ("values", "axis", "labels", "hinted"),
    [
        ((2, 7, 50), 1, (2, 7), True),
        ((2, 7, 50), 1, 14, True),
        ((2, 7, 50), -1, (2, 7), False),
        ((2, 7, 50), 2, 14, False),
        ((2, 7, 50), 1, (2, 50), False),
        ((2, 7, 50), 1, 100, False),
        ((2, 7, 7), 1, (2, 7), False),
        ((2, 7, 7), 1, 14, False),
        ((2, 3, 4, 5), 1, (2, 3, 4), True),
        ((2, 3, 4, 5), 1, 24, True),
        ((2, 3, 4, 5), 1, 40, False),
        ((7,), 1, 1, False),
    ],
)
def test_the_last_axis_is_hinted_at_where_labels_fit_it_alone(
    values: tuple[int, ...], axis: int, labels: tuple[int, ...] | int, hinted: bool
) -> None:
    assert last_axis_hint(values, axis, labels) == (LAST if hinted else "")


@pytest.mark.parametrize(
    ("values", "axis", "noted"),
    [
        ((2, 5, 5), 1, True),
        ((2, 5, 5), -1, False),
        ((2, 5, 6), 1, False),
        ((5, 5), 1, False),
        ((2, 5, 5, 5), 1, True),
        ((2, 5, 5, 6), 1, False),
        ((2, 5, 6, 5), 1, False),
    ],
)
def test_labels_that_fit_both_axes_are_noted(
    values: tuple[int, ...], axis: int, noted: bool
) -> None:
    found = remarks_on_axis(values, axis, "z.npy")
    assert [str(remark.place) for remark in found if remark.word == "note"] == ["z.npy"] * noted


# A soft target that is none, the second of four classes at the fourth of its positions.
SOFT = np.full((1, 4, 3), 1 / 3)
SOFT[0, 3, 1] = -1
PLACES = {
    "a document's own": ("both.json", "", "both.json: $.targets[0][3][1]"),
    "a document's, for a document": ("z.json", "t.json", "t.json: $[0][3][1]"),
    "a document's, for an array": ("z.npy", "t.json", "t.json: $[0][3][1]"),
    "an array's, for a document": ("z.json", "t.npy", "t.npy: [0, 3, 1]"),
    "an array's, for an array": ("z.npy", "t.npy", "t.npy: [0, 3, 1]"),
}


@pytest.mark.parametrize(("values", "second", "place"), PLACES.values(), ids=PLACES.keys())
def test_a_bad_number_stands_where_its_file_has_it(
    values: str, second: str, place: str, tmp_path: Path
) -> None:
    logits = {"logits": np.zeros((1, 4, 3)).tolist()}
    (tmp_path / "both.json").write_text(json.dumps({**logits, "targets": SOFT.tolist()}))
    (tmp_path / "z.json").write_text(json.dumps(logits))
    (tmp_path / "t.json").write_text(json.dumps(SOFT.tolist()))
    np.save(tmp_path / "z.npy", np.zeros((1, 4, 3)))
    np.save(tmp_path / "t.npy", SOFT)
    asked = ["ce", values, "--class-axis", "-1"]
    ran = run_inside([*asked, *(["--targets-from", second] if second else [])], tmp_path)
    wrong = "soft target -1.0 is not a probability (0 or more)"
    assert (ran.code, ran.stderr) == (1, f"xent: {place}: {wrong}\n")


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"probs": [[[0.5, 0.5], [0.5, 0.5], [2, 0]]], "label": [[0, 0, 0]]}, "$.probs[0][2][0]"),
        ([{"probs": [[0.5, 0.5], [0.5, 0.5], [2, 0]], "label": [0, 0, 0]}], "$[0].probs[2][0]"),
        ({"probs": [2, 0.5], "label": 0}, "$.probs[0]"),
        (
            {"schema": "xent/1", "command": "softmax", "result": [[0.5, 0.5], [2, 0]]},
            "$.result[1][0]",
        ),
    ],
)
def test_a_bad_value_stands_where_its_document_has_it(
    document: Any, place: str, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(document))
    ran = run_inside(["entropy", "a.json", "--class-axis", "-1"], tmp_path)
    assert ran.code == 1
    assert ran.stderr.startswith(f"xent: a.json: {place}: 2.0 is not a probability (0 to 1)\n")
