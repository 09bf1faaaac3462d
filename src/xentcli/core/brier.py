"""The Brier score: how far the probabilities of a sample are from 1 for its label and 0 elsewhere.

    Σ_c (p_c − [c = y])² = (1 − p_y)² + Σ_{c≠y} p_c²

from 0 to 2; of a yes/no question with the target t, (p − t)², from 0 to 1. 1 − p_y is −expm1(−ℓ)
of the loss ℓ = −log p_y, which keeps its digits where p_y is next to 1.

Source: Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review
78, 1950.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xentcli.core import elementary
from xentcli.core.layout import Array, Block, Buffers, each_block, store_each
from xentcli.core.softmax import sum_over_classes
from xentcli.core.target import Labels


def of_other_classes(
    exponentials: Array, total: Array, labels: Labels, axis: int, buffers: Buffers
) -> Array:
    """Σ_{c≠y} p_c² of each sample of a block, from the exponentials and their sums."""
    with np.errstate(under="ignore", invalid="ignore"):
        squares = _squares_apart(exponentials, _places(labels, axis), axis, buffers)
        result: Array = squares / (total * total)
    return result


def of_loss(loss: Array, others: Array) -> Array:
    """The score of each sample from its loss −log p_y and the Σ_{c≠y} p_c² of the other classes."""
    missing = elementary.expm1(-loss)
    with np.errstate(under="ignore", invalid="ignore"):
        score: Array = missing * missing + others
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
