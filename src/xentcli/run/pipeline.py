"""Runs a command: opens its inputs and outputs, runs the work over the chunks, writes the rows."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING

from xentcli.calculation import survey
from xentcli.calculation.check import merge_checks
from xentcli.calculation.commands import Calculation
from xentcli.calculation.remarks import FIRST, merge_remarks
from xentcli.calculation.steps import first_to_show
from xentcli.calculation.summary import half_sums
from xentcli.core.total import Total
from xentcli.model import Check
from xentcli.options.asked import Asked
from xentcli.readers.interface import Chunk, Chunks, Opened
from xentcli.run import signals
from xentcli.run.checks import check_options, make_calculation, wanted_survey
from xentcli.run.chunk import (
    Job,
    Outcome,
    answer_chunk,
    count_kept,
    merge,
    sum_shares,
    write_chunk,
)
from xentcli.run.finish import Tally, check_defined, finish
from xentcli.run.inputs import names_of_inputs, open_input
from xentcli.run.messages import print_remarks
from xentcli.run.order import Task, offsets, shift_outcome
from xentcli.run.outputs import (
    check_folder,
    format_of,
    is_folder,
    open_answer,
    open_folder,
    open_page,
    open_rejects,
    report_left_out,
)
from xentcli.run.progress import Progress
from xentcli.run.second_file import MatchedRows
from xentcli.run.workers import ReportProgress, RunTask, start_workers
from xentcli.writers.files.file import Sink, open_outputs
from xentcli.writers.files.folder import Folder
from xentcli.writers.interface import Stream

if TYPE_CHECKING:
    from xentcli.writers.files.spool import Spool


def run(asked: Asked) -> int:
    """Run a command and return its exit code."""
    check_options(asked)
    with ExitStack() as stack:
        inputs = names_of_inputs(asked)
        # Outputs are opened before anything is read, so that one that cannot be written is an error
        # at once.
        outputs = stack.enter_context(open_outputs(inputs))
        page, rejects = open_page(asked, outputs), open_rejects(asked, outputs)
        if is_folder(asked):
            check_folder(asked)
        answer = None if is_folder(asked) else open_answer(asked, outputs)
        run = stack.enter_context(start_workers(asked))
        opened = open_input(asked, stack)
        opened = _apply_sequence_options(opened, asked)
        calculation = make_calculation(asked, opened)
        # Remarks come before the work, as they may explain an error in it.
        print_remarks(opened.remarks)
        job = _make_job(asked, opened, calculation)
        sink = answer or stack.enter_context(open_folder(asked))
        if calculation.command.field == "grad":
            job = job._replace(denominator=_compute_denominator(job, opened, run))
        spool: Spool | None = None
        if job.format.rows_wait:
            from xentcli.writers.files.spool import Spool

            spool = stack.enter_context(Spool())
        with closing(_make_progress(asked, job, opened)) as progress:
            work = partial(answer_chunk, job)
            if isinstance(sink, Folder):
                work = partial(write_chunk, job, sink.path)
            # Rows and rejects are written as the chunks come, so each outcome is wanted by itself.
            writes_rows = job.stream.each or rejects is not None
            task = Task(work, None if writes_rows else partial(merge, job))
            with closing(_run_task(task, job, opened, run, progress.add)) as outcomes:
                tally = _write_rows(job, outcomes, spool or sink, rejects, MatchedRows(opened))
        code = report_left_out(tally.faults, tally.first_fault, asked)
        finish(job, opened, asked, sink, spool, page, tally)
    return code


def _apply_sequence_options(opened: Opened, asked: Asked) -> Opened:
    """The input as --by sample and --shift change it."""
    if asked.survey.by is not None and not opened.by:
        from xentcli.run.sequences import group_sequences

        opened = group_sequences(opened)
    if asked.sequences.shift:
        from xentcli.run.shift import shift_labels

        opened = shift_labels(opened, asked.reading.on_error)
    return opened


def _make_job(asked: Asked, opened: Opened, calculation: Calculation) -> Job:
    format = format_of(asked)
    stream = _make_stream(opened, calculation)._replace(delimiter=format.delimiter)
    worked_count = asked.output.rows if format.document or asked.output.save is not None else 0
    wanted = wanted_survey(asked, opened)
    return Job(
        opened.reader,
        calculation,
        format,
        stream,
        worked_count,
        check=asked.check.check,
        skips=asked.reading.on_error == "skip",
        survey=wanted,
        has_ids=opened.has_ids and wanted is not None and wanted.top > 0,
        shifted=asked.sequences.shift,
    )


def _make_progress(asked: Asked, job: Job, opened: Opened) -> Progress:
    # A bar and rows on the same terminal would overwrite each other.
    rows_on_terminal = (
        job.stream.each
        and not job.format.document
        and asked.output.output is None
        and sys.stdout.isatty()
    )
    return Progress(
        opened.size,
        wanted=asked.output.progress and not rows_on_terminal,
        partitions=asked.running.scheduler is not None,
    )


class MarkedChunks:
    """The chunks of an input, marked as long as samples with every step are still wanted: as long
    as ``shown``, which is raised as outcomes come, is below ``wanted``. Chunks are submitted ahead
    of the outcomes, so a few more may be marked than are needed.
    """

    def __init__(self, chunks: Chunks, wanted: int) -> None:
        self._chunks, self._wanted, self.shown = chunks, wanted, 0

    def in_order(self) -> Iterator[Chunk]:
        """All chunks of the input."""
        return self._mark(self._chunks.in_order())

    def spans(self) -> Iterator[Chunk] | None:
        """The spans of a large file."""
        found = self._chunks.spans()
        return None if found is None else self._mark(found)

    def partitions(self, size: int) -> Iterator[Chunk] | None:
        """The partitions for a cluster."""
        found = self._chunks.partitions(size)
        return None if found is None else self._mark(found)

    def _mark(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        for chunk in chunks:
            yield chunk._replace(worked=self.shown < self._wanted)


def _run_task(
    task: Task[Outcome], job: Job, opened: Opened, run: RunTask, report: ReportProgress
) -> Generator[Outcome]:
    """Run a task over the input, and yield its outcomes with their final sample and line
    numbers."""
    chunks = MarkedChunks(opened.chunks, job.worked_count)
    opened = opened._replace(chunks=chunks)
    with closing(run(task, opened, report)) as finished:
        for chunk in finished:
            signals.check()
            chunks.shown += count_kept(chunk.outcome.worked)
            yield shift_outcome(chunk.outcome, *offsets(chunk))


def _compute_denominator(job: Job, opened: Opened, run: RunTask) -> float:
    """Compute the denominator of a gradient. For a mean that takes a first pass over the input."""
    if not job.calculation.settings.averages:
        return 1.0
    total = Total()
    task = Task(partial(sum_shares, job), partial(merge, job))
    with closing(_run_task(task, job, opened, run, lambda samples, size: None)) as outcomes:
        for part in outcomes:
            total += part.total
    check_defined(total, job.calculation, opened)
    return total.weight.value


def _make_stream(opened: Opened, calculation: Calculation) -> Stream:
    names = opened.classes or tuple(map(str, range(opened.class_count)))
    reduced = calculation.command.field == "loss" and calculation.settings.reduction != "none"
    return Stream(
        calculation.command.field,
        names,
        each=not reduced,
        has_labels=opened.has_labels,
        rows=opened.rows,
        dimensions=opened.dimensions,
        class_axis=opened.class_axis,
        single=opened.single,
        losses=tuple(f"loss_{name}" for name in names)
        if calculation.loss.questions and len(names) > 1
        else ("loss",),
    )


def _write_rows(
    job: Job,
    outcomes: Iterable[Outcome],
    destination: Sink | Folder | Spool,
    rejects: Sink | None,
    matched: MatchedRows,
) -> Tally:
    """Write rows and rejects as the outcomes come, and sum up everything else."""
    tally = Tally(
        check=Check() if job.check else None, survey=survey.no_sums() if job.survey else None
    )
    # The header is written with the first rows, so that nothing is written if these fail.
    header = job.format.writer.start(job.stream)
    losses, shares = half_sums(job.calculation)
    for outcome in outcomes:
        if isinstance(destination, Folder):
            destination.add_part(outcome.file)
        else:
            destination.write(header)
            destination.write(outcome.text)
        header = b""
        if rejects is not None:
            from xentcli.writers.rows.delimited import rejected_rows

            rejects.write(rejected_rows(outcome.faults))
        matched.add(outcome.partners)
        if outcome.halves is not None:
            losses.add(outcome.halves.losses, outcome.halves.kept)
            shares.add(outcome.halves.shares, outcome.halves.kept)
        tally = _add_outcome(tally, outcome, job)
    destination.write(header)
    half = (losses.value, shares.value) if losses.has_any else None
    return tally._replace(unmatched=matched.remarks(), half=half)


def _add_outcome(tally: Tally, outcome: Outcome, job: Job) -> Tally:
    faults = outcome.faults
    return Tally(
        tally.total + outcome.total,
        merge_remarks(tally.remarks, outcome.remarks),
        merge_checks(tally.check, outcome.check),
        tally.faults + len(faults),
        tally.first_fault or (faults[0] if faults else None),
        first_to_show(tally.worked + outcome.worked, job.worked_count),
        survey.merge_sums(job.survey, tally.survey, outcome.survey),
        (tally.looks + outcome.looks)[:FIRST],
    )
