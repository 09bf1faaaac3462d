"""Cross-entropy and negative log-likelihood of a batch, and their gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from xentcli.calculation import softmax
from xentcli.calculation.commands import Calculation
from xentcli.calculation.cross_entropy_steps import steps
from xentcli.calculation.interface import Problem, class_of_largest
from xentcli.calculation.sample_weights import (
    loss_factors,
    weight_gradients,
    weight_losses,
    weight_shares,
)
from xentcli.core import brier, far_focused, focal, gradient, loss, textbook
from xentcli.core.far_apart import mend_gradients, mend_losses
from xentcli.core.layout import Array
from xentcli.core.loss import Losses
from xentcli.core.sums import sum_along_rows
from xentcli.core.target import as_target, one_hot, smoothed
from xentcli.core.wide import wide
from xentcli.errors import ArgumentError
from xentcli.model import Batch

if TYPE_CHECKING:
    from xentcli.core.differences import Differences, Long

__all__ = [
    "differences",
    "gradients",
    "ignored",
    "labels",
    "losses",
    "predicted",
    "problem_of",
    "shares",
    "steps",
]


def problem_of(batch: Batch, calculation: Calculation) -> Problem:
    """Check the labels or soft targets of a batch against its shape."""
    given = batch.labels if batch.targets is None else batch.targets
    shape = batch.values.shape
    assert given is not None
    if batch.targets is None and np.shape(given) == shape:
        # Logits of (N,) are one sample: N labels are too many for it, and no soft target.
        raise ArgumentError("target", f"{np.size(given)} labels for 1 sample")
    target = as_target(given, shape, calculation.settings.ignore_index)
    weight = None if batch.sample_weight is None else np.ravel(batch.sample_weight)
    return softmax.problem_of(batch, calculation)._replace(target=target, weight=weight)


def losses(problem: Problem) -> Losses:
    """Each position's loss and its share of the denominator, sample weights included."""
    calculation, target = problem.calculation, problem.target
    if _has_every_digit(problem):
        found = loss.from_logits(
            problem.positions, target, calculation.settings, with_brier=calculation.want_scores
        )
    elif calculation.method == "textbook":
        terms = textbook.terms(_weighted_target(problem), softmax.log_probs(problem))
        each = np.where(ignored(problem), 0.0, sum_along_rows(terms, 1))
        found = Losses(each, _class_shares(problem))
    else:
        found = loss.from_log_probs(softmax.log_probs(problem), target, calculation.settings)
    if calculation.want_scores and found.brier is None:
        found = found._replace(brier=_brier_scores(problem))
    result, factor = (
        weight_losses(_apply_focal_factor(found, problem), problem),
        loss_factors(problem),
    )
    if factor is not None and _keeps_every_digit(problem):
        mend_losses(result.loss, problem.positions, target, calculation.settings, factor)
    if _is_focused(problem):
        assert target.labels is not None
        times = np.ones(len(problem.positions)) if factor is None else factor
        settings = calculation.settings
        far_focused.mend_losses(result.loss, problem.positions, target.labels, settings, times)
    return result


def _brier_scores(problem: Problem) -> Array | None:
    """The Brier score of each label by its probabilities; None of soft targets."""
    labels = problem.target.labels
    if labels is None:
        return None
    left_out = ignored(problem)
    scores = brier.of_probs(softmax.probs(problem), np.where(left_out, 0, labels))
    return np.where(left_out, 0.0, scores)


def _has_every_digit(problem: Problem) -> bool:
    """Whether the loss is computed from logits, stably and in float64."""
    calculation = problem.calculation
    return problem.kind == "logits" and calculation.method == "stable" and not calculation.dtype


def _keeps_every_digit(problem: Problem) -> bool:
    """Whether the loss has every digit and only weights and the unit multiply it."""
    return _has_every_digit(problem) and problem.calculation.settings.gamma == 0.0


def _is_focused(problem: Problem) -> bool:
    """Whether the loss keeps every digit and has a focal factor."""
    return _has_every_digit(problem) and problem.calculation.settings.gamma != 0.0


def _apply_focal_factor(found: Losses, problem: Problem) -> Losses:
    """Multiply the losses by (1 − p_t)^γ."""
    gamma = problem.calculation.settings.gamma
    if gamma == 0.0:
        return found
    return found._replace(
        loss=_multiply(focal.factor_of_loss(_unweighted_losses(problem), gamma), found.loss)
    )


def _unweighted_losses(problem: Problem) -> Array:
    """−log p of each position's label, without weights. The focal factor is computed from it."""
    settings = problem.calculation.settings._replace(weight=None)
    if _has_every_digit(problem):
        return loss.from_logits(problem.positions, problem.target, settings).loss
    return loss.from_log_probs(softmax.log_probs(problem), problem.target, settings).loss


def _multiply(factor: Array, values: Array) -> Array:
    with np.errstate(invalid="ignore"):
        product: Array = factor * values
    # 0 times an infinite factor is 0 here, not nan.
    return np.where(values == 0.0, 0.0, product)


def shares(problem: Problem) -> Array:
    """Each position's share of the mean's denominator; the losses are not computed."""
    return weight_shares(_class_shares(problem), problem)


def _class_shares(problem: Problem) -> Array:
    labels, (outer, _, inner) = problem.target.labels, problem.positions.shape
    flat = None if labels is None else labels.ravel()
    return loss.shares(flat, outer * inner, problem.calculation.settings).reshape(outer, inner)


def ignored(problem: Problem) -> NDArray[np.bool_]:
    """Where the label is ``ignore_index``."""
    labels, (outer, _, inner) = problem.target.labels, problem.positions.shape
    if labels is None:
        return np.zeros((outer, inner), dtype=bool)
    found: NDArray[np.bool_] = labels == problem.calculation.settings.ignore_index
    return found


def _weighted_target(problem: Problem) -> Array:
    """w·q as ``(outer, C, inner)``."""
    settings = problem.calculation.settings
    target = smoothed(target_distributions(problem), settings.label_smoothing, 1)
    return target if settings.weight is None else settings.weight[:, np.newaxis] * target


def target_distributions(problem: Problem) -> Array:
    """The soft targets as ``(outer, C, inner)``; those of a label are 1 at the label, else 0."""
    labels, (outer, classes, inner) = problem.target.labels, problem.positions.shape
    if labels is None:
        assert problem.target.soft is not None
        return problem.target.soft
    hot = one_hot(labels.ravel(), classes, 1).reshape(outer, inner, classes)
    return hot.transpose(0, 2, 1)


def gradients(problem: Problem, denominator: float) -> Array:
    """The gradient with respect to the logits, as ``(outer, C, inner)``."""
    calculation, settings = problem.calculation, problem.calculation.settings
    scale = gradient.scale_of(denominator)
    if calculation.method == "stable" and not calculation.dtype:
        result = gradient.of_cross_entropy(problem.positions, problem.target, settings, scale)
    else:
        difference = textbook.difference(softmax.probs(problem), _weighted_target(problem), 1)
        result = gradient.scaled(difference, scale, settings.temperature)
        result = np.where(ignored(problem)[:, np.newaxis, :], 0.0, result)
    if settings.gamma != 0.0:
        focused = focal.gradient_factor(_unweighted_losses(problem), settings.gamma)
        result = _multiply(focused[:, np.newaxis, :], result)
    result, factor = weight_gradients(result, problem), loss_factors(problem)
    if factor is not None and _keeps_every_digit(problem):
        mend_gradients(result, problem.positions, problem.target, settings, scale, factor)
    if _is_focused(problem):
        assert problem.target.labels is not None
        times = wide(np.ones(len(problem.positions)) if factor is None else factor)
        times = times.times(wide(scale).over(wide(settings.temperature)))
        far_focused.mend_gradients(
            result, problem.positions, problem.target.labels, settings, times
        )
    return result


def differences(problem: Problem) -> Differences:
    """The gradient of a problem's only position by central differences of its loss."""
    # Only --check needs them.
    from xentcli.core.differences import (
        central_differences,
        differences_of,
        focal_losses,
        log_softmax,
    )

    settings = problem.calculation.settings
    logits = problem.positions[0, :, 0].astype(np.float64)
    products = _weighted_target(problem)[0, :, 0]
    if settings.gamma == 0.0:
        return central_differences(logits, products, settings.temperature)
    assert problem.target.labels is not None
    label, weight = problem.target.labels[0, 0], products.sum().astype(np.longdouble)

    def losses(scaled: Long) -> Long:
        result: Long = weight * focal_losses(log_softmax(scaled)[:, label], settings.gamma)
        return result

    return differences_of(logits, losses, settings.temperature)


def predicted(problem: Problem) -> NDArray[np.intp]:
    """The class with the largest value."""
    return class_of_largest(problem.positions)


def labels(problem: Problem) -> NDArray[np.int64] | None:
    """The labels, ignored ones included."""
    return problem.target.labels
