"""Opens the input: typed values, files, and the labels or targets that belong to them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from xentcli import readers
from xentcli.calculation.commands import COMMANDS, Command
from xentcli.errors import (
    LONGEST_VALUE,
    DataError,
    NoClasses,
    Place,
    UsageError,
    escaped,
    quoted,
)
from xentcli.model import Kind
from xentcli.options.asked import Asked
from xentcli.options.input import KindName
from xentcli.readers.interface import (
    EACH_SEQUENCE,
    Attached,
    KeepRecords,
    KeepRows,
    Opened,
    Request,
    SecondFile,
    Wanted,
)
from xentcli.readers.sources.source import Source, forget, is_remote, source_of
from xentcli.readers.sources.urls import local_path, without_secrets
from xentcli.readers.typed import (
    OPTION_OF,
    check_no_option,
    open_typed,
    read_class_names,
    read_typed_labels,
    read_typed_targets,
)
from xentcli.run.outputs import format_of
from xentcli.writers import Format

KINDS: dict[KindName, Kind] = {
    "logits": "logits",
    "probs": "probs",
    "log-probs": "log_probs",
}

# What is typed for numbers, and no name of a file.
_NUMBER = r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?"
NUMBERS = rf"\[*{_NUMBER}([\s,;]+{_NUMBER})*\]*"


def loss_command(asked: Asked) -> Command:
    """The command of the loss, for ``grad`` that of the loss whose gradient is asked for."""
    return COMMANDS[asked.gradient_of if asked.command == "grad" else asked.command]


def open_input(
    asked: Asked,
    stack: ExitStack,
    sources: Sequence[Source] | None = None,
    *,
    whole_samples: bool = False,
) -> Opened:
    """Open the input of a command. ``stack`` closes its files. ``sources`` are its files, where
    they are opened already; with ``whole_samples`` large samples are not read in pieces."""
    command = COMMANDS[asked.command]
    typed = _typed(asked)
    request = _request(asked, command, stack)
    if whole_samples:
        request = request._replace(divisible=False)
    if typed is not None:
        opened = open_typed(*typed, request)
    else:
        found = sources_of(asked) if sources is None else sources
        opened = _from_files(asked, command, request, stack, found)
    if command.name == "nll":
        from xentcli.run.tokens import is_column_of_tokens, take_as_tokens

        opened = take_as_tokens(opened) if is_column_of_tokens(opened) else opened
    _check(opened, asked)
    return opened


def names_of_inputs(asked: Asked) -> list[str]:
    """The names of all files that are read (standard input is ``-``), which no output may
    replace."""
    forget()
    second = [asked.labels.labels_from, asked.targets.targets_from]
    named_files = [local_path(name) for name in second if name is not None]
    if _typed(asked) is not None:
        return named_files
    from xentcli.readers.several import expand_names

    _refuse_numbers(asked)
    names = expand_names(asked.samples.file) if asked.samples.file else ["-"]
    if [*names, *named_files].count("-") > 1:
        raise UsageError("- stands twice: standard input can be read once")
    return [*names, *named_files]


def _refuse_numbers(asked: Asked) -> None:
    """Refuse numbers that were typed where a file is meant."""
    words = asked.samples.file or []
    if not words or any(not re.fullmatch(NUMBERS, word) or os.path.exists(word) for word in words):
        return
    option = "--logits"
    found = [float(text) for text in re.findall(r"[-+.\deE]+", " ".join(words))]
    kinds = COMMANDS[asked.command].kinds
    if "probs" in kinds and "." in "".join(words) and all(0 <= value <= 1 for value in found):
        option = "--probs"
    typed = f'{option} "{" ".join(words)}"'
    if len(words) == 2 and loss_command(asked).has_target and _are_beside(*words):
        whose = "--label" if words[1].isdecimal() else "--target"
        typed = f'{option} "{words[0]}" {whose} "{words[1]}"'
    raise DataError(
        "there is no such file",
        place=Place(without_secrets(words[0])),
        hint=f"numbers are typed with {typed}",
    )


def _are_beside(one: str, other: str) -> bool:
    """Whether of two words of numbers the second is likely to be what the first has to meet."""
    counts = [len(re.split(r"[\s,;]+", word)) for word in (one, other)]
    return counts[0] > 1 or (counts[1] == 1 and "." in one and other in ("0", "1"))


def _from_files(
    asked: Asked, command: Command, request: Request, stack: ExitStack, sources: Sequence[Source]
) -> Opened:
    # Typed values do without what finds and joins files.
    from xentcli.readers.several import join
    from xentcli.readers.sources.copies import rereadable

    inputs = []
    for source in sources:
        # The denominator of the mean must be known before the first gradient. And what is sent from
        # elsewhere must not wait for the work.
        if is_remote(source) or (command.field == "grad" and asked.loss.averages):
            source = stack.enter_context(rereadable(source))
        try:
            inputs.append(readers.open_input(source, request))
        except NoClasses as error:
            if inputs and request.wanted != "none":
                error.hint = (
                    "several files follow one another as one; a second file of labels is taken "
                    f"with --labels-from {escaped(source.name)}"
                )
            raise
    _check_same_ids(inputs)
    return join(inputs)


def _check_same_ids(inputs: Sequence[Opened]) -> None:
    """Refuse several files if only some have the ids that match them with a second file."""
    first = inputs[0]
    for other in inputs[1:]:
        keys = [one.attached and one.attached.join for one in (first, other)]
        names = [key.name if key else None for key in keys]
        if names[0] != names[1]:
            shown = ["by position" if name is None else f"by {quoted(name)}" for name in names]
            raise DataError(
                f"its rows would be matched {shown[1]}, those of {first.source} {shown[0]}",
                place=Place(other.source),
                hint="--on names the column of ids, --by-position does without",
            )


def rereadable_sources(asked: Asked, stack: ExitStack) -> list[Source]:
    """The files that were given, each that can be read only once copied first; empty where values
    are typed."""
    if _typed(asked) is not None:
        return []
    from xentcli.readers.sources.copies import rereadable

    return [stack.enter_context(rereadable(source)) for source in sources_of(asked)]


def sources_of(asked: Asked) -> list[Source]:
    """The files that were given, else standard input."""
    if asked.samples.file:
        from xentcli.readers.several import expand_names

        return [_source(name, asked) for name in expand_names(asked.samples.file)]
    if sys.stdin is None or os.isatty(sys.stdin.fileno()):
        example = f'xent {asked.command} --logits "12.3,-5.2,31.4"'
        raise UsageError(
            f"{asked.command} needs logits: type them with --logits, name a FILE, or pipe one in",
            hint=example + (" --label 0" if loss_command(asked).has_target else ""),
        )
    return [_source("-", asked)]


def _source(name: str, asked: Asked) -> Source:
    return source_of(name, asked.reading.max_ratio)


def _typed(asked: Asked) -> tuple[list[str], Kind] | None:
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
    for option in _about_files(asked):
        raise UsageError(f"{option} is about FILE; {options[0]} is typed")
    return typed[0]


def _hint_to_quote(texts: Sequence[str], files: Sequence[str], option: str) -> str:
    """A hint to quote the numbers, where the shell has split them at spaces."""
    words = [*texts, *files]
    numbers = all(re.fullmatch(r"[-+\d.,;eE\[\]]+", word) for word in words)
    return (
        f'quote the values: {option} "{escaped(" ".join(words), LONGEST_VALUE)}"' if numbers else ""
    )


def _about_files(asked: Asked) -> list[str]:
    """The options given that say how a file is to be read."""
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
            # A limit is one of a second file's as well.
            if name != "max_ratio"
        ),
    ]
    return [option for option, value in of_files if value not in (None, "stop")]


def _option_of(name: str, value: object) -> str:
    return f"--{'no-' if value is False else ''}{name.replace('_', '-')}"


def _request(asked: Asked, command: Command, stack: ExitStack) -> Request:
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
        # The second file's, where there is one with labels.
        label_col=None if labels.labels_from else samples.label_col,
        target_cols=targets.target_cols,
        weight_col=labels.weight_col,
        bytes_col=asked.sequences.bytes_col,
        classes=read_class_names(samples.classes) if samples.classes else (),
        # No answer of a yes/no question is left out: 0 is one of the two.
        ignore_index=0 if has_questions else asked.loss.ignore_index,
        each=each and not format.for_people,
        keep_rows=_kept_rows(format, command, asked) if each else None,
        keep_records=_kept_records(command) if each and format.records else None,
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
        second=_second(asked),
        divisible=_is_divisible(asked, format, each=each),
    )
    return request._replace(attached=_open_second(asked, request, stack))


def _is_divisible(asked: Asked, format: Format, *, each: bool) -> bool:
    """Whether the answer can be had from pieces of samples: not where a sample is written, looked
    at or counted as a whole."""
    is_counted = "batchmean" in loss_command(asked).reductions
    if is_counted or asked.check.check or asked.reading.rejects is not None:
        return False
    return not each or asked.output.quiet or not (format.records or format.rows_wait)


def _second(asked: Asked) -> SecondFile:
    """What the options say about the second file."""
    labels = asked.labels
    has_second = labels.labels_from is not None or asked.targets.targets_from is not None
    for option, given in (("--on", labels.on is not None), ("--by-position", labels.by_position)):
        if given and not has_second:
            raise UsageError(f"{option} is about a second file: --labels-from or --targets-from")
    if labels.on is not None and labels.by_position:
        raise UsageError("--on and --by-position contradict each other; give one of them")
    label_col = asked.samples.label_col if labels.labels_from else None
    return SecondFile(labels.on, labels.by_position, label_col)


def _kept_rows(format: Format, command: Command, asked: Asked) -> KeepRows | None:
    """Whether, and how far, the input's rows must be split for the output to pass them on."""
    if format.passes_on == "whole" and not asked.sequences.shift:
        return "lines" if command.field == "loss" else "around"
    # With --shift the label of another row takes the place of each row's own.
    return "cells" if format.passes_on else None


def _kept_records(command: Command) -> KeepRecords:
    """How much of the samples' records the output passes on. A loss is added to the values that it
    was computed from; any other answer takes their place."""
    return "whole" if command.field == "loss" else "rest"


def _open_second(asked: Asked, request: Request, stack: ExitStack) -> Attached | None:
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

    # It is looked at more than once.
    source = stack.enter_context(rereadable(_source(name, asked)))
    open_second = second.open_labels if labels.labels_from else second.open_targets
    return open_second(source, request)


def _check(opened: Opened, asked: Asked) -> None:
    command, measure = COMMANDS[asked.command], loss_command(asked)
    if opened.kind not in command.kinds:
        kind = opened.kind.replace("_", "-")
        needed = " or ".join(kind.replace("_", "-") for kind in command.kinds)
        raise UsageError(f"{command.name} needs {needed}, but {opened.source} holds {kind}")
    if not measure.has_target:
        return
    what = "a second distribution" if measure.name == "js" else "labels"
    if not opened.has_target:
        either = "--label or --target" if measure.takes_soft else "--label"
        column = ""
        if not opened.source.startswith("--"):
            column = ", or --label-col to name their column"
            column += " (soft targets: --target-cols)" if measure.takes_soft else ""
        have = "has"
        if len(asked.samples.file or ()) > 1:
            have = "have"
            column += "; a second file goes with --labels-from"
            column += " or --targets-from" if measure.takes_soft else ""
        hint = f"give {either}{column}"
        if measure.questions and opened.class_count > 1:
            options = "--target"
            if not opened.source.startswith("--"):
                options = "--target, --target-cols or --targets-from"
            hint = f"give a target for each of the {opened.class_count} columns: {options}"
        raise UsageError(f"{command.name} needs {what}, and {opened.source} {have} none", hint=hint)
    if opened.has_targets and not measure.takes_soft:
        raise UsageError(f"{command.name} needs labels, and {opened.source} has soft targets")
    if opened.class_count == 1 and measure.name in ("ce", "nll") and not opened.has_tokens:
        _refuse_one_column(opened, command)


def _refuse_one_column(opened: Opened, command: Command) -> None:
    """Refuse one column as classes: the softmax of one number is 1, so that nobody means this."""
    numbers, two = {
        "logits": ("logit", "two columns, 0 and the logit, say the same"),
        "probs": ("probability", "two columns, 1 − p and p, say the same"),
        "log_probs": ("log-probability", "two columns, log(1 − p) and log p, say the same"),
    }[opened.kind]
    asked = "grad --loss bce" if command.name == "grad" else "bce"
    raise UsageError(
        f"{command.name} compares classes, and {opened.source} has one {numbers} a sample",
        hint=f"xent {asked} takes it as a yes/no question with labels 0 and 1; {two}",
    )
