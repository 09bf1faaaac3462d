"""CSV and TSV: a header, then a sample a record. The text is read in blocks of whole records, so
that memory does not grow with the file; :mod:`xentcli.readers.text.rows` reads a block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from itertools import chain, islice
from typing import BinaryIO, NamedTuple

from xentcli.errors import DataError, Place, UsageError, quoted
from xentcli.model import Batch, Remark, unquoted
from xentcli.readers.interface import Chunk, Opened, Request
from xentcli.readers.rules import numbers_labels
from xentcli.readers.rules.columns import choose_columns, left_over, taken_for_classes
from xentcli.readers.rules.join import (
    is_by_position,
    key_position,
    pair_files,
    remarks_on_pairing,
)
from xentcli.readers.rules.keys import check_class_names
from xentcli.readers.sources.source import Source, is_read_once, open_source, size_of
from xentcli.readers.text import encoding
from xentcli.readers.text import records as text
from xentcli.readers.text.layout import Layout, rows_of
from xentcli.readers.text.records import Cursor, Dialect
from xentcli.readers.text.rows import ids, read
from xentcli.readers.text.spans import LINE_END, partitions_of, parts_of, spans_of

DELIMITERS = {"csv": ",", "tsv": "\t"}
SPELLED_DELIMITERS = {"\\t": "\t", "tab": "\t", "comma": ",", "semicolon": ";", "space": " "}
# Enough rows to tell a column of numbers from one of names, few enough to be quick.
SAMPLE_ROWS = 1000


class Start(NamedTuple):
    """The first block of a text, its header, where the rows begin, and the blocks that follow.

    ``header`` has no cells of the text's own where there is no header.
    """

    block: bytes
    header: text.Record
    rows: Cursor
    later: Iterator[bytes]


def open_input(source: Source, request: Request, format_name: str) -> Opened:
    """Reads the header and the first rows, and decides which column is what."""
    if request.class_axis not in (1, -1):
        raise UsageError(f"--class-axis {request.class_axis}: the samples of a text are its rows")
    dialect = dialect_of(request, format_name)
    start = _start(source, request, dialect)
    layout = _layout(source, request, dialect, start)
    attached = layout.request.attached
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
        header=() if request.no_header else layout.names,
        rows=rows_of(layout, []) if request.keep_rows else None,
        attached=attached,
        size=size_of(source),
        remarks=(*_remarks(layout, start), *remarks_on_pairing(layout.request)),
        has_ids=layout.columns.id is not None,
        by="" if layout.columns.by is None else layout.names[layout.columns.by],
    )


class TextReader(NamedTuple):
    """Reads blocks of a text."""

    layout: Layout

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """The blocks of a span."""
        blocks = partial(_blocks, self.layout)
        return parts_of(blocks, text.line_ends, self.layout.source, chunk)

    def read(self, chunk: Chunk) -> Batch:
        """The samples of a block."""
        return read(self.layout, chunk)

    def ids(self, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> Sequence[str]:
        """What some samples of a block are called."""
        return ids(self.layout, chunk, batch, samples)


class TextChunks:
    """Cuts the text after the header into blocks; a file is read anew, standard input goes on."""

    def __init__(self, source: Source, layout: Layout, start: Start) -> None:
        self._source, self._layout, self._start = source, layout, start

    def in_order(self) -> Iterator[Chunk]:
        """Blocks of whole records."""
        return _chunks(self._source, self._layout, self._start)

    def spans(self) -> Iterator[Chunk] | None:
        """The spans of a large file."""
        request, (at, line) = self._layout.request, self._start.rows
        if is_by_position(request):
            return None
        return spans_of(self._source, request, at, line, LINE_END)

    def partitions(self, size: int) -> Iterator[Chunk] | None:
        """Spans of about so many bytes."""
        request, (at, line) = self._layout.request, self._start.rows
        if is_by_position(request):
            return None
        return partitions_of(self._source, request.encoding, at, line, LINE_END, size)


def dialect_of(request: Request, format_name: str) -> Dialect:
    """What stands between the cells, and before what is no record."""
    delimiter = request.delimiter
    if delimiter is None:
        delimiter = DELIMITERS[format_name]
    delimiter = SPELLED_DELIMITERS.get(delimiter, delimiter)
    if len(delimiter) != 1 or delimiter in '"\r\n' or delimiter.isalnum():
        raise UsageError(
            f"--delimiter {quoted(delimiter)}: not one character that can stand between cells"
        )
    if request.decimal not in (".", ","):
        raise UsageError(f"--decimal {quoted(request.decimal)}: a decimal mark is . or ,")
    return Dialect(delimiter.encode(), (request.comment or "").encode())


@contextmanager
def _text_of(source: Source, request: Request) -> Iterator[BinaryIO]:
    with open_source(source) as stream:
        yield encoding.as_utf8(stream, request.encoding, source.name)


def _start(source: Source, request: Request, dialect: Dialect) -> Start:
    with _text_of(source, request) as stream:
        later = text.blocks(stream, dialect, source.name, text.BLOCK_BYTES)
        block = next(later, b"").removeprefix(text.BYTE_ORDER_MARK)
    cursor = Cursor(0, 1)
    while cursor.at < len(block):
        record, after = text.record_at(block, cursor, dialect, source.name)
        if record is not None:
            # The generator behind ``later`` has read beyond this block: only it may go on.
            return Start(block, record, cursor if request.no_header else after, later)
        cursor = after
    raise DataError(
        "it is empty" if request.no_header else "it is empty: there is no header",
        place=Place(source.name),
    )


def _chunks(source: Source, layout: Layout, start: Start) -> Iterator[Chunk]:
    number, first, (at, line) = 0, 0, start.rows
    with _text_of(source, layout.request) as stream:
        if is_read_once(source):
            blocks = chain([start.block], start.later)
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
    return text.blocks(stream, layout.dialect, layout.source, size, length)


def _layout(source: Source, request: Request, dialect: Dialect, start: Start) -> Layout:
    header = start.header
    place = Place(source.name, header.line)
    if request.no_header:
        names = tuple(str(number + 1) for number in range(len(header.cells)))
    else:
        names = tuple(_decoded(cell, place) for cell in header.cells)
    request = pair_files(request, names, place)
    data = start.block[start.rows.at :]
    found = text.records(data, dialect, start.rows.line, source.name)
    sample = [record.cells for record in islice(found, SAMPLE_ROWS)]
    numeric = [_is_numeric(sample, at) for at in range(len(names))]
    columns = choose_columns(names, numeric, request, place)
    classes = request.classes
    if not classes and not request.no_header:
        classes = tuple(names[at].strip() for at in columns.values)
    check_class_names(classes, len(columns.values), f" for {len(columns.values)} columns of logits")
    return Layout(
        source.name,
        dialect,
        header.end or b"\n",
        () if request.no_header else tuple(header.cells),
        names,
        columns,
        request.kind or "logits",
        request,
        classes,
        tuple(numeric),
        key_position(request, names),
    )


def _decoded(cell: bytes, place: Place) -> str:
    try:
        return unquoted(cell)
    except UnicodeDecodeError:
        raise DataError(
            "the header is not UTF-8 text", place=place, hint="--encoding names another one"
        ) from None
    except ValueError as error:
        raise DataError(str(error), place=place) from None


def _is_numeric(rows: Sequence[Sequence[bytes]], at: int) -> bool:
    """Whether any cell of a column is meant as a number: a column of numbers with a bad cell is an
    error, not a column of names. Among names a nan stands for nothing."""
    named = False
    # The first number settles it, and is mostly in the first row.
    for row in rows:
        if len(row) > at and not _is_missing(row[at]) and not _is_nan(row[at]):
            if _looks_like_number(row[at]):
                return True
            named = True
    return not named


def _is_nan(cell: bytes) -> bool:
    return cell.strip(b' \t"').lower() == b"nan"


def _is_missing(cell: bytes) -> bool:
    return cell.strip().lower().decode("utf-8", "replace") in ("", *numbers_labels.MISSING)


def _looks_like_number(cell: bytes) -> bool:
    try:
        return numbers_labels.looks_like_number(unquoted(cell))
    except ValueError:
        return False


def _remarks(layout: Layout, start: Start) -> Iterator[Remark]:
    """What looks like a mistake in a header, although it can be read."""
    if layout.request.no_header:
        return
    place = Place(layout.source, start.header.line)
    if all(numbers_labels.NUMBER.fullmatch(name.strip()) for name in layout.names) and not (
        _counts(layout.names, 0) or _counts(layout.names, 1)
    ):
        yield Remark("the header is all numbers; is there none? (--no-header)", place)
    without = numbers_labels.without_common_prefix(layout.classes)
    labelled = layout.columns.label is not None
    if labelled and all(name.isdecimal() for name in without) and not _counts(without, 0):
        yield Remark(
            f"the classes are called {without[0]} to {without[-1]}, but a label that is a number "
            "counts the classes from 0",
            place,
        )
    chosen = [layout.names[at] for at in layout.columns.values]
    dropped = left_over(layout.names, layout.columns)
    if len(chosen) == 1 and dropped and not (layout.request.logit_cols or layout.request.questions):
        listed = ", ".join(quoted(name) for name in dropped[:5])
        message = f"only the column {quoted(chosen[0])} is a class; no numbers stand in {listed}"
        yield Remark(message, place)
    yield from taken_for_classes(chosen, layout.request, place)


def _counts(names: Sequence[str], first: int) -> bool:
    return [name.strip() for name in names] == [str(n + first) for n in range(len(names))]
