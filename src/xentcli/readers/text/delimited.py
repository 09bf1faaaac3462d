"""Opens CSV and TSV: a header, then a record for each sample. The text is cut into blocks of whole
records, so that memory does not grow with the file; :mod:`xentcli.readers.text.rows` reads a block.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain
from typing import BinaryIO

from xentcli.errors import UsageError
from xentcli.model import Batch, NamedTuple, Remark
from xentcli.readers.interface import Chunk, Opened, Request
from xentcli.readers.rules.columns import Choice, choose_columns
from xentcli.readers.rules.join import (
    find_join_column,
    is_by_position,
    pair_files,
    remarks_on_pairing,
)
from xentcli.readers.rules.keys import check_class_names
from xentcli.readers.rules.numbers_labels import without_common_prefix
from xentcli.readers.sources.source import Source, is_read_once, size_of
from xentcli.readers.text import records
from xentcli.readers.text.beginning import Beginning, TextLook, read_beginning
from xentcli.readers.text.dialects import collapse_blanks
from xentcli.readers.text.encoding import open_text
from xentcli.readers.text.layout import Layout, rows_as_written
from xentcli.readers.text.rows import look_up_ids, read_samples
from xentcli.readers.text.spans import (
    LINE_END,
    divide_into_partitions,
    divide_into_spans,
    leave_undivided,
    read_parts,
)


def open_input(source: Source, request: Request, format_name: str) -> Opened:
    """Read the header and the first rows, and decide which column is what."""
    if request.class_axis not in (1, -1):
        raise UsageError(f"--class-axis {request.class_axis}: the samples of a text are its rows")
    start = read_beginning(source, request, format_name)
    request = pair_files(request, start.names, start.place)
    choice = choose_columns(TextLook(start), request, start.place, has_names=bool(start.header))
    layout = _make_layout(source, request, start, choice)
    attached = request.attached
    has_labels = layout.columns.label is not None or (
        attached is not None and attached.labels is not None
    )
    return Opened(
        source.name,
        layout.kind,
        len(layout.columns.values),
        layout.classes,
        TextChunks(source, layout, start),
        TextReader(layout),
        workers="processes",
        numbered=is_by_position(layout.request),
        has_labels=has_labels,
        has_label_a_row=has_labels,
        has_targets=bool(layout.columns.targets)
        or (attached is not None and attached.targets is not None),
        header=layout.names if layout.header else (),
        rows=rows_as_written(layout, []) if request.keep_rows else None,
        attached=attached,
        size=size_of(source),
        remarks=(*_remarks(layout, start, choice), *remarks_on_pairing(request)),
        left_out=choice.left_out,
        has_ids=layout.columns.id is not None,
        by="" if layout.columns.by is None else layout.names[layout.columns.by],
    )


def split_into_cells(opened: Opened) -> Opened:
    """The input whose rows are passed on as single cells; an input without rows is unchanged."""
    reader = opened.reader
    if opened.rows is None or not isinstance(reader, TextReader):
        return opened
    request = reader.layout.request._replace(keep_rows="cells")
    return opened._replace(reader=TextReader(reader.layout._replace(request=request)))


class TextReader(NamedTuple):
    """Reads the samples of the blocks of a text."""

    layout: Layout

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """The blocks of a span; a block is its own only part."""
        return read_parts(partial(_read_blocks, self.layout), self.layout.source, chunk)

    def read(self, chunk: Chunk) -> Batch:
        """Read the samples of a block."""
        return read_samples(self.layout, chunk)

    def ids(self, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> Sequence[str]:
        """The ids of some samples of a block."""
        return look_up_ids(self.layout, chunk, batch, samples)


class TextChunks:
    """Cuts the text after the header into blocks or spans. A file is opened once more for that;
    standard input, which is read only once, goes on after the blocks that have been read."""

    def __init__(self, source: Source, layout: Layout, start: Beginning) -> None:
        self._source, self._layout, self._start = source, layout, start

    def in_order(self) -> Iterator[Chunk]:
        """Chunks of one block each, in whole records."""
        return _cut_into_chunks(self._source, self._layout, self._start)

    def spans(self) -> Iterator[Chunk] | None:
        """The spans of a large file; None where they cannot be read by themselves."""
        request, (at, line) = self._layout.request, self._start.rows
        # Where runs of blanks are collapsed, positions in the file are not those in the text.
        if is_by_position(request) or self._layout.dialect.blanks:
            return None
        return divide_into_spans(self._source, request, at, line, LINE_END)

    def partitions(self, size: int) -> Iterator[Chunk] | None:
        """Spans of about ``size`` bytes, for a cluster; None where no other machine can read
        them."""
        request, (at, line) = self._layout.request, self._start.rows
        if is_by_position(request):
            return None
        if self._layout.dialect.blanks:
            return leave_undivided(self._source, at, line, request.encoding)
        return divide_into_partitions(self._source, request.encoding, at, line, LINE_END, size)


def _cut_into_chunks(source: Source, layout: Layout, start: Beginning) -> Iterator[Chunk]:
    number, first, (at, line) = 0, 0, start.rows
    with open_text(source, layout.request) as stream:
        if is_read_once(source):
            blocks = chain(start.blocks, start.later)
        else:
            read = _read_blocks(layout, stream)
            blocks = chain([next(read, b"").removeprefix(records.BYTE_ORDER_MARK)], read)
        for block in blocks:
            # A header may be longer than a block.
            data, at = block[at:], max(0, at - len(block))
            samples = records.count_records(data, layout.dialect, line, source.name)
            lines = records.count_line_ends(data)
            # The first block may be the header alone.
            if samples:
                yield Chunk(number, first, samples, data, line, size=len(block), lines=lines)
                number += 1
            first += samples
            line += lines


def _read_blocks(layout: Layout, stream: BinaryIO, length: int | None = None) -> Iterator[bytes]:
    size = records.block_bytes_for(layout.request)
    if layout.request.keep_rows == "cells":
        # A row that is split into cells takes several times as much memory as its text.
        size = max(1, records.block_bytes() // 4)
    stream = collapse_blanks(stream, layout.dialect)
    return records.read_blocks(stream, layout.dialect, layout.source, size, length)


def _make_layout(source: Source, request: Request, start: Beginning, choice: Choice) -> Layout:
    columns = choice.columns
    classes = request.classes
    if not classes and start.header:
        classes = tuple(start.names[at].strip() for at in columns.values)
    check_class_names(classes, len(columns.values), f" for {len(columns.values)} columns of logits")
    look = TextLook(start)
    return Layout(
        source.name,
        start.dialect,
        start.newline,
        start.header,
        start.names,
        columns,
        request.kind or "logits",
        request._replace(decimal=start.decimal),
        classes,
        tuple(look.is_numeric(at) for at in range(len(start.names))),
        find_join_column(request, start.names),
    )


def _remarks(layout: Layout, start: Beginning, choice: Choice) -> Iterator[Remark]:
    """Notes on how the text was understood, and warnings about likely mistakes."""
    yield from start.remarks
    yield from choice.remarks
    if not start.header:
        return
    without = without_common_prefix(layout.classes)
    labelled = layout.columns.label is not None
    if labelled and all(name.isdecimal() for name in without) and not _count_from_0(without):
        yield Remark(
            f"the classes are called {without[0]} to {without[-1]}, but a label that is a number "
            "counts the classes from 0",
            start.place,
        )


def _count_from_0(names: Sequence[str]) -> bool:
    return list(names) == [str(number) for number in range(len(names))]
