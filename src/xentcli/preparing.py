"""What every command does before its work and after it: options that are checked together, and the
rows that were left out."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from xentcli.core.settings import settings
from xentcli.errors import (
    EXIT_OK,
    EXIT_ROWS_LEFT_OUT,
    ArgumentError,
    DataError,
    Place,
    UsageError,
    counted,
)
from xentcli.messages import told
from xentcli.model import Fault
from xentcli.options import Asked
from xentcli.readers.interface import Opened
from xentcli.readers.typed import typed_weights
from xentcli.report.calculation import COMMANDS, Calculation
from xentcli.writers.output import Sink, opened_output
from xentcli.writers.rejects import rejected_header


def check_options(asked: Asked) -> None:
    """Refuse options that name no file or the same one."""
    if asked.output.output == "" or asked.reading.rejects == "":
        raise UsageError("-o and --rejects need the name of a file")
    if asked.reading.rejects is not None and asked.reading.on_error == "stop":
        raise UsageError("--rejects lists the rows that --on-error skip or nan met; give that too")
    rejects, output = asked.reading.rejects, asked.output.output
    if rejects is None:
        return
    if rejects == "-":
        raise UsageError("--rejects -: standard output is for the answer; name a file")
    if output is not None and os.path.realpath(output) == os.path.realpath(rejects):
        raise UsageError(f"-o and --rejects name the same file, {rejects}")


def calculation_of(asked: Asked, opened: Opened) -> Calculation:
    """What is to be computed from that input, every setting checked."""
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
    if opened.kind != "logits" and (arithmetic.temperature != 1.0 or arithmetic.dtype != "float64"):
        kind = opened.kind.replace("_", "-")
        raise UsageError(f"--temperature and --dtype work on logits, and these are {kind}")
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


@contextmanager
def opened_rejects(asked: Asked, inputs: Sequence[str]) -> Iterator[Sink | None]:
    """The list of rejects with its header, where one is asked for."""
    if asked.reading.rejects is None:
        yield None
        return
    with opened_output(asked.reading.rejects, inputs, "--rejects") as rejects:
        rejects.write(rejected_header())
        yield rejects


def exit_code(faults: int, first: Fault | None, asked: Asked) -> int:
    """Says how many rows were left out, and which was the first."""
    if first is None:
        return EXIT_OK
    done = "left out" if asked.reading.on_error == "skip" else "set to nan"
    told(f"{counted(faults, 'row')} {done}; the first: {first.place}: {first.message}")
    return EXIT_ROWS_LEFT_OUT


def check_attached(samples: int, opened: Opened) -> None:
    """Refuse labels that stand apart and are more than the samples."""
    attached = opened.attached
    if attached is not None and attached.size > samples:
        what = "label" if attached.labels is not None else "soft target"
        raise DataError(
            f"{counted(attached.size, what)} for {counted(samples, 'sample')}",
            place=Place(attached.origin.source),
        )
