"""Joins several files into one input, one after the other."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from xentcli.errors import DataError, Place, quoted
from xentcli.model import Batch, NamedTuple, Remark
from xentcli.readers.interface import Chunk, Opened, Reader
from xentcli.readers.sources.urls import is_url, local_path, scheme_of, without_secrets


def expand_names(names: Sequence[str]) -> list[str]:
    """Replace each pattern among the FILE arguments by the files that it matches, sorted."""
    result: list[str] = []
    for name in names:
        found = _find_files(local_path(name))
        if not found:
            raise DataError("no file matches", place=Place(without_secrets(name)))
        result += found
    return result


def _find_files(name: str) -> list[str]:
    """Find the files that match a pattern; a name that is no pattern is itself the file."""
    if not any(mark in name for mark in "*?["):
        return [name]
    if is_url(name):
        # Web servers do not list their files, and the ? of a query is no pattern.
        if scheme_of(name) in ("http", "https"):
            return [name]
        from xentcli.readers.sources import remote

        return remote.list_matching(name)
    return [name] if os.path.exists(name) else sorted(glob.glob(name, recursive=True))


def join(inputs: Sequence[Opened]) -> Opened:
    """Join the inputs into one. They must have the same columns and the same kind of numbers."""
    if len(inputs) == 1:
        return inputs[0]
    first = inputs[0]
    for other in inputs[1:]:
        _check_alike(first, other)
    inputs = _split_rows_alike(inputs)
    first = inputs[0]
    sizes = [opened.size for opened in inputs]
    return first._replace(
        source=f"{first.source} and {len(inputs) - 1} more",
        chunks=ChunksOfFiles(inputs),
        reader=ReaderOfFiles(
            tuple(opened.reader for opened in inputs),
            tuple(opened.source for opened in inputs) if first.by_sequence else (),
        ),
        workers=first.workers if len({opened.workers for opened in inputs}) == 1 else None,
        numbered=any(opened.numbered for opened in inputs),
        size=None if None in sizes else sum(size or 0 for size in sizes),
        remarks=_drop_repeated(remark for opened in inputs for remark in opened.remarks),
        # Ids of only some files would leave gaps, which help nobody.
        has_ids=all(opened.has_ids for opened in inputs),
        files=len(inputs),
        ranked=all(opened.ranked for opened in inputs),
    )


def _drop_repeated(remarks: Iterable[Remark]) -> tuple[Remark, ...]:
    """Keep the first of remarks with the same message."""
    kept: dict[str, Remark] = {}
    for remark in remarks:
        kept.setdefault(remark.message, remark)
    return tuple(kept.values())


def _split_rows_alike(inputs: Sequence[Opened]) -> Sequence[Opened]:
    """Return the inputs; if their delimiters differ, with rows that are split into cells, so that
    all rows are passed on with one delimiter."""
    marks = {opened.rows.delimiter for opened in inputs if opened.rows is not None}
    if len(marks) < 2:
        return inputs
    from xentcli.readers.text.delimited import split_into_cells

    return [split_into_cells(opened) for opened in inputs]


class ReaderOfFiles(NamedTuple):
    """Reads each chunk with the reader of its own file. Every file numbers its sequences from 0, so
    groups that are sequences are named after their file as well (``sources``)."""

    readers: tuple[Reader, ...]
    sources: tuple[str, ...] = ()

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """Split the chunk into pieces that can be read."""
        return self.readers[chunk.file].parts(chunk)

    def read(self, chunk: Chunk) -> Batch:
        """Read the samples of a piece."""
        batch = self.readers[chunk.file].read(chunk)
        if not self.sources or batch.grouping is None:
            return batch
        source = self.sources[chunk.file]
        names = tuple(f"{source}: {name}" for name in batch.grouping.names)
        return batch._replace(grouping=batch.grouping._replace(names=names))

    def ids(self, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> Sequence[str]:
        """Return the ids of some samples of a piece."""
        return self.readers[chunk.file].ids(chunk, batch, samples)


class ChunksOfFiles:
    """The chunks of several files, one file after the other."""

    def __init__(self, inputs: Sequence[Opened]) -> None:
        self._inputs = inputs

    def in_order(self) -> Iterator[Chunk]:
        """Give all chunks of the first file, then those of the next."""
        number = before = 0
        for file, opened in enumerate(self._inputs):
            samples = 0
            for chunk in opened.chunks.in_order():
                samples = chunk.first + chunk.samples
                yield chunk._replace(number=number, first=before + chunk.first, file=file)
                number += 1
            before += samples

    def spans(self) -> Iterator[Chunk] | None:
        """Cut large files into spans and small ones into chunks; the numbers of their first samples
        are not known."""
        if self._are_numbered():
            return None
        spans = [opened.chunks.spans() for opened in self._inputs]
        if all(found is None for found in spans):
            return None
        return _number_chunks(
            opened.chunks.in_order() if found is None else found
            for opened, found in zip(self._inputs, spans, strict=True)
        )

    def partitions(self, size: int) -> Iterator[Chunk] | None:
        """Cut every file into partitions. None if one of the files can be read only by this
        process, or only if the numbers of its samples are known."""
        if self._are_numbered():
            return None
        found = [opened.chunks.partitions(size) for opened in self._inputs]
        present = [chunks for chunks in found if chunks is not None]
        return _number_chunks(present) if len(present) == len(found) else None

    def _are_numbered(self) -> bool:
        return any(opened.numbered for opened in self._inputs)


def _number_chunks(files: Iterable[Iterator[Chunk]]) -> Iterator[Chunk]:
    number = 0
    for file, chunks in enumerate(files):
        for chunk in chunks:
            yield chunk._replace(number=number, file=file)
            number += 1


def _check_alike(first: Opened, other: Opened) -> None:
    place = Place(other.source)
    # A JSON document has no header; only its classes can be compared with those of a text.
    both = first.header and other.header
    for at, (wanted, found) in enumerate(zip_longest(first.header, other.header), start=1):
        if both and wanted != found:
            shown = ["nothing" if name is None else quoted(name) for name in (found, wanted)]
            raise DataError(
                f"its header differs from that of {first.source}: column {at} is {shown[0]}, "
                f"there {shown[1]}",
                place=place,
            )
    if first.class_count == other.class_count and bool(first.classes) != bool(other.classes):
        raise _only_one_names_classes(first, other)
    if (first.classes, first.class_count) != (other.classes, other.class_count):
        raise DataError(
            f"its classes differ from those of {first.source}: {_describe_classes(other)}, there "
            f"{_describe_classes(first)}",
            place=place,
        )
    if first.kind != other.kind:
        raise DataError(f"it holds {other.kind}, {first.source} holds {first.kind}", place=place)
    for what in ("has_labels", "has_targets"):
        if getattr(first, what) != getattr(other, what):
            lacking, having = (other, first) if getattr(first, what) else (first, other)
            noun = "labels" if what == "has_labels" else "soft targets"
            raise DataError(
                f"it has no {noun}, {having.source} has some", place=Place(lacking.source)
            )


def _only_one_names_classes(first: Opened, other: Opened) -> DataError:
    """Return the error for as many classes in both, with names in one: whether the other has them
    in the same order cannot be told."""
    message = f"its classes have no names, those of {first.source} are {_describe_classes(first)}"
    if other.classes:
        named = _describe_classes(other)
        message = f"its classes are {named}, those of {first.source} have no names"
    hint = "--classes names the classes of all files, in their order"
    return DataError(message, place=Place(other.source), hint=hint)


def _describe_classes(opened: Opened) -> str:
    if not opened.classes:
        return f"{opened.class_count} of them"
    names = ", ".join(quoted(name) for name in opened.classes[:5])
    return names + (", …" if len(opened.classes) > 5 else "")
