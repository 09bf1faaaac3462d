"""The work on one chunk of an input: functions of a job that can be handed to any process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from xentcli import writers
from xentcli.calculation import answers, survey
from xentcli.calculation.check import checked, furthest
from xentcli.calculation.commands import Calculation
from xentcli.calculation.remarks import check_kind, merged, remarks
from xentcli.calculation.steps import worked
from xentcli.core.total import Total
from xentcli.errors import ArgumentError, DataError, Place, UsageError, XentError, path_of, quoted
from xentcli.model import AnyArray, Batch, Check, Fault, Origin, Remark, Worked
from xentcli.readers.interface import Chunk, Ids, Span
from xentcli.run.order import Done
from xentcli.writers.files.folder import opened_part
from xentcli.writers.interface import Stream


class Outcome(NamedTuple):
    """What came of a chunk: its rows as text, what it adds to the totals, its worked samples, how
    its gradient was checked, what is worth a word, the rows that could not be used, and what it
    adds to a survey.

    ``samples``, ``lines`` and ``size`` say how much of the input it was, faulty rows included;
    ``file`` is where the rows went, if they are not here.
    """

    text: bytes = b""
    total: Total = Total()
    worked: tuple[Worked, ...] = ()
    check: Check | None = None
    remarks: tuple[Remark, ...] = ()
    faults: tuple[Fault, ...] = ()
    survey: survey.Sums | None = None
    samples: int = 0
    lines: int = 0
    size: int = 0
    file: str = ""


class Job(NamedTuple):
    """What is to be done with each chunk: read it, compute, format. It can be pickled."""

    parts: Callable[[Chunk], Iterator[Chunk]]
    read: Callable[[Chunk], Batch]
    calculation: Calculation
    format: str
    stream: Stream
    worked_count: int
    denominator: float = 1.0
    check: bool = False
    skips: bool = False
    survey: survey.Wanted | None = None
    ids: Ids | None = None


def answered(job: Job, chunk: Chunk) -> Outcome:
    """What comes of a chunk."""
    return _over_parts(_answered, job, chunk)


def written(job: Job, folder: str, chunk: Chunk) -> Outcome:
    """What comes of a chunk, its rows written to a file of a folder; the first has the header."""
    with opened_part(folder) as (name, stream):
        if chunk.number == 0:
            stream.write(writers.writer(job.format).start(job.stream))
        outcome = _over_parts(_answered, job, chunk, stream.write)
    return outcome._replace(file=name)


def shares(job: Job, chunk: Chunk) -> Outcome:
    """What a chunk adds to the denominator, for a first pass that finds only that."""
    return _over_parts(_shares, job, chunk)


def _over_parts(
    work: Callable[[Job, Chunk, Batch], Outcome],
    job: Job,
    chunk: Chunk,
    write: Callable[[bytes], object] | None = None,
) -> Outcome:
    """What comes of the parts of a chunk; their rows go where they are to be written, if that is
    not here."""
    found: list[Outcome] = []
    samples = lines = size = 0
    for part, batch in read_parts(job.parts, job.read, chunk, skips=job.skips):
        shown = sum(len(outcome.worked) for outcome in found)
        part = part._replace(worked=chunk.worked and shown < job.worked_count)
        lines, size = lines + part.lines, size + part.size
        samples += met(batch, skips=job.skips)
        if _count(batch) or batch.faults:
            try:
                outcome = work(job, part, batch)
            except ArgumentError as error:
                raise located(error, batch) from None
            if write is not None:
                write(outcome.text)
                outcome = outcome._replace(text=b"")
            found.append(outcome)
    return together(job, found)._replace(samples=samples, lines=lines, size=size)


def read_parts(
    parts: Callable[[Chunk], Iterator[Chunk]],
    read: Callable[[Chunk], Batch],
    chunk: Chunk,
    *,
    skips: bool,
) -> Iterator[tuple[Chunk, Batch]]:
    """The parts of a chunk, each with its first sample and as a batch."""
    samples = 0
    for part in parts(chunk):
        part = part._replace(first=chunk.first + samples)
        batch = read(part)
        samples += met(batch, skips=skips)
        yield part, batch


def met(batch: Batch, *, skips: bool) -> int:
    """How many samples of the input a batch stands for, those that were left out included."""
    return _count(batch) + (len(batch.faults) if skips else 0)


def _count(batch: Batch) -> int:
    return len(batch.values) if batch.values.ndim > 1 else 1


def together(job: Job, found: Sequence[Outcome]) -> Outcome:
    """What came of pieces that follow one another as one."""
    if len(found) == 1:
        return found[0]
    # What is made here may be added to; the pieces stay as they are, and may be joined again.
    whole = Outcome(survey=survey.nothing() if job.survey else None)
    for part in found:
        whole = Outcome(
            total=whole.total + part.total,
            worked=(whole.worked + part.worked)[: job.worked_count],
            check=furthest(whole.check, part.check) if whole.check else part.check,
            remarks=merged(whole.remarks, part.remarks),
            faults=whole.faults + part.faults,
            survey=survey.together(job.survey, whole.survey, part.survey),
            samples=whole.samples + part.samples,
            lines=whole.lines + part.lines,
            size=whole.size + part.size,
        )
    return whole._replace(text=b"".join([part.text for part in found]))


def _answered(job: Job, chunk: Chunk, batch: Batch) -> Outcome:
    calculation = job.calculation
    check: Check | None = None
    shown: tuple[Worked, ...] = ()
    check_kind(batch)
    answer, total, judged = answers.answer(batch, calculation, job.denominator)
    if chunk.worked:
        shown = worked(batch, calculation, job.worked_count, job.denominator)
    if job.check:
        check = checked(batch, answer.values, calculation, job.denominator)
    text = writers.writer(job.format).rows(batch, answer, job.stream)
    surveyed: survey.Sums | None = None
    if job.survey is not None and judged is not None:
        ids = None if job.ids is None else partial(job.ids, chunk, batch)
        surveyed = survey.sums(batch, judged, job.survey, ids)
    said = tuple(_remarks(batch, calculation))
    # A table lists the samples with the largest losses.
    if judged is not None and job.format != "table" and not job.stream.each:
        said += tuple(_infinite_losses(batch, judged.losses.loss))
    return Outcome(text, total, shown, check, said, batch.faults, surveyed)


def _shares(job: Job, chunk: Chunk, batch: Batch) -> Outcome:
    return Outcome(total=answers.share_total(batch, job.calculation))


def _remarks(batch: Batch, calculation: Calculation) -> Iterator[Remark]:
    for argument, message, concerned in remarks(batch, calculation):
        if concerned.any():
            first = np.argwhere(concerned)[0][: 1 if batch.values.ndim > 1 else 0]
            place = _place(argument, tuple(int(i) for i in first), batch)
            yield Remark(message, place, int(np.count_nonzero(concerned)))


def _infinite_losses(batch: Batch, losses: AnyArray) -> Iterator[Remark]:
    """Which samples make a mean or a sum infinite."""
    infinite = np.isinf(losses).any(axis=tuple(range(1, losses.ndim)))
    if infinite.any():
        first = np.argwhere(infinite)[0][: 1 if batch.values.ndim > 1 else 0]
        place = _place("logits", tuple(int(i) for i in first), batch)
        yield Remark("its loss is inf", place, int(np.count_nonzero(infinite)))


def following(chunk: Chunk, before: Done | None) -> Chunk:
    """A chunk with its first sample, line and byte as they follow from what came before it."""
    if before is None:
        return chunk
    outcome: Any = before.outcome
    moved = chunk._replace(first=before.chunk.first + outcome.samples)
    if isinstance(chunk.data, Span) and chunk.file == before.chunk.file:
        start = before.chunk.data.start + outcome.size
        moved = moved._replace(
            line=before.chunk.line + outcome.lines, data=chunk.data._replace(start=start)
        )
    # Of large data there need be no second look.
    known = (chunk.first, chunk.line) == (moved.first, moved.line)
    return chunk if known and moved.data == chunk.data else moved


def placed(done: Done) -> Outcome:
    """The outcome of a chunk with its samples and lines counted from the start of the input."""
    outcome: Any = done.outcome
    samples = done.chunk.first - done.worked_on.first
    lines = done.chunk.line - done.worked_on.line
    return shifted(outcome, samples, lines)


def shifted(found: Outcome, samples: int, lines: int) -> Outcome:
    """The same of what stands so many samples and lines further on."""
    if not (samples or lines):
        return found
    check, surveyed = found.check, found.survey
    return found._replace(
        worked=tuple(
            one._replace(position=(one.position[0] + samples, *one.position[1:]))
            for one in found.worked
        ),
        survey=surveyed and survey.moved(surveyed, samples, lines),
        check=check and check._replace(sample=check.sample + samples),
        remarks=tuple(one._replace(place=_moved(one.place, lines)) for one in found.remarks),
        faults=tuple(one._replace(place=_moved(one.place, lines)) for one in found.faults),
    )


def _moved(place: Place, lines: int) -> Place:
    return place if place.line is None else place._replace(line=place.line + lines)


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
