"""The answer of each command for a batch, and what the batch adds to the totals."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from xentcli.calculation.commands import Calculation
from xentcli.core import elementary, framework, gradient, loss, softmax, textbook
from xentcli.core.layout import Array, as_positions, class_axis
from xentcli.core.loss import Losses
from xentcli.core.target import Target, as_target, one_hot, smoothed
from xentcli.core.total import ExactSum, Total
from xentcli.errors import ArgumentError
from xentcli.model import Answer, AnyArray, Batch


def positions_of(batch: Batch) -> Array:
    """The batch's values as ``(outer, C, inner)``."""
    return as_positions(batch.values, class_axis(batch.values.ndim), batch.kind)


def target_of(batch: Batch, calculation: Calculation) -> Target:
    """The batch's labels or soft targets, checked against its shape."""
    given = batch.targets if batch.targets is not None else batch.labels
    shape = batch.values.shape
    if batch.targets is None and np.shape(given) == shape:
        # Labels of (N,) beside logits of (N,): not soft targets, and not a label a sample either.
        raise ArgumentError("target", f"{np.size(given)} labels for 1 sample")
    return as_target(given, shape, calculation.settings.ignore_index)


def log_probs_of(batch: Batch, calculation: Calculation) -> Array:
    """log p of every position, by the method that was asked for."""
    values, temperature = positions_of(batch), calculation.settings.temperature
    if batch.kind == "log_probs":
        return values
    if batch.kind == "probs":
        return textbook.log(values)
    if calculation.dtype:
        width = framework.WIDTHS[calculation.dtype]
        return framework.softmax(values, width, temperature, log=True).astype(np.float64)
    if calculation.method == "textbook":
        return textbook.log(probs_of(batch, calculation))
    return softmax.of_positions(values, temperature, log=True)


def probs_of(batch: Batch, calculation: Calculation) -> Array:
    """p of every position, by the method that was asked for."""
    values, temperature = positions_of(batch), calculation.settings.temperature
    if batch.kind == "probs":
        return values
    if batch.kind == "log_probs":
        return elementary.exp(values)
    if calculation.dtype:
        width = framework.WIDTHS[calculation.dtype]
        return framework.softmax(values, width, temperature, log=False).astype(np.float64)
    if calculation.method == "textbook":
        return textbook.softmax(textbook.exponential(values, temperature), 1)
    return softmax.of_positions(values, temperature, log=False)


def losses_of(batch: Batch, calculation: Calculation) -> Losses:
    """Each position's loss and its share of the denominator, sample weights included."""
    target = target_of(batch, calculation)
    settings, values = calculation.settings, positions_of(batch)
    if batch.kind == "logits" and calculation.method == "stable" and not calculation.dtype:
        losses = loss.from_logits(values, target, settings)
    elif calculation.method == "textbook":
        losses = _textbook_losses(log_probs_of(batch, calculation), target, calculation)
    else:
        losses = loss.from_log_probs(log_probs_of(batch, calculation), target, settings)
    with np.errstate(over="ignore"):
        each, share = losses.loss / calculation.log_base, losses.share
    if batch.sample_weight is not None:
        weight = np.reshape(batch.sample_weight, (-1, 1))
        with np.errstate(invalid="ignore"):
            # A weight of 0 leaves the sample out, even if its loss is infinite.
            each = np.where((weight == 0) & ~np.isnan(each), 0.0, weight * each)
        share = weight * share
    return Losses(each, share)


def _textbook_losses(log_probs: Array, target: Target, calculation: Calculation) -> Losses:
    weighted, ignored, share = weighted_target(log_probs.shape, target, calculation)
    each = np.add.reduce(textbook.terms(weighted, log_probs), axis=1)
    return Losses(np.where(ignored, 0.0, each), share)


def weighted_target(
    shape: tuple[int, ...], target: Target, calculation: Calculation
) -> tuple[Array, Any, Array]:
    """w·q as ``(outer, C, inner)``, which positions are ignored, and each one's share."""
    settings = calculation.settings
    outer, classes, inner = shape
    if target.labels is None:
        assert target.soft is not None
        hot, ignored = target.soft, np.zeros((outer, inner), dtype=bool)
    else:
        ignored = target.labels == settings.ignore_index
        flat_hot = one_hot(target.labels.ravel(), classes, 1).reshape(outer, inner, classes)
        hot = flat_hot.transpose(0, 2, 1)
    flat = None if target.labels is None else target.labels.ravel()
    share = loss.shares(flat, outer * inner, settings).reshape(outer, inner)
    weighted = smoothed(hot, settings.label_smoothing, 1)
    if settings.weight is not None:
        weighted = settings.weight[:, np.newaxis] * weighted
    return weighted, ignored, share


def gradients_of(batch: Batch, calculation: Calculation, denominator: float) -> Array:
    """The gradient with respect to the batch's logits, in their shape."""
    target, settings = target_of(batch, calculation), calculation.settings
    values, scale = positions_of(batch), gradient.scale_of(denominator)
    if calculation.method == "stable" and not calculation.dtype:
        result = gradient.of_cross_entropy(values, target, settings, scale)
    else:
        weighted, ignored, _ = weighted_target(values.shape, target, calculation)
        difference = textbook.difference(probs_of(batch, calculation), weighted, 1)
        result = gradient.scaled(difference, scale, settings.temperature)
        result = np.where(ignored[:, np.newaxis, :], 0.0, result)
    if batch.sample_weight is not None:
        # + 0.0: a weight of 0 makes no -0.
        result = result * np.reshape(batch.sample_weight, (-1, 1, 1)) + 0.0
    return (result / calculation.log_base).reshape(batch.values.shape)


class Judged(NamedTuple):
    """Each position's loss and share as ``(outer, inner)``, whether it is ignored, and the class
    that is predicted: −1 where the largest value is nan, None where nobody wants to know."""

    losses: Losses
    ignored: AnyArray
    predicted: AnyArray = None


class Answered(NamedTuple):
    """A command's answer for a batch, what the batch adds to the totals, and of a loss how each
    position fared."""

    answer: Answer
    total: Total
    judged: Judged | None = None


def judged(batch: Batch, losses: Losses, calculation: Calculation) -> Judged:
    """How each position of a batch fared."""
    shape = losses.loss.shape
    ignored = np.zeros(shape, dtype=bool)
    if batch.labels is not None:
        ignored = np.reshape(batch.labels, shape) == calculation.settings.ignore_index
    predicted = predicted_classes(batch) if calculation.want_accuracy else None
    return Judged(losses, ignored, predicted)


def predicted_classes(batch: Batch) -> AnyArray:
    """The class with the largest value at each position; −1 where that is nan."""
    positions = positions_of(batch)
    found = np.argmax(positions, axis=1)
    # argmax takes a nan for the largest.
    largest = np.take_along_axis(positions, found[:, np.newaxis], 1)[:, 0]
    return np.where(np.isnan(largest), -1, found)


def hits(batch: Batch, judged: Judged) -> AnyArray:
    """Where the predicted class is a label that counts; None where there is nothing to compare."""
    if batch.labels is None or judged.predicted is None:
        return None
    return (judged.predicted == np.reshape(batch.labels, judged.ignored.shape)) & ~judged.ignored


def total_of(batch: Batch, judged: Judged) -> Total:
    """What a batch adds to the totals of a loss."""
    losses, hit = judged.losses, hits(batch, judged)
    return Total(
        ExactSum.of(losses.loss),
        ExactSum.of(losses.share),
        losses.loss.size,
        int(np.count_nonzero(judged.ignored)),
        0 if hit is None else int(np.count_nonzero(hit)),
    )


def share_total(batch: Batch, calculation: Calculation) -> Total:
    """What a batch adds to the denominator, without its losses."""
    target = target_of(batch, calculation)
    outer, _, inner = positions_of(batch).shape
    flat = None if target.labels is None else target.labels.ravel()
    share = loss.shares(flat, outer * inner, calculation.settings).reshape(outer, inner)
    if batch.sample_weight is not None:
        share = share * np.reshape(batch.sample_weight, (-1, 1))
    ignored = 0
    if flat is not None:
        ignored = int(np.count_nonzero(flat == calculation.settings.ignore_index))
    return Total(weight=ExactSum.of(share), samples=outer * inner, ignored=ignored)


def answer(batch: Batch, calculation: Calculation, denominator: float = 1.0) -> Answered:
    """A command's answer for a batch."""
    shape = batch.values.shape
    field = calculation.command.field
    if field == "loss":
        fared = judged(batch, losses_of(batch, calculation), calculation)
        axis = class_axis(batch.values.ndim)
        each = fared.losses.loss.reshape(shape[:axis] + shape[axis + 1 :])
        found = Answer(field, _narrowed(each, calculation))
        return Answered(found, total_of(batch, fared), fared)
    if field == "grad":
        values = gradients_of(batch, calculation, denominator)
        return Answered(
            Answer(field, _narrowed(values, calculation)), share_total(batch, calculation)
        )
    compute = probs_of if field == "probs" else log_probs_of
    values = compute(batch, calculation).reshape(shape)
    count = values.size // positions_of(batch).shape[1]
    return Answered(Answer(field, _narrowed(values, calculation)), Total(samples=count))


def _narrowed(values: Array, calculation: Calculation) -> Array:
    """The values as a framework of the asked width would hold them."""
    if calculation.dtype is None:
        return values
    width = framework.WIDTHS[calculation.dtype].numpy
    with np.errstate(over="ignore", under="ignore"):
        return values.astype(width)
