"""Several files as one input: their samples follow one another."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import zip_longest

from xentcli.errors import DataError, Place, quoted
from xentcli.model import Batch
from xentcli.readers.interface import Chunk, Ids, Opened
from xentcli.readers.sources.urls import is_url, local_path, scheme_of, shown


def expanded(names: Sequence[str]) -> list[str]:
    """The FILE arguments with each pattern replaced by the files that it matches, sorted."""
    result: list[str] = []
    for name in names:
        found = _matching(local_path(name))
        if not found:
            raise DataError("no file matches", place=Place(shown(name)))
        result += found
    return result


def _matching(name: str) -> list[str]:
    """The files that a pattern matches; a name that is none stands for itself."""
    if not any(mark in name for mark in "*?["):
        return [name]
    if is_url(name):
        # No web server says which files it has, and a query is no pattern.
        if scheme_of(name) in ("http", "https"):
            return [name]
        from xentcli.readers.sources import remote

        return remote.matching(name)
    return [name] if os.path.exists(name) else sorted(glob.glob(name, recursive=True))


def joined(inputs: Sequence[Opened]) -> Opened:
    """The inputs as one, if they have the same columns and the same kind of numbers."""
    if len(inputs) == 1:
        return inputs[0]
    first = inputs[0]
    for other in inputs[1:]:
        _check_alike(first, other)
    sizes = [opened.size for opened in inputs]
    return first._replace(
        source=f"{first.source} and {len(inputs) - 1} more",
        chunks=partial(_chunks, inputs),
        read=partial(_read, tuple(opened.read for opened in inputs)),
        spans=_spans_of(inputs),
        parts=partial(_parts, tuple(opened.parts for opened in inputs)),
        workers=first.workers if len({opened.workers for opened in inputs}) == 1 else None,
        numbered=any(opened.numbered for opened in inputs),
        size=None if None in sizes else sum(size or 0 for size in sizes),
        remarks=tuple(remark for opened in inputs for remark in opened.remarks),
        ids=_ids_of(inputs),
        files=len(inputs),
        partitions=_partitions_of(inputs),
    )


def _check_alike(first: Opened, other: Opened) -> None:
    place = Place(other.source)
    # A document has no header; what it shares with a text are the classes.
    both = first.header and other.header
    for at, (wanted, found) in enumerate(zip_longest(first.header, other.header), start=1):
        if both and wanted != found:
            shown = ["nothing" if name is None else quoted(name) for name in (found, wanted)]
            raise DataError(
                f"its header differs from that of {first.source}: column {at} is {shown[0]}, "
                f"there {shown[1]}",
                place=place,
            )
    if (first.classes, first.class_count) != (other.classes, other.class_count):
        raise DataError(
            f"its classes differ from those of {first.source}: {_listed(other)}, there "
            f"{_listed(first)}",
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


def _listed(opened: Opened) -> str:
    if not opened.classes:
        return f"{opened.class_count} of them"
    names = ", ".join(quoted(name) for name in opened.classes[:5])
    return names + (", …" if len(opened.classes) > 5 else "")


def _spans_of(inputs: Sequence[Opened]) -> Callable[[], Iterator[Chunk]] | None:
    if any(opened.numbered for opened in inputs) or all(opened.spans is None for opened in inputs):
        return None
    return partial(_spans, inputs)


def _spans(inputs: Sequence[Opened]) -> Iterator[Chunk]:
    """Large files in spans, small ones in chunks; how many samples come before is not known."""
    number = 0
    for file, opened in enumerate(inputs):
        for chunk in (opened.spans or opened.chunks)():
            yield chunk._replace(number=number, file=file)
            number += 1


def _partitions_of(inputs: Sequence[Opened]) -> Callable[[int], Iterator[Chunk]] | None:
    """None if one of them can be read only by this process, or only if it is known how many samples
    come before."""
    if any(opened.partitions is None or opened.numbered for opened in inputs):
        return None
    return partial(_partitions, inputs)


def _partitions(inputs: Sequence[Opened], size: int) -> Iterator[Chunk]:
    number = 0
    for file, opened in enumerate(inputs):
        assert opened.partitions is not None
        for chunk in opened.partitions(size):
            yield chunk._replace(number=number, file=file)
            number += 1


def _parts(parts: Sequence[Callable[[Chunk], Iterator[Chunk]]], chunk: Chunk) -> Iterator[Chunk]:
    return parts[chunk.file](chunk)


def _chunks(inputs: Sequence[Opened]) -> Iterator[Chunk]:
    number = before = 0
    for file, opened in enumerate(inputs):
        samples = 0
        for chunk in opened.chunks():
            samples = chunk.first + chunk.samples
            yield chunk._replace(number=number, first=before + chunk.first, file=file)
            number += 1
        before += samples


def _ids_of(inputs: Sequence[Opened]) -> Ids | None:
    """None if one of them has no ids: a list of names with gaps helps nobody."""
    found = [opened.ids for opened in inputs if opened.ids is not None]
    return partial(_ids, tuple(found)) if len(found) == len(inputs) else None


def _ids(ids: Sequence[Ids], chunk: Chunk, batch: Batch, samples: Sequence[int]) -> Sequence[str]:
    return ids[chunk.file](chunk, batch, samples)


def _read(reads: Sequence[Callable[[Chunk], Batch]], chunk: Chunk) -> Batch:
    return reads[chunk.file](chunk)
