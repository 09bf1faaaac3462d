"""The work on one chunk of an input, as functions that can be pickled and run in any process."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np

from xentcli.calculation import answers, survey
from xentcli.calculation.answers import PositionResults
from xentcli.calculation.check import check_gradients, merge_checks
from xentcli.calculation.commands import Calculation
from xentcli.calculation.interface import Problem
from xentcli.calculation.remarks import (
    FIRST,
    INFINITE,
    Looks,
    find_remarks,
    looks_of,
    merge_remarks,
)
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


class HalfLosses(NamedTuple):
    """The losses of a chunk rounded to 16 bits, in order; their weights in the mean's denominator;
    and which of them are not ignored."""

    losses: Floats
    shares: Floats
    kept: AnyArray


class Outcome(NamedTuple):
    """The result of the work on a chunk.

    - ``text``: the output rows; ``file``: the file in which they have been written instead.
    - ``total``: its sums; ``survey``: its share of the figures over many samples; ``halves``: its
      losses in 16 bits, where they are summed as PyTorch does.
    - ``worked``: samples with every step; ``check``: of a gradient against central differences.
    - ``remarks`` and ``looks``: what may be wrong with the numbers; ``faults``: rows that could not
      be read.
    - ``partners``: the rows of a second file that its ids matched.
    - ``samples``, ``lines`` and ``size`` (in bytes): how much of the input it was, bad rows
      included.
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
    halves: HalfLosses | None = None
    size: int = 0
    file: str = ""


class Job(NamedTuple):
    """What is to be done with each chunk: how to read it, what to compute, how to write it. It can
    be pickled. ``worked_count`` is how many samples are wanted with every step."""

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
    return _work_on_parts(_answer_part, job, chunk)


def write_chunk(job: Job, folder: str, chunk: Chunk) -> Outcome:
    """Compute the answer of a chunk, and write its rows into a file of a folder. Only the file of
    the first chunk has the header."""
    with open_part(folder) as (name, stream):
        if chunk.number == 0:
            stream.write(job.format.writer.start(job.stream))
        outcome = _work_on_parts(_answer_part, job, chunk, stream.write)
    return outcome._replace(file=name)


def sum_shares(job: Job, chunk: Chunk) -> Outcome:
    """Sum a chunk's share of the mean's denominator, which the first pass of a gradient needs."""
    return _work_on_parts(_sum_part_shares, job, chunk)


def _work_on_parts(
    work: Callable[[Job, Chunk, Batch], Outcome],
    job: Job,
    chunk: Chunk,
    write: Callable[[bytes | memoryview], object] | None = None,
) -> Outcome:
    """Read a chunk in parts that fit into memory, work on each, and merge their outcomes. With
    ``write``, the rows of each part are written at once instead of being kept."""
    found: list[Outcome] = []
    samples = lines = size = 0
    for part, batch in read_parts(job.reader, chunk, skips=job.skips):
        shown = sum(count_kept(outcome.worked) for outcome in found)
        part = part._replace(worked=chunk.worked and shown < job.worked_count)
        lines, size = lines + part.lines, size + part.size
        samples += count_samples(batch, skips=job.skips)
        if _count(batch) or batch.faults or batch.read:
            try:
                # What overflows is either computed again in another way or meant to be shown, so
                # NumPy's warnings about it are not wanted.
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
    """Count the worked samples that are not ignored. Ignored ones do not count, as they make room
    for others."""
    return sum(not sample.ignored for sample in worked)


def read_parts(
    reader: Reader,
    chunk: Chunk,
    *,
    skips: bool,
) -> Iterator[tuple[Chunk, Batch]]:
    """Read the parts of a chunk. Yield each with its batch, numbered: with the number of its first
    sample and, for a text, of its first line."""
    samples = lines = 0
    for part in reader.parts(chunk):
        part = part._replace(first=chunk.first + samples, line=part.line + lines)
        batch = reader.read(part)
        samples += count_samples(batch, skips=skips)
        lines += batch.lines
        yield part._replace(lines=batch.lines), batch


def count_samples(batch: Batch, *, skips: bool) -> int:
    """Count the samples of the input from which a batch was read, skipped ones included."""
    if batch.read is not None:
        return batch.read
    return _count(batch) + (len(batch.faults) if skips else 0)


def _count(batch: Batch) -> int:
    return len(batch.values) if batch.values.ndim > 1 else 1


def merge(job: Job, found: Sequence[Outcome]) -> Outcome:
    """Merge the outcomes of consecutive parts or chunks into one."""
    if len(found) == 1:
        return found[0]
    # Sums are added to a new outcome, never to one of the given ones: these may be merged again.
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


def _merge_halves(one: HalfLosses | None, other: HalfLosses | None) -> HalfLosses | None:
    if one is None or other is None:
        return other if one is None else one
    return HalfLosses(*(np.concatenate(both) for both in zip(one, other, strict=True)))


def _half_losses(
    answer: Answer, results: PositionResults | None, calculation: Calculation
) -> HalfLosses | None:
    """The losses in 16 bits, where PyTorch would sum them in 16 bits: for labels, with a 16-bit
    dtype."""
    if calculation.dtype is None or calculation.dtype not in HALVES:
        return None
    if results is None or results.labels is None:
        return None
    settings = calculation.settings
    if settings.reduction == "none" or not settings.is_plain:
        return None
    losses = answer.values.ravel().astype(np.float32)
    shares = narrow(results.losses.share.ravel(), calculation.dtype).astype(np.float32)
    return HalfLosses(losses, shares, ~results.ignored.ravel())


def _merge_partners(one: Indices | None, other: Indices | None) -> Indices | None:
    if one is None or other is None:
        return other if one is None else one
    # Each row is kept once, so that there are never more of them than the second file has.
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
    found = tuple(_remarks_with_places(batch, problem))
    # A table need not name them: it lists the samples with the largest losses.
    if results is not None and not (job.format.for_people or job.stream.each):
        questions = results.questions > 0
        found += tuple(_remarks_on_infinite_losses(batch, results.losses.loss, questions=questions))
    looks = looks_of(problem, lambda at: _place_of_sample("logits", at, batch))
    return Outcome(
        text,
        batch_answer.total,
        shown,
        check,
        found,
        looks,
        batch.faults,
        surveyed,
        batch.partners,
        halves=_half_losses(answer, results, job.calculation),
    )


def _sum_part_shares(job: Job, chunk: Chunk, batch: Batch) -> Outcome:
    problem = job.calculation.formulas.problem_of(batch, job.calculation)
    return Outcome(total=answers.share_total(problem))


def _remarks_with_places(batch: Batch, problem: Problem) -> Iterator[Remark]:
    for argument, message, concerned in find_remarks(problem):
        if concerned.any():
            place = _place_of_sample(argument, int(np.argwhere(concerned)[0][0]), batch)
            yield Remark(message, place, int(np.count_nonzero(concerned)))


def _remarks_on_infinite_losses(
    batch: Batch, losses: AnyArray, *, questions: bool
) -> Iterator[Remark]:
    """A remark on the samples, or positions of samples, that make a mean or a sum infinite."""
    infinite: AnyArray = np.isinf(losses)
    if questions:
        infinite = np.asarray(infinite.any(axis=tuple(range(1, losses.ndim))))
    if infinite.any():
        place = _place_of_sample("logits", int(np.argwhere(infinite)[0][0]), batch)
        yield Remark(INFINITE, place, int(np.count_nonzero(infinite)))


def _place_of_sample(argument: str, at: int, batch: Batch) -> Place:
    return place_of(argument, (at,) if batch.values.ndim > 1 else (), batch)
