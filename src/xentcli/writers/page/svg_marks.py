"""Pieces of SVG, and how much room letters take.

Nothing can be measured here, and which fonts there are is not known: a letter is as wide as in the
monospaced fonts, which no other font that is named in the style exceeds for long.
"""

from __future__ import annotations

from html import escape
from typing import NamedTuple

from rich.cells import cell_len, chop_cells

from xentcli.errors import escaped

# In pixels: a letter of 13 pixels, a line of them, and what stands free below a block.
LETTER, LINE, AFTER = 7.9, 20, 12


class Piece(NamedTuple):
    """Shapes, and how much room they take down the card."""

    shapes: str
    height: float


def lowered(piece: Piece, by: float) -> str:
    """The shapes of a piece further down."""
    return f'<g transform="translate(0 {by:g})">{piece.shapes}</g>'


def plain(text: str) -> str:
    """Text from anywhere, as text and nothing else."""
    return escape(escaped(text))


def letters(kind: str, across: float, down: float, text: str) -> str:
    """A line of text, which is markup already, at its left end; at its right end where its kind
    says so."""
    return f'<text class="{kind}" x="{across:g}" y="{down:g}">{text}</text>'


def span(kind: str, text: str) -> str:
    """A part of a line."""
    return f'<tspan class="{kind}">{plain(text)}</tspan>'


def letters_of(text: str) -> int:
    """How many letters wide a text is once it is escaped; a Chinese one counts twice."""
    return cell_len(escaped(text))


def wrapped(text: str, width: int) -> list[str]:
    """The text on lines of that width, broken at blanks; a longer word goes on on the next."""
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
