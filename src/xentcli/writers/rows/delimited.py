"""CSV and TSV: the input's own rows with the answer in them or after them.

What is passed on is the same byte for byte, if the delimiter is that of the input.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from xentcli.model import Answer, Batch, Fault, Report, Rows, sample_number
from xentcli.model.csv_cells import csv_cell
from xentcli.writers.interface import Stream, View
from xentcli.writers.rows.listing import as_text, list_report
from xentcli.writers.rows.numbers import row_pattern, shortest_cells, shortest_texts
from xentcli.writers.rows.quiet import class_count, position_rows

DELIMITER = b","
# The header of the list of rows that could not be used: --rejects FILE.
REJECTED = b"file,line,column,value,message,row\n"


def start(stream: Stream) -> bytes:
    """The header, which begins with the input's own; empty if the input has rows without one."""
    if not stream.each or (stream.rows is not None and not stream.rows.header):
        return b""
    own = DELIMITER if stream.rows is None else stream.rows.delimiter
    return _join_lines([header(stream)], stream, own)


def rows(batch: Batch, answer: Answer, stream: Stream) -> bytes:
    """A batch's rows."""
    if not stream.each:
        return b""
    passed = batch.rows
    if passed is None or (passed.text is None and passed.around is None):
        own = DELIMITER if passed is None else passed.delimiter
        return _join_lines(cell_rows(batch, answer), stream, own)
    delimiter, newline = _delimiter_and_newline(stream)
    # Filling in a pattern takes Python a fraction of the time that joining the cells of rows does.
    if passed.text is not None:
        pattern = passed.text.replace(b"%", b"%%") if b"%" in passed.text else passed.text
        losses = (delimiter + b"%s") * len(stream.losses)
        pattern = pattern.replace(b"\n", losses + newline)
        return pattern % tuple(shortest_cells(answer.values))
    heads, tails = passed.around or (None, None)
    between = _around_numbers(
        delimiter, newline, has_heads=heads is not None, has_tails=tails is not None
    )
    others = [column for column in (heads, tails) if column is not None]
    return row_pattern(answer.values, delimiter, *between) % _interleave(others)


def _around_numbers(
    delimiter: bytes, newline: bytes, *, has_heads: bool, has_tails: bool
) -> tuple[bytes, bytes]:
    """The bytes before and after the numbers of each row; ``%s`` stands for its other cells."""
    before = b"%s" + delimiter if has_heads else b""
    after = delimiter + b"%s" + newline if has_tails else newline
    return before, after


def _interleave(columns: Sequence[list[bytes]]) -> tuple[bytes, ...]:
    """Take the cells of columns row by row."""
    cells = [b""] * sum(map(len, columns))
    for at, column in enumerate(columns):
        cells[at :: len(columns)] = column
    return tuple(cells)


def _delimiter_and_newline(stream: Stream) -> tuple[bytes, bytes]:
    """The delimiter and the line end: those of the first file, unless the format has its own."""
    if stream.rows is None:
        return stream.delimiter or DELIMITER, b"\n"
    return stream.delimiter or stream.rows.delimiter, stream.rows.newline


def _join_lines(lines: Iterable[list[bytes]], stream: Stream, own: bytes) -> bytes:
    """Join the cells of lines; ``own`` is the delimiter for which they are quoted."""
    delimiter, newline = _delimiter_and_newline(stream)
    if delimiter != own:
        lines = ([_requote(cell, delimiter) for cell in line] for line in lines)
    return b"".join(delimiter.join(line) + newline for line in lines)


def end(report: Report, stream: Stream, view: View, waiting: Iterable[bytes]) -> Iterator[bytes]:
    """The rows about all samples, where there is not a row for each."""
    if not stream.each:
        join = (stream.delimiter or DELIMITER).join
        yield b"".join(join(cells) + b"\n" for cells in listed_cells(report, stream.delimiter))


def listed_cells(report: Report, delimiter: bytes | None = None) -> Iterator[list[bytes]]:
    """The header and the rows of a listing, as cells."""
    names, rows = list_report(report)
    for row in (names, *rows):
        yield [csv_cell(as_text(value).encode("utf-8"), delimiter or DELIMITER) for value in row]


def header(stream: Stream) -> list[bytes]:
    """The names of the columns, as cells."""
    if stream.rows is not None:
        return [*stream.rows.header, *_loss_names(stream, stream.rows.delimiter)]
    names = ["sample", *(f"d{n + 1}" for n in range(stream.dimensions))]
    names += stream.classes
    names += _label_names(stream)
    return [csv_cell(name.encode("utf-8")) for name in names] + _loss_names(stream, DELIMITER)


def _label_names(stream: Stream) -> list[str]:
    """The names of the label columns: several for yes/no questions, else one."""
    if not stream.has_labels:
        return []
    if len(stream.losses) == 1:
        return ["label"]
    return [f"label_{name}" for name in stream.classes]


def _loss_names(stream: Stream, delimiter: bytes) -> list[bytes]:
    if stream.field != "loss":
        return []
    return [csv_cell(name.encode("utf-8", "surrogateescape"), delimiter) for name in stream.losses]


def cell_rows(batch: Batch, answer: Answer) -> Iterator[list[bytes]]:
    """The rows of a batch as cells: the input's own, or new ones if it has none."""
    if batch.rows is not None:
        return _passed_on_rows(batch.rows, answer)
    return _new_rows(batch, answer)


def _passed_on_rows(rows: Rows, answer: Answer) -> Iterator[list[bytes]]:
    texts = shortest_cells(answer.values)
    if rows.decimal != b".":
        # The new numbers need the same decimal mark as those that are passed on.
        texts = [csv_cell(text.replace(b".", rows.decimal), rows.delimiter) for text in texts]
    if answer.field == "loss":
        count = len(texts) // max(1, len(rows.cells))
        for number, cells in enumerate(rows.cells):
            yield [*cells, *texts[number * count : (number + 1) * count]]
        return
    width = len(rows.values_at)
    for number, cells in enumerate(rows.cells):
        replaced = list(cells)
        found = texts[number * width : (number + 1) * width]
        for at, text in zip(rows.values_at, found, strict=True):
            replaced[at] = text
        yield replaced


def _new_rows(batch: Batch, answer: Answer) -> Iterator[list[bytes]]:
    """Make rows for input that has none of its own: typed values, or a document."""
    shown = Answer("probs", batch.values) if answer.field == "loss" else answer
    width = class_count(shown)
    texts = shortest_texts(position_rows(shown))
    shape = batch.values.shape[:1] + batch.values.shape[2:] if batch.values.ndim > 1 else ()
    losses = shortest_texts(position_rows(answer)) if answer.field == "loss" else []
    labels = [] if batch.labels is None else np.ravel(batch.labels).tolist()
    count = len(texts) // width
    for number in range(count):
        index = np.unravel_index(number, shape) if shape else (0,)
        inner = [int(at) for at in index[1:]]
        if batch.first_position:
            inner[0] += batch.first_position
        cells = [str(sample_number(batch, int(index[0]))), *map(str, inner)]
        cells += texts[number * width : (number + 1) * width]
        cells += map(str, _part_of(labels, number, count))
        cells += _part_of(losses, number, count)
        yield [cell.encode("ascii") for cell in cells]


def _part_of(values: list[Any], number: int, count: int) -> list[Any]:
    """The part of the values that belongs to position ``number`` of ``count``."""
    width = len(values) // count
    return values[number * width : (number + 1) * width]


def _requote(cell: bytes, delimiter: bytes) -> bytes:
    """Quote a cell if another delimiter makes that necessary."""
    return cell if delimiter not in cell or is_quoted(cell) else csv_cell(cell, delimiter)


def is_quoted(cell: bytes) -> bool:
    """Whether the whole cell is quoted, with nothing after the closing quote."""
    if len(cell) < 2 or not (cell.startswith(b'"') and cell.endswith(b'"')):
        return False
    return b'"' not in cell[1:-1].replace(b'""', b"")


def cell_content(cell: bytes) -> bytes:
    """The content of a cell, without quotes around the whole of it."""
    return cell[1:-1].replace(b'""', b'"') if is_quoted(cell) else cell


def rejected_rows(faults: Iterable[Fault]) -> bytes:
    """The rows of --rejects: one for each bad row. For JSON its column is the path."""
    return b"".join(_rejected_row(fault) for fault in faults)


def _rejected_row(fault: Fault) -> bytes:
    place = fault.place
    line = "" if place.line is None else str(place.line)
    column = place.detail if place.column is None else str(place.column)
    texts = (place.source, line, column, fault.value, fault.message)
    cells = [csv_cell(text.encode("utf-8", "surrogateescape")) for text in texts]
    return b",".join([*cells, csv_cell(fault.row)]) + b"\n"
