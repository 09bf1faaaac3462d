"""CSV and TSV: a header, then a record for each sample. The text is read in blocks of whole
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
from xentcli.readers.text import records as text
from xentcli.readers.text.beginning import (
    Beginning,
    TextLook,
    read_beginning,
    text_of,
    with_single_blanks,
)
from xentcli.readers.text.layout import Layout, rows_of
from xentcli.readers.text.rows import ids, read
from xentcli.readers.text.spans import LINE_END, partitions_of, parts_of, spans_of, whole_text


def open_input(source: Source, request: Request, format_name: str) -> Opened:
    """Read the header and the first rows, and decide which column is what."""
    if request.class_axis not in (1, -1):
        raise UsageError(f"--class-axis {request.class_axis}: the samples of a text are its rows")
    start = read_beginning(source, request, format_name)
    request = pair_files(request, start.names, start.place)
    choice = choose_columns(TextLook(start), request, start.place, has_names=bool(start.header))
    layout = _layout(source, request, start, choice)
    attached = request.attached
    return Opened(
        source.name,
        layout.kind,
        len(layout.columns.values),
        layout.classes,
        TextChunks(source, layout, start),
        TextReader(layout),
        workers="processes",
        numbered=is_by_position(layout.request),
        has_labels=layout.columns.label is not None
        or (attached is not None and attached.labels is not None),
        has_targets=bool(layout.columns.targets)
        or (attached is not None and attached.targets is not None),
        header=layout.names if layout.header else (),
        rows=rows_of(layout, []) if request.keep_rows else None,
        attached=attached,
        size=size_of(source),
        remarks=(*_remarks(layout, start, choice), *remarks_on_pairing(request)),
        left_out=choice.left_out,
        has_ids=layout.columns.id is not None,
        by="" if layout.columns.by is None else layout.names[layout.columns.by],
    )


def with_cells(opened: Opened) -> Opened:
    """The input with its rows split into cells."""
    reader = opened.reader
    if opened.rows is None or not isinstance(reader, TextReader):
        return opened
    request = reader.layout.request._replace(keep_rows="cells")
    return opened._replace(reader=TextReader(reader.layout._replace(request=request)))


class TextReader(NamedTuple):
    """Reads blocks of a text."""

    layout: Layout

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """The blocks of a span."""
        blocks = partial(_blocks, self.layout)
        return parts_of(blocks, self.layout.source, chunk)

    def read(self, chunk: Chunk) -> Batch:
        """The samples of a block."""
        return read(self.layout, chunk)

    def ids(self, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> Sequence[str]:
        """What some samples of a block are called."""
        return ids(self.layout, chunk, batch, samples)


class TextChunks:
    """Cuts the text after the header into blocks. A file is opened anew; standard input
    continues."""

    def __init__(self, source: Source, layout: Layout, start: Beginning) -> None:
        self._source, self._layout, self._start = source, layout, start

    def in_order(self) -> Iterator[Chunk]:
        """Blocks of whole records."""
        return _chunks(self._source, self._layout, self._start)

    def spans(self) -> Iterator[Chunk] | None:
        """The spans of a large file."""
        request, (at, line) = self._layout.request, self._start.rows
        # Where blanks are made single, places in the file are not those in what is read.
        if is_by_position(request) or self._layout.dialect.blanks:
            return None
        return spans_of(self._source, request, at, line, LINE_END)

    def partitions(self, size: int) -> Iterator[Chunk] | None:
        """Spans of about so many bytes."""
        request, (at, line) = self._layout.request, self._start.rows
        if is_by_position(request):
            return None
        if self._layout.dialect.blanks:
            return whole_text(self._source, at, line, request.encoding)
        return partitions_of(self._source, request.encoding, at, line, LINE_END, size)


def _chunks(source: Source, layout: Layout, start: Beginning) -> Iterator[Chunk]:
    number, first, (at, line) = 0, 0, start.rows
    with text_of(source, layout.request) as stream:
        if is_read_once(source):
            blocks = chain(start.blocks, start.later)
        else:
            again = _blocks(layout, stream)
            blocks = chain([next(again, b"").removeprefix(text.BYTE_ORDER_MARK)], again)
        for block in blocks:
            # A header may be longer than a block.
            data, at = block[at:], max(0, at - len(block))
            samples = text.count_records(data, layout.dialect, line, source.name)
            lines = text.line_ends(data)
            # The first block may be the header alone.
            if samples:
                yield Chunk(number, first, samples, data, line, size=len(block), lines=lines)
                number += 1
            first += samples
            line += lines


def _blocks(layout: Layout, stream: BinaryIO, length: int | None = None) -> Iterator[bytes]:
    size = text.block_bytes()
    if layout.request.keep_rows == "cells":
        # Cell by cell a row takes several times the memory that it does as text.
        size = max(1, size // 2)
    stream = with_single_blanks(stream, layout.dialect)
    return text.blocks(stream, layout.dialect, layout.source, size, length)


def _layout(source: Source, request: Request, start: Beginning, choice: Choice) -> Layout:
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
    """Notes on how the text was understood, and warnings of likely mistakes."""
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
    return [name.strip() for name in names] == [str(number) for number in range(len(names))]
