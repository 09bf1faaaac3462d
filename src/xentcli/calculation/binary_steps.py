"""The steps of a binary cross-entropy and of its gradient, with a column for each question."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

import numpy as np

from xentcli.calculation.commands import Calculation
from xentcli.calculation.cross_entropy_steps import scale_formula, weight_step
from xentcli.calculation.interface import Problem, Sample, SampleSteps
from xentcli.calculation.softmax_steps import class_step, sample_step
from xentcli.core import bce, gradient
from xentcli.core.layout import Array
from xentcli.core.odds import Given, Odds, hit, odds_of
from xentcli.model import Step


def steps(sample: Sample, problem: Problem, denominator: float) -> SampleSteps:
    """Every step of a sample to the loss of each question, or to its gradient where that is asked
    for."""
    assert sample.soft is not None
    calculation = problem.calculation
    block, target = sample.block.ravel(), sample.soft.ravel()
    settings = calculation.settings
    odds = odds_of(block, cast(Given, problem.kind), settings.temperature)
    step = bce.steps(odds, target, settings)
    found = (
        *_odds_steps(block, odds, problem),
        class_step("target", "t", target),
        *_weight_steps(sample, len(target), calculation),
        *_loss_steps(sample, step, target, calculation),
    )
    if sample.gradient is not None:
        found += _gradient_steps(sample, block, target, calculation, denominator)
    return SampleSteps(found)


def _odds_steps(block: Array, odds: Odds, problem: Problem) -> Iterator[Step]:
    if problem.kind == "probs":
        yield class_step("sigmoid", "p, as given", block)
        yield class_step("log_sigmoid", "log p", odds.log_yes)
        yield class_step("log_not", "log(1 − p) = log1p(−p)", odds.log_no)
        return
    temperature = problem.calculation.settings.temperature
    yield class_step("logits", "z", block)
    if temperature != 1.0:
        yield class_step("scaled", "z / T", block / temperature)
    over = "" if temperature == 1.0 else "/T"
    yield class_step("sigmoid", f"p = σ(z{over})", odds.yes)
    yield class_step("log_sigmoid", f"log p = −log1p(exp(−z{over}))", odds.log_yes)
    yield class_step("log_not", f"log(1 − p) = −log1p(exp(z{over}))", odds.log_no)


def _weight_steps(sample: Sample, count: int, calculation: Calculation) -> Iterator[Step]:
    settings = calculation.settings
    if settings.pos_weight is not None:
        yield class_step("pos_weight", "w⁺", np.broadcast_to(settings.pos_weight, count))
    if settings.weight is not None or sample.row_weight is not None:
        yield weight_step(sample, count, calculation)


def _loss_steps(
    sample: Sample, step: bce.Steps, target: Array, calculation: Calculation
) -> Iterator[Step]:
    settings, assembled = calculation.settings, ["term_yes + term_no"]
    yield class_step(
        "term_yes", "−w⁺·t·log p" if settings.pos_weight is not None else "−t·log p", step.yes_term
    )
    yield class_step("term_no", "−(1 − t)·log(1 − p)", step.no_term)
    if step.balance is not None:
        yield class_step("balance", "α_t = A·t + (1 − A)·(1 − t)", step.balance)
        assembled.insert(0, "α_t")
    if step.factor is not None:
        yield class_step("p_t", "p·t + (1 − p)·(1 − t)", hit(step.odds, target))
        yield class_step("focal", f"(1 − p_t)^{settings.gamma:g}", step.factor)
        assembled.insert(-1, "focal")
    if settings.weight is not None or sample.row_weight is not None:
        assembled.insert(0, "w")
    if len(assembled) > 1 or calculation.base != "e":
        assembled[-1] = f"({assembled[-1]})"
    formula = "·".join(assembled)
    if calculation.base != "e":
        formula += f" / ln {calculation.base}"
    assert sample.loss is not None
    yield class_step("loss", f"ℓ = {formula}", sample.loss)


def _gradient_steps(
    sample: Sample, block: Array, target: Array, calculation: Calculation, denominator: float
) -> tuple[Step, ...]:
    settings = calculation.settings
    scale = gradient.scale_of(denominator) / calculation.log_base / settings.temperature
    slopes = bce.slopes(block, target, settings)
    whole, weight = slopes.whole, "1"
    if sample.row_weight is not None and settings.weight is not None:
        # The step of the weights holds the sample's weight as well.
        whole = whole * sample.row_weight
    elif sample.row_weight is not None:
        scale, weight = scale * sample.row_weight, repr(sample.row_weight)
    assert sample.gradient is not None
    plain = "p − t" if settings.pos_weight is None else "(1 − t)·p − w⁺·t·(1 − p)"
    shown = []
    if slopes.bend is not None:
        shown = [
            class_step("slope", plain, slopes.plain),
            class_step("bend", "γ·(1 − 2t)·p·(1 − p) / (1 − p_t)", slopes.bend),
        ]
        plain = "focal·(slope + bend·terms)"
    before = ["w"] * (settings.weight is not None) + ["α_t"] * (settings.alpha is not None)
    if before:
        plain = "·".join([*before, plain if slopes.bend is not None else f"({plain})"])
    return (
        *shown,
        class_step("difference", plain, whole),
        sample_step("scale", scale_formula(calculation, weight), np.array([scale])),
        class_step("grad", "scale · difference", sample.gradient),
    )
