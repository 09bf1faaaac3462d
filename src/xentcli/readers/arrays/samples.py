"""The samples of a chunk of arrays: taken from the mapped file, checked, placed by their index."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from xentcli.errors import DataError, Place, changed
from xentcli.model import AnyArray, Batch, Kind, Origin
from xentcli.readers.arrays.stored import Stored, Unreadable, mapped, numbers
from xentcli.readers.interface import Chunk, Request
from xentcli.readers.rules import numbers_labels as cells
from xentcli.readers.rules.bad_samples import Wrong, without_wrong
from xentcli.readers.rules.number_labels import label_reason, number_labels
from xentcli.readers.sources.source import told_by
from xentcli.readers.typed import indices_of


class Named(NamedTuple):
    """An array and the key that leads to it; of an .npy the key is empty."""

    key: str
    stored: Stored


class Layout(NamedTuple):
    """Where the arrays are and how they are to be read: everything that a worker needs to know.

    ``axis`` is that of the classes; labels and soft targets lie in the file, or in the chunks
    (``attached_from``) where they came from elsewhere.
    """

    source: str
    kind: Kind
    request: Request
    values: Named
    axis: int
    shape: tuple[int, ...]
    labels: Named | None = None
    targets: Named | None = None
    attached_from: Origin | None = None


class Piece(NamedTuple):
    """What a chunk has of each array: the samples from ``start`` to ``stop``, to be taken from the
    file, or the numbers themselves where they are in memory; and of labels from elsewhere."""

    start: int
    stop: int
    values: AnyArray = None
    labels: AnyArray = None
    targets: AnyArray = None
    labels_apart: Any = ()


def part_of(stored: Stored, start: int, stop: int, axis: int | None) -> AnyArray:
    """Some samples of an array; labels have no axis of classes, and a lone one no axis at all."""
    array = mapped(stored)
    return (np.atleast_1d(array) if axis is None else moved(array, axis))[start:stop]


def read(layout: Layout, chunk: Chunk) -> Batch:
    """The samples of a chunk: a view of the mapped file where its numbers need no conversion."""
    piece: Piece = chunk.data
    values = _numbers(layout, layout.values, piece, piece.values, layout.axis)
    wrong = _wrong_values(values, layout, piece) if layout.kind == "probs" else []
    labels = given = targets = target_from = None
    if layout.labels is not None:
        given = _numbers(layout, layout.labels, piece, piece.labels, None)
        labels, found = _checked_labels(given, layout, layout.labels.key, piece)
        wrong += found
        target_from = Origin(layout.source, "array", path=layout.labels.key)
    elif layout.targets is not None:
        targets = _numbers(layout, layout.targets, piece, piece.targets, layout.axis)
        wrong += _wrong_targets(targets, layout, layout.targets.key, piece)
        target_from = Origin(layout.source, "array", path=layout.targets.key)
    elif layout.attached_from is not None:
        target_from = layout.attached_from
        targets = piece.targets
        labels = _indices_ofs(layout, piece) if targets is None else None
    origin = Origin(layout.source, "array", path=layout.values.key)
    batch = Batch(values, layout.kind, origin, layout.request.classes, labels, targets)
    batch = batch._replace(target_from=target_from, first=chunk.first)
    return without_wrong(batch, wrong, layout.request, partial(_written, values, given))


def _numbers(
    layout: Layout, named: Named, piece: Piece, present: AnyArray, axis: int | None
) -> AnyArray:
    """The piece's part of an array as floats; labels stay what they are."""
    if present is None:
        try:
            with in_a_sentence(layout.source, named.key):
                present = part_of(named.stored, piece.start, piece.stop, axis)
        except ValueError:
            # The map does not fit into the file any more.
            raise changed(layout.source) from None
    if axis is None and not named.stored.narrow:
        return present
    return numbers(present, named.stored)


def _indices_ofs(layout: Layout, piece: Piece) -> AnyArray:
    shape = (piece.stop - piece.start, *layout.shape[2:])
    first = piece.start * math.prod(shape[1:])
    origin, count, request = layout.attached_from, layout.shape[1], layout.request
    assert origin is not None
    numbers = range(first, first + len(piece.labels_apart))
    found = indices_of(piece.labels_apart, numbers, origin, request.classes, count, request)
    return found.reshape(shape)


def _checked_labels(
    given: AnyArray, layout: Layout, key: str, piece: Piece
) -> tuple[AnyArray, list[Wrong]]:
    count, request = layout.shape[1], layout.request
    labels, unknown = number_labels(given, count, request.ignore_index)
    wrong = []
    for index in np.argwhere(unknown)[: _as_many(layout)].tolist():
        value = given[tuple(index)]
        reason = label_reason(value, (), count, request.ignore_index)
        place = _place(layout, key, index, piece, None)
        wrong.append(Wrong(index[0], place, str(value), reason.reason, reason.hint))
    return labels, wrong


def _wrong_values(values: AnyArray, layout: Layout, piece: Piece) -> list[Wrong]:
    outside = (values < 0) | (values > 1 + cells.ROUNDING)
    message, hint = "{} is not a probability (0 to 1)", cells.NOT_PROBABILITIES
    return _wrong_at(outside, values, layout, layout.values.key, piece, message, hint)


def _wrong_targets(targets: AnyArray, layout: Layout, key: str, piece: Piece) -> list[Wrong]:
    outside = ~(targets >= 0) | np.isinf(targets)
    message = "soft target {} is not a probability (0 or more)"
    return _wrong_at(outside, targets, layout, key, piece, message)


def _wrong_at(
    mask: AnyArray,
    array: AnyArray,
    layout: Layout,
    key: str,
    piece: Piece,
    message: str,
    hint: str = "",
) -> list[Wrong]:
    wrong = []
    for index in np.argwhere(mask)[: _as_many(layout)].tolist():
        value = str(float(array[tuple(index)]))
        place = _place(layout, key, index, piece, layout.axis)
        wrong.append(Wrong(index[0], place, value, message.format(value), hint))
    return wrong


def _as_many(layout: Layout) -> int | None:
    """The first fault is enough where it ends everything."""
    return 1 if layout.request.on_error == "stop" else None


def _place(layout: Layout, key: str, index: list[int], piece: Piece, axis: int | None) -> Place:
    """A number's place by its index in the array as it is in the file."""
    at = [piece.start + index[0], *index[1:]]
    if axis is not None:
        at.insert(axis, at.pop(1))
        if len(layout.values.stored.shape) == 1:
            del at[0]
    return Place(layout.source, detail=f"{key}[{', '.join(map(str, at))}]")


def _written(values: AnyArray, labels: AnyArray, sample: int) -> bytes:
    """A sample as a line of numbers, its labels last."""
    found = np.ravel(values[sample]).tolist()
    if labels is not None:
        found += np.ravel(labels[sample]).tolist()
    return ",".join(map(repr, found)).encode("ascii")


def moved(array: AnyArray, axis: int) -> AnyArray:
    """The array with its samples first and its classes second: a view, not a copy."""
    return np.moveaxis(array[np.newaxis] if array.ndim == 1 else array, axis, 1)


@contextmanager
def in_a_sentence(name: str, key: str = "") -> Iterator[None]:
    try:
        with told_by(name):
            yield
    except Unreadable as error:
        raise DataError(str(error), place=Place(name, detail=key)) from None
    except MemoryError:
        raise DataError("it does not fit into memory", place=Place(name, detail=key)) from None
