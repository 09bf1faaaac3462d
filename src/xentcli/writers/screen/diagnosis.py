"""A diagnosis as tables and text: a sentence, the formulas, the advice, the findings."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import RenderableType
from rich.style import Style
from rich.text import Text

from xentcli.errors import escaped, rounded
from xentcli.model.diagnosis import Candidate, Diagnosis, Finding
from xentcli.writers.interface import View
from xentcli.writers.screen.drawing import BOLD, DIM, make_console, plain_table, render
from xentcli.writers.view import encode, replace_letters
from xentcli.writers.words import diagnosis as words

# The width of prose that need not fit a terminal.
WIDTH = 100
# With less room than this beside the numbers, the words stand below them.
LEAST_ROOM = 30
MATCH = Style(bold=True, color="green")
MARK = "✓"
INDENT = "    "


def diagnosis_text(diagnosis: Diagnosis, got: Sequence[str], view: View) -> bytes:
    """The diagnosis as text; ``got`` are the numbers to explain, as they were typed."""
    drawn_on = make_console(view)
    filled = view._replace(width=view.width or WIDTH)
    blocks = [render(part, drawn_on, view) for part in _parts(diagnosis, filled)]
    return encode("\n\n".join(block for block in blocks if block) + "\n", view)


def _parts(diagnosis: Diagnosis, view: View) -> Iterator[RenderableType]:
    yield Text(_fill(diagnosis.sentence, view), style=BOLD)
    for note in diagnosis.notes:
        yield Text(_fill(note, view))
    if diagnosis.candidates:
        yield _candidates(diagnosis.candidates, view)
    if diagnosis.advice:
        yield _advice(diagnosis, view)
    if diagnosis.findings:
        yield _findings(diagnosis.findings, view)


def _fill(prose: str, view: View, first: str = "", rest: str = "") -> str:
    """Break prose into lines of the view's width; a longer word, such as a call, is broken too."""
    return textwrap.fill(
        replace_letters(escaped(prose), view),
        max(view.width or WIDTH, len(rest) + 1),
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
    )


def _candidates(candidates: Sequence[Candidate], view: View) -> RenderableType:
    rows = [words.numbers(candidate, view.digits) for candidate in candidates]
    widths = [
        max(map(cell_len, column))
        for column in zip(words.headers(candidates[0]), *rows, strict=True)
    ]
    # Between columns are a blank of padding and one more; the mark is one letter wide.
    room = (view.width or WIDTH) - (1 + 2) - sum(widths) - 2 * len(widths)
    if room < LEAST_ROOM:
        return _stack(candidates, rows, view)
    beside = view._replace(width=room)
    table = plain_table(view)
    table.add_column("", no_wrap=True)
    for header in words.headers(candidates[0]):
        table.add_column(header, no_wrap=True, justify="right")
    table.add_column("formula", no_wrap=True)
    for candidate, numbers in zip(candidates, rows, strict=True):
        style = MATCH if candidate.matches else Style()
        formula = Text(_fill(candidate.name, beside), style=style)
        formula.append("\n" + _fill(candidate.formula, beside), style=DIM)
        if candidate.matches:
            formula.append("\n" + _fill(candidate.explanation, beside), style=DIM)
        mark = Text(MARK if candidate.matches else "", style=style)
        table.add_row(mark, *(Text(number, style=style) for number in numbers), formula)
    return table


def _stack(candidates: Sequence[Candidate], rows: Sequence[Sequence[str]], view: View) -> Text:
    """Put the words below the numbers, as there is no room beside them."""
    found = Text()
    for number, (candidate, numbers) in enumerate(zip(candidates, rows, strict=True)):
        style = MATCH if candidate.matches else Style()
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        shown = "; ".join(f"{value}, off by {difference}" for value, difference in pairs)
        mark = f"{MARK} " if candidate.matches else "  "
        found.append("\n" if number else "")
        found.append(_fill(shown, view, mark, INDENT), style=style)
        found.append("\n" + _fill(candidate.name, view, INDENT, INDENT))
        found.append("\n" + _fill(candidate.formula, view, INDENT, INDENT), style=DIM)
        if candidate.matches:
            found.append("\n" + _fill(candidate.explanation, view, INDENT, INDENT), style=DIM)
    return found


def _advice(diagnosis: Diagnosis, view: View) -> Text:
    loss = " and ".join(dict.fromkeys(rounded(value, view.digits) for value in diagnosis.loss))
    found = Text(
        _fill(f"What to write for the {diagnosis.loss_name}, {loss}, and what to change:", view)
    )
    for advice in diagnosis.advice:
        found.append(f"\n{advice.library}", style=BOLD)
        for line in advice.call.split("; "):
            found.append("\n" + _fill(line, view, "  ", INDENT))
        for change in words.distinct_changes(advice):
            found.append("\n" + _fill(change, view, "  - ", INDENT), style=DIM)
    return found


def _findings(findings: Sequence[Finding], view: View) -> Text:
    found = Text("About this input:")
    for finding in findings:
        found.append("\n" + _fill(words.describe_finding(finding), view, "- ", "  "))
    return found
