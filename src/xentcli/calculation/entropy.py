"""The entropy of each prediction of a batch, and its gradient."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xentcli.calculation import softmax
from xentcli.calculation.commands import Calculation
from xentcli.calculation.divergence_steps import first_steps, gradient_steps, loss_step
from xentcli.calculation.interface import Problem, Sample, SampleSteps, class_of_largest
from xentcli.calculation.sample_weights import weight_gradients, weight_losses, weight_shares
from xentcli.calculation.softmax_steps import class_step, sample_step
from xentcli.core import differences as longest
from xentcli.core import gradient
from xentcli.core.differences import Differences
from xentcli.core.distribution import gradient_of_each, loss_of_each
from xentcli.core.elementary import exp, log
from xentcli.core.entropy import entropies, gradients_by_logits
from xentcli.core.layout import Array
from xentcli.core.loss import Losses, terms
from xentcli.model import Batch


def problem_of(batch: Batch, calculation: Calculation) -> Problem:
    """Make a problem without a target from a batch."""
    weight = None if batch.sample_weight is None else np.ravel(batch.sample_weight)
    return softmax.problem_of(batch, calculation)._replace(weight=weight)


def losses(problem: Problem) -> Losses:
    """Each position's entropy and its share of the denominator, sample weights included."""
    temperature = problem.calculation.settings.temperature
    each = loss_of_each(problem.positions, None, problem.kind, temperature, entropies)
    return weight_losses(Losses(each, _shares(problem)), problem)


def shares(problem: Problem) -> Array:
    """Each position's share of the mean's denominator."""
    return weight_shares(_shares(problem), problem)


def _shares(problem: Problem) -> Array:
    outer, _, inner = problem.positions.shape
    return np.ones((outer, inner))


def ignored(problem: Problem) -> NDArray[np.bool_]:
    """No position is ignored: there are no labels."""
    outer, _, inner = problem.positions.shape
    return np.zeros((outer, inner), dtype=bool)


def predicted(problem: Problem) -> NDArray[np.intp]:
    """The class with the largest value."""
    return class_of_largest(problem.positions)


def labels(problem: Problem) -> NDArray[np.int64] | None:
    """None: an entropy has no labels."""
    return None


def gradients(problem: Problem, denominator: float) -> Array:
    """The gradient with respect to the logits."""
    temperature = problem.calculation.settings.temperature
    found = gradient_of_each(problem.positions, None, temperature, gradients_by_logits)
    return weight_gradients(gradient.scale_of(denominator) * found, problem)


def differences(problem: Problem) -> Differences:
    """The gradient of a problem's only position by central differences of its entropy."""
    logits, settings = problem.positions[0, :, 0].astype(np.float64), problem.calculation.settings
    return longest.differences_of(
        logits, lambda z: longest.entropies(longest.log_softmax(z)), settings.temperature
    )


def steps(sample: Sample, problem: Problem, denominator: float) -> SampleSteps:
    """Every step of a sample to its entropy, or to its gradient where that is asked for."""
    calculation = problem.calculation
    shown, given = first_steps(sample, problem)
    found = (
        *shown,
        class_step("term", "−p·log p", terms(given.probs, given.log_probs)),
        loss_step(sample, "H", "Σ terms", calculation),
    )
    if sample.gradient is not None:
        slope = gradients_by_logits(given)
        formula = "−p·(log p + H)"
        return SampleSteps(found + gradient_steps(sample, formula, slope, calculation, denominator))
    nats, most = entropies(given), log(np.array([float(given.probs.shape[sample.axis])]))
    found += (sample_step("perplexity", "exp H", exp(nats)),)
    if most[0]:
        found += (sample_step("share", f"H / ln {given.probs.shape[sample.axis]}", nats / most),)
    return SampleSteps(found)
