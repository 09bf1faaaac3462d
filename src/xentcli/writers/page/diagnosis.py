"""Makes the page of a diagnosis: the sentence, the formulas, the advice, the findings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xentcli.errors import rounded
from xentcli.model.diagnosis import Candidate, Diagnosis
from xentcli.writers.page.blocks import (
    Block,
    Bullets,
    Cell,
    Code,
    Column,
    Heading,
    Page,
    Paragraph,
    Table,
    Tone,
)
from xentcli.writers.words import diagnosis as words


def make_page(diagnosis: Diagnosis, command: str, digits: int) -> Page:
    """Make the page of a diagnosis."""
    title = "Diagnosis"
    said = f"{title}: {diagnosis.sentence}"
    first = Paragraph(diagnosis.sentence, "strong")
    return Page(title, said, command, (first,), tuple(_blocks(diagnosis, digits)))


def _blocks(diagnosis: Diagnosis, digits: int) -> Iterator[Block]:
    for note in diagnosis.notes:
        yield Paragraph(note)
    if diagnosis.candidates:
        yield _candidates(diagnosis.candidates, digits)
    if diagnosis.advice:
        loss = " and ".join(dict.fromkeys(rounded(value, digits) for value in diagnosis.loss))
        yield Heading(f"What to write for the {diagnosis.loss_name}, {loss}, and what to change")
        for advice in diagnosis.advice:
            yield Heading(advice.library, 3)
            yield Code(tuple(advice.call.split("; ")))
            changes = words.distinct_changes(advice)
            if changes:
                yield Bullets(tuple(changes))
    if diagnosis.findings:
        yield Heading("About this input")
        yield Bullets(tuple(map(words.describe_finding, diagnosis.findings)))


def _candidates(candidates: Sequence[Candidate], digits: int) -> Table:
    columns = [Column(name) for name in words.headers(candidates[0])]
    rows = []
    for candidate in candidates:
        tone: Tone = "match" if candidate.matches else "plain"
        numbers = [Cell(text, tone) for text in words.numbers(candidate, digits)]
        mark = "✓ " if candidate.matches else ""
        more: tuple[str, ...] = (candidate.formula,)
        if candidate.matches:
            more += (candidate.explanation,)
        rows.append((Cell(mark + candidate.name, tone, more=more), *numbers))
    return Table("Formulas, nearest first", (Column("formula", words=True), *columns), tuple(rows))
