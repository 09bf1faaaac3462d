"""Ties: formulas that give the same number in every run, which no input can tell apart.

They are recognised on a made-up run, which has as many classes and the same options, but other
values, labels and sample weights, and another number of rows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from xentcli.core import softmax
from xentcli.core.layout import Array
from xentcli.diagnosis.case import Case, as_questions
from xentcli.diagnosis.search.choices import Formula, Kit, kits
from xentcli.diagnosis.search.matching import SAME
from xentcli.diagnosis.search.search import Search

# The made-up run has about ROWS rows, or fewer where the input has fewer, and MORE in addition.
ROWS = 64
MORE = 3
# No run is made up that would hold more numbers.
MOST_NUMBERS = 1_000_000
_GOLDEN = 0.6180339887498949
_ROOT_OF_TWO = 0.41421356237309515


class Ties:
    """Compares formulas of a run on a second, made-up run."""

    def __init__(self, case: Case, kit: Kit) -> None:
        self._kit = kit
        self._other: Search | None = None
        made_up = another_run(case)
        if made_up is not None:
            (other,) = kits([made_up])
            self._other = Search(made_up, other)

    def never_apart(self, one: Formula, other: Formula) -> bool:
        """Whether both give the same number in the made-up run."""
        first, second = self._value(one), self._value(other)
        # A nan is not equal to itself: a formula without a value is never a tie.
        return abs(first - second) <= SAME * abs(first) < math.inf

    def _value(self, formula: Formula) -> float:
        """Return the formula's value in the made-up run; nan where it has no such formula."""
        if self._other is None:
            return math.nan
        kinds: Sequence[tuple[Any, ...]] = self._kit
        other_kinds: Sequence[tuple[Any, ...]] = self._other.kit
        found = []
        for choices, others, at in zip(kinds, other_kinds, formula, strict=True):
            keys = [choice.part.key for choice in others]
            if choices[at].part.key not in keys:
                return math.nan
            found.append(keys.index(choices[at].part.key))
        return self._other.value(tuple(found))


def another_run(case: Case) -> Case | None:
    """Make up a run with other numbers; None where it would be too large."""
    inner = case.samples // case.grid[0]
    rows = min(case.grid[0], max(1, ROWS // inner)) + MORE
    count = rows * inner
    if count * case.classes > MOST_NUMBERS:
        return None
    at = np.arange(count)
    labels = None
    if case.labels is not None:
        labels = (_fractions(count, _ROOT_OF_TWO) * case.classes).astype(np.int64)
        ignored = ~case.kept
        if ignored.any():
            # About as many rows are ignored as before, but other ones.
            step = max(2, round(case.samples / int(ignored.sum())))
            labels[at % step == 1] = case.settings.ignore_index
    soft = None if case.soft is None else _shares(count, case.classes, _ROOT_OF_TWO)
    weight = None if case.sample_weight is None else 0.5 + _fractions(count, _GOLDEN)
    of_questions = case.question_weight
    if of_questions is not None:
        of_questions = np.tile(of_questions[:inner], rows)
    return case._replace(
        values=_values(count, case),
        grid=(rows, *case.grid[1:]),
        labels=labels,
        soft=soft,
        sample_weight=weight,
        question_weight=of_questions,
        loss=None,
    )


def _values(count: int, case: Case) -> Array:
    if case.question == "bce":
        yes = _fractions(count, _GOLDEN)
        return as_questions(yes if case.kind == "probs" else 4.0 * yes - 2.0, case.kind)
    if case.kind == "probs":
        return _shares(count, case.classes, _GOLDEN)
    fractions = _fractions(count * case.classes, _GOLDEN)
    logits: Array = 4.0 * fractions.reshape(count, case.classes) - 2.0
    if case.kind == "logits":
        return logits
    log_probs: Array = softmax.log_softmax(logits, 1)
    return log_probs


def _shares(count: int, classes: int, step: float) -> Array:
    parts = 0.1 + _fractions(count * classes, step).reshape(count, classes)
    shares: Array = parts / parts.sum(axis=1, keepdims=True)
    return shares


def _fractions(count: int, step: float) -> Array:
    """Return numbers from 0 to 1 without a pattern.

    Multiples of the step alone would have one: different rows of them have the same sum.
    """
    at = np.arange(1, count + 1, dtype=np.float64)
    fractions: Array = (at * np.sqrt(at) * step) % 1.0
    return fractions
