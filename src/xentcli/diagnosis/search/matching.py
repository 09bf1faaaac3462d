"""Which formulas give the number, which of them is the likeliest, and how much that says.

How much: of all numbers of as many digits that lie between half the number and its double, what
share would some formula match that is no less likely than this one? A match that every third number
would have says little.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xentcli.core import elementary
from xentcli.core.layout import Array
from xentcli.diagnosis.mistakes.part import Part
from xentcli.diagnosis.printed_number import Got
from xentcli.diagnosis.search.choices import TOGETHER, Formula, Kit, parts_of
from xentcli.model import NamedTuple

# What is the same to so many digits is the same formula on this input.
SAME = 1e-12


# By so many units of its last digit a number may be off that was cut or worked by hand.
UNITS_BY_HAND = 2.0
# A number of fewer digits says too little for that.
DIGITS_BY_HAND = 3
# So many numbers may be as near to some formula by chance.
CHANCE_BY_HAND = 0.02
# By so many units of a float32's last bit sums in float32 are off, of formulas in float64.
FLOAT32_UNITS = 2.0
# Formulas no further apart than this are not told apart by a float32.
UNSEEN = 1e-5
# Formulas of so high a tier, and those to which a clip is added, are less likely than a number
# that was cut.
FAR = 3
CLIPS = ("clip-", "add-")


class Tried(NamedTuple):
    """A formula that was tried, its parts, its value for each run, and where it stands."""

    formula: Formula
    parts: tuple[Part, ...]
    departures: int
    tier: int
    values: tuple[float, ...]


class Trial(NamedTuple):
    """All formulas that were tried, likeliest first, an element or a row of each array a formula.

    ``tier`` is what it takes to be true: as many mistakes as it has departures, and one more for
    each of them that is met hardly ever, or is a constant that nobody told. ``clips`` says that
    something is done to the probabilities before the logarithm; ``slack`` is the arithmetic's;
    ``exponential`` says that the number is an exponential of losses.
    """

    kit: Kit
    formulas: NDArray[np.intp]
    departures: NDArray[np.intp]
    tier: NDArray[np.intp]
    rank: NDArray[np.intp]
    clips: NDArray[np.bool_]
    slack: Array
    exponential: NDArray[np.bool_]
    values: Array

    def at(self, place: int) -> Tried:
        """One of them."""
        formula = tuple(self.formulas[place].tolist())
        return Tried(
            formula,
            parts_of(formula, self.kit),
            int(self.departures[place]),
            int(self.tier[place]),
            tuple(self.values[place].tolist()),
        )


class Matches(NamedTuple):
    """The formulas that give every number, likeliest first; ``nearly`` are those of them that give
    it but for its last digit or two."""

    places: list[int]
    nearly: frozenset[int] = frozenset()


def trial(found: Sequence[Mapping[Formula, float]], kit: Kit, base_departures: int = 0) -> Trial:
    """The formulas that all runs have, in order; ``base_departures`` are what all of them share."""
    first, *others = found
    shared = [formula for formula in first if all(formula in run for run in others)]
    formulas = np.array(shared, dtype=np.intp).reshape(len(shared), len(kit))
    values = np.array([[run[formula] for run in found] for formula in shared])
    departures = base_departures + np.count_nonzero(formulas, axis=1)
    weight = _summed(kit, formulas, lambda part: part.weight)
    by_hand = _summed(kit, formulas, lambda part: int(part.by_hand))
    rank = _summed(kit, formulas, lambda part: part.rank) - np.where(by_hand > 1, TOGETHER, 0)
    clips = _summed(kit, formulas, lambda part: int(part.key.startswith(CLIPS))) > 0
    slack = np.array([one.slack for one in kit.arithmetics])[formulas[:, -1]]
    kinds = (("scales", kit.scales), ("reductions", kit.reductions))
    exponential = np.zeros(len(shared), dtype=bool)
    for kind, choices in kinds:
        are = np.array([one.is_exponential for one in choices])
        exponential |= are[formulas[:, Kit._fields.index(kind)]]
    order = np.lexsort((rank, weight))
    return Trial(
        kit,
        formulas[order],
        departures[order],
        base_departures + weight[order],
        rank[order],
        clips[order],
        slack[order],
        exponential[order],
        values[order],
    )


def _summed(
    kit: Kit, formulas: NDArray[np.intp], figure: Callable[[Part], int]
) -> NDArray[np.intp]:
    """A figure of each formula's departures, added up."""
    total = np.zeros(len(formulas), dtype=np.intp)
    kinds: Sequence[tuple[Any, ...]] = kit
    for place, choices in enumerate(kinds):
        figures = np.array([0, *(figure(one.part) for one in choices[1:])])
        total += figures[formulas[:, place]]
    return total


def matching(trial: Trial, wanted: Sequence[Got]) -> Matches:
    """The formulas that give every number; none that holds another of them.

    One of a single departure that misses by the last digit comes before those that add a clip or
    are as unlikely, and after all others that hit.
    """
    exact = np.ones(len(trial.values), dtype=bool)
    near = trial.tier <= 1
    plain = (trial.departures > 0) & (trial.slack == 0)
    for run, one in enumerate(wanted):
        reach = _reach(trial.values[:, run], one, trial.slack, plain)
        reach = reach + np.where(trial.exponential, _lost_in_float32(one), 0.0)
        exact &= _fits(trial.values[:, run], one, reach)
        by_hand = one.unit * UNITS_BY_HAND if one.digits >= DIGITS_BY_HAND else 0.0
        near &= _fits(trial.values[:, run], one, np.maximum(reach, by_hand * (1 + 1e-9)))
    near &= ~exact
    if near.any() and not _says_enough(trial, np.flatnonzero(near), wanted):
        near[:] = False
    is_farther = (trial.clips & (trial.departures > 1)) | (trial.tier >= FAR)
    group = np.where(near, 1, np.where(is_farther, 2, 0))
    places = np.flatnonzero(exact | near)
    kept: list[int] = []
    parts: list[frozenset[Part]] = []
    for at in places[np.argsort(group[places], kind="stable")].tolist():
        own = frozenset(trial.at(at).parts)
        if not any(others < own for others in parts):
            kept.append(at)
            parts.append(own)
    return Matches(kept, frozenset(at for at in kept if near[at]))


def _says_enough(trial: Trial, near: NDArray[np.intp], wanted: Sequence[Got]) -> bool:
    """Whether few numbers would be as near to some formula."""
    share = chance(trial, int(near[0]), wanted, nearly=True)
    return share is not None and share <= CHANCE_BY_HAND


def _reach(values: Array, wanted: Got, slack: Array, plain: NDArray[np.bool_]) -> Array:
    """How far each formula may be from the number."""
    # A number in the middle between two is rounded to either; a last bit must not decide.
    reach = np.maximum(wanted.tolerance * (1 + 1e-9), slack * abs(wanted.value))
    if wanted.is_float32:
        # In float32 a formula gives what it gives here but for the last bits. Where it gives next
        # to what is asked for, these bits are what tells it from that.
        with np.errstate(invalid="ignore"):
            apart = np.abs(values - values[0]) > UNSEEN * np.abs(values[0])
        units = FLOAT32_UNITS * float(np.spacing(np.float32(abs(wanted.value))))
        reach = np.where(plain & apart, np.maximum(reach, units), reach)
    return reach


def _lost_in_float32(wanted: Got) -> float:
    """What an exponential makes of the last bits of a loss in float32: exp(ℓ·(1 + δ)) is off by
    ℓ·δ of itself."""
    if not wanted.unit or not 1.0 < wanted.value < np.inf:
        return 0.0
    return float(elementary.log(wanted.value)) * FLOAT32_UNITS * 2.0**-23 * wanted.value


def _fits(values: Array, wanted: Got, reach: Array) -> NDArray[np.bool_]:
    if not np.isfinite(wanted.value):
        same: NDArray[np.bool_] = (values == wanted.value) | (
            np.isnan(values) & bool(np.isnan(wanted.value))
        )
        return same
    with np.errstate(invalid="ignore"):
        found: NDArray[np.bool_] = np.abs(values - wanted.value) <= reach
    return found


def coinciding(trial: Trial, best: int) -> list[int]:
    """Formulas that give the very same numbers and are as simple, or differ in one more part."""
    chosen = trial.at(best)
    with np.errstate(invalid="ignore", over="ignore"):
        near = np.abs(trial.values - trial.values[best]) <= SAME * np.abs(trial.values[best])
    near |= trial.values == trial.values[best]
    near |= np.isnan(trial.values) & np.isnan(trial.values[best])
    found = []
    for at in np.flatnonzero(near.all(axis=1)).tolist():
        other = trial.at(at)
        if at == best:
            continue
        one_more = set(chosen.parts) < set(other.parts) and (other.tier == chosen.tier + 1)
        if other.tier <= max(1, chosen.tier) or one_more:
            found.append(at)
    return found


def chance(trial: Trial, at: int, wanted: Sequence[Got], *, nearly: bool = False) -> float | None:
    """The share of numbers (or pairs of numbers, or more) of these digits that some formula as
    likely as this one would match, or would but for the last digit; None where that has no
    meaning."""
    if any(not np.isfinite(one.value) or one.value == 0 for one in wanted):
        return None
    likelier = trial.tier < trial.tier[at]
    likelier |= (trial.tier == trial.tier[at]) & (trial.rank <= trial.rank[at])
    values = trial.values[likelier]
    inside = np.isfinite(values).all(axis=1)
    share = 1.0
    for run, one in enumerate(wanted):
        size = values[:, run] / one.value
        with np.errstate(invalid="ignore"):
            inside &= (size >= 0.5) & (size <= 2.0)
        width = 2.0 * (one.unit * UNITS_BY_HAND if nearly else one.tolerance)
        share *= min(1.0, width / (1.5 * abs(one.value)))
    units = np.array([2.0 * one.tolerance for one in wanted])
    cells = np.unique(np.floor(values[inside] / units), axis=0)
    return float(min(1.0, len(cells) * share))
