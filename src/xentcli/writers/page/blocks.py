"""The parts of a page: a title, the command that made it, and blocks that each kind of page draws.

Numbers are text already, rounded for the eye or with all their digits. Nothing is escaped yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from xentcli.model import Bin, NamedTuple

# The meaning of a number or a text, not its look: ``match`` is a formula that gives the number got.
Tone = Literal["plain", "strong", "quiet", "formula", "positive", "negative", "match"]


class Cell(NamedTuple):
    """A cell: a text, with smaller lines (``more``) below it; a ``share`` is drawn as a bar."""

    text: str
    tone: Tone = "plain"
    share: float | None = None
    more: tuple[str, ...] = ()


class Column(NamedTuple):
    """A column of a table.

    - ``note``: stands below the name.
    - ``words``: it holds words: they are left-aligned and may be broken into lines. Numbers are
      right-aligned and never broken.
    - ``is_label``: it is the column of the label.
    - ``bars_beside``: bars are drawn beside the numbers, not below them.
    - ``below``: on a small screen the cells stand below the names of their rows.
    """

    name: str
    note: str = ""
    words: bool = False
    is_label: bool = False
    bars_beside: bool = False
    below: bool = False


class Table(NamedTuple):
    """A table; the first cell of each row is the row's name."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Heading(NamedTuple):
    """The heading of a section or a subsection."""

    text: str
    level: Literal[2, 3] = 2


class Paragraph(NamedTuple):
    """A paragraph; with the tone ``formula`` it is a line of numbers and signs."""

    text: str
    tone: Tone = "plain"


class Answer(NamedTuple):
    """The answer with all its digits, under its name."""

    name: str
    value: str
    unit: str


class Facts(NamedTuple):
    """Names with their values."""

    entries: tuple[tuple[str, str], ...]


class FullNumbers(NamedTuple):
    """Numbers with all their digits, after their name."""

    name: str
    value: str


class Histogram(NamedTuple):
    """The sizes of the losses as a chart."""

    title: str
    bins: tuple[Bin, ...]
    unit: str


class Code(NamedTuple):
    """Lines of a program."""

    lines: tuple[str, ...]


class Bullets(NamedTuple):
    """A list."""

    items: tuple[str, ...]


# The blocks that need no other block.
SingleBlock = (
    Table | Heading | Paragraph | Answer | Facts | FullNumbers | Histogram | Code | Bullets
)


class SideBySide(NamedTuple):
    """Parts of a page that stand side by side where there is room, else one below another. A part
    is a few blocks."""

    parts: tuple[tuple[SingleBlock, ...], ...]


Block = SingleBlock | SideBySide


class Page(NamedTuple):
    """A page; ``description`` says in a sentence what is on it. The ``first`` blocks are the
    answer and its figures; the ``blocks`` after them show how it comes about."""

    title: str
    description: str
    command: str
    first: tuple[SingleBlock, ...]
    blocks: tuple[Block, ...]

    def in_order(self) -> Iterator[SingleBlock]:
        """All blocks of the page, in the order in which they stand one below another."""
        for block in (*self.first, *self.blocks):
            if isinstance(block, SideBySide):
                for part in block.parts:
                    yield from part
            else:
                yield block
