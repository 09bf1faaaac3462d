"""A table as SVG: numbers are right-aligned in their column, words left-aligned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xentcli.model import NamedTuple
from xentcli.writers.page import charts
from xentcli.writers.page.blocks import Cell, Column, Table
from xentcli.writers.page.svg_marks import (
    AFTER,
    LINE,
    Piece,
    letters,
    lower,
    plain,
    width_of,
    wrap_text,
)

# Across, in pixels: what stands free between columns, bars beside their numbers with what stands
# free behind them, and words in a cell.
GAP, BAR, WORDS = 16, 172, 480
# Down: the caption, a row of one line, a lesser line in it, and a bar with what is above it.
CAPTION, ROW, LESSER, BELOW = 26, 24, 18, 6
# The letters of a caption, of lesser words, and of a note below a name.
CAPTION_SIZE, LESSER_SIZE, NOTE_SIZE = 13.5, 12, 11


class Edges(NamedTuple):
    """Where a column begins and ends, in pixels."""

    start: float
    end: float


def natural_width(table: Table) -> float:
    """How wide a table is with its caption, in pixels."""
    return max(_edges(table)[-1].end, width_of(table.caption, CAPTION_SIZE, bold=True))


def table_piece(table: Table) -> Piece:
    """The table under its caption."""
    edges = _edges(table)
    head = _head(table.columns, edges)
    shapes = [letters("caption", 0, 14, plain(table.caption)), lower(head, CAPTION)]
    top = CAPTION + head.height
    for number, row in enumerate(table.rows):
        if number:
            shapes.append(_rule("rule", top, edges))
        piece = _row(row, table.columns, edges)
        shapes.append(lower(piece, top))
        top += piece.height
    return Piece("".join(shapes), top + AFTER + 4)


def _width(column: Column, cells: Iterable[Cell]) -> float:
    widest = max(_cell_width(cell, column) for cell in cells)
    name = max(width_of(column.name, bold=True), width_of(column.note, NOTE_SIZE, bold=True))
    return max(name, widest + (BAR if column.beside else 0))


def _cell_width(cell: Cell, column: Column) -> float:
    lesser = [width_of(text, LESSER_SIZE) for text in cell.more]
    widest = max([width_of(cell.text, bold=_is_bold(cell, column)), *lesser])
    return min(widest, WORDS) if column.words else widest


def _is_bold(cell: Cell, column: Column) -> bool:
    return column.marked or cell.tone in ("strong", "match")


def _edges(table: Table) -> list[Edges]:
    edges, left = [], 0.0
    for column, cells in zip(table.columns, zip(*table.rows, strict=True), strict=True):
        width = _width(column, cells)
        edges.append(Edges(left, left + width))
        left += width + GAP
    return edges


def _rule(kind: str, down: float, edges: Sequence[Edges]) -> str:
    return f'<line class="{kind}" x2="{edges[-1].end:g}" y1="{down:g}" y2="{down:g}"/>'


def _head(columns: Sequence[Column], edges: Sequence[Edges]) -> Piece:
    """The header: every column's name stands on the rule below it."""
    height = LINE + LESSER if any(column.note for column in columns) else LINE
    shapes = [_rule("head-rule", height, edges)]
    for column, at in zip(columns, edges, strict=True):
        if column.marked:
            shapes.append(_label_rule(at, height))
        down = height - 6 - (LESSER if column.note else 0)
        shapes.append(_set("name", column, at, down, plain(column.name)))
        if column.note:
            shapes.append(_set("note", column, at, height - 6, plain(column.note)))
    return Piece("".join(shapes), height)


def _label_rule(at: Edges, down: float) -> str:
    """What marks the label's column, beside its bold letters: no ground shades its numbers."""
    return f'<rect class="label-rule" x="{at.start:g}" y="{down - 1:g}" ' + (
        f'width="{at.end - at.start:g}" height="2"/>'
    )


def _row(row: Sequence[Cell], columns: Sequence[Column], edges: Sequence[Edges]) -> Piece:
    parts = [_cell(cell, column, at) for cell, column, at in zip(row, columns, edges, strict=True)]
    return Piece("".join(part.shapes for part in parts), max(part.height for part in parts))


def _cell(cell: Cell, column: Column, at: Edges) -> Piece:
    shapes, down = [], ROW - 8.0
    if cell.share is not None:
        shapes.append(_bar(cell.share, column, at))
    bold = _is_bold(cell, column)
    lines = wrap_text(cell.text, WORDS, bold=bold) if column.words else [cell.text]
    lesser = [line for text in cell.more for line in wrap_text(text, WORDS, LESSER_SIZE)]
    for number, text in enumerate([*lines, *lesser] if cell.text else []):
        tone = cell.tone if number < len(lines) else "more"
        shapes.append(_set(tone, column, at, down + LESSER * number, plain(text)))
    height = ROW + LESSER * (len(lines) + len(lesser) - 1) + (4 if lesser else 0)
    return Piece("".join(shapes), height + (0 if column.beside or cell.share is None else BELOW))


def _bar(share: float, column: Column, at: Edges) -> str:
    """The bar of a number: beside the number it ends before the number begins, below it it is as
    wide as the column."""
    if column.beside:
        place = f'x="{at.start:g}" y="7" width="{BAR - GAP}" height="10"'
        return f"<svg {place}>{charts.bar(share)}</svg>"
    place = f'x="{at.start:g}" y="{ROW - 2}" width="{at.end - at.start:g}" height="3"'
    return f"<svg {place}>{charts.bar_of_all(share)}</svg>"


def _set(kind: str, column: Column, at: Edges, down: float, text: str) -> str:
    if column.words:
        return letters(kind, at.start, down, text)
    marked = " label" if column.marked else ""
    return letters(f"number {kind}{marked}", at.end, down, text)
