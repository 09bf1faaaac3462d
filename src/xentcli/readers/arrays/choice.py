"""Chooses which array of an archive holds the values, and which the labels or soft targets: by
name, or, if only one array can be meant, by its type and shape. A choice by other than the
documented names is reported."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress

from xentcli.errors import DataError, Place, UsageError, quoted
from xentcli.model import Kind, NamedTuple, Remark
from xentcli.readers.arrays.stored import Archive, Stored, Unreadable
from xentcli.readers.interface import Request
from xentcli.readers.rules.keys import (
    LABEL_KEYS,
    TARGET_KEYS,
    expected_one,
    kind_keys_in,
    kind_of,
)
from xentcli.readers.rules.named_columns import list_names, suggest_names

# What other programs call values and labels.
USUAL_VALUES = ("outputs", "preds", "predictions", "y_pred", "scores")
USUAL_LABELS = ("y", "y_true")
# The name that savez gives to its first array without a name.
UNNAMED = "arr_0"
# Names of arrays of floats that are hardly logits, and of integers that are hardly labels.
NO_VALUES = re.compile(r"(?i)(.*[._])?(loss|losses|grads?|gradients?|weights?|bias|lr)")
NO_LABELS = re.compile(
    r"(?i)(.*[._])?(ids?|idx|index|indices|rows?|samples?|keys?|folds?|splits?|epochs?|steps?"
    r"|seeds?|times?|timestamps?|lengths?|masks?|attention_mask|preds?|predicted|predictions?"
    r"|y_pred|shape|sizes?)|.*I[dD]s?"
)


class Choice(NamedTuple):
    """The keys of the values and of the labels or soft targets (None where there are none), the
    kind of the values, and which keys were guessed."""

    values: str
    kind: Kind
    labels: str | None = None
    guessed_values: bool = False
    guessed_labels: bool = False


def choose_values(archive: Archive, request: Request, name: str) -> Choice:
    """Choose the key of the values."""
    keys = archive.keys
    if keys == ("",):
        return Choice("", request.kind or "logits")
    if request.logits_key is not None:
        key = _asked_key(keys, request.logits_key, "--logits-key", name)
        return Choice(key, kind_of(key, request.kind, Place(name)))
    present = kind_keys_in(keys)
    if len(present) == 1:
        return Choice(present[0], kind_of(present[0], request.kind, Place(name)))
    if keys == (UNNAMED,):
        return Choice(UNNAMED, request.kind or "logits")
    floats = _floats(archive)
    usual = [key for key in USUAL_VALUES if key in floats]
    likely = usual or ([key for key in floats if not NO_VALUES.fullmatch(key)])
    if present or len(likely) != 1 or (not usual and len(floats) != 1):
        raise DataError(
            expected_one(present),
            place=Place(name),
            hint=f"{list_names(keys, 'keys')}; --logits-key names one",
        )
    if request.kind is None and re.search("(?i)prob|softmax", likely[0]):
        raise UsageError(
            f"{name}: what are the numbers of {quoted(likely[0])}?",
            hint="say --input probs, --input log-probs or --input logits",
        )
    return Choice(likely[0], request.kind or "logits", guessed_values=True)


def choose_labels(
    choice: Choice, archive: Archive, request: Request, shape: tuple[int, ...], name: str
) -> Choice:
    """Choose the key of the labels or soft targets. ``shape`` is that of the values, classes
    second."""
    keys = archive.keys
    if request.attached is not None:
        return choice
    if request.label_key is not None:
        key = _asked_key(keys, request.label_key, "--label-key", name)
        return choice._replace(labels=key)
    for known, guessed in (((*LABEL_KEYS, *TARGET_KEYS), False), (USUAL_LABELS, True)):
        present = [key for key in known if key in keys and key != choice.values]
        if len(present) > 1:
            named = " and ".join(map(quoted, present))
            raise UsageError(
                f"{name}: {named} contradict each other; --label-key says which to take"
            )
        if present:
            return choice._replace(labels=present[0], guessed_labels=guessed)
    if len(_floats(archive)) != 1:
        return choice
    fitting = [
        key
        for key, stored in _outlines(archive).items()
        if key != choice.values
        and not stored.is_float
        and stored.shape == shape[:1] + shape[2:]
        and not NO_LABELS.fullmatch(key)
    ]
    if len(fitting) != 1:
        return choice
    return choice._replace(labels=fitting[0], guessed_labels=True)


def remarks_on(choice: Choice, name: str) -> tuple[Remark, ...]:
    """Return a note on the arrays that were guessed."""
    taken, options = [], []
    if choice.guessed_values:
        kind = choice.kind.replace("_", "-")
        taken.append(f"{quoted(choice.values)} is taken for the {kind}")
        options.append("--logits-key")
    if choice.guessed_labels and choice.labels is not None:
        taken.append(f"{quoted(choice.labels)} is taken for the labels")
        options.append("--label-key")
    if not taken:
        return ()
    names = "names another" if len(options) == 1 else "name others"
    message = f"{' and '.join(taken)} ({' and '.join(options)} {names})"
    return (Remark(message, Place(name)),)


def _outlines(archive: Archive) -> dict[str, Stored]:
    """Read the type and shape of each array that can be read."""
    found = {}
    for key in archive.keys:
        # An unreadable array is no candidate; if it is asked for, its error is raised.
        with suppress(Unreadable):
            found[key] = archive.outline(key)
    return found


def _floats(archive: Archive) -> list[str]:
    """Return the keys of arrays of floats that are more than a single number."""
    return [key for key, stored in _outlines(archive).items() if stored.is_float and stored.shape]


def _asked_key(keys: Sequence[str], key: str, option: str, name: str) -> str:
    if key not in keys:
        hint = suggest_names(key, keys, "keys")
        raise UsageError(f"{option}: {name} has no key {quoted(key)}", hint=hint)
    return key
