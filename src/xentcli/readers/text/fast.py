"""Reads all rows of a block at once, if nothing in them is unusual.

The numbers are those that :mod:`xentcli.readers.text.cells` reads one cell at a time. Anything
unusual gives None, and the block is read again there, which also says what is wrong.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xentcli.model import AnyArray, NamedTuple, Rows
from xentcli.model.csv_cells import unquoted
from xentcli.readers.rules import numbers_labels
from xentcli.readers.rules.columns import Columns
from xentcli.readers.rules.numbers_labels import find_unknown_labels
from xentcli.readers.rules.targets import are_soft_targets
from xentcli.readers.text import quotes
from xentcli.readers.text.bounds import CellBounds, cut_beside_numbers
from xentcli.readers.text.ids import find_rows
from xentcli.readers.text.layout import Layout, ParsedRows, rows_as_written
from xentcli.readers.text.numbers import parse_table
from xentcli.readers.text.quotes import NEWLINE, Bytes, find_outside_quotes

# Some other delimiters could be part of a number, or of the JSON that is made of the numbers.
DELIMITERS = (b",", b";", b"\t", b"|", b" ")
LINE_ENDS = b"\r\n"
# A quote is looked for in so many bytes of a block. One that comes later is part of no number, so
# that reading the numbers fails all the same.
LOOKED_AT = 1 << 12


class BlockRows(NamedTuple):
    """What is read of a block.

    - ``parsed``: its numbers; ``lines``: the physical line on which each row begins.
    - ``rows``: the rows as written, if they are passed on; ``by``: the cells of the column that
      groups the samples, if there is one.
    - ``line_ends``: how many physical lines end in the block.
    """

    parsed: ParsedRows
    lines: Sequence[int]
    rows: Rows | None
    by: list[bytes] | None
    line_ends: int = 0


def read_at_once(layout: Layout, block: bytes, line: int) -> BlockRows | None:
    """The rows of a block; None if anything in it is unusual."""
    text = _normalise_line_ends(block, layout)
    if text is None:
        return None
    # The newline that is added to a last line without one is not to be counted.
    added = not block.endswith(b"\n")
    if all(layout.numeric) and text.find(b'"', 0, LOOKED_AT) < 0:
        found = _read_numbers(layout, text, line)
        if found is not None:
            return found._replace(line_ends=len(found.lines) - added)
    found = _read_numbers_among_words(layout, text, line)
    if found is None or (isinstance(found.lines, list) and b"\r" in block):
        # A row goes over several lines: the \r\n in its quotes has become \n, and would be passed
        # on so.
        return None
    return found._replace(line_ends=quotes.count_byte(text, NEWLINE) - added)


def _normalise_line_ends(block: bytes, layout: Layout) -> bytes | None:
    r"""The block with \n at the end of every line, the last one included. None if a line ends with
    a lone \r, if the block is blank or may have comments, or if the delimiter or the decimal mark
    is not one for which rows can be read at once."""
    delimiter, comment = layout.dialect.delimiter, layout.dialect.comment
    if delimiter not in DELIMITERS or layout.request.decimal != "." or _is_blank(block):
        return None
    if comment and comment in block:
        return None
    if b"\r" in block:
        if block.count(b"\r") != block.count(b"\r\n"):
            return None
        block = block.replace(b"\r\n", b"\n")
    return block if block.endswith(b"\n") else block + b"\n"


def _is_blank(block: bytes) -> bool:
    # Stripping copies the block, so the first byte is looked at before.
    return block[:1] in LINE_ENDS and not block.strip(LINE_ENDS)


def _read_numbers(layout: Layout, text: bytes, line: int) -> BlockRows | None:
    """The rows of a block whose cells are all numbers; None if one is not."""
    delimiter = layout.dialect.delimiter
    if delimiter != b",":
        # A comma would be part of a cell, and so no number.
        if b"," in text:
            return None
        plain = text.replace(delimiter, b",")
    else:
        plain = text
    columns = layout.columns
    table = parse_table(plain, len(layout.names), signed=_computed_columns(columns))
    if table is None:
        return None
    labels = None
    if columns.label is not None:
        labels = _labels_from_numbers(layout, table[:, columns.label])
        if labels is None:
            return None
    parsed = _check_ranges(layout, table, columns, labels)
    if parsed is None:
        return None
    # A cell that is a number contains no line end: every row is one line.
    lines = range(line, line + len(table))
    if not _needs_cells(layout):
        passed_on = layout.request.keep_rows is not None
        rows = rows_as_written(layout, [])._replace(text=text) if passed_on else None
        return BlockRows(parsed, lines, rows, None)
    around = _rows_around_numbers(layout, text)
    if around is not None:
        return BlockRows(parsed, lines, around, None)
    bounds = _find_bounds(layout, text)
    return None if bounds is None else _add_words(layout, bounds, parsed, lines)


def _read_numbers_among_words(layout: Layout, text: bytes, line: int) -> BlockRows | None:
    """The rows of a block in which some columns hold words: the columns of numbers are cut out of
    it and read together. None if anything in them is unusual."""
    bounds = _find_bounds(layout, text)
    if bounds is None:
        return None
    columns = layout.columns
    has_names = columns.label is not None and not layout.numeric[columns.label]
    others = [at for at in (columns.label, columns.weight) if at is not None]
    needed = sorted({*columns.values, *columns.targets, *others})
    kept = [at for at in needed if not (has_names and at == columns.label)]
    plain = _keep_columns(bounds, kept, layout.dialect.delimiter)
    table = None if plain is None else parse_table(plain, len(kept))
    # A quoted cell with line ends in it may have as many numbers as several rows.
    if table is None or len(table) != len(bounds.starts):
        return None
    at = {column: place for place, column in enumerate(kept)}
    label = columns.label
    labels = None
    if label is not None:
        if has_names:
            labels = _labels_from_names(layout, bounds.cells(label))
        else:
            labels = _labels_from_numbers(layout, table[:, at[label]])
        if labels is None:
            return None
    columns_of_table = Columns(
        tuple(at[column] for column in columns.values),
        targets=tuple(at[column] for column in columns.targets),
        weight=None if columns.weight is None else at[columns.weight],
    )
    parsed = _check_ranges(layout, table, columns_of_table, labels)
    if parsed is None:
        return None
    return _add_words(layout, bounds, parsed, _line_numbers(bounds, line))


def _add_words(
    layout: Layout, bounds: CellBounds, parsed: ParsedRows, lines: Sequence[int]
) -> BlockRows | None:
    """The numbers together with what is needed of the other columns: ids, groups, rows as written.
    None if the second file lacks an id."""
    if layout.key is not None:
        partners = find_rows(layout, bounds.cells(layout.key))
        if partners is None:
            return None
        parsed = parsed._replace(partners=partners)
    by = None if layout.columns.by is None else bounds.cells(layout.columns.by)
    return BlockRows(parsed, lines, _rows_from_bounds(layout, bounds), by)


def _find_bounds(layout: Layout, text: bytes) -> CellBounds | None:
    """Where the cells of a block begin and end; None if a row has too many or too few of them, or a
    quote is misplaced."""
    data: Bytes = np.frombuffer(text, dtype=np.uint8)
    ends_cell = (data == layout.dialect.delimiter[0]) | (data == NEWLINE)
    if b'"' in text:
        found = find_outside_quotes(data, ends_cell, layout.dialect.delimiter[0])
        if found is None:
            return None
        places, is_open = found
        if is_open:
            return None
    else:
        places = np.flatnonzero(ends_cell)
    width = len(layout.names)
    if places.size % width:
        return None
    ends = places.reshape(-1, width)
    is_newline = data[ends] == NEWLINE
    if not is_newline[:, -1].all() or is_newline[:, :-1].any():
        return None
    return CellBounds(text, ends, np.concatenate([[0], ends[:-1, -1] + 1]))


def _keep_columns(bounds: CellBounds, kept: Sequence[int], delimiter: bytes) -> bytes | None:
    """The text of some columns alone, without quotes and with commas between the cells. None if a
    cell contains a comma or a doubled quote."""
    runs: list[list[int]] = []
    for column in kept:
        if runs and column == runs[-1][-1] + 1:
            runs[-1].append(column)
        else:
            runs.append([column])
    parts = [bounds.cut_out(bounds.starts_of(run[0]), bounds.ends[:, run[-1]]) for run in runs]
    rows = parts[0] if len(parts) == 1 else map(delimiter.join, zip(*parts, strict=True))
    left = b"\n".join([*rows, b""])
    if b'"' in left:
        # Quotes around a number say nothing. A doubled one stands for a quote in the cell, which is
        # then no number.
        if b'""' in left:
            return None
        left = left.replace(b'"', b"")
    if delimiter == b",":
        return left
    return None if b"," in left else left.replace(delimiter, b",")


def _line_numbers(bounds: CellBounds, line: int) -> Sequence[int]:
    """The physical line on which each row begins: a quoted cell may contain line ends. It is a
    range where each row is one line, and else a list."""
    if bounds.has_a_line_a_row:
        return range(line, line + len(bounds.starts))
    newlines = np.flatnonzero(np.frombuffer(bounds.text, dtype=np.uint8) == NEWLINE)
    numbers: list[int] = (line + np.searchsorted(newlines, bounds.starts)).tolist()
    return numbers


def _check_ranges(
    layout: Layout, table: AnyArray, columns: Columns, labels: AnyArray | None
) -> ParsedRows | None:
    """The numbers of a table by what its columns are; None if a soft target, a weight or a
    probability is out of its range."""
    values = _select_columns(table, columns.values)
    targets = _select_columns(table, columns.targets) if columns.targets else None
    weight = None if columns.weight is None else table[:, columns.weight]
    if (
        (targets is not None and not are_soft_targets(targets, layout.request).all())
        or (weight is not None and (weight < 0).any())
        or (layout.kind == "probs" and ((values < 0).any() or (values > 1).any()))
    ):
        return None
    return ParsedRows(values, labels, targets, weight)


def _select_columns(table: AnyArray, at: tuple[int, ...]) -> AnyArray:
    """Some columns of the table; a view where they are adjacent."""
    if _are_adjacent(at):
        return table[:, at[0] : at[-1] + 1]
    return table[:, list(at)]


def _computed_columns(columns: Columns) -> slice:
    """From the first to the last column of values, soft targets or weights: where the sign of a
    zero matters."""
    weight = () if columns.weight is None else (columns.weight,)
    used = (*columns.values, *columns.targets, *weight)
    return slice(min(used), max(used) + 1)


def _are_adjacent(at: tuple[int, ...]) -> bool:
    """Whether the columns are adjacent and in order."""
    return at == tuple(range(at[0], at[0] + len(at)))


def _labels_from_numbers(layout: Layout, column: AnyArray) -> AnyArray | None:
    """The labels of a column of numbers; None if one is no class."""
    ignored = layout.request.ignore_index
    labels, unknown = find_unknown_labels(column, layout.label_count, ignored)
    # From 2**53 on a float stands for several integers.
    return None if unknown.any() or abs(ignored) >= 2**53 else labels


def _labels_from_names(layout: Layout, words: list[bytes]) -> AnyArray | None:
    """The labels of a column of class names; None if one is not the name of a class."""
    count, ignore_index = layout.label_count, layout.request.ignore_index
    known: dict[bytes, int] = {}
    for word in set(words):
        try:
            known[word] = numbers_labels.read_label(
                unquoted(word), layout.classes, count, ignore_index
            )
        except ValueError:
            return None
    return np.array([known[word] for word in words], dtype=np.int64)


def _needs_cells(layout: Layout) -> bool:
    """Whether single cells are needed as bytes: to be passed on, or to group or match the rows."""
    by_cells = (layout.columns.by, layout.key) != (None, None)
    return layout.request.keep_rows in ("around", "cells") or by_cells


def _rows_around_numbers(layout: Layout, text: bytes) -> Rows | None:
    """What stands in each row before and after the values. None if other cells are needed as well,
    or if one of these is long."""
    if layout.key is not None or layout.columns.by is not None or not _wants_around(layout):
        return None
    rows = rows_as_written(layout, [])
    before = rows.values_at[0]
    after = len(layout.names) - 1 - rows.values_at[-1]
    around = cut_beside_numbers(text, layout.dialect.delimiter, before, after)
    return None if around is None else rows._replace(around=around)


def _rows_from_bounds(layout: Layout, bounds: CellBounds) -> Rows | None:
    """The rows as written, split as far as the request asks for; None if they are not passed on."""
    if layout.request.keep_rows is None:
        return None
    rows = rows_as_written(layout, [])
    if layout.request.keep_rows == "lines" and bounds.has_a_line_a_row:
        return rows._replace(text=bounds.text)
    if not _wants_around(layout):
        columns = [bounds.cells(at) for at in range(len(layout.names))]
        return rows._replace(cells=[list(row) for row in zip(*columns, strict=True)])
    first, last = rows.values_at[0], rows.values_at[-1]
    heads = bounds.cut_out(bounds.starts, bounds.ends[:, first - 1]) if first else None
    tails = None
    if last < len(layout.names) - 1:
        tails = bounds.cut_out(bounds.ends[:, last] + 1, bounds.ends[:, -1])
    return rows._replace(around=(heads, tails))


def _wants_around(layout: Layout) -> bool:
    """Whether only what stands before and after the values is passed on."""
    return layout.request.keep_rows == "around" and _are_adjacent(layout.columns.values)
