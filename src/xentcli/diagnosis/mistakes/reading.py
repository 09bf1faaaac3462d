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


def _exp(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return arithmetic.stored(elementary.exp(values).astype(values.dtype))


def _log1p(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return arithmetic.stored(elementary.log1p(values).astype(values.dtype))


def _given(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return values


def _softmax(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return arithmetic.softmax(values)


def _log_softmax(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return arithmetic.log_softmax(values)


def _twice(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return arithmetic.softmax(arithmetic.softmax(values))


def _log_twice(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return arithmetic.log_softmax(arithmetic.softmax(values))


def _softmax_of_exp(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return arithmetic.softmax(_exp(values, arithmetic))


def _log_softmax_of_exp(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return arithmetic.log_softmax(_exp(values, arithmetic))


def _sigmoid(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return _exp(_log_of_sigmoid(values), arithmetic)


def _log_sigmoid(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return arithmetic.stored(_log_of_sigmoid(values))


def _log_of_sigmoid(values: AnyArray) -> AnyArray:
    """log σ(z) = −log(1 + exp(−z)), computed so that exp does not overflow."""
    log_sum = elementary.log1p(elementary.exp(-np.abs(values)))
    return (np.minimum(values, 0.0) - log_sum).astype(values.dtype)


def _normalised(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return arithmetic.stored(values / np.expand_dims(sum_along_rows(values), -1))


def _log_normalised(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return _log(_normalised(values, arithmetic), arithmetic)


def _log_of_log(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return _log(arithmetic.log_softmax(values), arithmetic)


def _along(axis: int, *, log: bool) -> ReadingFunction:
    def read(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
        moved = np.ascontiguousarray(np.moveaxis(values, axis, -1))
        found = arithmetic.log_softmax(moved) if log else arithmetic.softmax(moved)
        return np.moveaxis(found, -1, axis)

    return read


def _over_everything(*, log: bool) -> ReadingFunction:
    def read(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
        flat = values.reshape(1, -1)
        found = arithmetic.log_softmax(flat) if log else arithmetic.softmax(flat)
        return found.reshape(values.shape)

    return read


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
    lambda values, arithmetic: _log1p(-_softmax(values, arithmetic), arithmetic),
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
    _exp,
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
    _log_twice,
    _twice,
)
OF_EXP = Reading(
    TWICE.part._replace(
        key="softmax-of-probs",
        phrase="with a softmax of their probabilities",
        formula="softmax(exp(z))",
        explanation="the probabilities exp(z) go through a softmax once more",
    ),
    "the {} of these rows with a softmax of their probabilities",
    _log_softmax_of_exp,
    _softmax_of_exp,
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
    _sigmoid,
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
    _log_normalised,
    _normalised,
)
EVERYTHING = Reading(
    Part(
        "softmax-everything",
        "with one softmax over all numbers",
        "softmax(all of z)",
        "the exponentials are divided by the sum over all rows, not over each row's classes",
        SELDOM,
        by_hand=True,
        fix=Fix(
            "dim=1, not a sum over the whole tensor",
            "np.exp(z).sum(axis=1, keepdims=True), not np.exp(z).sum()",
            "axis=-1 in tf.nn.softmax, not a sum over the whole tensor",
            "scipy.special.softmax(z, axis=1): without an axis it takes all numbers at once",
        ),
        apart="give two samples or more",
    ),
    "the {} of these rows with one softmax over all numbers",
    _over_everything(log=True),
    _over_everything(log=False),
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
    _log_of_log,
    _log_softmax,
)


def _clipped_first(written: str, eps: float, who: str) -> Reading:
    """Make a reading that clips first and then divides the rows by their sums.

    ``NORMALISED`` with a clip divides first.
    """

    def probs(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
        least, most = values.dtype.type(eps), values.dtype.type(1.0 - eps)
        return _normalised(arithmetic.stored(np.clip(values, least, most)), arithmetic)

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
    _clipped_first("1e-7", 1e-7, "as Keras has done it at times"),
    _clipped_first("1e-15", 1e-15, "as scikit-learn did before 1.2"),
)


def _symmetric(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    """½(log-softmax of the rows + log-softmax of the columns), for N × N values."""
    along = [_along(axis, log=True)(values, arithmetic) for axis in (-1, 0)]
    return arithmetic.stored((along[0] + along[1]) / 2)


def _exp_of_symmetric(values: AnyArray, arithmetic: Arithmetic) -> AnyArray:
    return _exp(_symmetric(values, arithmetic), arithmetic)


SYMMETRIC = Reading(
    Part(
        "symmetric",
        "as the symmetric mean of both directions, rows and columns",
        "softmax(z) of rows and columns",
        "the mean of the cross-entropy of the rows and that of the columns, as contrastive losses "
        "(CLIP, InfoNCE) have it",
        SOMETIMES,
        fix=Fix(
            "F.cross_entropy(z, y) alone, without F.cross_entropy(z.T, y)",
            "the log-softmax of axis=1 alone",
            "the loss of z alone, without that of its transpose",
            "log_loss takes the rows alone",
        ),
        apart="give rows that are no square",
        excludes=frozenset({"clips", "picks"}),
    ),
    "the {} of these rows, averaged with that of the columns,",
    _symmetric,
    _exp_of_symmetric,
)


def _reshaped(case: Case) -> Reading:
    """Make a reading that reshapes where the axes must be permuted: the numbers are mixed up."""
    rows, classes = case.grid, case.classes
    # The shape of the tensor: (N, C, d…), or (N, d…, C) with the classes last.
    torch_shape = (rows[0], classes, *rows[1:])

    def mixed(values: AnyArray) -> AnyArray:
        if case.class_axis == -1:
            return np.moveaxis(values.reshape(torch_shape), 1, -1)
        return np.moveaxis(values, -1, 1).reshape(values.shape)

    call = "z.view(-1, C)" if case.class_axis != -1 else "z.view(N, C, …)"
    part = Part(
        "reshaped",
        "reshaped without a permute, so that the axes mix",
        f"softmax({call})",
        f"{call} leaves the numbers in their order: rows are made of several positions' numbers",
        SOMETIMES,
        fix=Fix(
            "z.movedim(1, -1).reshape(-1, C), not z.view(-1, C)"
            if case.class_axis != -1
            else "z.movedim(-1, 1), not z.view(N, C, -1)",
            "np.moveaxis before the reshape",
            "keras.ops.transpose before the reshape",
            "np.moveaxis before the reshape",
        ),
        apart="give positions that differ more",
    )
    return Reading(
        part,
        "the {} of these rows, reshaped without a permute,",
        lambda values, arithmetic: arithmetic.log_softmax(np.ascontiguousarray(mixed(values))),
        lambda values, arithmetic: arithmetic.softmax(np.ascontiguousarray(mixed(values))),
    )


def _over(axis: int) -> Reading:
    over = "the samples" if axis == 0 else f"dimension {axis + 1}"
    dim = axis if axis == 0 else axis + 1
    part = Part(
        f"softmax-axis-{dim}",
        f"with the softmax taken over {over} instead of the classes",
        f"softmax(z, dim={dim})",
        f"the softmax runs over {over}: each class sums to 1, not each row",
        SOMETIMES,
        fix=Fix(
            f"dim=1 in F.softmax and F.log_softmax, not dim={dim}",
            f"axis=1, not axis={dim}",
            "axis=-1, the axis of the classes",
            f"scipy.special.softmax(z, axis=1), not axis={dim}",
        ),
        apart="give as many samples as there are not classes, all of them different",
    )
    noun = f"the {{}} of these rows {part.phrase}"
    return Reading(part, noun, _along(axis, log=True), _along(axis, log=False))


def choices(case: Case) -> tuple[Reading, ...]:
    """Return every reading of values of that kind, the one asked for first."""
    if case.kind == "probs":
        # To read them as log-probabilities is the same as to leave the logarithm out.
        return (PROBS, SOFTMAX_OF_PROBS, *_where_normalised(case))
    if case.kind == "log_probs":
        return (LOG_PROBS, OF_EXP, PROBS, LOGITS)
    found = [LOGITS, PROBS, LOG_PROBS, TWICE, SIGMOID, *map(_over, range(len(case.grid)))]
    if case.samples > 1:
        found.append(EVERYTHING)
    if len(case.grid) > 1:
        found.append(_reshaped(case))
    if _is_matched(case):
        found.append(SYMMETRIC)
    return (*found, *_where_normalised(case), LOG_OF_LOG)


def _is_matched(case: Case) -> bool:
    """Whether there are as many rows as columns, and the label of row i is i."""
    if case.labels is None or len(case.grid) > 1 or case.samples != case.classes:
        return False
    return case.classes > 1 and bool((case.labels == np.arange(case.classes)).all())


def _where_normalised(case: Case) -> tuple[Reading, ...]:
    """Return the readings that divide by sums; none if all rows sum to 1 already."""
    if np.allclose(case.values.sum(axis=1), 1.0, atol=1e-6) and (case.values >= 0).all():
        return ()
    return (NORMALISED, *CLIPPED_FIRST)
