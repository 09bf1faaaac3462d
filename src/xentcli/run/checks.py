"""What every command does before its work and after it: options that are checked together, and the
rows that were left out."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from xentcli import writers
from xentcli.calculation.commands import COMMANDS, Calculation
from xentcli.calculation.survey import Wanted
from xentcli.core.settings import settings
from xentcli.errors import (
    EXIT_OK,
    EXIT_ROWS_LEFT_OUT,
    ArgumentError,
    DataError,
    Place,
    UsageError,
    counted,
    escaped,
)
from xentcli.model import Fault
from xentcli.options.groups import Asked
from xentcli.readers.interface import Opened
from xentcli.readers.typed import typed_weights
from xentcli.run.messages import told
from xentcli.urls import shown_within
from xentcli.writers.files import folder
from xentcli.writers.files.file import Sink, opened_output
from xentcli.writers.files.folder import Folder
from xentcli.writers.interface import Stream
from xentcli.writers.page.save import check_name
from xentcli.writers.rows.rejects import rejected_header

# So many of the hardest samples are listed unless somebody says otherwise.
HARDEST = 5
# The formats whose files can be joined, and how such a file is called.
SUFFIXES = {"csv": "csv", "tsv": "tsv", "jsonl": "jsonl", writers.QUIET: "txt"}


def check_options(asked: Asked) -> None:
    """Refuse options that name no file or the same one, and those that the format has no place
    for."""
    _check_survey(asked)
    output, save, rejects = asked.output.output, asked.output.save, asked.reading.rejects
    if "" in (output, save, rejects):
        raise UsageError("-o, --save and --rejects need the name of a file")
    if save is not None:
        check_name(save)
    if asked.reading.rejects is not None and asked.reading.on_error == "stop":
        raise UsageError("--rejects lists the rows that --on-error skip or nan met; give that too")
    if rejects == "-":
        raise UsageError("--rejects -: standard output is for the answer; name a file")
    _check_apart([("-o", output), ("--save", save), ("--rejects", rejects)])


def _check_apart(outputs: Sequence[tuple[str, str | None]]) -> None:
    """Refuse two outputs that would be one file."""
    known: dict[str, str] = {}
    for option, name in outputs:
        if name is None:
            continue
        place = os.path.realpath(name)
        if place in known:
            raise UsageError(f"{known[place]} and {option} name the same file, {escaped(name)}")
        known[place] = option


def _check_survey(asked: Asked) -> None:
    """Refuse a survey where the format has no place for it."""
    survey, format, reduction = asked.survey, asked.output.format, asked.loss.reduction
    given = [name for name, value in survey._asdict().items() if value is not None]
    if not given:
        return
    if asked.output.quiet and asked.output.save is None:
        raise UsageError(
            f"--{given[0]} and --quiet contradict each other: that prints the answer alone",
            hint="--format csv is as plain, and --save FILE.html has room for it",
        )
    if survey.by is not None and reduction == "none":
        raise UsageError("--by gives a loss for each value of a column: a mean or a sum, not none")
    if format in ("table", "json") or asked.output.quiet:
        return
    if len(given) > 1:
        raise UsageError(f"--by and --top are two tables, and --format {format} has room for one")
    if reduction == "none":
        raise UsageError(
            f"--top and --reduction none are two tables, and --format {format} has room for one"
        )


def survey_of(asked: Asked, opened: Opened) -> Wanted | None:
    """What is to be found out about many samples; nothing where it would not be shown."""
    by, top = asked.survey.by, asked.survey.top
    shown = asked.output.save is not None or (
        asked.output.format == "table" and not asked.output.quiet
    )
    from_file = not opened.source.startswith("--")
    usual = HARDEST if shown and from_file else 0
    if COMMANDS[asked.command].field != "loss" or not (by or top or usual):
        return None
    number = usual if top is None else top
    return Wanted(opened.source, opened.files > 1, number, top is not None, opened.by)


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
        want_accuracy=survey_of(asked, opened) is not None
        or asked.output.save is not None
        or (asked.output.format == "table" and not asked.output.quiet),
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


def is_folder(asked: Asked) -> bool:
    """Whether the answer is to be a folder of files."""
    output = asked.output.output
    if output is None:
        return False
    return output.endswith(("/", os.sep)) or (
        asked.running.scheduler is not None and os.path.isdir(output)
    )


@contextmanager
def opened_folder(asked: Asked, stream: Stream) -> Iterator[Folder]:
    """The folder that the answer goes to, if what is asked for can be one."""
    output = str(asked.output.output)
    if asked.running.scheduler is None:
        raise UsageError(
            f"-o {escaped(output)}: a folder is written by the workers of a cluster, a file each",
            hint="--scheduler local starts one on this machine",
        )
    format = writers.QUIET if asked.output.quiet else asked.output.format
    if not stream.each or format not in SUFFIXES:
        raise UsageError(
            f"-o {escaped(output)}: a folder holds rows, and there are none to write",
            hint="--format csv, tsv or jsonl, of each sample (--reduction none)",
        )
    with folder.opened_folder(output, SUFFIXES[format]) as found:
        yield found


@contextmanager
def opened_page(asked: Asked, inputs: Sequence[str]) -> Iterator[Sink | None]:
    """Where the page goes, where one is asked for."""
    if asked.output.save is None:
        yield None
        return
    with opened_output(asked.output.save, inputs, "--save") as page:
        yield page


def command_line() -> str:
    """The command as it was typed, for a shell; of URLs without what is secret."""
    return shlex.join(["xent", *map(shown_within, sys.argv[1:])])


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
