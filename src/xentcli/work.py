"""The work on one chunk of an input: functions of a job that can be handed to any process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from xentcli import writers
from xentcli.core.total import Total
from xentcli.errors import ArgumentError, DataError, Place, UsageError, XentError, quoted
from xentcli.model import Batch, Check, Origin, Remark, Worked
from xentcli.report import answers
from xentcli.report.calculation import Calculation
from xentcli.report.check import checked
from xentcli.report.remarks import check_kind, remarks
from xentcli.report.steps import worked
from xentcli.writers.interface import Stream


class Outcome(NamedTuple):
    """What came of one chunk: its rows as text, what it adds to the totals, its worked samples,
    how its gradient was checked, and what is worth a word."""

    text: bytes
    total: Total
    worked: tuple[Worked, ...]
    check: Check | None = None
    remarks: tuple[Remark, ...] = ()


class Job(NamedTuple):
    """What is to be done with each chunk: read it, compute, format. It can be pickled."""

    read: Callable[[Any], Batch]
    calculation: Calculation
    format: str
    stream: Stream
    worked_count: int
    denominator: float = 1.0
    check: bool = False


def answered(job: Job, chunk: Any) -> Outcome:
    """What comes of a chunk."""
    batch = job.read(chunk)
    calculation = job.calculation
    check: Check | None = None
    shown: tuple[Worked, ...] = ()
    try:
        check_kind(batch)
        answer, total = answers.answer(batch, calculation, job.denominator)
        if chunk.number < job.worked_count:
            shown = worked(batch, calculation, job.worked_count, job.denominator)
        if job.check:
            check = checked(batch, answer.values, calculation, job.denominator)
    except ArgumentError as error:
        raise located(error, batch) from None
    text = writers.writer(job.format).rows(batch, answer, job.stream)
    return Outcome(text, total, shown, check, tuple(_remarks(batch, calculation)))


def _remarks(batch: Batch, calculation: Calculation) -> Iterator[Remark]:
    for argument, message, concerned in remarks(batch, calculation):
        if concerned.any():
            first = np.argwhere(concerned)[0][: 1 if batch.values.ndim > 1 else 0]
            place = _place(argument, tuple(int(i) for i in first), batch)
            yield Remark(message, place, int(np.count_nonzero(concerned)))


def shares(job: Job, chunk: Any) -> Total:
    """What a chunk adds to the denominator, for a first pass that finds only that."""
    batch = job.read(chunk)
    try:
        return answers.share_total(batch, job.calculation)
    except ArgumentError as error:
        raise located(error, batch) from None


def located(error: ArgumentError, batch: Batch) -> XentError:
    """The fault in an array, at the place in the input where the number stands."""
    if error.argument == "ignore_index":
        return UsageError(f"--ignore-index: {error.message}")
    message, origin = error.message, _origin(error.argument, batch)
    if origin.form == "text" and error.index:
        message = f"column {quoted(origin.names[_column(error.index)])}: {message}"
    place = _place(error.argument, error.index, batch)
    return DataError(message, place=place, hint=error.hint)


def _origin(argument: str, batch: Batch) -> Origin:
    if argument == "target" and batch.target_from is not None:
        return batch.target_from
    return batch.values_from


def _place(argument: str, index: tuple[int, ...], batch: Batch) -> Place:
    origin = _origin(argument, batch)
    if not index:
        return Place(origin.source)
    if origin.form == "text":
        column = origin.columns[_column(index)] if len(index) > 1 else None
        if len(origin.columns) == 1:
            column = origin.columns[0]
        return Place(origin.source, origin.lines[index[0]], column)
    if origin.form == "json":
        return Place(origin.source, detail=origin.path + "".join(f"[{at}]" for at in index))
    words = ["value"] if batch.values.ndim == 1 else ["sample", "value"]
    named = zip(words, index, strict=False)
    return Place(origin.source, detail=", ".join(f"{word} {at + 1}" for word, at in named))


def _column(index: tuple[int, ...]) -> int:
    return index[1] if len(index) > 1 else 0
