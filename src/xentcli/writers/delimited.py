"""CSV: the input's rows passed through byte for byte, with the answer in or after them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from xentcli.model import Answer, Batch, Report, Rows
from xentcli.writers.interface import Stream, View
from xentcli.writers.numbers import shortest, shortest_one
from xentcli.writers.quiet import class_count, position_rows

ROWS_WAIT = False
REDUCED = ("loss", "reduction", "samples", "ignored", "denominator")


def start(stream: Stream) -> bytes:
    """The header: the input's own where it has one."""
    if not stream.each:
        return b""
    if stream.rows is not None:
        header = list(stream.rows.header)
        if stream.field == "loss":
            header.append(b"loss")
        return stream.rows.delimiter.join(header) + stream.rows.newline
    names = ["sample", *(f"d{n + 1}" for n in range(stream.dimensions))]
    names += [_cell(name) for name in stream.classes]
    names += ["label"] * stream.has_labels + ["loss"] * (stream.field == "loss")
    return (",".join(names) + "\n").encode("utf-8")


def rows(batch: Batch, answer: Answer, stream: Stream) -> bytes:
    """A batch's rows."""
    if not stream.each:
        return b""
    if batch.rows is not None:
        return _passed_on(batch.rows, answer)
    return _made(batch, answer, stream)


def _passed_on(rows: Rows, answer: Answer) -> bytes:
    texts = [text.encode("ascii") for text in shortest(answer.values)]
    join, newline = rows.delimiter.join, rows.newline
    if answer.field == "loss":
        lines = [join([*cells, text]) for cells, text in zip(rows.cells, texts, strict=True)]
    else:
        width, lines = len(rows.values_at), []
        for number, cells in enumerate(rows.cells):
            replaced = list(cells)
            for at, text in zip(
                rows.values_at, texts[number * width : (number + 1) * width], strict=True
            ):
                replaced[at] = text
            lines.append(join(replaced))
    return newline.join(lines) + newline if lines else b""


def _made(batch: Batch, answer: Answer, stream: Stream) -> bytes:
    """Rows for input that has none of its own: typed, or from a document."""
    shown = Answer("probs", batch.values) if answer.field == "loss" else answer
    width = class_count(shown)
    texts = shortest(position_rows(shown))
    shape = batch.values.shape[:1] + batch.values.shape[2:] if batch.values.ndim > 1 else ()
    losses = shortest(answer.values) if answer.field == "loss" else []
    labels = np.ravel(batch.labels).tolist() if stream.has_labels else []
    lines = []
    for number in range(len(texts) // width):
        index = np.unravel_index(number, shape) if shape else (0,)
        cells = [str(batch.first + int(index[0])), *(str(int(i)) for i in index[1:])]
        cells += texts[number * width : (number + 1) * width]
        cells += [str(labels[number])] if labels else []
        cells += [losses[number]] if losses else []
        lines.append(",".join(cells))
    return "".join(f"{line}\n" for line in lines).encode("utf-8")


def end(report: Report, stream: Stream, view: View, waiting: Iterable[bytes]) -> Iterator[bytes]:
    """The one row of a reduced loss."""
    if stream.each:
        return
    cells = (
        shortest_one(report.result),
        report.reduction,
        str(report.samples),
        str(report.ignored),
        shortest_one(report.denominator),
    )
    yield (",".join(REDUCED) + "\n" + ",".join(map(str, cells)) + "\n").encode("utf-8")


def _cell(name: str) -> str:
    if any(mark in name for mark in ',"\r\n'):
        return '"' + name.replace('"', '""') + '"'
    return name
