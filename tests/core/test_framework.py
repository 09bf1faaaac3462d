"""Log-softmax in 16 bits, as PyTorch 2.13 gave it on a CPU, and means of losses from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import xentcli
from tests.conftest import Xent
from xentcli.core.framework import WIDTHS, softmax

ROW = np.array([(at * 37 % 101) / 8 - 6 for at in range(6)])


@pytest.mark.parametrize(
    ("name", "in_rows", "expected"),
    [
        ("float16", True, [-10.7578125, -6.13671875, -1.51171875, -9.5078125, -4.88671875]),
        ("float16", False, [-10.765625, -6.13671875, -1.51171875, -9.515625, -4.88671875]),
        ("bfloat16", True, [-10.75, -6.125, -1.5078125, -9.5, -4.875]),
        ("bfloat16", False, [-10.75, -6.125, -1.515625, -9.5, -4.875]),
    ],
)
def test_the_sum_is_narrow_where_the_classes_are_the_last_axis(
    name: str, in_rows: bool, expected: list[float]
) -> None:
    positions = np.repeat(ROW[np.newaxis, :, np.newaxis], 1 if in_rows else 2, axis=2)
    found = softmax(positions, WIDTHS[name], log=True)
    assert found[0, :5, 0].tolist() == expected


def test_of_more_positions_the_axis_decides() -> None:
    positions = np.repeat(ROW[np.newaxis, :, np.newaxis], 2, axis=2)
    rows = softmax(positions[:, :, :1], WIDTHS["float16"], log=True)
    found = softmax(positions, WIDTHS["float16"], log=True, in_rows=True)
    assert (found == rows).all()


STEPS = (23, 29, 31, 41, 43, 47, 53, 59)
MEANS = {
    ("float16", "1"): "2.307 2.285 2.078 1.905 1.952 1.965 2.078 1.9795",
    ("float16", "-1"): "2.307 2.285 2.078 1.905 1.952 1.965 2.078 1.9795",
    ("bfloat16", "1"): "2.3125 2.296875 2.078125 1.8984375 1.953125 1.96875 2.078125 1.984375",
    ("bfloat16", "-1"): "2.3125 2.296875 2.078125 1.9140625 1.953125 1.96875 2.078125 1.984375",
}


@pytest.mark.parametrize(("name", "axis"), MEANS)
def test_means_are_pytorchs_of_weights_in_16_bits(
    name: str, axis: str, xent: Xent, tmp_path: Path
) -> None:
    """``F.cross_entropy`` of (6, 6, 5), and of the same as 30 rows, in that dtype."""
    weights, found = "0.3,1.7,0.9,2.2,0.6,1.1", []
    for step in STEPS:
        logits = np.array([(at * step % 101) / 40 - 1 for at in range(180)]).reshape(6, 6, 5)
        labels = np.array([at * step % 6 for at in range(30)]).reshape(6, 5)
        labels[1, 1] = -100
        logits = np.moveaxis(logits, 1, int(axis))
        np.savez(tmp_path / "batch.npz", logits=logits, labels=labels)
        options = ["--dtype", name, "--class-axis", axis, "--weight", weights]
        found.append(xent("ce", "batch.npz", "-q", *options).stdout.strip())
    assert " ".join(found) == MEANS[name, axis]


def test_a_dtype_of_float64_changes_nothing() -> None:
    logits = [1.0, 2.0, -3.0]
    assert xentcli.softmax(logits, dtype="float64").tolist() == xentcli.softmax(logits).tolist()
