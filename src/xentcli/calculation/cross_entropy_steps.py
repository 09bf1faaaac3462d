"""The steps of a cross-entropy and of its gradient: those to log p, and those that follow."""

from __future__ import annotations

import numpy as np

from xentcli.calculation.commands import Calculation
from xentcli.calculation.interface import Problem, Sample, SampleSteps
from xentcli.calculation.softmax_steps import (
    StepsToLogProbs,
    class_step,
    note_on_difference,
    sample_step,
    steps_to_log_probs,
)
from xentcli.core import focal, gradient, loss, textbook
from xentcli.core.at_label import pick
from xentcli.core.layout import Array
from xentcli.core.softmax import sum_over_classes
from xentcli.core.target import one_hot, smoothed, unnormalised_samples
from xentcli.model import Step


def steps(sample: Sample, problem: Problem, denominator: float) -> SampleSteps:
    """Every step of a sample to its loss, or to its gradient where that is asked for."""
    calculation, axis = problem.calculation, sample.axis
    start = steps_to_log_probs(sample.block, axis, problem.kind, calculation)
    shown, weighted = _target_steps(sample, start, calculation)
    found = (*start.steps, *shown, *_loss_steps(sample, start, weighted, calculation))
    if sample.gradient is not None:
        found += _difference_steps(sample, start, weighted, calculation, denominator)
    if sample.soft is None or _has_weights(sample, calculation):
        return SampleSteps(found)
    from xentcli.core.entropy import divergence, entropy_of

    target = smoothed(sample.soft, calculation.settings.label_smoothing, axis)
    if unnormalised_samples(target, axis).any() or unnormalised_samples(start.probs, axis).any():
        # What does not sum to 1 has neither: the formula of the entropy would give one below 0.
        return SampleSteps(found)
    base = calculation.log_base
    return SampleSteps(
        found,
        float(entropy_of(target, axis)[0]) / base,
        float(divergence(target, start.log_probs, axis)[0]) / base,
    )


def _target_steps(
    sample: Sample, start: StepsToLogProbs, calculation: Calculation
) -> tuple[tuple[Step, ...], Array]:
    """The steps ``target`` and ``weight``, and the product w·q."""
    settings, axis, row = calculation.settings, sample.axis, sample.row_weight
    classes, smoothing = start.probs.shape[axis], settings.label_smoothing
    if sample.soft is None:
        hot, name = one_hot(np.array([sample.label]), classes, axis), "onehot(y)"
    else:
        hot, name = sample.soft, "t"
    formula = f"q = (1−ε)·{name} + ε/C" if smoothing else f"q = {name}"
    if sample.ignored:
        formula = "q = 0: ignored"
    target = np.zeros_like(hot) if sample.ignored else smoothed(hot, smoothing, axis)
    shown = [class_step("target", formula, target)]
    weighted = loss.products(settings.weight, target, axis)
    if _has_weights(sample, calculation):
        shown.append(weight_step(sample, classes, calculation))
        weighted = weighted * (1.0 if row is None else row)
    return tuple(shown), np.zeros_like(weighted) if sample.ignored else weighted


def weight_step(sample: Sample, count: int, calculation: Calculation) -> Step:
    """Make the step of the weights of ``count`` classes or questions, times the sample's weight."""
    row, weight = sample.row_weight, calculation.settings.weight
    weight = np.ones(count) if weight is None else weight
    formula = "w" if row is None else f"w, times the sample's {row!r}"
    return class_step("weight", formula, weight * (1.0 if row is None else row))


def _has_weights(sample: Sample, calculation: Calculation) -> bool:
    """Whether class weights or sample weights are used."""
    return calculation.settings.weight is not None or sample.row_weight is not None


def _loss_steps(
    sample: Sample, start: StepsToLogProbs, weighted: Array, calculation: Calculation
) -> tuple[Step, ...]:
    by_textbook = calculation.method == "textbook"
    terms = (textbook.terms if by_textbook else loss.terms)(weighted, start.log_probs)
    if sample.ignored:
        terms = np.zeros_like(terms)
    formula = "ℓ = Σ terms"
    if calculation.base != "e":
        formula += f" / ln {calculation.base}"
    if sample.ignored:
        formula = f"0: label {sample.label} is ignored"
    note = _note_on_stable(sample, calculation) if by_textbook and start.from_logits else ""
    assert sample.loss is not None
    product = "−w·q·log p" if _has_weights(sample, calculation) else "−q·log p"
    shown = [class_step("term", product, terms)]
    if calculation.settings.gamma != 0.0:
        formula = formula.replace("Σ terms", "(1 − p_t)^γ·Σ terms")
        factor = _focal_factor(sample, start, calculation)
        focal_formula = f"(1 − p_t)^{calculation.settings.gamma:g}, p_t = p[y]"
        shown.append(sample_step("focal", focal_formula, factor))
    return (*shown, sample_step("loss", formula, sample.loss, note))


def _focal_factor(sample: Sample, start: StepsToLogProbs, calculation: Calculation) -> Array:
    label = np.array([0 if sample.ignored else sample.label])
    own = -pick(start.log_probs, label, sample.axis)
    return focal.factor_of_loss(own, calculation.settings.gamma)


def _note_on_stable(sample: Sample, calculation: Calculation) -> str:
    """A note on how far the textbook's loss of a sample is from the stable one."""
    by_stable = calculation._replace(method="stable")
    stable = steps_to_log_probs(sample.block, sample.axis, "logits", by_stable)
    _, weighted = _target_steps(sample, stable, calculation)
    exact = sum_over_classes(loss.terms(weighted, stable.log_probs), sample.axis)
    if calculation.settings.gamma != 0.0:
        exact = _focal_factor(sample, stable, calculation) * exact
    assert sample.loss is not None
    return note_on_difference(sample.loss, exact / calculation.log_base)


def _difference_steps(
    sample: Sample,
    start: StepsToLogProbs,
    weighted: Array,
    calculation: Calculation,
    denominator: float,
) -> tuple[Step, ...]:
    settings, axis = calculation.settings, sample.axis
    total = np.expand_dims(sum_over_classes(weighted, axis), axis)
    plain = calculation.method == "textbook" or calculation.dtype is not None
    if sample.ignored:
        difference = np.zeros_like(start.probs)
    elif plain or sample.label is None or settings.label_smoothing != 0.0:
        difference = textbook.difference(start.probs, weighted, axis)
    else:
        label = np.array([sample.label])
        at_label = pick(start.log_probs, label, axis)
        # + 0.0: a weight of 0 makes no −0.
        difference = gradient.minus_one_hot(start.probs, label, at_label, axis) * total + 0.0
    scale = gradient.scale_of(denominator) / calculation.log_base / settings.temperature
    weights = _has_weights(sample, calculation)
    slope: tuple[Step, ...] = ()
    if settings.gamma != 0.0:
        label = np.array([0 if sample.ignored else sample.label])
        own = -pick(start.log_probs, label, axis)
        factor = focal.gradient_factor(own, settings.gamma)
        slope = (sample_step("slope", "(1 − p_t)^γ·(1 − γ·p_t·log p_t/(1 − p_t))", factor),)
    product = "scale · slope · difference" if slope else "scale · difference"
    assert sample.gradient is not None
    return (
        class_step("difference", "p·Σwq − w·q" if weights else "p − q", difference),
        *slope,
        sample_step("scale", scale_formula(calculation), np.array([scale])),
        class_step("grad", product, sample.gradient),
    )


def scale_formula(calculation: Calculation, weight: str = "1") -> str:
    """Write the formula of a gradient's scale; ``weight`` is its numerator."""
    settings = calculation.settings
    parts = [weight]
    if settings.averages:
        parts.append("denominator")
    if settings.temperature != 1.0:
        parts.append("T")
    if calculation.base != "e":
        parts.append(f"ln {calculation.base}")
    return " / ".join(parts)
