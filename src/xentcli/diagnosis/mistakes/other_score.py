"""Scores in place of the loss: squared errors, the error rate, the accuracy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xentcli.core.layout import Array
from xentcli.core.softmax import sum_over_classes
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.part import HARDLY, SELDOM, SOMETIMES, Fix, Part
from xentcli.diagnosis.mistakes.pick import Pick, pick_target
from xentcli.diagnosis.mistakes.terms import Terms, WeightedTarget


def _squared(weighted: WeightedTarget, found: Terms) -> Array:
    difference = found.probs - weighted.target
    return sum_over_classes(difference * difference, 1)


def _mean_squared(weighted: WeightedTarget, found: Terms) -> Array:
    losses: Array = _squared(weighted, found) / found.probs.shape[1]
    return losses


def _rate(*, right: bool) -> Callable[[WeightedTarget, Terms], Array]:
    def losses(weighted: WeightedTarget, found: Terms) -> Array:
        same = np.argmax(found.probs, axis=1) == np.argmax(weighted.target, axis=1)
        rate: Array = (same == right).astype(np.float64)
        return rate

    return losses


_ALONE = frozenset({"clips", "logarithms", "focals", "weightings"})
_LOSS = Fix(
    "F.cross_entropy(z, y) is the log loss",
    "-np.log(p[np.arange(len(y)), y]).mean() is the log loss",
    "SparseCategoricalCrossentropy is the log loss",
    "log_loss(y, p), not brier_score_loss or accuracy_score",
)


def _score(
    key: str,
    phrase: str,
    formula: str,
    explanation: str,
    rank: int,
    losses: Callable[[WeightedTarget, Terms], Array],
) -> Pick:
    part = Part(
        key,
        phrase,
        formula,
        explanation,
        rank,
        fix=_LOSS,
        apart="give rows that differ more",
        excludes=_ALONE,
    )
    return Pick(part, pick_target, losses)


BRIER = _score(
    "brier",
    "as the Brier score, the squared error summed over the classes",
    "Σ_c (p[c] − q[c])²",
    "the squared differences from the one-hot target, not a logarithm",
    SOMETIMES,
    _squared,
)
MEAN_SQUARED = _score(
    "mean-squared",
    "as the mean squared error",
    "mean_c (p[c] − q[c])²",
    "the squared differences from the target, averaged over the classes too",
    SELDOM,
    _mean_squared,
)
ERROR_RATE = _score(
    "error-rate",
    "as the error rate, the share of rows whose largest value is not the label's",
    "1[argmax z ≠ y]",
    "a share of wrong answers, not a loss",
    HARDLY,
    _rate(right=False),
)
ACCURACY = _score(
    "accuracy",
    "as the accuracy, the share of rows whose largest value is the label's",
    "1[argmax z = y]",
    "a share of right answers, not a loss",
    HARDLY,
    _rate(right=True),
)


def choices(case: Case) -> tuple[Pick, ...]:
    """Return the scores; the Brier score of a question is the mean over its two columns."""
    if case.question == "bce":
        return (MEAN_SQUARED, ERROR_RATE, ACCURACY)
    return (BRIER, MEAN_SQUARED, ERROR_RATE, ACCURACY)
