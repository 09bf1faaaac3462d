"""Mistakes with binary cross-entropy: classes taken as yes-or-no questions, and missing terms."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xentcli.core.layout import Array
from xentcli.core.softmax import sum_over_classes
from xentcli.diagnosis.case import Case, classes_of
from xentcli.diagnosis.mistakes.part import SELDOM, SOMETIMES, Fix, Part
from xentcli.diagnosis.mistakes.pick import Pick, PickedTarget, pick_target
from xentcli.diagnosis.mistakes.terms import Terms, WeightedTarget, expected


def _sum_of_terms(weighted: WeightedTarget, found: Terms) -> Array:
    """Σ_c −q·log p − (1−q)·log(1−p)."""
    others = np.where(weighted.target == 1.0, 0.0, (1.0 - weighted.target) * found.minus_log_others)
    losses: Array = expected(weighted, found) + sum_over_classes(others, 1)
    return losses


def _mean_of_terms(weighted: WeightedTarget, found: Terms) -> Array:
    losses: Array = _sum_of_terms(weighted, found) / found.minus_log.shape[1]
    return losses


_EXCLUSIVE = Fix(
    "F.cross_entropy, not BCELoss or BCEWithLogitsLoss, for classes that exclude each other",
    "leave out the terms (1 - q) * np.log(1 - p)",
    "CategoricalCrossentropy, not BinaryCrossentropy, with one-hot targets",
    "log_loss(y, p) with y as indices, not one column at a time",
)
_APART = "give another number of classes"

BINARY = Pick(
    Part(
        "binary",
        "as the binary cross-entropy of each class",
        "mean_c −(q[c]·{0}[c] + (1 − q[c])·log(1 − p[c]))",
        "each class is a yes-or-no question, and the mean runs over the classes too",
        SOMETIMES,
        fix=_EXCLUSIVE,
        apart=_APART,
        excludes=frozenset({"sigmoid"}),
    ),
    pick_target,
    _mean_of_terms,
)
BINARY_SUM = Pick(
    Part(
        "binary-sum",
        "as the binary cross-entropy of each class, summed over the classes",
        "Σ_c −(q[c]·{0}[c] + (1 − q[c])·log(1 − p[c]))",
        "each class is a yes-or-no question; their losses are added up, not averaged",
        SELDOM,
        fix=_EXCLUSIVE,
        apart=_APART,
        excludes=frozenset({"sigmoid"}),
    ),
    pick_target,
    _sum_of_terms,
)
WITH_LOGITS = Pick(
    Part(
        "binary-with-logits",
        "with a sigmoid instead of the softmax, as the binary cross-entropy of each class",
        "mean_c −(q[c]·log σ(z)[c] + (1 − q[c])·log(1 − σ(z)[c]))",
        "BCEWithLogitsLoss of the one-hot target: each class is a yes-or-no question with a "
        "sigmoid of its own, and the mean runs over the classes too",
        SOMETIMES,
        fix=_EXCLUSIVE,
        apart=_APART,
        excludes=frozenset({"readings"}),
    ),
    pick_target,
    lambda weighted, found: _mean_of_terms(weighted, found.of_sigmoid),
)
WITH_LOGITS_SUM = Pick(
    Part(
        "binary-with-logits-sum",
        "with a sigmoid instead of the softmax, as the binary cross-entropy summed over the "
        "classes",
        "Σ_c −(q[c]·log σ(z)[c] + (1 − q[c])·log(1 − σ(z)[c]))",
        "BCEWithLogitsLoss of the one-hot target, added up over the classes",
        SELDOM,
        fix=_EXCLUSIVE,
        apart=_APART,
        excludes=frozenset({"readings"}),
    ),
    pick_target,
    lambda weighted, found: _sum_of_terms(weighted, found.of_sigmoid),
)
BINARY_KEYS = frozenset(
    pick.part.key for pick in (BINARY, BINARY_SUM, WITH_LOGITS, WITH_LOGITS_SUM)
)


def _pick_only(column: int) -> Callable[[Case], PickedTarget]:
    """Return a pick whose target is that of one of two columns, and 0 in the other."""

    def pick_one(case: Case) -> PickedTarget:
        target = np.zeros_like(case.target)
        target[:, column] = case.target[:, column]
        return PickedTarget(target, None if case.labels is None else classes_of(case))

    return pick_one


def _make_one_term(column: int) -> Pick:
    kept, lost = ("y·log p", "(1 − y)·log(1 − p)")[:: 1 if column else -1]
    which = "positive class 1" if column else "class 0"
    return Pick(
        Part(
            "positive-only" if column else "negative-only",
            f"with only the term of {which}, {kept}",
            "−y·{}[1]" if column else "−(1 − y)·{}[0]",
            f"the term {lost} is missing: rows of the other class have a loss of 0",
            SOMETIMES if column else SELDOM,
            by_hand=True,
            fix=Fix(
                "F.binary_cross_entropy has both terms: y·log p + (1 − y)·log(1 − p)",
                f"add the term {lost}",
                "BinaryCrossentropy has both terms",
                "log_loss(y, p) has both terms",
            ),
            apart="give rows of both classes",
        ),
        _pick_only(column),
        expected,
    )


POSITIVE_ONLY, NEGATIVE_ONLY = _make_one_term(1), _make_one_term(0)


def choices(case: Case) -> tuple[Pick, ...]:
    """Return the picks: a term may be missing with two columns; a class may be a question."""
    terms = (POSITIVE_ONLY, NEGATIVE_ONLY) if case.classes == 2 else ()
    if case.question == "bce":
        return terms
    with_logits = (WITH_LOGITS, WITH_LOGITS_SUM) if case.kind == "logits" else ()
    return (BINARY, BINARY_SUM, *with_logits, *terms)
