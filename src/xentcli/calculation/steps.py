"""Every step of a worked sample, named in order, with its formula.

The numbers come from the same functions that compute the answer for a whole file, and the last
step of each sample is that answer.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from xentcli.calculation import answers
from xentcli.calculation.commands import Calculation
from xentcli.calculation.softmax_steps import ToLogProbs, beside, each, one, to_log_probs
from xentcli.core import gradient, loss, textbook
from xentcli.core.entropy import divergence, entropy_of
from xentcli.core.layout import FEW_CLASSES, Array, as_positions, class_axis
from xentcli.core.softmax import sum_over_classes
from xentcli.core.target import one_hot, smoothed
from xentcli.model import Batch, Step, Worked


class _Sample(NamedTuple):
    """One position as a block of one, what it is measured against, and what came out."""

    block: Array
    axis: int
    label: int | None = None
    soft: Array | None = None
    ignored: bool = False
    row_weight: float | None = None
    loss: float | None = None
    share: float | None = None
    gradient: Array | None = None


def worked(
    batch: Batch, calculation: Calculation, count: int, denominator: float = 1.0
) -> tuple[Worked, ...]:
    """The first ``count`` samples of a batch with every step kept."""
    if count <= 0:
        return ()
    return tuple(
        _worked(sample, where, batch, calculation, denominator)
        for where, sample in _samples(batch, calculation, count, denominator)
    )


def _worked(
    sample: _Sample,
    where: tuple[int, int],
    batch: Batch,
    calculation: Calculation,
    denominator: float,
) -> Worked:
    start = to_log_probs(sample.block, sample.axis, batch.kind, calculation)
    found = Worked(
        position=_position(batch, where),
        steps=_steps(sample, start, calculation, denominator),
        label=sample.label,
        ignored=sample.ignored,
        loss=sample.loss,
        share=sample.share,
    )
    if sample.soft is None or has_weights(sample, calculation):
        return found
    target = smoothed(sample.soft, calculation.settings.label_smoothing, sample.axis)
    base = calculation.log_base
    return found._replace(
        entropy=float(entropy_of(target, sample.axis)[0]) / base,
        divergence=float(divergence(target, start.log_probs, sample.axis)[0]) / base,
    )


def _position(batch: Batch, where: tuple[int, int]) -> tuple[int, ...]:
    inner = np.unravel_index(where[1], batch.values.shape[2:]) if batch.values.ndim > 2 else ()
    return (batch.first + where[0], *(int(i) for i in inner))


def _samples(
    batch: Batch, calculation: Calculation, count: int, denominator: float
) -> list[tuple[tuple[int, int], _Sample]]:
    values = batch.values
    positions = as_positions(values, class_axis(values.ndim), batch.kind)
    outer, classes, inner = positions.shape
    axis = 0 if classes < FEW_CLASSES else 1
    places = [divmod(at, inner) for at in range(min(count, outer * inner))]

    def block(array: Array, where: tuple[int, int]) -> Array:
        row = array[where[0], :, where[1]].astype(np.float64)
        return np.ascontiguousarray(np.expand_dims(row, 1 - axis))

    if not calculation.command.has_target:
        return [(where, _Sample(block(positions, where), axis)) for where in places]
    target = answers.target_of(batch, calculation)
    losses = answers.losses_of(batch, calculation)
    gradients = None
    if calculation.command.field == "grad":
        found = answers.gradients_of(batch, calculation, denominator)
        gradients = found.reshape(positions.shape)
    result = []
    for where in places:
        label = None if target.labels is None else int(target.labels[where])
        sample = _Sample(
            block(positions, where),
            axis,
            label,
            None if target.soft is None else block(target.soft, where),
            label == calculation.settings.ignore_index and target.soft is None,
            None if batch.sample_weight is None else float(batch.sample_weight[where[0]]),
            float(losses.loss[where]),
            float(losses.share[where]),
            None if gradients is None else block(gradients, where),
        )
        result.append((where, sample))
    return result


def _steps(
    sample: _Sample, start: ToLogProbs, calculation: Calculation, denominator: float
) -> tuple[Step, ...]:
    if not calculation.command.has_target:
        return start.steps
    shown, weighted = _target_steps(sample, start, calculation)
    steps = (*start.steps, *shown, *_loss_steps(sample, start, weighted, calculation))
    if calculation.command.field != "grad":
        return steps
    return (*steps, *_gradient_steps(sample, start, weighted, calculation, denominator))


def _target_steps(
    sample: _Sample, start: ToLogProbs, calculation: Calculation
) -> tuple[tuple[Step, ...], Array]:
    """The steps ``target`` and ``weight``, and w·q."""
    settings, axis, row = calculation.settings, sample.axis, sample.row_weight
    classes, smoothing = start.probs.shape[axis], settings.label_smoothing
    if sample.soft is None:
        hot, name = one_hot(np.array([sample.label]), classes, axis), "onehot(y)"
    else:
        hot, name = sample.soft, "t"
    formula = f"q = (1−ε)·{name} + ε/C" if smoothing else f"q = {name}"
    if sample.ignored:
        formula = "q = 0: ignored"
    target = np.zeros_like(hot) if sample.ignored else smoothed(hot, smoothing, axis)
    shown = [each("target", formula, target)]
    weighted = loss.products(settings.weight, target, axis)
    if has_weights(sample, calculation):
        weight = np.ones(classes) if settings.weight is None else settings.weight
        formula = "w" if row is None else f"w, times the sample's {row!r}"
        shown.append(each("weight", formula, weight * (1.0 if row is None else row)))
        weighted = weighted * (1.0 if row is None else row)
    return tuple(shown), np.zeros_like(weighted) if sample.ignored else weighted


def has_weights(sample: _Sample, calculation: Calculation) -> bool:
    """Whether weights of classes or samples take part."""
    return calculation.settings.weight is not None or sample.row_weight is not None


def _loss_steps(
    sample: _Sample, start: ToLogProbs, weighted: Array, calculation: Calculation
) -> tuple[Step, ...]:
    by_textbook = calculation.method == "textbook"
    terms = (textbook.terms if by_textbook else loss.terms)(weighted, start.log_probs)
    if sample.ignored:
        terms = np.zeros_like(terms)
    formula = "ℓ = Σ terms"
    if calculation.base != "e":
        formula += f" / ln {calculation.base}"
    if sample.ignored:
        formula = f"0: label {sample.label} is ignored"
    note = _beside_stable(sample, calculation) if by_textbook and start.from_logits else ""
    product = "−w·q·log p" if has_weights(sample, calculation) else "−q·log p"
    return (
        each("term", product, terms),
        one("loss", formula, np.array([sample.loss]), note),
    )


def _beside_stable(sample: _Sample, calculation: Calculation) -> str:
    """How far the textbook's loss of a sample is from the stable one."""
    stable = to_log_probs(sample.block, sample.axis, "logits", as_stable(calculation))
    _, weighted = _target_steps(sample, stable, calculation)
    exact = sum_over_classes(loss.terms(weighted, stable.log_probs), sample.axis)
    return beside(np.array([sample.loss]), exact / calculation.log_base)


def as_stable(calculation: Calculation) -> Calculation:
    """The same calculation by the stable method."""
    return calculation._replace(method="stable")


def _gradient_steps(
    sample: _Sample,
    start: ToLogProbs,
    weighted: Array,
    calculation: Calculation,
    denominator: float,
) -> tuple[Step, ...]:
    settings, axis = calculation.settings, sample.axis
    total = np.expand_dims(sum_over_classes(weighted, axis), axis)
    plain = calculation.method == "textbook" or calculation.dtype is not None
    if sample.ignored:
        difference = np.zeros_like(start.probs)
    elif plain or sample.label is None or settings.label_smoothing != 0.0:
        difference = textbook.difference(start.probs, weighted, axis)
    else:
        label = np.array([sample.label])
        at_label = loss.pick(start.log_probs, label, axis)
        difference = gradient.less_one_at(start.probs, label, at_label, axis) * total
    scale = gradient.scale_of(denominator) / calculation.log_base / settings.temperature
    weights = has_weights(sample, calculation)
    return (
        each("difference", "p·Σwq − w·q" if weights else "p − q", difference),
        one("scale", _scale_formula(calculation), np.array([scale])),
        each("grad", "scale · difference", sample.gradient),
    )


def _scale_formula(calculation: Calculation) -> str:
    settings = calculation.settings
    parts = ["1"]
    if settings.reduction == "mean":
        parts.append("denominator")
    if settings.temperature != 1.0:
        parts.append("T")
    if calculation.base != "e":
        parts.append(f"ln {calculation.base}")
    return " / ".join(parts)
