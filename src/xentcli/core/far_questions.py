"""Losses and gradients of yes/no questions whose steps leave the range of doubles.

exp(−|z|) is 0 beyond |z| = 746, and z/T is infinite beyond 1.8e308; yet times a large or a small
weight the result may be a double. The few questions that this concerns are computed again, as
products of mantissas and sums of exponents (see :mod:`xentcli.core.wide`).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xentcli.core.elementary import log
from xentcli.core.focal import balance
from xentcli.core.layout import Array
from xentcli.core.odds import Given, Odds, miss, odds_of, scaled_logits
from xentcli.core.settings import Settings
from xentcli.core.wide import Wide, choose, in_doubt, power, wide, wide_exp
from xentcli.model import NamedTuple

# Where |z/T| is larger, exp(−|z/T|) or a product with it may not be a normal double.
FAR = 690.0


class _Sides(NamedTuple):
    """p, 1 − p, −log p, −log(1 − p) and 1 − p_t of some questions.

    ``log_miss`` is log(1 − p_t), and ``lost`` its rounding error.
    """

    yes: Wide
    no: Wide
    log_yes: Wide
    log_no: Wide
    miss: Wide
    log_miss: Array
    lost: Array


class _Questions(NamedTuple):
    """Some questions: their sides, targets and w⁺, and the product of all other factors."""

    sides: _Sides
    target: Array
    pos_weight: Wide
    factor: Wide


def mend_losses(
    losses: Array,
    values: Array,
    target: Array,
    given: Given,
    settings: Settings,
    factor: Array | float = 1.0,
) -> None:
    """Compute those of the losses again whose steps were too small or too large for doubles.

    ``factor`` multiplies the losses beside the weights of the settings.
    """
    at = _indices_in_doubt(losses, values, _most(settings, factor))
    if not at[0].size:
        return
    with np.errstate(all="ignore"):
        q = _questions(at, values, target, given, settings, wide(factor))
        yes = _term(q.sides.log_yes, q.factor, q.pos_weight, wide(q.target))
        no = _term(q.sides.log_no, q.factor, wide(1.0 - q.target))
        losses[at] = yes + no


def _term(minus_log: Wide, *factors: Wide) -> Array:
    """−log p times the factors; 0 where a factor is 0, even if −log p is infinite."""
    is_nothing = np.logical_or.reduce([factor.mantissa == 0.0 for factor in factors])
    return np.where(is_nothing, 0.0, minus_log.times(*factors).value)


def mend_slopes(
    slopes: Array, logits: Array, target: Array, settings: Settings, factor: Array | float = 1.0
) -> None:
    """Compute those of the slopes (1/T)·w·α_t·m^γ·[L' + bend·L] again that left the range."""
    over = wide(factor).over(wide(settings.temperature))
    at = _indices_in_doubt(slopes, logits, _most(settings, over.value))
    if not at[0].size:
        return
    with np.errstate(all="ignore"):
        q = _questions(at, logits, target, "logits", settings, over)
        sides = q.sides
        to_yes = q.factor.times(q.pos_weight, wide(q.target))
        to_no = q.factor.times(wide(1.0 - q.target))
        found = to_no.times(sides.yes).plus(to_yes.times(sides.no, wide(-1.0)))
        if settings.gamma != 0.0:
            bend = wide(settings.gamma * (1.0 - 2.0 * q.target))
            bend = bend.times(sides.yes, sides.no).over(sides.miss)
            focused = to_yes.times(sides.log_yes, bend).plus(to_no.times(sides.log_no, bend))
            found = found.plus(focused)
        slopes[at] = found.value + 0.0


def _most(settings: Settings, factor: Array | float) -> Array:
    """Return the largest factor that a question's loss can have."""
    result: Array = np.abs(np.asarray(factor))
    with np.errstate(over="ignore"):
        for weight in (settings.weight, settings.pos_weight):
            if weight is not None and weight.size:
                result = result * max(1.0, float(np.abs(weight).max()))
    return result


def _indices_in_doubt(found: Array, values: Array, most: Array) -> tuple[NDArray[np.intp], ...]:
    """Return where the result of a finite value overflowed or may have lost digits."""
    # A product of 0 and an overflow is nan.
    wrong = in_doubt(found, most) | np.isnan(found)
    if not wrong.any():
        return (np.empty(0, dtype=np.intp),) * max(1, found.ndim)
    return np.nonzero(wrong & np.isfinite(values))


def _questions(
    at: tuple[NDArray[np.intp], ...],
    values: Array,
    target: Array,
    given: Given,
    settings: Settings,
    factor: Wide,
) -> _Questions:
    def chosen(weight: Array | None) -> Array:
        each: Array = np.broadcast_to(1.0 if weight is None else weight, values.shape)[at]
        return each

    value, wanted = values[at].astype(np.float64), target[at]
    odds = odds_of(value, given, settings.temperature)
    mantissa = np.broadcast_to(factor.mantissa, values.shape)[at]
    exponent = np.broadcast_to(factor.exponent, values.shape)[at]
    times = Wide(mantissa, exponent).times(wide(chosen(settings.weight)))
    if settings.alpha is not None:
        times = times.times(wide(balance(wanted, settings.alpha)))
    sides = _sides_of_odds(odds, wanted)
    if given == "logits":
        sides = _replace_far_sides(value, wanted, sides, settings.temperature)
    times = times.times(power(sides.log_miss, sides.lost, settings.gamma))
    return _Questions(sides, wanted, wide(chosen(settings.pos_weight)), times)


def _sides_of_odds(odds: Odds, target: Array) -> _Sides:
    away = miss(odds, target)
    return _Sides(
        wide(odds.yes),
        wide(odds.no),
        wide(-odds.log_yes),
        wide(-odds.log_no),
        wide(away),
        log(away),
        lost=np.zeros(away.shape),
    )


def _replace_far_sides(logits: Array, target: Array, near: _Sides, temperature: float) -> _Sides:
    """Replace the sides where |z/T| is so large that the smaller of p and 1 − p is exp(−|z/T|)."""
    scaled, missing = scaled_logits(logits, temperature)
    lost = np.zeros(logits.shape) if missing is None else np.where(scaled > 0, -missing, missing)
    size = wide(np.abs(logits)).over(wide(temperature))
    far, positive = np.abs(scaled) > FAR, scaled > 0
    right = far & (target == positive)
    tiny = wide_exp(-np.abs(scaled), lost)
    return _Sides(
        yes=choose(far & ~positive, tiny, near.yes),
        no=choose(far & positive, tiny, near.no),
        log_yes=choose(far, choose(positive, tiny, size), near.log_yes),
        log_no=choose(far, choose(positive, size, tiny), near.log_no),
        miss=choose(right, tiny, near.miss),
        log_miss=np.where(right, -np.abs(scaled), near.log_miss),
        lost=np.where(right, lost, 0.0),
    )
