"""Exact sums that can be merged in any order.

Every finite double is an integer multiple of 2**-1074, so a sum of doubles is held as a Python
integer: exact, in any order. It is rounded once, correctly, when its value is asked for. NumPy does
the additions: the numbers are cut into slices whose sums a double holds exactly.

Source: Rump, Ogita and Oishi, "Accurate floating-point summation part I", SIAM J. Sci. Comput. 31,
2008 (ExtractVector).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from xentcli.model import NamedTuple

UNIT_EXPONENT = 1074
# This many numbers stay in the cache.
_AT_ONCE = 1 << 16
# This many parts of a slice are added up as doubles. With more, a slice could keep fewer bits of
# each; their sum is at most 2**13 times the largest number.
_ADDED = 1 << 13
_SPARE = 14
# x + σ has its last place 52 bits below the power of two σ, or 53 where it falls just below σ.
_LAST_PLACE = 53
# Numbers from here on are scaled down, or the σ that cuts them would be beyond the largest double.
_HUGE = 2.0**1000
_SCALE = 512


class ExactSum(NamedTuple):
    """The exact sum of doubles: ``units`` times 2**-1074, and the sum of the non-finite terms.

    >>> (ExactSum.of([0.1] * 3) + ExactSum.of([1e300, -1e300])).value
    0.30000000000000004
    """

    units: int = 0
    non_finite: float = 0.0

    @staticmethod
    def of(values: object) -> ExactSum:
        """Add up an array exactly."""
        array: NDArray[np.float64] = np.asarray(values, dtype=np.float64).ravel()
        starts = range(0, array.size, _AT_ONCE)
        parts = (_sum_at_once(array[start : start + _AT_ONCE]) for start in starts)
        return sum(parts, start=ExactSum())

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
    """Add up each group's numbers exactly; ``at`` has the group of each number, from 0.

    >>> found = sums_by_group([0.1, 1e300, 0.2, 0.3, -1e300], np.array([2, 0, 2, 2, 0]))
    >>> {group: total.value for group, total in sorted(found.items())}
    {0: 0.0, 2: 0.6}
    """
    array: NDArray[np.float64] = np.asarray(values, dtype=np.float64).ravel()
    units = dict.fromkeys(np.flatnonzero(np.bincount(at)).tolist() if at.size else [], 0)
    non_finite: dict[int, float] = {}
    finite = np.isfinite(array)
    if not finite.all():
        with np.errstate(invalid="ignore"):
            rest = np.bincount(at[~finite], array[~finite])
        non_finite = {group: float(rest[group]) for group in np.flatnonzero(rest).tolist()}
        array = np.where(finite, array, 0.0)
    for start in range(0, array.size, _ADDED):
        some, groups = array[start : start + _ADDED], at[start : start + _ADDED]
        for parts, place, shift in _slices(some, _greatest(some)):
            sums = np.bincount(groups, parts)
            met = np.flatnonzero(sums)
            whole = np.ldexp(sums[met], -place).astype(np.int64).tolist()
            for group, number in zip(met.tolist(), whole, strict=True):
                units[group] += number << shift
    return {group: ExactSum(units[group], non_finite.get(group, 0.0)) for group in units}


def _sum_at_once(array: NDArray[np.float64]) -> ExactSum:
    least, most = float(array.min()), float(array.max())
    greatest = max(most, -least)
    if least == most and greatest < math.inf:
        # As the shares of samples are where no class has a weight.
        above, below = most.as_integer_ratio()
        return ExactSum(array.size * above << UNIT_EXPONENT + 1 - below.bit_length())
    if greatest < math.inf:
        return ExactSum(
            sum(
                int(math.ldexp(some, -place)) << shift
                for parts, place, shift in _slices(array, greatest)
                for some in np.add.reduceat(parts, range(0, len(parts), _ADDED)).tolist()
            )
        )
    finite = np.isfinite(array)
    with np.errstate(invalid="ignore"):
        rest = float(np.add.reduce(array[~finite]))
    return (_sum_at_once(array[finite]) if finite.any() else ExactSum())._replace(non_finite=rest)


def _greatest(array: NDArray[np.float64]) -> float:
    return max(float(array.max()), -float(array.min()))


class _Slice(NamedTuple):
    """Parts of numbers, each an integer times 2**place, so small that 2**13 of them add up exactly.

    Such a sum is an integer too; shifted left by ``shift`` it is in units of 2**-1074.
    """

    parts: NDArray[np.float64]
    place: int
    shift: int


def _slices(array: NDArray[np.float64], greatest: float) -> Iterator[_Slice]:
    """Yield slices that add up to the array; each reuses the memory of the one before.

    (x + σ) − σ is x rounded to the last place of σ. In units of that place such parts are integers,
    and their sum needs no more than 53 bits.
    """
    if greatest >= _HUGE:
        large = np.abs(array) >= 2.0**_SCALE
        scaled = np.where(large, array, 0.0) * 2.0**-_SCALE
        for part in _slices(scaled, greatest * 2.0**-_SCALE):
            yield part._replace(shift=part.shift + _SCALE)
        yield from _slices(np.where(large, 0.0, array), 2.0**_SCALE)
        return
    left, parts = array, np.empty_like(array)
    while greatest > 0.0:
        exponent = math.frexp(greatest)[1] + _SPARE
        sigma = math.ldexp(1.0, exponent)
        np.add(left, sigma, out=parts)
        np.subtract(parts, sigma, out=parts)
        # No double has a place below 2**-1074.
        place = max(exponent - _LAST_PLACE, -UNIT_EXPONENT)
        yield _Slice(parts, place, place + UNIT_EXPONENT)
        left = np.subtract(left, parts, out=None if left is array else left)
        greatest = _greatest(left)


class Piece(NamedTuple):
    """Positions of one sample: the sum of their losses, and their share of the mean's denominator.

    ``number`` says which sample it is; None where the whole input is one sample.
    """

    number: int | None
    loss: ExactSum
    size: int


class Spread(NamedTuple):
    """Sums over samples, from which the standard error of the mean is computed.

    They are the number of samples that count, ΣL² in units of 2**-2148, ΣL·n in units of 2**-1074,
    and Σn², for the loss L and the size n of a sample (see :mod:`xentcli.core.spread`). ``pieces``
    are the samples of which more positions may follow, one piece each.
    """

    samples: int = 0
    squares: int = 0
    products: int = 0
    sizes: int = 0
    pieces: tuple[Piece, ...] = ()

    def __add__(self, other: Spread) -> Spread:  # type: ignore[override]
        if not other.samples and not other.pieces:
            # The spread of a class is always empty, and there may be many classes.
            return self
        return Spread(
            self.samples + other.samples,
            self.squares + other.squares,
            self.products + other.products,
            self.sizes + other.sizes,
            _merge_pieces(self.pieces + other.pieces),
        )


def _merge_pieces(pieces: Sequence[Piece]) -> tuple[Piece, ...]:
    found: dict[int | None, Piece] = {}
    for piece in pieces:
        number = piece.number
        known = found.get(number, Piece(number, ExactSum(), 0))
        found[number] = Piece(number, known.loss + piece.loss, known.size + piece.size)
    return tuple(found.values())


class Total(NamedTuple):
    """Exact sums and counts over samples, which can be added in any order.

    ``loss``: Σℓ, in nats. ``weight``: the denominator of the mean. ``samples``: every position.
    ``ignored``: those that ``ignore_index`` leaves out. ``correct``: those of the others whose
    largest logit is the label's; of yes/no questions, those answered rightly at 0.5, of which
    ``positive`` have the answer yes. ``root``: Σ√ℓ, for a loss whose root is a distance.
    ``bytes``: the bytes of the text, where they are known. Where they are asked for, ``in_top``:
    the samples whose label is among the k largest logits; ``brier``: the sum of the Brier scores;
    ``spread``: the sums for the standard error of the mean.
    """

    loss: ExactSum = ExactSum()
    weight: ExactSum = ExactSum()
    samples: int = 0
    ignored: int = 0
    correct: int = 0
    positive: int = 0
    root: ExactSum = ExactSum()
    bytes: ExactSum = ExactSum()
    in_top: int = 0
    brier: ExactSum = ExactSum()
    spread: Spread = Spread()

    def __add__(self, other: Total) -> Total:  # type: ignore[override]
        return Total(
            self.loss + other.loss,
            self.weight + other.weight,
            self.samples + other.samples,
            self.ignored + other.ignored,
            self.correct + other.correct,
            self.positive + other.positive,
            self.root + other.root,
            self.bytes + other.bytes,
            self.in_top + other.in_top,
            self.brier + other.brier,
            self.spread + other.spread,
        )
