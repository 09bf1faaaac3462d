"""Formulas that an input cannot tell apart: why, and which other input could."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from xentcli.core.softmax import sum_over_classes
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.arithmetic import ALL as ARITHMETICS
from xentcli.diagnosis.mistakes.clipping import CHOICES as CLIPS
from xentcli.diagnosis.mistakes.part import SEVERAL_CLASSES, Part
from xentcli.diagnosis.mistakes.pick import LITERAL
from xentcli.model import NamedTuple

# At most this many formulas are named; where the number is nan there may be very many.
MOST = 3
# Parts that make no difference on most inputs: nothing is said where they make none.
QUIET = {
    *(one.part.key for one in ARITHMETICS),
    *(one.part.key for one in CLIPS),
    LITERAL.part.key,
}
ONE_SAMPLE = ("sum", "mean", "softmax-everything", "every-label")


class Rule(NamedTuple):
    """Parts that coincide for a known reason, the reason, and the input to give instead."""

    concerns: Callable[[set[str]], bool]
    holds: Callable[[Case], bool]
    why: str
    instead: str


def _has_weights(keys: set[str]) -> bool:
    return any("weight" in key for key in keys)


def _is_one(case: Case) -> bool:
    return case.samples == 1


def _as_many_as_classes(case: Case) -> bool:
    return int(case.kept.sum()) == case.classes


def _equal_weights(case: Case) -> bool:
    weights = np.ones(case.samples)
    if case.settings.weight is not None:
        # A soft target has the weights of its classes, in its proportions.
        weights = sum_over_classes(case.target * case.settings.weight, 1)
    for more in (case.sample_weight, case.question_weight):
        if more is not None:
            weights = weights * more
    return len(np.unique(weights[case.kept])) < 2


def _equal_columns(case: Case) -> bool:
    return case.question_weight is not None and _equal_weights(case)


def _always_largest(case: Case) -> bool:
    if case.labels is None:
        return False
    return bool((np.argmax(case.values, axis=1) == case.labels)[case.kept].all())


def _one_hot(case: Case) -> bool:
    return case.soft is not None and bool(np.isin(case.soft, (0.0, 1.0)).all())


def _one_class(case: Case) -> bool:
    return case.labels is not None and len(np.unique(case.labels[case.kept])) < 2


RULES = (
    Rule(
        lambda keys: "hard-target" in keys,
        _one_hot,
        "the targets are one-hot",
        "give soft ones",
    ),
    Rule(
        lambda keys: bool(keys & {*ONE_SAMPLE}),
        _is_one,
        "there is one sample",
        "give two or more",
    ),
    Rule(
        _has_weights,
        _equal_columns,
        "the columns have equal weights",
        "give columns of different weights",
    ),
    Rule(
        _has_weights,
        _is_one,
        "there is one sample, and in its mean the weight cancels",
        "give two or more, of different weights",
    ),
    Rule(
        lambda keys: keys >= {"sum", "once-per-class"},
        _as_many_as_classes,
        "there are as many samples as classes",
        "give another number of samples",
    ),
    Rule(
        _has_weights,
        _equal_weights,
        "these samples have equal weights",
        "give labels of different weights",
    ),
    Rule(
        lambda keys: "arg-max" in keys,
        _always_largest,
        "the label has the largest value in every row",
        "give a row where it has not",
    ),
)


def describe_ties(
    chosen: Sequence[Part], others: Sequence[Sequence[Part]], case: Case
) -> list[str]:
    """Say which formulas give the chosen one's number in every run."""
    names = []
    for other in others:
        if any(part.key in QUIET for part in {*chosen} ^ {*other}):
            continue
        names.append(_name_of([part for part in other if part not in chosen]))
    if not names:
        return []
    classes = "" if case.question == "bce" else f" of {case.classes} classes"
    return [
        f"No digits and no other run{classes} can tell it from {_list_names(names)}: in every run "
        "they are one number."
    ]


def describe_ambiguities(
    chosen: Sequence[Part], others: Sequence[Sequence[Part]], cases: Sequence[Case]
) -> list[str]:
    """Write a sentence for each reason why the input cannot tell the chosen formula from others."""
    said: dict[tuple[str, str], list[str]] = {}
    for other in others:
        more = [part for part in other if part not in chosen]
        less = [part for part in chosen if part not in other]
        if any(part.key in QUIET for part in (*more, *less)):
            continue
        this, that = _name_of(less) if less else "it", _name_of(more)
        why, instead = _reason({part.key for part in (*more, *less)}, [*more, *less], cases)
        said.setdefault((f"This input cannot tell {this} from ", f"{why}{instead}"), []).append(
            that
        )
    found = []
    for (start, end), names in list(said.items())[:MOST]:
        found.append(f"{start}{_list_names(names)}{end}.")
    return list(dict.fromkeys(found))


def _name_of(parts: Sequence[Part]) -> str:
    """Name a formula by the departures that another one has not."""
    return " and ".join(f"“{part.phrase}”" for part in parts) or "the cross-entropy itself"


def _list_names(names: Sequence[str]) -> str:
    more = f" (nor from {len(names) - MOST} more)" if len(names) > MOST else ""
    return " or ".join(names[:MOST]) + more


def _reason(keys: set[str], parts: Sequence[Part], cases: Sequence[Case]) -> tuple[str, str]:
    for rule in RULES:
        if rule.concerns(keys) and all(rule.holds(case) for case in cases):
            return f": {rule.why}", f". To tell them apart, {rule.instead}"
    several = [part.apart for part in parts if part.apart]
    if not all(_one_class(case) for case in cases):
        # The input has several classes already.
        several = [text for text in several if text != SEVERAL_CLASSES]
    instead = next(iter(several), "give other samples, or more of them")
    return "", f". To tell them apart, {instead}"
