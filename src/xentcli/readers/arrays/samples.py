"""Reads the samples of a chunk of arrays from the mapped file, and checks them."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import numpy as np

from xentcli.errors import DataError, Place, changed_error, not_a_probability, not_a_soft_target
from xentcli.model import AnyArray, Batch, Kind, NamedTuple, Origin
from xentcli.readers.arrays.stored import Stored, Unreadable, as_floats, gather, map_array
from xentcli.readers.interface import Chunk, Part, Request
from xentcli.readers.rules import numbers_labels
from xentcli.readers.rules.bad_samples import BadNumber, take_out_bad_samples
from xentcli.readers.rules.class_axis import axes_of_input
from xentcli.readers.rules.class_indices import class_indices
from xentcli.readers.rules.ids import id_of_value
from xentcli.readers.rules.join import BY_POSITION
from xentcli.readers.rules.numbers_labels import explain_unknown_label, find_unknown_labels
from xentcli.readers.rules.targets import are_soft_targets, select_lines
from xentcli.readers.sources.source import explain_errors


class KeyedArray(NamedTuple):
    """An array and its key, which is empty in an .npy."""

    key: str
    stored: Stored


class Layout(NamedTuple):
    """Where the arrays are and how they are to be read: all that a worker needs to know.

    ``axis`` is the class axis of the values as stored; ``shape`` is their shape with the samples
    first and the classes second. Labels and soft targets are in the file, or come with the chunks
    if they are from elsewhere (``attached_from``).
    """

    source: str
    kind: Kind
    request: Request
    values: KeyedArray
    axis: int
    shape: tuple[int, ...]
    labels: KeyedArray | None = None
    targets: KeyedArray | None = None
    attached_from: Origin | None = None

    def origin_of(self, key: str) -> Origin:
        """Return the origin of values or soft targets under a key."""
        axes = axes_of_input(len(self.values.stored.shape), self.axis)
        return Origin(self.source, "array", path=key, axes=axes)


def map_samples(stored: Stored, start: int, stop: int, axis: int | None) -> AnyArray:
    """Map samples ``start`` to ``stop`` of an array. Labels have no class axis (``axis`` is None),
    and a single label has no axis at all."""
    array = map_array(stored)
    return (np.atleast_1d(array) if axis is None else move_samples_first(array, axis))[start:stop]


def ids_of_array(named: KeyedArray, source: str) -> list[bytes]:
    """Read the ids that an array has, one a sample, as text."""
    if len(named.stored.shape) != 1:
        message = f"ids are one a sample, and its shape is {named.stored.shape}"
        raise DataError(message, place=Place(source, detail=named.key), hint=BY_POSITION)
    with explain_unreadable(source, named.key):
        array = map_array(named.stored)
        if named.stored.narrow:
            array = as_floats(array, named.stored)
        if array.dtype.kind == "S":
            return [text.strip() for text in array.tolist()]
        return [id_of_value(value) for value in array.tolist()]


def read_samples(layout: Layout, chunk: Chunk) -> Batch:
    """Read the samples of a chunk. The values are a view of the mapped file unless they have to be
    converted."""
    piece = chunk.data
    assert isinstance(piece, Part)
    values = _read_numbers(layout, layout.values, piece, piece.values, layout.axis)
    bad_numbers = _find_too_large(layout, layout.values, piece, piece.values, values)
    if layout.kind == "probs":
        bad_numbers += _find_bad_probs(values, layout, piece)
    labels = given = targets = target_from = None
    if layout.labels is not None:
        given = _read_numbers(layout, layout.labels, piece, piece.labels, None)
        labels, found = _check_labels(given, layout, layout.labels.key, piece)
        if not _stops_at_first(layout):
            labels = _take_positions(labels, piece, 1)
        bad_numbers += found
        target_from = Origin(layout.source, "array", path=layout.labels.key)
    elif layout.targets is not None:
        targets = _read_numbers(layout, layout.targets, piece, piece.targets, layout.axis)
        bad_numbers += _find_too_large(layout, layout.targets, piece, piece.targets, targets)
        bad_numbers += _find_bad_targets(targets, layout, layout.targets.key, piece)
        target_from = layout.origin_of(layout.targets.key)
    elif layout.attached_from is not None:
        target_from = layout.attached_from
        if piece.targets is None:
            labels = _labels_from_elsewhere(layout, piece)
        else:
            target_from = select_lines(target_from, np.arange(piece.start, piece.stop))
            targets = _take_positions(piece.targets, piece, 2)
    origin = layout.origin_of(layout.values.key)
    batch = Batch(values, layout.kind, origin, layout.request.classes, labels, targets)
    batch = batch._replace(target_from=target_from, first=chunk.first)
    if piece.positions is None:
        return take_out_bad_samples(
            batch, bad_numbers, layout.request, partial(_write_row, values, given)
        )
    # A sample counts as read, and its faults are reported, once: with its last piece.
    is_last = piece.positions[1] >= layout.shape[2]
    first = piece.positions[0]
    batch = batch._replace(first_position=first, read=int(is_last), is_piece=True)
    # With --rejects samples are never cut, so their text is not needed.
    batch = take_out_bad_samples(batch, bad_numbers, layout.request, lambda _: b"")
    return batch if is_last else batch._replace(faults=())


def _read_numbers(
    layout: Layout, named: KeyedArray, piece: Part, present: AnyArray | None, axis: int | None
) -> AnyArray:
    """Return the piece's part of an array as floats; labels keep their type."""
    present = _read_as_stored(layout, named, piece, present, axis)
    if axis is None and not named.stored.narrow:
        return present
    return as_floats(present, named.stored)


def _read_as_stored(
    layout: Layout, named: KeyedArray, piece: Part, present: AnyArray | None, axis: int | None
) -> AnyArray:
    """Return the piece's part of an array, brought by the chunk or read from the file. Labels are
    those of the whole sample unless the first fault ends everything: a bad label takes out the
    whole sample."""
    try:
        with explain_unreadable(layout.source, named.key):
            if axis is not None and present is None and piece.positions is not None:
                return gather(named.stored, axis, piece.start, piece.positions)
            if present is None:
                present = map_samples(named.stored, piece.start, piece.stop, axis)
            if axis is not None:
                return _take_positions(present, piece, 2)
            return _take_positions(present, piece, 1) if _stops_at_first(layout) else present
    except ValueError:
        # The map no longer fits into the file.
        raise changed_error(layout.source) from None


def _stops_at_first(layout: Layout) -> bool:
    """Whether the first fault ends everything."""
    return layout.request.on_error == "stop"


def _take_positions(array: AnyArray, piece: Part, axis: int) -> AnyArray:
    """Return the part of an array at the positions of a piece, along that axis."""
    if piece.positions is None:
        return array
    return array[(slice(None),) * axis + (slice(*piece.positions),)]


def _labels_from_elsewhere(layout: Layout, piece: Part) -> AnyArray:
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


def _check_labels(
    given: AnyArray, layout: Layout, key: str, piece: Part
) -> tuple[AnyArray, list[BadNumber]]:
    request = layout.request
    count = request.label_count(layout.shape[1])
    labels, unknown = find_unknown_labels(given, count, request.ignore_index)
    bad_numbers = []
    for index in np.argwhere(unknown)[: _most_bad_numbers(layout)].tolist():
        value = given[tuple(index)]
        reason = explain_unknown_label(value, (), count, request.ignore_index)
        place = _place(layout, key, index, piece, None)
        found = BadNumber(
            index[0], place, str(value), reason.reason, reason.hint, reason.if_one_based
        )
        bad_numbers.append(found)
    return labels, bad_numbers


def _find_too_large(
    layout: Layout, named: KeyedArray, piece: Part, present: AnyArray | None, floats: AnyArray
) -> list[BadNumber]:
    """Find numbers of a wider type that are too large for a 64-bit float."""
    if np.dtype(named.stored.dtype).itemsize <= 8 or not np.isinf(floats).any():
        return []
    wide = _read_as_stored(layout, named, piece, present, layout.axis)
    beyond = np.isinf(floats) & np.isfinite(wide)
    return _bad_numbers_at(beyond, wide, layout, named.key, piece, _beyond_a_float)


def _beyond_a_float(number: float) -> str:
    # Without !s formatting would convert the number to a float first.
    return f"{number!s} is too large for a 64-bit float"


def _find_bad_probs(values: AnyArray, layout: Layout, piece: Part) -> list[BadNumber]:
    outside = (values < 0) | (values > 1 + numbers_labels.ROUNDING)
    hint = numbers_labels.NOT_PROBABILITIES
    return _bad_numbers_at(
        outside, values, layout, layout.values.key, piece, not_a_probability, hint
    )


def _find_bad_targets(targets: AnyArray, layout: Layout, key: str, piece: Part) -> list[BadNumber]:
    outside = ~are_soft_targets(targets, layout.request)
    message = partial(not_a_soft_target, of_question=layout.request.questions)
    return _bad_numbers_at(outside, targets, layout, key, piece, message)


def _bad_numbers_at(
    mask: AnyArray,
    array: AnyArray,
    layout: Layout,
    key: str,
    piece: Part,
    said: Callable[[float], str],
    hint: str = "",
) -> list[BadNumber]:
    bad_numbers = []
    for index in np.argwhere(mask)[: _most_bad_numbers(layout)].tolist():
        number = array[tuple(index)]
        # A number of a wider type is shown as it is.
        value = float(number) if number.itemsize <= 8 else number
        place = _place(layout, key, index, piece, layout.axis)
        bad_numbers.append(BadNumber(index[0], place, str(value), said(value), hint))
    return bad_numbers


def _most_bad_numbers(layout: Layout) -> int | None:
    """Return how many bad numbers are worth finding: one where the first is an error, else all."""
    return 1 if _stops_at_first(layout) else None


def _place(layout: Layout, key: str, index: list[int], piece: Part, axis: int | None) -> Place:
    """Return the place of a number: its index in the array as it is stored in the file."""
    at = [piece.start + index[0], *index[1:]]
    # Otherwise only labels can be bad, and those of the whole sample are there.
    if piece.positions is not None and _stops_at_first(layout):
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


def move_samples_first(array: AnyArray, axis: int) -> AnyArray:
    """Return a view of the array with its samples first and its classes second."""
    return np.moveaxis(array[np.newaxis] if array.ndim == 1 else array, axis, 1)


@contextmanager
def explain_unreadable(name: str, key: str = "") -> Iterator[None]:
    """Turn the errors of unreadable arrays into errors that say where the array is."""
    try:
        with explain_errors(name):
            yield
    except Unreadable as error:
        raise DataError(str(error), place=Place(name, detail=key)) from None
    except MemoryError:
        raise DataError("it does not fit into memory", place=Place(name, detail=key)) from None
