"""Gradients of the two losses with respect to what they are given.

With p the softmax, q the effective target, w the class weights and scale 1/denominator for the
mean (1 for sum and none):

    ∂/∂z_c = (scale/T) · (p_c · Σ_j w_j q_j − w_c q_c)

For an index label y this is (scale/T) · w_y · (p − onehot y), and p_y − 1 is taken as
expm1(log p_y), so that a gradient near 0 keeps its digits.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xentcli.core.layout import Array, Block, as_float, as_positions, blocks, class_axis, store
from xentcli.core.loss import (
    block_target,
    effective_target,
    index_target,
    pick,
    products,
    shares,
)
from xentcli.core.settings import Settings, settings
from xentcli.core.softmax import log_probabilities, probabilities, steps, sum_over_classes
from xentcli.core.target import Labels, Target, as_target, warn_if_unnormalised
from xentcli.core.total import ExactSum


def denominator(share: Array, reduction: str) -> float:
    """What the losses are divided by: Σ share for the mean, else 1."""
    return ExactSum.of(share).value if reduction == "mean" else 1.0


def scale_of(denominator: float) -> float:
    """1/denominator; nan where nothing counts."""
    return 1.0 / denominator if denominator else float("nan")


def of_cross_entropy(
    positions: Array, target: Target, options: Settings, scale: float
) -> NDArray[np.float64]:
    """The gradient with respect to ``(outer, C, inner)`` logits."""
    result = np.empty(positions.shape)
    for block in blocks(positions):
        labels, soft = block_target(target, block)
        difference = block_difference(block, labels, soft, options)
        gradient = scaled(difference, scale, options.temperature)
        if labels is not None:
            ignored = np.expand_dims(labels == options.ignore_index, block.axis)
            gradient = np.where(ignored, 0.0, gradient)
        store(result, block, gradient)
    return result


def scaled(difference: Array, scale: float, temperature: float) -> Array:
    """(scale/T) · difference."""
    with np.errstate(under="ignore"):
        product: Array = scale * difference
        return product if temperature == 1.0 else product / temperature


def block_difference(
    block: Block, labels: Labels | None, soft: Array | None, options: Settings
) -> Array:
    """p·Σ(w·q) − w·q of a block, class by class."""
    axis = block.axis
    step = steps(block.values, axis, options.temperature)
    probs = probabilities(step, axis)
    if labels is not None and options.label_smoothing == 0.0:
        known = np.where(labels == options.ignore_index, 0, labels)
        log_prob = pick(log_probabilities(step, axis), known, axis)
        difference = less_one_at(probs, known, log_prob, axis)
        if options.weight is None:
            return difference
        return difference * np.expand_dims(options.weight[known], axis)
    target = effective_target(labels, soft, probs.shape[axis], axis, options.label_smoothing)
    weighted = products(options.weight, target, axis)
    return probs * np.expand_dims(sum_over_classes(weighted, axis), axis) - weighted


def less_one_at(probs: Array, labels: Labels, log_prob: Array, axis: int) -> Array:
    """p − onehot(y) without the cancellation: p_y − 1 = expm1(log p_y)."""
    result = probs.copy()
    at = np.expand_dims(labels, axis)
    np.put_along_axis(result, at, np.expand_dims(np.expm1(log_prob), axis), axis)
    return result


def of_nll(positions: Array, target: Target, options: Settings, scale: float) -> Array:
    """The gradient with respect to ``(outer, C, inner)`` log-probabilities."""
    assert target.labels is not None
    share = shares(target.labels, target.labels.size, options)
    result = np.zeros(positions.shape)
    known = np.where(target.labels == options.ignore_index, 0, target.labels)
    # 0 − x rather than −x: an ignored sample's gradient is 0, not −0.
    at_label = 0.0 - scale * share.reshape(known.shape)
    kept = target.labels != options.ignore_index
    np.put_along_axis(
        result, known[:, np.newaxis, :], np.where(kept, at_label, 0.0)[:, np.newaxis, :], 1
    )
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
    given = as_float(log_probs, "log_probs")
    positions = as_positions(given, class_axis(given.ndim), "log_probs")
    options = settings(weight, positions.shape[1], ignore_index=ignore_index, reduction=reduction)
    checked = index_target(target, given.shape, ignore_index)
    assert checked.labels is not None
    share = shares(checked.labels, checked.labels.size, options)
    scale = scale_of(denominator(share, reduction))
    return of_nll(positions, checked, options, scale).reshape(given.shape)


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
    given = as_float(logits, "logits")
    positions = as_positions(given, class_axis(given.ndim), "logits")
    options = settings(
        weight,
        positions.shape[1],
        ignore_index=ignore_index,
        reduction=reduction,
        label_smoothing=label_smoothing,
        temperature=temperature,
    )
    checked = as_target(target, given.shape, ignore_index)
    warn_if_unnormalised(checked)
    outer, _, inner = positions.shape
    if checked.labels is not None:
        share = shares(checked.labels, checked.labels.size, options)
    else:
        share = np.ones(outer * inner)
    scale = scale_of(denominator(share, reduction))
    return of_cross_entropy(positions, checked, options, scale).reshape(given.shape)
