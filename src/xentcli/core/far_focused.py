"""Focal losses of labels whose steps leave the range of doubles, and their gradients.

With x = log(Σ_{c≠y} e^(z_c/T)) − z_y/T, the loss of the label y is ℓ = log1p(e^x), which is e^x
itself where x is far below 0, and so is 1 − p_y. e^((1+γ)·x) may be below the range of doubles, yet
times a large weight it is a double again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xentcli.core.elementary import exp, expm1, log, log1p
from xentcli.core.far_apart import largest_factor, steps_of
from xentcli.core.layout import Array
from xentcli.core.rounding import shift_error
from xentcli.core.settings import Settings
from xentcli.core.softmax import sum_over_classes
from xentcli.core.target import Labels
from xentcli.core.wide import Wide, choose, in_doubt, power, wide, wide_exp
from xentcli.model import NamedTuple

# For x below this, log1p(e^x) is e^x to the last digit.
_TINY = -40.0


class _Samples(NamedTuple):
    """Some samples, one a row: their logits, and x with its rounding error.

    ``beyond`` is the loss where x is beyond the range of doubles. ``factor`` is the product of
    everything that the loss is multiplied by.
    """

    logits: Array
    x: Array
    lost: Array
    beyond: Wide
    factor: Wide


def mend_losses(
    losses: Array,
    positions: NDArray[np.floating],
    labels: Labels,
    settings: Settings,
    factor: Array,
) -> None:
    """Compute those of the losses ``(outer, inner)`` again whose steps were too small for doubles.

    ``factor``, one number for each ``outer``, multiplies the losses beside the class weights.
    """
    wrong = in_doubt(losses, largest_factor(settings, factor))
    at = np.nonzero(wrong & (labels != settings.ignore_index))
    if not at[0].size:
        return
    with np.errstate(all="ignore"):
        found = _samples(at, positions, labels, settings, wide(factor))
        own = choose(np.isposinf(found.x), found.beyond, _loss(found.x, found.lost))
        result = own.times(_focus(found, settings.gamma), found.factor).value
        losses[at] = np.where(found.factor.mantissa == 0.0, 0.0, result)


def mend_gradients(
    gradients: Array,
    positions: NDArray[np.floating],
    labels: Labels,
    settings: Settings,
    factor: Wide,
) -> None:
    """Compute those of the gradients ``(outer, C, inner)`` again whose steps were too small.

    An entry is m^γ·(1 + γ·p_y·ℓ/m)·p_c for m = 1 − p_y; at the label it is minus the sum of the
    others.
    """
    sizes = np.abs(gradients)
    # A product of 0 and an overflow is nan.
    wrong = ~np.isfinite(np.maximum.reduce(sizes, axis=1))
    wrong |= in_doubt(np.minimum.reduce(sizes, axis=1), largest_factor(settings, factor.value))
    at = np.nonzero(wrong & (labels != settings.ignore_index))
    if not at[0].size:
        return
    with np.errstate(all="ignore"):
        found = _samples(at, positions, labels, settings, factor)
        own, miss = _loss(found.x, found.lost), _miss(found)
        certain = wide(1.0 / (1.0 + exp(found.x)))
        beside = settings.gamma * own.times(certain).over(miss).value
        # p_y·ℓ is 0 where ℓ is infinite.
        beside = np.where(np.isposinf(found.x), 0.0, beside)
        times = found.factor.times(_focus(found, settings.gamma), wide(1.0 + beside))
        probs = steps_of(found.logits, settings.temperature).probs
        entries = probs.times(times.column).value + 0.0
        entries[np.arange(len(found.x)), labels[at]] = 0.0 - times.times(miss).value
        gradients[at[0], :, at[1]] = entries


def _samples(
    at: tuple[NDArray[np.intp], ...],
    positions: NDArray[np.floating],
    labels: Labels,
    settings: Settings,
    factor: Wide,
) -> _Samples:
    logits = np.ascontiguousarray(positions[at[0], :, at[1]], np.float64)
    rows, label = np.arange(len(logits)), labels[at]
    own = logits[rows, label]
    others = logits.copy()
    others[rows, label] = -np.inf
    top = others.max(axis=1)
    first = (top - own) / settings.temperature
    behind = np.where(np.isneginf(others), -np.inf, others - top[:, np.newaxis])
    spread = log(sum_over_classes(exp(behind / settings.temperature), 1))
    times = Wide(factor.mantissa[at[0]], factor.exponent[at[0]])
    if settings.weight is not None:
        times = times.times(wide(settings.weight[label]))
    x = first + spread
    lost = shift_error(top, own, first, settings.temperature) + ((first - x) + spread)
    # Where the label's class is the only one, or the others are −∞, the error came out as ∞ − ∞.
    lost = np.where(np.isinf(x), 0.0, lost)
    beyond = wide(0.5 * top - 0.5 * own).over(wide(settings.temperature)).times(wide(2.0))
    return _Samples(logits, x, lost, beyond, times)


def _loss(x: Array, lost: Array) -> Wide:
    # log1p(e^x) where e^x is no double.
    near = np.maximum(x, 0.0) + log1p(exp(-np.abs(x)))
    return choose(x < _TINY, wide_exp(np.minimum(x, 0.0), lost), wide(near))


def _miss(found: _Samples) -> Wide:
    """1 − p_y."""
    tiny = wide_exp(np.minimum(found.x, 0.0), found.lost)
    return choose(found.x < _TINY, tiny, wide(0.0 - expm1(-log1p(exp(found.x)))))


def _focus(found: _Samples, gamma: float) -> Wide:
    tiny = found.x < _TINY
    plain = log(0.0 - expm1(-log1p(exp(found.x))))
    return power(np.where(tiny, found.x, plain), np.where(tiny, found.lost, 0.0), gamma)
