"""The probabilities and log-probabilities of a batch, by the method that was asked for."""

from __future__ import annotations

import numpy as np

from xentcli.calculation.commands import Calculation
from xentcli.calculation.interface import Problem, Sample, SampleSteps
from xentcli.calculation.softmax_steps import steps_to_log_probs
from xentcli.core import elementary, framework, softmax, textbook
from xentcli.core.layout import Array, as_positions, class_axis
from xentcli.core.target import Target
from xentcli.model import Batch


def problem_of(batch: Batch, calculation: Calculation) -> Problem:
    """Make a problem without a target from a batch; labels are not looked at."""
    shape = batch.values.shape
    axis = class_axis(len(shape))
    positions = as_positions(batch.values, axis, batch.kind)
    losses = shape[:axis] + shape[axis + 1 :]
    return Problem(calculation, batch.kind, positions, Target(), None, losses)


def log_probs(problem: Problem) -> Array:
    """log p of every position."""
    calculation, values = problem.calculation, problem.positions
    temperature = calculation.settings.temperature
    if problem.kind == "log_probs":
        return values
    if problem.kind == "probs":
        return textbook.log(values)
    if calculation.dtype:
        width = framework.WIDTHS[calculation.dtype]
        in_rows = calculation.in_rows
        found = framework.softmax(values, width, temperature, log=True, in_rows=in_rows)
        return found.astype(np.float64)
    if calculation.method == "textbook":
        return textbook.log(probs(problem))
    return softmax.of_positions(values, temperature, log=True)


def probs(problem: Problem) -> Array:
    """p of every position."""
    calculation, values = problem.calculation, problem.positions
    temperature = calculation.settings.temperature
    if problem.kind == "probs":
        return values
    if problem.kind == "log_probs":
        return elementary.exp(values)
    if calculation.dtype:
        width = framework.WIDTHS[calculation.dtype]
        return framework.softmax(values, width, temperature, log=False).astype(np.float64)
    if calculation.method == "textbook":
        return textbook.softmax(textbook.exponential(values, temperature), 1)
    return softmax.of_positions(values, temperature, log=False)


def steps(sample: Sample, problem: Problem, denominator: float) -> SampleSteps:
    """The steps from the logits to the command's answer."""
    start = steps_to_log_probs(sample.block, sample.axis, problem.kind, problem.calculation)
    return SampleSteps(start.steps)
