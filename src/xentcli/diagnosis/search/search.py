"""The values of all formulas with a given number of departures.

A formula is computed in three stages: the terms (reading, temperature, clip, logarithm, focal
factor, arithmetic), the loss of each row (pick, smoothing, weighting, ignoring), and the number
(reduction, base, scale, sign). A stage is computed once for all formulas that begin with it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from operator import add

import numpy as np
from numpy.typing import NDArray

from xentcli.core.layout import Array
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.part import OFTEN
from xentcli.diagnosis.mistakes.pick import PickedTarget
from xentcli.diagnosis.mistakes.reduction import Sums
from xentcli.diagnosis.mistakes.terms import ReadValues, Terms, WeightedTarget
from xentcli.diagnosis.search.choices import Formula, Kit
from xentcli.model import NamedTuple

TERMS = ("readings", "temperatures", "clips", "logarithms", "focals", "arithmetics")
ROWS = ("picks", "smoothings", "weightings", "ignorings")
NUMBER = ("logarithms", "reductions", "scales", "signs")
# At most this many numbers of shared results are kept in memory.
MOST_KEPT = 20_000_000
# Terms up to this rank are kept: they are needed again in a search for more departures.
RANK_KEPT = 4


class Stage(NamedTuple):
    """The choices of some kinds: how many of them are departures, and the sum of their ranks.

    ``keys`` are the keys of the departures and the names of their kinds.
    """

    formula: Formula
    departures: int
    rank: int
    keys: frozenset[str]
    needs: tuple[frozenset[str], ...] = ()
    excludes: frozenset[str] = frozenset()


def _go_together(*some: Stage) -> bool:
    """Whether no part excludes another. What a part needs is checked once the formula is whole."""
    for one in some:
        if one.excludes and any(one.excludes & other.keys for other in some if other is not one):
            return False
    return True


def _is_whole(*some: Stage) -> bool:
    """Whether no part of the formula excludes another, and each has the parts that it needs."""
    if not _go_together(*some):
        return False
    needs = [need for one in some for need in one.needs]
    return not needs or all(any(need & one.keys for one in some) for need in needs)


class Depth(NamedTuple):
    """The range of a search: from ``least`` to ``most`` departures, these up to a sum of ranks."""

    most: int
    least: int = 0
    rank: int = 1000

    def holds(self, departures: int, rank: int) -> bool:
        """Whether a formula with these departures is in the range, or may be with more of them."""
        if departures < self.least:
            return rank + (self.least - departures) * OFTEN <= self.rank
        return departures < self.most or (departures == self.most and rank <= self.rank)


class Search:
    """Computes the formulas of a run, and keeps the results that they share."""

    def __init__(self, case: Case, kit: Kit) -> None:
        self.case = case
        self.kit = kit
        self._rows_kept = case.kept
        self._has_ignored = case.has_ignored
        self._targets: dict[Formula, WeightedTarget | None] = {}
        self._known: dict[Formula, Terms] = {}
        self._reads: dict[tuple[int, int, int], ReadValues] = {}
        self._kept = 0
        self._picked: dict[int, PickedTarget | None] = {}
        self._unscaled: dict[int, dict[Formula, float]] = {}
        self._number_stages: dict[Depth, list[Stage]] = {}
        self._endings: dict[tuple[Depth, int, int, bool], list[Stage]] = {}

    def values(self, depth: Depth) -> dict[Formula, float]:
        """Compute the value of each formula of that depth."""
        found: dict[Formula, float] = {}
        self._unscaled = {}
        middles = make_stages(self.kit, ROWS, depth)
        following: dict[tuple[int, int], list[Stage]] = {}
        with np.errstate(all="ignore"):
            for beginning in make_stages(self.kit, TERMS, depth):
                key = beginning.departures, beginning.rank
                if _has_other_base(beginning.formula, self.kit) or not depth.holds(*key):
                    continue
                if key not in following:
                    following[key] = [
                        two for two in middles if depth.holds(*_add_counts(beginning, two))
                    ]
                self._follow(beginning, following[key], depth, found)
            self._scale(found)
        return found

    def value(self, formula: Formula) -> float:
        """Compute the value of one formula; nan where it has none."""
        known, weighted = self._compute_terms(_by_kind(formula)), self._compute_weighted(formula)
        if weighted is None:
            return math.nan
        add = known.read.arithmetic.add
        with np.errstate(all="ignore"):
            losses = self._losses(formula, weighted, known)
            sums = Sums(losses, weighted.share, add, partial(weighted.whole, add))
            self._unscaled = {formula[_SCALE]: {formula: self._number(formula, sums, {})}}
            found: dict[Formula, float] = {}
            self._scale(found)
        return found[formula]

    def _scale(self, found: dict[Formula, float]) -> None:
        """Apply the scales: each to all formulas that end in it at once."""
        for at, unscaled in self._unscaled.items():
            scale = self.kit.scales[at]
            factor = self.case.log_base if scale.is_exponential else 1.0
            values = scale.of(np.array(list(unscaled.values())) * factor)
            for formula, value in zip(unscaled, values.tolist(), strict=True):
                found[formula] = self._round(formula, value)

    def _round(self, formula: Formula, value: float) -> float:
        return self.kit.arithmetics[formula[_ARITHMETIC]].result(value) + 0.0

    def _follow(
        self,
        beginning: Stage,
        middles: Sequence[Stage],
        depth: Depth,
        found: dict[Formula, float],
    ) -> None:
        """Compute the formulas that begin so and go on with one of the middles; add them to found.

        Those that end in a scale go to ``_unscaled``.
        """
        at = _by_kind(beginning.formula)
        known = self._terms(beginning)
        clips_nothing = known.clips_nothing
        has_logarithm = at["logarithms"] == 0
        for middle in middles:
            pick = self.kit.picks[middle.formula[_PICK]]
            if (clips_nothing and not pick.clips_target) or not _go_together(beginning, middle):
                continue
            ends = self._ends(depth, *_add_counts(beginning, middle), has_logarithm)
            weighted = self._weighted_target(middle.formula) if ends else None
            if weighted is None:
                continue
            add = known.read.arithmetic.add
            losses = self._losses(middle.formula, weighted, known)
            sums = Sums(losses, weighted.share, add, partial(weighted.whole, add))
            cache: dict[int, float] = {}
            begun = _join_formulas(beginning.formula, middle.formula)
            for end in ends:
                if not _is_whole(beginning, middle, end):
                    continue
                formula = _join_formulas(begun, end.formula)
                value = self._number(formula, sums, cache)
                if formula[_SCALE]:
                    self._unscaled.setdefault(formula[_SCALE], {})[formula] = value
                else:
                    found[formula] = self._round(formula, value)

    def _ends(self, depth: Depth, count: int, rank: int, has_logarithm: bool) -> list[Stage]:
        """Return the last stages of formulas that have so many departures already.

        A formula whose terms have no logarithm has no other base either.
        """
        key = depth, count, rank, has_logarithm
        if key not in self._endings:
            self._endings[key] = [
                end
                for end in self._all_ends(depth)
                if count + end.departures >= depth.least
                and depth.holds(count + end.departures, rank + end.rank)
                and self.kit.logarithms[end.formula[_LOGARITHM]].of_base is not None
                and (has_logarithm or end.formula[_LOGARITHM] == 0)
            ]
        return self._endings[key]

    def _all_ends(self, depth: Depth) -> list[Stage]:
        if depth not in self._number_stages:
            self._number_stages[depth] = make_stages(self.kit, NUMBER, depth)
        return self._number_stages[depth]

    def _terms(self, beginning: Stage) -> Terms:
        if beginning.formula in self._known:
            return self._known[beginning.formula]
        terms = self._compute_terms(_by_kind(beginning.formula))
        if beginning.rank <= RANK_KEPT and self._reserve(2 * self.case.values.size):
            self._known[beginning.formula] = terms
        return terms

    def _compute_terms(self, at: dict[str, int]) -> Terms:
        kit = self.kit
        key = at["readings"], at["temperatures"], at["arithmetics"]
        read = self._reads.get(key)
        if read is None:
            read = ReadValues(
                self.case,
                kit.readings[at["readings"]],
                kit.temperatures[at["temperatures"]].factor,
                kit.arithmetics[at["arithmetics"]],
            )
            if self._reserve(4 * self.case.values.size):
                self._reads[key] = read
        return Terms(
            read,
            kit.clips[at["clips"]],
            kit.logarithms[at["logarithms"]],
            kit.focals[at["focals"]],
        )

    def _reserve(self, size: int) -> bool:
        """Reserve room for so many numbers; False where there is no more."""
        if self._kept + size > MOST_KEPT:
            return False
        self._kept += size
        return True

    def _weighted_target(self, middle: Formula) -> WeightedTarget | None:
        if middle in self._targets:
            return self._targets[middle]
        found = self._compute_weighted(middle)
        size = 0 if found is None else found.products.size + found.target.size
        if self._reserve(size):
            self._targets[middle] = found
        return found

    def _compute_weighted(self, middle: Formula) -> WeightedTarget | None:
        at, case = _by_kind(middle), self.case
        picked = self._picked_target(at["picks"])
        if picked is None:
            return None
        ignoring = self.kit.ignorings[at["ignorings"]]
        smoothing = self.kit.smoothings[at["smoothings"]]
        target, chosen = picked.target, picked.chosen
        if ignoring.is_smoothing:
            target = np.where(self._rows_kept[:, np.newaxis], target, 0.0)
        if smoothing.of is not None:
            eps = case.settings.label_smoothing if smoothing.eps is None else smoothing.eps
            target, chosen = smoothing.of(target, eps), None
        weights = self.kit.weightings[at["weightings"]].weights(case, picked.classes)
        one = bool((weights.classes == 1.0).all())
        products = target if one else weights.classes * target
        weight = None if one or chosen is None else products[np.arange(len(chosen)), chosen]
        in_share = np.True_ if ignoring.has_share and picked.kept is None else self._kept_by(picked)
        return WeightedTarget(
            products,
            target,
            None if bool((weights.rows == 1.0).all()) else weights.rows,
            np.where(in_share, weights.share, 0.0),
            chosen,
            weight,
        )

    def _picked_target(self, pick: int) -> PickedTarget | None:
        if pick not in self._picked:
            self._picked[pick] = self.kit.picks[pick].pick_from(self.case)
        return self._picked[pick]

    def _kept_by(self, picked: PickedTarget) -> NDArray[np.bool_]:
        return self._rows_kept if picked.kept is None else picked.kept

    def _losses(self, middle: Formula, weighted: WeightedTarget, known: Terms) -> Array:
        at = _by_kind(middle)
        picked = self._picked_target(at["picks"])
        assert picked is not None
        losses = self.kit.picks[at["picks"]].losses(weighted, known)
        if weighted.rows is not None:
            losses = np.where(weighted.rows == 0, 0.0, losses * weighted.rows)
        losses = known.read.arithmetic.stored(losses).astype(np.float64, copy=False)
        has_loss = self.kit.ignorings[at["ignorings"]].has_loss and picked.kept is None
        if (self._has_ignored or picked.kept is not None) and not has_loss:
            losses = np.where(self._kept_by(picked), losses, 0.0)
        return losses

    def _number(self, formula: Formula, sums: Sums, cache: dict[int, float]) -> float:
        """Compute the number before its scale and its rounding."""
        kit, reduced = self.kit, formula[_REDUCTION]
        reduction = kit.reductions[reduced]
        if reduced not in cache:
            cache[reduced] = reduction.of(sums)
        value = cache[reduced] * kit.signs[formula[_SIGN]].factor
        value *= kit.temperatures[formula[_TEMPERATURE]].scale
        base = kit.logarithms[formula[_LOGARITHM]].of_base
        if base is not None and base != 1.0 and not reduction.is_exponential:
            value /= base
        return value


def make_stages(kit: Kit, kinds: Sequence[str], depth: Depth) -> list[Stage]:
    """Return every stage with departures of these kinds alone, within the depth."""
    nothing = Stage((0,) * len(kit), 0, 0, frozenset())
    found = [nothing]
    for kind in kinds:
        place = Kit._fields.index(kind)
        singles = [_stage_of(kit, place, number) for number in range(1, len(kit[place]))]
        # The stages found so far have no departure of this kind yet.
        found += [
            joined
            for begun in found
            for single in singles
            if depth.holds(begun.departures + 1, begun.rank + single.rank)
            and (joined := _join_stages(begun, single)) is not None
        ]
    return found


def _stage_of(kit: Kit, place: int, number: int) -> Stage:
    part = kit[place][number].part
    formula = tuple(number if at == place else 0 for at in range(len(kit)))
    keys = frozenset([Kit._fields[place], part.key])
    needs = (part.needs,) if part.needs else ()
    return Stage(formula, 1, part.rank, keys, needs, part.excludes)


def _join_stages(one: Stage, other: Stage) -> Stage | None:
    if not one.departures:
        return other
    if not _go_together(one, other):
        return None
    return Stage(
        _join_formulas(one.formula, other.formula),
        *_add_counts(one, other),
        one.keys | other.keys,
        one.needs + other.needs,
        one.excludes | other.excludes,
    )


def _add_counts(one: Stage, other: Stage) -> tuple[int, int]:
    return one.departures + other.departures, one.rank + other.rank


def _join_formulas(one: Formula, other: Formula) -> Formula:
    """Join the choices of two stages that have departures of different kinds."""
    return tuple(map(add, one, other))


def _by_kind(formula: Formula) -> dict[str, int]:
    return dict(zip(Kit._fields, formula, strict=True))


_LOGARITHM = Kit._fields.index("logarithms")
_REDUCTION = Kit._fields.index("reductions")
_SIGN = Kit._fields.index("signs")
_PICK = Kit._fields.index("picks")
_SCALE = Kit._fields.index("scales")
_TEMPERATURE = Kit._fields.index("temperatures")
_ARITHMETIC = Kit._fields.index("arithmetics")


def _has_other_base(beginning: Formula, kit: Kit) -> bool:
    """Whether these terms have another base, which belongs to the number, not to the terms."""
    at = beginning[_LOGARITHM]
    return at != 0 and kit.logarithms[at].of_base is not None
