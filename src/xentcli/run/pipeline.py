"""From options to bytes: opens the input, hands the work to the engine, and writes what comes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from typing import Any, NamedTuple

from xentcli import writers
from xentcli.calculation import summary, survey
from xentcli.calculation.check import LIMIT, check_in_words, furthest
from xentcli.calculation.commands import Calculation
from xentcli.calculation.remarks import merged
from xentcli.core.total import Total
from xentcli.errors import DataError, Place, counted
from xentcli.model import Check, Fault, Remark, Report, Worked
from xentcli.options.groups import Asked, Output
from xentcli.readers.interface import Chunk, Opened
from xentcli.readers.sources.source import check_unchanged
from xentcli.run import signals
from xentcli.run.checks import (
    calculation_of,
    check_attached,
    check_options,
    command_line,
    exit_code,
    is_folder,
    opened_folder,
    opened_page,
    opened_rejects,
    survey_of,
)
from xentcli.run.chunk import Job, Outcome, answered, following, placed, shares, together, written
from xentcli.run.inputs import names_of_inputs, opened_input
from xentcli.run.messages import say, told
from xentcli.run.order import Task
from xentcli.run.progress import Progress
from xentcli.run.running import Run, runner
from xentcli.writers.files.file import Sink, opened_output
from xentcli.writers.files.folder import Folder
from xentcli.writers.files.spool import WaitingRoom
from xentcli.writers.interface import Stream
from xentcli.writers.rows.rejects import rejected
from xentcli.writers.terminal import view_of


class Tally(NamedTuple):
    """What was met on the way, beside the answer."""

    total: Total = Total()
    remarks: tuple[Remark, ...] = ()
    check: Check | None = None
    faults: int = 0
    first_fault: Fault | None = None
    worked: tuple[Worked, ...] = ()
    survey: survey.Sums | None = None


def run(asked: Asked) -> int:
    """Carry out a command and give its exit code."""
    check_options(asked)
    with ExitStack() as stack:
        inputs = names_of_inputs(asked)
        opened = opened_input(asked, stack)
        calculation = calculation_of(asked, opened)
        page = stack.enter_context(opened_page(asked, inputs))
        job = _job(asked, opened, calculation)
        sink: Sink | Folder
        if is_folder(asked):
            sink = stack.enter_context(opened_folder(asked, job.stream))
        else:
            sink = stack.enter_context(opened_output(asked.output.output, inputs))
        run = stack.enter_context(runner(asked))
        if calculation.command.field == "grad":
            job = job._replace(denominator=_denominator(job, opened, run))
        waits = writers.writer(job.format).ROWS_WAIT
        room = stack.enter_context(WaitingRoom()) if waits else None
        # The list of rejects is complete when the input has ended, whatever comes of the answer.
        with (
            opened_rejects(asked, inputs) as rejects,
            closing(_progress(asked, job, opened)) as progress,
        ):
            work = partial(answered, job)
            if isinstance(sink, Folder):
                work = partial(written, job, sink.path)
            # Rows, and what is wrong with some, are told as they come.
            alone = job.stream.each or rejects is not None
            merge = None if alone else partial(together, job)
            task = Task(work, following, merge)
            with closing(_outcomes(task, job, opened, run, progress.done)) as outcomes:
                tally = _go_through(job, outcomes, room or sink, rejects)
        code = exit_code(tally.faults, tally.first_fault, asked)
        _finish(job, opened, asked.output, sink, room, page, tally)
    return code


def _job(asked: Asked, opened: Opened, calculation: Calculation) -> Job:
    name = writers.QUIET if asked.output.quiet else asked.output.format
    stream = _stream(opened, calculation)
    if name == "tsv":
        stream = stream._replace(delimiter=b"\t")
    shown = name in ("table", "json") or asked.output.save is not None
    worked_count = asked.output.rows if shown else 0
    wanted = survey_of(asked, opened)
    return Job(
        opened.parts,
        opened.read,
        calculation,
        name,
        stream,
        worked_count,
        check=asked.check.check,
        skips=asked.reading.on_error == "skip",
        survey=wanted,
        ids=opened.ids if wanted is not None and wanted.top else None,
    )


def _progress(asked: Asked, job: Job, opened: Opened) -> Progress:
    # Rows and a bar on the same terminal would overwrite each other.
    rows_on_terminal = (
        job.stream.each
        and job.format not in ("table", "json")
        and asked.output.output is None
        and sys.stdout.isatty()
    )
    return Progress(
        opened.size,
        wanted=asked.output.progress and not rows_on_terminal,
        partitions=asked.running.scheduler is not None,
    )


def _outcomes(
    task: Task, job: Job, opened: Opened, run: Run, told: Callable[[int, int], None]
) -> Generator[Outcome]:
    shown = 0

    def marked(chunks: Callable[..., Iterator[Chunk]], *size: int) -> Iterator[Chunk]:
        # A chunk may be handed out before it is known how many samples come before it.
        for chunk in chunks(*size):
            yield chunk._replace(worked=shown < job.worked_count)

    def marking(chunks: Callable[..., Iterator[Chunk]] | None) -> Any:
        return chunks and partial(marked, chunks)

    opened = opened._replace(
        chunks=marking(opened.chunks),
        spans=marking(opened.spans),
        partitions=marking(opened.partitions),
    )
    with closing(run(task, opened, told)) as done:
        for outcome in map(placed, done):
            signals.check()
            shown += len(outcome.worked)
            yield outcome


def _denominator(job: Job, opened: Opened, run: Run) -> float:
    """What a gradient is divided by: the whole input is read once for it."""
    if job.calculation.settings.reduction != "mean":
        return 1.0
    total = Total()
    task = Task(partial(shares, job), following, partial(together, job))
    with closing(_outcomes(task, job, opened, run, lambda samples, size: None)) as outcomes:
        for part in outcomes:
            total += part.total
    _check_defined(total, job.calculation, opened)
    return total.weight.value


def _judge(check: Check, opened: Opened, *, to_standard_error: bool) -> None:
    """A gradient that is not that of the loss is a failure."""
    if to_standard_error:
        told(f"check: {check_in_words(check)}")
    if not check.largest <= LIMIT:
        raise DataError(
            f"the gradient differs from central differences by {check.largest:.1e} of its largest "
            f"entry, at sample {check.sample}",
            place=None if opened.source.startswith("--") else Place(opened.source),
        )


def _left_out(tally: Tally, job: Job) -> int:
    return tally.faults if job.skips else 0


def _check_defined(total: Total, calculation: Calculation, opened: Opened) -> None:
    """A mean over nothing is no answer."""
    command = calculation.command
    if not command.has_target or calculation.settings.reduction != "mean":
        return
    if total.weight.value != 0.0:
        return
    kept = total.samples - total.ignored
    raise DataError(
        f"the weights of the {counted(kept, 'sample')} that count sum to 0: the mean is undefined"
        if kept
        else f"0 of {counted(total.samples, 'sample')} count: the mean is undefined",
        place=None if opened.source.startswith("--") else Place(opened.source),
        hint="--reduction sum gives 0 there" if not kept else "",
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
    )


def _go_through(
    job: Job,
    outcomes: Iterable[Outcome],
    destination: Sink | Folder | WaitingRoom,
    rejects: Sink | None,
) -> Tally:
    """Everything that is done while the samples go by."""
    tally = Tally(
        check=Check() if job.check else None, survey=survey.nothing() if job.survey else None
    )
    # The header waits for the first rows: where these fail, nothing is printed at all.
    header = writers.writer(job.format).start(job.stream)
    for outcome in outcomes:
        if isinstance(destination, Folder):
            destination.take(outcome.file)
        else:
            destination.write(header + outcome.text)
        header = b""
        if rejects is not None:
            rejects.write(rejected(outcome.faults))
        tally = _added(tally, outcome, job)
    destination.write(header)
    return tally


def _finish(
    job: Job,
    opened: Opened,
    output: Output,
    sink: Sink | Folder,
    room: WaitingRoom | None,
    page: Sink | None,
    tally: Tally,
) -> None:
    """What can be said only when the input has ended."""
    check_unchanged()
    signals.check()
    check_attached(tally.total.samples + _left_out(tally, job), opened)
    _check_defined(tally.total, job.calculation, opened)
    view = view_of(
        to_file=output.output is not None,
        color=output.color,
        digits=output.digits,
        steps=output.steps,
    )
    report = _report(job, opened, tally)
    writer = writers.writer(job.format)
    for part in writer.end(report, job.stream, view, room.parts() if room else ()):
        sink.write(part)
    sink.flush()
    if page is not None:
        from xentcli.writers.page import save as pages

        page.write(
            pages.report_page(
                report, page.name, command_line(), digits=output.digits, steps=output.steps
            )
        )
    say((*opened.remarks, *tally.remarks))
    if tally.check is not None:
        _judge(tally.check, opened, to_standard_error=job.format != "table")


def _added(tally: Tally, outcome: Outcome, job: Job) -> Tally:
    faults = outcome.faults
    return Tally(
        tally.total + outcome.total,
        merged(tally.remarks, outcome.remarks),
        furthest(tally.check, outcome.check),
        tally.faults + len(faults),
        tally.first_fault or (faults[0] if faults else None),
        tally.worked + outcome.worked[: job.worked_count - len(tally.worked)],
        survey.together(job.survey, tally.survey, outcome.survey),
    )


def _report(job: Job, opened: Opened, tally: Tally) -> Report:
    report = summary.report(
        job.calculation,
        opened.kind,
        job.stream.classes,
        tally.total,
        tally.worked,
        job.denominator,
        has_labels=opened.has_labels,
        check=tally.check,
    )
    if job.survey is None or tally.survey is None:
        return report
    found = survey.survey(
        tally.survey, job.survey, job.calculation, report.classes, labelled=opened.has_labels
    )
    if len(tally.worked) == tally.total.samples:
        # Every sample stands there with all its steps; what is left is what was asked for.
        hardest = found.hardest if found.top_asked else ()
        found = found._replace(histogram=(), classes=(), hardest=hardest)
    return report._replace(survey=found)
