"""The worked samples as Markdown that GitHub draws: a table a sample, and the answer above them.

Bold is what stands out on a page: the label's column, the loss, what is the answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xentcli.model import Answer as Answered
from xentcli.model import Batch, Report
from xentcli.writers.interface import Stream, View
from xentcli.writers.page.blocks import (
    Answer,
    Cell,
    Column,
    Facts,
    Full,
    Histogram,
    Single,
    Table,
    Words,
)
from xentcli.writers.page.report import page
from xentcli.writers.rows.markdown import escaped
from xentcli.writers.words.survey import range_of


def start(stream: Stream) -> bytes:
    """Nothing: the samples are shown when all is known."""
    return b""


def rows(batch: Batch, answer: Answered, stream: Stream) -> bytes:
    """Nothing: the worked samples stand for the rest."""
    return b""


def end(report: Report, stream: Stream, view: View, waiting: Iterable[bytes]) -> Iterator[bytes]:
    """The answer, the survey of a file, the worked samples, and how the answer comes of them."""
    # Lines are as long as they are: a document fits no terminal.
    on_paper = view._replace(width=None, unicode=True)
    blocks = page(report, "", on_paper).in_order()
    text = "\n\n".join("\n".join(_lines(block)) for block in blocks) + "\n"
    yield text.encode("utf-8", "backslashreplace")


def _lines(block: Single) -> Iterator[str]:
    match block:
        case Table():
            yield from _table(block)
        case Words(text, _):
            yield escaped(text)
        case Answer(name, value, unit):
            yield f"{escaped(name)}: {_bold(escaped(value))} {escaped(unit)}"
        case Facts(entries):
            names, values = zip(*entries, strict=True)
            yield _row(map(escaped, names))
            yield _row(["---"] * len(names))
            yield _row(map(escaped, values))
        case Full(name, value):
            yield f"{escaped(name)} = {_bold(escaped(value))}"
        case Histogram(title, bins, unit):
            columns = (Column(f"loss ({unit})", words=True), Column("samples"))
            counts = tuple((Cell(range_of(one)), Cell(f"{one.samples:,}")) for one in bins)
            yield from _table(Table(title, columns, counts))


def _table(table: Table) -> Iterator[str]:
    yield f"### {escaped(table.caption)}"
    yield ""
    yield _row(map(_head, table.columns))
    yield _row("---" if column.words else "---:" for column in table.columns)
    for row in table.rows:
        yield _row(_cell(*pair) for pair in zip(row, table.columns, strict=True))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _head(column: Column) -> str:
    note = f"<br>{escaped(column.note)}" if column.note else ""
    return escaped(column.name) + note


def _cell(cell: Cell, column: Column) -> str:
    text = escaped(cell.text)
    return _bold(text) if column.marked or cell.tone == "strong" else text


def _bold(text: str) -> str:
    return f"**{text}**" if text else ""
