"""From the options to an opened input: what is typed, what is in a file, and what belongs to it."""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack

from xentcli import readers
from xentcli.errors import UsageError
from xentcli.model import Kind
from xentcli.options import Asked, KindName
from xentcli.readers.interface import Attached, Opened, Request, Wanted
from xentcli.readers.source import Source, named, rereadable
from xentcli.readers.typed import (
    OPTION_OF,
    check_swallowed,
    class_names,
    open_typed,
    typed_labels,
    typed_targets,
)
from xentcli.report.calculation import COMMANDS, Command

KINDS: dict[KindName, Kind] = {
    "logits": "logits",
    "probs": "probs",
    "log-probs": "log_probs",
}


def opened_input(asked: Asked, stack: ExitStack) -> Opened:
    """The input that a command was given; what ``stack`` holds must stay open while it is read."""
    command = COMMANDS[asked.command]
    typed = _typed(asked)
    request = _request(asked, command, typed)
    if typed is not None:
        texts, kind = typed
        opened = open_typed(texts, kind, request)
    else:
        source = _source(asked)
        if command.field == "grad" and asked.loss.reduction == "mean":
            # The denominator of the mean must be known before the first gradient.
            source = stack.enter_context(rereadable(source))
        opened = readers.open_input(source, request)
    _check(opened, command)
    return opened


def _typed(asked: Asked) -> tuple[list[str], Kind] | None:
    given: list[tuple[list[str] | None, Kind]] = [
        (asked.samples.logits, "logits"),
        (asked.kinds.probs, "probs"),
        (asked.kinds.log_probs, "log_probs"),
    ]
    typed = [(texts, kind) for texts, kind in given if texts]
    options = [OPTION_OF[kind] for _, kind in typed]
    for (texts, _), option in zip(typed, options, strict=True):
        check_swallowed(texts, option)
    if len(typed) > 1:
        raise UsageError(f"{' and '.join(options)} contradict each other; give one of them")
    if typed and asked.samples.file is not None:
        raise UsageError(f"{options[0]} and FILE contradict each other; give one of them")
    if typed and asked.kinds.input is not None:
        raise UsageError(f"--input says what FILE holds; {options[0]} says it already")
    return typed[0] if typed else None


def _request(asked: Asked, command: Command, typed: object) -> Request:
    wanted: Wanted = "none"
    if command.has_target:
        wanted = "labels or targets" if command.takes_soft else "labels"
    samples, labels, targets = asked.samples, asked.labels, asked.targets
    return Request(
        wanted=wanted,
        kind=KINDS[asked.kinds.input] if asked.kinds.input else None,
        input_format=samples.input_format,
        logit_cols=samples.logit_cols,
        label_col=samples.label_col,
        target_cols=targets.target_cols,
        weight_col=labels.weight_col,
        classes=class_names(samples.classes) if samples.classes else (),
        ignore_index=asked.loss.ignore_index,
        attached=_attached(asked),
        class_axis=asked.arithmetic.class_axis,
        keep_rows=asked.output.format == "csv" and not asked.output.quiet,
    )


def _attached(asked: Asked) -> Attached | None:
    label, target = asked.labels.label, asked.targets.target
    given = [
        name
        for name, value in (
            ("--label", label),
            ("--target", target),
            (
                "--label-col",
                asked.samples.label_col if COMMANDS[asked.command].has_target else None,
            ),
            ("--target-cols", asked.targets.target_cols),
        )
        if value
    ]
    if len(given) > 1:
        raise UsageError(f"{' and '.join(given)} contradict each other; give one of them")
    if label:
        return typed_labels(label)
    return typed_targets(target) if target else None


def _source(asked: Asked) -> Source:
    if asked.samples.file is not None:
        return named(asked.samples.file)
    if sys.stdin is None or os.isatty(sys.stdin.fileno()):
        raise UsageError(
            f"{asked.command} needs logits: type them with --logits, name a FILE, or pipe one in",
            hint=f'xent {asked.command} --logits "12.3,-5.2,31.4"'
            + (" --label 0" if COMMANDS[asked.command].has_target else ""),
        )
    return named("-")


def _check(opened: Opened, command: Command) -> None:
    if opened.kind not in command.kinds:
        kind = opened.kind.replace("_", "-")
        raise UsageError(f"{command.name} needs logits, but {opened.source} holds {kind}")
    if command.has_target and not opened.has_target:
        either = "--label or --target" if command.takes_soft else "--label"
        raise UsageError(
            f"{command.name} needs labels, and {opened.source} has none",
            hint=f"give {either}"
            + ("" if opened.source.startswith("--") else ", or --label-col to name their column"),
        )
