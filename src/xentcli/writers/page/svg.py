"""Draws a page as SVG: a card with its own background, for slides, issues and READMEs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

from xentcli.writers.page import charts
from xentcli.writers.page.blocks import (
    Answer,
    Bullets,
    Code,
    Facts,
    FullNumbers,
    Heading,
    Histogram,
    Page,
    Paragraph,
    SingleBlock,
    Table,
)
from xentcli.writers.page.style import SVG_STYLE
from xentcli.writers.page.svg_marks import (
    AFTER,
    LINE,
    SIZE,
    Piece,
    escape_text,
    move_down,
    text_line,
    text_span,
    text_width,
    wrap_text,
)
from xentcli.writers.page.svg_table import natural_width, table_piece

# In letters: a sample that is wider is folded into several tables.
WIDTH = 100
# In pixels: the width of the narrowest card, the margin, the height of a figure with its name, and
# the width of the widest chart with the space at its sides.
LEAST_WIDTH, MARGIN, FACT, WIDEST_CHART, INSET = 500, 28, 44, 640, 20
# Commands, code and items of a list are indented by so many pixels.
INDENT = 14
# Sizes of letters, and the space between figures.
SMALL, ANSWER, HEADINGS, BETWEEN = 12, 20, {2: 15, 3: SIZE}, 24
# A longer command is cut; the description of the card has the whole of it.
MOST_COMMAND_LINES = 6


def draw(page: Page) -> bytes:
    """Draw the whole document."""
    tables = [natural_width(block) for block in page.in_order() if isinstance(block, Table)]
    width, top, pieces = max([LEAST_WIDTH, *tables, *map(_least_width, page.first)]), 0.0, []
    for piece in _pieces(page, width):
        pieces.append(move_down(piece, top))
        top += piece.height
    across, down = ceil(width + 2 * MARGIN), ceil(top - AFTER + 2 * MARGIN)
    said = escape_text(page.description).rstrip(".")
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{across}" height="{down}" '
        f'viewBox="0 0 {across} {down}" lang="en" xml:lang="en" role="img" '
        'aria-labelledby="title said">',
        f'<title id="title">{escape_text(page.title)}</title>',
        f'<desc id="said">{said}. Made by: {escape_text(page.command)}</desc>',
        f"<style>{SVG_STYLE}</style>",
        f'<rect class="card" x=".5" y=".5" width="{across - 1}" height="{down - 1}" rx="8"/>',
        f'<g transform="translate({MARGIN} {MARGIN})">',
        *pieces,
        "</g>",
        "</svg>",
    ]
    return ("\n".join(lines) + "\n").encode("utf-8")


def _least_width(block: SingleBlock) -> float:
    """How wide a card must be for a block: an answer with all its digits must not go beyond it."""
    if not isinstance(block, Answer):
        return 0.0
    return text_width(f"{block.name}   {block.unit}") + text_width(block.value, ANSWER, bold=True)


def _pieces(page: Page, width: float) -> Iterator[Piece]:
    yield _prose("title", [page.title], 22)
    yield _command(page.command, width)
    for block in page.in_order():
        yield _piece(block, width)


def _piece(block: SingleBlock, width: float) -> Piece:
    match block:
        case Table():
            return table_piece(block)
        case Heading(text, level):
            lines = wrap_text(text, width, HEADINGS[level], bold=True)
            piece = _prose(f"heading-{level}", lines, LINE)
            return Piece(move_down(piece, 4), piece.height)
        case Paragraph(text, tone):
            kind = "plain" if tone == "formula" else tone
            return _prose(kind, wrap_text(text, width, bold=tone == "strong"), LINE)
        case Answer(name, value, unit):
            return _answer(name, value, unit)
        case Facts(entries):
            return _facts(entries, width)
        case FullNumbers(name, value):
            return _full(name, value, width)
        case Histogram():
            return _histogram(block, width)
        case Code(lines):
            code = [part for line in lines for part in wrap_text(line, width - INDENT)]
            return _prose("indented", code, LINE)
        case Bullets(items):
            return _bullets(items, width)


def _prose(kind: str, lines: Sequence[str], line: float) -> Piece:
    shapes = (
        text_line(kind, 0, line * (number + 1) - 5, escape_text(text))
        for number, text in enumerate(lines)
    )
    return Piece("".join(shapes), line * len(lines) + AFTER)


def _command(command: str, width: float) -> Piece:
    lines = wrap_text(command, width - INDENT)
    if len(lines) > MOST_COMMAND_LINES:
        lines = [*lines[: MOST_COMMAND_LINES - 1], "…"]
    piece = _prose("indented", lines, LINE)
    return Piece(text_line("quiet", 0, LINE - 5, "$") + piece.shapes, piece.height)


def _bullets(items: Sequence[str], width: float) -> Piece:
    shapes, top = [], 0.0
    for item in items:
        piece = _prose("indented", wrap_text(item, width - INDENT), LINE)
        shapes += [text_line("plain", 0, top + LINE - 5, "•"), move_down(piece, top)]
        top += piece.height - AFTER + 2
    return Piece("".join(shapes), top + AFTER)


def _answer(name: str, value: str, unit: str) -> Piece:
    text = f"{text_span('quiet', name)}  {text_span('answer', value)} {text_span('plain', unit)}"
    return Piece(text_line("plain", 0, 22, text), 30 + AFTER)


def _facts(entries: Sequence[tuple[str, str]], width: float) -> Piece:
    shapes, left, top = [], 0.0, 0
    for name, value in entries:
        room = max(text_width(name, SMALL), text_width(value)) + BETWEEN
        if left and left + room - BETWEEN > width:
            left, top = 0.0, top + FACT
        shapes.append(text_line("small", left, top + 12, escape_text(name)))
        shapes.append(text_line("plain", left, top + 32, escape_text(value)))
        left += room
    return Piece("".join(shapes), top + FACT + AFTER - 4)


def _full(name: str, value: str, width: float) -> Piece:
    start = f"{name} ="
    first, *others = wrap_text(f"{start} {value}", width, bold=True)
    text = text_span("quiet", start) + text_span("strong", first[len(start) :])
    shapes = [text_line("plain", 0, LINE - 5, text)]
    shapes += [
        text_line("strong", 0, LINE * (number + 2) - 5, escape_text(text))
        for number, text in enumerate(others)
    ]
    return Piece("".join(shapes), LINE * (len(others) + 1) + AFTER)


def _histogram(block: Histogram, width: float) -> Piece:
    # The text of the first edge and of the last is centred there, and needs space at both sides.
    across = min(width, WIDEST_CHART) - 2 * INSET
    chart = (
        f'<svg class="chart" x="{INSET}" y="{LINE}" width="{across:g}" height="{charts.HEIGHT}" '
        f'overflow="visible">{charts.draw_histogram(block.bins, block.unit)}</svg>'
    )
    title = text_line("caption", 0, 14, escape_text(block.title))
    return Piece(title + chart, LINE + charts.HEIGHT + AFTER)
