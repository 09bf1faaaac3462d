"""Focal losses of labels whose steps leave the range of doubles, and their gradients.

With x = log(Σ_{c≠y} e^(z_c/T)) − z_y/T, the loss of the label y is ℓ = log1p(e^x), which is e^x
itself where x is far below 0, and so is 1 − p_y. e^((1+γ)·x) may be below the range of doubles, yet
times a large weight it is a double again.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xentcli.core.elementary import exp, expm1, log, log1p
from xentcli.core.far_apart import largest_factor
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
    """Some samples, one a row: ``apart`` is (z_c − z_y)/T, with its rounding error; x likewise.

    ``factor`` is the product of everything that the loss is multiplied by.
    """

    apart: Array
    apart_lost: Array
    x: Array
    lost: Array
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
    at = _indices_in_doubt(losses, labels, settings, factor)
    if not at[0].size:
        return
    with np.errstate(all="ignore"):
        found = _samples(at, positions, labels, settings, factor)
        own = _loss(found.x, found.lost)
        losses[at] = own.times(_focus(found, settings.gamma), found.factor).value


def mend_gradients(
    gradients: Array,
    positions: NDArray[np.floating],
    labels: Labels,
    settings: Settings,
    factor: Array,
) -> None:
    """Compute those of the gradients ``(outer, C, inner)`` again whose steps were too small.

    An entry is m^γ·(1 + γ·p_y·ℓ/m)·p_c for m = 1 − p_y; at the label it is minus the sum of the
    others.
    """
    least = np.minimum.reduce(np.abs(gradients), axis=1)
    at = _indices_in_doubt(least, labels, settings, factor)
    if not at[0].size:
        return
    with np.errstate(all="ignore"):
        found = _samples(at, positions, labels, settings, factor)
        own, miss = _loss(found.x, found.lost), _miss(found)
        certain = wide(1.0 / (1.0 + exp(found.x)))
        beside = settings.gamma * own.times(certain).over(miss).value
        times = found.factor.times(_focus(found, settings.gamma), wide(1.0 + beside), certain)
        column = Wide(times.mantissa[:, np.newaxis], times.exponent[:, np.newaxis])
        # A sample with a class above its label has x > 0: its entries, cut to 0 here, are not used.
        entries = wide_exp(np.minimum(found.apart, 0.0), found.apart_lost).times(column).value
        rows = np.arange(len(found.x))
        entries[rows, labels[at]] = 0.0 - times.times(wide_exp(found.x, found.lost)).value
        behind = found.x < 0.0
        before = gradients[at[0], :, at[1]]
        gradients[at[0], :, at[1]] = np.where(behind[:, np.newaxis], entries + 0.0, before)


def _indices_in_doubt(
    found: Array, labels: Labels, settings: Settings, factor: Array
) -> tuple[NDArray[np.intp], ...]:
    wrong = in_doubt(found, largest_factor(settings, factor)) & np.isfinite(found)
    return np.nonzero(wrong & (labels != settings.ignore_index))


def _samples(
    at: tuple[NDArray[np.intp], ...],
    positions: NDArray[np.floating],
    labels: Labels,
    settings: Settings,
    factor: Array,
) -> _Samples:
    logits = np.ascontiguousarray(positions[at[0], :, at[1]], np.float64)
    rows, label = np.arange(len(logits)), labels[at]
    own = logits[rows, label]
    others = logits.copy()
    others[rows, label] = -np.inf
    top = others.max(axis=1)
    apart = (logits - own[:, np.newaxis]) / settings.temperature
    apart_lost = shift_error(logits, own[:, np.newaxis], apart, settings.temperature)
    first = (top - own) / settings.temperature
    behind = np.where(np.isneginf(others), -np.inf, others - top[:, np.newaxis])
    spread = log(sum_over_classes(exp(behind / settings.temperature), 1))
    times = wide(factor[at[0]])
    if settings.weight is not None:
        times = times.times(wide(settings.weight[label]))
    x = first + spread
    lost = shift_error(top, own, first, settings.temperature) + ((first - x) + spread)
    # Where the label's class is the only one, or the others are −∞, the error came out as ∞ − ∞.
    return _Samples(apart, apart_lost, x, np.where(np.isinf(x), 0.0, lost), times)


def _loss(x: Array, lost: Array) -> Wide:
    return choose(x < _TINY, wide_exp(np.minimum(x, 0.0), lost), wide(log1p(exp(x))))


def _miss(found: _Samples) -> Wide:
    """1 − p_y."""
    tiny = wide_exp(np.minimum(found.x, 0.0), found.lost)
    return choose(found.x < _TINY, tiny, wide(0.0 - expm1(-log1p(exp(found.x)))))


def _focus(found: _Samples, gamma: float) -> Wide:
    tiny = found.x < _TINY
    plain = log(0.0 - expm1(-log1p(exp(found.x))))
    return power(np.where(tiny, found.x, plain), np.where(tiny, found.lost, 0.0), gamma)
