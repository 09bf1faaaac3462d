"""The work on one chunk of an input, as functions that can be sent to any process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from xentcli.calculation import answers, survey
from xentcli.calculation.answers import PositionResults
from xentcli.calculation.check import check_gradients, merge_checks
from xentcli.calculation.commands import Calculation
from xentcli.calculation.interface import Problem
from xentcli.calculation.remarks import FIRST, Looks, find_remarks, looks_of, merge_remarks
from xentcli.calculation.steps import first_to_show, work_samples
from xentcli.core.framework import HALVES, narrow
from xentcli.core.total import Total
from xentcli.errors import ArgumentError, Place
from xentcli.model import (
    Answer,
    AnyArray,
    Batch,
    Check,
    Fault,
    Floats,
    Indices,
    NamedTuple,
    Remark,
    WorkedSample,
)
from xentcli.readers.interface import Chunk, Reader
from xentcli.run.places import locate, place_of
from xentcli.writers import Format
from xentcli.writers.files.folder import open_part
from xentcli.writers.interface import Stream


class Halves(NamedTuple):
    """The 16-bit losses of a chunk in order, their shares of the mean's denominator, and which of
    them count."""

    losses: Floats
    shares: Floats
    kept: AnyArray


class Outcome(NamedTuple):
    """What the work on a chunk gives: rows as text, totals, worked samples, the check of a
    gradient, remarks, rows that could not be used, its part of a survey, and which rows of a second
    file its ids matched.

    ``samples``, ``lines`` and ``size`` say how much of the input it was, bad rows included;
    ``file`` is where the rows were written, if they are not here.
    """

    text: bytes | memoryview = b""
    total: Total = Total()
    worked: tuple[WorkedSample, ...] = ()
    check: Check | None = None
    remarks: tuple[Remark, ...] = ()
    looks: tuple[Looks, ...] = ()
    faults: tuple[Fault, ...] = ()
    survey: survey.Sums | None = None
    partners: Indices | None = None
    samples: int = 0
    lines: int = 0
    halves: Halves | None = None
    size: int = 0
    file: str = ""


class Job(NamedTuple):
    """What is to be done with each chunk: read it, compute, format. It can be pickled."""

    reader: Reader
    calculation: Calculation
    format: Format
    stream: Stream
    worked_count: int
    denominator: float = 1.0
    check: bool = False
    skips: bool = False
    survey: survey.SurveyRequest | None = None
    has_ids: bool = False
    shifted: bool = False


def answer_chunk(job: Job, chunk: Chunk) -> Outcome:
    """Read a chunk and compute its answer."""
    return _over_parts(_answer_part, job, chunk)


def write_chunk(job: Job, folder: str, chunk: Chunk) -> Outcome:
    """The same, with the rows written to a file of a folder; only the first file has the header."""
    with open_part(folder) as (name, stream):
        if chunk.number == 0:
            stream.write(job.format.writer.start(job.stream))
        outcome = _over_parts(_answer_part, job, chunk, stream.write)
    return outcome._replace(file=name)


def sum_shares(job: Job, chunk: Chunk) -> Outcome:
    """The denominator of a chunk, for the first pass of a gradient of the mean."""
    return _over_parts(_sum_part_shares, job, chunk)


def _over_parts(
    work: Callable[[Job, Chunk, Batch], Outcome],
    job: Job,
    chunk: Chunk,
    write: Callable[[bytes | memoryview], object] | None = None,
) -> Outcome:
    """The outcome of a chunk that is worked on in parts. With ``write`` the rows are written, not
    kept."""
    found: list[Outcome] = []
    samples = lines = size = 0
    for part, batch in read_parts(job.reader, chunk, skips=job.skips):
        shown = sum(count_kept(outcome.worked) for outcome in found)
        part = part._replace(worked=chunk.worked and shown < job.worked_count)
        lines, size = lines + part.lines, size + part.size
        samples += count_samples(batch, skips=job.skips)
        if _count(batch) or batch.faults or batch.read:
            try:
                # What overflows on the way is worked out again or shown as it is: NumPy need not
                # say so as well.
                with np.errstate(all="ignore"):
                    outcome = work(job, part, batch)
            except ArgumentError as error:
                raise locate(error, batch) from None
            if write is not None:
                write(outcome.text)
                outcome = outcome._replace(text=b"")
            found.append(outcome)
    return merge(job, found)._replace(samples=samples, lines=lines, size=size)


def count_kept(worked: Sequence[WorkedSample]) -> int:
    """How many worked samples count; an ignored one may yet make room for one that does."""
    return sum(not one.ignored for one in worked)


def read_parts(
    reader: Reader,
    chunk: Chunk,
    *,
    skips: bool,
) -> Iterator[tuple[Chunk, Batch]]:
    """The parts of a chunk, each with the number of its first sample, of a text also with that of
    its first line, and their batches."""
    samples = lines = 0
    for part in reader.parts(chunk):
        part = part._replace(first=chunk.first + samples, line=part.line + lines)
        batch = reader.read(part)
        samples += count_samples(batch, skips=skips)
        lines += batch.lines
        yield part._replace(lines=batch.lines), batch


def count_samples(batch: Batch, *, skips: bool) -> int:
    """How many samples of the input a batch stands for, skipped ones included."""
    if batch.read is not None:
        return batch.read
    return _count(batch) + (len(batch.faults) if skips else 0)


def _count(batch: Batch) -> int:
    return len(batch.values) if batch.values.ndim > 1 else 1


def merge(job: Job, found: Sequence[Outcome]) -> Outcome:
    """Outcomes that follow one another, as one."""
    if len(found) == 1:
        return found[0]
    # What is made here may be added to; the pieces stay as they are, and may be joined again.
    whole = Outcome(survey=survey.no_sums() if job.survey else None)
    for part in found:
        whole = Outcome(
            total=whole.total + part.total,
            worked=first_to_show(whole.worked + part.worked, job.worked_count),
            check=merge_checks(whole.check, part.check) if whole.check else part.check,
            remarks=merge_remarks(whole.remarks, part.remarks),
            looks=(whole.looks + part.looks)[:FIRST],
            faults=whole.faults + part.faults,
            survey=survey.merge_sums(job.survey, whole.survey, part.survey),
            partners=_merge_partners(whole.partners, part.partners),
            samples=whole.samples + part.samples,
            lines=whole.lines + part.lines,
            size=whole.size + part.size,
            halves=_merge_halves(whole.halves, part.halves),
        )
    return whole._replace(text=b"".join([part.text for part in found]))


def _merge_halves(one: Halves | None, other: Halves | None) -> Halves | None:
    if one is None or other is None:
        return other if one is None else one
    return Halves(*(np.concatenate(both) for both in zip(one, other, strict=True)))


def _halves(
    answer: Answer, results: PositionResults | None, calculation: Calculation
) -> Halves | None:
    """The losses that PyTorch would add up in 16 bits, as it does for labels."""
    if calculation.dtype is None or calculation.dtype not in HALVES:
        return None
    if results is None or results.labels is None:
        return None
    settings = calculation.settings
    if settings.reduction == "none" or not settings.is_plain:
        return None
    losses = answer.values.ravel().astype(np.float32)
    shares = narrow(results.losses.share.ravel(), calculation.dtype).astype(np.float32)
    return Halves(losses, shares, ~results.ignored.ravel())


def _merge_partners(one: Indices | None, other: Indices | None) -> Indices | None:
    if one is None or other is None:
        return other if one is None else one
    # Each row once: of many samples there are no more than the second file has.
    return np.union1d(one, other)


def _answer_part(job: Job, chunk: Chunk, batch: Batch) -> Outcome:
    check: Check | None = None
    shown: tuple[WorkedSample, ...] = ()
    problem = answers.problem_of(batch, job.calculation)
    batch_answer = answers.compute_answer(batch, problem, job.denominator)
    answer, results = batch_answer.answer, batch_answer.results
    if chunk.worked:
        shown = work_samples(batch, problem, batch_answer, job.worked_count, job.denominator)
    if job.check:
        check = check_gradients(batch, problem, answer.values, job.denominator)
    text = job.format.writer.rows(batch, answer, job.stream)
    surveyed: survey.Sums | None = None
    if job.survey is not None and results is not None:
        ids = partial(job.reader.ids, chunk, batch) if job.has_ids else None
        surveyed = survey.compute_sums(batch, results, job.survey, ids)
    said = tuple(_remarks(batch, problem))
    # A table lists the samples with the largest losses.
    if results is not None and not (job.format.for_people or job.stream.each):
        questions = results.questions > 0
        said += tuple(_infinite_losses(batch, results.losses.loss, questions=questions))
    looks = looks_of(problem, lambda at: _place_of_sample("logits", at, batch))
    return Outcome(
        text,
        batch_answer.total,
        shown,
        check,
        said,
        looks,
        batch.faults,
        surveyed,
        batch.partners,
        halves=_halves(answer, results, job.calculation),
    )


def _sum_part_shares(job: Job, chunk: Chunk, batch: Batch) -> Outcome:
    problem = job.calculation.formulas.problem_of(batch, job.calculation)
    return Outcome(total=answers.share_total(problem))


def _remarks(batch: Batch, problem: Problem) -> Iterator[Remark]:
    for argument, message, concerned in find_remarks(problem):
        if concerned.any():
            place = _place_of_sample(argument, int(np.argwhere(concerned)[0][0]), batch)
            yield Remark(message, place, int(np.count_nonzero(concerned)))


def _infinite_losses(batch: Batch, losses: AnyArray, *, questions: bool) -> Iterator[Remark]:
    """Which samples make a mean or a sum infinite; of large samples, which positions."""
    infinite: AnyArray = np.isinf(losses)
    if questions:
        infinite = np.asarray(infinite.any(axis=tuple(range(1, losses.ndim))))
    if infinite.any():
        place = _place_of_sample("logits", int(np.argwhere(infinite)[0][0]), batch)
        yield Remark("its loss is inf", place, int(np.count_nonzero(infinite)))


def _place_of_sample(argument: str, at: int, batch: Batch) -> Place:
    return place_of(argument, (at,) if batch.values.ndim > 1 else (), batch)
