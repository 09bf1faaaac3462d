"""Pieces of SVG, and how wide text is.

Text cannot be measured here, and the fonts of the reader are not known. So every letter is taken to
be as wide as in the widest of the common sans-serif fonts.
"""

from __future__ import annotations

from html import escape

from rich.cells import cell_len

from xentcli.errors import escaped
from xentcli.model import NamedTuple

# In pixels: the size of letters, the height of a line, and the space below a block.
SIZE, LINE, AFTER = 13, 20, 12

# The largest width of letters in any of the fonts, in ems. Other letters are taken to be as wide as
# OTHER, and those that take two cells of a terminal, such as Chinese ones and emoji, as WIDE.
EMS = {
    letter: ems
    for ems, letters in (
        (0.30, "'ijl"),
        (0.38, " ,.·/:;\\|f-I"),
        (0.43, "()[]tr!²₂₁₀ℓ"),
        (0.57, '"*_`‖–sz“”?⁺εcJL'),
        (0.66, "abdeghknopquvxyEFPSTY0123456789${}Σσγα√"),
        (0.80, "ABCDGHKNOQRUVXZ&"),
        (0.87, "w#+<=>^~−×±✓∞M"),
        (1.02, "%m½W@…"),
    )
    for letter in letters
}
OTHER, WIDE = 0.85, 1.3
BOLDER = 1.13


class Piece(NamedTuple):
    """Some SVG, and its height in pixels."""

    shapes: str
    height: float


def move_down(piece: Piece, by: float) -> str:
    """The SVG of a piece, moved down by so many pixels."""
    return f'<g transform="translate(0 {by:g})">{piece.shapes}</g>'


def escape_text(text: str) -> str:
    """Escape a text of any kind: its controls as well as its markup."""
    return escape(escaped(text))


def text_line(kind: str, across: float, down: float, text: str) -> str:
    """Draw a line of text, which is markup already. It begins at ``across``, or ends there if the
    style of its kind says so."""
    return f'<text class="{kind}" x="{across:g}" y="{down:g}">{text}</text>'


def text_span(kind: str, text: str) -> str:
    """Draw a part of a line."""
    return f'<tspan class="{kind}">{escape_text(text)}</tspan>'


def text_width(text: str, size: float = SIZE, *, bold: bool = False) -> float:
    """The largest width that a text may have in pixels, once it is escaped."""
    return sum(map(_ems, escaped(text))) * size * (BOLDER if bold else 1.0)


def _ems(letter: str) -> float:
    known = EMS.get(letter)
    return (0.0, OTHER, WIDE)[cell_len(letter)] if known is None else known


def wrap_text(text: str, width: float, size: float = SIZE, *, bold: bool = False) -> list[str]:
    """Break a text into lines that are no wider: at blanks, and within words that are longer.

    >>> wrap_text("one two three", 60), wrap_text("0123456789", 60)
    (['one two', 'three'], ['012345', '6789'])
    """
    lines, line = [], ""
    for word in escaped(text).split(" "):
        longer = f"{line} {word}" if line else word
        if text_width(longer, size, bold=bold) <= width:
            line = longer
            continue
        lines += [line] if line else []
        line = ""
        for letter in word:
            if line and text_width(line + letter, size, bold=bold) > width:
                lines.append(line)
                line = ""
            line += letter
    return [*lines, line]
