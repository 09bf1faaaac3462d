"""Values and labels typed on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np

from xentcli.errors import DataError, Place, UsageError, counted, quoted
from xentcli.model import AnyArray, Batch, Kind, Origin
from xentcli.readers import pasted
from xentcli.readers.interface import Attached, Opened, Request, opened_whole
from xentcli.readers.rules import numbers_labels
from xentcli.readers.rules.keys import check_class_names
from xentcli.readers.rules.targets import (
    Word,
    classes_second,
    excerpt_of,
    fit_labels,
    fit_targets,
    in_class_order,
)

# An ignore_index that no text can be: weights name classes alone.
NO_INDEX = -(2**62)
OPTION_OF: dict[Kind, str] = {
    "logits": "--logits",
    "probs": "--probs",
    "log_probs": "--log-probs",
}


def open_typed(texts: Sequence[str], kind: Kind, request: Request) -> Opened:
    """The samples of ``--logits`` and its like."""
    option = OPTION_OF[kind]
    values = classes_second(typed_array(texts, option), request.class_axis)
    class_count = values.shape[1 if values.ndim > 1 else 0]
    if class_count == 0:
        raise DataError("there are no values", place=Place(option))
    check_class_names(request.classes, class_count, f", {option} has {class_count}")
    if request.attached is not None and request.attached.origin.form != "typed":
        from xentcli.readers.rules.join import pair_files

        request = pair_files(request, (), Place(option))
    batch = Batch(values, kind, Origin(option, "typed"), request.classes)
    attached = request.attached
    if attached is not None:
        batch = _with_target(batch, attached, request)
    opened = opened_whole(option, batch, request.class_axis)
    on_pairing = () if attached is None else attached.remarks
    return opened._replace(remarks=(*opened.remarks, *on_pairing))


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
        shape = request.label_shape(values.shape, axis)
        labels = fit_labels(attached, shape, request.classes, values.shape[axis], request)
    else:
        ordered = in_class_order(attached, request.classes)
        targets = fit_targets(ordered, values, request.class_axis)
    return batch._replace(labels=labels, targets=targets, target_from=attached.origin)


def typed_array(texts: Sequence[str], option: str) -> AnyArray:
    """``(C)`` for one sample, ``(N, C)`` for several; nested lists may have any shape."""
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
    """Refuse a value that is an option: the option before it lacks its value."""
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
        return numbers_labels.number(word.text)
    except numbers_labels.NotANumber as error:
        place = Place(
            option, detail=f"sample {sample + 1}, value {at + 1}", excerpt=excerpt_of(word)
        )
        message = error.reason.format(quoted(word.text)) if word.text else "the value is missing"
        hint = error.hint if word.text else ""
        raise DataError(message, place=place, hint=hint) from None


def _from_lists(text: str, option: str) -> AnyArray:
    """The array of nested lists, as JSON has them or as a program prints them."""
    from xentcli.readers.json.nested import as_array

    value = _json(text)
    if value is not None:
        return as_array(value, Place(option), "$")
    found = pasted.printed(text, option)
    numbers = [_printed_number(word, text, option) for word in found.words]
    if not isinstance(found.value, list):
        return np.array(numbers[0])
    return np.array(numbers, dtype=np.float64).reshape(_shape(found.value, option))


def _json(text: str) -> Any:
    """A text as JSON if that is a list, else None."""
    import json

    from xentcli.readers.json.nested import Spelled

    try:
        value = json.loads(text, parse_constant=Spelled)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None


def _shape(value: Any, option: str) -> tuple[int, ...]:
    """The shape of nested lists, whatever is in them."""
    from xentcli.readers.json.nested import as_array

    return as_array(_zeros(value), Place(option), "$").shape


def _zeros(value: Any) -> Any:
    """Lists of the same shapes, with 0 for each number."""
    return [_zeros(item) for item in value] if isinstance(value, list) else 0.0


def _printed_number(word: pasted.Word, text: str, option: str) -> float:
    try:
        return numbers_labels.number(word.text)
    except numbers_labels.NotANumber as error:
        place = Place(option, excerpt=excerpt_of(Word(word.text, word.start, text)))
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
                shape = _shape(value, option)
        elif "," in text or ";" in text:
            words += [word for sample in _name_lists(text) for word in sample]
        else:
            words += _words(text, 0, len(text)) if _all_indices(text) else [_trim(text)]
    for word in words:
        if word.text in ("...", "…"):
            raise DataError(pasted.SHORTENED, place=Place(option), hint=pasted.WHOLE)
    return Attached(tuple(words), None, Origin(option, "typed"), len(words), shape)


def _all_indices(text: str) -> bool:
    return all(numbers_labels.NUMBER.fullmatch(word) for word in text.split())


def _trim(text: str) -> Word:
    return Word(text.strip(), len(text) - len(text.lstrip()), text)


def _name_lists(text: str) -> list[list[Word]]:
    """Words split at commas and semicolons only, because a class name may contain blanks."""
    words, start = [], 0
    for piece in text.replace(";", ",").split(","):
        lead = len(piece) - len(piece.lstrip())
        words.append(Word(piece.strip(), start + lead, text))
        start += len(piece) + 1
    return [words]


def _flat(value: Any) -> list[Any]:
    """The items of nested lists in order."""
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


def typed_weights(
    texts: Sequence[str],
    classes: Sequence[str],
    count: int,
    option: str = "--weight",
    *,
    signed: bool = False,
) -> list[float]:
    """``--weight``: one number a class, or ``name=w`` for some classes and 1 for the rest; negative
    only where ``signed``."""
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
            weights[_class_of(name, classes, count, option)] = _weight(word, value, at, option)
    for at, weight in enumerate(weights):
        if not (signed or weight >= 0) or not isfinite(weight):
            raise UsageError(
                f"{option}, value {at + 1}: {weight!r} is not a finite number"
                + ("" if signed else " from 0 up")
            )
    return weights


def _plain_weights(text: str, option: str) -> list[float]:
    text = text.translate(pasted.MARKS)
    if pasted.is_printed(text):
        flat: list[float] = np.ravel(_from_lists(text, option)).tolist()
        return flat
    words = [word for sample in samples_of(text) for word in sample]
    return [_weight(word, word.text, at, option) for at, word in enumerate(words)]


def _class_of(name: str, classes: Sequence[str], count: int, option: str) -> int:
    try:
        return numbers_labels.label(name, classes, count, NO_INDEX)
    except numbers_labels.NotANumber as error:
        raise UsageError(
            f"{option}: {error.reason.format(quoted(name))}", hint=error.hint
        ) from None


def _weight(word: Word, value: str, at: int, option: str) -> float:
    try:
        return numbers_labels.number(value)
    except numbers_labels.NotANumber as error:
        raise UsageError(
            f"{option}, value {at + 1}: {error.reason.format(quoted(value))}", hint=error.hint
        ) from None
