"""The work on one chunk of an input: functions of a job that can be handed to any process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from xentcli import writers
from xentcli.core.total import Total
from xentcli.errors import ArgumentError, DataError, Place, quoted
from xentcli.model import Batch, Worked
from xentcli.report import answers
from xentcli.report.calculation import Calculation
from xentcli.report.steps import worked
from xentcli.writers.interface import Stream


class Outcome(NamedTuple):
    """What came of one chunk: its rows as text, what it adds to the totals, its worked samples."""

    text: bytes
    total: Total
    worked: tuple[Worked, ...]


class Job(NamedTuple):
    """What is to be done with each chunk: read it, compute, format. It can be pickled."""

    read: Callable[[Any], Batch]
    calculation: Calculation
    format: str
    stream: Stream
    worked_count: int
    denominator: float = 1.0


def answered(job: Job, chunk: Any) -> Outcome:
    """What comes of a chunk."""
    batch = job.read(chunk)
    try:
        answer, total = answers.answer(batch, job.calculation, job.denominator)
        shown: tuple[Worked, ...] = ()
        if chunk.number < job.worked_count:
            shown = worked(batch, job.calculation, job.worked_count, job.denominator)
    except ArgumentError as error:
        raise located(error, batch) from None
    return Outcome(writers.writer(job.format).rows(batch, answer, job.stream), total, shown)


def shares(job: Job, chunk: Any) -> Total:
    """What a chunk adds to the denominator, for a first pass that finds only that."""
    batch = job.read(chunk)
    try:
        return answers.share_total(batch, job.calculation)
    except ArgumentError as error:
        raise located(error, batch) from None


def located(error: ArgumentError, batch: Batch) -> DataError:
    """The fault in an array, at the place in the input where the number stands."""
    origin = batch.target_from if error.argument == "target" else batch.values_from
    message = error.message
    if origin is None:
        return DataError(message, hint=error.hint)
    place = Place(origin.source)
    if error.index and origin.form == "text":
        sample, at = error.index[0], error.index[1] if len(error.index) > 1 else 0
        place = Place(origin.source, origin.lines[sample], origin.columns[at])
        message = f"column {quoted(origin.names[at])}: {message}"
    elif error.index and origin.form == "json":
        path = origin.path + "".join(f"[{at}]" for at in error.index)
        place = Place(origin.source, detail=path)
    elif error.index:
        words = ["value"] if batch.values.ndim == 1 else ["sample", "value"]
        parts = zip(words, error.index, strict=False)
        place = Place(origin.source, detail=", ".join(f"{word} {at + 1}" for word, at in parts))
    return DataError(message, place=place, hint=error.hint)
