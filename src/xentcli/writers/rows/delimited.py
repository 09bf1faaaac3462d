"""CSV and TSV: the input's rows with the answer in or after them, byte for byte the same where the
delimiter is the input's own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from xentcli.model import Answer, Batch, Fault, Report, Rows, csv_cell, sample_number
from xentcli.writers.interface import Stream, View
from xentcli.writers.rows.listing import as_text, listing
from xentcli.writers.rows.numbers import pattern_of, shortest, shortest_cells
from xentcli.writers.rows.quiet import class_count, position_rows

DELIMITER = b","
# The header of the list of rows that could not be used: --rejects FILE.
REJECTED = b"file,line,column,value,message,row\n"


def start(stream: Stream) -> bytes:
    """The header: the input's own where it has one."""
    if not stream.each or (stream.rows is not None and not stream.rows.header):
        return b""
    own = DELIMITER if stream.rows is None else stream.rows.delimiter
    return _written([header(stream)], stream, own)


def rows(batch: Batch, answer: Answer, stream: Stream) -> bytes:
    """A batch's rows."""
    if not stream.each:
        return b""
    passed = batch.rows
    if passed is None or (passed.text is None and passed.around is None):
        own = DELIMITER if passed is None else passed.delimiter
        return _written(cell_rows(batch, answer), stream, own)
    delimiter, newline = _marks(stream)
    # Python fills in a pattern several times as fast as it puts rows together.
    if passed.text is not None:
        pattern = passed.text.replace(b"%", b"%%") if b"%" in passed.text else passed.text
        losses = (delimiter + b"%s") * len(stream.losses)
        pattern = pattern.replace(b"\n", losses + newline)
        return pattern % tuple(shortest_cells(answer.values))
    heads, tails = passed.around or (None, None)
    between = _between(delimiter, newline, has_heads=heads is not None, has_tails=tails is not None)
    others = [column for column in (heads, tails) if column is not None]
    return pattern_of(answer.values, delimiter, *between) % _in_turn(others)


def _between(
    delimiter: bytes, newline: bytes, *, has_heads: bool, has_tails: bool
) -> tuple[bytes, bytes]:
    """The bytes before and after the numbers of each row, with ``%s`` for its other cells."""
    before = b"%s" + delimiter if has_heads else b""
    after = delimiter + b"%s" + newline if has_tails else newline
    return before, after


def _in_turn(columns: Sequence[list[bytes]]) -> tuple[bytes, ...]:
    """Columns as rows, one after the other."""
    cells = [b""] * sum(map(len, columns))
    for at, column in enumerate(columns):
        cells[at :: len(columns)] = column
    return tuple(cells)


def _marks(stream: Stream) -> tuple[bytes, bytes]:
    """The delimiter and the line end: those of the first file, unless others were asked for."""
    if stream.rows is None:
        return stream.delimiter or DELIMITER, b"\n"
    return stream.delimiter or stream.rows.delimiter, stream.rows.newline


def _written(lines: Iterable[list[bytes]], stream: Stream, own: bytes) -> bytes:
    delimiter, newline = _marks(stream)
    if delimiter != own:
        lines = ([_requoted(cell, delimiter) for cell in line] for line in lines)
    return b"".join(delimiter.join(line) + newline for line in lines)


def end(report: Report, stream: Stream, view: View, waiting: Iterable[bytes]) -> Iterator[bytes]:
    """The rows about all samples, where there is not a row for each."""
    if not stream.each:
        join = (stream.delimiter or DELIMITER).join
        yield b"".join(join(cells) + b"\n" for cells in listed_cells(report, stream.delimiter))


def listed_cells(report: Report, delimiter: bytes | None = None) -> Iterator[list[bytes]]:
    """The header and the rows of a listing, as cells."""
    names, rows = listing(report)
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
    """A batch's rows as cells: the input's own, or new ones where it has none."""
    if batch.rows is not None:
        return _passed_on(batch.rows, answer)
    return _made(batch, answer)


def _passed_on(rows: Rows, answer: Answer) -> Iterator[list[bytes]]:
    texts = shortest_cells(answer.values)
    if rows.decimal != b".":
        # What is passed on and what is new have to be read by the same rule.
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


def _made(batch: Batch, answer: Answer) -> Iterator[list[bytes]]:
    """Rows for input that has none of its own: typed values, or a document."""
    shown = Answer("probs", batch.values) if answer.field == "loss" else answer
    width = class_count(shown)
    texts = shortest(position_rows(shown))
    shape = batch.values.shape[:1] + batch.values.shape[2:] if batch.values.ndim > 1 else ()
    losses = shortest(position_rows(answer)) if answer.field == "loss" else []
    labels = [] if batch.labels is None else np.ravel(batch.labels).tolist()
    count = len(texts) // width
    for number in range(count):
        index = np.unravel_index(number, shape) if shape else (0,)
        cells = [str(sample_number(batch, int(index[0]))), *(str(int(i)) for i in index[1:])]
        cells += texts[number * width : (number + 1) * width]
        cells += map(str, _nth(labels, number, count))
        cells += _nth(losses, number, count)
        yield [cell.encode("ascii") for cell in cells]


def _nth(values: list[Any], number: int, count: int) -> list[Any]:
    """What belongs to position ``number`` of ``count``."""
    width = len(values) // count
    return values[number * width : (number + 1) * width]


def _requoted(cell: bytes, delimiter: bytes) -> bytes:
    """A cell for another delimiter: the same value, in quotes if it was."""
    return cell if delimiter not in cell or is_quoted(cell) else csv_cell(cell, delimiter)


def is_quoted(cell: bytes) -> bool:
    """Whether the whole cell is quoted, with nothing after the closing quote."""
    if len(cell) < 2 or not (cell.startswith(b'"') and cell.endswith(b'"')):
        return False
    return b'"' not in cell[1:-1].replace(b'""', b"")


def unquoted(cell: bytes) -> bytes:
    """A cell's content."""
    return cell[1:-1].replace(b'""', b'"') if is_quoted(cell) else cell


def rejected_rows(faults: Iterable[Fault]) -> bytes:
    """A row for each bad row; from JSON it has the path where others have the column."""
    return b"".join(_rejected_row(fault) for fault in faults)


def _rejected_row(fault: Fault) -> bytes:
    place = fault.place
    line = "" if place.line is None else str(place.line)
    column = place.detail if place.column is None else str(place.column)
    texts = (place.source, line, column, fault.value, fault.message)
    cells = [csv_cell(text.encode("utf-8", "surrogateescape")) for text in texts]
    return b",".join([*cells, csv_cell(fault.row)]) + b"\n"
