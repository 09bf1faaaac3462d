"""How the values are read: how p and log p are computed from them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xentcli.core import elementary
from xentcli.core.sums import sum_along_rows
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.arithmetic import Arithmetic
from xentcli.diagnosis.mistakes.part import OFTEN, SELDOM, SOMETIMES, Fix, Part
from xentcli.model import AnyArray, NamedTuple

# A function of the values, whose classes lie along the last axis, in an arithmetic.
ReadingFunction = Callable[[AnyArray, Arithmetic], AnyArray]


class Reading(NamedTuple):
    """A part, and its functions p and log p, and log(1 − p) where it has a more accurate one.

    ``noun`` is the subject of a sentence, with braces for the name of the loss.
    """

    part: Part
    noun: str
    log_probs: ReadingFunction
    probs: ReadingFunction
    log_others: ReadingFunction | None = None


def log(values: AnyArray) -> AnyArray:
    """log of each value, in the type of the values."""
    return elementary.log(values).astype(values.dtype)


def _log(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return arithmetic.stored(log(values))


def exp(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    """exp of each value, in the type of the values."""
    return arithmetic.stored(elementary.exp(values).astype(values.dtype))


def _given(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return values


def _softmax(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return arithmetic.softmax(values)


def _log_softmax(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return arithmetic.log_softmax(values)


def _log_others(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    """log(1 − p) of logits, as log1p(−p)."""
    probs = arithmetic.softmax(values)
    return arithmetic.stored(elementary.log1p(-probs).astype(probs.dtype))


def _log_sigmoid(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return arithmetic.stored(_log_of_sigmoid(values))


def _log_of_sigmoid(values: AnyArray) -> AnyArray:
    """log σ(z) = −log(1 + exp(−z)), computed so that exp does not overflow."""
    log_sum = elementary.log1p(elementary.exp(-np.abs(values)))
    return (np.minimum(values, 0.0) - log_sum).astype(values.dtype)


def _normalise(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return arithmetic.stored(values / np.expand_dims(sum_along_rows(values), -1))


LOGITS = Reading(
    Part(
        "logits",
        "read as logits",
        "softmax(z)",
        "the values are taken for logits: log-softmax of each row",
        OFTEN,
        fix=Fix(
            "probabilities go into F.nll_loss(torch.log(p), y); cross_entropy takes logits",
            "-np.log(p[np.arange(len(y)), y]).mean(), without a softmax",
            "from_logits=False for a model that ends in a softmax",
            "log_loss takes probabilities: give it p as it is",
        ),
        apart="give rows that differ more",
    ),
    "the {} of these rows read as logits",
    _log_softmax,
    _softmax,
    _log_others,
)
PROBS = Reading(
    Part(
        "probs",
        "read as probabilities",
        "z",
        "the values are taken for probabilities: −log of the value itself, without a softmax",
        OFTEN,
        by_hand=True,
        fix=Fix(
            "F.cross_entropy takes logits and applies the softmax; only true probabilities go "
            "into F.nll_loss(torch.log(p), y)",
            "log_p = scipy.special.log_softmax(z, axis=1) in place of np.log(z)",
            "from_logits=True where the model does not end in a softmax",
            "log_loss takes probabilities: give it scipy.special.softmax(z, axis=1)",
        ),
        apart="give rows that are not probabilities",
    ),
    "the textbook −log p of these rows read as probabilities",
    _log,
    _given,
)
LOG_PROBS = Reading(
    Part(
        "log-probs",
        "read as log-probabilities",
        "exp(z)",
        "the values are taken for log-probabilities: minus the value itself, without a "
        "log-softmax, as NLLLoss does",
        OFTEN,
        fix=Fix(
            "F.cross_entropy(z, y), or F.nll_loss(F.log_softmax(z, dim=1), y)",
            "log_p = scipy.special.log_softmax(z, axis=1) before the pick",
            "a loss with from_logits=True instead of a lambda of your own",
            "log_loss takes probabilities: scipy.special.softmax(z, axis=1)",
        ),
        apart="give rows that are not log-probabilities",
    ),
    "the negative of these rows at the label, read as log-probabilities",
    _given,
    exp,
)
TWICE = Reading(
    Part(
        "softmax-twice",
        "with the softmax applied twice",
        "softmax(softmax(z))",
        "the softmax of a softmax: the loss cannot go below ln(e + C − 1) − 1",
        OFTEN,
        fix=Fix(
            "give CrossEntropyLoss the logits, without nn.Softmax before it",
            "apply the softmax once: scipy.special.log_softmax(z, axis=1)",
            "from_logits=True without a softmax in the last layer, or from_logits=False with one",
            "apply the softmax once before log_loss",
        ),
        apart="give rows that differ more",
    ),
    "the {} of these rows with the softmax applied twice",
    lambda values, arithmetic: arithmetic.log_softmax(arithmetic.softmax(values)),
    lambda values, arithmetic: arithmetic.softmax(arithmetic.softmax(values)),
)
OF_EXP = Reading(
    TWICE.part._replace(
        key="softmax-of-probs",
        phrase="with a softmax of their probabilities",
        formula="softmax(exp(z))",
        explanation="the probabilities exp(z) go through a softmax once more",
    ),
    "the {} of these rows with a softmax of their probabilities",
    lambda values, arithmetic: arithmetic.log_softmax(exp(values, arithmetic)),
    lambda values, arithmetic: arithmetic.softmax(exp(values, arithmetic)),
)
SIGMOID = Reading(
    Part(
        "sigmoid",
        "with a sigmoid instead of the softmax",
        "σ(z)",
        "each value goes through a sigmoid of its own, so that a row does not sum to 1",
        SOMETIMES,
        fix=Fix(
            "classes that exclude each other take F.cross_entropy, not BCEWithLogitsLoss or "
            "logsigmoid",
            "scipy.special.log_softmax(z, axis=1), not log_expit(z)",
            "SparseCategoricalCrossentropy, or activation='softmax' in the last layer",
            "give log_loss a softmax, not a sigmoid",
        ),
        apart="give rows with more classes",
    ),
    "the −log σ(z) of these rows, with a sigmoid instead of the softmax",
    _log_sigmoid,
    lambda values, arithmetic: exp(_log_of_sigmoid(values), arithmetic),
    lambda values, arithmetic: _log_sigmoid(-values, arithmetic),
)
SOFTMAX_OF_PROBS = LOGITS._replace(
    part=LOGITS.part._replace(
        phrase="read as logits, with a softmax of the probabilities",
        explanation="the probabilities go through a softmax once more, as CrossEntropyLoss has it",
    )
)
NORMALISED = Reading(
    Part(
        "normalised",
        "divided by their sums",
        "(z / Σz)",
        "the rows are divided by their sums, as Keras and older scikit-learn do with what they "
        "take for probabilities",
        SELDOM,
        fix=Fix(
            "F.cross_entropy(z, y) for logits; probabilities must sum to 1 before torch.log",
            "scipy.special.softmax(z, axis=1), not z / z.sum(axis=1, keepdims=True)",
            "from_logits=True: without it Keras divides the rows by their sums",
            "give log_loss rows that sum to 1",
        ),
        apart="give rows that do not sum to 1",
    ),
    "the −log p of these rows divided by their sums",
    lambda values, arithmetic: _log(_normalise(values, arithmetic), arithmetic),
    _normalise,
)
LOG_OF_LOG = Reading(
    Part(
        "log-twice",
        "with the logarithm taken twice",
        "log softmax(z)",
        "the logarithm of a log-probability, which is negative: nan",
        SELDOM,
        by_hand=True,
        fix=Fix(
            "log_softmax has the logarithm in it: no torch.log after it",
            "no np.log after a log_softmax",
            "no tf.math.log after a log_softmax",
            "log_loss takes the logarithm: give it probabilities",
        ),
        apart="give the number of another run",
    ),
    "the logarithm, taken twice, of these rows' probabilities",
    lambda values, arithmetic: _log(arithmetic.log_softmax(values), arithmetic),
    _log_softmax,
)


def _make_clipped_first(written: str, eps: float, who: str) -> Reading:
    """Make a reading that clips first and then divides the rows by their sums.

    ``NORMALISED`` with a clip divides first.
    """

    def probs(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
        least, most = values.dtype.type(eps), values.dtype.type(1.0 - eps)
        return _normalise(arithmetic.stored(np.clip(values, least, most)), arithmetic)

    def log_probs(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
        return _log(probs(values, arithmetic), arithmetic)

    part = NORMALISED.part._replace(
        key=f"normalised-after-{written}",
        phrase=f"clipped at {written} and then divided by their sums",
        formula=f"(clip(z, {written}) / Σ)",
        explanation=f"the values are kept between {written} and 1 − {written}, and then the rows "
        f"are divided by their sums, {who}",
        excludes=frozenset({"clips"}),
    )
    return Reading(
        part, "the −log p of these rows, clipped and divided by their sums", log_probs, probs
    )


CLIPPED_FIRST = (
    _make_clipped_first("1e-7", 1e-7, "as Keras has done it at times"),
    _make_clipped_first("1e-15", 1e-15, "as scikit-learn did before 1.2"),
)


def choices(case: Case, over_axes: tuple[Reading, ...]) -> tuple[Reading, ...]:
    """Return every reading of values of that kind, the one asked for first.

    ``over_axes`` are those of logits over other axes.
    """
    if case.kind == "probs":
        # To read them as log-probabilities is the same as to leave the logarithm out.
        return (PROBS, SOFTMAX_OF_PROBS, *_normalised_readings(case))
    if case.kind == "log_probs":
        return (LOG_PROBS, OF_EXP, PROBS, LOGITS)
    usual = (LOGITS, PROBS, LOG_PROBS, TWICE, SIGMOID)
    return (*usual, *over_axes, *_normalised_readings(case), LOG_OF_LOG)


def _normalised_readings(case: Case) -> tuple[Reading, ...]:
    """Return the readings that divide by sums; none if all rows sum to 1 already."""
    if np.allclose(case.values.sum(axis=1), 1.0, atol=1e-6) and (case.values >= 0).all():
        return ()
    return (NORMALISED, *CLIPPED_FIRST)
