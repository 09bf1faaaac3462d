"""Reads some columns of a text into memory, as cells of text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xentcli.errors import DataError, Place, counted
from xentcli.model import Origin
from xentcli.readers.interface import Request
from xentcli.readers.rules.chosen_columns import Choose, ChosenColumns
from xentcli.readers.rules.column_names import LABEL_NAMES
from xentcli.readers.rules.numbers_labels import looks_like_number
from xentcli.readers.sources.source import Source
from xentcli.readers.text import records
from xentcli.readers.text.beginning import open_with_dialect
from xentcli.readers.text.dialects import HEADER_MARK
from xentcli.readers.text.ids import plain_id, plain_ids
from xentcli.readers.text.records import Record


def columns_of_text(
    source: Source, request: Request, format_name: str, choose: Choose
) -> ChosenColumns:
    """Read the columns that ``choose`` picks by their names in the first line."""
    names: tuple[str, ...] = ()
    chosen: Sequence[int] = ()
    columns: list[list[bytes]] = []
    lines: list[int] = []
    with open_with_dialect(source, request, format_name) as (stream, dialect, lines_before):
        line, mark = 1, records.BYTE_ORDER_MARK
        for block in records.read_blocks(stream, dialect, source.name, records.block_bytes()):
            data, mark = block.removeprefix(mark), b""
            found = list(records.split_records(data, dialect, line, source.name))
            line += records.count_line_ends(data)
            if lines_before:
                found = [record for record in found if record.line > lines_before]
            if found and not names:
                names, is_header = _column_names(found[0], request, source)
                chosen = choose(names, Place(source.name, found[0].line))
                columns = [[] for _ in chosen]
                found = found[is_header:]
            _check_widths(found, len(names), source)
            for column, at in zip(columns, chosen, strict=True):
                column += _cells_of_column(found, at, source)
            lines += [record.line for record in found]
    if not names:
        raise DataError("it is empty", place=Place(source.name))
    origin = Origin(source.name, "text", np.array(lines, dtype=np.int64))
    return ChosenColumns(names, tuple(chosen), tuple(columns), origin)


def _column_names(first: Record, request: Request, source: Source) -> tuple[tuple[str, ...], bool]:
    """The names of the columns, and whether the first line is the header that has them. In a single
    column any word may be the name of a class, and taking it for a header would shift all labels:
    there only the usual names of a label column are a header."""
    cells = [_decode(cell, source, first.line) for cell in first.cells]
    numbers = tuple(str(number + 1) for number in range(len(cells)))
    is_header = request.header
    if is_header is None and len(cells) > 1:
        is_header = not all(map(looks_like_number, cells))
    if is_header is None:
        is_header = cells[0].lower() in LABEL_NAMES
    cells[0] = cells[0].removeprefix(HEADER_MARK.decode())
    return (tuple(cells), True) if is_header else (numbers, False)


def _check_widths(found: Sequence[Record], width: int, source: Source) -> None:
    for record in found:
        if len(record.cells) != width:
            raise DataError(
                f"{counted(len(record.cells), 'cell')}, where the first line has {width}",
                place=Place(source.name, record.line),
            )


def _cells_of_column(found: Sequence[Record], at: int, source: Source) -> list[bytes]:
    cells = [record.cells[at] for record in found]
    try:
        return plain_ids(cells)
    except ValueError:
        # One of them is bad, and is told with its place.
        return [_decode(record.cells[at], source, record.line).encode() for record in found]


def _decode(cell: bytes, source: Source, line: int) -> str:
    try:
        return plain_id(cell).decode("utf-8")
    except UnicodeDecodeError:
        reason = "the cell is not UTF-8 text"
    except ValueError as error:
        reason = str(error)
    raise DataError(reason, place=Place(source.name, line))
