"""A report as tables: a row for each step, a column for each class, and the reduction written out.

No number is ever cut. A sample that is wider than the terminal is folded into several blocks of
classes. If that made too many blocks, whole classes are left out and counted.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from xentcli.model import Answer, Batch, Report, WorkedSample
from xentcli.writers.interface import Stream, View
from xentcli.writers.screen.drawing import (
    BOLD,
    DIM,
    add_rows,
    bar,
    make_console,
    plain_table,
    render,
    sentence,
)
from xentcli.writers.view import encode
from xentcli.writers.words import report as words
from xentcli.writers.words.grid import GAP, Grid, Row, first_line, fold, make_grid

# If there are more classes, only --quiet and --format csv give the answers with all digits.
ANSWERS_IN_FULL = 1000
LABEL = Style(bold=True, color="cyan")
# A step along a gradient above 0 lowers the logit, below 0 it raises it. These two colours are told
# apart by those who cannot tell red from green, and stand out from black and from white.
SIGNS = {1: Style(color="magenta"), 0: Style(), -1: Style(color="green")}


def start(stream: Stream) -> bytes:
    """Nothing, as a table is written when everything is known."""
    return b""


def rows(batch: Batch, answer: Answer, stream: Stream) -> bytes:
    """Nothing, as the worked samples are shown at the end."""
    return b""


def end(report: Report, stream: Stream, view: View, waiting: Iterable[bytes]) -> Iterator[bytes]:
    """The worked samples, how many are not shown, and the answer."""
    drawn_on = make_console(view)
    parts = [render(part, drawn_on, view) for part in _parts(report, view)]
    text = "\n\n".join(part for part in parts if part) + "\n"
    yield encode(text, view)


def _parts(report: Report, view: View) -> Iterator[RenderableType]:
    if view.steps:
        for worked in report.worked:
            yield from _sample(worked, report, view)
        yield sentence(words.SHIFTED if report.shifted else "", view, DIM)
        yield sentence(words.samples_left_out(report), view, DIM)
    if report.survey is not None:
        # Imported here because typed samples have no survey.
        from xentcli.writers.screen.survey import survey_parts

        yield from survey_parts(report.survey, report, view)
    yield from _answer(report, view)


def _sample(worked: WorkedSample, report: Report, view: View) -> Iterator[RenderableType]:
    yield sentence(words.sample_title(worked, report), view, BOLD)
    laid_out = make_grid(worked, report.classes, view)
    blocks = fold(laid_out, view)
    for number, block in enumerate(blocks):
        yield _table(laid_out, block, first=number == 0, view=view)
    left_out = len(report.classes) - sum(map(len, blocks))
    if left_out:
        yield sentence(words.classes_left_out(left_out, report), view, DIM)
    for step in worked.steps:
        if step.note:
            yield sentence(f"{step.name}: {step.note}", view)
    if worked.entropy is not None and worked.divergence is not None:
        yield sentence(words.describe_parts(worked, view), view)


def _table(laid_out: Grid, classes: Sequence[int], *, first: bool, view: View) -> Table:
    beside = first and not laid_out.stacked
    has_values = beside and any(row.single for row in laid_out.rows)
    table = plain_table(view)
    table.add_column("step", no_wrap=True)
    if beside:
        table.add_column("formula", no_wrap=True, style=DIM)
    if has_values:
        table.add_column("", no_wrap=True, justify="right")
    for at in classes:
        marked = at == laid_out.label
        style = LABEL if marked else Style()
        header = Text(laid_out.names[at] + ("\nlabel" if marked else ""), style=style)
        table.add_column(header, no_wrap=True, justify="right", style=style)
    rows: list[list[Text]] = []
    for row in laid_out.rows:
        if row.single and not first:
            continue
        line = [_step_name(row, laid_out, first=first)]
        if beside:
            line.append(Text(row.formula))
        if has_values:
            line.append(Text(row.single))
        # Bars can be compared only if the longest is as long in all columns.
        longest = min(laid_out.widths)
        bars = [bar(row.shares[at], longest, view) for at in classes if row.shares]
        cells = [_cell(row, at, laid_out.widths[at]) for at in classes]
        if any(bars):
            for cell, drawn in zip(cells, bars, strict=True):
                cell.append("\n" + drawn.ljust(longest))
        rows.append([*line, *cells])
    add_rows(table, rows)
    return table


def _cell(row: Row, at: int, width: int) -> Text:
    # Padded here and not by Rich, so that the blanks before a number have its style.
    number = row.by_class[at].rjust(width) if row.by_class else ""
    return Text(number, style=SIGNS[row.signs[at]] if row.signs else "")


def _step_name(row: Row, laid_out: Grid, *, first: bool) -> Text:
    if first and laid_out.stacked:
        formula = textwrap.fill(row.formula, laid_out.side - GAP, break_on_hyphens=False)
        return Text.assemble(first_line(row), "\n", (formula, DIM))
    return Text(row.name)


def _answer(report: Report, view: View) -> Iterator[RenderableType]:
    if report.field in ("probs", "log_probs", "grad"):
        yield _answers_in_full(report)
        yield _summary(report, view)
        return
    if report.reduction == "none":
        yield _summary(report, view)
        return
    yield sentence(words.reduction_written_out(report, view), view)
    yield _summary(report, view)


def _answers_in_full(report: Report) -> Text:
    """The answers of the worked samples with all digits."""
    text = Text()
    if len(report.classes) > ANSWERS_IN_FULL:
        return text
    for number, (name, numbers) in enumerate(words.answers_in_full(report)):
        text.append("\n" if number else "")
        text.append(f"{name} = ", style=DIM)
        text.append(numbers, style=BOLD)
    return text


def _summary(report: Report, view: View) -> RenderableType:
    lines = list(words.facts(report, view))
    lines += [(name, f"{value} {report.unit}") for name, value in words.named_losses(report)]
    width = max((len(name) for name, _ in lines), default=0)
    text = Text()
    for number, (name, value) in enumerate(lines):
        text.append("\n" if number else "")
        text.append(f"{name:<{width}}  ", style=DIM)
        text.append(value, style=BOLD if name.startswith("loss") else "")
    return text
