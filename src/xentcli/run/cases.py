"""The numbers of a run as a case: rows, what they are compared with, and the options."""

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


def binary_case(whole: Batch, calculation: Calculation) -> Case:
    """Yes/no questions as a case of two classes, no and yes: a row a question."""
    columns, target = _columns(whole.values), _yes(whole)
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
        _arithmetic(calculation),
        None,
        whole.values_from.source,
        question="bce",
    )
    if of_columns is not None:
        each = np.broadcast_to(np.asarray(of_columns, dtype=np.float64), columns.shape)
        case = case._replace(question_weight=each.reshape(-1).copy())
    return case if weight is not None else case._replace(loss=_binary_loss(columns, target, case))


def _columns(values: AnyArray) -> AnyArray:
    axis = class_axis(values.ndim)
    return np.atleast_2d(np.moveaxis(values, axis, -1)).astype(np.float64)


def _yes(whole: Batch) -> AnyArray:
    """The targets of yes/no questions as shares of yes."""
    if whole.targets is not None:
        return _columns(whole.targets)
    labels = np.asarray(whole.labels)
    if labels.shape == whole.values.shape and _columns(labels).shape[-1] > 1:
        return _columns(labels)
    return np.atleast_2d(np.asarray(whole.labels, dtype=np.float64)[..., np.newaxis])


def _binary_loss(columns: AnyArray, target: AnyArray, case: Case) -> float:
    of = bce.binary_cross_entropy_with_logits if case.kind == "logits" else bce.binary_cross_entropy
    values = columns / case.settings.temperature
    reduction = "mean" if case.settings.reduction == "mean" else "sum"
    with np.errstate(all="ignore"):
        weight = case.question_weight
        if weight is not None:
            weight = weight.reshape(values.shape)
        return float(of(values, target, weight, reduction=reduction)) / case.log_base


def class_case(whole: Batch, calculation: Calculation, question: Question, one_based: bool) -> Case:
    """Classes as a case: a row a position. ``one_based`` labels are brought to count from 0."""
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
        _arithmetic(calculation),
        None,
        whole.values_from.source,
        one_based,
        question=question,
    )
    if one_based:
        return case
    return case._replace(loss=_loss(whole, calculation) if question == "ce" else _divergence(case))


def _divergence(case: Case) -> float | None:
    """The value of ``kl``; None where other options take part, which the search knows."""
    if case.has_weights or case.has_ignored or case.settings.label_smoothing:
        return None
    given = distribution(case.values, case.kind, 1, case.settings.temperature)
    with np.errstate(all="ignore"):
        found = kl.divergences(given._replace(target=case.target)).reshape(-1)
    total = ExactSum.of(found).value / case.log_base
    return total if case.settings.reduction == "sum" else total / found.size


def _arithmetic(calculation: Calculation) -> ArithmeticName:
    if calculation.method == "textbook":
        return "textbook"
    found: ArithmeticName = calculation.dtype or "float64"  # type: ignore[assignment]
    return found


def _loss(whole: Batch, calculation: Calculation) -> float:
    """The value that ``ce`` gives, to the last bit; of a single sample with --reduction none its
    loss."""
    if calculation.settings.reduction == "none":
        settings = calculation.settings._replace(reduction="sum")
        calculation = calculation._replace(settings=settings)
    with np.errstate(over="ignore"):
        total = answers.compute_answer(whole, answers.problem_of(whole, calculation)).total
    return float(summary.reduced_loss(calculation, total))


def check_batch(batch: Batch, calculation: Calculation) -> None:
    """Refuse a batch that the command could not compute with."""
    try:
        answers.problem_of(batch, calculation)
    except ArgumentError as error:
        raise locate(error, batch) from None


def concatenate(parts: Sequence[Batch]) -> Batch:
    """The batches as one, without the rows that other commands pass on."""
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
