"""How the values of yes-or-no questions are read, each as a row of two: of no and of yes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes import reading
from xentcli.diagnosis.mistakes.arithmetic import Arithmetic
from xentcli.diagnosis.mistakes.part import OFTEN, SOMETIMES, Fix, Part
from xentcli.diagnosis.mistakes.reading import Reading
from xentcli.model import AnyArray

# The softmax of a row (0, z) is (1 − σ(z), σ(z)): logits are read like those of two classes.
_NO_SIGMOID = Fix(
    "F.binary_cross_entropy_with_logits(z, t), without torch.sigmoid before it",
    "z itself into logaddexp(0, z) - t * z",
    "from_logits=True without a sigmoid in the last layer, or from_logits=False with one",
    "apply the sigmoid once before log_loss",
)


def _rows_of_probs(yes: AnyArray) -> AnyArray:
    """Return rows of 1 − p and p."""
    return np.stack([yes.dtype.type(1) - yes, yes], axis=-1)


def _rows_of_logits(yes: AnyArray) -> AnyArray:
    """Return rows of 0 and z, whose softmax is 1 − σ(z) and σ(z)."""
    return np.stack([np.zeros_like(yes), yes], axis=-1)


def _make_reading(
    part: Part, noun: str, pair: Callable[[AnyArray, Arithmetic], AnyArray]
) -> Reading:
    """Make a reading that is the softmax of the rows of two that ``pair`` makes of the values."""

    def log_probs(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
        return arithmetic.log_softmax(pair(values[..., 1], arithmetic))

    def probs(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
        return arithmetic.softmax(pair(values[..., 1], arithmetic))

    return Reading(part, noun, log_probs, probs)


LOGITS = reading.LOGITS._replace(part=reading.LOGITS.part._replace(formula="σ(z)"))
TWICE = _make_reading(
    Part(
        "sigmoid-twice",
        "with the sigmoid applied twice",
        "σ(σ(z))",
        "the sigmoid of a sigmoid lies between 0.5 and 0.7311: the loss cannot go below 0.3133",
        OFTEN,
        fix=_NO_SIGMOID,
        apart="give rows that differ more",
    ),
    "the {} of these rows with the sigmoid applied twice",
    lambda values, arithmetic: _rows_of_logits(arithmetic.softmax(_rows_of_logits(values))[..., 1]),
)
OF_PROBS = _make_reading(
    TWICE.part._replace(
        key="logits",
        phrase="read as logits, with a sigmoid of the probabilities",
        formula="σ(p)",
        explanation="the probabilities go through a sigmoid once more, as BCEWithLogitsLoss has it",
    ),
    "the {} of these rows read as logits",
    lambda values, arithmetic: _rows_of_logits(values),
)


def _probs(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return _rows_of_probs(values[..., 1])


PROBS = Reading(
    Part(
        "probs",
        "read as probabilities",
        "z",
        "the values are taken for probabilities of yes: log z and log(1 − z), without a sigmoid",
        OFTEN,
        by_hand=True,
        fix=Fix(
            "F.binary_cross_entropy_with_logits for logits, F.binary_cross_entropy for "
            "probabilities",
            "p = scipy.special.expit(z) first",
            "from_logits=True where the model does not end in a sigmoid",
            "log_loss takes probabilities: scipy.special.expit(z)",
        ),
        apart="give rows that are not probabilities",
    ),
    "the {} of these rows read as probabilities",
    lambda values, arithmetic: arithmetic.stored(reading.log(_probs(values, arithmetic))),
    _probs,
)


def _softmax_over_questions(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return _rows_of_probs(arithmetic.softmax(values[..., 1]))


SOFTMAX = Reading(
    Part(
        "softmax-of-questions",
        "with a softmax over the columns instead of sigmoids",
        "softmax(z)",
        "the columns of a row are made to sum to 1, as if one of them excluded the others",
        SOMETIMES,
        fix=Fix(
            "F.binary_cross_entropy_with_logits(z, t), without a softmax",
            "scipy.special.expit(z), not softmax(z, axis=1)",
            "activation='sigmoid' in the last layer, not 'softmax'",
            "scipy.special.expit(z), a column at a time",
        ),
        apart="give rows that differ more",
    ),
    "the {} of these rows with a softmax over the columns",
    lambda values, arithmetic: arithmetic.stored(
        reading.log(_softmax_over_questions(values, arithmetic))
    ),
    _softmax_over_questions,
)


def choices(case: Case) -> tuple[Reading, ...]:
    """Return every reading of yes-or-no questions, the one asked for first."""
    if case.kind == "probs":
        return (reading.PROBS, OF_PROBS)
    found = [LOGITS, PROBS, TWICE]
    if len(case.grid) > 1 and case.grid[-1] > 1:
        found.append(SOFTMAX)
    return tuple(found)
