"""Cross-entropy and negative log-likelihood.

With the effective target q and class weights w, a sample's loss is

    ℓ = −Σ_c w_c q_c log p_c

where a term whose w·q is 0 is 0. The mean divides by Σ w_y over the samples kept for index
targets, and by the number of samples for soft ones, as PyTorch does.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xentcli.core import brier
from xentcli.core.at_label import AtLabel, at_labels, pick
from xentcli.core.far_apart import mend_losses
from xentcli.core.layout import (
    Array,
    Block,
    Buffers,
    Cut,
    along,
    class_axis,
    lay_out,
    run_on_batches,
    run_on_blocks,
    store_each,
)
from xentcli.core.question import Question, cross_entropy_question, nll_question
from xentcli.core.settings import Reduction, Settings
from xentcli.core.softmax import Steps, Sums, steps, sum_over_classes
from xentcli.core.sums import sum_along_rows
from xentcli.core.target import Labels, Target, one_hot, smoothed
from xentcli.core.threads import threads_for
from xentcli.core.total import ExactSum
from xentcli.errors import ArgumentError
from xentcli.model import NamedTuple


class Losses(NamedTuple):
    """The loss of each sample, and what it adds to the mean's denominator, as ``(outer, inner)``.

    ``root`` is √loss times the sample's weight, for a loss whose root is a distance. ``brier`` is
    the Brier score, where it is asked for and the loss has one; 0 for an ignored sample.
    """

    loss: Array
    share: Array
    root: Array | None = None
    brier: Array | None = None


def products(weight: Array | None, target: Array, axis: int) -> Array:
    """w·q of each class."""
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
    # Where p is 1, −w·q·log p is −0; adding 0 makes it 0.
    result += 0.0
    return result


def block_labels(labels: Labels, cut: Cut) -> Labels:
    """Return the labels of a cut's positions as one row."""
    return labels[cut.outer, cut.inner].ravel()


def soft_products(target: Target, block: Block, options: Settings, buffers: Buffers) -> Array:
    """Return w·q of soft targets, laid out as the block is; the caller must not write to it."""
    assert target.soft is not None
    soft = lay_out(target.soft, block.cut, block.axis, buffers, "target")
    spare = buffers.array("target", soft.shape)
    if options.label_smoothing != 0.0:
        soft = np.multiply(soft, 1.0 - options.label_smoothing, out=spare)
        soft += options.label_smoothing / soft.shape[block.axis]
    if options.weight is not None:
        soft = np.multiply(soft, along(options.weight, block.axis), out=spare)
    return soft


def mask_ignored(labels: Labels, options: Settings) -> tuple[Labels, NDArray[np.bool_] | None]:
    """Return the labels with 0 for ignored ones, and which are ignored (None if none is)."""
    ignored = labels == options.ignore_index
    if not ignored.any():
        return labels, None
    return np.where(ignored, 0, labels), ignored


def shares(labels: Labels | None, count: int, options: Settings) -> Array:
    """Return what each sample adds to the mean's denominator: w_y, 0 if ignored, 1 if soft."""
    if labels is None:
        return np.ones(count)
    classes, ignored = mask_ignored(labels, options)
    share = np.ones(labels.shape) if options.weight is None else options.weight[classes]
    if ignored is not None:
        share[ignored] = 0.0
    return share


def denominator(target: Target, count: int, options: Settings) -> float:
    """Return what the sum of ``count`` losses is divided by: Σ share for the mean, else 1.

    Raises an ArgumentError where that is beyond the largest float: the mean would come out as 0.
    """
    if not options.averages:
        return 1.0
    if target.labels is None:
        return float(count)
    if options.weight is not None:
        total = ExactSum.of(shares(target.labels, count, options))
        if np.isinf(total.value) and not total.non_finite:
            raise ArgumentError(
                "weight",
                "over the samples that count they sum to more than the largest float; the mean is "
                "the same with all of them divided by one number",
            )
        return total.value
    return float(count - np.count_nonzero(target.labels == options.ignore_index))


def from_logits(
    positions: NDArray[np.floating], target: Target, options: Settings, *, with_brier: bool = False
) -> Losses:
    """Compute the loss and share of each position of ``(outer, C, inner)`` logits.

    With labels the Brier score can be had as well, from the same exponentials.
    """
    scores = None
    if with_brier and target.labels is not None:
        scores = np.empty(target.labels.shape)
    loss = losses_from_logits(positions, target, options, scores=scores)
    return _with_shares(loss, target, options)._replace(brier=scores)


def from_log_probs(positions: NDArray[np.floating], target: Target, options: Settings) -> Losses:
    """Compute them from log-probabilities, which are taken as given."""
    return _with_shares(losses_from_log_probs(positions, target, options), target, options)


def _with_shares(loss: Array, target: Target, options: Settings) -> Losses:
    return Losses(loss, shares(target.labels, loss.size, options).reshape(loss.shape))


def losses_from_logits(
    positions: NDArray[np.floating],
    target: Target,
    options: Settings,
    threads: int = 1,
    scores: Array | None = None,
) -> Array:
    """Compute the loss of each position of ``(outer, C, inner)`` logits, on so many threads.

    Where ``scores`` is given, the Brier score of each label is written to it.
    """

    if target.labels is not None and options.label_smoothing == 0.0:
        losses = _losses_of_labels(positions, target.labels, options, threads, scores)
        if options.weight is not None:
            mend_losses(losses, positions, target, options)
        return losses

    def of_block(block: Block, buffers: Buffers) -> Array:
        step = steps(block.values, block.axis, options.temperature, buffers)
        if target.labels is None:
            weighted = soft_products(target, block, options, buffers)
            shifted = step.shifted(buffers.array("shifted", block.values.shape))
            return _expected(shifted, step.log_sum, weighted, block.axis, buffers)
        classes, ignored = mask_ignored(block_labels(target.labels, block.cut), options)
        if scores is not None:
            score = brier.of_exponentials(
                step.exponentials, 1.0 + step.others, classes, block.axis, buffers
            )
            store_each(scores, block.cut, _zero_ignored(ignored, score))
        at_label = pick(block.values, classes, block.axis)
        found = AtLabel(step.maximum, at_label, step.log_sum)
        loss = _weighted(found.loss(options.temperature, buffers), classes, options)
        return _zero_ignored(ignored, _smoothed(loss, step, options, block.axis, buffers))

    losses = _each(positions, of_block, threads)
    mend_losses(losses, positions, target, options)
    return losses


def _losses_of_labels(
    positions: NDArray[np.floating],
    labels: Labels,
    options: Settings,
    threads: int,
    scores: Array | None,
) -> Array:
    """Compute the loss at each label; the Brier scores are written to ``scores``."""
    losses = np.empty((positions.shape[0], positions.shape[2]))

    def of_batch(batch: Cut, buffers: Buffers) -> None:
        classes, ignored = mask_ignored(block_labels(labels, batch), options)
        score = np.empty(0 if scores is None else classes.size)

        def add_scores(block: Block, exponentials: Array, found: Sums, some: slice) -> None:
            total = 1.0 + found.others(buffers)
            score[some] = brier.of_exponentials(
                exponentials, total, classes[some], block.axis, buffers
            )

        use = None if scores is None else add_scores
        found = at_labels(positions, batch, classes, options.temperature, buffers, use)
        loss = found.loss(options.temperature, buffers)
        if scores is not None:
            store_each(scores, batch, _zero_ignored(ignored, score))
        store_each(losses, batch, _zero_ignored(ignored, _weighted(loss, classes, options)))

    run_on_batches(positions, of_batch, threads)
    return losses


def losses_from_log_probs(
    positions: NDArray[np.floating], target: Target, options: Settings
) -> Array:
    """Compute the loss of each position of ``(outer, C, inner)`` log-probabilities."""

    def of_block(block: Block, buffers: Buffers) -> Array:
        values, axis = block.values, block.axis
        # A row that holds nan has a loss of nan, even where each nan has w·q = 0.
        offset = np.where(np.isnan(values).any(axis=axis), np.nan, 0.0)
        if target.labels is None:
            weighted = soft_products(target, block, options, buffers)
            return _expected(values, offset, weighted, axis, buffers)
        labels = block_labels(target.labels, block.cut)
        hot = one_hot(labels, values.shape[axis], axis)
        weighted = products(options.weight, smoothed(hot, options.label_smoothing, axis), axis)
        loss = _expected(values, offset, weighted, axis, buffers)
        return _zero_ignored(mask_ignored(labels, options)[1], loss)

    if target.labels is None or options.label_smoothing != 0.0:
        return _each(positions, of_block)
    classes, ignored = mask_ignored(target.labels, options)
    at_label = np.take_along_axis(positions, np.expand_dims(classes, 1), 1).squeeze(1)
    loss = _weighted(0.0 - at_label.astype(np.float64), classes, options)
    return _zero_ignored(ignored, loss)


def _each(
    positions: NDArray[np.floating], of_block: Callable[[Block, Buffers], Array], threads: int = 1
) -> Array:
    losses = np.empty((positions.shape[0], positions.shape[2]))

    def store_losses(block: Block, buffers: Buffers) -> None:
        store_each(losses, block.cut, of_block(block, buffers))

    run_on_blocks(positions, store_losses, threads)
    return losses


def _weighted(loss: Array, classes: Labels, options: Settings) -> Array:
    return loss if options.weight is None else weigh(options.weight[classes], loss)


def weigh(weight: Array, loss: Array) -> Array:
    """weight · loss; 0 where the weight is 0, even if the loss is infinite, but not if it is nan.

    >>> weigh(np.array([2.0, 0.0, 0.0]), np.array([1.5, np.inf, np.nan])).tolist()
    [3.0, 0.0, nan]
    """
    with np.errstate(invalid="ignore", over="ignore"):
        product = weight * loss
    return np.where((weight == 0.0) & ~np.isnan(loss), 0.0, product)


def _smoothed(
    at_label: Array, step: Steps, options: Settings, axis: int, buffers: Buffers
) -> Array:
    """−Σ w_c q_c log p_c = (1−ε)·w_y·ℓ_y + log Σe · Σ v_c − Σ v_c·d_c for v = w·ε/C."""
    weight = np.ones(step.logits.shape[axis]) if options.weight is None else options.weight
    even = options.label_smoothing / weight.size * weight
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        terms = step.shifted(buffers.array("rest", step.logits.shape))
        np.multiply(terms, along(even, axis), out=terms)
        # 0·(−∞) is 0 here, and 0·∞ below.
        (terms if axis == 0 else terms.T)[even == 0] = 0.0
        spread: Array = step.log_sum * sum_along_rows(even) - sum_over_classes(terms, axis, buffers)
        rest = 1.0 - options.label_smoothing
        return rest * at_label + spread if rest else spread


def _expected(
    shifted: Array, log_sum: Array, weighted: Array, axis: int, buffers: Buffers
) -> Array:
    """−Σ v_c·(d_c − log Σe) = log Σe · Σ v_c − Σ v_c·d_c; a term whose v_c is 0 is 0."""
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        terms = np.multiply(weighted, shifted, out=buffers.array("rest", shifted.shape))
        offset = log_sum * sum_over_classes(weighted, axis, buffers)
        loss: Array = offset - sum_over_classes(terms, axis, buffers)
        if np.isnan(loss).any():
            np.copyto(terms, 0.0, where=weighted == 0)
            loss = offset - sum_over_classes(terms, axis, buffers)
    # Where p is 1, −w·q·log p is −0; adding 0 makes it 0.
    return loss + 0.0


def _zero_ignored(ignored: NDArray[np.bool_] | None, loss: Array) -> Array:
    if ignored is not None:
        loss[ignored] = 0.0
    return loss


def reduce_losses(loss: Array, question: Question) -> np.float64 | Array:
    """Reduce the losses: mean Σℓ / Σ share, sum Σℓ, each sum rounded once; none every ℓ."""
    if question.settings.reduction == "none":
        axis = class_axis(len(question.shape))
        each = loss.reshape(question.shape[:axis] + question.shape[axis + 1 :])
        return each[()] if each.ndim == 0 else each
    whole = denominator(question.target, loss.size, question.settings)
    return np.float64(divide(ExactSum.of(loss).value, whole))


def reduce_by_count(losses: Array, reduction: Reduction) -> np.float64 | Array:
    """Reduce losses whose mean divides by their number: each sum rounded once; none every loss."""
    if reduction == "none":
        return losses[()] if losses.ndim == 0 else losses
    total = ExactSum.of(losses).value
    return np.float64(divide(total, losses.size) if reduction == "mean" else total)


def divide(total: float, denominator: float) -> float:
    """total / denominator; nan for a denominator of 0, as of a mean over no samples."""
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
    question = nll_question(log_probs, target, weight, ignore_index, reduction)
    losses = losses_from_log_probs(question.positions, question.target, question.settings)
    return reduce_losses(losses, question)


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
    question = cross_entropy_question(
        logits, target, weight, ignore_index, reduction, label_smoothing, temperature
    )
    threads = threads_for(question.positions.size)
    losses = losses_from_logits(question.positions, question.target, question.settings, threads)
    return reduce_losses(losses, question)
