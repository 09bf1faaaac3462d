"""Makes a case for ``diagnose`` of what a run reads: rows, labels or soft targets, and options."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xentcli.calculation import answers, summary
from xentcli.calculation.commands import Calculation
from xentcli.calculation.remarks import check_kind
from xentcli.core import bce, kl
from xentcli.core.distribution import distribution
from xentcli.core.layout import class_axis
from xentcli.core.total import ExactSum
from xentcli.diagnosis.case import ArithmeticName, Case, Question, as_questions
from xentcli.errors import (
    ArgumentError,
    DataError,
    Place,
    UsageError,
)
from xentcli.model import AnyArray, Batch
from xentcli.run.places import locate


def make_binary_case(whole: Batch, calculation: Calculation) -> Case:
    """Make a case of yes/no questions: two classes, no and yes, and a row for each question."""
    columns, target = _with_columns_last(whole.values), _shares_of_yes(whole)
    if target.shape != columns.shape:
        raise UsageError(
            f"--loss bce of {columns.shape[-1]} columns takes a soft target for each of them",
            hint="--target, --targets-from or --target-cols; labels go with one column",
        )
    outside = ~((target >= 0) & (target <= 1))
    if outside.any():
        raise DataError(
            f"{float(target[outside][0]):g} is no answer to a yes-or-no question (0 to 1)",
            place=Place(whole.values_from.source),
        )
    try:
        check_kind(whole)
    except ArgumentError as error:
        raise locate(error, whole) from None
    weight = whole.sample_weight
    if weight is not None:
        count = len(target.reshape(-1))
        weight = np.repeat(np.asarray(weight, dtype=np.float64), count // len(weight))
    of_columns = calculation.settings.weight
    yes = target.reshape(-1)
    are_labels = bool(np.isin(yes, (0.0, 1.0)).all())
    case = Case(
        as_questions(columns, whole.kind),
        whole.kind,
        columns.shape if columns.shape[-1] > 1 else columns.shape[:-1],
        yes.astype(np.int64) if are_labels else None,
        None if are_labels else np.stack([1.0 - yes, yes], axis=1),
        weight,
        calculation.settings._replace(weight=None),
        calculation.base,
        _arithmetic_of(calculation),
        None,
        whole.values_from.source,
        question="bce",
    )
    if of_columns is not None:
        each = np.broadcast_to(np.asarray(of_columns, dtype=np.float64), columns.shape)
        case = case._replace(question_weight=each.reshape(-1).copy())
    return case if weight is not None else case._replace(loss=_binary_loss(columns, target, case))


def _with_columns_last(values: AnyArray) -> AnyArray:
    """The values in float64, with the axis of the columns (or classes) last and at least one other
    axis."""
    axis = class_axis(values.ndim)
    return np.atleast_2d(np.moveaxis(values, axis, -1)).astype(np.float64)


def _shares_of_yes(whole: Batch) -> AnyArray:
    """The targets of yes/no questions, each as the probability of yes."""
    if whole.targets is not None:
        return _with_columns_last(whole.targets)
    labels = np.asarray(whole.labels)
    if labels.shape == whole.values.shape and _with_columns_last(labels).shape[-1] > 1:
        return _with_columns_last(labels)
    return np.atleast_2d(np.asarray(whole.labels, dtype=np.float64)[..., np.newaxis])


def _binary_loss(columns: AnyArray, target: AnyArray, case: Case) -> float:
    """The value that ``bce`` gives."""
    with_logits, with_probs = bce.binary_cross_entropy_with_logits, bce.binary_cross_entropy
    loss = with_logits if case.kind == "logits" else with_probs
    values = columns / case.settings.temperature
    reduction = "mean" if case.settings.reduction == "mean" else "sum"
    with np.errstate(all="ignore"):
        weight = case.question_weight
        if weight is not None:
            weight = weight.reshape(values.shape)
        return float(loss(values, target, weight, reduction=reduction)) / case.log_base


def make_class_case(
    whole: Batch, calculation: Calculation, question: Question, one_based: bool
) -> Case:
    """Make a case of classes, with a row for each position. 1 is subtracted from labels that are
    ``one_based``."""
    if one_based:
        labels = whole.labels
        if labels is None or labels.min() < 1:
            raise DataError("the labels do not count from 1")
        whole = whole._replace(labels=labels - 1)
    check_batch(whole, calculation)
    values = whole.values
    axis = class_axis(values.ndim)
    last = np.moveaxis(values, axis, -1)
    grid = last.shape[:-1] or (1,)
    rows = np.ascontiguousarray(last.reshape(-1, last.shape[-1]), dtype=np.float64)
    weight = whole.sample_weight
    if weight is not None:
        weight = np.repeat(np.asarray(weight, dtype=np.float64), len(rows) // len(weight))
    soft = None
    if whole.targets is not None:
        soft = np.moveaxis(whole.targets, axis, -1).reshape(rows.shape).astype(np.float64)
    labels = None
    if soft is None:
        labels = np.asarray(whole.labels, dtype=np.int64).reshape(len(rows))
    case = Case(
        rows,
        whole.kind,
        grid,
        labels,
        soft,
        weight,
        calculation.settings,
        calculation.base,
        _arithmetic_of(calculation),
        None,
        whole.values_from.source,
        one_based,
        question=question,
    )
    if one_based:
        return case
    loss = _class_loss(whole, calculation) if question == "ce" else _divergence(case)
    return case._replace(loss=loss)


def _divergence(case: Case) -> float | None:
    """The value that ``kl`` gives. None with options that ``kl`` does not have: their formulas are
    part of the search."""
    if case.has_weights or case.has_ignored or case.settings.label_smoothing:
        return None
    given = distribution(case.values, case.kind, 1, case.settings.temperature)
    with np.errstate(all="ignore"):
        found = kl.divergences(given._replace(target=case.target)).reshape(-1)
    total = ExactSum.of(found).value / case.log_base
    return total if case.settings.reduction == "sum" else total / found.size


def _arithmetic_of(calculation: Calculation) -> ArithmeticName:
    """The name of the arithmetic: ``textbook``, or the dtype."""
    if calculation.method == "textbook":
        return "textbook"
    name: ArithmeticName = calculation.dtype or "float64"  # type: ignore[assignment]
    return name


def _class_loss(whole: Batch, calculation: Calculation) -> float:
    """The value that ``ce`` gives, to the last bit; with --reduction none, the sum of what it
    gives."""
    with np.errstate(over="ignore"):
        total = answers.compute_answer(whole, answers.problem_of(whole, calculation)).total
    return float(summary.reduced_loss(calculation, total))


def check_batch(batch: Batch, calculation: Calculation) -> None:
    """Refuse a batch with which the loss cannot be computed."""
    try:
        answers.problem_of(batch, calculation)
    except ArgumentError as error:
        raise locate(error, batch) from None


def concatenate(parts: Sequence[Batch]) -> Batch:
    """Concatenate batches, without their rows as written, which only other commands pass on."""
    first = parts[0]
    if len(parts) == 1:
        return first
    return first._replace(
        values=np.concatenate([part.values for part in parts]),
        labels=_concatenate([part.labels for part in parts]),
        targets=_concatenate([part.targets for part in parts]),
        sample_weight=_concatenate([part.sample_weight for part in parts]),
    )


def _concatenate(arrays: Sequence[AnyArray | None]) -> AnyArray | None:
    present = [array for array in arrays if array is not None]
    return np.concatenate(present) if present else None
