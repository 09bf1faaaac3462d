"""Opens the input: typed values or files, with the labels or targets that belong to them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from contextlib import ExitStack

from xentcli import readers
from xentcli.calculation.commands import COMMANDS, Command
from xentcli.errors import DataError, NoClasses, Place, UsageError, counted, escaped, quoted
from xentcli.options.asked import Asked
from xentcli.readers.interface import Opened, Request
from xentcli.readers.sources.source import Source, forget, is_remote
from xentcli.readers.sources.urls import local_path, without_secrets
from xentcli.readers.typed import open_typed
from xentcli.run.request import loss_command, make_request, named_source, typed_values

# Words that are numbers, and so are hardly the name of a file.
_NUMBER = r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?"
NUMBERS = rf"\[*{_NUMBER}([\s,;]+{_NUMBER})*\]*"


def open_input(
    asked: Asked,
    stack: ExitStack,
    sources: Sequence[Source] | None = None,
    *,
    whole_samples: bool = False,
) -> Opened:
    """Open the input of a command. ``stack`` closes its files. ``sources`` are its files, if they
    are known already; with ``whole_samples``, large samples are not read in pieces."""
    command = COMMANDS[asked.command]
    typed = typed_values(asked)
    request = make_request(asked, command, stack)
    if whole_samples:
        request = request._replace(divisible=False)
    if typed is not None:
        opened = open_typed(*typed, request)
    else:
        found = choose_sources(asked) if sources is None else sources
        opened = _open_files(asked, command, request, stack, found)
    if command.name == "nll":
        from xentcli.run.tokens import is_column_of_tokens, take_as_tokens

        opened = take_as_tokens(opened) if is_column_of_tokens(opened) else opened
    _check_opened(opened, asked)
    return opened


def names_of_inputs(asked: Asked) -> list[str]:
    """The names of all files that are read, which no output may overwrite. Standard input is
    ``-``."""
    forget()
    second = [asked.labels.labels_from, asked.targets.targets_from]
    named_files = [local_path(name) for name in second if name is not None]
    if typed_values(asked) is not None:
        return named_files
    from xentcli.readers.several import expand_names

    _refuse_numbers(asked)
    names = expand_names(asked.samples.file) if asked.samples.file else ["-"]
    if [*names, *named_files].count("-") > 1:
        raise UsageError("- stands twice: standard input can be read once")
    return [*names, *named_files]


def _refuse_numbers(asked: Asked) -> None:
    """Refuse numbers in the place of the names of files, and say how numbers are typed."""
    words = asked.samples.file or []
    if not words or any(not re.fullmatch(NUMBERS, word) or os.path.exists(word) for word in words):
        return
    option = "--logits"
    found = [float(text) for text in re.findall(r"[-+.\deE]+", " ".join(words))]
    kinds = COMMANDS[asked.command].kinds
    if "probs" in kinds and "." in "".join(words) and all(0 <= value <= 1 for value in found):
        option = "--probs"
    typed = f'{option} "{" ".join(words)}"'
    if len(words) == 2 and loss_command(asked).has_target and _are_values_and_target(*words):
        whose = "--label" if words[1].isdecimal() else "--target"
        typed = f'{option} "{words[0]}" {whose} "{words[1]}"'
    raise DataError(
        "there is no such file",
        place=Place(without_secrets(words[0])),
        hint=f"numbers are typed with {typed}",
    )


def _are_values_and_target(one: str, other: str) -> bool:
    """Whether, of two words of numbers, the second is likely to be the label or target of the
    first."""
    counts = [len(re.split(r"[\s,;]+", word)) for word in (one, other)]
    return counts[0] > 1 or (counts[1] == 1 and "." in one and other in ("0", "1"))


def _open_files(
    asked: Asked, command: Command, request: Request, stack: ExitStack, sources: Sequence[Source]
) -> Opened:
    # Imported here, because typed values do not need it.
    from xentcli.readers.several import join
    from xentcli.readers.sources.copies import rereadable

    inputs: list[Opened] = []
    for source in sources:
        if len(sources) > 1 and request.attached is not None:
            taken = sum(opened.share[0] for opened in inputs if opened.share is not None)
            request = request._replace(first_label=taken)
        # The gradient of a mean needs two passes, the first for the denominator. And a remote
        # sender must not be kept waiting by the work.
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
    _check_shares(inputs, request)
    return join(inputs)


def _check_same_ids(inputs: Sequence[Opened]) -> None:
    """Refuse several files that would be matched with a second file in different ways: by different
    ids, or some by ids and some by position."""
    first = inputs[0]
    for other in inputs[1:]:
        keys = [opened.attached and opened.attached.join for opened in (first, other)]
        names = [key.name if key else None for key in keys]
        if names[0] != names[1]:
            shown = ["by position" if name is None else f"by {quoted(name)}" for name in names]
            raise DataError(
                f"its rows would be matched {shown[1]}, those of {first.source} {shown[0]}",
                place=Place(other.source),
                hint="--on names the column of ids, --by-position does without",
            )


def _check_shares(inputs: Sequence[Opened], request: Request) -> None:
    """Refuse labels or targets by position for files of which only some are read whole, as how many
    the others take is not known yet; and refuse more than all files take."""
    shares = [opened.share for opened in inputs if opened.share is not None]
    attached = request.attached
    if attached is None or not shares:
        return
    place = Place(attached.origin.source)
    what = "label" if attached.labels is not None else "soft target"
    if len(shares) < len(inputs):
        whole = next(opened.source for opened in inputs if opened.share is not None)
        other = next(opened for opened in inputs if opened.share is None)
        reason = "ids match" if other.attached is None else "is read row by row"
        raise DataError(
            f"its {what}s cannot be shared by position between {whole} and {other.source}, "
            f"which {reason}",
            place=place,
            hint="an id in each file matches them; so does one format for all",
        )
    taken = sum(count for count, _ in shares)
    if taken < shares[0][1]:
        message = f"{counted(shares[0][1], what)} for {counted(taken, 'sample')}"
        raise DataError(message, place=place)


def open_rereadable_sources(asked: Asked, stack: ExitStack) -> list[Source]:
    """The input files, with a copy of each that can be read only once; none if values are typed."""
    if typed_values(asked) is not None:
        return []
    from xentcli.readers.sources.copies import rereadable

    return [stack.enter_context(rereadable(source)) for source in choose_sources(asked)]


def choose_sources(asked: Asked) -> list[Source]:
    """The files that the command line names; standard input if it names none."""
    if asked.samples.file:
        from xentcli.readers.several import expand_names

        return [named_source(name, asked) for name in expand_names(asked.samples.file)]
    if sys.stdin is None or os.isatty(sys.stdin.fileno()):
        example = f'xent {asked.command} --logits "12.3,-5.2,31.4"'
        raise UsageError(
            f"{asked.command} needs logits: type them with --logits, name a FILE, or pipe one in",
            hint=example + (" --label 0" if loss_command(asked).has_target else ""),
        )
    return [named_source("-", asked)]


def _check_opened(opened: Opened, asked: Asked) -> None:
    """Refuse an input that holds another kind of numbers than the command takes, or that lacks what
    the loss is computed against."""
    command, measure = COMMANDS[asked.command], loss_command(asked)
    if opened.kind not in command.kinds:
        kind = opened.kind.replace("_", "-")
        needed = " or ".join(kind.replace("_", "-") for kind in command.kinds)
        raise UsageError(f"{command.name} needs {needed}, but {opened.source} holds {kind}")
    if not measure.has_target:
        return
    distributions = {"kl": "a target distribution", "js": "a second distribution"}
    what = distributions.get(measure.name, "labels")
    if not opened.has_target:
        either = "--label or --target" if measure.takes_soft else "--label"
        have, hint = "has", f"give {either}"
        if len(asked.samples.file or ()) > 1:
            have = "have"
        if not opened.source.startswith("--"):
            hint += _hint_at_columns(opened, asked)
        if measure.questions and opened.class_count > 1:
            options = "--target"
            if not opened.source.startswith("--"):
                columns = ", --target-cols" if opened.has_columns else ""
                options = f"--target{columns} or --targets-from"
            hint = f"give a target for each of the {opened.class_count} columns: {options}"
        raise UsageError(f"{command.name} needs {what}, and {opened.source} {have} none", hint=hint)
    if opened.has_targets and not measure.takes_soft:
        raise UsageError(f"{command.name} needs labels, and {opened.source} has soft targets")
    if measure.questions and command.name != "diagnose":
        _check_labels_of_questions(opened)
    if opened.class_count == 1 and measure.name in ("ce", "nll") and not opened.has_tokens:
        _refuse_one_column(opened, command)


def _check_labels_of_questions(opened: Opened) -> None:
    """Refuse one label a row for several questions before any row is read: otherwise the blocks
    would decide whether that comes before an error of a later row."""
    if opened.class_count == 1 or not opened.has_label_a_row:
        return
    attached = opened.attached
    apart = attached is not None and attached.labels is not None
    raise DataError(
        f"1 label for {opened.class_count} questions a sample",
        place=Place(attached.origin.source if attached is not None and apart else opened.source),
        hint="several columns take a target each: --target, --targets-from or --target-cols",
    )


def _hint_at_columns(opened: Opened, asked: Asked) -> str:
    """The end of the hint for files without labels: the options for labels in files."""
    takes_soft = loss_command(asked).takes_soft
    second = "--labels-from" + (" or --targets-from" if takes_soft else "")
    if not opened.has_columns:
        return f", or a second file with {second}"
    hint = ", or --label-col to name their column"
    hint += " (soft targets: --target-cols)" if takes_soft else ""
    if len(asked.samples.file or ()) > 1:
        hint += f"; a second file goes with {second}"
    return hint


def _refuse_one_column(opened: Opened, command: Command) -> None:
    """Refuse a single column of classes: the softmax of one number is always 1, which nobody
    means."""
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
