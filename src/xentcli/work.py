"""The work on one chunk of an input: functions of a job that can be handed to any process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from xentcli import writers
from xentcli.core.total import Total
from xentcli.errors import ArgumentError, DataError, Place, UsageError, XentError, path_of, quoted
from xentcli.model import Batch, Check, Fault, Origin, Remark, Worked
from xentcli.report import answers
from xentcli.report.calculation import Calculation
from xentcli.report.check import checked
from xentcli.report.remarks import check_kind, remarks
from xentcli.report.steps import worked
from xentcli.writers.interface import Stream


class Outcome(NamedTuple):
    """What came of one chunk: its rows as text, what it adds to the totals, its worked samples,
    how its gradient was checked, what is worth a word, and the rows that could not be used."""

    text: bytes
    total: Total
    worked: tuple[Worked, ...]
    check: Check | None = None
    remarks: tuple[Remark, ...] = ()
    faults: tuple[Fault, ...] = ()


class Job(NamedTuple):
    """What is to be done with each chunk: read it, compute, format. It can be pickled."""

    read: Callable[[Any], Batch]
    calculation: Calculation
    format: str
    stream: Stream
    worked_count: int
    denominator: float = 1.0
    check: bool = False
    skips: bool = False


def answered(job: Job, chunk: Any) -> Outcome:
    """What comes of a chunk."""
    batch = job.read(chunk)
    calculation = job.calculation
    check: Check | None = None
    shown: tuple[Worked, ...] = ()
    try:
        check_kind(batch)
        answer, total = answers.answer(batch, calculation, job.denominator)
        if chunk.first < job.worked_count:
            shown = worked(batch, calculation, job.worked_count, job.denominator)
        if job.check:
            check = checked(batch, answer.values, calculation, job.denominator)
    except ArgumentError as error:
        raise located(error, batch) from None
    text = writers.writer(job.format).rows(batch, answer, job.stream)
    found = tuple(_remarks(batch, calculation))
    return Outcome(text, total, shown, check, found, batch.faults)


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
    if origin.form in ("text", "table") and error.index:
        message = f"column {quoted(_column_name(origin, error.index))}: {message}"
    place = _place(error.argument, error.index, batch)
    return DataError(message, place=place, hint=error.hint)


def _origin(argument: str, batch: Batch) -> Origin:
    if argument == "target" and batch.target_from is not None:
        return batch.target_from
    return batch.values_from


def _column_name(origin: Origin, index: tuple[int, ...]) -> str:
    if origin.form == "table" and origin.path != "$" and len(index) > 1:
        # One column holds the lists of all classes.
        return f"{origin.path}[{index[1]}]"
    return origin.names[_column(index)]


def _place(argument: str, index: tuple[int, ...], batch: Batch) -> Place:
    """Where in the input the number with that index in the batch stands."""
    origin = _origin(argument, batch)
    source = origin.source
    if not index:
        return Place(source)
    sample, rest = index[0], index[1:]
    if origin.form == "text":
        one_column = len(origin.columns) == 1
        column = origin.columns[_column(index)] if rest or one_column else None
        return Place(source, origin.lines[sample], column)
    if origin.form == "table":
        return Place(source, detail=f"row {origin.lines[sample]}")
    if origin.form == "array":
        number = batch.first + sample if origin.lines is None else int(origin.lines[sample])
        return Place(source, detail=f"{origin.path}[{', '.join(map(str, (number, *rest)))}]")
    if origin.form == "json lines":
        path = origin.path + _brackets(rest)
        if origin.path == "$" and rest:
            path = path_of(origin.names[rest[0]])
        return Place(source, origin.lines[sample], detail=path)
    if origin.form == "json":
        return Place(source, detail=origin.path + _brackets(index))
    words = ["value"] if batch.values.ndim == 1 else ["sample", "value"]
    named = zip(words, index, strict=False)
    return Place(source, detail=", ".join(f"{word} {at + 1}" for word, at in named))


def _brackets(index: tuple[int, ...]) -> str:
    return "".join(f"[{at}]" for at in index)


def _column(index: tuple[int, ...]) -> int:
    return index[1] if len(index) > 1 else 0
