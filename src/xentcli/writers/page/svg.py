"""A page as SVG: a card that brings its own background, for slides, issues and READMEs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xentcli.writers.page import charts
from xentcli.writers.page.blocks import (
    Answer,
    Block,
    Bullets,
    Code,
    Facts,
    Full,
    Heading,
    Histogram,
    Page,
    Table,
    Words,
)
from xentcli.writers.page.style import SVG_STYLE
from xentcli.writers.page.svg_marks import (
    AFTER,
    LETTER,
    LINE,
    Piece,
    letters,
    letters_of,
    lowered,
    plain,
    span,
    wrapped,
)
from xentcli.writers.page.svg_table import natural_width, table_piece

# In letters: the most that a card is wide, and the least, below which it would look lost.
WIDTH, LEAST_WIDTH = 100, 64
# In pixels.
MARGIN, FACT, WIDEST_CHART, INSET = 28, 44, 640, 20
# A longer command is cut; the whole of it is in the description.
MOST_COMMAND_LINES = 6


def drawn(page: Page) -> bytes:
    """The whole document."""
    tables = [natural_width(block) for block in page.blocks if isinstance(block, Table)]
    width, top, pieces = max([LEAST_WIDTH, *tables]), 0.0, []
    for piece in _pieces(page, width):
        pieces.append(lowered(piece, top))
        top += piece.height
    across, down = round(width * LETTER + 2 * MARGIN), round(top - AFTER + 2 * MARGIN)
    said = plain(page.description).rstrip(".")
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{across}" height="{down}" '
        f'viewBox="0 0 {across} {down}" lang="en" xml:lang="en" role="img" '
        'aria-labelledby="title said">',
        f'<title id="title">{plain(page.title)}</title>',
        f'<desc id="said">{said}. Made by: {plain(page.command)}</desc>',
        f"<style>{SVG_STYLE}</style>",
        f'<rect class="card" x=".5" y=".5" width="{across - 1}" height="{down - 1}" rx="8"/>',
        f'<g transform="translate({MARGIN} {MARGIN})">',
        *pieces,
        "</g>",
        "</svg>",
    ]
    return ("\n".join(lines) + "\n").encode("utf-8")


def _pieces(page: Page, width: int) -> Iterator[Piece]:
    yield _prose("title", [page.title], 22)
    command = wrapped(page.command, width - 5)
    if len(command) > MOST_COMMAND_LINES:
        command = [*command[: MOST_COMMAND_LINES - 1], "…"]
    first, *others = command
    yield _sunk([f"$ {first}", *(f"  {line}" for line in others)], width)
    for block in page.blocks:
        yield _piece(block, width)


def _piece(block: Block, width: int) -> Piece:
    match block:
        case Table():
            return table_piece(block)
        case Heading(text, level):
            piece = _prose(f"heading-{level}", wrapped(text, width), LINE)
            return Piece(lowered(piece, 4), piece.height)
        case Words(text, "plain"):
            return _prose("plain", wrapped(text, _prose_width(width)), LINE)
        case Words(text, tone):
            return _prose(tone, wrapped(text, width), LINE)
        case Answer(name, value, unit):
            return _answer(name, value, unit)
        case Facts(entries):
            return _facts(entries, width)
        case Full(name, value):
            return _full(name, value, width)
        case Histogram():
            return _histogram(block, width)
        case Code(lines):
            return _sunk([part for line in lines for part in wrapped(line, width - 3)], width)
        case Bullets(items):
            return _bullets(items, width)


def _prose_width(width: int) -> int:
    """How many letters of running text, in a proportional font, surely fit a line of that width."""
    return width * 11 // 10


def _prose(kind: str, lines: Sequence[str], line: float) -> Piece:
    shapes = (
        letters(kind, 0, line * (number + 1) - 5, plain(text)) for number, text in enumerate(lines)
    )
    return Piece("".join(shapes), line * len(lines) + AFTER)


def _sunk(lines: Sequence[str], width: int) -> Piece:
    height = LINE * len(lines) + 12
    shapes = [f'<rect class="sunk" width="{width * LETTER:g}" height="{height}" rx="4"/>']
    shapes += [
        letters("cell", 10, LINE * (number + 1), plain(text)) for number, text in enumerate(lines)
    ]
    return Piece("".join(shapes), height + AFTER)


def _bullets(items: Sequence[str], width: int) -> Piece:
    shapes, top = [], 0.0
    for item in items:
        piece = _prose("plain indented", wrapped(item, _prose_width(width) - 2), LINE)
        shapes += [letters("plain", 0, top + LINE - 5, "•"), lowered(piece, top)]
        top += piece.height - AFTER + 2
    return Piece("".join(shapes), top + AFTER)


def _answer(name: str, value: str, unit: str) -> Piece:
    text = f"{span('quiet', name)}  {span('answer', value)} {span('plain', unit)}"
    return Piece(letters("plain", 0, 22, text), 30 + AFTER)


def _facts(entries: Sequence[tuple[str, str]], width: int) -> Piece:
    shapes, left, top = [], 0, 0
    for name, value in entries:
        room = max(letters_of(name), letters_of(value)) + 3
        if left and left + room > width:
            left, top = 0, top + FACT
        shapes.append(letters("small", left * LETTER, top + 12, plain(name)))
        shapes.append(letters("cell", left * LETTER, top + 32, plain(value)))
        left += room
    return Piece("".join(shapes), top + FACT + AFTER - 4)


def _full(name: str, value: str, width: int) -> Piece:
    start = f"{name} ="
    first, *others = wrapped(f"{start} {value}", width)
    text = span("quiet", start) + span("strong", first[len(start) :])
    shapes = [letters("cell", 0, LINE - 5, text)]
    shapes += [
        letters("cell strong", 0, LINE * (number + 2) - 5, plain(text))
        for number, text in enumerate(others)
    ]
    return Piece("".join(shapes), LINE * (len(others) + 1) + AFTER)


def _histogram(block: Histogram, width: int) -> Piece:
    # The first edge and the last have letters on both sides of them.
    across = min(width * LETTER, WIDEST_CHART) - 2 * INSET
    chart = (
        f'<svg class="chart" x="{INSET}" y="{LINE}" width="{across:g}" height="{charts.HEIGHT}" '
        f'overflow="visible">{charts.histogram(block.bins, block.unit)}</svg>'
    )
    title = letters("caption", 0, 14, plain(block.title))
    return Piece(title + chart, LINE + charts.HEIGHT + AFTER)
