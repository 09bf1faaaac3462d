"""Labels and soft targets in the shape of the values; and those that stand apart from them, typed
or in a second file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from xentcli.errors import DataError, Excerpt, Place, UsageError, counted, quoted
from xentcli.model import AnyArray, Batch, Origin
from xentcli.readers.interface import Attached, Request
from xentcli.readers.rules import numbers_labels
from xentcli.readers.rules.class_axis import last_axis_hint
from xentcli.readers.rules.numbers_labels import number_labels


class Word(NamedTuple):
    """A typed value and where it stands in its option's text, or a label's line in its file."""

    text: str
    start: int
    whole: str
    line: int = 1


def attach(batch: Batch, request: Request, source: str, numbers: Sequence[int]) -> Batch:
    """The batch with the labels or soft targets of its samples, whose numbers are given."""
    attached = request.attached
    if attached is None:
        return batch
    if numbers and attached.size <= numbers[-1]:
        what = "label" if attached.labels is not None else "soft target"
        raise DataError(
            f"{counted(attached.size, what)}, but {source} has more samples",
            place=Place(attached.origin.source),
        )
    if attached.targets is not None:
        whole = np.atleast_2d(attached.targets)
        if whole.ndim == 2 and whole.shape[1] != batch.values.shape[1]:
            # How many samples there are is not known before the end.
            classes = counted(batch.values.shape[1], "class", "classes")
            raise DataError(
                f"soft targets of {whole.shape[1]} numbers each for values of {classes}",
                place=Place(attached.origin.source),
                hint="soft targets give one number a class for each sample",
            )
        targets = whole[np.array(numbers, dtype=np.int64)]
        fitted = fit_targets(attached._replace(targets=targets), batch.values)
        origin = attached.origin
        if origin.form == "text":
            origin = origin._replace(lines=[origin.lines[at] for at in numbers])
        return batch._replace(targets=fitted, target_from=origin)
    labels = _labels(attached, batch, request, numbers)
    return batch._replace(labels=labels, target_from=attached.origin)


def _labels(attached: Attached, batch: Batch, request: Request, numbers: Sequence[int]) -> AnyArray:
    assert attached.labels is not None
    count = batch.values.shape[1]
    labels: Any = attached.labels
    if isinstance(labels, np.ndarray):
        labels = labels[np.array(numbers, dtype=np.int64)]
    else:
        labels = [labels[at] for at in numbers]
    return class_indices(labels, numbers, attached.origin, batch.classes, count, request)


def classes_second(values: AnyArray, axis: int) -> AnyArray:
    """The array with the axis of its classes at 1; a single sample of shape (C) stays as it is."""
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
    """Typed labels as an array of that shape."""
    assert attached.labels is not None
    labels = attached.labels
    check_label_shape(attached, shape, class_count, request)
    numbers = range(len(labels))
    found = class_indices(labels, numbers, attached.origin, classes, class_count, request)
    return found.reshape(shape)


def check_label_shape(
    attached: Attached, shape: tuple[int, ...], class_count: int, request: Request
) -> None:
    """Refuse labels that are not as many as that shape wants, or lie in lists of another shape.
    Flat ones are taken in C order."""
    count, wanted, place = attached.size, math.prod(shape), Place(attached.origin.source)
    # Of questions, every column has labels.
    values = () if request.questions else (*shape[:1], class_count, *shape[1:])
    if count != wanted:
        what = "question" if request.questions else "sample"
        hint = last_axis_hint(values, request.class_axis, count)
        if not hint and attached.origin.form == "typed" and wanted == 1:
            hint = "a label belongs to a row; for several labels repeat the row, with ; between"
        message = f"{counted(count, 'label')} for {counted(wanted, what)}"
        raise DataError(message, place=place, hint=hint)
    given = tuple(length for length in attached.shape if length != 1)
    if len(given) > 1 and given != tuple(length for length in shape if length != 1):
        message = f"labels of shape {attached.shape} for samples of shape {shape}"
        hint = last_axis_hint(values, request.class_axis, attached.shape)
        raise DataError(message, place=place, hint=hint)


def fit_targets(attached: Attached, values: AnyArray, class_axis: int = 1) -> AnyArray:
    """Typed soft targets, in the values' shape."""
    targets = attached.targets
    assert targets is not None
    if targets.ndim == values.ndim:
        targets = classes_second(targets, class_axis)
    if targets.ndim == 2 and targets.shape[0] == 1 and values.ndim == 1:
        targets = targets[0]
    if targets.shape != values.shape:
        raise DataError(
            f"soft targets of shape {targets.shape} for values of shape {values.shape}",
            place=Place(attached.origin.source),
            hint="soft targets give one number a class for each sample",
        )
    return targets


def class_indices(
    labels: Any,
    numbers: Sequence[int],
    origin: Origin,
    classes: Sequence[str],
    class_count: int,
    request: Request,
) -> AnyArray:
    """Labels that stand apart, words or an array of numbers, as class indices; each has a number
    from 0. Few words differ, so each text is looked at once."""
    words, class_count = labels, request.label_count(class_count)
    if isinstance(labels, np.ndarray):
        indices, unknown = number_labels(labels, class_count, request.ignore_index)
        if not unknown.any():
            return indices
        words = [Word(repr(value).removesuffix(".0"), 0, "") for value in labels.tolist()]
    known: dict[str, int] = {}
    found = []
    for at, word in zip(numbers, words, strict=True):
        index = known.get(word.text)
        if index is None:
            index = known[word.text] = label_of_word(
                word, at, origin, classes, class_count, request
            )
        found.append(index)
    return np.array(found, dtype=np.int64)


def label_of_word(
    word: Word,
    at: int,
    origin: Origin,
    classes: Sequence[str],
    class_count: int,
    request: Request,
) -> int:
    """One label that stands apart as a class index; ``at`` is its number from 0."""
    try:
        return numbers_labels.label(word.text, classes, class_count, request.ignore_index)
    except numbers_labels.NotANumber as error:
        place = _word_place(word, at, origin)
        raise DataError(
            error.reason.format(quoted(word.text)),
            place=place,
            hint=error.hint,
            if_one_based=error.if_one_based,
        ) from None


def _word_place(word: Word, at: int, origin: Origin) -> Place:
    if origin.form == "typed":
        return Place(origin.source, detail=f"value {at + 1}", excerpt=excerpt_of(word))
    if origin.form == "text":
        return Place(origin.source, word.line, origin.columns[0])
    return Place(origin.source, detail=f"label {at + 1}")


def excerpt_of(word: Word) -> Excerpt:
    """The word within the text that was typed."""
    return Excerpt(word.whole, word.start, word.start + max(1, len(word.text)))
