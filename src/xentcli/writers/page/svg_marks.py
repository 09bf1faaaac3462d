"""Pieces of SVG, and how much room text takes.

Nothing can be measured here and nobody knows which fonts there will be, so every letter is taken to
be as wide as in a monospaced font, which the other fonts of the style hardly exceed.
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from rich.cells import cell_len, chop_cells

from xentcli.errors import escaped

# In pixels: a letter of 13 pixels, a line of them, and what stands free below a block.
LETTER, LINE, AFTER = 7.9, 20, 12


class Piece(NamedTuple):
    """Some SVG, and its height in pixels."""

    shapes: str
    height: float


def lowered(piece: Piece, by: float) -> str:
    """A piece's SVG, moved down."""
    return f'<g transform="translate(0 {by:g})">{piece.shapes}</g>'


def plain(text: str) -> str:
    """Any text, escaped."""
    return escape(escaped(text))


def letters(kind: str, across: float, down: float, text: str) -> str:
    """A line of text, markup already, that begins at ``across``, or ends there if its kind
    says so."""
    return f'<text class="{kind}" x="{across:g}" y="{down:g}">{text}</text>'


def span(kind: str, text: str) -> str:
    """A part of a line."""
    return f'<tspan class="{kind}">{plain(text)}</tspan>'


def letters_of(text: str) -> int:
    """How many letters wide a text is once it is escaped; a Chinese one counts twice."""
    return cell_len(escaped(text))


def wrapped(text: str, width: int) -> list[str]:
    """The text in lines of that width, broken at blanks and within words that are longer."""
    lines, line = [], ""
    for word in escaped(text).split(" "):
        longer = f"{line} {word}" if line else word
        if cell_len(longer) <= width:
            line = longer
            continue
        *full, rest = chop_cells(word, width) or [""]
        lines += [line, *full] if line else full
        line = rest
    return [*lines, line]
