"""Checks options against one another, and derives from them which numbers are to be computed."""

from __future__ import annotations

import os
from collections.abc import Sequence

import numpy as np

from xentcli.calculation.commands import COMMANDS, Calculation, Command
from xentcli.calculation.survey import SurveyRequest
from xentcli.core import framework
from xentcli.core.settings import Settings, check_settings
from xentcli.errors import ArgumentError, UsageError, escaped
from xentcli.options.asked import Asked
from xentcli.options.loss import Loss, Sequences
from xentcli.readers.interface import Opened
from xentcli.readers.typed import read_typed_weights
from xentcli.run.outputs import format_of
from xentcli.run.request import loss_command

# So many of the hardest samples are listed without --top.
HARDEST = 5
POSITIVE = "--pos-weight"
AVERAGES = ("mean", "batchmean")


def check_options(asked: Asked) -> None:
    """Refuse options that contradict each other or are out of range, and outputs without a name or
    with the same one: everything that is wrong whatever the input holds, before it is read."""
    _check_by_and_top(asked)
    _check_bytes(asked)
    _check_loss_options(asked, loss_command(asked))
    _check_settings(asked, None, None, 0)
    if asked.arithmetic.dtype != "float64" and asked.arithmetic.method == "textbook":
        raise UsageError("--dtype and --method textbook contradict each other; give one of them")
    output, save, rejects = asked.output.output, asked.output.save, asked.reading.rejects
    if "" in (output, save, rejects):
        raise UsageError("-o, --save and --rejects need the name of a file")
    if save is not None:
        from xentcli.writers.page.save import check_name

        check_name(save)
    if asked.reading.rejects is not None and asked.reading.on_error == "stop":
        raise UsageError("--rejects lists the rows that --on-error skip or nan met; give that too")
    if rejects == "-":
        raise UsageError("--rejects -: standard output is for the answer; name a file")
    _check_distinct([("-o", output), ("--save", save), ("--rejects", rejects)])


def _check_distinct(outputs: Sequence[tuple[str, str | None]]) -> None:
    """Refuse two outputs that are the same file."""
    options: dict[str, str] = {}
    for option, name in outputs:
        if name is None:
            continue
        place = os.path.realpath(name)
        if place in options:
            raise UsageError(f"{options[place]} and {option} name the same file, {escaped(name)}")
        options[place] = option


def _check_by_and_top(asked: Asked) -> None:
    """Refuse --by and --top where the format or --reduction leaves no room for their tables."""
    survey, reduction = asked.survey, asked.loss.reduction
    given = [name for name, value in survey._asdict().items() if value is not None]
    if not _has_groups(asked):
        given = [name for name in given if name != "by"]
    if not given:
        return
    if asked.output.quiet and asked.output.save is None:
        raise UsageError(
            f"--{given[0]} and --quiet contradict each other: that prints the answer alone",
            hint="--format csv is as plain, and --save FILE.html has room for it",
        )
    if "by" in given and reduction == "none":
        raise UsageError("--by gives a loss for each value of a column: a mean or a sum, not none")
    format = format_of(asked)
    if format.document or asked.output.quiet:
        return
    room = f"--format {format.name} has room for one"
    if len(given) > 1:
        raise UsageError(f"--by and --top are two tables, and {room}")
    if reduction == "none":
        raise UsageError(f"--top and --reduction none are two tables, and {room}")


def _has_groups(asked: Asked) -> bool:
    """Whether --by asks for the figures of each group. With --shift, and where no figures are
    shown, it only says which rows belong to one sequence."""
    quiet = asked.output.quiet and asked.output.save is None
    return not (asked.sequences.shift and (quiet or asked.loss.reduction == "none"))


def _check_bytes(asked: Asked) -> None:
    """Refuse bits per byte where the loss is no number of bits, or the format has no room for
    them."""
    sequences, loss = asked.sequences, asked.loss
    given = [("--bytes", sequences.bytes), ("--bytes-col", sequences.bytes_col)]
    options = [option for option, value in given if value is not None]
    if not options:
        return
    if len(options) > 1:
        raise UsageError("--bytes and --bytes-col contradict each other; give one of them")
    option = options[0]
    weighted = [
        ("--weight", loss.weight),
        ("--weight-col", asked.labels.weight_col),
        ("--label-smoothing", asked.smoothing.label_smoothing),
        ("--gamma", asked.focus.gamma),
    ]
    for other, value in weighted:
        if value:
            raise UsageError(
                f"{option} and {other} contradict each other: what is weighted or smoothed is no "
                "number of bits"
            )
    if loss.reduction == "none":
        raise UsageError(f"{option} goes with a mean or a sum, not with --reduction none")
    if asked.output.quiet and asked.output.save is None:
        raise UsageError(
            f"{option} and --quiet contradict each other: that prints the loss alone",
            hint="--format csv is as plain",
        )
    if asked.survey.top is not None and not (format_of(asked).document or asked.output.quiet):
        name = format_of(asked).name
        raise UsageError(f"{option} and --top are two tables, and --format {name} has room for one")
    if option == "--bytes" and asked.survey.by is not None:
        raise UsageError(
            "--bytes is of the whole input, and --by needs those of each group",
            hint="--bytes-col names a column of them",
        )


def wanted_survey(asked: Asked, opened: Opened) -> SurveyRequest | None:
    """The figures over many samples that are wanted; None if none would be shown."""
    by, top = asked.survey.by, asked.survey.top
    usual = HARDEST if _is_for_people(asked) and _is_file(opened) else 0
    if COMMANDS[asked.command].field != "loss" or not (by or top or usual):
        return None
    number = usual if top is None else top
    by = opened.by if _has_groups(asked) else ""
    return SurveyRequest(
        opened.source,
        opened.files > 1,
        number,
        top is not None,
        by,
        opened.by_sequence,
        _wants_error(asked, opened),
    )


def make_calculation(asked: Asked, opened: Opened) -> Calculation:
    """Check every setting, and make the calculation that the options ask for."""
    arithmetic, measure = asked.arithmetic, loss_command(asked)
    if asked.focus.gamma and opened.has_targets and not measure.questions:
        raise _gamma_error("soft targets")
    weight, pos_weight = _parse_weights(asked, opened)
    checked = _check_settings(asked, weight, pos_weight, opened.class_count)
    if opened.kind != "logits" and (arithmetic.temperature != 1.0 or arithmetic.dtype != "float64"):
        kind = opened.kind.replace("_", "-")
        raise UsageError(f"--temperature and --dtype work on logits, and these are {kind}")
    dtype = None if arithmetic.dtype == "float64" else arithmetic.dtype
    if dtype and checked.weight is not None:
        weight_in_dtype = framework.narrow(checked.weight, dtype).astype(np.float64)
        checked = checked._replace(weight=weight_in_dtype)
    return Calculation(
        COMMANDS[asked.command],
        checked,
        arithmetic.method,
        dtype,
        opened.class_axis in (-1, opened.dimensions + 1),
        asked.loss.base,
        want_accuracy=_wants_accuracy(asked, opened),
        gradient_of=measure if asked.command == "grad" else None,
        weighs_samples=asked.labels.weight_col is not None,
        bits_per_byte=asked.sequences._replace(shift=False) != Sequences(),
        bytes=asked.sequences.bytes,
        want_scores=_wants_scores(asked, opened),
        want_error=_wants_error(asked, opened),
    )


def _check_settings(
    asked: Asked,
    weight: Sequence[float] | None,
    pos_weight: Sequence[float] | None,
    class_count: int,
) -> Settings:
    """Check the numbers that a loss depends on; return them together."""
    try:
        return check_settings(
            weight,
            class_count,
            ignore_index=asked.loss.ignore_index,
            reduction=asked.loss.reduction,
            label_smoothing=asked.smoothing.label_smoothing,
            temperature=asked.arithmetic.temperature,
            reductions=loss_command(asked).reductions,
            pos_weight=pos_weight,
            gamma=asked.focus.gamma,
            alpha=asked.balance.alpha,
        )
    except ArgumentError as error:
        option = error.argument.replace("_", "-")
        raise UsageError(f"--{option}: {error.message}") from None


def _parse_weights(asked: Asked, opened: Opened) -> tuple[list[float] | None, list[float] | None]:
    """The weights of the classes or columns, and of each column's yes (--pos-weight)."""
    classes, count = opened.classes, opened.class_count
    weight, positive = asked.loss.weight, asked.balance.pos_weight
    # The number that diagnose explains may have been computed with negative weights, which PyTorch
    # accepts.
    signed = asked.command == "diagnose"
    found = read_typed_weights(weight, classes, count, signed=signed) if weight else None
    if not positive:
        return found, None
    single = len(positive) == 1 and not set(positive[0]) & set(",;= [")
    return found, read_typed_weights(
        positive * count if single else positive, classes, count, POSITIVE
    )


def _check_loss_options(asked: Asked, measure: Command) -> None:
    """Refuse options that the loss does not have. That matters for ``grad``, which lists the
    options of all losses; the other commands do not even list them."""
    given = [
        ("--label-smoothing", asked.smoothing.label_smoothing != 0.0),
        ("--weight", bool(asked.loss.weight)),
        ("--ignore-index", asked.loss.ignore_index != Loss().ignore_index),
        ("--gamma", asked.focus.gamma != 0.0),
        ("--alpha", asked.balance.alpha is not None),
        ("--pos-weight", bool(asked.balance.pos_weight)),
        ("--dtype", asked.arithmetic.dtype != "float64"),
        ("--method", asked.arithmetic.method != "stable"),
        ("--label", bool(asked.labels.label or asked.labels.labels_from)),
        ("--target", bool(asked.targets.target or asked.targets.targets_from)),
        ("--target-cols", bool(asked.targets.target_cols)),
    ]
    for option, is_given in given:
        if is_given and option in measure.without:
            raise UsageError(f"{option} is not for {measure.name}")
    if asked.focus.gamma and asked.smoothing.label_smoothing and not measure.questions:
        raise _gamma_error("--label-smoothing")


def _gamma_error(beside: str) -> UsageError:
    return UsageError(
        f"--gamma and {beside} contradict each other: p_t is the probability of one label",
        hint="xent bce takes targets from 0 to 1 with --gamma",
    )


def _wants_accuracy(asked: Asked, opened: Opened) -> bool:
    """Whether the accuracy would be shown, and the predictions are known."""
    if not opened.ranked:
        return False
    if _is_for_people(asked) or wanted_survey(asked, opened) is not None:
        return True
    return format_of(asked).document and asked.loss.reduction in AVERAGES


def _wants_scores(asked: Asked, opened: Opened) -> bool:
    """Whether the Brier score and the like would be shown, and a file has whole predictions to
    score."""
    if not opened.ranked or opened.has_tokens or not _is_file(opened):
        return False
    document = format_of(asked).document and asked.loss.reduction in AVERAGES
    return document or _is_for_people(asked)


def _wants_error(asked: Asked, opened: Opened) -> bool:
    """Whether a standard error would be shown, and the samples of a file all weigh the same.
    ``--weight`` of yes/no questions is no matter: it is not in the denominator of their mean."""
    loss = asked.loss
    has_weights = asked.labels.weight_col is not None
    if loss.weight and not loss_command(asked).questions:
        has_weights = True
    if has_weights or loss.reduction not in AVERAGES or not _is_file(opened):
        return False
    by_group = asked.survey.by is not None and _has_groups(asked)
    return by_group or format_of(asked).document or _is_for_people(asked)


def _is_file(opened: Opened) -> bool:
    """Whether the input is read from files; typed values have an option as their source."""
    return not opened.source.startswith("--")


def _is_for_people(asked: Asked) -> bool:
    """Whether the answer is shown to people, in a table or on a page."""
    return asked.output.save is not None or format_of(asked).for_people
