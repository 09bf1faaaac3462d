"""Draws a table as SVG: numbers are right-aligned in their column, words left-aligned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from xentcli.model import NamedTuple
from xentcli.writers.page import charts
from xentcli.writers.page.blocks import Cell, Column, Table
from xentcli.writers.page.svg_marks import (
    AFTER,
    LINE,
    Piece,
    escape_text,
    move_down,
    text_line,
    text_width,
    wrap_text,
)

# Widths in pixels: the space between columns, a bar beside its number with the space after it, and
# the longest line of words in a cell.
GAP, BAR, WORDS = 16, 172, 480
# Heights: the caption, a row of one line, each further line in it (these have smaller letters), and
# a bar below a number with the space above it.
CAPTION, ROW, LESSER, BELOW = 26, 24, 18, 6
# The sizes of the letters of a caption, of the further lines, and of a note below a name.
CAPTION_SIZE, LESSER_SIZE, NOTE_SIZE = 13.5, 12, 11


class Edges(NamedTuple):
    """Where a column begins and ends, in pixels."""

    start: float
    end: float


def natural_width(table: Table) -> float:
    """How wide a table is with its caption, in pixels."""
    return max(_edges(table)[-1].end, text_width(table.caption, CAPTION_SIZE, bold=True))


def table_piece(table: Table) -> Piece:
    """Draw the table under its caption."""
    edges = _edges(table)
    head = _head(table.columns, edges)
    shapes = [text_line("caption", 0, 14, escape_text(table.caption)), move_down(head, CAPTION)]
    top = CAPTION + head.height
    for number, row in enumerate(table.rows):
        if number:
            shapes.append(_rule("rule", top, edges))
        piece = _row(row, table.columns, edges)
        shapes.append(move_down(piece, top))
        top += piece.height
    return Piece("".join(shapes), top + AFTER + 4)


def _width(column: Column, cells: Iterable[Cell]) -> float:
    widest = max(_cell_width(cell, column) for cell in cells)
    name = max(text_width(column.name, bold=True), text_width(column.note, NOTE_SIZE, bold=True))
    return max(name, widest + (BAR if column.bars_beside else 0))


def _cell_width(cell: Cell, column: Column) -> float:
    lesser = [text_width(text, LESSER_SIZE) for text in cell.more]
    widest = max([text_width(cell.text, bold=_is_bold(cell, column)), *lesser])
    return min(widest, WORDS) if column.words else widest


def _is_bold(cell: Cell, column: Column) -> bool:
    return column.is_label or cell.tone in ("strong", "match")


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
    """Draw the header: the names of all columns stand on the rule below them."""
    height = LINE + LESSER if any(column.note for column in columns) else LINE
    shapes = [_rule("head-rule", height, edges)]
    for column, at in zip(columns, edges, strict=True):
        if column.is_label:
            shapes.append(_label_rule(at, height))
        down = height - 6 - (LESSER if column.note else 0)
        shapes.append(_place_text("name", column, at, down, escape_text(column.name)))
        if column.note:
            shapes.append(_place_text("note", column, at, height - 6, escape_text(column.note)))
    return Piece("".join(shapes), height)


def _label_rule(at: Edges, down: float) -> str:
    """Draw the line that marks the column of the label, whose letters are bold as well. A coloured
    ground behind its numbers is not drawn."""
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
        shapes.append(_place_text(tone, column, at, down + LESSER * number, escape_text(text)))
    height = ROW + LESSER * (len(lines) + len(lesser) - 1) + (4 if lesser else 0)
    if cell.share is not None and not column.bars_beside:
        height += BELOW
    return Piece("".join(shapes), height)


def _bar(share: float, column: Column, at: Edges) -> str:
    """Draw the bar of a number: beside it and ending before it, or below it, where a full bar is as
    wide as the column."""
    if column.bars_beside:
        place = f'x="{at.start:g}" y="7" width="{BAR - GAP}" height="10"'
        return f"<svg {place}>{charts.draw_bar(share)}</svg>"
    place = f'x="{at.start:g}" y="{ROW - 2}" width="{at.end - at.start:g}" height="3"'
    return f"<svg {place}>{charts.draw_bar_on_track(share)}</svg>"


def _place_text(kind: str, column: Column, at: Edges, down: float, text: str) -> str:
    if column.words:
        return text_line(kind, at.start, down, text)
    marked = " label" if column.is_label else ""
    return text_line(f"number {kind}{marked}", at.end, down, text)
