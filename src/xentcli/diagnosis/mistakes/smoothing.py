"""How labels are smoothed."""

from __future__ import annotations

from collections.abc import Callable

from xentcli.core.layout import Array
from xentcli.core.target import smoothed
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.part import (
    GUESS,
    HARDLY,
    OFTEN,
    SOMETIMES,
    USUAL_GUESS,
    Fix,
    Part,
)
from xentcli.model import NamedTuple


class Smoothing(NamedTuple):
    """A part, and its function from the target and ε to q; None where q is the target itself.

    ``eps`` is an ε other than the one asked for.
    """

    part: Part
    of: Callable[[Array, float], Array] | None = None
    eps: float | None = None


def _smooth(target: Array, eps: float) -> Array:
    return smoothed(target, eps, 1)


def _leave_out(classes: int) -> Callable[[Array, float], Array]:
    """Return a smoothing: q is 1 − ε at the label, and ε/(C − ``classes``) at each other class."""

    def smooth(target: Array, eps: float) -> Array:
        rest = eps / max(1, target.shape[1] - classes)
        result: Array = (1.0 - eps) * target + rest * (1.0 - target)
        return result

    return smooth


_SPREAD = Fix(
    "label_smoothing= gives the label 1 − ε + ε/C and every other class ε/C",
    "q = (1 - eps) * np.eye(C)[y] + eps / C",
    "label_smoothing= of CategoricalCrossentropy: the same q",
    "log_loss has no label smoothing",
)
_APART = "give a larger label_smoothing"

CHOICES = (
    Smoothing(Part("smoothed"), _smooth),
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
        _leave_out(1),
    ),
    Smoothing(
        Part(
            "smoothing-c-2",
            "with ε spread over C − 2 classes",
            "{}",
            "q is 1 − ε at the label and ε/(C−2) at every other class: the padding's class is "
            "taken out of the count",
            HARDLY,
            fix=_SPREAD,
            apart=_APART,
        ),
        _leave_out(2),
    ),
    Smoothing(
        Part(
            "smoothing-short",
            "with 1 − ε at the label and ε/C at the others",
            "{}",
            "q sums to 1 − ε/C: the label lacks its own share of ε",
            HARDLY,
            fix=_SPREAD,
            apart=_APART,
        ),
        _leave_out(0),
    ),
    Smoothing(
        Part(
            "smoothing-added",
            "with ε/C added to the whole target",
            "{}",
            "q sums to 1 + ε: the factor 1 − ε is missing",
            HARDLY,
            fix=_SPREAD,
            apart=_APART,
        ),
        lambda target, eps: target + eps / target.shape[1],
    ),
)


# The usual value where the user gave none.
USUAL = 0.1
GUESSES = (USUAL, 0.05, 0.2, 0.01, 0.3)


def _make_guess(eps: float) -> Smoothing:
    return Smoothing(
        Part(
            f"smoothing-{eps:g}",
            f"with a label smoothing of {eps:g}",
            "{}",
            f"q is {1 - eps:g} at the label and {eps:g}/C everywhere; no smoothing was asked for",
            USUAL_GUESS if eps == USUAL else GUESS,
            fix=Fix(
                "label_smoothing=0, the default",
                "q = np.eye(C)[y], without the smoothing",
                "label_smoothing=0, the default",
                "log_loss has no label smoothing",
            ),
            apart="give the number of another run",
            is_guess=True,
        ),
        _smooth,
        eps,
    )


NONE = Smoothing(Part("not-smoothed"))
GUESSED = tuple(map(_make_guess, GUESSES))


def choices(case: Case) -> tuple[Smoothing, ...]:
    """Return the mistakes with the ε asked for; where none is, the usual values as guesses."""
    if case.settings.label_smoothing:
        return CHOICES
    return (NONE,) if case.question == "bce" else (NONE, *GUESSED)
