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
from collections.abc import Iterator, Sequence
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


def sums_by_group(values: object, at: NDArray[np.intp]) -> dict[int, ExactSum]:
    """The exact sum of each group's numbers; ``at`` says to which group each belongs, from 0.

    >>> found = sums_by_group([0.1, 1e300, 0.2, 0.3, -1e300], np.array([2, 0, 2, 2, 0]))
    >>> {group: one.value for group, one in sorted(found.items())}
    {0: 0.0, 2: 0.6}
    """
    array: NDArray[np.float64] = np.asarray(values, dtype=np.float64).ravel()
    found: dict[int, ExactSum] = {}
    for start in range(0, array.size, _AT_ONCE):
        stop = start + _AT_ONCE
        for group, part in _groups_at_once(array[start:stop], at[start:stop]).items():
            found[group] = found.get(group, ExactSum()) + part
    return found


def _groups_at_once(array: NDArray[np.float64], at: NDArray[np.intp]) -> dict[int, ExactSum]:
    finite = np.isfinite(array)
    found = {int(group): ExactSum() for group in np.flatnonzero(np.bincount(at))}
    if not finite.all():
        with np.errstate(invalid="ignore"):
            rest = np.bincount(at[~finite], array[~finite])
        for group in np.flatnonzero(rest):
            found[int(group)] = ExactSum(non_finite=float(rest[group]))
        array = np.where(finite, array, 0.0)
    for parts, shift in _slices(array, _greatest(array)):
        sums = np.bincount(at, parts)
        for group in np.flatnonzero(sums):
            found[int(group)] += ExactSum(_in_units(float(sums[group])) << shift)
    return found


def _sum_at_once(array: NDArray[np.float64]) -> ExactSum:
    greatest = _greatest(array)
    if greatest < math.inf:
        return ExactSum(
            sum(
                _in_units(float(np.add.reduce(parts))) << at
                for parts, at in _slices(array, greatest)
            )
        )
    finite = np.isfinite(array)
    with np.errstate(invalid="ignore"):
        rest = float(np.add.reduce(array[~finite]))
    return (_sum_at_once(array[finite]) if finite.any() else ExactSum())._replace(non_finite=rest)


def _greatest(array: NDArray[np.float64]) -> float:
    return max(float(array.max()), -float(array.min()))


def _slices(
    array: NDArray[np.float64], greatest: float
) -> Iterator[tuple[NDArray[np.float64], int]]:
    """Arrays that add up to the given one, each times that power of 2. (x + σ) − σ is x cut at the
    last place of σ, and such parts are integers, in units of that place: the sum of some of them
    needs no more than 53 bits. The next slice takes the memory of the last."""
    if greatest >= _HUGE:
        large = np.abs(array) >= 2.0**_SCALE
        scaled = np.where(large, array, 0.0) * 2.0**-_SCALE
        for parts, shift in _slices(scaled, greatest * 2.0**-_SCALE):
            yield parts, shift + _SCALE
        yield from _slices(np.where(large, 0.0, array), 2.0**_SCALE)
        return
    left, parts = array, np.empty_like(array)
    while greatest > 0.0:
        sigma = math.ldexp(1.0, math.frexp(greatest)[1] + _SPARE)
        np.add(left, sigma, out=parts)
        np.subtract(parts, sigma, out=parts)
        yield parts, 0
        left = np.subtract(left, parts, out=None if left is array else left)
        greatest = _greatest(left)


def _in_units(value: float) -> int:
    """A double as an integer of 2**-1074."""
    numerator, denominator = value.as_integer_ratio()
    return (numerator << UNIT_EXPONENT) // denominator


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
