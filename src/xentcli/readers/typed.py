"""Reads values, labels, soft targets and class weights that are typed on the command line."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite
from typing import Any

import numpy as np

from xentcli.errors import DataError, Place, UsageError, counted, quoted
from xentcli.model import AnyArray, Batch, Kind, Origin
from xentcli.readers import pasted
from xentcli.readers.interface import Attached, Opened, Request, open_in_memory
from xentcli.readers.rules import numbers_labels
from xentcli.readers.rules.class_indices import Word, excerpt_of
from xentcli.readers.rules.keys import check_class_names
from xentcli.readers.rules.targets import fit_target, move_classes_second

# For weights, which name only classes: an ignore_index that nobody types.
NO_INDEX = -(2**62)
OPTION_OF: dict[Kind, str] = {
    "logits": "--logits",
    "probs": "--probs",
    "log_probs": "--log-probs",
}


def open_typed(texts: Sequence[str], kind: Kind, request: Request) -> Opened:
    """Open the samples of ``--logits``, ``--probs`` or ``--log-probs``."""
    option = OPTION_OF[kind]
    values = move_classes_second(read_typed_array(texts, option), request.class_axis)
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
        batch = fit_target(batch, request)
    opened = open_in_memory(option, batch, request.class_axis)
    on_pairing = () if attached is None else attached.remarks
    return opened._replace(remarks=(*opened.remarks, *on_pairing))


def read_class_names(text: str) -> tuple[str, ...]:
    """Read the names of ``--classes cat,dog,fox``."""
    names = tuple(name.strip() for name in text.split(","))
    for at, name in enumerate(names):
        if not name:
            raise UsageError(f"--classes, value {at + 1}: the name is missing")
        if name in names[:at]:
            raise UsageError(f"--classes: {quoted(name)} is named twice")
    return names


def read_typed_array(texts: Sequence[str], option: str) -> AnyArray:
    """Read typed values as an array: ``(C)`` for one sample, ``(N, C)`` for several. Nested lists
    may have any shape."""
    check_no_option(texts, option)
    texts = [text.translate(pasted.MARKS) for text in texts]
    if len(texts) == 1 and pasted.is_print(texts[0]):
        return np.atleast_1d(_read_lists(texts[0], option))
    samples: list[list[float]] = []
    for text in texts:
        pasted.check_not_shortened(text, option)
        if pasted.is_print(text):
            array = _read_lists(text, option)
            if array.ndim > 2:
                raise UsageError(f"{option}: lists deeper than two levels are given in one piece")
            samples.extend(np.atleast_2d(array).tolist())
            continue
        for words in split_samples(text):
            row = [_read_number(word, len(samples), at, option) for at, word in enumerate(words)]
            samples.append(row)
    for at, row in enumerate(samples):
        if len(row) != len(samples[0]):
            raise DataError(
                f"{counted(len(row), 'value')}, where sample 1 has {len(samples[0])}",
                place=Place(option, detail=f"sample {at + 1}"),
            )
    return np.array(samples[0] if len(samples) == 1 else samples, dtype=np.float64)


def check_no_option(texts: Sequence[str], option: str) -> None:
    """Refuse a value that is an option, because the option before it lacks its value."""
    for text in texts:
        if text.startswith("--"):
            raise UsageError(f"{option} needs a value, but {quoted(text)} follows it")


def split_samples(text: str) -> list[list[Word]]:
    """Split a text into the words of each sample: at ``;`` into samples, at commas or white space
    into values."""
    samples, start = [], 0
    for part in text.split(";"):
        samples.append(_split_words(text, start, start + len(part)))
        start += len(part) + 1
    if len(samples) > 1 and not samples[-1][0].text:
        samples.pop()
    return samples


def _split_words(whole: str, start: int, end: int) -> list[Word]:
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


def _read_number(word: Word, sample: int, at: int, option: str) -> float:
    try:
        return numbers_labels.read_number(word.text)
    except numbers_labels.NotANumber as error:
        place = Place(
            option, detail=f"sample {sample + 1}, value {at + 1}", excerpt=excerpt_of(word)
        )
        message = error.reason.format(quoted(word.text)) if word.text else "the value is missing"
        hint = error.hint if word.text else ""
        raise DataError(message, place=place, hint=hint) from None


def _read_lists(text: str, option: str) -> AnyArray:
    """Read nested lists, of JSON or as a program prints them, as an array."""
    from xentcli.readers.json.nested import as_array

    value = _parse_json_list(text)
    if value is not None:
        return as_array(value, Place(option), "$")
    found = pasted.read_print(text, option)
    numbers = [_read_printed_number(word, text, option) for word in found.words]
    if not isinstance(found.value, list):
        return np.array(numbers[0])
    return np.array(numbers, dtype=np.float64).reshape(_shape_of_lists(found.value, option))


def _parse_json_list(text: str) -> Any:
    """Parse a text as a JSON list; None if it is none."""
    import json

    from xentcli.readers.json.nested import Spelled

    try:
        value = json.loads(text, parse_constant=Spelled)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, list) else None


def _shape_of_lists(value: Any, option: str) -> tuple[int, ...]:
    """Return the shape of nested lists, which must be regular, whatever they hold."""
    from xentcli.readers.json.nested import as_number, flatten

    def check(item: Any, place: Place, path: str) -> None:
        if isinstance(item, list):
            as_number(item, place, path)

    return flatten(value, Place(option), "$", check)[0]


def _read_printed_number(word: pasted.Word, text: str, option: str) -> float:
    try:
        return numbers_labels.read_number(word.text)
    except numbers_labels.NotANumber as error:
        place = Place(option, excerpt=excerpt_of(Word(word.text, word.start, text)))
        raise DataError(
            error.reason.format(quoted(word.text)), place=place, hint=error.hint
        ) from None


def read_typed_labels(texts: Sequence[str], option: str = "--label") -> Attached:
    """Read ``--label``: indices or names, split by commas (indices also by spaces), or nested
    lists."""
    check_no_option(texts, option)
    words: list[Word] = []
    shape: tuple[int, ...] = ()
    for text in (text.translate(pasted.COMMAS) for text in texts):
        if pasted.is_print_of_labels(text):
            value = _parse_json_list(text)
            if value is None:
                found = pasted.read_print(text, option)
                value = found.value
                words += [Word(word.text, word.start, text) for word in found.words]
            else:
                words += _words_of_json(value, text)
            if len(texts) == 1 and isinstance(value, list):
                shape = _shape_of_lists(value, option)
        elif "," in text or ";" in text:
            words += _split_names(text)
        else:
            are_indices = all(numbers_labels.NUMBER.fullmatch(word) for word in text.split())
            words += _split_words(text, 0, len(text)) if are_indices else [_trim(text)]
    for word in words:
        if word.text in ("...", "…"):
            raise DataError(pasted.SHORTENED, place=Place(option), hint=pasted.HOW_TO_PRINT_ALL)
    return Attached(tuple(words), None, Origin(option, "typed"), len(words), shape)


def _words_of_json(value: list[Any], text: str) -> list[Word]:
    """Return the items of a JSON list, each with its position in the text."""
    items = _flatten(value)
    tokens = (token for token in pasted.split_tokens(text) if token.kind in ("text", "word"))
    starts = [token.content_start for token in tokens]
    # An object among them, which is no label, is more than one word.
    starts = starts if len(starts) == len(items) else [0] * len(items)
    return [Word(str(item), at, text) for item, at in zip(items, starts, strict=True)]


def _trim(text: str) -> Word:
    return Word(text.strip(), len(text) - len(text.lstrip()), text)


def _split_names(text: str) -> list[Word]:
    """Split a text at commas and semicolons only, because a class name may contain blanks."""
    words, start = [], 0
    for piece in text.replace(";", ",").split(","):
        lead = len(piece) - len(piece.lstrip())
        words.append(Word(piece.strip(), start + lead, text))
        start += len(piece) + 1
    return words


def _flatten(value: Any) -> list[Any]:
    """List the items of nested lists in order."""
    left, found = [value], []
    while left:
        item = left.pop()
        if isinstance(item, list):
            left += reversed(item)
        else:
            found.append(item)
    return found


def read_typed_targets(texts: Sequence[str], option: str = "--target") -> Attached:
    """Read ``--target``: soft targets in the notation of ``--logits``."""
    targets = read_typed_array(texts, option)
    return Attached(None, targets, Origin(option, "typed"), len(np.atleast_2d(targets)))


def read_typed_weights(
    texts: Sequence[str],
    classes: Sequence[str],
    count: int,
    option: str = "--weight",
    *,
    signed: bool = False,
) -> list[float]:
    """Read ``--weight``: one number a class, or ``name=w`` for some classes and 1 for the rest.
    Weights may be negative only where ``signed``."""
    check_no_option(texts, option)
    if not any("=" in text for text in texts):
        weights = [float(value) for text in texts for value in _read_plain_weights(text, option)]
        if len(weights) != count:
            raise UsageError(f"{option}: {counted(len(weights), 'weight')} for {count} classes")
    else:
        weights = [1.0] * count
        words = [word for text in texts for word in _split_names(text)]
        for at, word in enumerate(words):
            name, sign, value = word.text.rpartition("=")
            if not sign:
                raise UsageError(
                    f"{option}, value {at + 1}: {quoted(word.text)} is not of the form name=w; "
                    "give a weight for each class, or all of them by name"
                )
            weights[_find_class(name, classes, count, option)] = _read_weight(value, at, option)
    for at, weight in enumerate(weights):
        if not (signed or weight >= 0) or not isfinite(weight):
            raise UsageError(
                f"{option}, value {at + 1}: {weight!r} is not a finite number"
                + ("" if signed else " from 0 up")
            )
    return weights


def _read_plain_weights(text: str, option: str) -> list[float]:
    text = text.translate(pasted.MARKS)
    if pasted.is_print(text):
        flat: list[float] = np.ravel(_read_lists(text, option)).tolist()
        return flat
    words = [word for sample in split_samples(text) for word in sample]
    return [_read_weight(word.text, at, option) for at, word in enumerate(words)]


def _find_class(name: str, classes: Sequence[str], count: int, option: str) -> int:
    try:
        return numbers_labels.read_label(name, classes, count, NO_INDEX)
    except numbers_labels.NotANumber as error:
        raise UsageError(
            f"{option}: {error.reason.format(quoted(name))}", hint=error.hint
        ) from None


def _read_weight(value: str, at: int, option: str) -> float:
    try:
        return numbers_labels.read_number(value)
    except numbers_labels.NotANumber as error:
        raise UsageError(
            f"{option}, value {at + 1}: {error.reason.format(quoted(value))}", hint=error.hint
        ) from None
