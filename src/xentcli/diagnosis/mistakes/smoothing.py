"""How a target is smoothed."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from xentcli.core.layout import Array
from xentcli.core.target import smoothed
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.part import OFTEN, SELDOM, SOMETIMES, Fix, Part


class Smoothing(NamedTuple):
    """A part, and q from the target and ε."""

    part: Part
    of: Callable[[Array, float], Array]


def _over_classes(target: Array, eps: float) -> Array:
    return smoothed(target, eps, 1)


def _none(target: Array, eps: float) -> Array:
    return target


def _over_others(target: Array, eps: float) -> Array:
    """1 − ε at the label and ε/(C−1) at the others: it sums to 1."""
    result: Array = (1.0 - eps) * target + eps / max(1, target.shape[1] - 1) * (1.0 - target)
    return result


def _label_without(target: Array, eps: float) -> Array:
    """1 − ε at the label and ε/C at the others: it sums to 1 − ε/C."""
    result: Array = (1.0 - eps) * target + eps / target.shape[1] * (1.0 - target)
    return result


def _added(target: Array, eps: float) -> Array:
    result: Array = target + eps / target.shape[1]
    return result


_SPREAD = Fix(
    "label_smoothing= gives the label 1 − ε + ε/C and every other class ε/C",
    "q = (1 - eps) * np.eye(C)[y] + eps / C",
    "label_smoothing= of CategoricalCrossentropy: the same q",
    "log_loss has no label smoothing",
)
_APART = "give a larger label_smoothing"

CHOICES = (
    Smoothing(Part("smoothed"), _over_classes),
    Smoothing(
        Part(
            "no-smoothing",
            "with the label smoothing left out",
            "{}",
            "ε is 0: the target is the label alone",
            OFTEN,
            fix=Fix(
                "label_smoothing= in the call that gave this number",
                "q = (1 - eps) * np.eye(C)[y] + eps / C in place of np.eye(C)[y]",
                "CategoricalCrossentropy(label_smoothing=…): the sparse loss has none",
                "log_loss has no label smoothing",
            ),
            apart=_APART,
        ),
        _none,
    ),
    Smoothing(
        Part(
            "smoothing-c-1",
            "with ε spread over C − 1 classes",
            "{}",
            "q is 1 − ε at the label and ε/(C−1) at every other class",
            SOMETIMES,
            fix=_SPREAD,
            apart=_APART,
        ),
        _over_others,
    ),
    Smoothing(
        Part(
            "smoothing-short",
            "with 1 − ε at the label and ε/C at the others",
            "{}",
            "q sums to 1 − ε/C: the label lacks its own share of ε",
            SELDOM,
            fix=_SPREAD,
            apart=_APART,
        ),
        _label_without,
    ),
    Smoothing(
        Part(
            "smoothing-added",
            "with ε/C added to the whole target",
            "{}",
            "q sums to 1 + ε: the factor 1 − ε is missing",
            SELDOM,
            fix=_SPREAD,
            apart=_APART,
        ),
        _added,
    ),
)


def choices(case: Case) -> tuple[Smoothing, ...]:
    """Without an ε there is one."""
    return CHOICES if case.settings.label_smoothing else CHOICES[:1]
