"""Losses and gradients of logits so far apart that a step leaves the range of doubles.

With d = (z − max z)/T, exp(d) is 0 below d = −746, and d is infinite beyond 1.8e308. Yet w·exp(d)
is a double for a large weight, and w·d for a small one; so is w/T where neither is. The few samples
that this concerns are computed again, each number as a mantissa and an exponent of any size (see
:mod:`xentcli.core.wide`).
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from xentcli.core.elementary import expm1
from xentcli.core.layout import Array, across
from xentcli.core.rounding import shift_error
from xentcli.core.settings import Settings
from xentcli.core.softmax import steps
from xentcli.core.target import Target, one_hot, smoothed
from xentcli.core.wide import LARGE, LEAST, Wide, choose, in_doubt, wide, wide_exp
from xentcli.model import NamedTuple

# Where d is below −FAR, exp(d) or a product with it may not be a normal double.
FAR = 690.0
# A product of two factors between 2^−960 and 2^960 and of a probability near 1 is a normal double.
_MOST_EXPONENT = 960
# So many numbers are computed again at once.
_AT_ONCE = 1 << 20

Indices = tuple[NDArray[np.intp], ...]


class _Rows(NamedTuple):
    """Some samples, one a row: logits, v = w·q, and the factor of each sample's result."""

    logits: Array
    weighted: Wide
    factor: Wide
    temperature: float


class WideSteps(NamedTuple):
    """The steps of some rows.

    ``shifted`` is d and ``lost`` its rounding error, ``log_sum`` is log Σe, ``others`` s, and
    ``total`` 1 + s.
    """

    shifted: Array
    lost: Array
    log_sum: Array
    exponentials: Wide
    others: Wide
    total: Wide

    @property
    def probs(self) -> Wide:
        """p of each class."""
        return self.exponentials.over(self.total.column)


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
    wrong = in_doubt(losses, largest_factor(settings, factor))
    if not _is_of_label(target, settings):
        wrong |= _leave_range(0, settings, factor, positions.shape[1])
    if not wrong.any():
        return
    for at in _indices_of_kept(wrong, target, settings, positions.shape[1]):
        with np.errstate(all="ignore"):
            losses[at] = _losses(_rows(at, positions, target, settings, factor))


def mend_gradients(
    gradients: Array,
    positions: NDArray[np.floating],
    target: Target,
    settings: Settings,
    scale: float,
    factor: Array | None = None,
) -> None:
    """Compute those of the gradients ``(outer, C, inner)`` again whose steps were too small, or
    whose factors leave the range of doubles."""
    if factor is None and settings.weight is None and _is_usual(scale / settings.temperature):
        return
    with np.errstate(over="ignore"):
        most = scale / settings.temperature * largest_factor(settings, factor)
    exponent = math.frexp(scale)[1] - math.frexp(settings.temperature)[1]
    wrong = _leave_range(exponent, settings, factor, positions.shape[1])
    if (most > LARGE).any():
        small = (np.abs(gradients) < LEAST * most[:, np.newaxis]) & (most > LARGE)[:, np.newaxis]
        wrong = wrong | np.logical_or.reduce(small, axis=1)
    elif not wrong.any():
        return
    wrong = np.broadcast_to(wrong, (gradients.shape[0], gradients.shape[2]))
    is_label, over = _is_of_label(target, settings), wide(scale).over(wide(settings.temperature))
    for at in _indices_of_kept(wrong, target, settings, positions.shape[1]):
        with np.errstate(all="ignore"):
            rows = _rows(at, positions, target, settings, factor)
            gradients[at[0], :, at[1]] = _gradients(rows, over, is_label)


def largest_factor(settings: Settings, factor: Array | None) -> Array:
    """Return the largest factor that a loss can have, as a column, one number for each ``outer``.

    It says which samples are mended, and so it must not depend on the labels of other samples.
    """
    most = 1.0 if settings.weight is None else float(np.abs(settings.weight).max())
    with np.errstate(over="ignore"):
        each: Array = most * (np.ones(1) if factor is None else np.abs(factor))
    return each[:, np.newaxis]


def _is_usual(factor: float) -> bool:
    """Whether no product of it and a probability, with label smoothing or without, needs care."""
    return 1.0 / LARGE <= factor <= LARGE


def _is_of_label(target: Target, settings: Settings) -> bool:
    return target.labels is not None and settings.label_smoothing == 0.0


def _leave_range(
    scale: int, settings: Settings, factor: Array | None, classes: int
) -> NDArray[np.bool_]:
    """Return where a product of 2^scale, weights and factor, or one of them, may be no normal
    double, as a column, one for each ``outer``."""
    least = most = 0
    if settings.weight is not None:
        sizes = np.abs(settings.weight)
        kept = sizes[sizes > 0.0]
        if kept.size:
            least, most = math.frexp(kept.min())[1], math.frexp(kept.max())[1]
    if settings.label_smoothing != 0.0:
        least += math.frexp(settings.label_smoothing / classes)[1]
    alone = max(map(abs, (least, most, scale, scale + least, scale + most)))
    if factor is None:
        return np.full((1, 1), alone > _MOST_EXPONENT)
    each = np.frexp(factor)[1]
    products = (each, each + scale, each + (scale + least), each + (scale + most))
    far = np.maximum.reduce([np.abs(one) for one in products])
    result: NDArray[np.bool_] = (far > _MOST_EXPONENT) | (alone > _MOST_EXPONENT)
    return result[:, np.newaxis]


def _indices_of_kept(
    wrong: NDArray[np.bool_], target: Target, settings: Settings, classes: int
) -> Iterator[Indices]:
    """Yield where a sample is in doubt and not ignored, some of them at a time."""
    if target.labels is not None:
        wrong = wrong & (target.labels != settings.ignore_index)
    outer, inner = np.nonzero(wrong)
    step = max(1, _AT_ONCE // classes)
    for start in range(0, outer.size, step):
        yield outer[start : start + step], inner[start : start + step]


def _rows(
    at: Indices,
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
    weighted = wide(smoothed(plain, settings.label_smoothing, 1))
    if settings.weight is not None:
        weighted = weighted.times(wide(settings.weight))
    times = wide(np.ones(len(logits)) if factor is None else factor[at[0]])
    return _Rows(logits, weighted, times, settings.temperature)


def steps_of(logits: Array, temperature: float) -> WideSteps:
    """Compute the steps of some samples, one a row, up to 1 + s."""
    step = steps(logits, 1, temperature)
    shifted = step.shifted()
    lost = shift_error(logits, across(step.maximum, 1), shifted, temperature)
    far = shifted < -FAR
    tiny = wide_exp(np.minimum(shifted, 0.0), lost)
    exponentials = choose(far, tiny, wide(step.exponentials))
    # Where only one class is not far below, log Σe is s.
    certain = (far.sum(axis=1) == far.shape[1] - 1) & ~np.isnan(step.others)
    small = choose(far, tiny, wide(0.0)).sum_of_rows()
    others = choose(certain, small, wide(step.others))
    log_sum = np.where(certain, 0.0, step.log_sum)
    return WideSteps(shifted, lost, log_sum, exponentials, others, wide(1.0 + step.others))


def _losses(rows: _Rows) -> Array:
    """−Σ v·log p."""
    step = steps_of(rows.logits, rows.temperature)
    top = rows.logits.max(axis=1, keepdims=True)
    half = wide(0.5 * top - 0.5 * rows.logits).over(wide(rows.temperature))
    beyond = np.isinf(step.shifted) & np.isfinite(rows.logits)
    apart = choose(beyond, half.times(wide(2.0)), wide(0.0 - step.shifted))
    near = choose(step.log_sum == 0.0, step.others, wide(step.log_sum)).column
    minus_log = apart.plus(near.plus(wide(np.where(beyond, 0.0, 0.0 - step.lost))))
    summands = minus_log.times(rows.weighted)
    summands = choose(rows.weighted.mantissa == 0.0, wide(0.0), summands)
    total = summands.sum_of_rows()
    result = np.where(rows.factor.mantissa == 0.0, 0.0, total.times(rows.factor).value + 0.0)
    return np.where(np.isnan(step.others.mantissa), np.nan, result)


def _gradients(rows: _Rows, over: Wide, is_label: bool) -> Array:
    """(scale/T)·(p·Σv − v), and at a label (scale/T)·w·(p − 1)."""
    step, minus_one = steps_of(rows.logits, rows.temperature), wide(-1.0)
    entries = step.probs.times(rows.weighted.sum_of_rows().column)
    if is_label:
        log_probs = step.shifted + (step.lost - across(step.log_sum, 1))
        miss = choose(
            step.shifted == 0.0, step.others.over(step.total).column, wide(0.0 - expm1(log_probs))
        )
        own = miss.times(rows.weighted, minus_one)
        entries = choose(rows.weighted.mantissa == 0.0, entries, own)
    else:
        entries = entries.plus(rows.weighted.times(minus_one))
    return entries.times(rows.factor.times(over).column).value + 0.0
