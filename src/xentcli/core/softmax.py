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
from numpy.typing import ArrayLike, DTypeLike

from xentcli.core import framework
from xentcli.core.exact import two_product, two_sum
from xentcli.core.layout import Array, as_float, as_positions, blocks, store
from xentcli.errors import ArgumentError

# Below this Σ of the other classes a row is confident: its loss, if the label is the maximum, is
# nearly that sum, and the rounding of every z − z_k in it is put back (see refined_sum).
CONFIDENT = 2.0**-10


def maximum(logits: Array, axis: int) -> Array:
    """z_k of each sample; nan where the sample holds a nan."""
    result: Array = np.maximum.reduce(logits, axis=axis)
    return result


def shift(
    logits: Array, largest: Array, axis: int, temperature: float = 1.0, out: Array | None = None
) -> Array:
    """d = (z − z_k) / T, which is 0 at the maximum and negative elsewhere.

    A row with +inf, nan, or nothing but −inf has no softmax; inf − inf makes it nan from here on.
    """
    peak = np.expand_dims(largest, axis)
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        shifted: Array = np.subtract(logits, peak, out=out)
        if temperature != 1.0:
            np.divide(shifted, temperature, out=shifted)
            _undo_overflow(shifted, logits, peak, temperature)
    return shifted


def exponential(shifted: Array, out: Array | None = None) -> Array:
    """e = exp(d), between 0 and 1: it cannot overflow."""
    with np.errstate(under="ignore"):
        result: Array = np.exp(shifted, out=out)
    return result


def sum_of_others(exponentials: Array, shifted: Array, axis: int) -> Array:
    """s = Σ e over every class but the maximum.

    Where d is 0 stand the maximum and those equal to it. They are kept out of the floating sum and
    counted, less one: the order of the additions is then the same whichever of them is "the" k.
    """
    at_maximum = shifted == 0
    others = np.where(at_maximum, 0.0, exponentials)
    equals = np.count_nonzero(at_maximum, axis=axis) - 1
    summed: Array = sum_over_classes(others, axis) + equals
    return summed


def sum_over_classes(values: Array, axis: int) -> Array:
    """Σ over the classes in an order that depends on their number alone."""
    if axis == 1:
        result: Array = np.add.reduce(values, axis=1)
        return result
    # np.add.reduce over axis 0 adds a single column pairwise and several columns one after the
    # other, so a sample's last bit would depend on its company.
    total: Array = values[0].copy()
    for row in values[1:]:
        total += row
    return total


def log_of_sum(others: Array, rest: Array | None = None) -> Array:
    """log Σe = log1p(s), ``rest`` being the part of s that a double did not hold.

    For a confident row the series s − s²/2 + s³/3 − … is added to the rest before the one rounding
    that counts; log1p(s) would have rounded already.
    """
    result: Array = np.log1p(others)
    if rest is None:
        return result
    small = np.flatnonzero(others < CONFIDENT)
    s = others[small]
    series = -s * s * (1 / 2 - s * (1 / 3 - s * (1 / 4 - s * (1 / 5 - s * (1 / 6 - s / 7)))))
    result[small] = s + (rest[small] + series)
    return result


def refined_sum(
    logits: Array, largest: Array, others: Array, axis: int, temperature: float = 1.0
) -> tuple[Array, Array | None]:
    """s of the confident rows once more, as a double and the rest that it did not hold.

    Where s is next to 0 it is the loss itself, and what z − z_k lost in rounding is multiplied by
    the exponential: at d = −20 already 8 units in the last place.
    """
    confident = np.flatnonzero(others < CONFIDENT)
    if not confident.size:
        return others, None
    chosen = np.ascontiguousarray(logits[confident] if axis == 1 else logits[:, confident])
    shifted, lost = exact_shift(chosen, largest[confident], axis, temperature)
    exponentials = np.where(shifted == 0, 0.0, exponential(shifted))
    corrections = exponentials * lost
    equals = np.count_nonzero(shifted == 0, axis=axis) - 1
    high, low = sum_with_rest(exponentials, axis)
    low += sum_over_classes(corrections, axis)
    summed, rest = others.copy(), np.zeros_like(others)
    summed[confident], rest[confident] = two_sum(high + equals, low)
    return summed, rest


def exact_shift(
    logits: Array, largest: Array, axis: int, temperature: float = 1.0
) -> tuple[Array, Array]:
    """d and what its rounding lost: z/T − z_k/T = d + lost, up to the rounding of ``lost``."""
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        shifted, lost = two_sum(logits, np.expand_dims(-largest, axis))
        if temperature != 1.0:
            quotient = shifted / temperature
            product, rounding = two_product(quotient, temperature)
            lost = ((shifted - product) - rounding + lost) / temperature
            shifted = quotient
            _undo_overflow(shifted, logits, np.expand_dims(largest, axis), temperature)
    # An infinite logit has no rounding error, but ∞ − ∞ on the way to it.
    return shifted, np.where(np.isfinite(lost), lost, 0.0)


def _undo_overflow(shifted: Array, logits: Array, peak: Array, temperature: float) -> None:
    """Where z − z_k is beyond the largest double, (z − z_k)/T may not be: divide first there."""
    if np.isinf(shifted).any():
        apart = logits / temperature - peak / temperature
        np.copyto(shifted, apart, where=np.isinf(shifted) & np.isfinite(logits))


def sum_with_rest(values: Array, axis: int) -> tuple[Array, Array]:
    """Σ over the classes, and what its rounding lost (for many classes NumPy's pairwise sum,
    whose error is a few units, is taken as it is)."""
    if axis == 1:
        return sum_over_classes(values, axis), np.zeros(values.shape[0])
    total, rest = values[0].copy(), np.zeros(values.shape[1])
    for row in values[1:]:
        total, lost = two_sum(total, row)
        rest += lost
    return total, rest


class Steps(NamedTuple):
    """What each step returned for one block; ``lost`` is what rounding took from ``shifted``."""

    maximum: Array
    shifted: Array
    lost: Array
    exponentials: Array
    others: Array
    log_sum: Array


def steps(logits: Array, axis: int, temperature: float = 1.0) -> Steps:
    """Every step up to log Σe, each kept."""
    largest = maximum(logits, axis)
    shifted, lost = exact_shift(logits, largest, axis, temperature)
    exponentials = exponential(shifted)
    others = sum_of_others(exponentials, shifted, axis)
    others, rest = refined_sum(logits, largest, others, axis, temperature)
    return Steps(largest, shifted, lost, exponentials, others, log_of_sum(others, rest))


def probabilities(step: Steps, axis: int) -> Array:
    """p = e / (1 + s): a division, not the exponential of a difference, which would lose digits."""
    with np.errstate(under="ignore"):
        exponentials = step.exponentials + step.exponentials * step.lost
        result: Array = exponentials / np.expand_dims(1.0 + step.others, axis)
    return result


def log_probabilities(step: Steps, axis: int) -> Array:
    """log p = d − log Σe."""
    result: Array = step.shifted + (step.lost - np.expand_dims(step.log_sum, axis))
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
    result = np.empty(positions.shape)
    for block in blocks(positions):
        step = steps(block.values, block.axis, temperature)
        values = (log_probabilities if log else probabilities)(step, block.axis)
        store(result, block, values)
    return result.reshape(given.shape)


def check_temperature(temperature: float) -> None:
    """Refuse a temperature that is not a number above 0."""
    if not isinstance(temperature, Real) or not 0.0 < temperature < np.inf:
        raise ArgumentError("temperature", f"{temperature} is not a number above 0")
