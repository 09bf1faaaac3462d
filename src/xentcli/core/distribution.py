"""p and log p of every class, from logits, probabilities or log-probabilities.

The divergences and the entropy are computed from them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xentcli.core.elementary import exp, log
from xentcli.core.exact import sum_with_rest
from xentcli.core.layout import (
    Array,
    Block,
    Buffers,
    across,
    as_float,
    lay_out,
    run_on_blocks,
    store,
    store_each,
)
from xentcli.core.softmax import Steps, log_probabilities, steps
from xentcli.core.target import check_probs
from xentcli.model import Kind, NamedTuple


class Distribution(NamedTuple):
    """p and log p of a block's samples with the classes along ``axis``, and their soft targets."""

    probs: Array
    log_probs: Array
    axis: int
    target: Array | None = None


def distribution(values: Array, kind: Kind, axis: int, temperature: float = 1.0) -> Distribution:
    """Compute p and log p of a block, each with all of its digits."""
    if kind == "probs":
        return Distribution(values, log(values), axis)
    if kind == "log_probs":
        return Distribution(exp(values), values, axis)
    step = steps(values, axis, temperature)
    log_probs = log_probabilities(step, axis)
    return Distribution(_refined_probs(step, axis), log_probs, axis)


def _refined_probs(step: Steps, axis: int) -> Array:
    """e/Σe, corrected by the rounding error of Σe.

    That error is the same for all classes, so that in a sum over them it would not average out.
    """
    total, rest = sum_with_rest(step.exponentials, axis)
    with np.errstate(under="ignore", invalid="ignore"):
        probs: Array = step.exponentials / across(total, axis)
        probs -= probs * across(rest / total, axis)
    return probs


def loss_of_each(
    positions: NDArray[np.floating],
    target: Array | None,
    kind: Kind,
    temperature: float,
    loss: Callable[[Distribution], Array],
) -> Array:
    """Compute a loss of each position of ``(outer, C, inner)``, as ``(outer, inner)``."""
    losses = np.empty((positions.shape[0], positions.shape[2]))

    def of_block(block: Block, buffers: Buffers) -> None:
        store_each(
            losses,
            block.cut,
            loss(_distribution_of_block(block, target, kind, temperature, buffers)),
        )

    run_on_blocks(positions, of_block, 1)
    return losses


def gradient_of_each(
    positions: NDArray[np.floating],
    target: Array | None,
    temperature: float,
    gradient: Callable[[Distribution], Array],
) -> Array:
    """Compute a gradient by the logits, of their shape; ``gradient`` returns the one by z/T."""
    result = np.empty(positions.shape)

    def of_block(block: Block, buffers: Buffers) -> None:
        given = _distribution_of_block(block, target, "logits", temperature, buffers)
        store(result, block, gradient(given) / temperature)

    run_on_blocks(positions, of_block, 1)
    return result


def _distribution_of_block(
    block: Block, target: Array | None, kind: Kind, temperature: float, buffers: Buffers
) -> Distribution:
    given = distribution(block.values, kind, block.axis, temperature)
    if target is None:
        return given
    return given._replace(target=lay_out(target, block.cut, block.axis, buffers, "target"))


def as_probs(values: ArrayLike, argument: str) -> Array:
    """Return probabilities as doubles; refuse one that is negative, infinite or nan."""
    given = as_float(values, argument)
    check_probs(given, argument)
    return given.astype(np.float64, copy=False)
