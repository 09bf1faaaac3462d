"""The formulas that give a number, the likeliest first, and the chance of such a match.

The chance of a formula is a share of all numbers with as many digits, from half the number to its
double: of those that would match this formula or one that is no less likely. Where every third
number would, a match says little.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xentcli.core import elementary
from xentcli.core.layout import Array
from xentcli.diagnosis.mistakes.part import Part
from xentcli.diagnosis.printed_number import PrintedNumber
from xentcli.diagnosis.search.choices import TOGETHER, Formula, Kit, parts_of
from xentcli.model import NamedTuple

# Formulas whose values agree to this relative difference are the same on this input.
SAME = 1e-12

# A number that was cut, or worked out by hand, may be off by this many units of its last digit.
UNITS_BY_HAND = 2.0
# Such a near match counts only for a number of at least so many digits,
DIGITS_BY_HAND = 3
# and only if at most this share of all numbers would be as near to some formula.
CHANCE_BY_HAND = 0.02
# A sum in float32 may differ from a formula in float64 by this many units of its last bit.
FLOAT32_UNITS = 2.0
# A float32 cannot tell formulas apart that differ by no more than this.
UNSEEN = 1e-5
# Formulas of this tier or above, and those with a clip beside another departure, are less likely
# than a number that was cut.
FAR = 3
CLIPS = ("clip-", "add-")


class TriedFormula(NamedTuple):
    """A formula that was tried: its departures, how many, its tier, and its value for each run."""

    formula: Formula
    parts: tuple[Part, ...]
    departures: int
    tier: int
    values: tuple[float, ...]


class Trial(NamedTuple):
    """All formulas that were tried, likeliest first: one element or row of each array a formula.

    ``tier`` is the number of departures, and one more for each that is met hardly ever or needs a
    constant that the user did not give. ``clips``: whether the probabilities are clipped before the
    logarithm. ``slack``: that of the arithmetic. ``exponential``: whether the number is made of
    exponentials of losses.
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

    def at(self, place: int) -> TriedFormula:
        """Return the formula at that place."""
        formula = tuple(self.formulas[place].tolist())
        return TriedFormula(
            formula,
            parts_of(formula, self.kit),
            int(self.departures[place]),
            int(self.tier[place]),
            tuple(self.values[place].tolist()),
        )


class Matches(NamedTuple):
    """The places of the formulas that give every number, likeliest first.

    ``nearly`` are those of them that miss a number by a unit or two of its last digit.
    """

    places: list[int]
    nearly: frozenset[int] = frozenset()


def order_formulas(
    found: Sequence[Mapping[Formula, float]], kit: Kit, base_departures: int = 0
) -> Trial:
    """Order the formulas that all runs have; all of them have ``base_departures`` in common."""
    first, *others = found
    shared = [formula for formula in first if all(formula in run for run in others)]
    formulas = np.array(shared, dtype=np.intp).reshape(len(shared), len(kit))
    values = np.array([[run[formula] for run in found] for formula in shared])
    departures = base_departures + np.count_nonzero(formulas, axis=1)
    weight = _sum_over_departures(kit, formulas, lambda part: part.weight)
    by_hand = _sum_over_departures(kit, formulas, lambda part: int(part.by_hand))
    rank = _sum_over_departures(kit, formulas, lambda part: part.rank) - np.where(
        by_hand > 1, TOGETHER, 0
    )
    clips = _sum_over_departures(kit, formulas, lambda part: int(part.key.startswith(CLIPS))) > 0
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


def _sum_over_departures(
    kit: Kit, formulas: NDArray[np.intp], figure: Callable[[Part], int]
) -> NDArray[np.intp]:
    """Add up a figure over the departures of each formula."""
    total = np.zeros(len(formulas), dtype=np.intp)
    kinds: Sequence[tuple[Any, ...]] = kit
    for place, choices in enumerate(kinds):
        figures = np.array([0, *(figure(one.part) for one in choices[1:])])
        total += figures[formulas[:, place]]
    return total


def find_matches(trial: Trial, wanted: Sequence[PrintedNumber]) -> Matches:
    """Find the formulas that give every number; none whose departures include those of another.

    A formula of a single departure that misses by the last digit comes after the exact matches, but
    before those that add a clip or are as unlikely.
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


def _says_enough(trial: Trial, near: NDArray[np.intp], wanted: Sequence[PrintedNumber]) -> bool:
    """Whether few other numbers would come as near to some formula."""
    share = chance(trial, int(near[0]), wanted, nearly=True)
    return share is not None and share <= CHANCE_BY_HAND


def _reach(values: Array, wanted: PrintedNumber, slack: Array, plain: NDArray[np.bool_]) -> Array:
    """Return how far each formula's value may be from the number."""
    # A value halfway between two printed numbers is rounded to either: a last bit must not decide.
    reach = np.maximum(wanted.tolerance * (1 + 1e-9), slack * abs(wanted.value))
    if wanted.is_float32:
        # In float32 a formula gives the same but for the last bits. They are not forgiven where the
        # formula is so near to what was asked for that only these bits tell the two apart.
        with np.errstate(invalid="ignore"):
            apart = np.abs(values - values[0]) > UNSEEN * np.abs(values[0])
        units = FLOAT32_UNITS * float(np.spacing(np.float32(abs(wanted.value))))
        reach = np.where(plain & apart, np.maximum(reach, units), reach)
    return reach


def _lost_in_float32(wanted: PrintedNumber) -> float:
    """Return the error of an exponential of a loss in float32: exp(ℓ·(1 + δ)) is off by ℓ·δ."""
    if not wanted.unit or not 1.0 < wanted.value < np.inf:
        return 0.0
    return float(elementary.log(wanted.value)) * FLOAT32_UNITS * 2.0**-23 * wanted.value


def _fits(values: Array, wanted: PrintedNumber, reach: Array) -> NDArray[np.bool_]:
    if not np.isfinite(wanted.value):
        same: NDArray[np.bool_] = (values == wanted.value) | (
            np.isnan(values) & bool(np.isnan(wanted.value))
        )
        return same
    with np.errstate(invalid="ignore"):
        found: NDArray[np.bool_] = np.abs(values - wanted.value) <= reach
    return found


def find_coinciding(trial: Trial, best: int) -> list[int]:
    """Find formulas with the same values that are as simple, or have one departure more."""
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


def chance(
    trial: Trial, at: int, wanted: Sequence[PrintedNumber], *, nearly: bool = False
) -> float | None:
    """Return the share of numbers with as many digits that a formula as likely as this would match.

    For several runs it is a share of pairs of numbers, or of more. With ``nearly`` the last digit
    may differ. None where a number is 0 or not finite.
    """
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
