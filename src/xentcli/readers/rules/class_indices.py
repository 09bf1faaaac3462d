"""Turns the labels that were typed, or come from a second file, into class indices."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from xentcli.errors import DataError, Excerpt, Place, quoted
from xentcli.model import AnyArray, NamedTuple, Origin
from xentcli.readers.interface import Attached, Request
from xentcli.readers.rules import numbers_labels
from xentcli.readers.rules.numbers_labels import find_unknown_labels


class Word(NamedTuple):
    """A value and, if it was typed, where it stands in its option's text."""

    text: str
    start: int = 0
    whole: str = ""


class LabelTexts:
    """The labels of a file: the different texts, and for each label (``at``) the index of its
    text."""

    def __init__(self, texts: tuple[str, ...], at: AnyArray) -> None:
        self.texts = texts
        self.at = at

    def __len__(self) -> int:
        return len(self.at)

    def __getitem__(self, chosen: Any) -> LabelTexts:
        """Select some of the labels, by a slice or an array of indices."""
        return LabelTexts(self.texts, self.at[chosen])


def texts_of_labels(attached: Attached) -> Iterable[str]:
    """Return the texts of labels from elsewhere; nothing for labels that are numbers."""
    if isinstance(attached.labels, LabelTexts):
        return attached.labels.texts
    return [word.text for word in attached.labels] if isinstance(attached.labels, tuple) else ()


def class_indices(
    labels: Any,
    numbers: Sequence[int] | AnyArray,
    origin: Origin,
    classes: Sequence[str],
    class_count: int,
    request: Request,
) -> AnyArray:
    """Turn labels from elsewhere, texts or an array of numbers, into class indices. Few texts
    differ, so each is looked up only once."""
    class_count = request.label_count(class_count)
    if isinstance(labels, LabelTexts):
        return _indices_of_texts(labels, numbers, origin, classes, class_count, request)
    words = labels
    if isinstance(labels, np.ndarray):
        indices, unknown = find_unknown_labels(labels, class_count, request.ignore_index)
        if not unknown.any():
            return indices
        words = [Word(repr(value).removesuffix(".0")) for value in labels.tolist()]
    known: dict[str, int] = {}
    found = []
    for at, word in zip(numbers, words, strict=True):
        index = known.get(word.text)
        if index is None:
            index = known[word.text] = read_typed_label(
                word, at, origin, classes, class_count, request
            )
        found.append(index)
    return np.array(found, dtype=np.int64)


def _indices_of_texts(
    labels: LabelTexts,
    numbers: Sequence[int] | AnyArray,
    origin: Origin,
    classes: Sequence[str],
    class_count: int,
    request: Request,
) -> AnyArray:
    indices = np.zeros(len(labels.texts), dtype=np.int64)
    unknown = np.zeros(len(labels.texts), dtype=bool)
    for at in np.unique(labels.at).tolist():
        try:
            indices[at] = numbers_labels.read_label(
                labels.texts[at], classes, class_count, request.ignore_index
            )
        except numbers_labels.NotANumber:
            unknown[at] = True
    if unknown.any():
        # The first unknown label raises the error.
        first = int(np.argmax(unknown[labels.at]))
        word, number = Word(labels.texts[labels.at[first]]), int(numbers[first])
        read_typed_label(word, number, origin, classes, class_count, request)
    found: AnyArray = indices[labels.at]
    return found


def read_typed_label(
    word: Word,
    at: int,
    origin: Origin,
    classes: Sequence[str],
    class_count: int,
    request: Request,
) -> int:
    """Read a label as a class index; ``at`` is its number among the labels, from 0."""
    try:
        return numbers_labels.read_label(word.text, classes, class_count, request.ignore_index)
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
        number = int(origin.lines[at]) if len(origin.lines) else at
        return Place(origin.source, detail=f"value {number + 1}", excerpt=excerpt_of(word))
    if not len(origin.lines):
        return Place(origin.source, detail=f"label {at + 1}")
    line = int(origin.lines[at])
    if origin.form == "text":
        return Place(origin.source, line, origin.columns[0])
    if origin.form == "json lines":
        return Place(origin.source, line, detail=origin.path)
    if origin.form == "table":
        return Place(origin.source, detail=f"row {line}")
    # Of an array they are the numbers of the rows, from 0.
    return Place(origin.source, detail=f"label {line + 1}")


def excerpt_of(word: Word) -> Excerpt:
    """Mark the word in the text that was typed."""
    return Excerpt(word.whole, word.start, word.start + max(1, len(word.text)))
