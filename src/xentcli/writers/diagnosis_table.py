"""A diagnosis for people: a sentence, the formulas, what to change, what was found."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from rich.console import RenderableType
from rich.style import Style
from rich.table import Table
from rich.text import Text

from xentcli.decimals import rounded
from xentcli.errors import counted, escaped
from xentcli.model import Advice, Candidate, Diagnosis, Finding
from xentcli.writers.drawing import BOLD, DIM, console, head, render
from xentcli.writers.interface import View
from xentcli.writers.letters import encoded

# How wide prose is where there is no terminal to fit.
WIDTH = 100
# Less room than this beside the numbers is none: the words go below them.
LEAST_ROOM = 30
MATCH = Style(bold=True, color="green")
MARK = "✓"
INDENT = "    "


def text(diagnosis: Diagnosis, got: Sequence[str], view: View) -> bytes:
    """The diagnosis; ``got`` are the numbers as they were typed."""
    drawn_on = console(view)
    blocks = [render(part, drawn_on) for part in _parts(diagnosis, view)]
    return encoded("\n\n".join(block for block in blocks if block) + "\n", view)


def _parts(diagnosis: Diagnosis, view: View) -> Iterator[RenderableType]:
    width = view.width or WIDTH
    yield Text(_filled(diagnosis.sentence, width), style=BOLD)
    for note in diagnosis.notes:
        yield Text(_filled(note, width))
    if diagnosis.candidates:
        yield _candidates(diagnosis.candidates, width, view)
    if diagnosis.advice:
        yield _advice(diagnosis, width, view)
    if diagnosis.findings:
        yield _findings(diagnosis.findings, width)


def _filled(words: str, width: int, first: str = "", rest: str = "") -> str:
    """The words on lines of that width; one that is wider, such as a call, goes on on the next."""
    return textwrap.fill(
        escaped(words),
        max(width, len(rest) + 1),
        initial_indent=first,
        subsequent_indent=rest,
        break_on_hyphens=False,
    )


def _candidates(candidates: Sequence[Candidate], width: int, view: View) -> RenderableType:
    rows = [_numbers(one, view) for one in candidates]
    widths = [
        max(map(cell_len, column)) for column in zip(_headers(candidates[0]), *rows, strict=True)
    ]
    # A blank of padding and one between columns; the mark is one wide.
    room = width - (1 + 2) - sum(widths) - 2 * len(widths)
    if room < LEAST_ROOM:
        return _stacked(candidates, rows, width)
    table = Table(box=head(view), padding=(0, 1, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("", no_wrap=True)
    for header in _headers(candidates[0]):
        table.add_column(header, no_wrap=True, justify="right")
    table.add_column("formula", no_wrap=True)
    for one, numbers in zip(candidates, rows, strict=True):
        style = MATCH if one.matches else Style()
        words = Text(_filled(one.name, room), style=style)
        words.append("\n" + _filled(one.formula, room), style=DIM)
        if one.matches:
            words.append("\n" + _filled(one.explanation, room), style=DIM)
        mark = Text(MARK if one.matches else "", style=style)
        table.add_row(mark, *(Text(number, style=style) for number in numbers), words)
    return table


def _headers(candidate: Candidate) -> list[str]:
    if len(candidate.values) == 1:
        return ["value", "off by"]
    return [
        f"{what} {at + 1}" for at in range(len(candidate.values)) for what in ("value", "off by")
    ]


def _numbers(candidate: Candidate, view: View) -> list[str]:
    found = []
    for value, difference in zip(candidate.values, candidate.differences, strict=True):
        found += [rounded(value, view.digits), _difference(difference)]
    return found


def _difference(value: float) -> str:
    return "0" if value == 0 else f"{value:+.1e}"


def _stacked(candidates: Sequence[Candidate], rows: Sequence[Sequence[str]], width: int) -> Text:
    """The words below the numbers, for want of room beside them."""
    found = Text()
    for number, (one, numbers) in enumerate(zip(candidates, rows, strict=True)):
        style = MATCH if one.matches else Style()
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        shown = "; ".join(f"{value}, off by {difference}" for value, difference in pairs)
        mark = f"{MARK} " if one.matches else "  "
        found.append("\n" if number else "")
        found.append(_filled(shown, width, mark, INDENT), style=style)
        found.append("\n" + _filled(one.name, width, INDENT, INDENT))
        found.append("\n" + _filled(one.formula, width, INDENT, INDENT), style=DIM)
        if one.matches:
            found.append("\n" + _filled(one.explanation, width, INDENT, INDENT), style=DIM)
    return found


def _advice(diagnosis: Diagnosis, width: int, view: View) -> Text:
    loss = " and ".join(dict.fromkeys(rounded(value, view.digits) for value in diagnosis.loss))
    found = Text(
        _filled(f"What to write for the cross-entropy, {loss}, and what to change:", width)
    )
    for one in diagnosis.advice:
        found.append(f"\n{one.library}", style=BOLD)
        for line in one.call.split("; "):
            found.append("\n" + _filled(line, width, "  ", INDENT))
        for change in _once(one):
            found.append("\n" + _filled(change, width, "  - ", INDENT), style=DIM)
    return found


def _once(advice: Advice) -> list[str]:
    return list(dict.fromkeys(advice.changes))


def _findings(findings: Sequence[Finding], width: int) -> Text:
    found = Text("About this input:")
    for one in findings:
        start = f"{one.source}: " if one.source else ""
        evidence = f" ({one.evidence})" if one.evidence else ""
        line = f"{start}{one.message}{evidence}{_samples(one)}"
        found.append("\n" + _filled(line, width, "- ", "  "))
    return found


def _samples(finding: Finding) -> str:
    if not finding.samples:
        return ""
    first = ", ".join(map(str, finding.rows))
    more = finding.samples - len(finding.rows)
    if not more:
        return f": sample{'s' if finding.samples > 1 else ''} {first}"
    return f": samples {first} and {counted(more, 'more')[:-1] if more > 1 else '1 more'}"
