"""The steps that the divergences and the entropy share."""

from __future__ import annotations

import numpy as np

from xentcli.calculation.commands import Calculation
from xentcli.calculation.cross_entropy_steps import scale_formula
from xentcli.calculation.interface import Problem, Sample
from xentcli.calculation.softmax_steps import class_step, sample_step, steps_to_log_probs
from xentcli.core import gradient
from xentcli.core.distribution import Distribution, distribution
from xentcli.core.layout import Array
from xentcli.core.target import one_hot
from xentcli.model import Step


def first_steps(sample: Sample, problem: Problem) -> tuple[tuple[Step, ...], Distribution]:
    """The steps from the given values to log p, and p, log p and the target themselves."""
    calculation = problem.calculation
    shown = steps_to_log_probs(sample.block, sample.axis, problem.kind, calculation).steps
    temperature = calculation.settings.temperature
    given = distribution(sample.block, problem.kind, sample.axis, temperature)
    if sample.label is None:
        return shown, given._replace(target=sample.soft)
    hot = one_hot(np.array([sample.label]), given.probs.shape[sample.axis], sample.axis)
    return shown, given._replace(target=hot)


def target_step(sample: Sample, target: Array) -> Step:
    """Make the step of the target."""
    return class_step("target", "t" if sample.label is None else "t = onehot(y)", target)


def loss_step(sample: Sample, name: str, formula: str, calculation: Calculation) -> Step:
    """Make the step of the divergence or the entropy, weighted and in the unit of --base."""
    assert sample.loss is not None
    if sample.ignored:
        return sample_step("loss", f"0: label {sample.label} is ignored", sample.loss)
    if " + " in formula and (calculation.base != "e" or sample.row_weight is not None):
        formula = f"({formula})"
    if calculation.base != "e":
        formula += f" / ln {calculation.base}"
    if sample.row_weight is not None:
        name, formula = f"w·{name}", f"{sample.row_weight!r}·{formula}"
    return sample_step("loss", f"{name} = {formula}", sample.loss)


def gradient_steps(
    sample: Sample, formula: str, difference: Array, calculation: Calculation, denominator: float
) -> tuple[Step, ...]:
    """Make the steps of the gradient: ``difference`` is what the loss alone gives, without scale
    and sample weight."""
    assert sample.gradient is not None
    scale = gradient.scale_of(denominator) / calculation.log_base
    scale /= calculation.settings.temperature
    weight = "1" if sample.row_weight is None else f"{sample.row_weight!r}"
    scale *= 1.0 if sample.row_weight is None else sample.row_weight
    if sample.ignored:
        difference = np.zeros_like(difference)
    return (
        class_step("difference", formula, difference),
        sample_step("scale", scale_formula(calculation, weight), np.array([scale])),
        class_step("grad", "scale · difference", sample.gradient),
    )
