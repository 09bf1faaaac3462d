"""The binary cross-entropy of a batch, whose columns are yes/no questions, and its gradient.

The questions lie along the class axis, and each of them has a loss: values ``(outer, C, inner)``
have losses ``(outer, C·inner)``.
"""

from __future__ import annotations

import math
from typing import cast

import numpy as np
from numpy.typing import NDArray

from xentcli.calculation import softmax
from xentcli.calculation.binary_steps import steps
from xentcli.calculation.commands import Calculation
from xentcli.calculation.interface import Problem
from xentcli.calculation.sample_weights import (
    loss_factors,
    weight_gradients,
    weight_losses,
    weight_shares,
)
from xentcli.core import bce, brier, gradient
from xentcli.core.differences import Differences, Long, binary_losses, differences_of_each
from xentcli.core.far_questions import mend_losses, mend_slopes
from xentcli.core.layout import Array
from xentcli.core.loss import Losses
from xentcli.core.odds import Given, odds_of
from xentcli.core.settings import Settings
from xentcli.core.target import Target
from xentcli.errors import ArgumentError, counted
from xentcli.model import Batch

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
    """Check the targets of a batch: one for each question, from 0 to 1."""
    shape = batch.values.shape
    plain = softmax.problem_of(batch, calculation)
    target = bce.as_target(_targets_of_questions(batch, shape), shape).reshape(
        plain.positions.shape
    )
    weight = None if batch.sample_weight is None else np.ravel(batch.sample_weight)
    alone = plain.positions.shape[1] == 1
    if batch.kind == "probs":
        # A probability that was computed may be above 1 by some roundings: log(1 − p) would be nan.
        plain = plain._replace(positions=np.minimum(plain.positions, 1.0))
    return plain._replace(
        target=Target(soft=target), weight=weight, shape=plain.shape if alone else shape
    )


def _targets_of_questions(batch: Batch, shape: tuple[int, ...]) -> Array:
    """The labels or targets in the shape of the questions. A label for each sample is enough for a
    single column; several columns need targets."""
    if batch.targets is not None:
        targets: Array = batch.targets
        return targets
    found = np.asarray(batch.labels)
    if found.size != np.prod(shape, dtype=int):
        # Those of one sample, as how many samples there are depends on where the block ends.
        count = found.size // len(found)
        raise ArgumentError(
            "target",
            f"{counted(count, 'label')} for {counted(shape[1], 'question')} a sample",
            hint="several columns take a target each: --target, --targets-from or --target-cols",
        )
    return found.reshape(shape)


def losses(problem: Problem) -> Losses:
    """The loss of each question and its share of the denominator, sample weights included."""
    positions, target, settings = problem.positions, problem.target.soft, _settings(problem)
    assert target is not None
    odds = odds_of(positions, _given(problem), settings.temperature)
    found = bce.losses_of_odds(odds, positions, target, _given(problem), settings)
    scores = None
    if problem.calculation.want_scores:
        scores = _flatten(brier.of_questions(odds.yes, odds.no, target))
    losses = Losses(_flatten(found), _shares(problem), brier=scores)
    result, factor = weight_losses(losses, problem), loss_factors(problem)
    if factor is not None:
        each = result.loss.reshape(positions.shape)
        mend_losses(each, positions, target, _given(problem), settings, _along_samples(factor))
        result = result._replace(loss=_flatten(each))
    return result


def _along_samples(factor: Array) -> Array:
    """A factor for each sample, in a shape that multiplies ``(outer, C, inner)``."""
    return factor.reshape(-1, 1, 1)


def _given(problem: Problem) -> Given:
    return cast(Given, problem.kind)


def _settings(problem: Problem) -> Settings:
    """The settings with the weights in a shape that multiplies ``(outer, C, inner)``."""
    settings = problem.calculation.settings
    weight, positive = (
        None if each is None else each[:, np.newaxis]
        for each in (settings.weight, settings.pos_weight)
    )
    return settings._replace(weight=weight, pos_weight=positive)


def _flatten(values: Array) -> Array:
    # Not -1, which NumPy cannot tell where all samples of a block were left out.
    return values.reshape(len(values), math.prod(values.shape[1:]))


def shares(problem: Problem) -> Array:
    """Each question's share of the mean's denominator; the losses are not computed."""
    return weight_shares(_shares(problem), problem)


def _shares(problem: Problem) -> Array:
    return np.ones(_flatten(problem.positions).shape)


def ignored(problem: Problem) -> NDArray[np.bool_]:
    """No question is ignored: every answer is yes or no."""
    return np.zeros(_flatten(problem.positions).shape, dtype=bool)


def predicted(problem: Problem) -> NDArray[np.intp]:
    """1 where the probability is above 0.5, −1 where it is nan."""
    values = _flatten(problem.positions)
    half = 0.0 if problem.kind == "logits" else 0.5
    return np.where(np.isnan(values), -1, values > half)


def labels(problem: Problem) -> NDArray[np.int64] | None:
    """1 where the target is above 0.5."""
    assert problem.target.soft is not None
    return (_flatten(problem.target.soft) > 0.5).astype(np.int64)


def gradients(problem: Problem, denominator: float) -> Array:
    """The gradient with respect to the logits, as ``(outer, C, inner)``."""
    assert problem.target.soft is not None
    positions, target, settings = problem.positions, problem.target.soft, _settings(problem)
    found = bce.gradients_by_logits(positions, target, settings)
    scale = gradient.scale_of(denominator)
    result, factor = weight_gradients(scale * found, problem), loss_factors(problem)
    if factor is not None:
        mend_slopes(result, positions, target, settings, scale * _along_samples(factor))
    return result


def differences(problem: Problem) -> Differences:
    """The gradient of a problem's only position by central differences of its losses."""
    assert problem.target.soft is not None
    settings, count = problem.calculation.settings, problem.positions.shape[1]
    ones = np.ones(count)
    target = problem.target.soft[0, :, 0].astype(np.longdouble)
    positive, weight = (
        (ones if each is None else each).astype(np.longdouble)
        for each in (settings.pos_weight, settings.weight)
    )
    balance = weight
    if settings.alpha is not None:
        balance = weight * (settings.alpha * target + (1 - settings.alpha) * (1 - target))

    def losses(scaled: Long) -> Long:
        return binary_losses(scaled, target, positive, settings.gamma, balance)

    logits = problem.positions[0, :, 0].astype(np.float64)
    return differences_of_each(logits, losses, settings.temperature)
