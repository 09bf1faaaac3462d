"""Exact sums that can be merged in any order.

Every finite double is an integer multiple of 2**-1074, so a sum of doubles is an integer of
Python's, exactly: no rounding happens until the end, and addition of integers does not mind the
order. The sum is then rounded once, correctly. Only the way there is vectorised: the 53-bit
mantissas of one exponent are added in two halves that float64 holds without rounding.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

UNIT_EXPONENT = 1074
_HALF = 27
# A half has at most 27 bits, so up to 2**26 of them add up within the 53 bits of a double; fewer at
# a time keep the intermediate arrays in the cache.
_AT_ONCE = 1 << 16


class ExactSum(NamedTuple):
    """A sum of doubles: ``units`` of 2**-1074, and what the non-finite terms add up to.

    >>> (ExactSum.of([0.1] * 3) + ExactSum.of([1e300, -1e300])).value
    0.30000000000000004
    """

    units: int = 0
    non_finite: float = 0.0

    @staticmethod
    def of(values: object) -> ExactSum:
        """The exact sum of an array."""
        array: NDArray[np.float64] = np.asarray(values, dtype=np.float64).ravel()
        finite = np.isfinite(array)
        if finite.all():
            return ExactSum(_units(array))
        with np.errstate(invalid="ignore"):
            rest = float(np.add.reduce(array[~finite]))
        return ExactSum(_units(array[finite]), rest)

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


def _units(array: NDArray[np.float64]) -> int:
    total = 0
    for start in range(0, array.size, _AT_ONCE):
        total += _units_at_once(array[start : start + _AT_ONCE])
    return total


def _units_at_once(array: NDArray[np.float64]) -> int:
    if not array.size:
        return 0
    mantissas, exponents = np.frexp(array)
    high = np.trunc(np.ldexp(mantissas, 53 - _HALF))
    low = np.ldexp(mantissas, 53) - np.ldexp(high, _HALF)
    # Below 2**-1021 a double has fewer than 53 bits: its lowest are multiples of 2**-1074 and the
    # shift turns negative, but what it shifts out is 0.
    lowest = int(exponents.min())
    bins = exponents - lowest
    total = 0
    for half, unit in ((high, _HALF), (low, 0)):
        sums = np.bincount(bins, weights=half)
        for place in np.flatnonzero(sums):
            shift = lowest + int(place) - 53 + unit + UNIT_EXPONENT
            amount = int(sums[place])
            total += amount << shift if shift >= 0 else amount >> -shift
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

    @property
    def mean(self) -> float:
        """Σℓ / Σw, each rounded once before the division; nan where nothing counts."""
        denominator = self.weight.value
        if denominator == 0.0:
            return float("nan")
        return float(np.float64(self.loss.value) / np.float64(denominator))
