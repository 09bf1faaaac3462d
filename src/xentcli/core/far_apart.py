"""Losses and gradients of logits so far apart that a step leaves the range of doubles.

With d = (z − max z)/T, exp(d) is 0 below d = −746, and d is infinite beyond 1.8e308. Yet w·exp(d)
is a double for a large weight, and w·d for a small one. The few samples that this concerns are
computed again: exp(d) as exp(d + 1350)·exp(−1350), d as twice its half, and a product with weights
as a product of mantissas and a sum of exponents.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xentcli.core.elementary import exp, log
from xentcli.core.exact import two_sum
from xentcli.core.layout import Array, across
from xentcli.core.rounding import shift_error
from xentcli.core.settings import Settings
from xentcli.core.softmax import Steps, steps, sum_over_classes
from xentcli.core.target import Target, one_hot, smoothed
from xentcli.core.wide import LARGE, LEAST, in_doubt, wide
from xentcli.model import NamedTuple

# Where d is below −FAR, exp(d) or a product with it may not be a normal double.
FAR = 690.0
_GROWTH = 1350.0
# exp(−1350) in two factors, each of which a double can hold: exp(−675).
_SHRINK = (7.09945017032607e-294,) * 2


class _Rows(NamedTuple):
    """Some samples, one a row: logits, v = w·q, and the factor of each sample's result."""

    logits: Array
    weighted: Array
    factor: Array
    temperature: float


def mend_losses(
    losses: Array,
    positions: NDArray[np.floating],
    target: Target,
    settings: Settings,
    factor: Array | None = None,
) -> None:
    """Compute those of the losses ``(outer, inner)`` again whose steps were too small or too large.

    ``factor``, one number for each ``outer``, multiplies the losses beside the class weights.
    """
    at = _indices_of_kept(in_doubt(losses, largest_factor(settings, factor)), target, settings)
    if not at[0].size:
        return
    rows = _rows(at, positions, target, settings, factor)
    with np.errstate(all="ignore"):
        small, of_small = _small_losses(rows)
        found = np.where(small, of_small, losses[at])
        large = np.isinf(found) & np.isfinite(rows.logits).all(axis=1)
        losses[at] = np.where(large, _large_losses(rows), found)


def mend_gradients(
    gradients: Array,
    positions: NDArray[np.floating],
    target: Target,
    settings: Settings,
    scale: float,
    factor: Array | None = None,
) -> None:
    """Compute those of the gradients ``(outer, C, inner)`` again whose steps were too small.

    They are (scale/T)·p·Σv where a class's v is 0, and (scale/T)·w·(p − 1) at a label.
    """
    scale /= settings.temperature
    most = scale * largest_factor(settings, factor)[:, np.newaxis]
    if not (most > LARGE).any():
        return
    small = (np.abs(gradients) < LEAST * most) & (most > LARGE)
    wrong = np.logical_or.reduce(small, axis=1)
    at = _indices_of_kept(wrong, target, settings)
    if not at[0].size:
        return
    rows = _rows(at, positions, target, settings, factor)
    with np.errstate(all="ignore"):
        step, shifted, grown, certain = _grow(rows)
        far = shifted < -FAR
        total = sum_over_classes(rows.weighted, 1)
        rest = scale / (1.0 + step.others)
        entries = product(grown, *(across(x, 1) for x in (total, rows.factor, rest)), *_SHRINK)
        found = gradients[at[0], :, at[1]]
        found = np.where((rows.weighted == 0) & far, entries, found)
        if target.labels is not None and settings.label_smoothing == 0.0:
            at_label = 0.0 - product(
                sum_over_classes(grown, 1), total, rows.factor, scale, *_SHRINK
            )
            own = (rows.weighted != 0) & ~far & certain[:, np.newaxis]
            found = np.where(own, across(at_label, 1), found)
        gradients[at[0], :, at[1]] = found


def product(*factors: Array | float) -> Array:
    """The product of all factors, also where the product of some of them is out of range.

    >>> float(product(2.0**1000, 2.0**1000, 2.0**-1000, 2.0**-998))
    4.0
    """
    return wide(1.0).times(*map(wide, factors)).value


def largest_factor(settings: Settings, factor: Array | None) -> Array:
    """Return the largest factor that a loss can have, as a column, one number for each ``outer``.

    It says which samples are mended, and so it must not depend on the labels of other samples.
    """
    most = 1.0 if settings.weight is None else float(np.abs(settings.weight).max())
    with np.errstate(over="ignore"):
        each: Array = most * (np.ones(1) if factor is None else np.abs(factor))
    return each[:, np.newaxis]


def _indices_of_kept(
    wrong: NDArray[np.bool_], target: Target, settings: Settings
) -> tuple[NDArray[np.intp], ...]:
    """Return where a sample is in doubt and not ignored."""
    if target.labels is not None:
        wrong = wrong & (target.labels != settings.ignore_index)
    return np.nonzero(wrong)


def _rows(
    at: tuple[NDArray[np.intp], ...],
    positions: NDArray[np.floating],
    target: Target,
    settings: Settings,
    factor: Array | None,
) -> _Rows:
    logits = np.ascontiguousarray(positions[at[0], :, at[1]], np.float64)
    if target.labels is None:
        assert target.soft is not None
        plain = target.soft[at[0], :, at[1]]
    else:
        plain = one_hot(target.labels[at], logits.shape[1], 1)
    weighted = smoothed(plain, settings.label_smoothing, 1)
    if settings.weight is not None:
        weighted = settings.weight * weighted
    times = np.ones(len(logits)) if factor is None else factor[at[0]]
    return _Rows(logits, weighted, times, settings.temperature)


def _grow(rows: _Rows) -> tuple[Steps, Array, Array, NDArray[np.bool_]]:
    """Return the steps, d, exp(d + 1350) where d < −FAR (else 0), and where only one d is not."""
    step = steps(rows.logits, 1, rows.temperature)
    peak, shifted = across(step.maximum, 1), step.shifted()
    lost = shift_error(rows.logits, peak, shifted, rows.temperature)
    raised, rest = two_sum(shifted, _GROWTH)
    rest = np.where(np.isfinite(raised), rest + lost, 0.0)
    far = shifted < -FAR
    grown = np.where(far, exp(np.where(far, raised, 0.0), np.where(far, rest, 0.0)), 0.0)
    certain: NDArray[np.bool_] = far.sum(axis=1) == far.shape[1] - 1
    return step, shifted, grown, certain


def _small_losses(rows: _Rows) -> tuple[NDArray[np.bool_], Array]:
    """Return where one class is certain, so that log Σe is s, and log Σe · Σv − Σ v·d there."""
    _, shifted, grown, certain = _grow(rows)
    apart = product(rows.weighted, shifted, across(rows.factor, 1))
    apart = np.where(rows.weighted == 0, 0.0, apart)
    total = sum_over_classes(rows.weighted, 1)
    near = product(sum_over_classes(grown, 1), total, rows.factor, *_SHRINK)
    return certain, near - sum_over_classes(apart, 1) + 0.0


def _large_losses(rows: _Rows) -> Array:
    """log Σe · Σv − 2·Σ v·(d/2) of finite logits."""
    half = 0.5 * rows.logits - 0.5 * rows.logits.max(axis=1, keepdims=True)
    log_sum = log(sum_over_classes(exp(2.0 * (half / rows.temperature)), 1))
    # Only as the last step, for d/2 may be beyond a double as well.
    times = (wide(half), wide(2.0), wide(across(rows.factor, 1)))
    apart = wide(rows.weighted).times(*times).over(wide(rows.temperature)).value
    total = sum_over_classes(rows.weighted, 1)
    return product(log_sum, total, rows.factor) - sum_over_classes(apart, 1)
