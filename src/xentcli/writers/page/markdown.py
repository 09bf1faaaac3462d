"""The worked samples as Markdown that GitHub draws: the answer, and a table for each sample.

Bold is what stands out on other pages: the column of the label, the loss, the answer.
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
    FullNumbers,
    Histogram,
    Paragraph,
    SingleBlock,
    Table,
)
from xentcli.writers.page.charts import histogram_table
from xentcli.writers.page.report import make_page
from xentcli.writers.rows.markdown import escape_markdown


def start(stream: Stream) -> bytes:
    """Nothing, as the samples are shown when all is known."""
    return b""


def rows(batch: Batch, answer: Answered, stream: Stream) -> bytes:
    """Nothing, as only the worked samples are shown."""
    return b""


def end(report: Report, stream: Stream, view: View, waiting: Iterable[bytes]) -> Iterator[bytes]:
    """The answer, the survey of a file, the worked samples, and how the answer is made of them."""
    # Lines are of any length, as a document need not fit a terminal.
    on_paper = view._replace(width=None, unicode=True)
    blocks = make_page(report, "", on_paper).in_order()
    text = "\n\n".join("\n".join(_lines(block)) for block in blocks) + "\n"
    yield text.encode("utf-8", "backslashreplace")


def _lines(block: SingleBlock) -> Iterator[str]:
    match block:
        case Table():
            yield from _table(block)
        case Paragraph(text, _):
            yield escape_markdown(text)
        case Answer(name, value, unit):
            number = f"{_make_bold(escape_markdown(value))} {escape_markdown(unit)}"
            yield f"{escape_markdown(name)}: {number}"
        case Facts(entries):
            names, values = zip(*entries, strict=True)
            yield _row(map(escape_markdown, names))
            yield _row(["---"] * len(names))
            yield _row(map(escape_markdown, values))
        case FullNumbers(name, value):
            yield f"{escape_markdown(name)} = {_make_bold(escape_markdown(value))}"
        case Histogram():
            yield from _table(histogram_table(block))


def _table(table: Table) -> Iterator[str]:
    yield f"### {escape_markdown(table.caption)}"
    yield ""
    yield _row(map(_header_cell, table.columns))
    yield _row("---" if column.words else "---:" for column in table.columns)
    for row in table.rows:
        yield _row(_cell(*pair) for pair in zip(row, table.columns, strict=True))


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _header_cell(column: Column) -> str:
    note = f"<br>{escape_markdown(column.note)}" if column.note else ""
    return escape_markdown(column.name) + note


def _cell(cell: Cell, column: Column) -> str:
    text = escape_markdown(cell.text)
    return _make_bold(text) if column.is_label or cell.tone == "strong" else text


def _make_bold(text: str) -> str:
    return f"**{text}**" if text else ""
