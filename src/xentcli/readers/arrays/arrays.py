"""NumPy's .npy and .npz, .safetensors, PyTorch's .pt: arrays of samples, read by the block."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO

import numpy as np

from xentcli.errors import DataError, Place, UsageError, counted
from xentcli.model import AnyArray, Batch, Kind, NamedTuple, Remark
from xentcli.readers.arrays.choice import choose_labels, choose_values, remarks_on
from xentcli.readers.arrays.pieces import cut_positions, remarks_on_pieces
from xentcli.readers.arrays.samples import (
    Layout,
    Named,
    ids_of_array,
    in_a_sentence,
    part_of,
    read,
)
from xentcli.readers.arrays.stored import (
    Archive,
    File,
    Stored,
    npy_array,
    npz_archive,
    safetensors_archive,
)
from xentcli.readers.arrays.torch_file import torch_archive
from xentcli.readers.first_bytes import check_read
from xentcli.readers.interface import EACH_SEQUENCE, Attached, Chunk, Opened, Part, Request, Workers
from xentcli.readers.rules.class_axis import last_axis_hint, remarks_on_axis
from xentcli.readers.rules.ids import reorder_by_ids
from xentcli.readers.rules.join import BY_POSITION, pair_files, remarks_on_pairing
from xentcli.readers.rules.keys import LABEL_KEYS, check_class_names
from xentcli.readers.rules.targets import (
    check_label_shape,
    fit_targets,
    labels_lack_positions,
    reorder_targets,
)
from xentcli.readers.sources.copies import close_with, fetch_file
from xentcli.readers.sources.source import (
    Source,
    check_version,
    explain_errors,
    open_source,
    size_of,
    version_of_open,
)

CHUNK_BYTES = 4 << 20
FIRST_BYTES = 256
MOST_UNSEEN_CLASSES = 1 << 20


def open_input(source: Source, request: Request, format_name: str) -> Opened:
    """Read the headers and decide which array is what; a remote file is copied first."""
    local, copy = fetch_file(source)
    try:
        opened = _open_file(local, request, format_name)
    except BaseException:
        if copy is not None:
            copy.close()
        raise
    close_with(opened.chunks, copy)
    return opened


def keys_of(source: Source, format_name: str) -> tuple[str, ...]:
    """The keys of an archive; the empty key for a single array."""
    local, copy = fetch_file(source)
    try:
        with _archive(local, format_name) as archive:
            return archive.keys
    finally:
        if copy is not None:
            copy.close()


def ids_under(source: Source, format_name: str, key: str) -> list[bytes]:
    """The ids that an archive has under a key."""
    local, copy = fetch_file(source)
    try:
        with _archive(local, format_name) as archive:
            return _ids(archive, key, source.name)
    finally:
        if copy is not None:
            copy.close()


def _open_file(source: Source, request: Request, format_name: str) -> Opened:
    if request.by not in (None, EACH_SEQUENCE):
        raise UsageError(f"--by {request.by}: {source.name} holds arrays, and no columns")
    with _archive(source, format_name) as archive:
        request = pair_files(request, archive.keys, Place(source.name))
        choice = choose_values(archive, request, source.name)
        values = _array(archive, choice.values, source.name)
        layout = _layout(source.name, choice.kind, values, request)
        request, on_ids = _by_ids(archive, layout, request)
        layout = layout._replace(request=request)
        if request.wanted != "none":
            choice = choose_labels(choice, archive, request, layout.shape, source.name)
        layout = _with_labels(layout, choice.labels, archive)
    class_count = layout.shape[1]
    check_class_names(request.classes, class_count, f", {source.name} has {class_count}")
    attached = request.attached if layout.attached_from is not None else None
    targets = _fit_targets(attached, layout) if attached is not None else None
    typed_labels = attached is not None and attached.labels is not None
    labels = attached.labels if attached is not None and attached.labels is not None else ()
    has_labels = layout.labels is not None or typed_labels
    has_axis = has_labels and not request.questions
    on_axis = remarks_on_axis(layout.shape, request.class_axis, source.name) if has_axis else ()
    return Opened(
        source.name,
        choice.kind,
        class_count,
        request.classes,
        ArrayChunks(layout, labels, targets, source.copy),
        ArrayReader(_without_contents(layout)),
        workers=_workers(layout, targets, source.copy),
        has_labels=has_labels,
        has_targets=layout.targets is not None or targets is not None,
        dimensions=len(layout.shape) - 2,
        class_axis=request.class_axis if len(values.stored.shape) > 1 else 1,
        size=_size(values.stored),
        remarks=(
            *remarks_on(choice, source.name),
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
        """The chunk, which is in one piece."""
        yield chunk

    def read(self, chunk: Chunk) -> Batch:
        """The samples of a chunk."""
        return read(self.layout, chunk)

    def ids(self, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> Sequence[str]:
        """Nothing: arrays have no ids."""
        raise NotImplementedError


class ArrayChunks:
    """Cuts arrays into runs of samples."""

    def __init__(
        self, layout: Layout, labels: Any, targets: AnyArray | None, is_copy: bool
    ) -> None:
        self._layout, self._labels, self._targets = layout, labels, targets
        self._is_copy = is_copy

    def in_order(self) -> Iterator[Chunk]:
        """Chunks of some MiB."""
        return _chunks(self._layout, self._labels, self._targets, self._is_copy)

    def spans(self) -> None:
        """None: the chunks are known from the start."""

    def partitions(self, size: int) -> None:
        """None: a worker elsewhere cannot map the file."""


@contextmanager
def _archive(source: Source, format_name: str) -> Iterator[Archive]:
    """The arrays of a source: in its file, or in memory where that cannot be mapped."""
    with explain_errors(source.name):
        path = source.path if source.path and _is_plain(source, format_name) else ""
        size = os.path.getsize(path) if path else 0
    if path:
        with open(path, "rb") as stream, in_a_sentence(source.name):
            check_version(stream, source)
            file = File(path, version_of_open(stream))
            yield _open_archive(stream, size, file, b"", format_name, source)
        return
    with open_source(source) as unpacked, in_a_sentence(source.name):
        content = unpacked.read()
    with in_a_sentence(source.name):
        yield _open_archive(io.BytesIO(content), len(content), None, content, format_name, source)


def _is_plain(source: Source, format_name: str) -> bool:
    """Whether the file can be mapped: it is a regular file and not compressed."""
    if size_of(source) is not None:
        return True
    if format_name != "safetensors" or not os.path.isfile(str(source.path)):
        return False
    # The file begins with a length, whose bytes may happen to be those of a compression.
    with open(str(source.path), "rb") as stream:
        return stream.read(9)[8:] == b"{"


def _open_archive(
    stream: BinaryIO, size: int, file: File | None, content: bytes, format_name: str, source: Source
) -> Archive:
    check_read(stream.read(FIRST_BYTES), source.name)
    stream.seek(0)
    if format_name == "npz":
        return npz_archive(stream, file, source.max_ratio)
    if format_name == "pt":
        return torch_archive(stream, size, file, content)
    if format_name == "safetensors":
        return safetensors_archive(stream, size, file, content)
    stored = npy_array(stream, size, file, content)
    return Archive(("",), lambda _: stored, lambda _: stored, lambda _: stored)


def _array(archive: Archive, key: str, name: str) -> Named:
    with in_a_sentence(name, key):
        return Named(key, archive.array(key))


def _ids(archive: Archive, key: str, name: str) -> list[bytes]:
    with in_a_sentence(name, key):
        named = Named(key, archive.ids(key))
    return ids_of_array(named, name)


def _layout(name: str, kind: Kind, values: Named, request: Request) -> Layout:
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
        # Each class gets a name, and not one number shows that they are there.
        raise DataError(
            f"{shape[axis]} classes are announced, and there are no samples", place=place
        )
    # Classes second, as they come from _moved.
    rest = list(shape)
    count = rest.pop(axis)
    return Layout(name, kind, request, values, axis % len(shape), (rest[0], count, *rest[1:]))


def _by_ids(
    archive: Archive, layout: Layout, request: Request
) -> tuple[Request, tuple[Remark, ...]]:
    """The request with what a second file has in the order of the archive's own ids, if it is
    matched by them, and what is to be told of it."""
    attached = request.attached
    if attached is None or attached.join is None:
        return request, ()
    key, name = attached.join.name, layout.source
    found = _ids(archive, key, name)
    if len(found) != layout.shape[0]:
        message = f"{counted(len(found), 'id')} for {counted(layout.shape[0], 'sample')}"
        raise DataError(message, place=Place(name, detail=key), hint=BY_POSITION)
    if attached.labels is not None and len(layout.shape) > 2:
        raise labels_lack_positions(attached, name)
    places = [Place(name, detail=f"{key}[{at}]") for at in range(len(found))]
    ordered, remarks = reorder_by_ids(attached, found, places)
    return request._replace(attached=ordered), remarks


def _with_labels(layout: Layout, key: str | None, archive: Archive) -> Layout:
    """The layout with the labels or soft targets."""
    request, name = layout.request, layout.source
    if request.wanted == "none":
        return layout
    if request.attached is not None:
        return layout._replace(attached_from=request.attached.origin)
    if key is None:
        return layout
    found = _array(archive, key, name)
    shape, wanted = found.stored.shape, layout.shape[:1] + layout.shape[2:]
    if shape == wanted or (shape == () and wanted == (1,)):
        return layout._replace(labels=found)
    # The key "targets" is used for indices and for soft targets alike; the shape tells them apart.
    # Integers that are called labels are indices, not the shares of a single sample's classes.
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
    """Return soft targets in the values' shape; of labels only the number is checked."""
    shape = layout.shape
    if attached.labels is not None:
        check_label_shape(attached, shape[:1] + shape[2:], shape[1], layout.request)
        return None
    targets, axis = attached.targets, layout.axis
    assert targets is not None
    if targets.ndim == 1 and shape[0] == 1:
        targets, axis = targets[np.newaxis], 1
    # Only the shape of the values matters, and this has it without any memory.
    values = np.broadcast_to(np.float64(0.0), shape)
    chosen = reorder_targets(attached._replace(targets=targets), layout.request.classes)
    return fit_targets(chosen, values, axis)


def _size(stored: Stored) -> int:
    return np.dtype(stored.dtype).itemsize * math.prod(stored.shape)


def _workers(layout: Layout, targets: AnyArray | None, copy: bool) -> Workers:
    """Processes read what lies in files by themselves; threads have what lies in memory already."""
    named = (layout.values, layout.labels, layout.targets)
    read = targets is None and all(not _comes_along(one, copy) for one in named if one is not None)
    return "processes" if read else "threads"


def _comes_along(named: Named, copy: bool) -> bool:
    """Whether the numbers come to a worker with the chunk, as it cannot read them itself."""
    return copy or not named.stored.file


def _without_contents(layout: Layout) -> Layout:
    """Return the layout for workers, without arrays in memory: those come with the chunks.

    Workers may run in another folder.
    """

    def bare(named: Named | None) -> Any:
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
            _brought(layout.values, copy, start, stop, layout.axis),
            _brought(layout.labels, copy, start, stop, None),
            _brought(layout.targets, copy, start, stop, layout.axis),
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


def _brought(
    named: Named | None, copy: bool, start: int, stop: int, axis: int | None
) -> AnyArray | None:
    """The numbers for a worker that cannot read them itself."""
    if named is None or not _comes_along(named, copy):
        return None
    return part_of(named.stored, start, stop, axis)
