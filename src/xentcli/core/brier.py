"""The Brier score: how far the probabilities of a sample are from 1 for its label and 0 elsewhere.

    Σ_c (p_c − [c = y])² = (1 − p_y)² + Σ_{c≠y} p_c²

It is from 0 to 2. Of a yes/no question with the target t it is (p − t)², from 0 to 1. 1 − p_y is
computed as the sum of the other probabilities, so that it keeps its digits where p_y is near 1.

Source: Brier, "Verification of forecasts expressed in terms of probability", Monthly Weather Review
78, 1950.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xentcli.core.at_label import flat_indices
from xentcli.core.layout import Array, Block, Buffers, run_on_blocks, store_each
from xentcli.core.softmax import sum_over_classes
from xentcli.core.target import Labels


def of_exponentials(
    exponentials: Array, total: Array, labels: Labels, axis: int, buffers: Buffers
) -> Array:
    """Compute the score of each sample of a block from its exponentials, whose sums are ``total``.

    The exponentials are changed on the way and restored.
    """
    # A block is contiguous, so that this is a view of it.
    flat, at = exponentials.reshape(-1), flat_indices(exponentials, labels, axis)
    own = flat.take(at)
    with np.errstate(under="ignore", invalid="ignore"):
        flat[at] = 0.0
        missing = sum_over_classes(exponentials, axis, buffers)
        apart = _sum_of_squares(exponentials, axis, buffers)
        flat[at] = own
        score: Array = (missing * missing + apart) / (total * total)
    return score


def _sum_of_squares(values: Array, axis: int, buffers: Buffers) -> Array:
    squares = np.multiply(values, values, out=buffers.array("squares", values.shape))
    return sum_over_classes(squares, axis, buffers)


def of_probs(probs: NDArray[np.floating], labels: Labels) -> Array:
    """Compute the score of each position of ``(outer, C, inner)`` probabilities, as given.

    >>> of_probs(np.array([[[0.5], [0.25], [0.25]]]), np.array([[0]])).tolist()
    [[0.375]]
    """
    scores = np.empty(labels.shape)

    def of_block(block: Block, buffers: Buffers) -> None:
        away = buffers.array("away", block.values.shape)
        at = flat_indices(away, labels[block.cut.outer, block.cut.inner].ravel(), block.axis)
        with np.errstate(under="ignore", invalid="ignore", over="ignore"):
            np.copyto(away, block.values)
            away.reshape(-1)[at] -= 1.0
            store_each(scores, block.cut, _sum_of_squares(away, block.axis, buffers))

    run_on_blocks(probs, of_block, 1)
    return scores


def of_questions(yes: Array, no: Array, target: Array) -> Array:
    """(p − t)² of yes/no questions; p − t is p·(1−t) − (1−p)·t, which keeps its digits."""
    away = yes * (1.0 - target) - no * target
    result: Array = away * away
    return result
