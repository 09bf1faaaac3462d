"""Binary cross-entropy: every number is a yes/no question with a target t from 0 to 1.

With p = σ(z) the probability of yes, w⁺ the weight of a yes and w that of the question:

    ℓ = w · [−w⁺·t·log p − (1−t)·log(1−p)]
    log σ(z) = min(z, 0) − log1p(exp(−|z|))      log(1 − σ(z)) = log σ(−z)

Neither logarithm is taken of a number near 1, so no digits are lost where p is near 0 or 1. A term
whose w⁺·t or 1−t is 0 is 0. With a focusing parameter γ and a balance A, all of that is multiplied
by α_t·(1 − p_t)^γ, where

    p_t = p·t + (1−p)·(1−t)      α_t = A·t + (1−A)·(1−t)

The mean divides by the number of questions, whatever the weights, as PyTorch's does.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xentcli.core import focal
from xentcli.core.far_questions import mend_losses, mend_slopes
from xentcli.core.gradient import scale_of
from xentcli.core.layout import Array, as_float
from xentcli.core.loss import reduce_by_count, weigh
from xentcli.core.odds import Given, Odds, miss, odds_of, odds_of_logits
from xentcli.core.settings import Reduction, Settings, check_finite, check_reduction
from xentcli.core.target import first_index
from xentcli.errors import ArgumentError
from xentcli.model import NamedTuple


class Steps(NamedTuple):
    """The result of each step, one number a question.

    ``yes_term`` is −w⁺·t·log p and ``no_term`` −(1−t)·log(1−p); ``balance`` is α_t and ``factor``
    (1 − p_t)^γ, None where the settings have no A or no γ.
    """

    odds: Odds
    yes_term: Array
    no_term: Array
    balance: Array | None
    factor: Array | None
    loss: Array


def steps(odds: Odds, target: Array, settings: Settings) -> Steps:
    """Compute every step up to the loss of each question, and keep each."""
    positive = _weigh_yes(target, settings)
    yes_term, no_term = weigh(positive, -odds.log_yes), weigh(1.0 - target, -odds.log_no)
    loss = yes_term + no_term
    balance = factor = None
    if settings.alpha is not None:
        balance = focal.balance(target, settings.alpha)
        loss = weigh(balance, loss)
    if settings.gamma != 0.0:
        factor = focal.factor(miss(odds, target), settings.gamma)
        loss = weigh(factor, loss)
    if settings.weight is not None:
        loss = weigh(settings.weight, loss)
    return Steps(odds, yes_term, no_term, balance, factor, loss)


def losses(values: Array, target: Array, given: Given, settings: Settings) -> Array:
    """Compute the loss of each question."""
    odds = odds_of(values, given, settings.temperature)
    return losses_of_odds(odds, values, target, given, settings)


def losses_of_odds(
    odds: Odds, values: Array, target: Array, given: Given, settings: Settings
) -> Array:
    """Compute the loss of each question from odds that are known already."""
    found = steps(odds, target, settings).loss
    mend_losses(found, values, target, given, settings)
    return found


def gradients_by_logits(logits: Array, target: Array, settings: Settings) -> Array:
    """∂ℓ/∂z = (1/T)·w·α_t·m^γ·[γ·(1−2t)·p·(1−p)/m·L + L'] for m = 1 − p_t and the plain loss L,
    whose own derivative L' is (1−t)·p − w⁺·t·(1−p)."""
    with np.errstate(over="ignore"):
        result: Array = slopes(logits, target, settings).whole / settings.temperature
    mend_slopes(result, logits, target, settings)
    return result


class Slopes(NamedTuple):
    """A gradient by z/T, as ``whole``, and two of its parts.

    ``plain`` is L'; ``bend`` is γ·(1−2t)·p·(1−p)/m, by which the focal factor multiplies the plain
    loss, or None without a focal factor.
    """

    plain: Array
    bend: Array | None
    whole: Array


def slopes(logits: Array, target: Array, settings: Settings) -> Slopes:
    """Compute the gradient by z/T."""
    odds = odds_of_logits(logits, settings.temperature)
    positive = _weigh_yes(target, settings)
    plain: Array = (1.0 - target) * odds.yes - positive * odds.no
    result, bend = plain, None
    if settings.gamma != 0.0:
        away = miss(odds, target)
        bend = settings.gamma * _bend(odds, target, away)
        loss = weigh(positive, -odds.log_yes) + weigh(1.0 - target, -odds.log_no)
        with np.errstate(invalid="ignore", over="ignore"):
            # Where the loss is infinite, p·(1−p) is 0.
            result = plain + np.where(bend == 0.0, 0.0, bend * loss)
            result = focal.factor(away, settings.gamma) * result
        # Where p_t is 1, the loss and its slope are both 0.
        result = np.where(away == 0.0, 0.0, result)
    if settings.alpha is not None:
        result = focal.balance(target, settings.alpha) * result
    if settings.weight is not None:
        # A weight of 0 may make −0, which + 0.0 below turns into 0.
        with np.errstate(over="ignore", invalid="ignore"):
            result = settings.weight * result
    return Slopes(plain, bend, result + 0.0)


def _bend(odds: Odds, target: Array, away: Array) -> Array:
    """(1−2t)·p·(1−p)/m."""
    with np.errstate(invalid="ignore", divide="ignore"):
        # The smaller of p and 1 − p is divided by m first: that quotient is at most about 1.
        ratio = np.minimum(odds.yes, odds.no) / away
        result: Array = (1.0 - 2.0 * target) * ratio * np.maximum(odds.yes, odds.no)
    return result


def gradients_by_probs(probs: Array, target: Array, settings: Settings) -> Array:
    """∂ℓ/∂p = w·[−w⁺·t/p + (1−t)/(1−p)], a term whose t or 1−t is 0 being 0."""
    positive = _weigh_yes(target, settings)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        yes = np.where(positive == 0.0, 0.0, positive / probs)
        no = np.where(target == 1.0, 0.0, (1.0 - target) / (1.0 - probs))
    result = no - yes
    return result if settings.weight is None else settings.weight * result + 0.0


def _weigh_yes(target: Array, settings: Settings) -> Array:
    """w⁺·t."""
    return target if settings.pos_weight is None else settings.pos_weight * target


def as_target(target: ArrayLike, shape: tuple[int, ...]) -> Array:
    """Return targets from 0 to 1, one a question, as doubles.

    Raises:
        ArgumentError (a ValueError): another shape, or a target outside 0…1.
    """
    given = as_float(target, "target")
    if given.shape != shape:
        raise ArgumentError(
            "target", f"its shape {given.shape} is not that of the questions, {shape}"
        )
    _check_shares(given, "target", "a target")
    return given.astype(np.float64, copy=False)


def as_probs(probs: ArrayLike) -> Array:
    """Return probabilities of yes as doubles; refuse one outside 0 to 1."""
    given = as_float(probs, "probs")
    _check_shares(given, "probs", "a probability")
    return given.astype(np.float64, copy=False)


def _check_shares(given: NDArray, argument: str, what: str) -> None:  # type: ignore[type-arg]
    # Of numbers with a nan both the minimum and the maximum are nan.
    if given.size and not (given.min() >= 0 and given.max() <= 1):
        at = first_index(~((given >= 0) & (given <= 1)))
        raise ArgumentError(argument, f"{float(given[at])} is not {what} from 0 to 1", index=at)


def as_weight(weight: ArrayLike | None, argument: str, shape: tuple[int, ...]) -> Array | None:
    """Return finite weights that broadcast to the questions."""
    if weight is None:
        return None
    given = as_float(weight, argument).astype(np.float64, copy=False)
    try:
        np.broadcast_to(given, shape)
    except ValueError:
        raise ArgumentError(
            argument, f"its shape {given.shape} cannot be broadcast to that of the input, {shape}"
        ) from None
    check_finite(given, argument)
    return given


def _scale_by_count(gradient: Array, reduction: Reduction) -> Array:
    if reduction != "mean":
        return gradient
    result: Array = scale_of(gradient.size) * gradient
    return result


def binary_cross_entropy_with_logits(
    logits: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    reduction: str = "mean",
    pos_weight: ArrayLike | None = None,
) -> np.float64 | NDArray[np.float64]:
    """The binary cross-entropy ℓ = −w·[w⁺·t·log σ(z) + (1−t)·log(1 − σ(z))], in nats.

    Args:
        logits: z, of any shape; each number is a question of its own.
        target: t from 0 to 1, of the same shape.
        weight: w, of a shape that broadcasts to that one. It does not change the denominator.
        reduction: ``"mean"`` (Σℓ / the number of questions), ``"sum"`` or ``"none"``.
        pos_weight: w⁺, of a shape that broadcasts to that one: one number a column, for example.

    Returns:
        A float64 scalar, or for ``"none"`` an array of the shape of the logits. The mean over no
        questions is nan.

    Raises:
        ValueError: for anything that cannot be used; the message names argument and position.

    Source: ``torch.nn.functional.binary_cross_entropy_with_logits``.

    >>> binary_cross_entropy_with_logits([1.5, -0.5, 40.0], [1, 0, 1], reduction="none").tolist()
    [0.2014132779827524, 0.4740769841801067, 4.248354255291589e-18]
    """
    values = as_float(logits, "logits").astype(np.float64, copy=False)
    settings = _settings(values.shape, weight, pos_weight, reduction)
    each = losses(values, as_target(target, values.shape), "logits", settings)
    return reduce_by_count(each, settings.reduction)


def binary_cross_entropy_with_logits_grad(
    logits: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    reduction: str = "mean",
    pos_weight: ArrayLike | None = None,
) -> NDArray[np.float64]:
    """The gradient of :func:`xentcli.binary_cross_entropy_with_logits` by the logits.

    It is scale·w·[(1−t)·σ(z) − w⁺·t·(1 − σ(z))]; without w⁺ that is scale·w·(σ(z) − t).

    Args: as for :func:`xentcli.binary_cross_entropy_with_logits`. For ``reduction="none"`` it is
        the gradient of the sum.

    Returns:
        float64, of the shape of ``logits``.

    Raises:
        ValueError: as :func:`xentcli.binary_cross_entropy_with_logits`.

    Source: ``torch.nn.functional.binary_cross_entropy_with_logits`` and its derivative.

    >>> binary_cross_entropy_with_logits_grad([0.0, 40.0], [0, 1], reduction="sum").tolist()
    [0.5, -4.248354255291589e-18]
    """
    values = as_float(logits, "logits").astype(np.float64, copy=False)
    settings = _settings(values.shape, weight, pos_weight, reduction)
    gradient = gradients_by_logits(values, as_target(target, values.shape), settings)
    return _scale_by_count(gradient, settings.reduction)


def binary_cross_entropy(
    probs: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    reduction: str = "mean",
) -> np.float64 | NDArray[np.float64]:
    """The binary cross-entropy ℓ = −w·[t·log p + (1−t)·log(1−p)] of probabilities, in nats.

    The logarithms are not cut at −100, as PyTorch cuts them.

    Args:
        probs: p from 0 to 1, of any shape.
        target, weight, reduction: as for :func:`xentcli.binary_cross_entropy_with_logits`.

    Returns:
        A float64 scalar, or for ``"none"`` an array of the shape of ``probs``; inf where p is 0
        and t is not, or p is 1 and t is not.

    Raises:
        ValueError: for anything that cannot be used; the message names argument and position.

    Source: ``torch.nn.functional.binary_cross_entropy``.

    >>> binary_cross_entropy([0.9, 0.2], [1, 0])
    np.float64(0.16425203348601802)
    """
    values = as_probs(probs)
    settings = _settings(values.shape, weight, None, reduction)
    each = losses(values, as_target(target, values.shape), "probs", settings)
    return reduce_by_count(each, settings.reduction)


def binary_cross_entropy_grad(
    probs: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    reduction: str = "mean",
) -> NDArray[np.float64]:
    """The gradient of :func:`xentcli.binary_cross_entropy`: scale·w·[(1−t)/(1−p) − t/p].

    Args: as for :func:`xentcli.binary_cross_entropy`. For ``reduction="none"`` it is the gradient
        of the sum.

    Returns:
        float64, of the shape of ``probs``; infinite where the loss is.

    Raises:
        ValueError: as :func:`xentcli.binary_cross_entropy`.

    Source: ``torch.nn.functional.binary_cross_entropy`` and its derivative.

    >>> binary_cross_entropy_grad([0.5, 0.25], [1, 0], reduction="sum").tolist()
    [-2.0, 1.3333333333333333]
    """
    values = as_probs(probs)
    settings = _settings(values.shape, weight, None, reduction)
    gradient = gradients_by_probs(values, as_target(target, values.shape), settings)
    return _scale_by_count(gradient, settings.reduction)


def _settings(
    shape: tuple[int, ...], weight: ArrayLike | None, pos_weight: ArrayLike | None, reduction: str
) -> Settings:
    return Settings(
        as_weight(weight, "weight", shape),
        reduction=check_reduction(reduction),
        pos_weight=as_weight(pos_weight, "pos_weight", shape),
    )
