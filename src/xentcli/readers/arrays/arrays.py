"""Opens NumPy's .npy and .npz, .safetensors and PyTorch's .pt: arrays of samples, cut into
chunks."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from xentcli.errors import DataError, Place, UsageError, counted
from xentcli.model import AnyArray, Batch, Kind, NamedTuple, Remark
from xentcli.readers.arrays.archive import find_array, open_archive, read_ids, read_texts
from xentcli.readers.arrays.choice import choose_labels, choose_values, remarks_on
from xentcli.readers.arrays.pieces import cut_positions, remarks_on_pieces
from xentcli.readers.arrays.samples import KeyedArray, Layout, map_samples, read_samples
from xentcli.readers.arrays.stored import Archive, Stored, Unreadable
from xentcli.readers.interface import EACH_SEQUENCE, Attached, Chunk, Opened, Part, Request, Workers
from xentcli.readers.rules.class_axis import axes_of_input, last_axis_hint, remarks_on_axis
from xentcli.readers.rules.class_names import CLASSES_KEY, HINT, take_class_names
from xentcli.readers.rules.ids import reorder_by_ids
from xentcli.readers.rules.join import BY_POSITION, pair_files, remarks_on_pairing
from xentcli.readers.rules.keys import LABEL_KEYS, check_class_names
from xentcli.readers.rules.share import take_share
from xentcli.readers.rules.targets import (
    check_label_shape,
    fit_targets,
    labels_lack_positions,
    reorder_targets,
)
from xentcli.readers.sources.copies import close_with, fetch_file
from xentcli.readers.sources.source import Source

CHUNK_BYTES = 4 << 20
MOST_UNSEEN_CLASSES = 1 << 20


def open_input(source: Source, request: Request, format_name: str) -> Opened:
    """Read the headers, and decide which array is what. A remote file is copied first."""
    local, copy = fetch_file(source)
    try:
        opened = _open_file(local, request, format_name)
    except BaseException:
        if copy is not None:
            copy.close()
        raise
    close_with(opened.chunks, copy)
    return opened


def _open_file(source: Source, request: Request, format_name: str) -> Opened:
    if request.by not in (None, EACH_SEQUENCE):
        raise UsageError(f"--by {request.by}: {source.name} holds arrays, and no columns")
    with open_archive(source, format_name) as archive:
        choice = choose_values(archive, request, source.name)
        values = find_array(archive, choice.values, source.name)
        layout = _layout_of(source.name, choice.kind, values, request)
        request, on_names = _take_class_names(archive, request, layout.shape[1], source.name)
        request = pair_files(request, archive.keys, Place(source.name))
        shape = request.label_shape(layout.shape)
        request, share = take_share(request, shape, source.name)
        request, on_ids = _reorder_by_ids(archive, layout, request)
        layout = layout._replace(request=request)
        if request.wanted != "none":
            choice = choose_labels(choice, archive, request, layout.shape, source.name)
        layout = _add_target(layout, choice.labels, archive)
    class_count = layout.shape[1]
    check_class_names(request.classes, class_count, f", {source.name} has {class_count}")
    attached = request.attached if layout.attached_from is not None else None
    targets = _fit_targets(attached, layout) if attached is not None else None
    labels_apart = None if attached is None else attached.labels
    has_labels = layout.labels is not None or labels_apart is not None
    has_axis = has_labels and not request.questions
    on_axis = remarks_on_axis(layout.shape, request.class_axis, source.name) if has_axis else ()
    return Opened(
        source.name,
        choice.kind,
        class_count,
        request.classes,
        ArrayChunks(layout, () if labels_apart is None else labels_apart, targets, source.copy),
        ArrayReader(_strip_contents(layout)),
        workers=_choose_workers(layout, targets, source.copy),
        has_labels=has_labels,
        has_targets=layout.targets is not None or targets is not None,
        dimensions=len(layout.shape) - 2,
        class_axis=request.class_axis if len(values.stored.shape) > 1 else 1,
        has_columns=False,
        share=share,
        size=_size_in_bytes(values.stored),
        remarks=(
            *remarks_on(choice, source.name),
            *on_names,
            *remarks_on_pairing(request),
            *on_ids,
            *on_axis,
            *remarks_on_pieces(layout),
        ),
    )


class ArrayReader(NamedTuple):
    """Reads samples of mapped arrays."""

    layout: Layout

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """Give the chunk unchanged."""
        yield chunk

    def read(self, chunk: Chunk) -> Batch:
        """Read the samples of a chunk."""
        return read_samples(self.layout, chunk)

    def ids(self, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> Sequence[str]:
        """Never called: arrays have no ids."""
        raise NotImplementedError


class ArrayChunks:
    """Cuts arrays into runs of samples."""

    def __init__(
        self, layout: Layout, labels: Any, targets: AnyArray | None, is_copy: bool
    ) -> None:
        self._layout, self._labels, self._targets = layout, labels, targets
        self._is_copy = is_copy

    def in_order(self) -> Iterator[Chunk]:
        """Cut the arrays into chunks of some MiB."""
        return _chunks(self._layout, self._labels, self._targets, self._is_copy)

    def spans(self) -> None:
        """None: the chunks are known from the start."""

    def partitions(self, size: int) -> None:
        """None: a worker elsewhere cannot map the file."""


def _layout_of(name: str, kind: Kind, values: KeyedArray, request: Request) -> Layout:
    shape, axis = values.stored.shape, request.class_axis
    place = Place(name, detail=values.key)
    if not shape:
        raise DataError("a single number, not an array of samples", place=place)
    if len(shape) == 1 and axis in (0, 1, -1):
        shape, axis = (1, *shape), 1
    if not -len(shape) <= axis < len(shape):
        raise UsageError(
            f"--class-axis {request.class_axis}: the values have the shape {values.stored.shape}"
        )
    if shape[axis] == 0:
        raise DataError("a sample without values", place=place)
    if not math.prod(shape) and shape[axis] > MOST_UNSEEN_CLASSES:
        # Each class would get a name, although no number proves that there are so many.
        raise DataError(
            f"{shape[axis]} classes are announced, and there are no samples", place=place
        )
    # The shape that values have when they are read: samples first, classes second.
    rest = list(shape)
    count = rest.pop(axis)
    return Layout(name, kind, request, values, axis % len(shape), (rest[0], count, *rest[1:]))


def _take_class_names(
    archive: Archive, request: Request, count: int, name: str
) -> tuple[Request, tuple[Remark, ...]]:
    """Take the names of the classes from the archive's array of them."""
    if CLASSES_KEY not in archive.keys or request.classes:
        return request, ()
    place = Place(name, detail=CLASSES_KEY)
    try:
        names = read_texts(archive, CLASSES_KEY, name)
    except Unreadable as error:
        message = f"{error}, so the classes are not named by it ({HINT})"
        return request, (Remark(message, place, word="note"),)
    # Labels in an archive are numbers.
    return take_class_names(names or (), count, request, place, tuple)


def _reorder_by_ids(
    archive: Archive, layout: Layout, request: Request
) -> tuple[Request, tuple[Remark, ...]]:
    """Return the request, with the labels or targets of a second file in the order of the archive's
    own ids if these match them, and remarks on that."""
    attached = request.attached
    if attached is None or attached.join is None:
        return request, ()
    key, name = attached.join.name, layout.source
    found = read_ids(archive, key, name)
    if len(found) != layout.shape[0]:
        message = f"{counted(len(found), 'id')} for {counted(layout.shape[0], 'sample')}"
        raise DataError(message, place=Place(name, detail=key), hint=BY_POSITION)
    if attached.labels is not None and len(layout.shape) > 2:
        raise labels_lack_positions(attached, name)
    places = [Place(name, detail=f"{key}[{at}]") for at in range(len(found))]
    ordered, remarks = reorder_by_ids(attached, found, places)
    return request._replace(attached=ordered), remarks


def _add_target(layout: Layout, key: str | None, archive: Archive) -> Layout:
    """Add the labels or soft targets to the layout."""
    request, name = layout.request, layout.source
    if request.wanted == "none":
        return layout
    if request.attached is not None:
        origin = request.attached.origin
        are_soft = request.attached.targets is not None
        if are_soft and origin.form in ("array", "json") and len(layout.shape) > 2:
            origin = origin._replace(axes=axes_of_input(len(layout.shape), layout.axis))
        return layout._replace(attached_from=origin)
    if key is None:
        return layout
    found = find_array(archive, key, name)
    shape, wanted = found.stored.shape, layout.shape[:1] + layout.shape[2:]
    if shape == wanted or (shape == () and wanted == (1,)):
        return layout._replace(labels=found)
    # The key "targets" is used for indices and for soft targets alike; the shape tells them apart.
    # But integers under a key for labels are indices, not a single sample's soft targets.
    are_labels = len(shape) == 1 and key in LABEL_KEYS and not found.stored.is_float
    if shape == layout.values.stored.shape and not are_labels:
        return layout._replace(targets=found)
    place = Place(name, detail=key)
    if len(shape) == len(wanted) == 1:
        message = f"{counted(shape[0], 'label')} for {counted(wanted[0], 'sample')}"
        raise DataError(message, place=place)
    raise DataError(
        f"the shape {shape} fits neither labels {wanted} nor soft targets "
        f"{layout.values.stored.shape}",
        place=place,
        hint=last_axis_hint(layout.shape, request.class_axis, shape),
    )


def _fit_targets(attached: Attached, layout: Layout) -> AnyArray | None:
    """Return soft targets from elsewhere in the values' shape. For labels from elsewhere, only
    check how many they are, and return None."""
    shape = layout.shape
    if attached.labels is not None:
        check_label_shape(attached, shape[:1] + shape[2:], shape[1], layout.request)
        return None
    targets, axis = attached.targets, layout.axis
    assert targets is not None
    if targets.ndim == 1 and shape[0] == 1:
        targets, axis = targets[np.newaxis], 1
    # Only the shape of the values matters; this array has it, but takes no memory.
    values = np.broadcast_to(np.float64(0.0), shape)
    chosen = reorder_targets(attached._replace(targets=targets), layout.request.classes)
    return fit_targets(chosen, values, axis)


def _size_in_bytes(stored: Stored) -> int:
    return np.dtype(stored.dtype).itemsize * math.prod(stored.shape)


def _choose_workers(layout: Layout, targets: AnyArray | None, copy: bool) -> Workers:
    """Choose processes where they can read all arrays from files by themselves, else threads, which
    share the arrays in memory."""
    named = (layout.values, layout.labels, layout.targets)
    can_read = targets is None and all(
        not _comes_with_chunk(array, copy) for array in named if array is not None
    )
    return "processes" if can_read else "threads"


def _comes_with_chunk(named: KeyedArray, copy: bool) -> bool:
    """Whether a chunk must bring the array's numbers, because a worker cannot read them itself."""
    return copy or not named.stored.file


def _strip_contents(layout: Layout) -> Layout:
    """Return the layout for workers: without arrays in memory, which come with the chunks, and with
    absolute paths, because workers may run in another folder."""

    def bare(named: KeyedArray | None) -> Any:
        if named is None:
            return None
        file = named.stored.file
        file = file and file._replace(path=os.path.join(os.getcwd(), file.path))
        return named._replace(stored=named.stored._replace(file=file, content=b""))

    return layout._replace(
        request=layout.request._replace(attached=None),
        values=bare(layout.values),
        labels=bare(layout.labels),
        targets=bare(layout.targets),
    )


def _chunks(layout: Layout, labels: Any, targets: AnyArray | None, copy: bool) -> Iterator[Chunk]:
    samples, each = layout.shape[0], math.prod(layout.shape[1:])
    cuts = cut_positions(layout)
    step = max(1, CHUNK_BYTES // (8 * max(1, each))) if cuts == [None] else 1
    labels_each = math.prod(layout.shape[2:])
    width = np.dtype(layout.values.stored.dtype).itemsize * each
    number = 0
    for start in range(0, samples, step):
        stop = min(start + step, samples)
        piece = Part(
            start,
            stop,
            _numbers_for_chunk(layout.values, copy, start, stop, layout.axis),
            _numbers_for_chunk(layout.labels, copy, start, stop, None),
            _numbers_for_chunk(layout.targets, copy, start, stop, layout.axis),
            labels[start * labels_each : stop * labels_each],
        )
        if targets is not None:
            piece = piece._replace(targets=targets[start:stop])
        for positions in cuts:
            yield Chunk(
                number,
                start,
                stop - start,
                piece._replace(positions=positions),
                size=width * (stop - start) // len(cuts),
            )
            number += 1


def _numbers_for_chunk(
    named: KeyedArray | None, copy: bool, start: int, stop: int, axis: int | None
) -> AnyArray | None:
    """Return the numbers for a worker that cannot read them itself, else None."""
    if named is None or not _comes_with_chunk(named, copy):
        return None
    return map_samples(named.stored, start, stop, axis)
