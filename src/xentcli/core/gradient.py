"""Gradients of cross-entropy by the logits, and of nll by the log-probabilities.

With p the softmax, q the effective target, w the class weights and scale 1/denominator for the
mean (1 for sum and none):

    ∂/∂z_c = (scale/T) · (p_c · Σ_j w_j q_j − w_c q_c)

For an index label y this is (scale/T) · w_y · (p − onehot y), and p_y − 1 is taken as
expm1(log p_y), so that a gradient near 0 keeps its digits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xentcli.core import elementary
from xentcli.core.at_label import at_labels, pick
from xentcli.core.far_apart import mend_gradients
from xentcli.core.layout import (
    Array,
    Block,
    Buffers,
    Cut,
    across,
    along,
    place_for,
    run_on_batches,
    run_on_blocks,
    store,
    unbuffered,
)
from xentcli.core.loss import (
    block_labels,
    denominator,
    mask_ignored,
    shares,
    soft_products,
)
from xentcli.core.question import Question, cross_entropy_question, nll_question
from xentcli.core.settings import Settings
from xentcli.core.softmax import Steps, Sums, probabilities, steps, sum_over_classes
from xentcli.core.sums import sum_along_rows
from xentcli.core.target import Labels, Target
from xentcli.core.threads import threads_for


def scale_of(denominator: float) -> float:
    """1/denominator; nan for a denominator of 0, as of a mean over no samples."""
    return 1.0 / denominator if denominator else float("nan")


def of_cross_entropy(
    positions: NDArray[np.floating],
    target: Target,
    options: Settings,
    scale: float,
    threads: int = 1,
) -> Array:
    """Compute the gradient by ``(outer, C, inner)`` logits, on so many threads."""
    result, over_temperature = np.empty(positions.shape), scale / options.temperature
    if target.labels is not None and options.label_smoothing == 0.0:
        _write_gradient_of_labels(
            positions, target.labels, options, over_temperature, threads, result
        )
        mend_gradients(result, positions, target, options, scale)
        return result

    def compute(block: Block, buffers: Buffers) -> None:
        place = place_for(result, block, buffers)
        step = steps(block.values, block.axis, options.temperature, buffers)
        with np.errstate(all="ignore"):
            if target.labels is None:
                weighted = soft_products(target, block, options, buffers)
                _write_gradient_of_soft(
                    step, weighted, over_temperature, block.axis, buffers, place
                )
            else:
                classes, ignored = mask_ignored(block_labels(target.labels, block.cut), options)
                _write_gradient_of_smoothed(
                    step, classes, options, over_temperature, block.axis, place
                )
                if ignored is not None:
                    (place.T if block.axis == 0 else place)[ignored] = 0.0
        store(result, block, place)

    run_on_blocks(positions, compute, threads)
    mend_gradients(result, positions, target, options, scale)
    return result


def scaled(difference: Array, scale: float, temperature: float) -> Array:
    """(scale/T) · difference."""
    with np.errstate(under="ignore"):
        product: Array = scale * difference
        return product if temperature == 1.0 else product / temperature


def _write_gradient_of_labels(
    positions: NDArray[np.floating],
    labels: Labels,
    options: Settings,
    scale: float,
    threads: int,
    result: Array,
) -> None:
    """Write f·(p − onehot y) for f = scale·w_y to ``result``, with f·p = e / ((1 + s)/f)."""

    def of_batch(batch: Cut, buffers: Buffers) -> None:
        classes, ignored = mask_ignored(block_labels(labels, batch), options)
        factor = buffers.array("factor", classes.shape)
        factor[...] = scale
        if options.weight is not None:
            with np.errstate(over="ignore", under="ignore", invalid="ignore"):
                factor *= options.weight[classes]

        def store_probs(block: Block, exponentials: Array, found: Sums, some: slice) -> None:
            divisor = np.add(1.0, found.others(buffers), buffers.array("divisor", found.sum.shape))
            np.divide(divisor, factor[some], divisor)
            with unbuffered(exponentials.shape[1]):
                np.divide(exponentials, across(divisor, block.axis), exponentials)
            store(result, block, exponentials)

        with np.errstate(all="ignore"):
            found = at_labels(
                positions, batch, classes, options.temperature, buffers, store_probs, result
            )
            log_prob = found.log_prob(options.temperature, buffers)
            less_one = elementary.expm1(log_prob, log_prob, buffers)
            np.multiply(factor, less_one, less_one)
            # A weight of 0 may have made −0; adding 0 makes it 0.
            less_one += 0.0
        part = result[batch.outer, :, batch.inner]
        put_at_positions(part, classes, less_one)
        if ignored is not None:
            part.transpose(0, 2, 1)[ignored.reshape(len(part), -1)] = 0.0

    run_on_batches(positions, of_batch, threads)


def _write_gradient_of_smoothed(
    step: Steps, classes: Labels, options: Settings, scale: float, axis: int, out: Array
) -> None:
    """Write scale·(p·Σv − v) for v_c = w_c·((1−ε)·onehot y + ε/C) to ``out``."""
    count, smoothing = step.logits.shape[axis], options.label_smoothing
    weight = np.ones(count) if options.weight is None else options.weight
    even, own = smoothing / count * weight, weight[classes]
    total = sum_along_rows(even) + (1.0 - smoothing) * own
    _multiply(probabilities(step, axis, out), total, axis)
    at_label = pick(out, classes, axis) - ((1.0 - smoothing) + smoothing / count) * own
    out -= along(even, axis)
    put_at_labels(out, classes, at_label, axis)
    _multiply(out, np.full(1, scale), axis)


def _write_gradient_of_soft(
    step: Steps, weighted: Array, scale: float, axis: int, buffers: Buffers, out: Array
) -> None:
    """Write scale·(p·Σv − v) for v = w·q to ``out``."""
    _multiply(probabilities(step, axis, out), sum_over_classes(weighted, axis, buffers), axis)
    out -= weighted
    _multiply(out, np.full(1, scale), axis)


def _multiply(values: Array, factors: Array, axis: int) -> None:
    if (factors != 1.0).any():
        values *= across(factors, axis)


def minus_one_hot(probs: Array, labels: Labels, log_prob: Array, axis: int) -> Array:
    """p − onehot(y) without the cancellation: p_y − 1 = expm1(log p_y)."""
    result = probs.copy()
    put_at_labels(result, labels, elementary.expm1(log_prob), axis)
    return result


def put_at_labels(values: Array, labels: Labels, at_label: Array, axis: int) -> None:
    """Write one number a sample to the place of its label."""
    samples = np.arange(len(labels))
    values[(labels, samples) if axis == 0 else (samples, labels)] = at_label


def put_at_positions(positions: Array, labels: Labels, at_label: Array) -> None:
    """Write one number a sample to the place of its label in ``(outer, C, inner)``."""
    outer, classes, inner = positions.shape
    if inner == 1 and positions.flags.c_contiguous:
        positions.reshape(-1)[np.arange(outer, dtype=np.int64) * classes + labels] = at_label
        return
    shape = (outer, 1, inner)
    np.put_along_axis(positions, labels.reshape(shape), at_label.reshape(shape), 1)


def of_nll(
    positions: NDArray[np.floating], target: Target, options: Settings, scale: float
) -> Array:
    """Compute the gradient by ``(outer, C, inner)`` log-probabilities."""
    assert target.labels is not None
    result = np.zeros(positions.shape)
    classes, ignored = mask_ignored(target.labels, options)
    share = shares(target.labels, target.labels.size, options)
    # 0 − x rather than −x: an ignored sample's gradient is 0, not −0.
    at_label = 0.0 - scale * share
    if ignored is not None:
        at_label[ignored] = 0.0
    np.put_along_axis(result, np.expand_dims(classes, 1), np.expand_dims(at_label, 1), 1)
    return result


def nll_loss_grad(
    log_probs: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> NDArray[np.float64]:
    """The gradient of :func:`xentcli.nll_loss`: −scale · w_y at y, 0 elsewhere.

    Args: as for :func:`xentcli.nll_loss`. For ``reduction="none"`` it is the gradient of the sum.

    Returns:
        float64, of the shape of ``log_probs``; 0 for ignored samples.

    Raises:
        IndexError, ValueError: as :func:`xentcli.nll_loss`.

    Source: ``torch.nn.functional.nll_loss`` and its derivative.

    >>> nll_loss_grad([[-0.5, -1.0], [-2.0, -0.25]], [0, 1]).tolist()
    [[-0.5, 0.0], [0.0, -0.5]]
    """
    question = nll_question(log_probs, target, weight, ignore_index, reduction)
    gradient = of_nll(question.positions, question.target, question.settings, _scale(question))
    return gradient.reshape(question.shape)


def cross_entropy_grad(
    logits: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    temperature: float = 1.0,
) -> NDArray[np.float64]:
    """The gradient of :func:`xentcli.cross_entropy`: (scale/T) · (p · Σ w·q − w·q).

    Args: as for :func:`xentcli.cross_entropy`. For ``reduction="none"`` it is the gradient of the
        sum.

    Returns:
        float64, of the shape of ``logits``; 0 for ignored samples, also where they are not finite.

    Raises:
        IndexError, ValueError: as :func:`xentcli.cross_entropy`.

    Source: ``torch.nn.functional.cross_entropy`` and its derivative.

    >>> cross_entropy_grad([1.0, 2.0, 3.0], 2).round(4).tolist()
    [0.09, 0.2447, -0.3348]
    >>> cross_entropy_grad([40.0, 0.0], 0).tolist()
    [-4.248354255291589e-18, 4.248354255291589e-18]
    """
    question = cross_entropy_question(
        logits, target, weight, ignore_index, reduction, label_smoothing, temperature
    )
    positions, threads = question.positions, threads_for(question.positions.size)
    gradient = of_cross_entropy(
        positions, question.target, question.settings, _scale(question), threads
    )
    return gradient.reshape(question.shape)


def _scale(question: Question) -> float:
    outer, _, inner = question.positions.shape
    return scale_of(denominator(question.target, outer * inner, question.settings))
