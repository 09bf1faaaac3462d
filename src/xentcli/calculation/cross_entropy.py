"""Cross-entropy and negative log-likelihood of a batch, and their gradient."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xentcli.calculation import softmax
from xentcli.calculation.commands import Calculation
from xentcli.calculation.cross_entropy_steps import steps
from xentcli.calculation.interface import Problem
from xentcli.core import gradient, loss, textbook
from xentcli.core.differences import Differences, central_differences
from xentcli.core.layout import Array
from xentcli.core.loss import Losses
from xentcli.core.target import as_target, one_hot, smoothed
from xentcli.errors import ArgumentError
from xentcli.model import Batch

__all__ = [
    "differences",
    "gradients",
    "ignored",
    "losses",
    "problem_of",
    "shares",
    "steps",
]


def problem_of(batch: Batch, calculation: Calculation) -> Problem:
    """Check the labels or soft targets of a batch against its shape."""
    given = batch.targets if batch.targets is not None else batch.labels
    shape = batch.values.shape
    assert given is not None
    if batch.targets is None and np.shape(given) == shape:
        # Labels of (N,) beside logits of (N,): not soft targets, and not a label a sample either.
        raise ArgumentError("target", f"{np.size(given)} labels for 1 sample")
    target = as_target(given, shape, calculation.settings.ignore_index)
    weight = None if batch.sample_weight is None else np.ravel(batch.sample_weight)
    return softmax.problem_of(batch, calculation)._replace(target=target, weight=weight)


def losses(problem: Problem) -> Losses:
    """Each position's loss and its share of the denominator, sample weights included."""
    calculation, target = problem.calculation, problem.target
    if problem.kind == "logits" and calculation.method == "stable" and not calculation.dtype:
        found = loss.from_logits(problem.positions, target, calculation.settings)
    elif calculation.method == "textbook":
        terms = textbook.terms(_weighted_target(problem), softmax.log_probs(problem))
        each = np.where(ignored(problem), 0.0, np.add.reduce(terms, axis=1))
        found = Losses(each, _class_shares(problem))
    else:
        found = loss.from_log_probs(softmax.log_probs(problem), target, calculation.settings)
    with np.errstate(over="ignore"):
        each, share = found.loss / calculation.log_base, found.share
    if problem.weight is not None:
        weight = problem.weight.reshape(-1, 1)
        with np.errstate(invalid="ignore"):
            # A weight of 0 leaves the sample out, even if its loss is infinite.
            each = np.where((weight == 0) & ~np.isnan(each), 0.0, weight * each)
        share = weight * share
    return Losses(each, share)


def shares(problem: Problem) -> Array:
    """What each position adds to the mean's denominator, without its loss."""
    share = _class_shares(problem)
    return share if problem.weight is None else share * problem.weight.reshape(-1, 1)


def _class_shares(problem: Problem) -> Array:
    labels, (outer, _, inner) = problem.target.labels, problem.positions.shape
    flat = None if labels is None else labels.ravel()
    return loss.shares(flat, outer * inner, problem.calculation.settings).reshape(outer, inner)


def ignored(problem: Problem) -> NDArray[np.bool_]:
    """Where the label is the one that does not count."""
    labels, (outer, _, inner) = problem.target.labels, problem.positions.shape
    if labels is None:
        return np.zeros((outer, inner), dtype=bool)
    found: NDArray[np.bool_] = labels == problem.calculation.settings.ignore_index
    return found


def _weighted_target(problem: Problem) -> Array:
    """w·q as ``(outer, C, inner)``."""
    settings, target = problem.calculation.settings, problem.target
    outer, classes, inner = problem.positions.shape
    if target.labels is None:
        assert target.soft is not None
        hot = target.soft
    else:
        flat_hot = one_hot(target.labels.ravel(), classes, 1).reshape(outer, inner, classes)
        hot = flat_hot.transpose(0, 2, 1)
    weighted = smoothed(hot, settings.label_smoothing, 1)
    return weighted if settings.weight is None else settings.weight[:, np.newaxis] * weighted


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
    if problem.weight is not None:
        # + 0.0: a weight of 0 makes no -0.
        result = result * problem.weight.reshape(-1, 1, 1) + 0.0
    return result / calculation.log_base


def differences(problem: Problem) -> Differences:
    """The gradient of a problem's only position by central differences of its loss."""
    logits = problem.positions[0, :, 0].astype(np.float64)
    products = _weighted_target(problem)[0, :, 0]
    return central_differences(logits, products, problem.calculation.settings.temperature)
