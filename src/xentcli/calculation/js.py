"""The Jensen–Shannon divergence of a batch, and its gradient."""

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
from xentcli.calculation.sample_weights import weight_gradients, weight_losses, weight_shares
from xentcli.calculation.softmax_steps import class_step, sample_step
from xentcli.core import gradient
from xentcli.core.differences import (
    Differences,
    Long,
    differences_of,
    jensen_shannon,
    log_softmax,
)
from xentcli.core.distribution import gradient_of_each, loss_of_each
from xentcli.core.exact import sum_along
from xentcli.core.js import divergences, gradients_by_logits, terms
from xentcli.core.layout import Array
from xentcli.core.loss import Losses

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
    """Each position's divergence, its share of the denominator and its root, sample weights
    included."""
    calculation, target = problem.calculation, target_distributions(problem)
    temperature = calculation.settings.temperature
    each = loss_of_each(problem.positions, target, problem.kind, temperature, divergences)
    each[ignored(problem)] = 0.0
    root = np.sqrt(each / calculation.log_base)
    return weight_losses(Losses(each, _shares(problem), root), problem)


def shares(problem: Problem) -> Array:
    """Each position's share of the mean's denominator; the losses are not computed."""
    return weight_shares(_shares(problem), problem)


def _shares(problem: Problem) -> Array:
    return np.where(ignored(problem), 0.0, 1.0)


def gradients(problem: Problem, denominator: float) -> Array:
    """The gradient with respect to the logits."""
    temperature, target = problem.calculation.settings.temperature, target_distributions(problem)
    found = gradient_of_each(problem.positions, target, temperature, gradients_by_logits)
    found = np.where(ignored(problem)[:, np.newaxis], 0.0, found)
    return weight_gradients(gradient.scale_of(denominator) * found, problem)


def differences(problem: Problem) -> Differences:
    """The gradient of a problem's only position by central differences of its divergence."""
    target = target_distributions(problem)[0, :, 0].astype(np.longdouble)

    def losses(scaled: Long) -> Long:
        return jensen_shannon(log_softmax(scaled), target)

    logits = problem.positions[0, :, 0].astype(np.float64)
    return differences_of(logits, losses, problem.calculation.settings.temperature)


def steps(sample: Sample, problem: Problem, denominator: float) -> SampleSteps:
    """Every step of a sample to its divergence, or to its gradient where that is asked for."""
    calculation, axis = problem.calculation, sample.axis
    shown, given = first_steps(sample, problem)
    assert given.target is not None
    of_target, of_probs = terms(given.target, given.probs), terms(given.probs, given.target)
    divergence_of_target, divergence_of_probs = (
        sum_along(of_target, axis),
        sum_along(of_probs, axis),
    )
    found = (
        *shown,
        target_step(sample, given.target),
        class_step("mean", "m = ½(t + p)", 0.5 * (given.target + given.probs)),
        class_step("term_t", "t·log(t/m)", of_target),
        class_step("term_p", "p·log(p/m)", of_probs),
        sample_step("kl_t", "KL(t‖m)", divergence_of_target),
        sample_step("kl_p", "KL(p‖m)", divergence_of_probs),
        loss_step(sample, "JS", "½·KL(t‖m) + ½·KL(p‖m)", calculation),
    )
    if sample.gradient is None:
        assert sample.loss is not None
        return SampleSteps((*found, sample_step("root", "√JS", _root(sample))))
    slope = gradients_by_logits(given)
    formula = "p·(h − Σ p·h), h = ½·log(p/m)"
    return SampleSteps(found + gradient_steps(sample, formula, slope, calculation, denominator))


def _root(sample: Sample) -> Array:
    """√JS of the sample, without its weight."""
    assert sample.loss is not None
    weight = 1.0 if sample.row_weight is None else sample.row_weight
    return np.sqrt(sample.loss / weight) if weight else np.full(1, np.nan)
