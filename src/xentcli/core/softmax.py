"""Softmax and log-softmax, one small function a step.

With k = argmax z and temperature T:

    d = (z − z_k) / T      e = exp(d)      s = Σ_{i≠k} e_i
    log p = d − log1p(s)   p = e / (1 + s)

The maximum's own term, exp(0) = 1, stays out of the sum: log(1 + s) would round s away as soon as
it is below 1.1e-16, log1p(s) keeps all of its digits (Blanchard, Higham and Higham, "Accurately
computing the log-sum-exp and softmax functions", IMA J. Numer. Anal. 41(4), 2021).

The steps take a block whose classes lie along ``axis`` (0 or 1; see :mod:`xentcli.core.layout`)
and write into ``out`` where one is given.
"""

from __future__ import annotations

from numbers import Real
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from xentcli.core import framework
from xentcli.core.exact import two_sum
from xentcli.core.layout import (
    Array,
    Block,
    Buffers,
    across,
    as_float,
    as_positions,
    each_block,
    rows_in_place,
    store,
)
from xentcli.core.rounding import nothing_lost, shift_error
from xentcli.core.threads import threads_for
from xentcli.errors import ArgumentError

# Below this Σ of the other classes a row is confident: its loss, if the label is the maximum, is
# nearly that sum, and the rounding of every z − z_k in it is put back (see refined_sum).
CONFIDENT = 2.0**-10


def maximum(logits: Array, axis: int) -> tuple[Array, NDArray[np.intp] | None]:
    """z_k of each sample, nan where the sample holds a nan; and k where the classes lie in rows."""
    if axis == 0:
        return np.maximum.reduce(logits, axis=0), None
    # Over short rows argmax is quicker than max. It takes a nan for the largest.
    at = np.argmax(logits, axis=1)
    return logits[np.arange(len(at)), at], at


def shift(
    logits: Array, largest: Array, axis: int, temperature: float = 1.0, out: Array | None = None
) -> Array:
    """d = (z − z_k) / T, which is 0 at the maximum and negative elsewhere.

    A row with +inf, nan, or nothing but −inf has no softmax; inf − inf makes it nan from here on.
    """
    peak = across(largest, axis)
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        shifted: Array = np.subtract(logits, peak, out=out)
        if temperature != 1.0:
            np.divide(shifted, temperature, out=shifted)
            _undo_overflow(shifted, logits, peak, temperature)
    return shifted


def _undo_overflow(shifted: Array, logits: Array, peak: Array, temperature: float) -> None:
    """Where z − z_k is beyond the largest double, (z − z_k)/T may not be: divide first there."""
    if np.isinf(shifted).any():
        apart = logits / temperature - peak / temperature
        np.copyto(shifted, apart, where=np.isinf(shifted) & np.isfinite(logits))


def exponential(shifted: Array, out: Array | None = None) -> Array:
    """e = exp(d), between 0 and 1: it cannot overflow."""
    with np.errstate(under="ignore"):
        result: Array = np.exp(shifted, out=out)
    return result


def without_maximum(
    exponentials: Array, shifted: Array, at: NDArray[np.intp] | None, buffers: Buffers
) -> tuple[Array, Array | None]:
    """The exponentials with 0 in place of the maximum's, and in columns how many equal it.

    In rows the 0 is written over e_k. In columns, where k would be slow to find, every 1 gives way
    to a 0, so that those equal to the maximum remain to be counted.
    """
    if at is not None:
        rows = np.arange(len(at))
        # d_k is 0, or nan in a row without a softmax.
        exponentials[rows, at] = shifted[rows, at]
        return exponentials, None
    ones = np.floor(exponentials, out=buffers.array("others", exponentials.shape))
    equals = np.add.reduce(ones, axis=0) - 1.0
    return np.subtract(exponentials, ones, out=ones), equals


def sum_over_classes(values: Array, axis: int, buffers: Buffers | None = None) -> Array:
    """Σ over the classes, pairwise, in an order that depends on their number alone."""
    if axis == 1:
        result: Array = np.add.reduce(values, axis=1)
        return result
    # np.add.reduce over axis 0 adds a single column pairwise and several columns one after the
    # other, so a sample's last bit would depend on its company.
    size = len(values)
    if size == 1:
        only: Array = values[0].copy()
        return only
    half = size // 2
    buffers = buffers or Buffers()
    sums = buffers.array("sums", (size - half, values.shape[1]))
    np.add(values[:half], values[half : 2 * half], out=sums[:half])
    if size % 2:
        sums[half] = values[-1]
    size -= half
    while size > 1:
        half = size // 2
        np.add(sums[:half], sums[size - half : size], out=sums[:half])
        size -= half
    total: Array = sums[0].copy()
    return total


def log_of_sum(others: Array, rest: Array | None = None) -> Array:
    """log Σe = log1p(s), ``rest`` being the part of s that a double did not hold.

    For a confident row the series s − s²/2 + s³/3 − … is added to the rest before the one rounding
    that counts; log1p(s) would have rounded already.
    """
    if rest is None:
        return np.log1p(others)
    s, small = others, others < CONFIDENT
    series = -s * s * (1 / 2 - s * (1 / 3 - s * (1 / 4 - s * (1 / 5 - s * (1 / 6 - s / 7)))))
    # Both for every row: picking rows out of a mixed block costs more than a logarithm.
    return np.where(small, s + (rest + series), np.log1p(others))


class Steps(NamedTuple):
    """What each step returned for one block; ``lost`` is what rounding took from ``shifted``."""

    maximum: Array
    shifted: Array
    exponentials: Array
    others: Array
    log_sum: Array
    lost: Array | None


def steps(
    logits: Array,
    axis: int,
    temperature: float = 1.0,
    buffers: Buffers | None = None,
    *,
    want_lost: bool = True,
) -> Steps:
    """Every step up to log Σe, each kept, in ``buffers`` if given."""
    buffers = buffers or Buffers()
    largest, at = maximum(logits, axis)
    shifted = shift(logits, largest, axis, temperature, buffers.array("shifted", logits.shape))
    exponentials = exponential(shifted, buffers.array("exponentials", logits.shape))
    apart, equals = without_maximum(exponentials, shifted, at, buffers)
    others = sum_over_classes(apart, axis, buffers)
    if equals is not None:
        others += equals
    lost = shift_error(logits, largest, shifted, axis, temperature, buffers) if want_lost else None
    found = Steps(largest, shifted, apart, others, others, lost)
    others, rest = refined_sum(found, logits, axis, temperature, buffers)
    if at is not None:
        rows = np.arange(len(at))
        exponentials[rows, at] = shifted[rows, at] + 1.0
    return Steps(largest, shifted, exponentials, others, log_of_sum(others, rest), lost)


def refined_sum(
    step: Steps, logits: Array, axis: int, temperature: float, buffers: Buffers
) -> tuple[Array, Array | None]:
    """s of the confident rows once more, as a double and the rest that it did not hold.

    Where s is next to 0 it is the loss itself, and what z − z_k lost in rounding is multiplied by
    the exponential: at d = −20 already 8 units in the last place. The step's ``exponentials`` are
    those without the maximum's.
    """
    small = step.others < CONFIDENT
    count = np.count_nonzero(small)
    if not count:
        return step.others, None
    # Where most rows are confident, the others are gone through as well rather than left out.
    if 2 * count > small.size:
        high, low = _sum_with_rest(step, logits, axis, temperature, buffers)
        return np.where(small, high, step.others), np.where(small, low, 0.0)
    at = np.flatnonzero(small)
    few = step._replace(
        maximum=step.maximum[at],
        shifted=step.shifted.take(at, axis=1 - axis),
        exponentials=step.exponentials.take(at, axis=1 - axis),
        others=step.others[at],
        lost=None if step.lost is None else step.lost.take(at, axis=1 - axis),
    )
    chosen = logits.take(at, axis=1 - axis)
    summed, rest = step.others.copy(), np.zeros_like(step.others)
    summed[at], rest[at] = _sum_with_rest(few, chosen, axis, temperature, Buffers())
    return summed, rest


def _sum_with_rest(
    step: Steps, logits: Array, axis: int, temperature: float, buffers: Buffers
) -> tuple[Array, Array]:
    """Σ e·exp(lost) over the classes, and what its rounding lost."""
    lost, exponentials = step.lost, step.exponentials
    if lost is None:
        lost = shift_error(logits, step.maximum, step.shifted, axis, temperature, buffers)
    high, low = step.others, np.zeros_like(step.others)
    with np.errstate(invalid="ignore", under="ignore"):
        if not nothing_lost(lost):
            rest = np.multiply(exponentials, lost, out=buffers.array("rest", logits.shape))
            low += sum_over_classes(rest, axis, buffers)
        if axis == 0:
            high, remainder = _split_sum(exponentials, step.others, buffers)
            low += remainder
        return two_sum(high, low)


def _split_sum(values: Array, about: Array, buffers: Buffers) -> tuple[Array, Array]:
    """Σ of columns whose sum is known but for its last digits, as a double and a rest.

    (v + σ) − σ cuts v off at the last place of σ = 4·Σv; such parts are added without rounding.
    (NumPy's own sum of a long row, whose error is a few units, is taken as it is.)
    """
    sigma = 4.0 * about
    parts = np.add(values, sigma, out=buffers.array("rest", values.shape))
    np.subtract(parts, sigma, out=parts)
    high = sum_over_classes(parts, 0, buffers)
    return high, sum_over_classes(np.subtract(values, parts, out=parts), 0, buffers)


def probabilities(
    step: Steps, axis: int, buffers: Buffers | None = None, out: Array | None = None
) -> Array:
    """p = e / (1 + s): a division, not the exponential of a difference, which would lose digits."""
    exponentials = restored(step, buffers or Buffers())
    with np.errstate(under="ignore", invalid="ignore"):
        result: Array = np.divide(exponentials, across(1.0 + step.others, axis), out=out)
    return result


def restored(step: Steps, buffers: Buffers) -> Array:
    """e with what the rounding of d took from it put back: e + e·lost."""
    if step.lost is None or nothing_lost(step.lost):
        return step.exponentials
    with np.errstate(under="ignore", invalid="ignore"):
        spare = buffers.array("rest", step.lost.shape)
        product = np.multiply(step.exponentials, step.lost, out=spare)
        return np.add(step.exponentials, product, out=product)


def log_probabilities(step: Steps, axis: int, out: Array | None = None) -> Array:
    """log p = d − log Σe."""
    log_sum = across(step.log_sum, axis)
    if step.lost is None:
        return np.subtract(step.shifted, log_sum, out=out)
    rest = np.subtract(step.lost, log_sum, out=out)
    result: Array = np.add(step.shifted, rest, out=rest)
    return result


def softmax(
    logits: ArrayLike,
    axis: int = -1,
    *,
    temperature: float = 1.0,
    dtype: DTypeLike | None = None,
) -> Array:
    """The probabilities p = exp(z / T) / Σ exp(z / T) along an axis.

    Args:
        logits: numbers of any shape, C of them along ``axis``.
        axis: the axis of the classes.
        temperature: T > 0; above 1 the probabilities come closer together.
        dtype: ``float32`` or ``float16`` to compute as a framework of that width does, every
            rounding included; by default float64 and every digit.

    Returns:
        float64 probabilities of the same shape (of the type ``dtype`` where one is given). A
        sample that holds nan or +inf, or nothing but −inf, is nan.

    Raises:
        ValueError: for what is no array of numbers, no axis of it, or a temperature ≤ 0.

    Source: ``torch.nn.functional.softmax``; the order of operations is that of Blanchard, Higham
    and Higham (2021).

    >>> softmax([1.0, 2.0, 3.0]).round(4).tolist()
    [0.09, 0.2447, 0.6652]
    """
    return _along(logits, axis, temperature, dtype, log=False)


def log_softmax(
    logits: ArrayLike,
    axis: int = -1,
    *,
    temperature: float = 1.0,
    dtype: DTypeLike | None = None,
) -> Array:
    """The natural logarithms of the softmax, log p = z/T − log Σ exp(z/T), in nats.

    Args:
        logits: numbers of any shape, C of them along ``axis``.
        axis: the axis of the classes.
        temperature: T > 0.
        dtype: ``float32`` or ``float16`` to compute as a framework of that width does.

    Returns:
        float64 log-probabilities of the same shape (of the type ``dtype`` where one is given),
        right to 13 digits also where p is next to 1 and its logarithm next to 0.

    Raises:
        ValueError: for what is no array of numbers, no axis of it, or a temperature ≤ 0.

    Source: ``torch.nn.functional.log_softmax``; Blanchard, Higham and Higham (2021).

    >>> log_softmax([40.0, 0.0]).tolist()
    [-4.248354255291589e-18, -40.0]
    """
    return _along(logits, axis, temperature, dtype, log=True)


def _along(
    logits: ArrayLike, axis: int, temperature: float, dtype: DTypeLike | None, *, log: bool
) -> Array:
    check_temperature(temperature)
    given = as_float(logits, "logits")
    positions = as_positions(given, axis, "logits")
    if dtype is not None and framework.name_of(dtype) != "float64":
        width = framework.width(dtype)
        narrow = framework.softmax(positions, width, temperature, log=log)
        return narrow.reshape(given.shape)  # type: ignore[return-value]
    threads = threads_for(positions.size)
    return of_positions(positions, temperature, log=log, threads=threads).reshape(given.shape)


def of_positions(
    positions: NDArray[np.floating], temperature: float = 1.0, *, log: bool, threads: int = 1
) -> Array:
    """Softmax or its logarithm over axis 1 of ``(outer, C, inner)``."""
    result = np.empty(positions.shape)

    def one(block: Block, buffers: Buffers) -> None:
        place = rows_in_place(result, block.cut, block.axis)
        if place is None:
            place = buffers.array("result", block.values.shape)
        step = steps(block.values, block.axis, temperature, buffers)
        if log:
            log_probabilities(step, block.axis, place)
        else:
            probabilities(step, block.axis, buffers, place)
        store(result, block, place)

    each_block(positions, one, threads)
    return result


def check_temperature(temperature: float) -> None:
    """Refuse a temperature that is not a number above 0."""
    if not isinstance(temperature, Real) or not 0.0 < temperature < np.inf:
        raise ArgumentError("temperature", f"{temperature} is not a number above 0")
