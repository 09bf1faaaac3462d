"""CSV and TSV: a header, then a sample a record. This reader decides what is right and what wrong;
it works on blocks of whole records, so that memory does not grow with the file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, islice
from typing import NamedTuple

import numpy as np

from xentcli.errors import DataError, Place, UsageError, counted, quoted
from xentcli.model import AnyArray, Batch, Kind, Origin, Rows
from xentcli.readers import cells, text
from xentcli.readers.columns import Columns, chosen_columns
from xentcli.readers.interface import Attached, Chunk, Opened, Request
from xentcli.readers.source import Source, opened
from xentcli.readers.typed import fitted_targets, typed_label

DELIMITERS = {"csv": b",", "tsv": b"\t"}
PLAIN = b"0123456789+-.eE"
# Enough rows to tell a column of numbers from one of names, few enough to be quick.
SAMPLE_ROWS = 1000


class Layout(NamedTuple):
    """How the columns of a text are to be read: everything that a worker needs to know."""

    source: str
    delimiter: bytes
    newline: bytes
    header: tuple[bytes, ...]
    names: tuple[str, ...]
    columns: Columns
    kind: Kind
    request: Request
    classes: tuple[str, ...]


class Start(NamedTuple):
    """The first block of a text, and its header: where it ends, and the line after it."""

    block: bytes
    header: text.Record
    end: int
    line: int


def open_input(source: Source, request: Request, format_name: str) -> Opened:
    """Reads the header and the first rows, and decides which column is what."""
    if request.class_axis not in (1, -1):
        raise UsageError(f"--class-axis {request.class_axis}: the samples of a text are its rows")
    delimiter = DELIMITERS[format_name]
    start = _start(source, delimiter)
    layout = _layout(source, request, delimiter, start)
    return Opened(
        source.name,
        layout.kind,
        len(layout.columns.values),
        layout.classes,
        partial(_chunks, source, layout, start),
        partial(read, layout),
        has_labels=layout.columns.label is not None or _has(request, "labels"),
        has_targets=bool(layout.columns.targets) or _has(request, "targets"),
        rows=_rows(layout, []) if request.keep_rows else None,
        attached=request.attached,
    )


def _has(request: Request, what: str) -> bool:
    return request.attached is not None and getattr(request.attached, what) is not None


def _start(source: Source, delimiter: bytes) -> Start:
    with opened(source) as stream:
        block = next(text.blocks(stream, delimiter, source.name), b"")
    at, line = (3 if block.startswith(b"\xef\xbb\xbf") else 0), 1
    while at < len(block):
        record, at, line = text.record_at(block, at, delimiter, line, source.name)
        if record is not None:
            return Start(block, record, at, line)
    raise DataError("it is empty: there is no header", place=Place(source.name))


def _chunks(source: Source, layout: Layout, start: Start) -> Iterator[Chunk]:
    """The text after the header in blocks; a file is read anew, standard input goes on."""
    number, first, line = 0, 0, start.line
    with opened(source) as stream:
        if source.path is None:
            later = text.blocks(stream, layout.delimiter, source.name)
            blocks = chain([start.block], later)
        else:
            blocks = chain(text.blocks(stream, layout.delimiter, source.name))
        for block in blocks:
            data = block[start.end :] if number == 0 else block
            yield Chunk(number, first, data, line)
            number += 1
            line += text.line_ends(data)
            if layout.request.attached is not None:
                # Labels that stand apart are matched by the number of the sample.
                first += sum(1 for _ in text.records(data, layout.delimiter, 1, source.name))


def _layout(source: Source, request: Request, delimiter: bytes, start: Start) -> Layout:
    header = start.header
    place = Place(source.name, header.line)
    names = tuple(_decoded(cell, place) for cell in header.cells)
    data = start.block[start.end :]
    found = text.records(data, delimiter, start.line, source.name)
    sample = [record.cells for record in islice(found, SAMPLE_ROWS)]
    numeric = [_is_numeric(sample, at) for at in range(len(names))]
    columns = chosen_columns(names, numeric, request, place)
    classes = request.classes or tuple(names[at].strip() for at in columns.values)
    if len(classes) != len(columns.values):
        raise UsageError(
            f"--classes names {len(classes)} classes for {len(columns.values)} columns of logits"
        )
    return Layout(
        source.name,
        delimiter,
        header.end or b"\n",
        tuple(header.cells),
        names,
        columns,
        request.kind or "logits",
        request,
        classes,
    )


def _decoded(cell: bytes, place: Place) -> str:
    try:
        return text.unquoted(cell)
    except UnicodeDecodeError:
        raise DataError("the header is not UTF-8 text", place=place) from None
    except ValueError as error:
        raise DataError(str(error), place=place) from None


def _is_numeric(rows: Sequence[Sequence[bytes]], at: int) -> bool:
    """Whether any cell of a column is meant as a number: a column of numbers with a bad cell is an
    error, not a column of names."""
    present = [row[at] for row in rows if len(row) > at and row[at].strip()]
    return not present or any(_looks_like_number(cell) for cell in present)


def _looks_like_number(cell: bytes) -> bool:
    try:
        return cells.looks_like_number(text.unquoted(cell))
    except ValueError:
        return False


def read(layout: Layout, chunk: Chunk) -> Batch:
    """The samples of a block of whole records."""
    found = list(text.records(chunk.data, layout.delimiter, chunk.line, layout.source))
    rows = [record.cells for record in found]
    lines = [record.line for record in found]
    columns, request = layout.columns, layout.request
    _check_widths(layout, rows, lines)
    values = _numbers(layout, rows, lines, columns.values)
    labels = targets = weight = None
    if columns.label is not None:
        labels = _labels(layout, rows, lines)
    if columns.targets:
        targets = _numbers(layout, rows, lines, columns.targets)
    if columns.weight is not None:
        weight = _weights(layout, rows, lines, columns.weight)
    batch = Batch(
        values,
        layout.kind,
        _origin(layout, lines, columns.values),
        layout.classes,
        labels,
        targets,
        _target_origin(layout, lines),
        weight,
        chunk.first,
        _rows(layout, rows) if request.keep_rows else None,
    )
    return batch if request.attached is None else _attached(batch, layout)


def _attached(batch: Batch, layout: Layout) -> Batch:
    attached = layout.request.attached
    assert attached is not None
    last = batch.first + len(batch.values)
    _check_count(attached, last, layout)
    if attached.labels is not None:
        words = attached.labels[batch.first : last]
        found = [
            typed_label(
                word,
                batch.first + at,
                attached.origin.source,
                layout.classes,
                len(layout.columns.values),
                layout.request.ignore_index,
            )
            for at, word in enumerate(words)
        ]
        return batch._replace(labels=np.array(found, dtype=np.int64), target_from=attached.origin)
    targets = np.atleast_2d(attached.targets)[batch.first : last]
    return batch._replace(
        targets=fitted_targets(attached._replace(targets=targets), batch.values),
        target_from=attached.origin,
    )


def _check_count(attached: Attached, samples: int, layout: Layout) -> None:
    if attached.size < samples:
        what = "label" if attached.labels is not None else "soft target"
        raise DataError(
            f"{counted(attached.size, what)}, but {layout.source} has more samples",
            place=Place(attached.origin.source),
        )


def _check_widths(layout: Layout, rows: Sequence[Sequence[bytes]], lines: Sequence[int]) -> None:
    wanted = len(layout.header)
    for row, line in zip(rows, lines, strict=True):
        if len(row) != wanted:
            raise DataError(
                f"{counted(len(row), 'cell')}, where the header has {wanted}",
                place=Place(layout.source, line, min(len(row), wanted) + (len(row) > wanted)),
            )


def _numbers(
    layout: Layout, rows: Sequence[Sequence[bytes]], lines: Sequence[int], at: tuple[int, ...]
) -> AnyArray:
    """The numbers of some columns: all at once where they are plain, else cell by cell."""
    flat = [row[column] for row in rows for column in at]
    values = _plain_numbers(flat)
    if values is None:
        values = np.array(
            [
                _cell_number(layout, row[column], line, column)
                for row, line in zip(rows, lines, strict=True)
                for column in at
            ],
            dtype=np.float64,
        )
    return values.reshape(len(rows), len(at))


def _weights(
    layout: Layout, rows: Sequence[Sequence[bytes]], lines: Sequence[int], column: int
) -> AnyArray:
    weights = _numbers(layout, rows, lines, (column,))[:, 0]
    wrong = np.flatnonzero(~(weights >= 0) | np.isinf(weights))
    if wrong.size:
        at = int(wrong[0])
        raise DataError(
            f"column {quoted(layout.names[column])}: the weight {float(weights[at])!r} is not a "
            "finite number from 0 up",
            place=Place(layout.source, lines[at], column + 1),
        )
    return weights


def _plain_numbers(flat: Sequence[bytes]) -> AnyArray | None:
    # float() takes more than the grammar of numbers allows (1_000, digits of other scripts), but
    # not if every byte is one of these.
    if b"".join(flat).translate(None, PLAIN):
        return None
    try:
        values = np.array(list(map(float, flat)), dtype=np.float64)
    except ValueError:
        return None
    return values if np.isfinite(values).all() else None


def _cell_number(layout: Layout, cell: bytes, line: int, column: int) -> float:
    content = _content(layout, cell, line, column)
    try:
        return cells.number(content)
    except cells.NotANumber as error:
        raise _cell_fault(layout, content, line, column, error) from None


def _content(layout: Layout, cell: bytes, line: int, column: int) -> str:
    try:
        return text.unquoted(cell)
    except UnicodeDecodeError:
        reason = "the cell is not UTF-8 text"
    except ValueError as error:
        reason = str(error)
    raise DataError(reason, place=Place(layout.source, line, column + 1))


def _cell_fault(
    layout: Layout, content: str, line: int, column: int, error: cells.NotANumber
) -> DataError:
    return DataError(
        f"column {quoted(layout.names[column])}: {error.reason.format(quoted(content))}",
        place=Place(layout.source, line, column + 1),
        hint=error.hint,
    )


def _labels(layout: Layout, rows: Sequence[Sequence[bytes]], lines: Sequence[int]) -> AnyArray:
    column = layout.columns.label
    assert column is not None
    count, found = len(layout.columns.values), []
    for row, line in zip(rows, lines, strict=True):
        content = _content(layout, row[column], line, column)
        try:
            found.append(cells.label(content, layout.classes, count, layout.request.ignore_index))
        except cells.NotANumber as error:
            raise _cell_fault(layout, content, line, column, error) from None
    return np.array(found, dtype=np.int64)


def _origin(layout: Layout, lines: Sequence[int], columns: tuple[int, ...]) -> Origin:
    return Origin(
        layout.source,
        "text",
        lines,
        tuple(column + 1 for column in columns),
        tuple(layout.names[column] for column in columns),
    )


def _target_origin(layout: Layout, lines: Sequence[int]) -> Origin | None:
    columns = layout.columns
    if columns.targets:
        return _origin(layout, lines, columns.targets)
    if columns.label is not None:
        return _origin(layout, lines, (columns.label,))
    return None


def _rows(layout: Layout, rows: list[list[bytes]]) -> Rows:
    return Rows(layout.header, rows, layout.columns.values, layout.delimiter, layout.newline)
