"""Which formulas give the number, which of them is the likeliest, and how much that says.

How much: of all numbers of as many digits that lie between half the number and its double, what
share would some formula match that is no less likely than this one? A match that every third number
would have says little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xentcli.core.layout import Array
from xentcli.diagnosis.mistakes.part import Part
from xentcli.diagnosis.printed_number import Got
from xentcli.diagnosis.search.choices import Formula, Kit, parts_of, rank
from xentcli.diagnosis.search.search import departures

# What is the same to so many digits is the same formula on this input.
SAME = 1e-12


class Tried(NamedTuple):
    """A formula that was tried, its value for each run, and where it stands among the others."""

    formula: Formula
    parts: tuple[Part, ...]
    departures: int
    rank: int
    values: tuple[float, ...]
    slack: float


class Trial(NamedTuple):
    """All formulas that were tried, likeliest first, and their values, a row a formula."""

    tried: list[Tried]
    values: Array


def trial(found: Sequence[Mapping[Formula, float]], kit: Kit, base_departures: int = 0) -> Trial:
    """The formulas that all runs have, in order; ``base_departures`` are what all of them share."""
    tried = []
    for formula in found[0]:
        if not all(formula in run for run in found[1:]):
            continue
        parts = parts_of(formula, kit)
        arithmetic = kit.arithmetics[formula[-1]]
        tried.append(
            Tried(
                formula,
                parts,
                departures(formula) + base_departures,
                rank(parts),
                tuple(run[formula] for run in found),
                arithmetic.slack,
            )
        )
    tried.sort(key=lambda one: (one.departures, one.rank))
    return Trial(tried, np.array([one.values for one in tried]).reshape(len(tried), len(found)))


def matching(trial: Trial, wanted: Sequence[Got]) -> list[int]:
    """The formulas that give every number, likeliest first; none that holds another of them."""
    fits = np.ones(len(trial.tried), dtype=bool)
    slack = np.array([one.slack for one in trial.tried])
    for run, one in enumerate(wanted):
        fits &= _fits(trial.values[:, run], one, slack)
    kept: list[int] = []
    for at in np.flatnonzero(fits):
        parts = set(trial.tried[at].parts)
        if not any(set(trial.tried[other].parts) < parts for other in kept):
            kept.append(int(at))
    return kept


def _fits(values: Array, wanted: Got, slack: Array) -> NDArray[np.bool_]:
    if not np.isfinite(wanted.value):
        same: NDArray[np.bool_] = (values == wanted.value) | (
            np.isnan(values) & bool(np.isnan(wanted.value))
        )
        return same
    # A number in the middle between two is rounded to either; a last bit must not decide.
    reach = np.maximum(wanted.tolerance * (1 + 1e-9), slack * abs(wanted.value))
    with np.errstate(invalid="ignore"):
        found: NDArray[np.bool_] = np.abs(values - wanted.value) <= reach
    return found


def coinciding(trial: Trial, best: int) -> list[int]:
    """Formulas that give the very same numbers and are as simple, or differ in one more part."""
    chosen = trial.tried[best]
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(trial.values - trial.values[best]) <= SAME * np.abs(trial.values[best])
    near |= trial.values == trial.values[best]
    near |= np.isnan(trial.values) & np.isnan(trial.values[best])
    found = []
    for at in np.flatnonzero(near.all(axis=1)):
        other = trial.tried[at]
        if at == best:
            continue
        one_more = set(chosen.parts) < set(other.parts) and (
            other.departures == chosen.departures + 1
        )
        if other.departures <= max(1, chosen.departures) or one_more:
            found.append(int(at))
    return found


def chance(trial: Trial, at: int, wanted: Sequence[Got]) -> float | None:
    """The share of numbers (or pairs of numbers, or more) of these digits that some formula as
    likely as this one would match; None where that has no meaning."""
    if any(not np.isfinite(one.value) or one.value == 0 for one in wanted):
        return None
    limit = trial.tried[at].departures, trial.tried[at].rank
    count = sum((one.departures, one.rank) <= limit for one in trial.tried)
    values = trial.values[:count]
    inside = np.isfinite(values).all(axis=1)
    share = 1.0
    for run, one in enumerate(wanted):
        size = values[:, run] / one.value
        with np.errstate(invalid="ignore"):
            inside &= (size >= 0.5) & (size <= 2.0)
        share *= min(1.0, 2.0 * one.tolerance / (1.5 * abs(one.value)))
    units = np.array([2.0 * one.tolerance for one in wanted])
    cells = np.unique(np.floor(values[inside] / units), axis=0)
    return float(min(1.0, len(cells) * share))
