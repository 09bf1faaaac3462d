"""Signs that a second file's labels or soft targets were matched with the wrong rows."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from xentcli.diagnosis.case import Case, classes_of
from xentcli.errors import counted, quoted, rounded
from xentcli.model.diagnosis import Finding

# With this many rows the accuracy by chance is within two standard deviations of its mean.
ENOUGH_ROWS = 30
MOST_ROWS = 5
DIGITS = 4

Mask = NDArray[np.bool_]


def no_better_than_chance(case: Case) -> Finding | None:
    """Report an accuracy that rows paired at random would have as well.

    If a share p_c of the predictions and a share y_c of the labels is class c, rows paired at
    random agree with probability Σ p_c·y_c.
    """
    if not case.second or case.classes == 1:
        return None
    kept = case.kept & np.isfinite(case.values).any(axis=1)
    rows = int(kept.sum())
    if not rows:
        return None
    predicted = case.values[kept].argmax(axis=1)
    meant = _meant(case)[kept]
    shares = [np.bincount(at, minlength=case.classes) / rows for at in (predicted, meant)]
    if max(shares[0].max(), shares[1].max()) == 1.0:
        # With a single class every order of the rows has the same accuracy.
        return None
    expected = float(np.add.reduce(shares[0] * shares[1]))
    right = int((predicted == meant).sum())
    spread = 2 * math.sqrt(expected * (1 - expected) / rows) if rows >= ENOUGH_ROWS else 0.0
    if right / rows >= expected + spread:
        return None
    return Finding(
        "no-better-than-chance",
        f"the accuracy is not above that of rows paired at random: are the labels of "
        f"{quoted(case.second)} those of these rows, in this order?",
        f"{right:,} of {counted(rows, 'row')} right, at random "
        f"{rounded(expected * rows, DIGITS)} would be",
    )


def ids_differ(case: Case) -> Finding | None:
    """Report rows that were matched by position although their ids differ."""
    if not case.ids_say:
        return None
    return Finding(
        "ids-differ",
        f"the rows of {quoted(case.second)} were matched by position, but their ids say otherwise",
        case.ids_say,
    )


def impossible_targets(case: Case) -> Finding | None:
    """Report rows whose target is a class of probability 0, so that the loss is infinite."""
    if not case.second:
        return None
    impossible = case.values == (0 if case.kind == "probs" else -np.inf)
    if case.soft is None:
        concerned = impossible[np.arange(case.samples), _meant(case)]
    else:
        concerned = (impossible & (case.soft > 0)).any(axis=1)
    at = np.flatnonzero(concerned & case.kept)
    if not at.size:
        return None
    return Finding(
        "impossible-targets",
        f"rows whose target in {quoted(case.second)} has probability 0: their loss is infinite; do "
        "the two files belong together?",
        f"{at.size:,} of {counted(case.samples, 'row')}",
        int(at.size),
        tuple(at[:MOST_ROWS].tolist()),
    )


def _meant(case: Case) -> NDArray[np.int64]:
    """Return the class of each row's target; class 0 for an ignored label that is no class."""
    if case.soft is not None:
        largest: NDArray[np.int64] = case.soft.argmax(axis=1)
        return largest
    return classes_of(case)
