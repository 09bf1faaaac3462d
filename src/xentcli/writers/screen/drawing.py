"""Draws tables with Rich, which is set up to cut, colour and interpret nothing by itself."""

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
from xentcli.writers.view import replace_letters

# Rich would cut numbers to fit a width. Tables are laid out to fit before, and Rich gets this one.
WIDEST = 10_000

BOLD = Style(bold=True)
DIM = Style(dim=True)

# Like rich.box.SIMPLE_HEAD, in ASCII.
ASCII_HEAD = box.Box("    \n    \n -- \n    \n    \n    \n    \n    \n", ascii=True)

# The ends of a bar: letters filled by eighths.
EIGHTHS = " ▏▎▍▌▋▊▉"
FULL = "█"
ASCII_BAR = "#"


def plain_table(view: View) -> Table:
    """Make a table to which columns can be added. It has a rule under the header and no other."""
    lines = box.SIMPLE_HEAD if view.unicode else ASCII_HEAD
    return Table(box=lines, padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)


def add_rows(table: Table, rows: Iterable[Sequence[Text]]) -> None:
    """Add rows to a table.

    Rows of one line that follow one another are handed to Rich as a single row, as a cell of many
    lines takes it hardly more time than a cell of one.
    """
    for is_line, together in groupby(rows, lambda row: not any("\n" in cell for cell in row)):
        if is_line:
            table.add_row(*(Text("\n").join(column) for column in zip(*together, strict=True)))
        else:
            for row in together:
                table.add_row(*row)


def make_console(view: View) -> Console:
    """Make a console that draws into memory."""
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
    """Make a sentence of characters that can be shown."""
    return Text(replace_letters(text, view), style=style or "")


def render(part: RenderableType, drawn_on: Console, view: View) -> str:
    """Render a part as text, without blanks at the ends of lines. Lines of words are broken to fit
    the terminal."""
    if isinstance(part, Group):
        return "\n".join(render(inner, drawn_on, view) for inner in part.renderables)
    if isinstance(part, Text) and view.width is not None:
        part = Text("\n").join(part.wrap(drawn_on, view.width))
    with drawn_on.capture() as captured:
        drawn_on.print(part, soft_wrap=isinstance(part, Text))
    lines = captured.get().rstrip("\n").split("\n")
    return "\n".join(line.rstrip() for line in lines)


def bar(share: float, width: int, view: View, *, least: int = 0) -> str:
    """Draw a bar of this share of the width, to an eighth of a character. It has at least ``least``
    of the smallest pieces, and is empty for 0 and nan.

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
