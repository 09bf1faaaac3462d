"""The parts that a formula can be made of: a tuple for each kind, what was asked for first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes import (
    arithmetic,
    axes,
    batches,
    binary,
    binary_reading,
    binary_weighting,
    binary_words,
    clipping,
    focal,
    ignored_labels,
    label,
    logarithm,
    other_score,
    pick,
    reading,
    reduction,
    scale,
    smoothing,
    temperature,
    weighting,
)
from xentcli.diagnosis.mistakes.arithmetic import Arithmetic
from xentcli.diagnosis.mistakes.clipping import Clip
from xentcli.diagnosis.mistakes.focal import Focal
from xentcli.diagnosis.mistakes.ignored_labels import Ignoring
from xentcli.diagnosis.mistakes.logarithm import SIGNS, Logarithm, Sign
from xentcli.diagnosis.mistakes.part import Part
from xentcli.diagnosis.mistakes.pick import Pick
from xentcli.diagnosis.mistakes.reading import Reading
from xentcli.diagnosis.mistakes.reduction import Reduction
from xentcli.diagnosis.mistakes.scale import Scale
from xentcli.diagnosis.mistakes.smoothing import Smoothing
from xentcli.diagnosis.mistakes.temperature import Temperature
from xentcli.diagnosis.mistakes.weighting import Weighting
from xentcli.model import NamedTuple


class Kit(NamedTuple):
    """The choices of each kind. Departures are named to the user in the order of these fields."""

    readings: tuple[Reading, ...]
    temperatures: tuple[Temperature, ...]
    clips: tuple[Clip, ...]
    logarithms: tuple[Logarithm, ...]
    picks: tuple[Pick, ...]
    focals: tuple[Focal, ...]
    smoothings: tuple[Smoothing, ...]
    weightings: tuple[Weighting, ...]
    ignorings: tuple[Ignoring, ...]
    reductions: tuple[Reduction, ...]
    scales: tuple[Scale, ...]
    signs: tuple[Sign, ...]
    arithmetics: tuple[Arithmetic, ...]


# A formula has for each kind the index of its choice; 0 is what was asked for.
Formula = tuple[int, ...]
Choices = Callable[[Case], tuple[Any, ...]]


def _readings(case: Case) -> tuple[Reading, ...]:
    if case.question == "bce":
        return binary_reading.choices(case)
    return reading.choices(case, axes.choices(case))


def _picks(case: Case) -> tuple[Pick, ...]:
    return (
        *pick.choices(case),
        *label.choices(case),
        *binary.choices(case),
        *other_score.choices(case),
    )


def _weightings(case: Case) -> tuple[Weighting, ...]:
    if case.question_weight is not None:
        return binary_weighting.choices(case)
    return weighting.choices(case)


def _reductions(case: Case) -> tuple[Reduction, ...]:
    return (*reduction.choices(case), *batches.choices(case))


# Two parts of one formula written out by hand are likely together: their rank is less by this.
TOGETHER = 2

# Where each field of the kit comes from, in their order.
_CHOICES: tuple[Choices, ...] = (
    _readings,
    temperature.choices,
    lambda case: clipping.CHOICES,
    logarithm.choices,
    _picks,
    focal.choices,
    smoothing.choices,
    _weightings,
    ignored_labels.choices,
    _reductions,
    scale.choices,
    lambda case: SIGNS,
    arithmetic.choices,
)


def _in_words_of(case: Case, choices: Sequence[Any]) -> list[Any]:
    if case.question != "bce":
        return list(choices)
    return [one._replace(part=binary_words.in_words_of_question(one.part)) for one in choices]


def kits(cases: Sequence[Case]) -> list[Kit]:
    """Make a kit for each run, all with the same parts: those that every run has."""
    each = [[_in_words_of(case, choices(case)) for choices in _CHOICES] for case in cases]
    for kind in range(len(Kit._fields)):
        shared = set.intersection(*({one.part.key for one in kit[kind]} for kit in each))
        for kit in each:
            kit[kind] = [one for one in kit[kind] if one.part.key in shared]
        order = [one.part.key for one in each[0][kind]]
        for kit in each:
            kit[kind].sort(key=lambda one: order.index(one.part.key))
    return [Kit(*map(tuple, kit)) for kit in each]


def parts_of(formula: Formula, kit: Kit) -> tuple[Part, ...]:
    """Return the departures of a formula."""
    kinds: Sequence[tuple[Any, ...]] = kit
    return tuple(choices[at].part for choices, at in zip(kinds, formula, strict=True) if at)
