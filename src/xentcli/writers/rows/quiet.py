"""The answer alone, for --quiet: a number on each line, or a row with commas."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from xentcli.model import Answer, Batch, Floats, Report
from xentcli.writers.interface import Stream, View
from xentcli.writers.rows.numbers import shortest_text, shortest_texts
from xentcli.writers.view import encode

if TYPE_CHECKING:
    from xentcli.model.diagnosis import Diagnosis


def start(stream: Stream) -> bytes:
    """Nothing, as there is no header."""
    return b""


def rows(batch: Batch, answer: Answer, stream: Stream) -> bytes:
    """A line for each position."""
    if not stream.each:
        return b""
    texts = shortest_texts(position_rows(answer))
    width = len(texts) if answer.values.ndim == 0 else 1
    if answer.has_classes:
        width = class_count(answer)
    lines = (",".join(texts[at : at + width]) for at in range(0, len(texts), width))
    return "".join(f"{line}\n" for line in lines).encode("ascii")


def class_count(answer: Answer) -> int:
    """How many numbers an answer has for each position."""
    shape: tuple[int, ...] = answer.values.shape
    return shape[1 if len(shape) > 1 else 0]


def position_rows(answer: Answer) -> Floats:
    """The answer with the classes last, so that the numbers of a position are adjacent."""
    values = answer.values
    if not answer.has_classes or values.ndim < 3:
        return values
    return values.transpose(0, *range(2, values.ndim), 1)


def end(report: Report, stream: Stream, view: View, waiting: Iterable[bytes]) -> Iterator[bytes]:
    """The reduced loss."""
    if not stream.each:
        yield f"{shortest_text(report.result)}\n".encode("ascii")


def diagnosis_text(diagnosis: Diagnosis, got: Sequence[str], view: View) -> bytes:
    """The sentence of a diagnosis, and its caveat if it has one."""
    said = " ".join(filter(None, [diagnosis.sentence, diagnosis.caveat]))
    return encode(f"{said}\n", view)
