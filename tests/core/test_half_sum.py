"""Sums of 16-bit losses, as PyTorch 2.13 gave them for ``F.nll_loss`` of these losses."""

from __future__ import annotations

import numpy as np
import pytest

from xentcli.core.framework import WIDTHS
from xentcli.core.half_sum import HalfSum, half_mean, half_sum

# Multiples of 1/32 below 4: each has the same value in both widths.
LOSSES = np.array([(at * 37 % 101) / 32 for at in range(1000)])
KEPT = np.ones(1000, dtype=bool)
SOME_KEPT = KEPT.copy()
SOME_KEPT[::7] = False
SOME_KEPT[16] = False


@pytest.mark.parametrize(
    ("name", "kept", "total", "mean"),
    [
        ("float16", KEPT, 1562.0, 1.5615234375),
        ("float16", SOME_KEPT, 1340.0, 1.5654296875),
        ("bfloat16", KEPT, 1560.0, 1.5625),
        ("bfloat16", SOME_KEPT, 1336.0, 1.5625),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 16, 100, 1000])
def test_is_pytorchs_for_any_blocks(
    name: str, kept: np.ndarray, total: float, mean: float, size: int
) -> None:
    width = WIDTHS[name]
    found = HalfSum(width)
    for start in range(0, LOSSES.size, size):
        found.add(LOSSES[start : start + size], kept[start : start + size])
    assert found.value == total
    assert half_mean(found.value, float(kept.sum()), width) == mean


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
@pytest.mark.parametrize("count", [1, 2, 16, 17, 18, 33, 257, 273, 4098, 70_001])
def test_a_sum_of_losses_that_all_count_is_the_same_at_once(name: str, count: int) -> None:
    width, losses = WIDTHS[name], np.resize(LOSSES, count)
    found = HalfSum(width)
    found.add(losses, np.ones(count, dtype=bool))
    assert half_sum(losses, width) == found.value


@pytest.mark.parametrize("name", ["float16", "bfloat16"])
@pytest.mark.parametrize("share", [0.3, 0.9])
def test_runs_with_ignored_losses_are_added_as_one_loss_after_another(
    name: str, share: float
) -> None:
    width, kept = WIDTHS[name], np.random.default_rng(5).random(LOSSES.size) < share
    at_once, one_by_one = HalfSum(width), HalfSum(width)
    for end in range(1, LOSSES.size, 97):
        start = max(0, end - 97)
        at_once.add(LOSSES[start:end], kept[start:end])
        for at in range(start, end):
            one_by_one.add(LOSSES[at : at + 1], kept[at : at + 1])
        assert at_once.value == one_by_one.value
