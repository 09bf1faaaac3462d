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

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from xentcli.core import elementary, framework
from xentcli.core.exact import two_sum_in
from xentcli.core.layout import (
    Array,
    Block,
    Buffers,
    across,
    as_float,
    as_positions,
    place_for,
    run_on_blocks,
    store,
    unbuffered,
)
from xentcli.core.rounding import shift_error
from xentcli.core.sums import sum_along_rows
from xentcli.core.threads import threads_for
from xentcli.errors import ArgumentError
from xentcli.model import NamedTuple


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
    """Compute d from half the logits where z − z_k overflowed, though (z − z_k)/T need not."""
    if np.isinf(shifted).any():
        half = (0.5 * logits - 0.5 * peak) / temperature
        np.copyto(shifted, 2.0 * half, where=np.isinf(shifted) & np.isfinite(logits))


def exponential(
    logits: Array,
    largest: Array,
    axis: int,
    temperature: float = 1.0,
    buffers: Buffers | None = None,
    out: Array | None = None,
) -> Array:
    """e = exp(d), between 0 and 1: it cannot overflow.

    It is that of the exact d. To round d to a double first would already change the result by 8
    units in the last place at d = −20.
    """
    buffers = buffers or Buffers()
    out = buffers.array("exponentials", logits.shape) if out is None else out
    peak = np.expand_dims(largest, axis)
    if temperature == 1.0:
        return elementary.exp_of_difference(logits, peak, out, buffers)
    shifted = shift(logits, largest, axis, temperature, buffers.array("shifted", logits.shape))
    lost = shift_error(logits, peak, shifted, temperature, buffers)
    return elementary.exp(shifted, lost, out, buffers)


def sum_over_classes(values: Array, axis: int, buffers: Buffers | None = None) -> Array:
    """Σ over the classes, pairwise, in an order that depends on their number alone."""
    if axis == 1:
        result: Array = sum_along_rows(values)
        return result
    return _sum_of_columns(values, np.empty(values.shape[1]), buffers or Buffers())


def _sum_of_columns(values: Array, out: Array, buffers: Buffers) -> Array:
    """Write the sums along axis 0 to ``out``, and return it."""
    # np.add.reduce over axis 0 adds a single column pairwise, but several columns row by row: the
    # last bit of a sample would depend on how many samples are in its block.
    size = len(values)
    if size == 1:
        np.copyto(out, values[0])
        return out
    left = values
    if size > 2:
        half = size // 2
        left = buffers.scratch(2, (size - half, values.shape[1]))[1]
        np.add(values[:half], values[half : 2 * half], out=left[:half])
        if size % 2:
            left[half] = values[-1]
        size -= half
    while size > 2:
        half = size // 2
        np.add(left[:half], left[size - half : size], out=left[:half])
        size -= half
    np.add(left[0], left[1], out=out)
    return out


class Sums(NamedTuple):
    """max z of each sample, and s = Σe − 1, the sum without the maximum's 1.

    With the classes along axis 1, the maximum's 1 is not added in the first place: ``sum`` is s,
    and ``low`` is None. Along axis 0, where k would be slow to find, s is ``sum`` − 1 + ``low``.
    There each e is cut in two at 2**-46, the last place of 64. ``sum`` adds the upper parts, and
    both that and the subtraction of 1 are exact. ``low`` adds the lower parts.
    """

    maximum: Array
    sum: Array
    low: Array | None

    @staticmethod
    def empty(count: int, axis: int, buffers: Buffers) -> Sums:
        """Return uninitialised sums of so many samples, as arrays of ``buffers``."""
        low = buffers.array("low sum", (count,)) if axis == 0 else None
        return Sums(buffers.array("maximum", (count,)), buffers.array("sum", (count,)), low)

    def part(self, samples: slice) -> Sums:
        """Return the sums of some of the samples, as views."""
        low = None if self.low is None else self.low[samples]
        return Sums(self.maximum[samples], self.sum[samples], low)

    def others(self, buffers: Buffers) -> Array:
        """Compute s, rounded."""
        if self.low is None:
            return self.sum
        upper = np.subtract(self.sum, 1.0, out=buffers.array("others", self.sum.shape))
        return np.add(upper, self.low, out=upper)

    def others_and_rest(self, buffers: Buffers) -> tuple[Array, Array | None]:
        """Compute s and, along axis 0, its rounding error; ``sum`` is overwritten."""
        if self.low is None:
            return self.sum, None
        upper = np.subtract(self.sum, 1.0, out=self.sum)
        return two_sum_in(upper, self.low, buffers, "others")


# (e + 96) − 96 is e cut at the last place of 64. Of up to 64 such e the sum has at most 53 bits.
_CUT = 96.0


class Steps(NamedTuple):
    """The logits of a block and the result of each step: ``others`` is s, ``log_sum`` log1p(s)."""

    logits: Array
    axis: int
    temperature: float
    maximum: Array
    exponentials: Array
    others: Array
    log_sum: Array

    def shifted(self, out: Array | None = None) -> Array:
        """Compute d of every class. It is not kept, as the exponentials do not need it."""
        return shift(self.logits, self.maximum, self.axis, self.temperature, out)


def sums(
    logits: Array,
    axis: int,
    temperature: float,
    buffers: Buffers,
    into: Sums,
    out: Array | None = None,
) -> Array:
    """Compute every step up to Σe: write the sums to ``into``, and return the exponentials."""
    if axis == 1:
        # Over short rows argmax is quicker than max. It takes a nan for the largest number.
        at, rows = np.argmax(logits, axis=1), np.arange(len(logits))
        into.maximum[...] = logits[rows, at]
        exponentials = exponential(logits, into.maximum, axis, temperature, buffers, out)
        # It is 1, or nan in a row without a softmax.
        largest = exponentials[rows, at]
        exponentials[rows, at] = largest - 1.0
        into.sum[...] = sum_along_rows(exponentials)
        exponentials[rows, at] = largest
        return exponentials
    np.maximum.reduce(logits, axis=0, out=into.maximum)
    exponentials = exponential(logits, into.maximum, axis, temperature, buffers, out)
    parts = np.add(exponentials, _CUT, out=buffers.scratch(1, logits.shape)[0])
    np.subtract(parts, _CUT, out=parts)
    np.add.reduce(parts, axis=0, out=into.sum)
    np.subtract(exponentials, parts, out=parts)
    assert into.low is not None
    _sum_of_columns(parts, into.low, buffers)
    return exponentials


def steps(
    logits: Array, axis: int, temperature: float = 1.0, buffers: Buffers | None = None
) -> Steps:
    """Compute every step up to log Σe and keep each, in ``buffers`` if given."""
    buffers = buffers or Buffers()
    found = Sums.empty(logits.shape[1 - axis], axis, buffers)
    exponentials = sums(logits, axis, temperature, buffers, found)
    others, rest = found.others_and_rest(buffers)
    log_sum = elementary.log1p(others, rest, buffers=buffers)
    return Steps(logits, axis, temperature, found.maximum, exponentials, others, log_sum)


def probabilities(step: Steps, axis: int, out: Array | None = None) -> Array:
    """p = e / (1 + s). The exponential of log p would lose digits; this division does not."""
    with np.errstate(under="ignore", invalid="ignore"), unbuffered(step.exponentials.shape[1]):
        result: Array = np.divide(step.exponentials, across(1.0 + step.others, axis), out=out)
    return result


def log_probabilities(
    step: Steps, axis: int, buffers: Buffers | None = None, out: Array | None = None
) -> Array:
    """log p = d − log Σe, corrected by the rounding error of d."""
    buffers = buffers or Buffers()
    peak = across(step.maximum, axis)
    with unbuffered(step.logits.shape[1]):
        shifted = step.shifted(buffers.array("shifted", step.logits.shape))
        lost = shift_error(step.logits, peak, shifted, step.temperature, buffers)
        np.subtract(lost, across(step.log_sum, axis), lost)
        result: Array = np.add(shifted, lost, out=out)
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
        float64 probabilities of the same shape (of the type ``dtype`` where one is given). An
        empty array stays empty, and a single number becomes 1. A sample that holds nan or +inf,
        or nothing but −inf, is nan.

    Raises:
        ValueError: where ``logits`` is not an array of numbers, ``axis`` not one of its axes, or
            the temperature not above 0.

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
        ValueError: where ``logits`` is not an array of numbers, ``axis`` not one of its axes, or
            the temperature not above 0.

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
    width = None
    if dtype is not None and framework.name_of(dtype) != "float64":
        width = framework.width(dtype)
    # As in PyTorch, a single number is a row of one class, and an empty array stays empty.
    rows = given if given.ndim else given.reshape(1)
    if rows.size == 0 and -rows.ndim <= axis < rows.ndim:
        return np.empty(given.shape, np.float64 if width is None else width.numpy)
    positions = as_positions(rows, axis, "logits")
    if width is not None:
        narrow = framework.softmax(positions, width, temperature, log=log)
        return narrow.reshape(given.shape)  # type: ignore[return-value]
    threads = threads_for(positions.size)
    return of_positions(positions, temperature, log=log, threads=threads).reshape(given.shape)


def of_positions(
    positions: NDArray[np.floating], temperature: float = 1.0, *, log: bool, threads: int = 1
) -> Array:
    """Compute the softmax or its logarithm over axis 1 of ``(outer, C, inner)``."""
    result = np.empty(positions.shape)

    def compute(block: Block, buffers: Buffers) -> None:
        place = place_for(result, block, buffers)
        step = steps(block.values, block.axis, temperature, buffers)
        if log:
            log_probabilities(step, block.axis, buffers, place)
        else:
            probabilities(step, block.axis, place)
        store(result, block, place)

    run_on_blocks(positions, compute, threads)
    return result


def check_temperature(temperature: float) -> None:
    """Raise an ArgumentError unless the temperature is a finite number above 0."""
    if not isinstance(temperature, Real) or not 0.0 < temperature < np.inf:
        raise ArgumentError("temperature", f"{temperature} is not a number above 0")
