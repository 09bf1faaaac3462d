"""What the options say of the input: values that are typed, and how files are to be read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import ExitStack

from xentcli.calculation.commands import COMMANDS, Command
from xentcli.errors import LONGEST_VALUE, UsageError, escaped
from xentcli.model import Kind
from xentcli.options.asked import Asked
from xentcli.options.input import KindName
from xentcli.readers.interface import (
    EACH_SEQUENCE,
    Attached,
    KeepRecords,
    KeepRows,
    Request,
    SecondFile,
    Wanted,
)
from xentcli.readers.sources.source import Source, source_of
from xentcli.readers.typed import (
    OPTION_OF,
    check_no_option,
    read_class_names,
    read_typed_labels,
    read_typed_targets,
)
from xentcli.run.outputs import format_of
from xentcli.run.second_file import check_targets
from xentcli.writers import Format

KINDS: dict[KindName, Kind] = {
    "logits": "logits",
    "probs": "probs",
    "log-probs": "log_probs",
}


def loss_command(asked: Asked) -> Command:
    """The command of the loss, for ``grad`` that of the loss whose gradient is asked for."""
    return COMMANDS[asked.gradient_of if asked.command == "grad" else asked.command]


def typed_values(asked: Asked) -> tuple[list[str], Kind] | None:
    """The values that are typed, and their kind; None if the input is a file. Raises UsageError if
    there are several kinds of them, or options that only go with a file."""
    given: list[tuple[list[str] | None, Kind]] = [
        (asked.samples.logits, "logits"),
        (asked.kinds.probs, "probs"),
        (asked.kinds.log_probs, "log_probs"),
    ]
    typed = [(texts, kind) for texts, kind in given if texts]
    options = [OPTION_OF[kind] for _, kind in typed]
    for (texts, _), option in zip(typed, options, strict=True):
        check_no_option(texts, option)
    if len(typed) > 1:
        raise UsageError(f"{' and '.join(options)} contradict each other; give one of them")
    if not typed:
        return None
    if asked.samples.file:
        raise UsageError(
            f"{options[0]} and FILE contradict each other; give one of them",
            hint=_hint_to_quote(typed[0][0], asked.samples.file, options[0]),
        )
    for option in _options_about_files(asked):
        raise UsageError(f"{option} is about FILE; {options[0]} is typed")
    return typed[0]


def _hint_to_quote(texts: Sequence[str], files: Sequence[str], option: str) -> str:
    """A hint to quote the numbers, if the shell seems to have split them at spaces."""
    words = [*texts, *files]
    numbers = all(re.fullmatch(r"[-+\d.,;eE\[\]]+", word) for word in words)
    return (
        f'quote the values: {option} "{escaped(" ".join(words), LONGEST_VALUE)}"' if numbers else ""
    )


def _options_about_files(asked: Asked) -> list[str]:
    """The options on the command line that only go with a file."""
    of_files: list[tuple[str, object]] = [
        ("--input", asked.kinds.input),
        ("--weight-col", asked.labels.weight_col),
        ("--bytes-col", asked.sequences.bytes_col),
        ("--target-cols", asked.targets.target_cols),
        ("--label-col", None if asked.labels.labels_from else asked.samples.label_col),
        ("--logit-cols", asked.samples.logit_cols),
        ("--by", None if asked.survey.by == EACH_SEQUENCE else asked.survey.by),
        ("--scheduler", asked.running.scheduler),
        *(
            (_option_of(name, value), value)
            for name, value in asked.reading._asdict().items()
            # This limit is also one for a second file.
            if name != "max_ratio"
        ),
    ]
    return [option for option, value in of_files if value not in (None, "stop")]


def _option_of(name: str, value: object) -> str:
    return f"--{'no-' if value is False else ''}{name.replace('_', '-')}"


def make_request(asked: Asked, command: Command, stack: ExitStack) -> Request:
    """What the readers are asked for. Opens a second file of labels or targets; ``stack`` closes
    it.
    """
    wanted: Wanted = "none"
    measure = loss_command(asked)
    has_questions = measure.questions or asked.seen.loss == "bce"
    if measure.has_target:
        wanted = "labels or targets" if measure.takes_soft else "labels"
    samples, labels, targets, reading = asked.samples, asked.labels, asked.targets, asked.reading
    each = command.field != "loss" or asked.loss.reduction == "none"
    format = format_of(asked)
    request = Request(
        wanted=wanted,
        kind=KINDS[asked.kinds.input] if asked.kinds.input else None,
        input_format=reading.input_format,
        logit_cols=samples.logit_cols,
        # With --labels-from, --label-col names a column of the second file.
        label_col=None if labels.labels_from else samples.label_col,
        target_cols=targets.target_cols,
        weight_col=labels.weight_col,
        bytes_col=asked.sequences.bytes_col,
        classes=read_class_names(samples.classes) if samples.classes else (),
        # Yes/no questions have no ignored label. 0, which is one of their two labels, allows no
        # other.
        ignore_index=0 if has_questions else asked.loss.ignore_index,
        each=each and not format.for_people,
        keep_rows=_rows_to_keep(format, command, asked) if each else None,
        keep_records=_records_to_keep(command) if each and format.records else None,
        class_axis=asked.arithmetic.class_axis,
        delimiter=reading.delimiter,
        header=reading.header,
        encoding=reading.encoding,
        comment=reading.comment,
        decimal=reading.decimal,
        logits_key=reading.logits_key,
        label_key=reading.label_key,
        by=asked.survey.by,
        on_error=reading.on_error,
        questions=has_questions,
        second=_second_file_options(asked),
        divisible=_is_divisible(asked, format, each=each),
    )
    attached = open_labels_apart(asked, request, stack)
    if attached is not None:
        check_targets(attached, request)
    return request._replace(attached=attached)


def _is_divisible(asked: Asked, format: Format, *, each: bool) -> bool:
    """Whether large samples may be read in pieces: not if each is written, checked, rejected or
    counted as a whole."""
    is_counted = "batchmean" in loss_command(asked).reductions
    if is_counted or asked.check.check or asked.reading.rejects is not None:
        return False
    return not each or asked.output.quiet or not (format.records or format.rows_wait)


def _second_file_options(asked: Asked) -> SecondFile:
    """What the options say about a second file."""
    labels = asked.labels
    has_second = labels.labels_from is not None or asked.targets.targets_from is not None
    for option, given in (("--on", labels.on is not None), ("--by-position", labels.by_position)):
        if given and not has_second:
            raise UsageError(f"{option} is about a second file: --labels-from or --targets-from")
    if labels.on is not None and labels.by_position:
        raise UsageError("--on and --by-position contradict each other; give one of them")
    label_col = asked.samples.label_col if labels.labels_from else None
    return SecondFile(labels.on, labels.by_position, label_col)


def _records_to_keep(command: Command) -> KeepRecords:
    """How much of the samples' records the output passes on. A loss is added to the values that it
    was computed from; any other answer takes their place."""
    return "whole" if command.field == "loss" else "rest"


def _rows_to_keep(format: Format, command: Command, asked: Asked) -> KeepRows | None:
    """How far the rows of the input must be split so that the output can pass them on; None if it
    does not."""
    if format.passes_on == "whole" and not asked.sequences.shift:
        return "lines" if command.field == "loss" else "around"
    # With --shift, the cell of the label is replaced by that of the next row.
    return "cells" if format.passes_on else None


def open_labels_apart(asked: Asked, request: Request, stack: ExitStack) -> Attached | None:
    """The labels or targets that are typed, or read from a second file; None if there are
    neither."""
    labels, targets, samples = asked.labels, asked.targets, asked.samples
    sources: list[tuple[str, object]] = [
        ("--label", labels.label),
        ("--labels-from", labels.labels_from),
        ("--target", targets.target),
        ("--targets-from", targets.targets_from),
        ("--target-cols", targets.target_cols),
    ]
    if loss_command(asked).has_target and not labels.labels_from:
        sources.append(("--label-col", samples.label_col))
    given = [option for option, value in sources if value]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} contradict each other; give one of them")
    if labels.label:
        return read_typed_labels(labels.label)
    if targets.target:
        return read_typed_targets(targets.target)
    name = labels.labels_from or targets.targets_from
    if not name:
        return None
    from xentcli.readers import second
    from xentcli.readers.sources.copies import rereadable

    # The file is opened more than once.
    source = stack.enter_context(rereadable(named_source(name, asked)))
    open_second = second.open_labels if labels.labels_from else second.open_targets
    return open_second(source, request)


def named_source(name: str, asked: Asked) -> Source:
    """The source with that name; ``-`` is standard input."""
    return source_of(name, asked.reading.max_ratio)
