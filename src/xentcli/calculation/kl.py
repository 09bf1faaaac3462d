"""The Kullback–Leibler divergence of a batch, and its gradient."""

from __future__ import annotations

import numpy as np

from xentcli.calculation.cross_entropy import (
    ignored,
    labels,
    predicted,
    problem_of,
    target_distributions,
)
from xentcli.calculation.divergence_steps import (
    first_steps,
    gradient_steps,
    loss_step,
    target_step,
)
from xentcli.calculation.interface import Problem, Sample, SampleSteps
from xentcli.calculation.sample_weights import (
    loss_factors,
    weight_gradients,
    weight_losses,
    weight_shares,
)
from xentcli.calculation.softmax_steps import class_step
from xentcli.core import gradient, loss
from xentcli.core.differences import Differences, central_differences
from xentcli.core.distribution import loss_of_each
from xentcli.core.elementary import log
from xentcli.core.far_apart import mend_gradients, mend_losses
from xentcli.core.kl import divergences, log_ratio, terms
from xentcli.core.layout import Array
from xentcli.core.loss import Losses
from xentcli.core.softmax import sum_over_classes

# The largest double.
LARGEST = float(np.finfo(np.float64).max)

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


def losses(problem: Problem) -> Losses:
    """Each position's divergence and its share of the denominator, sample weights included."""
    positions, target = problem.positions, problem.target
    settings = problem.calculation.settings
    if target.soft is not None:
        each = loss_of_each(positions, target.soft, problem.kind, settings.temperature, divergences)
    elif problem.kind == "logits":
        # A label has no entropy: its divergence is its cross-entropy, computed with all digits.
        each = loss.from_logits(positions, target, settings).loss
    else:
        log_probs = positions if problem.kind == "log_probs" else log(positions)
        each = loss.from_log_probs(log_probs, target, settings).loss
    result, factor = weight_losses(Losses(each, _shares(problem)), problem), loss_factors(problem)
    if problem.kind == "logits":
        if target.soft is not None:
            _mend_infinite(result.loss, problem, factor)
        elif factor is not None:
            mend_losses(result.loss, positions, target, settings, factor)
    return result


def _mend_infinite(losses: Array, problem: Problem, factor: Array | None) -> None:
    """Compute the divergences again that are infinite because log p overflowed. They are so large
    that the cross-entropy is the same double."""
    infinite = np.isinf(losses)
    if infinite.any():
        found = np.where(infinite, losses, LARGEST)
        settings = problem.calculation.settings
        mend_losses(found, problem.positions, problem.target, settings, factor)
        np.copyto(losses, found, where=infinite)


def shares(problem: Problem) -> Array:
    """Each position's share of the mean's denominator; the losses are not computed."""
    return weight_shares(_shares(problem), problem)


def _shares(problem: Problem) -> Array:
    """``mean`` divides by the number of elements, so each position has the share C. ``batchmean``
    divides by the number of samples: a sample's share of 1 goes to its first position that is not
    ignored."""
    kept = ~ignored(problem)
    if problem.calculation.settings.reduction == "mean":
        return np.where(kept, float(problem.positions.shape[1]), 0.0)
    return np.where(kept & (np.cumsum(kept, axis=1) == 1), 1.0, 0.0)


def gradients(problem: Problem, denominator: float) -> Array:
    """The gradient with respect to the logits, which is that of the cross-entropy."""
    scale, settings = gradient.scale_of(denominator), problem.calculation.settings
    found = gradient.of_cross_entropy(problem.positions, problem.target, settings, scale)
    result, factor = weight_gradients(found, problem), loss_factors(problem)
    if factor is not None:
        mend_gradients(result, problem.positions, problem.target, settings, scale, factor)
    return result


def differences(problem: Problem) -> Differences:
    """The gradient of a problem's only position by central differences of its divergence."""
    logits, settings = problem.positions[0, :, 0].astype(np.float64), problem.calculation.settings
    target = target_distributions(problem)[0, :, 0]
    # Σ t·log t does not depend on the logits, so the differences are those of the cross-entropy.
    return central_differences(logits, target, settings.temperature)


def steps(sample: Sample, problem: Problem, denominator: float) -> SampleSteps:
    """Every step of a sample to its divergence, or to its gradient where that is asked for."""
    calculation = problem.calculation
    shown, given = first_steps(sample, problem)
    assert given.target is not None
    difference = log_ratio(given.target, given.probs, given.log_probs)
    summands = terms(given.target, difference)
    if sample.ignored:
        summands = np.zeros_like(given.target)
    found = (
        *shown,
        target_step(sample, given.target),
        class_step("log_target", "log t", log(given.target)),
        class_step("log_ratio", "log t − log p", difference),
        class_step("term", "t·(log t − log p)", summands),
        loss_step(sample, "KL(t‖p)", "Σ terms", calculation),
    )
    if sample.gradient is None:
        return SampleSteps(found)
    total = np.expand_dims(sum_over_classes(given.target, sample.axis), sample.axis)
    excess = given.probs * total - given.target
    return SampleSteps(found + gradient_steps(sample, "p·Σt − t", excess, calculation, denominator))
