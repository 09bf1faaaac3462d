"""Puts labels and soft targets that were typed, or come from a second file, into the shape of the
values."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from xentcli.errors import DataError, Place, UsageError, counted, quoted
from xentcli.model import AnyArray, Batch, Origin
from xentcli.readers.interface import Attached, Request
from xentcli.readers.rules import numbers_labels
from xentcli.readers.rules.class_axis import axes_of_input, last_axis_hint
from xentcli.readers.rules.class_indices import LabelTexts, class_indices, texts_of_labels
from xentcli.readers.rules.column_names import count_up
from xentcli.readers.rules.numbers_labels import without_common_prefix

LARGEST = sys.float_info.max


def attach_target(
    batch: Batch, request: Request, source: str, numbers: Sequence[int] | AnyArray
) -> Batch:
    """Attach to a batch the labels or soft targets that come from elsewhere. ``numbers`` are the
    samples' numbers; or, where ids match them, their rows in the second file, -1 for a sample whose
    values were set to nan."""
    attached = request.attached
    if attached is None:
        return batch
    if attached.join is not None:
        return _attach_rows(batch, attached, request, np.asarray(numbers, dtype=np.intp))
    if len(numbers) and attached.size <= numbers[-1]:
        _refuse_more_samples(batch, request, source, numbers)
    if attached.targets is not None:
        return _attach_targets(batch, attached, np.array(numbers, dtype=np.int64))
    labels = _labels_of_samples(attached, batch, request, numbers)
    return batch._replace(labels=labels, target_from=attached.origin)


def _refuse_more_samples(
    batch: Batch, request: Request, source: str, numbers: Sequence[int] | AnyArray
) -> None:
    """Refuse samples for which no label is left.

    A wrong label among those that are left is reported first, as it would be if the samples came in
    smaller blocks.
    """
    attached = request.attached
    assert attached is not None
    there = [number for number in numbers if number < attached.size]
    if attached.targets is None:
        _labels_of_samples(attached, batch, request, there)
    else:
        first = batch._replace(values=batch.values[: len(there)])
        _attach_targets(first, attached, np.array(there, dtype=np.int64))
    raise too_few(attached, source)


def too_few(attached: Attached, source: str) -> DataError:
    """Return the error for a file with more samples than there are labels or targets left."""
    what = "label" if attached.labels is not None else "soft target"
    return DataError(
        f"{counted(attached.size, what)}, but {source} has more samples",
        place=Place(attached.origin.source),
        hint=_file_hint(attached),
    )


def _file_hint(attached: Attached) -> str:
    """Return a hint if the only typed label looks like a file name, else an empty text."""
    if attached.origin.form != "typed" or attached.size != 1:
        return ""
    name = next(iter(texts_of_labels(attached)), "")
    return "--labels-from takes a file of labels" if "." in name.strip(".0123456789") else ""


def _attach_targets(batch: Batch, attached: Attached, rows: AnyArray) -> Batch:
    """Attach to a batch the soft targets in these rows; -1 stands for a sample set to nan."""
    assert attached.targets is not None
    whole, count = np.atleast_2d(attached.targets), batch.values.shape[1]
    if whole.ndim == 2 and whole.shape[1] != count:
        # How many samples there are is not known before the end.
        raise DataError(
            f"soft targets of {whole.shape[1]} numbers each for values of "
            f"{counted(count, 'class', 'classes')}",
            place=Place(attached.origin.source),
            hint="soft targets give one number a class for each sample",
        )
    # Where the logits are nan, any target gives a loss of nan; this one sums to 1.
    found = np.full((len(rows), *whole.shape[1:]), 1.0 / count)
    found[rows >= 0] = whole[rows[rows >= 0]]
    chosen = reorder_targets(attached._replace(targets=found), batch.classes)
    targets = fit_targets(chosen, batch.values)
    return batch._replace(targets=targets, target_from=select_lines(chosen.origin, rows))


def _attach_rows(batch: Batch, attached: Attached, request: Request, rows: AnyArray) -> Batch:
    """Attach to a batch the labels or targets in these rows of the second file."""
    batch = batch._replace(partners=rows)
    if attached.targets is not None:
        return _attach_targets(batch, attached, rows)
    if batch.values.ndim > 2:
        raise labels_lack_positions(attached, batch.values_from.source)
    there = rows >= 0
    labels = np.full(len(rows), numbers_labels.label_for_nan(request.ignore_index))
    labels[there] = _labels_of_samples(attached, batch, request, rows[there])
    return batch._replace(labels=labels, target_from=attached.origin)


def select_lines(origin: Origin, rows: AnyArray) -> Origin:
    """Return the origin of some rows of a second file: their lines, or else their numbers."""
    return origin._replace(lines=np.asarray(origin.lines)[rows] if len(origin.lines) else rows)


def labels_lack_positions(attached: Attached, source: str) -> UsageError:
    """Return the error for labels that ids match with samples of several positions."""
    return UsageError(
        f"{attached.origin.source} has a label a row, {source} has positions",
        hint="--by-position takes the labels of all positions in their order",
    )


def reorder_targets(attached: Attached, classes: Sequence[str]) -> Attached:
    """Put the columns of soft targets in the order of the classes of the same names."""
    origin = attached.origin
    order = _class_order(origin.names, tuple(classes), origin.source)
    if attached.targets is None or order is None or attached.targets.ndim != 2:
        return attached
    origin = origin._replace(
        names=tuple(origin.names[at] for at in order),
        columns=tuple(origin.columns[at] for at in order) if origin.columns else (),
    )
    return attached._replace(targets=attached.targets[:, list(order)], origin=origin)


@lru_cache(maxsize=8)
def _class_order(
    names: tuple[str, ...], classes: tuple[str, ...], source: str
) -> tuple[int, ...] | None:
    """Find for each class the column of its soft targets; None where the columns are in order, or
    where their names do not say which class they are of."""
    targets, wanted = without_common_prefix(names), without_common_prefix(classes)
    if len(targets) != len(wanted) or len(targets) < 2 or targets == wanted:
        return None
    if len(set(targets)) == len(targets) and set(targets) == set(wanted):
        return tuple(targets.index(name) for name in wanted)
    if count_up(targets) and count_up(wanted):
        # One file counts the classes from 0, the other from 1.
        return None
    place = Place(source)
    if set(targets) & set(wanted):
        lacking = next(name for name in wanted if name not in targets)
        raise DataError(
            f"it has no column of the class {quoted(lacking)}, but of others",
            place=place,
            hint=f"its columns are {', '.join(map(quoted, names[:10]))}",
        )
    if all(name.isdecimal() for name in targets) and not count_up(targets):
        raise DataError(
            f"the order of its columns, {', '.join(map(quoted, names[:10]))}, is not that of the "
            "classes, and their names are not the classes' names",
            place=place,
            hint="call its columns as the classes are called",
        )
    return None


def _labels_of_samples(
    attached: Attached, batch: Batch, request: Request, numbers: Sequence[int] | AnyArray
) -> AnyArray:
    assert attached.labels is not None
    count = batch.values.shape[1]
    labels: Any = attached.labels
    if isinstance(labels, np.ndarray | LabelTexts):
        labels = labels[np.array(numbers, dtype=np.int64)]
    else:
        labels = [labels[at] for at in numbers]
    return class_indices(labels, numbers, attached.origin, batch.classes, count, request)


def fit_target(batch: Batch, request: Request) -> Batch:
    """Fit the labels or soft targets from elsewhere, which match by position, to a batch that holds
    all samples."""
    attached, values = request.attached, batch.values
    assert attached is not None
    if attached.labels is not None:
        axis = 1 if values.ndim > 1 else 0
        shape = request.label_shape(values.shape, axis)
        labels = fit_labels(attached, shape, request.classes, values.shape[axis], request)
        return batch._replace(labels=labels, target_from=attached.origin)
    ordered = reorder_targets(attached, request.classes)
    targets = fit_targets(ordered, values, request.class_axis)
    origin = ordered.origin
    if origin.form in ("array", "json") and targets.ndim > 2:
        origin = origin._replace(axes=axes_of_input(targets.ndim, request.class_axis))
    return batch._replace(targets=targets, target_from=origin)


def move_classes_second(values: AnyArray, axis: int) -> AnyArray:
    """Move the class axis of an array to 1; a single sample of shape (C) is left as it is."""
    if values.ndim == 1 and axis in (0, 1, -1):
        return values
    if not -values.ndim <= axis < values.ndim:
        raise UsageError(f"--class-axis {axis}: the values have the shape {values.shape}")
    return np.ascontiguousarray(np.moveaxis(values, axis, 1))


def fit_labels(
    attached: Attached,
    shape: tuple[int, ...],
    classes: Sequence[str],
    class_count: int,
    request: Request,
) -> AnyArray:
    """Turn labels from elsewhere into an array of class indices of that shape."""
    assert attached.labels is not None
    labels = attached.labels
    check_label_shape(attached, shape, class_count, request)
    numbers = range(len(labels))
    found = class_indices(labels, numbers, attached.origin, classes, class_count, request)
    return found.reshape(shape)


def check_label_shape(
    attached: Attached, shape: tuple[int, ...], class_count: int, request: Request
) -> None:
    """Refuse labels that are too few, too many, or typed in lists of another shape. A flat list
    fits any shape, in C order."""
    count, wanted, place = attached.size, math.prod(shape), Place(attached.origin.source)
    # Questions have a label in every column, so the class axis cannot be in doubt.
    values = () if request.questions else (*shape[:1], class_count, *shape[1:])
    if count != wanted:
        what = "question" if request.questions else "sample"
        hint = last_axis_hint(values, request.class_axis, count)
        if not hint and _look_like_targets(attached):
            hint = "soft targets, a number a class, are typed with --target"
        elif not hint and attached.origin.form == "typed" and wanted == 1:
            hint = "a label belongs to a row; for several labels repeat the row, with ; between"
        message = f"{counted(count, 'label')} for {counted(wanted, what)}"
        raise DataError(message, place=place, hint=hint)
    given = tuple(length for length in attached.shape if length != 1)
    if len(given) > 1 and given != tuple(length for length in shape if length != 1):
        message = f"labels of shape {attached.shape} for samples of shape {shape}"
        hint = last_axis_hint(values, request.class_axis, attached.shape)
        raise DataError(message, place=place, hint=hint)


def _look_like_targets(attached: Attached) -> bool:
    """Whether some typed labels are fractions, and so are meant as soft targets."""
    texts = texts_of_labels(attached) if attached.origin.form == "typed" else ()
    return any(re.fullmatch(r"0?\.\d*[1-9]\d*", text) for text in texts)


def are_soft_targets(numbers: Any, request: Request) -> Any:
    """Whether a number, or each of several, can be a soft target: that of a class is finite and not
    negative, that of a yes/no question is from 0 to 1."""
    return (numbers >= 0) & (numbers <= (1.0 if request.questions else LARGEST))


def fit_targets(attached: Attached, values: AnyArray, class_axis: int = 1) -> AnyArray:
    """Put soft targets from elsewhere into the shape of the values."""
    targets = attached.targets
    assert targets is not None
    if targets.ndim == values.ndim:
        targets = move_classes_second(targets, class_axis)
    if targets.ndim == 2 and targets.shape[0] == 1 and values.ndim == 1:
        targets = targets[0]
    if targets.shape != values.shape:
        raise DataError(
            f"soft targets of shape {targets.shape} for values of shape {values.shape}",
            place=Place(attached.origin.source),
            hint="soft targets give one number a class for each sample",
        )
    return targets
