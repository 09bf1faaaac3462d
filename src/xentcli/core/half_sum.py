"""The sum of 16-bit losses as PyTorch adds them on a CPU, in their order and rounded at each step.

The kernel keeps eight partial sums. Each loss is added to the first. After every 16th position the
first is added to the second and set to 0, after every 256th the second likewise to the third, and
so on. At the end all are added. An ignored position is not added, nor does it empty any sum.

Source: ``nll_loss_out_frame`` in PyTorch 2.13, ``aten/src/ATen/native/LossNLL.cpp``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xentcli.core.framework import Narrow, Width
from xentcli.core.layout import Array

LEVELS = 8
STEP = 16


class HalfSum:
    """A running sum of losses, rounded as PyTorch's kernel rounds it."""

    def __init__(self, width: Width) -> None:
        self._width = width
        self._partial = [0.0] * LEVELS
        self._count = 0

    def add(self, losses: NDArray[np.floating], kept: NDArray[np.bool_]) -> None:
        """Add the losses for which ``kept`` is true; the others count as positions alone."""
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
        """Add rows of 16 losses that each end at a 16th position, many rows at once.

        That is possible as the first partial sum is 0 again after each row whose last loss is kept.
        """
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
        """Add each partial sum that is complete at this position to the next, and set it to 0."""
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
        """Whether there were any positions."""
        return self._count > 0

    @property
    def value(self) -> float:
        """The sum so far."""
        total = 0.0
        for part in self._partial:
            total = self._sum(total, part)
        return total


def half_sum(losses: Array, width: Width) -> float:
    """The sum of losses that all count: that of :class:`HalfSum`, many runs of 16 at once.

    The first loss is a run by itself, the next runs have 16 losses each. What is left of a run that
    is shorter is added at the end.
    """
    numbers = width.rounded(np.asarray(losses, dtype=np.float32))
    rests = []
    for _ in range(LEVELS - 1):
        if len(numbers) < 2:
            break
        count = -(-(len(numbers) - 1) // STEP)
        runs = np.zeros(count * STEP, dtype=np.float32)
        runs[: len(numbers) - 1] = numbers[1:]
        # The last run may be shorter: zeros fill it up.
        sums = _add_in_order(runs.reshape(-1, STEP).T, width)
        is_short = (len(numbers) - 1) % STEP != 0
        rests.append(sums[-1] if is_short else np.float32(0))
        numbers = np.concatenate([numbers[:1], sums[: count - is_short]])
    last = _add_in_order(numbers[:, np.newaxis], width)
    parts = np.array([*rests, *last], dtype=np.float32)
    return float(_add_in_order(parts[:, np.newaxis], width)[0])


def _add_in_order(rows: Narrow, width: Width) -> Narrow:
    """Add the rows one after the other, and round after each addition."""
    total = np.zeros(rows.shape[1], dtype=np.float32)
    for row in rows:
        total = width.rounded(total + row)
    return total


def half_mean(total: float, denominator: float, width: Width) -> float:
    """total / denominator, the denominator and then the mean rounded to the width."""
    with np.errstate(invalid="ignore", divide="ignore"):
        below = width.rounded(np.array([denominator]))
        return float(width.rounded(np.array([total], dtype=np.float32) / below)[0])
