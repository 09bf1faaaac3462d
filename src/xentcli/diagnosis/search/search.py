"""The values of all formulas of so many departures, each step's results shared among them.

What a formula is made of is worked out in stages: the terms (reading, temperature, clip, logarithm,
arithmetic), each row's loss (pick, smoothing, weighting, ignoring), and the number (reduction,
base, sign). A stage is done once for all formulas that begin alike.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, product
from operator import add
from typing import NamedTuple

import numpy as np

from xentcli.core import elementary
from xentcli.core.layout import Array
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.ignored_labels import counted
from xentcli.diagnosis.mistakes.pick import Picked
from xentcli.diagnosis.mistakes.terms import Read, Terms, terms
from xentcli.diagnosis.search.choices import Formula, Kit

TERMS = ("readings", "temperatures", "clips", "logarithms", "arithmetics")
ROWS = ("picks", "smoothings", "weightings", "ignorings")
NUMBER = ("logarithms", "reductions", "signs")
# Of what formulas share, so many numbers are kept for the next one.
MOST_KEPT = 20_000_000


class Weighted(NamedTuple):
    """w·q and q of each row, what its loss is multiplied by, and its share."""

    products: Array
    target: Array
    rows: Array
    share: Array


class Stage(NamedTuple):
    """The choices of some kinds, how many of them depart, and the sum of these parts' ranks."""

    formula: Formula
    departures: int
    rank: int


class Depth(NamedTuple):
    """How far to look: from ``least`` to ``most`` departures, of ``most`` only up to a rank."""

    most: int
    least: int = 0
    rank: int = 1000

    def holds(self, departures: int, rank: int) -> bool:
        """Whether a formula may still be, or become, one of those."""
        return departures < self.most or (departures == self.most and rank <= self.rank)


class Search:
    """The formulas of a run, and what they share."""

    def __init__(self, case: Case, kit: Kit) -> None:
        self.case = case
        self.kit = kit
        self._targets: dict[Formula, Weighted | None] = {}
        self._reads: dict[tuple[int, int, int], Read] = {}
        self._kept = 0
        self._picked: dict[int, Picked | None] = {}
        self._endings: dict[tuple[Depth, int, int, bool], list[Formula]] = {}

    def values(self, depth: Depth) -> dict[Formula, float]:
        """Each formula of that depth with its value."""
        found: dict[Formula, float] = {}
        middles = stages(self.kit, ROWS, depth.most)
        following: dict[tuple[int, int], list[Stage]] = {}
        with np.errstate(all="ignore"):
            for beginning in stages(self.kit, TERMS, depth.most):
                key = beginning.departures, beginning.rank
                if _base_in(beginning.formula, self.kit) or not depth.holds(*key):
                    continue
                if key not in following:
                    following[key] = [two for two in middles if depth.holds(*_sums(beginning, two))]
                self._follow(beginning, following[key], depth, found)
        return found

    def _follow(
        self,
        beginning: Stage,
        middles: Sequence[Stage],
        depth: Depth,
        found: dict[Formula, float],
    ) -> None:
        at = _named(beginning.formula)
        known = self._terms(at)
        arithmetic = self.kit.arithmetics[at["arithmetics"]]
        has_logarithm = at["logarithms"] == 0
        for middle in middles:
            ends = self._ends(depth, *_sums(beginning, middle), has_logarithm)
            weighted = self._weighted(middle.formula) if ends else None
            if weighted is None:
                continue
            losses = self._losses(middle.formula, weighted, known)
            cache: dict[int, float] = {}
            begun = _together(beginning.formula, middle.formula)
            for end in ends:
                formula = _together(begun, end)
                value = self._number(formula, losses, weighted, cache)
                found[formula] = arithmetic.result(value) + 0.0

    def _ends(self, depth: Depth, count: int, rank: int, has_logarithm: bool) -> list[Formula]:
        """How a formula that has so many departures already can end. It has one logarithm at most,
        and that it has none is known from the terms on."""
        key = depth, count, rank, has_logarithm
        if key not in self._endings:
            self._endings[key] = [
                end.formula
                for end in stages(self.kit, NUMBER, depth.most - count)
                if count + end.departures >= depth.least
                and depth.holds(count + end.departures, rank + end.rank)
                and self.kit.logarithms[end.formula[_LOGARITHM]].of_base is not None
                and (has_logarithm or end.formula[_LOGARITHM] == 0)
            ]
        return self._endings[key]

    def _terms(self, at: dict[str, int]) -> Terms:
        kit = self.kit
        key = at["readings"], at["temperatures"], at["arithmetics"]
        read = self._reads.get(key)
        if read is None:
            read = Read(
                self.case,
                kit.readings[at["readings"]],
                kit.temperatures[at["temperatures"]].factor,
                kit.arithmetics[at["arithmetics"]],
            )
            if self._keeps(2 * self.case.values.size):
                self._reads[key] = read
        return terms(read, kit.clips[at["clips"]], kit.logarithms[at["logarithms"]])

    def _keeps(self, size: int) -> bool:
        """Whether so many numbers more may be kept."""
        if self._kept + size > MOST_KEPT:
            return False
        self._kept += size
        return True

    def _weighted(self, middle: Formula) -> Weighted | None:
        if middle in self._targets:
            return self._targets[middle]
        found = self._weighted_anew(middle)
        size = 0 if found is None else found.products.size + found.target.size
        if self._keeps(size):
            self._targets[middle] = found
        return found

    def _weighted_anew(self, middle: Formula) -> Weighted | None:
        at = _named(middle)
        pick = at["picks"]
        if pick not in self._picked:
            self._picked[pick] = self.kit.picks[pick].picked(self.case)
        picked = self._picked[pick]
        if picked is None:
            return None
        eps = self.case.settings.label_smoothing
        target = self.kit.smoothings[at["smoothings"]].of(picked.target, eps) if eps else None
        target = picked.target if target is None else target
        weights = self.kit.weightings[at["weightings"]].weights(self.case, picked.classes)
        one = bool((weights.classes == 1.0).all())
        products = target if one else weights.classes * target
        in_share = counted(self.case, self.kit.ignorings[at["ignorings"]].has_share)
        return Weighted(products, target, weights.rows, np.where(in_share, weights.share, 0.0))

    def _losses(self, middle: Formula, weighted: Weighted, known: Terms) -> Array:
        at = _named(middle)
        pick = self.kit.picks[at["picks"]]
        losses = pick.losses(weighted.products, weighted.target, known)
        if self.case.sample_weight is not None or self.case.has_weights:
            losses = np.where(weighted.rows == 0, 0.0, losses * weighted.rows)
        if self.case.has_ignored:
            in_sum = counted(self.case, self.kit.ignorings[at["ignorings"]].has_loss)
            losses = np.where(in_sum, losses, 0.0)
        return losses

    def _number(
        self, formula: Formula, losses: Array, weighted: Weighted, cache: dict[int, float]
    ) -> float:
        reduced = formula[_REDUCTION]
        reduction = self.kit.reductions[reduced]
        if reduced not in cache:
            cache[reduced] = reduction.of(losses, weighted.share)
        base = self.kit.logarithms[formula[_LOGARITHM]].of_base
        value = cache[reduced] * self.kit.signs[formula[_SIGN]].factor
        if base is not None:
            value /= base
        if reduction.is_exponential:
            return float(elementary.exp(value * self.case.log_base))
        return value


def departures(formula: Formula) -> int:
    """How many of a formula's parts are not what ``ce`` does."""
    return sum(map(bool, formula))


def stages(kit: Kit, kinds: Sequence[str], most: int) -> list[Stage]:
    """Every choice that departs in at most so many of these kinds, and in no other."""
    places = [Kit._fields.index(kind) for kind in kinds]
    found = []
    for count in range(min(most, len(places)) + 1):
        for some in combinations(places, count):
            for numbers in product(*(range(1, len(kit[place])) for place in some)):
                formula = [0] * len(kit)
                rank = 0
                for place, number in zip(some, numbers, strict=True):
                    formula[place] = number
                    rank += kit[place][number].part.rank
                found.append(Stage(tuple(formula), count, rank))
    return found


def _sums(one: Stage, other: Stage) -> tuple[int, int]:
    return one.departures + other.departures, one.rank + other.rank


def _together(one: Formula, other: Formula) -> Formula:
    """The choices of two stages of different kinds."""
    return tuple(map(add, one, other))


def _named(formula: Formula) -> dict[str, int]:
    return dict(zip(Kit._fields, formula, strict=True))


_LOGARITHM = Kit._fields.index("logarithms")
_REDUCTION = Kit._fields.index("reductions")
_SIGN = Kit._fields.index("signs")


def _base_in(beginning: Formula, kit: Kit) -> bool:
    """A base is a factor of the number; only a missing logarithm changes the terms."""
    at = beginning[_LOGARITHM]
    return at != 0 and kit.logarithms[at].of_base is not None
