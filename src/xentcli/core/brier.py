"""The Brier score: how far the probabilities of a sample are from 1 for its label and 0 elsewhere.

    Σ_c (p_c − [c = y])² = (1 − p_y)² + Σ_{c≠y} p_c²

from 0 to 2; of a yes/no question with the target t, (p − t)², from 0 to 1. Nothing cancels: 1 − p_y
is the sum of the other probabilities where y has the largest, and where it has not, p_y is at most
a half.

Source: Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review
78, 1950.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xentcli.core.layout import Array, Block, Buffers, each_block, store_each
from xentcli.core.softmax import Steps, sum_over_classes
from xentcli.core.target import Labels


def of_steps(block: Block, step: Steps, labels: Labels, buffers: Buffers) -> Array:
    """The score of each sample of a block, from the exponentials that its loss took."""
    at = _places(labels, block.axis)
    own = step.exponentials[at]
    whole = 1.0 + step.others
    # The largest exponential is 1: what is left of the sum is that of the others.
    missing = np.where(own == 1.0, step.others, whole - own)
    with np.errstate(under="ignore", invalid="ignore"):
        apart = _squares_apart(step.exponentials, at, block.axis, buffers)
        score: Array = (apart + missing * missing) / (whole * whole)
    return score


def _places(labels: Labels, axis: int) -> tuple[Labels, Labels]:
    samples = np.arange(len(labels))
    return (labels, samples) if axis == 0 else (samples, labels)


def _squares_apart(values: Array, at: tuple[Labels, Labels], axis: int, buffers: Buffers) -> Array:
    """The sum of the squares of all classes but the label."""
    squares = np.multiply(values, values, out=buffers.array("squares", values.shape))
    squares[at] = 0.0
    return sum_over_classes(squares, axis, buffers)


def of_probs(probs: NDArray[np.floating], labels: Labels) -> Array:
    """The score of each position of ``(outer, C, inner)`` probabilities, taken as given.

    >>> of_probs(np.array([[[0.5], [0.25], [0.25]]]), np.array([[0]])).tolist()
    [[0.375]]
    """
    scores = np.empty(labels.shape)

    def of_block(block: Block, buffers: Buffers) -> None:
        at = _places(labels[block.cut.outer, block.cut.inner].ravel(), block.axis)
        missing = 1.0 - block.values[at]
        with np.errstate(under="ignore", invalid="ignore", over="ignore"):
            apart = _squares_apart(block.values, at, block.axis, buffers)
            store_each(scores, block.cut, apart + missing * missing)

    each_block(probs, of_block, 1)
    return scores


def of_questions(yes: Array, no: Array, target: Array) -> Array:
    """(p − t)² of yes/no questions, with p − t as p·(1−t) − (1−p)·t."""
    away = yes * (1.0 - target) - no * target
    result: Array = away * away
    return result
