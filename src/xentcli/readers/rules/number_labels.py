"""Labels that are numbers in an array: which of them are classes, and what is wrong with others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xentcli.model import AnyArray
from xentcli.readers.rules import numbers_labels as cells


def number_labels(given: AnyArray, count: int, ignore_index: int) -> tuple[AnyArray, AnyArray]:
    """The labels as int64, and where they are none (0 stands there then)."""
    given = np.asarray(given, order="C")
    with np.errstate(invalid="ignore"):
        labels = given.astype(np.int64)
    # Where all are classes, as nearly always, two looks at them are enough.
    if given.size and np.array_equal(labels, given) and labels.min() >= 0 and labels.max() < count:
        return labels, np.zeros(labels.shape, dtype=bool)
    # Compared before they become int64, where 2**64 - 100 would turn into -100.
    known = (given >= 0) & (given < count) | (given == ignore_index)
    if given.dtype.kind == "f":
        known &= given == np.floor(given)
    return np.where(known, given, 0).astype(np.int64), ~known


def label_reason(
    value: Any, classes: Sequence[str], count: int, ignore_index: int
) -> cells.NotANumber:
    """Why a number or a text is no label."""
    shown = str(value)
    try:
        cells.label(shown, classes, count, ignore_index)
    except cells.NotANumber as error:
        return cells.NotANumber(error.reason.format(shown), error.hint)
    raise AssertionError(shown)
