"""Exact sums that can be merged in any order.

Every finite double is an integer multiple of 2**-1074, so a sum of doubles is an integer of
Python's, exactly: no rounding happens until the end, and addition of integers does not mind the
order. The sum is then rounded once, correctly. Only the way there is vectorised: the numbers are
cut into slices whose sums a double holds.

Source: Rump, Ogita and Oishi, "Accurate floating-point summation part I", SIAM J. Sci. Comput. 31,
2008 (ExtractVector).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xentcli.core.threads import shared

UNIT_EXPONENT = 1074
# So many numbers at a time stay in the cache; fewer would leave more bits to a slice.
_AT_ONCE = 1 << 13
# A slice of so many numbers has a sum of at most 2**13 times its greatest.
_SPARE = 14
# Numbers from here on are scaled down: what cuts them would be beyond the largest double.
_HUGE = 2.0**1000
_SCALE = 512


class ExactSum(NamedTuple):
    """A sum of doubles: ``units`` of 2**-1074, and what the non-finite terms add up to.

    >>> (ExactSum.of([0.1] * 3) + ExactSum.of([1e300, -1e300])).value
    0.30000000000000004
    """

    units: int = 0
    non_finite: float = 0.0

    @staticmethod
    def of(values: object, threads: int = 1) -> ExactSum:
        """The exact sum of an array."""
        array: NDArray[np.float64] = np.asarray(values, dtype=np.float64).ravel()

        def some(starts: Sequence[int]) -> ExactSum:
            parts = (_sum_at_once(array[start : start + _AT_ONCE]) for start in starts)
            return sum(parts, start=ExactSum())

        return sum(shared(some, range(0, array.size, _AT_ONCE), threads), start=ExactSum())

    def __add__(self, other: ExactSum) -> ExactSum:  # type: ignore[override]
        return ExactSum(self.units + other.units, self.non_finite + other.non_finite)

    @property
    def value(self) -> float:
        """The double nearest to the exact sum; ±inf beyond the largest one."""
        if self.non_finite != 0.0:
            return self.non_finite
        try:
            return self.units / (1 << UNIT_EXPONENT)
        except OverflowError:
            return float("inf") if self.units > 0 else float("-inf")


def _sum_at_once(array: NDArray[np.float64]) -> ExactSum:
    greatest = max(float(array.max()), -float(array.min()))
    if greatest < math.inf:
        return ExactSum(_units(array, greatest))
    finite = np.isfinite(array)
    with np.errstate(invalid="ignore"):
        rest = float(np.add.reduce(array[~finite]))
    return (_sum_at_once(array[finite]) if finite.any() else ExactSum())._replace(non_finite=rest)


def _units(array: NDArray[np.float64], greatest: float) -> int:
    """Σ in units of 2**-1074: (x + σ) − σ is x cut at the last place of σ, and such parts are
    integers, in units of that place, whose sum needs no more than 53 bits."""
    if greatest >= _HUGE:
        large = np.abs(array) >= 2.0**_SCALE
        scaled = np.where(large, array, 0.0) * 2.0**-_SCALE
        small = np.where(large, 0.0, array)
        return (_units(scaled, greatest * 2.0**-_SCALE) << _SCALE) + _units(small, 2.0**_SCALE)
    total, left, parts = 0, array, np.empty_like(array)
    while greatest > 0.0:
        sigma = math.ldexp(1.0, math.frexp(greatest)[1] + _SPARE)
        np.add(left, sigma, out=parts)
        np.subtract(parts, sigma, out=parts)
        numerator, denominator = float(np.add.reduce(parts)).as_integer_ratio()
        total += (numerator << UNIT_EXPONENT) // denominator
        left = np.subtract(left, parts, out=None if left is array else left)
        greatest = max(float(left.max()), -float(left.min()))
    return total


class Total(NamedTuple):
    """What many samples come to: exact sums and counts, mergeable in any order.

    ``loss`` is Σℓ; ``weight`` the exact denominator of the mean; ``samples`` counts every position,
    ``ignored`` those that ``ignore_index`` left out; ``correct`` those of the rest whose largest
    logit is the label's.
    """

    loss: ExactSum = ExactSum()
    weight: ExactSum = ExactSum()
    samples: int = 0
    ignored: int = 0
    correct: int = 0

    def __add__(self, other: Total) -> Total:  # type: ignore[override]
        return Total(
            self.loss + other.loss,
            self.weight + other.weight,
            self.samples + other.samples,
            self.ignored + other.ignored,
            self.correct + other.correct,
        )
