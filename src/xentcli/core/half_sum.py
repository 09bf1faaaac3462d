"""The sum of 16-bit losses as PyTorch adds them on a CPU, in their order and rounded at each step.

The kernel keeps eight partial sums. Each loss is added to the first; after every 16th position that
is emptied into the second, after every 256th the second into the third, and so on; at the end all
are added. A position that is ignored takes part in none of it.

Source: ``nll_loss_out_frame`` in PyTorch 2.13, ``aten/src/ATen/native/LossNLL.cpp``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xentcli.core.framework import Width

LEVELS = 8
STEP = 16


class HalfSum:
    """A running sum, to which losses are added as they come."""

    def __init__(self, width: Width) -> None:
        self._width = width
        self._partial = [0.0] * LEVELS
        self._count = 0

    def add(self, losses: NDArray[np.floating], kept: NDArray[np.bool_]) -> None:
        """Add losses, except those that ``kept`` leaves out."""
        at = 0
        while at < losses.size:
            runs = (losses.size - at) // STEP if self._count % STEP == 1 else 0
            if runs:
                stop = at + runs * STEP
                self._add_runs(losses[at:stop].reshape(-1, STEP), kept[at:stop].reshape(-1, STEP))
                at = stop
                continue
            if kept[at]:
                self._partial[0] = self._sum(self._partial[0], float(losses[at]))
                self._carry()
            self._count += 1
            at += 1

    def _add_runs(self, losses: NDArray[np.floating], kept: NDArray[np.bool_]) -> None:
        """Add runs that each end after a 16th position: many at once, as the first partial sum
        begins anew after each whose last position counts."""
        ends = [*(np.flatnonzero(~kept[:, -1]) + 1).tolist(), len(losses)]
        start = 0
        for end in ends:
            if start == end:
                continue
            sums = np.zeros(end - start, dtype=np.float32)
            sums[0] = self._partial[0]
            for place in range(STEP):
                added = self._width.rounded(sums + losses[start:end, place].astype(np.float32))
                sums = np.where(kept[start:end, place], added, sums)
            for run, total in enumerate(sums.tolist(), start):
                self._partial[0] = total
                self._count += STEP - 1
                if kept[run, -1]:
                    self._carry()
                self._count += 1
            start = end

    def _carry(self) -> None:
        """Empty the partial sums that are full at this position into the next ones."""
        left = self._count
        for level in range(LEVELS - 1):
            if left % STEP:
                return
            self._partial[level + 1] = self._sum(self._partial[level + 1], self._partial[level])
            self._partial[level] = 0.0
            left //= STEP

    def _sum(self, one: float, other: float) -> float:
        narrow = np.array([one], dtype=np.float32) + np.float32(other)
        return float(self._width.rounded(narrow)[0])

    @property
    def has_any(self) -> bool:
        """Whether any losses were added."""
        return self._count > 0

    @property
    def value(self) -> float:
        """The sum so far."""
        total = 0.0
        for part in self._partial:
            total = self._sum(total, part)
        return total


def half_mean(total: float, denominator: float, width: Width) -> float:
    """total / denominator, with the denominator and then the mean rounded to the width."""
    with np.errstate(invalid="ignore", divide="ignore"):
        below = width.rounded(np.array([denominator]))
        return float(width.rounded(np.array([total], dtype=np.float32) / below)[0])
