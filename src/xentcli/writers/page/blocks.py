"""What a page consists of: a title, the command that made it, and blocks that every kind of page
draws.

Numbers are text by now, rounded for the eye or with all their digits. Nothing is escaped yet.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from xentcli.model import Bin, NamedTuple

# What a number or a text is, not how it looks: ``match`` is a formula that gives the number got.
Tone = Literal["plain", "strong", "quiet", "formula", "positive", "negative", "match"]


class Cell(NamedTuple):
    """A text with smaller lines (``more``) below it; a ``share`` is drawn as a bar."""

    text: str
    tone: Tone = "plain"
    share: float | None = None
    more: tuple[str, ...] = ()


class Column(NamedTuple):
    """``note`` stands below the name. A column of ``words`` is left-aligned and may break its
    lines; one of numbers does neither. ``beside``: bars are drawn beside the numbers, not below
    them. ``below``: on a small screen the cells stand below the names of their rows."""

    name: str
    note: str = ""
    words: bool = False
    marked: bool = False
    beside: bool = False
    below: bool = False


class Table(NamedTuple):
    """The first cell of each row is its name."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Heading(NamedTuple):
    """The heading of a section or a subsection."""

    text: str
    level: Literal[2, 3] = 2


class Words(NamedTuple):
    """A paragraph; with the tone ``formula`` a line of numbers and signs."""

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


class Full(NamedTuple):
    """A row of numbers with all their digits, after its name."""

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


# What stands by itself.
Single = Table | Heading | Words | Answer | Facts | Full | Histogram | Code | Bullets


class Beside(NamedTuple):
    """Parts of a page, each of some blocks, that stand side by side where there is room for it and
    below one another elsewhere."""

    parts: tuple[tuple[Single, ...], ...]


Block = Single | Beside


class Page(NamedTuple):
    """A page; ``description`` says in a sentence what is on it. The ``first`` blocks are the
    answer and its figures; the ``blocks`` after them show how it comes about."""

    title: str
    description: str
    command: str
    first: tuple[Single, ...]
    blocks: tuple[Block, ...]

    def in_order(self) -> Iterator[Single]:
        """All that is on the page, one below another."""
        for block in (*self.first, *self.blocks):
            if isinstance(block, Beside):
                for part in block.parts:
                    yield from part
            else:
                yield block
