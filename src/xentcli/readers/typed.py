"""Values and labels typed on the command line."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from xentcli.errors import DataError, Excerpt, Place, UsageError, counted, quoted
from xentcli.model import AnyArray, Batch, Kind, Origin
from xentcli.readers import pasted
from xentcli.readers.interface import Attached, Chunk, Opened, Request
from xentcli.readers.json.nested import Spelled, as_array, classes_second
from xentcli.readers.rules import numbers_labels as cells
from xentcli.readers.rules.class_axis import last_axis_hint
from xentcli.readers.rules.number_labels import number_labels

# An ignore_index that no text can be: weights name classes alone.
NO_INDEX = -(2**62)
OPTION_OF: dict[Kind, str] = {
    "logits": "--logits",
    "probs": "--probs",
    "log_probs": "--log-probs",
}


class Word(NamedTuple):
    """A typed value and where it stands in its option's text, or a label's line in its file."""

    text: str
    start: int
    whole: str
    line: int = 1


def open_typed(texts: Sequence[str], kind: Kind, request: Request) -> Opened:
    """The samples of ``--logits`` and its like."""
    option = OPTION_OF[kind]
    values = classes_second(typed_array(texts, option), request.class_axis)
    class_count = values.shape[1 if values.ndim > 1 else 0]
    if class_count == 0:
        raise DataError("there are no values", place=Place(option))
    if request.classes and len(request.classes) != class_count:
        raise UsageError(
            f"--classes names {len(request.classes)} classes, {option} has {class_count}"
        )
    batch = Batch(values, kind, Origin(option, "typed"), request.classes)
    attached = request.attached
    if attached is not None:
        batch = _with_target(batch, attached, request)
    return opened_whole(option, batch, request.class_axis)


def opened_whole(source: str, batch: Batch, class_axis: int) -> Opened:
    """An input that is one batch, in memory already."""
    values = batch.values
    return Opened(
        source,
        batch.kind,
        values.shape[1 if values.ndim > 1 else 0],
        batch.classes,
        partial(iter, (Chunk(0, 0, 1 if values.ndim == 1 else len(values), batch),)),
        _batch_of,
        has_labels=batch.labels is not None,
        has_targets=batch.targets is not None,
        single=values.ndim == 1,
        dimensions=max(0, values.ndim - 2),
        class_axis=class_axis,
    )


def _batch_of(chunk: Chunk) -> Batch:
    batch: Batch = chunk.data
    return batch


def class_names(text: str) -> tuple[str, ...]:
    """``--classes cat,dog,fox``."""
    names = tuple(name.strip() for name in text.split(","))
    for at, name in enumerate(names):
        if not name:
            raise UsageError(f"--classes, value {at + 1}: the name is missing")
        if name in names[:at]:
            raise UsageError(f"--classes: {quoted(name)} is named twice")
    return names


def _with_target(batch: Batch, attached: Attached, request: Request) -> Batch:
    values = batch.values
    labels = targets = None
    if attached.labels is not None:
        axis = 1 if values.ndim > 1 else 0
        shape = values.shape[:axis] + values.shape[axis + 1 :]
        labels = fitted_labels(attached, shape, request.classes, values.shape[axis], request)
    else:
        targets = fitted_targets(attached, values, request.class_axis)
    return batch._replace(labels=labels, targets=targets, target_from=attached.origin)


def fitted_labels(
    attached: Attached,
    shape: tuple[int, ...],
    classes: Sequence[str],
    class_count: int,
    request: Request,
) -> AnyArray:
    """Typed labels as an array of that shape."""
    assert attached.labels is not None
    labels = attached.labels
    check_label_shape(attached, (*shape[:1], class_count, *shape[1:]), request.class_axis)
    numbers = range(len(labels))
    found = indices_of(labels, numbers, attached.origin, classes, class_count, request)
    return found.reshape(shape)


def check_label_shape(attached: Attached, values: tuple[int, ...], class_axis: int) -> None:
    """Refuse labels that are not as many as the samples of values of that shape, classes second, or
    lie in lists of another shape. Flat ones are taken in C order."""
    shape = values[:1] + values[2:] if len(values) > 1 else ()
    count, wanted, place = len(attached.labels), math.prod(shape), Place(attached.origin.source)
    if count != wanted:
        message = f"{counted(count, 'label')} for {counted(wanted, 'sample')}"
        hint = last_axis_hint(values, class_axis, count)
        if not hint and attached.origin.form == "typed" and wanted == 1:
            hint = "a label belongs to a row; for several labels repeat the row, with ; between"
        raise DataError(message, place=place, hint=hint)
    given = tuple(length for length in attached.shape if length != 1)
    if len(given) > 1 and given != tuple(length for length in shape if length != 1):
        message = f"labels of shape {attached.shape} for samples of shape {shape}"
        hint = last_axis_hint(values, class_axis, attached.shape)
        raise DataError(message, place=place, hint=hint)


def fitted_targets(attached: Attached, values: AnyArray, class_axis: int = 1) -> AnyArray:
    """Typed soft targets, in the values' shape."""
    targets = attached.targets
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


def indices_of(
    labels: Any,
    numbers: Sequence[int],
    origin: Origin,
    classes: Sequence[str],
    class_count: int,
    request: Request,
) -> AnyArray:
    """Labels that stand apart, words or an array of numbers, as class indices; each has a number
    from 0. Few words differ, so each text is looked at once."""
    words = labels
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
            index = known[word.text] = typed_label(word, at, origin, classes, class_count, request)
        found.append(index)
    return np.array(found, dtype=np.int64)


def typed_label(
    word: Word,
    at: int,
    origin: Origin,
    classes: Sequence[str],
    class_count: int,
    request: Request,
) -> int:
    """One label that stands apart as a class index; ``at`` is its number from 0."""
    try:
        return cells.label(word.text, classes, class_count, request.ignore_index)
    except cells.NotANumber as error:
        place = _word_place(word, at, origin)
        raise DataError(
            error.reason.format(quoted(word.text)), place=place, hint=error.hint
        ) from None


def _word_place(word: Word, at: int, origin: Origin) -> Place:
    if origin.form == "typed":
        return Place(origin.source, detail=f"value {at + 1}", excerpt=_excerpt(word))
    if origin.form == "text":
        return Place(origin.source, word.line, origin.columns[0])
    return Place(origin.source, detail=f"label {at + 1}")


def typed_array(texts: Sequence[str], option: str) -> AnyArray:
    """``(C)`` for one sample, ``(N, C)`` for several, any shape for nested lists."""
    check_swallowed(texts, option)
    texts = [text.translate(pasted.MARKS) for text in texts]
    if len(texts) == 1 and pasted.is_printed(texts[0]):
        return np.atleast_1d(_from_lists(texts[0], option))
    samples: list[list[float]] = []
    for text in texts:
        pasted.check_whole(text, option)
        if pasted.is_printed(text):
            array = _from_lists(text, option)
            if array.ndim > 2:
                raise UsageError(f"{option}: lists deeper than two levels are given in one piece")
            samples.extend(np.atleast_2d(array).tolist())
            continue
        for words in samples_of(text):
            row = [_number(word, len(samples), at, option) for at, word in enumerate(words)]
            samples.append(row)
    for at, row in enumerate(samples):
        if len(row) != len(samples[0]):
            raise DataError(
                f"{counted(len(row), 'value')}, where sample 1 has {len(samples[0])}",
                place=Place(option, detail=f"sample {at + 1}"),
            )
    return np.array(samples[0] if len(samples) == 1 else samples, dtype=np.float64)


def check_swallowed(texts: Sequence[str], option: str) -> None:
    """Refuse a value that is an option: the one before it was left without a value."""
    for text in texts:
        if text.startswith("--"):
            raise UsageError(f"{option} needs a value, but {quoted(text)} follows it")


def samples_of(text: str) -> list[list[Word]]:
    """The words of each sample: samples are split by ``;``, values by commas or white space."""
    samples, start = [], 0
    for part in text.split(";"):
        samples.append(_words(text, start, start + len(part)))
        start += len(part) + 1
    if len(samples) > 1 and not samples[-1][0].text:
        samples.pop()
    return samples


def _words(whole: str, start: int, end: int) -> list[Word]:
    words = []
    for piece in whole[start:end].split(","):
        found = piece.split() or [""]
        at = start
        for text in found:
            at = whole.index(text, at)
            words.append(Word(text, at, whole))
            at += len(text)
        start += len(piece) + 1
    return words


def _number(word: Word, sample: int, at: int, option: str) -> float:
    try:
        return cells.number(word.text)
    except cells.NotANumber as error:
        place = Place(option, detail=f"sample {sample + 1}, value {at + 1}", excerpt=_excerpt(word))
        message = error.reason.format(quoted(word.text)) if word.text else "the value is missing"
        hint = error.hint if word.text else ""
        raise DataError(message, place=place, hint=hint) from None


def _excerpt(word: Word) -> Excerpt:
    return Excerpt(word.whole, word.start, word.start + max(1, len(word.text)))


def _from_lists(text: str, option: str) -> AnyArray:
    """The array of nested lists, as JSON has them or as a program prints them."""
    value = _json(text)
    if value is not None:
        return as_array(value, Place(option), "$")
    found = pasted.printed(text, option)
    numbers = [_printed_number(word, text, option) for word in found.words]
    if not isinstance(found.value, list):
        return np.array(numbers[0])
    shape = as_array(_zeros(found.value), Place(option), "$").shape
    return np.array(numbers, dtype=np.float64).reshape(shape)


def _json(text: str) -> Any:
    """The list that a text is as JSON; None if it is none."""
    import json

    try:
        value = json.loads(text, parse_constant=Spelled)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None


def _zeros(value: Any) -> Any:
    """Lists of the same shapes."""
    return [_zeros(item) for item in value] if isinstance(value, list) else 0.0


def _printed_number(word: pasted.Word, text: str, option: str) -> float:
    try:
        return cells.number(word.text)
    except cells.NotANumber as error:
        place = Place(option, excerpt=_excerpt(Word(word.text, word.start, text)))
        raise DataError(
            error.reason.format(quoted(word.text)), place=place, hint=error.hint
        ) from None


def typed_labels(texts: Sequence[str], option: str = "--label") -> Attached:
    """``--label``: indices or names, split by commas (or by spaces); nested lists too."""
    check_swallowed(texts, option)
    words: list[Word] = []
    shape: tuple[int, ...] = ()
    for text in (text.translate(pasted.COMMAS) for text in texts):
        if pasted.are_printed_labels(text):
            value = _json(text)
            if value is None:
                found = pasted.printed(text, option)
                value = found.value
                words += [Word(word.text, word.start, text) for word in found.words]
            else:
                words += [Word(str(item), 0, text) for item in _flat(value)]
            if len(texts) == 1 and isinstance(value, list):
                shape = as_array(_zeros(value), Place(option), "$").shape
        elif "," in text or ";" in text:
            words += [word for sample in _name_lists(text) for word in sample]
        else:
            words += _words(text, 0, len(text)) if _all_indices(text) else [_trimmed(text)]
    for word in words:
        if word.text in ("...", "…"):
            raise DataError(pasted.SHORTENED, place=Place(option), hint=pasted.WHOLE)
    return Attached(tuple(words), None, Origin(option, "typed"), len(words), shape)


def _all_indices(text: str) -> bool:
    return all(cells.NUMBER.fullmatch(word) for word in text.split())


def _trimmed(text: str) -> Word:
    return Word(text.strip(), len(text) - len(text.lstrip()), text)


def _name_lists(text: str) -> list[list[Word]]:
    """Words split at commas and semicolons only: a class name may hold spaces."""
    words, start = [], 0
    for piece in text.replace(";", ",").split(","):
        lead = len(piece) - len(piece.lstrip())
        words.append(Word(piece.strip(), start + lead, text))
        start += len(piece) + 1
    return [words]


def _flat(value: Any) -> list[Any]:
    """The items of nested lists in order, however deep these are."""
    left, found = [value], []
    while left:
        item = left.pop()
        if isinstance(item, list):
            left += reversed(item)
        else:
            found.append(item)
    return found


def typed_targets(texts: Sequence[str], option: str = "--target") -> Attached:
    """``--target``: soft targets in the notation of ``--logits``."""
    targets = typed_array(texts, option)
    return Attached(None, targets, Origin(option, "typed"), len(np.atleast_2d(targets)))


def typed_weights(texts: Sequence[str], classes: Sequence[str], count: int) -> list[float]:
    """``--weight``: one number a class, or ``name=w`` for some classes and 1 for the rest."""
    option = "--weight"
    check_swallowed(texts, option)
    if not any("=" in text for text in texts):
        weights = [float(value) for text in texts for value in _plain_weights(text, option)]
        if len(weights) != count:
            raise UsageError(f"{option}: {counted(len(weights), 'weight')} for {count} classes")
    else:
        weights = [1.0] * count
        words = [word for text in texts for part in _name_lists(text) for word in part]
        for at, word in enumerate(words):
            name, sign, value = word.text.rpartition("=")
            if not sign:
                raise UsageError(
                    f"{option}, value {at + 1}: {quoted(word.text)} is not of the form name=w; "
                    "give a weight for each class, or all of them by name"
                )
            weights[_class_of(name, classes, count)] = _weight(word, value, at)
    for at, weight in enumerate(weights):
        if not weight >= 0 or weight == float("inf"):
            raise UsageError(
                f"{option}, value {at + 1}: {weight!r} is not a finite number from 0 up"
            )
    return weights


def _plain_weights(text: str, option: str) -> list[float]:
    text = text.translate(pasted.MARKS)
    if pasted.is_printed(text):
        flat: list[float] = np.ravel(_from_lists(text, option)).tolist()
        return flat
    words = [word for sample in samples_of(text) for word in sample]
    return [_weight(word, word.text, at) for at, word in enumerate(words)]


def _class_of(name: str, classes: Sequence[str], count: int) -> int:
    try:
        return cells.label(name, classes, count, NO_INDEX)
    except cells.NotANumber as error:
        raise UsageError(
            f"--weight: {error.reason.format(quoted(name))}", hint=error.hint
        ) from None


def _weight(word: Word, value: str, at: int) -> float:
    try:
        return cells.number(value)
    except cells.NotANumber as error:
        raise UsageError(
            f"--weight, value {at + 1}: {error.reason.format(quoted(value))}", hint=error.hint
        ) from None
