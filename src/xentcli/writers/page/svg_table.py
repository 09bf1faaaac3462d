"""A table as SVG: numbers are right-aligned in their column, words left-aligned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from xentcli.writers.page import charts
from xentcli.writers.page.blocks import Cell, Column, Table
from xentcli.writers.page.svg_marks import (
    AFTER,
    LETTER,
    LINE,
    Piece,
    letters,
    letters_of,
    lowered,
    plain,
    wrapped,
)

# In letters: what stands free between columns, bars beside their numbers, and words in a cell.
GAP, BAR, WORDS = 2, 22, 64
# The lesser words are smaller.
LESSER_WORDS = 76
# In pixels: the caption, a row of one line, a lesser line in it, and a bar with what is above it.
CAPTION, ROW, LESSER, BELOW = 26, 24, 18, 6
# How far the label's ground goes beyond its column, in letters.
BEYOND = 0.7


class Edges(NamedTuple):
    """Where a column begins and ends, in pixels."""

    start: float
    end: float


def natural_width(table: Table) -> int:
    """How wide a table is, in letters."""
    widths = _widths(table)
    return sum(widths) + GAP * (len(widths) - 1)


def table_piece(table: Table) -> Piece:
    """The table under its caption."""
    edges = _edges(table)
    head = _head(table.columns, edges)
    shapes = [letters("caption", 0, 14, plain(table.caption)), lowered(head, CAPTION)]
    top = CAPTION + head.height
    for number, row in enumerate(table.rows):
        if number:
            shapes.append(_rule("rule", top, edges))
        piece = _row(row, table.columns, edges)
        shapes.append(lowered(piece, top))
        top += piece.height
    return Piece(_ground(table.columns, edges, top) + "".join(shapes), top + AFTER + 4)


def _widths(table: Table) -> list[int]:
    cells = zip(*table.rows, strict=True)
    return [_width(column, own) for column, own in zip(table.columns, cells, strict=True)]


def _width(column: Column, cells: Iterable[Cell]) -> int:
    texts = [text for cell in cells for text in (cell.text, *cell.more)]
    widest = max(letters_of(text) for text in texts)
    widest = min(widest, WORDS) if column.words else widest
    name = max(letters_of(column.name), letters_of(column.note))
    return max(name, widest + (BAR if column.beside else 0))


def _edges(table: Table) -> list[Edges]:
    edges, left = [], 0
    for width in _widths(table):
        edges.append(Edges(left * LETTER, (left + width) * LETTER))
        left += width + GAP
    return edges


def _ground(columns: Sequence[Column], edges: Sequence[Edges], down: float) -> str:
    """The shading of the label's column."""
    return "".join(
        f'<rect class="label-ground" x="{at.start - LETTER * BEYOND:g}" y="{CAPTION - 4}" '
        f'width="{at.end - at.start + 2 * LETTER * BEYOND:g}" height="{down - CAPTION + 4:g}"/>'
        for column, at in zip(columns, edges, strict=True)
        if column.marked
    )


def _rule(kind: str, down: float, edges: Sequence[Edges]) -> str:
    return f'<line class="{kind}" x2="{edges[-1].end:g}" y1="{down:g}" y2="{down:g}"/>'


def _head(columns: Sequence[Column], edges: Sequence[Edges]) -> Piece:
    """The header: every column's name stands on the rule below it."""
    height = LINE + LESSER if any(column.note for column in columns) else LINE
    shapes = [_rule("head-rule", height, edges)]
    for column, at in zip(columns, edges, strict=True):
        down = height - 6 - (LESSER if column.note else 0)
        shapes.append(_set("name", column, at, down, plain(column.name)))
        if column.note:
            shapes.append(_set("note", column, at, height - 6, plain(column.note)))
    return Piece("".join(shapes), height)


def _row(row: Sequence[Cell], columns: Sequence[Column], edges: Sequence[Edges]) -> Piece:
    parts = [_cell(cell, column, at) for cell, column, at in zip(row, columns, edges, strict=True)]
    return Piece("".join(part.shapes for part in parts), max(part.height for part in parts))


def _cell(cell: Cell, column: Column, at: Edges) -> Piece:
    shapes, down = [], ROW - 8.0
    if cell.tone in ("positive", "negative"):
        shapes.append(
            f'<rect class="{cell.tone}-ground" x="{at.start - LETTER * BEYOND:g}" y="1" '
            f'width="{at.end - at.start + 2 * LETTER * BEYOND:g}" height="{ROW - 2}"/>'
        )
    if cell.share is not None:
        shapes.append(_bar(cell.share, column, at))
    lines = wrapped(cell.text, WORDS) if column.words else [cell.text]
    lesser = [line for text in cell.more for line in wrapped(text, LESSER_WORDS)]
    for number, text in enumerate([*lines, *lesser] if cell.text else []):
        tone = cell.tone if number < len(lines) else "more"
        shapes.append(_set(tone, column, at, down + LESSER * number, plain(text)))
    height = ROW + LESSER * (len(lines) + len(lesser) - 1) + (4 if lesser else 0)
    return Piece("".join(shapes), height + (0 if column.beside or cell.share is None else BELOW))


def _bar(share: float, column: Column, at: Edges) -> str:
    """The bar of a number: beside the number it ends before the number begins, below it it is as
    wide as the column."""
    if column.beside:
        place = f'x="{at.start:g}" y="7" width="{(BAR - GAP) * LETTER:g}" height="10"'
        return f"<svg {place}>{charts.bar(share)}</svg>"
    place = f'x="{at.start:g}" y="{ROW - 2}" width="{at.end - at.start:g}" height="3"'
    return f"<svg {place}>{charts.bar_of_all(share)}</svg>"


def _set(kind: str, column: Column, at: Edges, down: float, text: str) -> str:
    if column.words:
        return letters(f"cell {kind}", at.start, down, text)
    marked = " label" if column.marked else ""
    return letters(f"cell number {kind}{marked}", at.end, down, text)
