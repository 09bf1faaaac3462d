"""From options to bytes: opens the input, has the work done, writes the outcome."""

from __future__ import annotations

import math
import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING

from xentcli.calculation import summary, survey
from xentcli.calculation.check import LIMIT, describe_check, merge_checks
from xentcli.calculation.commands import Calculation
from xentcli.calculation.remarks import FIRST, Looks, merge_remarks, remarks_on_looks
from xentcli.calculation.steps import first_to_show
from xentcli.calculation.summary import half_sums
from xentcli.core.total import Total
from xentcli.errors import DataError, Place, counted
from xentcli.model import Check, Fault, NamedTuple, Remark, Report, Survey, WorkedSample
from xentcli.options.asked import Asked
from xentcli.readers.interface import Chunk, Chunks, Opened
from xentcli.readers.sources.source import check_unchanged
from xentcli.run import signals
from xentcli.run.checks import calculation_of, check_options, survey_of
from xentcli.run.chunk import (
    Job,
    Outcome,
    answer_chunk,
    count_kept,
    merge,
    sum_shares,
    write_chunk,
)
from xentcli.run.inputs import names_of_inputs, open_input
from xentcli.run.messages import print_message, print_remarks
from xentcli.run.order import Task, shift_outcome, shifts
from xentcli.run.outputs import (
    command_line,
    format_of,
    is_folder,
    open_answer,
    open_folder,
    open_page,
    open_rejects,
    report_left_out,
    shows_steps,
    view_for,
)
from xentcli.run.progress import Progress
from xentcli.run.second_file import RowsNeeded, check_attached
from xentcli.run.workers import Run, Tell, start_workers
from xentcli.writers.files.file import Sink, open_outputs
from xentcli.writers.files.folder import Folder
from xentcli.writers.interface import Stream

if TYPE_CHECKING:
    from xentcli.writers.files.spool import Spool


class Tally(NamedTuple):
    """The sums over what was done so far."""

    total: Total = Total()
    remarks: tuple[Remark, ...] = ()
    check: Check | None = None
    faults: int = 0
    first_fault: Fault | None = None
    worked: tuple[WorkedSample, ...] = ()
    survey: survey.Sums | None = None
    looks: tuple[Looks, ...] = ()
    not_needed: tuple[Remark, ...] = ()
    half: tuple[float, float] | None = None


def run(asked: Asked) -> int:
    """Carry out a command and give its exit code."""
    check_options(asked)
    with ExitStack() as stack:
        inputs = names_of_inputs(asked)
        # All of it before a byte is read: what cannot be written is known at once.
        outputs = stack.enter_context(open_outputs(inputs))
        page, rejects = open_page(asked, outputs), open_rejects(asked, outputs)
        answer = None if is_folder(asked) else open_answer(asked, outputs)
        run = stack.enter_context(start_workers(asked))
        opened = open_input(asked, stack)
        opened = _in_sequences(opened, asked)
        calculation = calculation_of(asked, opened)
        # Before the work: they may explain what goes wrong with it.
        print_remarks(opened.remarks)
        job = _job(asked, opened, calculation)
        sink = answer or stack.enter_context(open_folder(asked, job.stream))
        if calculation.command.field == "grad":
            job = job._replace(denominator=_denominator(job, opened, run))
        spool = stack.enter_context(_open_spool()) if job.format.rows_wait else None
        with closing(_progress(asked, job, opened)) as progress:
            work = partial(answer_chunk, job)
            if isinstance(sink, Folder):
                work = partial(write_chunk, job, sink.path)
            # Rows, and what is wrong with some, are told as they come.
            alone = job.stream.each or rejects is not None
            task = Task(work, None if alone else partial(merge, job))
            with closing(_outcomes(task, job, opened, run, progress.done)) as outcomes:
                tally = _write_rows(job, outcomes, spool or sink, rejects, RowsNeeded(opened))
        code = report_left_out(tally.faults, tally.first_fault, asked)
        _finish(job, opened, asked, sink, spool, page, tally)
    return code


def _in_sequences(opened: Opened, asked: Asked) -> Opened:
    """The input with the sequences that --by and --shift make of it."""
    if asked.survey.by is not None and not opened.by:
        from xentcli.run.sequences import group_sequences

        opened = group_sequences(opened)
    if asked.sequences.shift:
        from xentcli.run.shift import shift_labels

        opened = shift_labels(opened, asked.reading.on_error)
    return opened


def _open_spool() -> Spool:
    from xentcli.writers.files.spool import Spool

    return Spool()


def _job(asked: Asked, opened: Opened, calculation: Calculation) -> Job:
    format = format_of(asked)
    stream = _stream(opened, calculation)._replace(delimiter=format.delimiter)
    worked_count = asked.output.rows if format.document or asked.output.save is not None else 0
    wanted = survey_of(asked, opened)
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


def _progress(asked: Asked, job: Job, opened: Opened) -> Progress:
    # Rows and a bar on the same terminal would overwrite each other.
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
    """The chunks of an input, each marked if its samples are to be worked step by step: those that
    come before ``shown`` has as many as are wanted. A chunk may be handed out before that is known.
    """

    def __init__(self, chunks: Chunks, wanted: int) -> None:
        self._chunks, self._wanted, self.shown = chunks, wanted, 0

    def in_order(self) -> Iterator[Chunk]:
        """All of them."""
        return self._mark(self._chunks.in_order())

    def spans(self) -> Iterator[Chunk] | None:
        """Those of a large file."""
        found = self._chunks.spans()
        return None if found is None else self._mark(found)

    def partitions(self, size: int) -> Iterator[Chunk] | None:
        """Those that are read elsewhere."""
        found = self._chunks.partitions(size)
        return None if found is None else self._mark(found)

    def _mark(self, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        for chunk in chunks:
            yield chunk._replace(worked=self.shown < self._wanted)


def _outcomes(
    task: Task[Outcome], job: Job, opened: Opened, run: Run, tell: Tell
) -> Generator[Outcome]:
    chunks = MarkedChunks(opened.chunks, job.worked_count)
    opened = opened._replace(chunks=chunks)
    with closing(run(task, opened, tell)) as done:
        for one in done:
            signals.check()
            chunks.shown += count_kept(one.outcome.worked)
            yield shift_outcome(one.outcome, *shifts(one))


def _denominator(job: Job, opened: Opened, run: Run) -> float:
    """The denominator of a gradient. For a mean it takes a first pass over the input."""
    if not job.calculation.settings.averages:
        return 1.0
    total = Total()
    task = Task(partial(sum_shares, job), partial(merge, job))
    with closing(_outcomes(task, job, opened, run, lambda samples, size: None)) as outcomes:
        for part in outcomes:
            total += part.total
    _check_defined(total, job.calculation, opened)
    return total.weight.value


def _check_differences(check: Check, opened: Opened, *, to_standard_error: bool) -> None:
    """Fail if a gradient is not close enough to the central differences."""
    if to_standard_error:
        print_message(f"check: {describe_check(check)}")
    if not check.largest <= LIMIT:
        raise DataError(
            f"the gradient differs from central differences by {check.largest:.1e} of its largest "
            f"entry, at sample {check.sample}",
            place=None if opened.source.startswith("--") else Place(opened.source),
        )


def _check_defined(total: Total, calculation: Calculation, opened: Opened) -> None:
    """Refuse a mean whose denominator is 0, or beyond the largest float: it would come out as 0."""
    command = calculation.command
    if not command.has_loss or not calculation.settings.averages:
        return
    is_too_large = math.isinf(total.weight.value) and not total.weight.non_finite
    if total.weight.value != 0.0 and not is_too_large:
        return
    kept = total.samples - total.ignored
    weights = f"the weights of the {counted(kept, 'sample')} that count sum to"
    message, hint = f"{weights} 0: the mean is undefined", ""
    if is_too_large:
        message = f"{weights} more than the largest float"
        hint = "the mean is the same with all of them divided by one number"
    elif not kept:
        message = f"0 of {counted(total.samples, 'sample')} count: the mean is undefined"
        hint = "--reduction sum gives 0 there"
    place = None if opened.source.startswith("--") else Place(opened.source)
    raise DataError(message, place=place, hint=hint)


def _check_bytes(total: Total, calculation: Calculation, opened: Opened) -> None:
    """Refuse bits per byte of no bytes."""
    if calculation.bits_per_byte and calculation.bytes is None and total.bytes.value == 0.0:
        raise DataError(
            "the bytes of the samples sum to 0: the bits per byte are undefined",
            place=Place(opened.source),
        )


def _stream(opened: Opened, calculation: Calculation) -> Stream:
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
    needed: RowsNeeded,
) -> Tally:
    """Write rows and rejects as they come, and add up everything else."""
    tally = Tally(
        check=Check() if job.check else None, survey=survey.no_sums() if job.survey else None
    )
    # The header waits for the first rows: where these fail, nothing is printed at all.
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
            _reject(outcome.faults, rejects)
        needed.add(outcome.partners)
        if outcome.halves is not None:
            losses.add(outcome.halves.losses, outcome.halves.kept)
            shares.add(outcome.halves.shares, outcome.halves.kept)
        tally = _add(tally, outcome, job)
    destination.write(header)
    half = (losses.value, shares.value) if losses.has_any else None
    return tally._replace(not_needed=needed.remarks(), half=half)


def _reject(faults: Sequence[Fault], rejects: Sink) -> None:
    from xentcli.writers.rows.delimited import rejected_rows

    rejects.write(rejected_rows(faults))


def _finish(
    job: Job,
    opened: Opened,
    asked: Asked,
    sink: Sink | Folder,
    spool: Spool | None,
    page: Sink | None,
    tally: Tally,
) -> None:
    """Write what can only be written at the end of the input: the answer, the page, the remarks."""
    check_unchanged()
    signals.check()
    left_out = tally.faults if job.skips else 0
    check_attached(tally.total.samples + left_out, opened)
    _check_defined(tally.total, job.calculation, opened)
    _check_bytes(tally.total, job.calculation, opened)
    report, output = _report(job, opened, tally), asked.output
    waiting = spool.read_pieces() if spool else ()
    for part in job.format.writer.end(report, job.stream, view_for(asked), waiting):
        sink.write(part)
    sink.flush()
    if page is not None:
        from xentcli.writers.page import save as pages

        page.write(
            pages.render_report(
                report, page.name, command_line(), digits=output.digits, steps=shows_steps(asked)
            )
        )
    on_looks = remarks_on_looks(tally.looks, tally.total.samples)
    print_remarks((*tally.not_needed, *on_looks, *tally.remarks))
    if tally.check is not None:
        _check_differences(tally.check, opened, to_standard_error=not job.format.for_people)


def _add(tally: Tally, outcome: Outcome, job: Job) -> Tally:
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


def _report(job: Job, opened: Opened, tally: Tally) -> Report:
    total, by_sequence = tally.total, job.survey is not None and job.survey.by_sequence
    if by_sequence and tally.survey is not None:
        # The rows of one may be far apart.
        total = total._replace(spread=survey.spread_of_sequences(tally.survey))
    is_sequence = by_sequence or opened.has_tokens or opened.dimensions == 1
    found = None if job.survey is None or tally.survey is None else _survey(job, opened, tally)
    report = summary.make_report(
        job.calculation,
        opened.kind,
        job.stream.classes,
        total,
        tally.worked,
        job.denominator,
        has_labels=opened.has_labels,
        check=tally.check,
        half=tally.half,
        independent="sequence" if is_sequence else "sample" if opened.dimensions else "",
        survey=found,
    )
    return report._replace(left_out=opened.left_out, shifted=job.shifted)


def _survey(job: Job, opened: Opened, tally: Tally) -> Survey:
    assert job.survey is not None
    assert tally.survey is not None
    found = survey.make_survey(
        tally.survey, job.survey, job.calculation, job.stream.classes, labelled=opened.has_labels
    )
    if len(tally.worked) == tally.total.samples:
        # Every sample stands there with all its steps; what is left is what was asked for.
        hardest = found.hardest if found.top_asked else ()
        found = found._replace(histogram=(), classes=(), hardest=hardest)
    return found
