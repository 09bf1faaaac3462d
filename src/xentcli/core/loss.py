"""Cross-entropy and negative log-likelihood.

With the effective target q and class weights w, a sample's loss is

    ℓ = −Σ_c w_c q_c log p_c

where a term whose w·q is 0 is 0. The mean divides by Σ w_y over the samples kept for index
targets, and by the number of samples for soft ones, as PyTorch does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xentcli.core.layout import (
    Array,
    Block,
    as_float,
    as_positions,
    blocks,
    class_axis,
    store_each,
)
from xentcli.core.settings import Settings, settings
from xentcli.core.softmax import (
    exact_shift,
    exponential,
    log_of_sum,
    log_probabilities,
    maximum,
    refined_sum,
    shift,
    steps,
    sum_of_others,
    sum_over_classes,
)
from xentcli.core.target import (
    Labels,
    Target,
    as_target,
    one_hot,
    smoothed,
    warn_if_unnormalised,
)
from xentcli.core.total import ExactSum
from xentcli.errors import ArgumentError

_BlockLoss = Callable[[Block, Labels | None, Array | None, Settings], Array]


class Losses(NamedTuple):
    """Per sample: its loss, and its share of the mean's denominator. Shape ``(outer, inner)``."""

    loss: Array
    share: Array


def pick(values: Array, labels: Labels, axis: int) -> Array:
    """values at each sample's label; ignored samples give whatever stands at class 0."""
    at = np.expand_dims(labels, axis)
    return np.take_along_axis(values, at, axis).squeeze(axis)


def products(weight: Array | None, target: Array, axis: int) -> Array:
    """w·q, class by class."""
    if weight is None:
        return target
    shape = [1, 1]
    shape[axis] = weight.size
    product: Array = weight.reshape(shape) * target
    return product


def terms(weighted: Array, log_probs: Array) -> Array:
    """−w·q·log p, and 0 where w·q is 0 even if log p is −inf there."""
    result = np.zeros(np.broadcast_shapes(weighted.shape, log_probs.shape))
    with np.errstate(invalid="ignore"):
        np.multiply(-weighted, log_probs, out=result, where=weighted != 0)
    # A certain class has −w·q·0, which floating point calls −0.
    result += 0.0
    return result


def block_target(target: Target, block: Block) -> tuple[Labels | None, Array | None]:
    """The labels, or the soft targets laid out as the block is, of a block's positions."""
    if target.labels is not None:
        return target.labels[block.outer, block.inner].ravel(), None
    assert target.soft is not None
    part = target.soft[block.outer, :, block.inner]
    if block.axis == 0:
        return None, part.transpose(1, 0, 2).reshape(part.shape[1], -1)
    return None, part.transpose(0, 2, 1).reshape(-1, part.shape[1])


def effective_target(
    labels: Labels | None, soft: Array | None, classes: int, axis: int, label_smoothing: float
) -> Array:
    """q, laid out as the block is."""
    if soft is None:
        assert labels is not None
        soft = one_hot(labels, classes, axis)
    return smoothed(soft, label_smoothing, axis)


def shares(labels: Labels | None, count: int, options: Settings) -> Array:
    """What each sample adds to the mean's denominator: w_y if kept, 0 if ignored; 1 if soft."""
    if labels is None:
        return np.ones(count)
    kept = labels != options.ignore_index
    weight = 1.0 if options.weight is None else options.weight[np.where(kept, labels, 0)]
    return np.where(kept, weight, 0.0)


def from_logits(positions: Array, target: Target, options: Settings) -> Losses:
    """The loss of each position of ``(outer, C, inner)`` logits."""
    return _each(positions, target, options, _block_loss_from_logits)


def from_log_probs(positions: Array, target: Target, options: Settings) -> Losses:
    """The loss of each position of ``(outer, C, inner)`` log-probabilities, taken as given."""
    return _each(positions, target, options, _block_loss_from_log_probs)


def _each(positions: Array, target: Target, options: Settings, of_block: _BlockLoss) -> Losses:
    outer, _, inner = positions.shape
    losses = Losses(np.empty((outer, inner)), np.empty((outer, inner)))
    for block in blocks(positions):
        labels, soft = block_target(target, block)
        loss = of_block(block, labels, soft, options)
        if labels is not None:
            loss = np.where(labels == options.ignore_index, 0.0, loss)
        store_each(losses.loss, block, loss)
        store_each(losses.share, block, shares(labels, loss.size, options))
    return losses


def _block_loss_from_logits(
    block: Block, labels: Labels | None, soft: Array | None, options: Settings
) -> Array:
    axis = block.axis
    if labels is not None and options.label_smoothing == 0.0:
        return _weighted(_minus_log_prob(block, labels, options), labels, options)
    log_probs = log_probabilities(steps(block.values, axis, options.temperature), axis)
    return _loss_of_terms(log_probs, labels, soft, axis, options)


def _minus_log_prob(block: Block, labels: Labels, options: Settings) -> Array:
    """log Σe − d_y: the steps of :func:`steps` where one class of each row is wanted."""
    axis, temperature = block.axis, options.temperature
    largest = maximum(block.values, axis)
    at_label = pick(block.values, _known(labels, options), axis)
    d, lost = exact_shift(at_label[np.newaxis], largest, 0, temperature)
    shifted = shift(block.values, largest, axis, temperature)
    others = sum_of_others(exponential(shifted), shifted, axis)
    others, rest = refined_sum(block.values, largest, others, axis, temperature)
    loss: Array = (log_of_sum(others, rest) - lost[0]) - d[0]
    return loss


def _block_loss_from_log_probs(
    block: Block, labels: Labels | None, soft: Array | None, options: Settings
) -> Array:
    if labels is not None and options.label_smoothing == 0.0:
        log_probs = pick(block.values, _known(labels, options), block.axis)
        return _weighted(0.0 - log_probs, labels, options)
    return _loss_of_terms(block.values, labels, soft, block.axis, options)


def _loss_of_terms(
    log_probs: Array, labels: Labels | None, soft: Array | None, axis: int, options: Settings
) -> Array:
    target = effective_target(labels, soft, log_probs.shape[axis], axis, options.label_smoothing)
    loss = sum_over_classes(terms(products(options.weight, target, axis), log_probs), axis)
    # A row without a softmax is nan, also where every term that would say so has w·q = 0.
    undefined = np.isnan(log_probs).any(axis=axis)
    return np.where(undefined, np.nan, loss)


def _known(labels: Labels, options: Settings) -> Labels:
    return np.where(labels == options.ignore_index, 0, labels)


def _weighted(loss: Array, labels: Labels, options: Settings) -> Array:
    if options.weight is None:
        return loss
    weight = options.weight[_known(labels, options)]
    with np.errstate(invalid="ignore"):
        product = weight * loss
    return np.where((weight == 0) & ~np.isnan(loss), 0.0, product)


def reduced(losses: Losses, shape: tuple[int, ...], reduction: str) -> np.float64 | Array:
    """mean: Σℓ / Σ share, sum: Σℓ, each sum exact and rounded once; none: every ℓ."""
    if reduction == "none":
        each = losses.loss.reshape(shape)
        return each[()] if each.ndim == 0 else each
    total = ExactSum.of(losses.loss).value
    if reduction == "sum":
        return np.float64(total)
    return np.float64(divided(total, ExactSum.of(losses.share).value))


def divided(total: float, denominator: float) -> float:
    """total / denominator; a denominator of 0 gives nan, as every sample was left out."""
    return total / denominator if denominator else float("nan")


def nll_loss(
    log_probs: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
) -> np.float64 | NDArray[np.float64]:
    """The negative log-likelihood ℓ = −w_y · (log p)_y, in nats.

    Args:
        log_probs: ``(C)``, ``(N, C)`` or ``(N, C, d1 … dk)``, taken as given.
        target: class indices of shape ``()``, ``(N)`` or ``(N, d1 … dk)``.
        weight: one weight a class.
        ignore_index: the label whose samples count neither in the sum nor in the denominator.
        reduction: ``"mean"`` (Σℓ / Σ w_y), ``"sum"`` or ``"none"``.

    Returns:
        A float64 scalar, or for ``"none"`` an array of the target's shape. A mean over no samples
        is nan.

    Raises:
        IndexError: a label that is no class.
        ValueError: anything else that cannot be used; the message names argument and position.

    Source: ``torch.nn.functional.nll_loss``.

    >>> nll_loss([[-0.5, -1.0], [-2.0, -0.25]], [0, 1])
    np.float64(0.375)
    """
    given = as_float(log_probs, "log_probs")
    positions = as_positions(given, class_axis(given.ndim), "log_probs")
    options = settings(weight, positions.shape[1], ignore_index=ignore_index, reduction=reduction)
    checked = index_target(target, given.shape, ignore_index)
    losses = from_log_probs(positions, checked, options)
    return reduced(losses, np.shape(target), reduction)


def cross_entropy(
    logits: ArrayLike,
    target: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    temperature: float = 1.0,
) -> np.float64 | NDArray[np.float64]:
    """The cross-entropy ℓ = −Σ_c w_c q_c log softmax(z/T)_c, in nats.

    Args:
        logits: ``(C)``, ``(N, C)`` or ``(N, C, d1 … dk)``.
        target: class indices of shape ``()``, ``(N)`` or ``(N, d1 … dk)``, or soft targets of the
            logits' own shape.
        weight: one weight a class.
        ignore_index: the label whose samples count neither in the sum nor in the denominator.
        reduction: ``"mean"`` (Σℓ / Σ w_y for indices, Σℓ / N for soft targets), ``"sum"`` or
            ``"none"``.
        label_smoothing: ε in q = (1−ε)·target + ε/C.
        temperature: T > 0.

    Returns:
        A float64 scalar, or for ``"none"`` an array of the shape of an index target. A mean over
        no samples is nan.

    Raises:
        IndexError: a label that is no class.
        ValueError: anything else that cannot be used; the message names argument and position.

    Source: ``torch.nn.functional.cross_entropy``; Blanchard, Higham and Higham (2021) for the
    order of operations.

    >>> cross_entropy([12.3, -5.2, 31.4], 0)
    np.float64(19.100000005069617)
    >>> cross_entropy([[1.0, 2.0, 3.0]] * 3, [2, 1, 0], reduction="none").round(4).tolist()
    [0.4076, 1.4076, 2.4076]
    """
    given = as_float(logits, "logits")
    axis = class_axis(given.ndim)
    positions = as_positions(given, axis, "logits")
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
    losses = from_logits(positions, checked, options)
    return reduced(losses, given.shape[:axis] + given.shape[axis + 1 :], reduction)


def index_target(target: ArrayLike, shape: tuple[int, ...], ignore_index: int) -> Target:
    """Labels for log-probabilities of that shape; nll_loss takes no soft targets."""
    checked = as_target(target, shape, ignore_index)
    if checked.labels is None:
        raise ArgumentError("target", "nll_loss takes class indices; use cross_entropy")
    return checked
