"""From options to bytes: opens the input, hands the work to the engine, and writes what comes."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial

from xentcli import engine, writers
from xentcli.core.settings import settings
from xentcli.core.total import Total
from xentcli.errors import ArgumentError, DataError, Place, UsageError, counted
from xentcli.inputs import opened_input
from xentcli.messages import merged, say, told
from xentcli.model import Check, Remark, Worked
from xentcli.options import Asked, Output
from xentcli.readers.interface import Opened
from xentcli.readers.typed import typed_weights
from xentcli.report import summary
from xentcli.report.calculation import COMMANDS, Calculation
from xentcli.report.check import LIMIT, check_in_words, furthest
from xentcli.work import Job, answered, shares
from xentcli.writers.interface import Stream
from xentcli.writers.output import Sink, opened_output
from xentcli.writers.terminal import view_of
from xentcli.writers.waiting import WaitingRoom


def run(asked: Asked) -> None:
    """Carry out a command."""
    with ExitStack() as stack:
        opened = opened_input(asked, stack)
        calculation = _calculation(asked, opened)
        name = writers.QUIET if asked.output.quiet else asked.output.format
        worked_count = 0
        if asked.output.steps and name in ("table", "json"):
            worked_count = asked.output.rows
        job = Job(opened.read, calculation, name, _stream(opened, calculation), worked_count)
        if calculation.command.field == "grad":
            job = job._replace(denominator=_denominator(job, opened), check=asked.check.check)
        inputs = [asked.samples.file] if asked.samples.file else []
        sink = stack.enter_context(opened_output(asked.output.output, inputs))
        _write(job, opened, asked.output, sink)


def _calculation(asked: Asked, opened: Opened) -> Calculation:
    arithmetic, loss = asked.arithmetic, asked.loss
    weight = None
    if loss.weight:
        weight = typed_weights(loss.weight, opened.classes, opened.class_count)
    try:
        checked = settings(
            weight,
            opened.class_count,
            ignore_index=loss.ignore_index,
            reduction=loss.reduction,
            label_smoothing=asked.smoothing.label_smoothing,
            temperature=arithmetic.temperature,
        )
    except ArgumentError as error:
        option = error.argument.replace("_", "-")
        raise UsageError(f"--{option}: {error.message}") from None
    dtype = None if arithmetic.dtype == "float64" else arithmetic.dtype
    if dtype and arithmetic.method == "textbook":
        raise UsageError("--dtype and --method textbook contradict each other; give one of them")
    return Calculation(
        COMMANDS[asked.command],
        checked,
        arithmetic.method,
        dtype,
        loss.base,
        want_accuracy=asked.output.format == "table" and not asked.output.quiet,
    )


def _denominator(job: Job, opened: Opened) -> float:
    """What a gradient is divided by: the whole input is read once for it."""
    if job.calculation.settings.reduction != "mean":
        return 1.0
    total = Total()
    for part in engine.outcomes(partial(shares, job), opened.chunks()):
        total += part
    _check_attached(total, opened)
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


def _check_attached(total: Total, opened: Opened) -> None:
    """Typed labels that are more than the samples."""
    attached = opened.attached
    if attached is not None and attached.size > total.samples:
        what = "label" if attached.labels is not None else "soft target"
        raise DataError(
            f"{counted(attached.size, what)} for {counted(total.samples, 'sample')}",
            place=Place(attached.origin.source),
        )


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


def _write(job: Job, opened: Opened, output: Output, sink: Sink) -> None:
    writer, total = writers.writer(job.format), Total()
    shown: tuple[Worked, ...] = ()
    found: list[Remark] = []
    check = Check() if job.check else None
    with ExitStack() as stack:
        room = stack.enter_context(WaitingRoom()) if writer.ROWS_WAIT else None
        destination = room or sink
        destination.write(writer.start(job.stream))
        for outcome in engine.outcomes(partial(answered, job), opened.chunks()):
            total += outcome.total
            shown += outcome.worked[: job.worked_count - len(shown)]
            destination.write(outcome.text)
            found = merged(found, outcome.remarks)
            check = furthest(check, outcome.check)
        _check_attached(total, opened)
        _check_defined(total, job.calculation, opened)
        classes, denominator = job.stream.classes, job.denominator
        report = summary.report(
            job.calculation,
            opened.kind,
            classes,
            total,
            shown,
            denominator,
            has_labels=opened.has_labels,
            check=check,
        )
        view = view_of(
            to_file=output.output is not None,
            color=output.color,
            digits=output.digits,
            steps=output.steps,
        )
        for part in writer.end(report, job.stream, view, room.parts() if room else ()):
            sink.write(part)
    say(found)
    if check is not None:
        _judge(check, opened, to_standard_error=job.format != "table")
