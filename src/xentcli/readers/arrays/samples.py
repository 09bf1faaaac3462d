"""The samples of a chunk of arrays: read from the mapped file, checked, with their places."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np

from xentcli.errors import DataError, Place, changed, not_a_probability, not_a_soft_target
from xentcli.model import AnyArray, Batch, Kind, NamedTuple, Origin
from xentcli.readers.arrays.stored import Stored, Unreadable, gather, map_array, numbers
from xentcli.readers.interface import Chunk, Part, Request
from xentcli.readers.rules import numbers_labels
from xentcli.readers.rules.bad_samples import BadNumber, take_out_bad_samples
from xentcli.readers.rules.ids import id_of_value
from xentcli.readers.rules.join import BY_POSITION
from xentcli.readers.rules.numbers_labels import explain_unknown_label, find_unknown_labels
from xentcli.readers.rules.targets import class_indices
from xentcli.readers.sources.source import explain_errors


class Named(NamedTuple):
    """An array and its key, which is empty in an .npy."""

    key: str
    stored: Stored


class Layout(NamedTuple):
    """Where the arrays are and how they are to be read: all that a worker needs to know.

    ``axis`` is the class axis. Labels and soft targets are in the file, or in the chunks where they
    came from elsewhere (``attached_from``).
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


def part_of(stored: Stored, start: int, stop: int, axis: int | None) -> AnyArray:
    """Some samples of an array. Labels have no class axis; a single label has no axis at all."""
    array = map_array(stored)
    return (np.atleast_1d(array) if axis is None else samples_first(array, axis))[start:stop]


def ids_of_array(named: Named, source: str) -> list[bytes]:
    """The ids that an array has, one a sample, as text."""
    if len(named.stored.shape) != 1 or named.stored.narrow:
        message = f"ids are one a sample, and its shape is {named.stored.shape}"
        raise DataError(message, place=Place(source, detail=named.key), hint=BY_POSITION)
    with in_a_sentence(source, named.key):
        array = map_array(named.stored)
        if array.dtype.kind == "S":
            return [text.strip() for text in array.tolist()]
        return [id_of_value(value) for value in array.tolist()]


def read(layout: Layout, chunk: Chunk) -> Batch:
    """The samples of a chunk: a view of the mapped file where no number has to be converted."""
    piece = chunk.data
    assert isinstance(piece, Part)
    values = _numbers(layout, layout.values, piece, piece.values, layout.axis)
    wrong = _too_large(layout, layout.values, piece, piece.values, values)
    if layout.kind == "probs":
        wrong += _wrong_values(values, layout, piece)
    labels = given = targets = target_from = None
    if layout.labels is not None:
        given = _numbers(layout, layout.labels, piece, piece.labels, None)
        labels, found = _checked_labels(given, layout, layout.labels.key, piece)
        if not _stops(layout):
            labels = _at_positions(labels, piece, 1)
        wrong += found
        target_from = Origin(layout.source, "array", path=layout.labels.key)
    elif layout.targets is not None:
        targets = _numbers(layout, layout.targets, piece, piece.targets, layout.axis)
        wrong += _too_large(layout, layout.targets, piece, piece.targets, targets)
        wrong += _wrong_targets(targets, layout, layout.targets.key, piece)
        target_from = Origin(layout.source, "array", path=layout.targets.key)
    elif layout.attached_from is not None:
        target_from = layout.attached_from
        if piece.targets is None:
            labels = _labels_apart(layout, piece)
        else:
            targets = _at_positions(piece.targets, piece, 2)
    origin = Origin(layout.source, "array", path=layout.values.key)
    batch = Batch(values, layout.kind, origin, layout.request.classes, labels, targets)
    batch = batch._replace(target_from=target_from, first=chunk.first)
    if piece.positions is None:
        return take_out_bad_samples(
            batch, wrong, layout.request, partial(_write_row, values, given)
        )
    # Once, with its last piece: the next one begins another sample then.
    is_last = piece.positions[1] >= layout.shape[2]
    first = piece.positions[0]
    batch = batch._replace(first_position=first, read=int(is_last), is_piece=True)
    # Nobody asks for the numbers of such a sample.
    batch = take_out_bad_samples(batch, wrong, layout.request, lambda _: b"")
    return batch if is_last else batch._replace(faults=())


def _numbers(
    layout: Layout, named: Named, piece: Part, present: AnyArray | None, axis: int | None
) -> AnyArray:
    """Return the piece's part of an array as floats; labels keep their type."""
    present = _as_stored(layout, named, piece, present, axis)
    if axis is None and not named.stored.narrow:
        return present
    return numbers(present, named.stored)


def _as_stored(
    layout: Layout, named: Named, piece: Part, present: AnyArray | None, axis: int | None
) -> AnyArray:
    """The piece's part of an array: in the chunk already, or read from the file. Labels are those
    of the whole sample where a wrong one takes all of it out."""
    try:
        with in_a_sentence(layout.source, named.key):
            if axis is not None and present is None and piece.positions is not None:
                return gather(named.stored, axis, piece.start, piece.positions)
            if present is None:
                present = part_of(named.stored, piece.start, piece.stop, axis)
            if axis is not None:
                return _at_positions(present, piece, 2)
            return _at_positions(present, piece, 1) if _stops(layout) else present
    except ValueError:
        # The map does not fit into the file any more.
        raise changed(layout.source) from None


def _stops(layout: Layout) -> bool:
    """Whether the first fault ends everything."""
    return layout.request.on_error == "stop"


def _at_positions(array: AnyArray, piece: Part, axis: int) -> AnyArray:
    """Return the part of an array at the positions of a piece, along that axis."""
    if piece.positions is None:
        return array
    return array[(slice(None),) * axis + (slice(*piece.positions),)]


def _labels_apart(layout: Layout, piece: Part) -> AnyArray:
    shape = (piece.stop - piece.start, *layout.shape[2:])
    first, labels = piece.start * math.prod(shape[1:]), piece.labels_apart
    if piece.positions is not None:
        each = math.prod(shape[2:])
        start, stop = piece.positions[0], min(piece.positions[1], shape[1])
        shape, first = (1, stop - start, *shape[2:]), first + start * each
        labels = labels[start * each : stop * each]
    origin, count, request = layout.attached_from, layout.shape[1], layout.request
    assert origin is not None
    numbers = range(first, first + len(labels))
    found = class_indices(labels, numbers, origin, request.classes, count, request)
    return found.reshape(shape)


def _checked_labels(
    given: AnyArray, layout: Layout, key: str, piece: Part
) -> tuple[AnyArray, list[BadNumber]]:
    request = layout.request
    count = request.label_count(layout.shape[1])
    labels, unknown = find_unknown_labels(given, count, request.ignore_index)
    wrong = []
    for index in np.argwhere(unknown)[: _as_many(layout)].tolist():
        value = given[tuple(index)]
        reason = explain_unknown_label(value, (), count, request.ignore_index)
        place = _place(layout, key, index, piece, None)
        found = BadNumber(
            index[0], place, str(value), reason.reason, reason.hint, reason.if_one_based
        )
        wrong.append(found)
    return labels, wrong


def _too_large(
    layout: Layout, named: Named, piece: Part, present: AnyArray | None, numbers: AnyArray
) -> list[BadNumber]:
    """Numbers of a wider type that are too large for a 64-bit float."""
    if np.dtype(named.stored.dtype).itemsize <= 8 or not np.isinf(numbers).any():
        return []
    wide = _as_stored(layout, named, piece, present, layout.axis)
    beyond = np.isinf(numbers) & np.isfinite(wide)
    return _wrong_at(beyond, wide, layout, named.key, piece, _beyond_a_float)


def _beyond_a_float(number: float) -> str:
    # Formatted as anything but a text it would be made a float first.
    return f"{number!s} is too large for a 64-bit float"


def _wrong_values(values: AnyArray, layout: Layout, piece: Part) -> list[BadNumber]:
    outside = (values < 0) | (values > 1 + numbers_labels.ROUNDING)
    hint = numbers_labels.NOT_PROBABILITIES
    return _wrong_at(outside, values, layout, layout.values.key, piece, not_a_probability, hint)


def _wrong_targets(targets: AnyArray, layout: Layout, key: str, piece: Part) -> list[BadNumber]:
    outside = ~(targets >= 0) | np.isinf(targets)
    return _wrong_at(outside, targets, layout, key, piece, not_a_soft_target)


def _wrong_at(
    mask: AnyArray,
    array: AnyArray,
    layout: Layout,
    key: str,
    piece: Part,
    said: Callable[[float], str],
    hint: str = "",
) -> list[BadNumber]:
    wrong = []
    for index in np.argwhere(mask)[: _as_many(layout)].tolist():
        number = array[tuple(index)]
        # Numbers of a wider type stay what they are.
        value = float(number) if number.itemsize <= 8 else number
        place = _place(layout, key, index, piece, layout.axis)
        wrong.append(BadNumber(index[0], place, str(value), said(value), hint))
    return wrong


def _as_many(layout: Layout) -> int | None:
    """How many bad numbers are worth finding: one, if the first is an error."""
    return 1 if _stops(layout) else None


def _place(layout: Layout, key: str, index: list[int], piece: Part, axis: int | None) -> Place:
    """The place of a number: its index in the array as stored in the file."""
    at = [piece.start + index[0], *index[1:]]
    if piece.positions is not None and (axis is not None or _stops(layout)):
        at[1 if axis is None else 2] += piece.positions[0]
    if axis is not None:
        at.insert(axis, at.pop(1))
        if len(layout.values.stored.shape) == 1:
            del at[0]
    return Place(layout.source, detail=f"{key}[{', '.join(map(str, at))}]")


def _write_row(values: AnyArray, labels: AnyArray | None, sample: int) -> bytes:
    """Write a sample as a line of numbers, its labels last."""
    found = np.ravel(values[sample]).tolist()
    if labels is not None:
        found += np.ravel(labels[sample]).tolist()
    return ",".join(map(repr, found)).encode("ascii")


def samples_first(array: AnyArray, axis: int) -> AnyArray:
    """Return a view of the array with its samples first and its classes second."""
    return np.moveaxis(array[np.newaxis] if array.ndim == 1 else array, axis, 1)


@contextmanager
def in_a_sentence(name: str, key: str = "") -> Iterator[None]:
    try:
        with explain_errors(name):
            yield
    except Unreadable as error:
        raise DataError(str(error), place=Place(name, detail=key)) from None
    except MemoryError:
        raise DataError("it does not fit into memory", place=Place(name, detail=key)) from None
