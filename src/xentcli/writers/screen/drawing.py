"""Draws tables with Rich, which must not cut, colour or interpret anything by itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO
from itertools import groupby

from rich import box
from rich.console import Console, Group, RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from xentcli.writers.interface import View
from xentcli.writers.view import in_letters

# Tables get their natural width: what fits was worked out before, and Rich would cut numbers.
WIDEST = 10_000

BOLD = Style(bold=True)
DIM = Style(dim=True)

# Like rich.box.SIMPLE_HEAD, in ASCII.
ASCII_HEAD = box.Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)

# The parts of a bar, by eighths of a letter.
EIGHTHS = " ▏▎▍▌▋▊▉"
FULL = "█"
ASCII_BAR = "#"


def head(view: View) -> box.Box:
    """A rule under the header and no other."""
    return box.SIMPLE_HEAD if view.unicode else ASCII_HEAD


def plain_table(view: View) -> Table:
    """A table without frames, to which columns can be added."""
    return Table(box=head(view), padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)


def add_rows(table: Table, rows: Iterable[Sequence[Text]]) -> None:
    """Add rows to a table.

    Those of one line that follow one another are a single row to Rich, which takes for a cell of
    many lines hardly more time than for one.
    """
    for is_line, together in groupby(rows, lambda row: not any("\n" in cell for cell in row)):
        if is_line:
            table.add_row(*(Text("\n").join(column) for column in zip(*together, strict=True)))
        else:
            for row in together:
                table.add_row(*row)


def console(view: View) -> Console:
    """A console that draws into memory."""
    return Console(
        file=StringIO(),
        force_terminal=view.color,
        no_color=not view.color,
        color_system="standard" if view.color else None,
        width=WIDEST,
        legacy_windows=False,
        highlight=False,
        markup=False,
        emoji=False,
    )


def sentence(text: str, view: View, style: Style | None = None) -> Text:
    """Return a sentence in characters that can be shown."""
    return Text(in_letters(text, view), style=style or "")


def render(part: RenderableType, drawn_on: Console, view: View) -> str:
    """A part as text, without blanks at the ends of lines; words go on on the next line where the
    terminal ends."""
    if isinstance(part, Group):
        return "\n".join(render(inner, drawn_on, view) for inner in part.renderables)
    if isinstance(part, Text) and view.width is not None:
        part = Text("\n").join(part.wrap(drawn_on, view.width))
    with drawn_on.capture() as captured:
        drawn_on.print(part, soft_wrap=isinstance(part, Text))
    lines = captured.get().rstrip("\n").split("\n")
    return "\n".join(line.rstrip() for line in lines)


def bar(share: float, width: int, view: View, *, least: int = 0) -> str:
    """A bar of that share of the width, to an eighth of a character, and of at least so many of the
    smallest pieces; nothing for 0 and nan.

    >>> bar(0.5, 5, View()), bar(0.5, 5, View(unicode=False)), bar(1e-9, 5, View(), least=1)
    ('██▌', '##', '▏')
    """
    if not share > 0:
        return ""
    share = min(share, 1.0)
    if not view.unicode:
        return ASCII_BAR * max(least, round(share * width))
    pieces = max(least, round(share * width * len(EIGHTHS)))
    whole, part = divmod(pieces, len(EIGHTHS))
    return FULL * whole + EIGHTHS[part].strip()
