"""Reads texts as numbers and as labels, in the same way for every format."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from xentcli.errors import counted, quoted
from xentcli.model import AnyArray

NUMBER = re.compile(
    r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|nan|inf(?:inity)?)",
    re.IGNORECASE | re.ASCII,
)

# What other programs write for a missing number.
MISSING = ("na", "n/a", "#n/a", "null", "none", "nil", "-", "?", ".")
# By rounding, a computed probability may exceed 1, and a log-probability 0, by so much.
ROUNDING = 1e-9
# A yes/no question has two labels. It has no label to ignore, so one of the two stands there.
YES_OR_NO = (2, 0)
NOT_PROBABILITIES = "are these logits? Then leave out --probs or --input probs"
ALMOST_A_NUMBER = r"[+-]?[.,_' ]*\d[\d.,_' ]*(?:[eE][+-]?\d+)?%?"


class NotANumber(ValueError):
    """Says why a text is no number. ``hint`` says what to do; ``if_one_based`` is as in
    :class:`xentcli.errors.DataError`."""

    def __init__(self, reason: str, hint: str = "", if_one_based: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.if_one_based = if_one_based


def read_number(text: str, decimal: str = ".") -> float:
    """Read a number: a decimal or exponent form, nan, inf or infinity in any case, with or without
    a sign.

    Python's ``float`` would also take ``1_000`` and digits of other scripts, and read ``1e400`` as
    infinity.

    >>> read_number(" -5.2e1 ")
    -52.0
    """
    trimmed = text.strip(" \t")
    if decimal != ".":
        # A point would separate thousands there, so it is turned into what no number has.
        trimmed = trimmed.replace(".", "_").replace(decimal, ".")
    if not NUMBER.fullmatch(trimmed):
        raise NotANumber("cannot read {} as a number", _number_hint(trimmed, decimal))
    value = float(trimmed)
    if math.isinf(value) and "n" not in trimmed.lower():
        raise NotANumber("{} is too large for a 64-bit float", "write inf for infinity")
    return value


def looks_like_number(text: str) -> bool:
    """Whether a text is a number or meant as one (1,5 or 1_000), unlike a name or a date.

    >>> looks_like_number("1,5"), looks_like_number("2026-01-31"), looks_like_number("fox")
    (True, False, False)
    """
    trimmed = text.strip()
    return NUMBER.fullmatch(trimmed) is not None or bool(re.fullmatch(ALMOST_A_NUMBER, trimmed))


def _number_hint(text: str, decimal: str = ".") -> str:
    if not text:
        return "the value is missing"
    if decimal != ".":
        return "the decimal mark is the comma here; --decimal . says otherwise"
    if text.lower() in MISSING:
        return "write nan for a missing number; --on-error skip leaves such rows out"
    if re.fullmatch(r"[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?", text):
        return "is the comma a decimal mark? Then --decimal ,"
    if re.fullmatch(r"[+-]?[0-9][0-9_]*(?:\.[0-9_]+)?", text):
        return "leave out the underscores"
    return ""


def read_label(text: str, classes: Sequence[str], count: int, ignore_index: int) -> int:
    """Read a label: an index (2, or 2.0 as many programs write it), else the name of a class.

    >>> read_label("2.0", (), 3, -100), read_label("fox", ("cat", "dog", "fox"), 3, -100)
    (2, 2)
    """
    trimmed = text.strip(" \t")
    index = _index(trimmed)
    if index is not None:
        check_label(index, count, ignore_index)
        return index
    if list(classes).count(trimmed) > 1:
        raise NotALabel("{} is the name of several classes", "labels that are numbers are not")
    if trimmed in classes:
        return classes.index(trimmed)
    stripped = without_common_prefix(classes)
    if trimmed in stripped:
        return stripped.index(trimmed)
    # The columns are questions: their names do not name the answers.
    if (count, ignore_index) == YES_OR_NO and len(classes) != count:
        raise NotALabel("{} is neither 0 nor 1", "of a yes/no question, yes is 1 and no is 0")
    raise NotALabel(
        f"{{}} is not a class index{', nor the name of a class' if classes else ''}",
        _label_hint(trimmed, classes),
    )


def _index(text: str) -> int | None:
    """Read an integer, however it is written (2, 2.0, 2e0); None where the text is none."""
    if re.fullmatch(r"[+-]?[0-9]{1,60}", text, re.ASCII):
        return int(text)
    if not NUMBER.fullmatch(text):
        return None
    value = float(text)
    # From 2**53 on every float is an integer, but hardly the one that was meant; no label is so
    # large.
    return int(value) if value.is_integer() and abs(value) < 2**53 else None


def check_label(index: int, count: int, ignore_index: int) -> None:
    """Refuse an index that is no class."""
    if not 0 <= index < count and index != ignore_index:
        if (count, ignore_index) == YES_OR_NO:
            raise NotALabel(f"label {index} is neither 0 nor 1, which is what answers a question")
        raise NotALabel(
            f"label {index} is out of range for {counted(count, 'class', 'classes')}"
            f" (0 to {count - 1})",
            _range_hint(index, count),
            count if index == count else None,
        )


def label_for_nan(ignore_index: int) -> int:
    """Return a label for a sample whose values were set to nan. It is not the ignored one, so that
    the loss is nan."""
    return 1 if ignore_index == 0 else 0


def _range_hint(index: int, count: int) -> str:
    if count == 1:
        return "one column is a yes/no question, which xent bce takes; two, 0 and z, say the same"
    if index == count:
        return "labels count from 0; are these 1-based labels?"
    # Other programs write these for "no label".
    return f"--ignore-index {index} leaves such samples out" if index in (-1, 255) else ""


class NotALabel(NotANumber):
    """Says why a text is no label."""


def _label_hint(text: str, classes: Sequence[str]) -> str:
    if NUMBER.fullmatch(text):
        return "labels are integers that count the classes from 0"
    if not classes:
        return "name the classes with --classes to use names as labels"
    from difflib import get_close_matches

    near = get_close_matches(text, classes, 1) or get_close_matches(
        text, without_common_prefix(classes), 1
    )
    if near:
        return f"did you mean {quoted(near[0])}?"
    listed = ", ".join(quoted(name) for name in classes[:10])
    return f"the classes are {listed}" + (" …" if len(classes) > 10 else "")


def without_common_prefix(names: Sequence[str]) -> tuple[str, ...]:
    """Remove from the names the prefix that all of them share, such as ``logit_``.

    >>> without_common_prefix(["logit_cat", "logit_dog"])
    ('cat', 'dog')
    """
    if len(names) < 2:
        return tuple(names)
    first, last = min(names), max(names)
    shared = 0
    while shared < min(len(first), len(last)) and first[shared] == last[shared]:
        shared += 1
    # Only up to a separator: "cat" and "cow" share a letter, not a prefix.
    cut = max(first.rfind(mark, 0, shared) + 1 for mark in "_-.: /")
    return tuple(name[cut:] for name in names)


def find_unknown_labels(
    given: AnyArray, count: int, ignore_index: int
) -> tuple[AnyArray, AnyArray]:
    """Return the labels as int64 and a mask of those that are no label; these are set to 0."""
    given = np.asarray(given, order="C")
    with np.errstate(invalid="ignore"):
        labels = given.astype(np.int64)
    # Nearly always all are classes, and two passes over them are enough.
    if given.size and np.array_equal(labels, given) and labels.min() >= 0 and labels.max() < count:
        return labels, np.zeros(labels.shape, dtype=bool)
    # Compared before they become int64, in which 2**64 - 100 would turn into -100.
    known = (given >= 0) & (given < count) | (given == ignore_index)
    if given.dtype.kind == "f":
        known &= given == np.floor(given)
    return np.where(known, given, 0).astype(np.int64), ~known


def explain_unknown_label(
    value: Any, classes: Sequence[str], count: int, ignore_index: int
) -> NotANumber:
    """Return the reason why a number or a text is no label."""
    shown = str(value)
    try:
        read_label(shown, classes, count, ignore_index)
    except NotANumber as error:
        return NotANumber(error.reason.format(shown), error.hint, error.if_one_based)
    raise AssertionError(shown)
