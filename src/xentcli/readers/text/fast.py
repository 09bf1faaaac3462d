"""Reads all rows of a block at once, where nothing in them is unusual.

The result is that of :mod:`xentcli.readers.text.rows`, or None.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xentcli.model import AnyArray, NamedTuple, Rows
from xentcli.model.csv_cells import unquoted
from xentcli.readers.rules import numbers_labels
from xentcli.readers.rules.columns import Columns
from xentcli.readers.rules.numbers_labels import number_labels
from xentcli.readers.text import numbers as number_text
from xentcli.readers.text import quotes
from xentcli.readers.text.cut import Cut, beside_numbers
from xentcli.readers.text.ids import find_rows
from xentcli.readers.text.layout import Layout, Parsed, rows_of
from xentcli.readers.text.quotes import NEWLINE, Bytes, outside

# Of the other marks between cells some would be part of a number, or of the JSON around it.
DELIMITERS = (b",", b";", b"\t", b"|", b" ")
LINE_ENDS = b"\r\n"
# Whether there are quotes is looked for in so many bytes; no number has one further on, either.
LOOKED_AT = 1 << 12


class Whole(NamedTuple):
    """The numbers of a block, the physical line of each row, the rows where they are passed on, the
    cells of the column that groups them, and how many physical lines end in the block."""

    parsed: Parsed
    lines: Sequence[int]
    rows: Rows | None
    by: list[bytes] | None
    line_ends: int = 0


def read_at_once(layout: Layout, block: bytes, line: int) -> Whole | None:
    """The rows of a block; None if anything in it is unusual."""
    text = _with_newlines(block, layout)
    if text is None:
        return None
    # All of them are at the ends of rows, but for one that is added where the last is missing.
    beyond = not block.endswith(b"\n")
    if all(layout.numeric) and text.find(b'"', 0, LOOKED_AT) < 0:
        found = _numbers_alone(layout, text, line)
        if found is not None:
            return found._replace(line_ends=len(found.lines) - beyond)
    found = _among_words(layout, text, line)
    if found is None or (isinstance(found.lines, list) and b"\r" in block):
        # A quoted line end was \r\n, and is to be passed on so.
        return None
    return found._replace(line_ends=quotes.count(text, NEWLINE) - beyond)


def _with_newlines(block: bytes, layout: Layout) -> bytes | None:
    r"""The block with a \n at the end of each row. None if lines end otherwise, if there are
    comments, or if the delimiter could be part of a number."""
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
    # What is stripped is copied: only if it may be all.
    return block[:1] in LINE_ENDS and not block.strip(LINE_ENDS)


def _numbers_alone(layout: Layout, text: bytes, line: int) -> Whole | None:
    """A block whose cells are all numbers."""
    delimiter = layout.dialect.delimiter
    if delimiter != b",":
        # A comma would be a part of a cell, and no number has one.
        if b"," in text:
            return None
        plain = text.replace(delimiter, b",")
    else:
        plain = text
    columns = layout.columns
    table = number_text.table_of(plain, len(layout.names), signed=_reach(columns))
    if table is None:
        return None
    labels = None
    if columns.label is not None:
        labels = _indices(layout, table[:, columns.label])
        if labels is None:
            return None
    parsed = _checked(layout, table, columns, labels)
    if parsed is None:
        return None
    # Between numbers alone there are no words that have to be looked for.
    lines = range(line, line + len(table))
    if not _needs_cut(layout):
        return Whole(parsed, lines, _plain_rows(layout, text), None)
    around = _around_numbers(layout, text)
    if around is not None:
        return Whole(parsed, lines, around, None)
    cut = _cut(layout, text)
    return None if cut is None else _with_words(layout, cut, parsed, lines)


def _among_words(layout: Layout, text: bytes, line: int) -> Whole | None:
    """A block in which some columns hold words."""
    cut = _cut(layout, text)
    if cut is None:
        return None
    columns = layout.columns
    named = columns.label is not None and not layout.numeric[columns.label]
    others = [at for at in (columns.label, columns.weight) if at is not None]
    needed = sorted({*columns.values, *columns.targets, *others})
    kept = [at for at in needed if not (named and at == columns.label)]
    plain = _without(cut, kept, layout.dialect.delimiter)
    table = None if plain is None else number_text.table_of(plain, len(kept))
    if table is None:
        return None
    at = {column: place for place, column in enumerate(kept)}
    label = columns.label
    labels = None
    if label is not None:
        labels = (
            _named(layout, cut.cells(label)) if named else _indices(layout, table[:, at[label]])
        )
        if labels is None:
            return None
    moved = Columns(
        tuple(at[column] for column in columns.values),
        targets=tuple(at[column] for column in columns.targets),
        weight=None if columns.weight is None else at[columns.weight],
    )
    parsed = _checked(layout, table, moved, labels)
    if parsed is None:
        return None
    return _with_words(layout, cut, parsed, _lines_of(cut, line))


def _with_words(layout: Layout, cut: Cut, parsed: Parsed, lines: Sequence[int]) -> Whole | None:
    """The numbers together with the cells of the other columns that are needed; None if one of
    these has an id that the second file does not."""
    if layout.key is not None:
        partners = find_rows(layout, cut.cells(layout.key))
        if partners is None:
            return None
        parsed = parsed._replace(partners=partners)
    return Whole(parsed, lines, _cut_rows(layout, cut), _groups(layout, cut))


def _cut(layout: Layout, text: bytes) -> Cut | None:
    """Where the cells end; None if a row has too many or too few, or a quote is misplaced."""
    there: Bytes = np.frombuffer(text, dtype=np.uint8)
    marks = (there == layout.dialect.delimiter[0]) | (there == NEWLINE)
    if b'"' in text:
        known = outside(there, marks, layout.dialect.delimiter[0])
        if known is None or known[1]:
            return None
        found = known[0]
    else:
        found = np.flatnonzero(marks)
    width = len(layout.names)
    if found.size % width:
        return None
    ends = found.reshape(-1, width)
    is_newline = there[ends] == NEWLINE
    if not is_newline[:, -1].all() or is_newline[:, :-1].any():
        return None
    starts = np.concatenate([[0], ends[:-1, -1] + 1])
    # A row of one empty cell is a blank line, and no record.
    return None if width == 1 and (starts == ends[:, 0]).any() else Cut(text, ends, starts)


def _without(cut: Cut, kept: Sequence[int], delimiter: bytes) -> bytes | None:
    """The text with only the columns that are kept and with commas between; None if a cell contains
    a comma."""
    runs: list[list[int]] = []
    for column in kept:
        if runs and column == runs[-1][-1] + 1:
            runs[-1].append(column)
        else:
            runs.append([column])
    parts = [cut.spans(cut.first(run[0]), cut.ends[:, run[-1]]) for run in runs]
    rows = parts[0] if len(parts) == 1 else map(delimiter.join, zip(*parts, strict=True))
    left = b"\n".join([*rows, b""])
    if b'"' in left:
        # Around a number they say nothing. Two together stand for one, which is no number.
        if b'""' in left:
            return None
        left = left.replace(b'"', b"")
    if delimiter == b",":
        return left
    return None if b"," in left else left.replace(delimiter, b",")


def _lines_of(cut: Cut, line: int) -> Sequence[int]:
    """The physical line of each row: a quoted cell may hold line ends."""
    count = len(cut.starts)
    if cut.has_a_line_a_row:
        return range(line, line + count)
    newlines = np.flatnonzero(np.frombuffer(cut.text, dtype=np.uint8) == NEWLINE)
    found: list[int] = (line + np.searchsorted(newlines, cut.starts)).tolist()
    return found


def _checked(
    layout: Layout, table: AnyArray, columns: Columns, labels: AnyArray | None
) -> Parsed | None:
    values = _columns(table, columns.values)
    targets = _columns(table, columns.targets) if columns.targets else None
    weight = None if columns.weight is None else table[:, columns.weight]
    if (
        (targets is not None and (targets < 0).any())
        or (weight is not None and (weight < 0).any())
        or (layout.kind == "probs" and ((values < 0).any() or (values > 1).any()))
    ):
        return None
    return Parsed(values, labels, targets, weight)


def _columns(table: AnyArray, at: tuple[int, ...]) -> AnyArray:
    """Some columns of the table; a view where they are adjacent."""
    if is_run(at):
        return table[:, at[0] : at[-1] + 1]
    return table[:, list(at)]


def _reach(columns: Columns) -> slice:
    """From the first to the last column that is computed with, labels apart."""
    weight = () if columns.weight is None else (columns.weight,)
    used = (*columns.values, *columns.targets, *weight)
    return slice(min(used), max(used) + 1)


def is_run(at: tuple[int, ...]) -> bool:
    """Whether the columns are adjacent and in order."""
    return at == tuple(range(at[0], at[0] + len(at)))


def _indices(layout: Layout, column: AnyArray) -> AnyArray | None:
    """Labels that are written as numbers; None if one is no class."""
    ignored = layout.request.ignore_index
    labels, unknown = number_labels(column, layout.label_count, ignored)
    # From 2**53 on a float stands for several integers.
    return None if unknown.any() or abs(ignored) >= 2**53 else labels


def _named(layout: Layout, words: list[bytes]) -> AnyArray | None:
    """Labels that are names of classes; None if one is not."""
    count, ignore_index = layout.label_count, layout.request.ignore_index
    known: dict[bytes, int] = {}
    for word in set(words):
        try:
            known[word] = numbers_labels.label(unquoted(word), layout.classes, count, ignore_index)
        except ValueError:
            return None
    return np.array([known[word] for word in words], dtype=np.int64)


def _needs_cut(layout: Layout) -> bool:
    """Whether single cells of a row are needed."""
    by_cells = (layout.columns.by, layout.key) != (None, None)
    return layout.request.keep_rows in ("around", "cells") or by_cells


def _groups(layout: Layout, cut: Cut) -> list[bytes] | None:
    by = layout.columns.by
    return None if by is None else cut.cells(by)


def _plain_rows(layout: Layout, text: bytes) -> Rows | None:
    """Rows without quotes, passed on as one text."""
    if layout.request.keep_rows is None:
        return None
    return rows_of(layout, [])._replace(text=text)


def _around_numbers(layout: Layout, text: bytes) -> Rows | None:
    """Rows of numbers with what stands before and after those that are computed with; None if more
    is needed of them, or if that is long."""
    if layout.key is not None or layout.columns.by is not None or not _wants_around(layout):
        return None
    rows = rows_of(layout, [])
    first, last = rows.values_at[0], rows.values_at[-1]
    after = len(layout.names) - 1 - last
    around = beside_numbers(text, layout.dialect.delimiter, first, after)
    return None if around is None else rows._replace(around=around)


def _cut_rows(layout: Layout, cut: Cut) -> Rows | None:
    """Rows to be passed on, split as far as was asked for."""
    if layout.request.keep_rows is None:
        return None
    rows = rows_of(layout, [])
    if layout.request.keep_rows == "lines" and cut.has_a_line_a_row:
        return rows._replace(text=cut.text)
    if not _wants_around(layout):
        columns = [cut.cells(at) for at in range(len(layout.names))]
        return rows._replace(cells=[list(row) for row in zip(*columns, strict=True)])
    first, last = rows.values_at[0], rows.values_at[-1]
    heads = cut.spans(cut.starts, cut.ends[:, first - 1]) if first else None
    tails = None
    if last < len(layout.names) - 1:
        tails = cut.spans(cut.ends[:, last] + 1, cut.ends[:, -1])
    return rows._replace(around=(heads, tails))


def _wants_around(layout: Layout) -> bool:
    return layout.request.keep_rows == "around" and is_run(layout.columns.values)
