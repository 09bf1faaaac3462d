"""A survey as tables and bars: a histogram, bars of classes, the hardest samples, the groups."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import Group as Stack
from rich.console import RenderableType
from rich.style import Style
from rich.text import Text

from xentcli.errors import counted, escaped, rounded
from xentcli.model import Bin, Group, HardSample, NamedTuple, Report, Survey
from xentcli.writers.interface import View
from xentcli.writers.screen.drawing import BOLD, DIM, add_rows, bar, plain_table, sentence
from xentcli.writers.words.grid import shown_name
from xentcli.writers.words.survey import (
    bar_shares,
    bin_range,
    class_words,
    group_columns,
    hard_columns,
    hardest_groups,
    has_words,
    is_vocabulary,
    label_tables,
)

WIDEST_BAR = 40
# A shorter bar would say nothing: the numbers stand alone then.
SHORTEST_BAR = 4
BAR = Style(color="cyan")


class Line(NamedTuple):
    """A line with a bar: a name, a number, the bar's share of the longest bar, and a few words."""

    name: str
    number: str
    share: float
    words: str = ""


def survey_parts(survey: Survey, report: Report, view: View) -> Iterator[RenderableType]:
    """The parts of a survey that has them, each as a table or as bars."""
    if survey.histogram:
        yield _histogram(survey.histogram, report, view)
    if survey.classes and is_vocabulary(report):
        for table in label_tables(survey.classes):
            yield _class_bars(table.title, table.groups, table.numbers, view)
    elif survey.classes:
        yield _classes(survey.classes, report, view)
    if survey.groups:
        yield _groups(survey, report, view)
    if survey.hardest:
        yield _hardest(survey.hardest, report, view)


def _histogram(bins: Sequence[Bin], report: Report, view: View) -> RenderableType:
    most = max(bin.samples for bin in bins)
    lines = [Line(bin_range(bin), f"{bin.samples:,}", bin.samples / most) for bin in bins]
    everything = sum(bin.samples for bin in bins)
    noun = "question" if report.questions else "sample"
    title = sentence(f"losses of {counted(everything, noun)}", view, BOLD)
    return Stack(title, _bars(lines, view))


def _classes(classes: Sequence[Group], report: Report, view: View) -> RenderableType:
    shown = hardest_groups(classes)
    what, several = ("question", "questions") if report.questions else ("class", "classes")
    title = f"mean loss of each {what}"
    if len(shown) < len(classes):
        title = f"mean loss of the {len(shown)} hardest {several} of {len(classes):,}"
    return _class_bars(title, shown, [group.result for group in shown], view)


def _class_bars(
    title: str, groups: Sequence[Group], numbers: Sequence[float], view: View
) -> RenderableType:
    lines = [
        Line(
            shown_name(group.name, view),
            rounded(number, view.digits),
            share,
            ", ".join(class_words(group)),
        )
        for group, number, share in zip(groups, numbers, bar_shares(numbers), strict=True)
    ]
    return Stack(sentence(title, view, BOLD), _bars(lines, view))


def _bars(lines: Sequence[Line], view: View) -> Text:
    """Draw lines of a name, a bar, a number and a few words. Where there is no room for the words
    they stand below."""
    name_width = max(cell_len(line.name) for line in lines)
    number_width = max(len(line.number) for line in lines)
    words_width = max(len(line.words) for line in lines)
    room, beside, indent = WIDEST_BAR, True, name_width + 2
    if view.width is not None:
        indent = max(2, min(indent, view.width - words_width))
        room = view.width - name_width - number_width - 4
        beside = room - words_width - 2 >= SHORTEST_BAR
        room = min(WIDEST_BAR, room - (words_width + 2 if beside and words_width else 0))
    text = Text()
    for at, line in enumerate(lines):
        text.append("\n" if at else "")
        text.append(line.name + " " * (name_width - cell_len(line.name)) + "  ")
        drawn = bar(line.share, room, view, least=1) if room >= SHORTEST_BAR else ""
        text.append(drawn, style=BAR)
        text.append((" " if drawn else "") + line.number)
        if line.words:
            text.append(("  " if beside else f"\n{' ' * indent}") + line.words, style=DIM)
    return text


def _groups(survey: Survey, report: Report, view: View) -> RenderableType:
    shown = hardest_groups(survey.groups)
    title = sentence(f"loss ({report.reduction}) by {escaped(survey.by)}", view, BOLD)
    columns = group_columns(shown, "value", view)
    parts = [title, _table(columns, view)]
    left_out = len(survey.groups) - len(shown)
    if left_out:
        smaller = f"… {left_out:,} more, none with a larger loss, not shown (--format csv)"
        parts.append(sentence(smaller, view, DIM))
    return Stack(*parts)


def _hardest(hardest: Sequence[HardSample], report: Report, view: View) -> RenderableType:
    noun = "question" if any(sample.question is not None for sample in hardest) else "sample"
    noun = "token" if any(sample.token is not None for sample in hardest) else noun
    title = f"the {len(hardest)} hardest {noun}s" if len(hardest) > 1 else f"the hardest {noun}"
    return Stack(sentence(title, view, BOLD), _table(hard_columns(hardest, report, view), view))


def _table(columns: dict[str, list[str]], view: View) -> RenderableType:
    """Make a table whose last column is bold; where it does not fit, a few words for each row."""
    widths = [max(map(cell_len, (name, *cells))) for name, cells in columns.items()]
    rows = list(zip(*columns.values(), strict=True))
    # Between columns are a blank of padding and one more.
    if view.width is not None and sum(widths) + 2 * len(widths) - 1 > view.width:
        return _in_words(tuple(columns), rows, view.width)
    table = plain_table(view)
    for name, cells in columns.items():
        table.add_column(name, no_wrap=True, justify="left" if has_words(name, cells) else "right")
    add_rows(table, ([*map(Text, before), Text(last, style=BOLD)] for *before, last in rows))
    return table


def _in_words(names: Sequence[str], rows: Sequence[Sequence[str]], width: int) -> Text:
    lines = []
    for row in rows:
        told = (f"{name} {cell}" for name, cell in zip(names, row, strict=True) if cell)
        lines.append(textwrap.fill("; ".join(told), width, subsequent_indent="  "))
    return Text("\n".join(lines))
