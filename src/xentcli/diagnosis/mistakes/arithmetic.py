"""The arithmetic of a formula: exact, of a narrower type, or written as people write it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xentcli.core import elementary, framework, softmax, textbook
from xentcli.core.framework import Width
from xentcli.core.layout import Array
from xentcli.core.sums import sum_along_rows
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.part import HARDLY, OFTEN, SELDOM, SOMETIMES, Fix, Part
from xentcli.model import AnyArray, NamedTuple


class Arithmetic(NamedTuple):
    """The operations of an arithmetic; the classes lie along the last axis.

    ``given`` rounds the values that are given, ``stored`` the result of any other operation, and
    ``result`` the final number. ``add`` sums the losses or the shares of the rows. ``slack`` is the
    relative difference that a sum may have from a library's, by the rounding of its additions.
    """

    part: Part
    softmax: Callable[[AnyArray], AnyArray]
    log_softmax: Callable[[AnyArray], AnyArray]
    given: Callable[[AnyArray], AnyArray]
    stored: Callable[[AnyArray], AnyArray]
    result: Callable[[float], float]
    add: Callable[[Array], float]
    slack: float = 0.0


def _sum(values: Array) -> float:
    return float(sum_along_rows(values))


def _as_it_is(values: AnyArray) -> AnyArray:
    return values


def _exact(values: AnyArray) -> Array:
    return softmax.softmax(values, -1)


def _exact_log(values: AnyArray) -> Array:
    return softmax.log_softmax(values, -1)


def _framework_log(values: AnyArray) -> AnyArray:
    """z − max − log Σ exp(z − max), with the maximum's 1 in the sum: a loss below 1e-16 is 0."""
    shifted = values - values.max(axis=-1, keepdims=True)
    total = np.expand_dims(sum_along_rows(elementary.exp(shifted)), -1)
    found: AnyArray = shifted - elementary.log(total)
    return found


def _textbook(values: AnyArray) -> Array:
    return textbook.softmax(textbook.exponential(values), -1)


def _textbook_log(values: AnyArray) -> Array:
    return textbook.log(_textbook(values))


FLOAT32_SLACK = 2.0**-22


def _narrow(part: Part, width: Width, slack: float = 0.0) -> Arithmetic:
    def along(values: AnyArray, *, log: bool) -> AnyArray:
        rows = values.reshape(-1, values.shape[-1], 1)
        found = framework.softmax(rows, width, log=log).astype(np.float32)
        return found.reshape(values.shape)

    return Arithmetic(
        part,
        lambda values: along(values, log=False),
        lambda values: along(values, log=True),
        lambda values: width.rounded(np.asarray(values)),
        lambda values: width.rounded(np.asarray(values)),
        lambda value: float(width.rounded(np.array([value]))[0]),
        _sum,
        slack,
    )


# PyTorch's sum over a batch on the CPU: runs of 16 numbers, then runs of 16 of these sums …
RUN = 16


def running_sum(values: Array, width: Width) -> float:
    """Add a batch's losses in 16 bits, as PyTorch's ``nll_loss`` does on the CPU.

    Each addition is rounded to the width. The first number is a run by itself, the next runs have
    16 numbers each, and a last run that is shorter is added at the end.
    """
    if np.isin(values, (0.0, 1.0)).all():
        # The numbers are shares: the kernel counts rows, and rounds the count once.
        return float(width.rounded(np.array([values.sum()]))[0])
    numbers = width.rounded(np.asarray(values, dtype=np.float32))
    rests = []
    # The kernel stops after seven rounds, which are enough for 16**7 numbers; diagnose takes fewer.
    while len(numbers) > 1:
        count = -(-(len(numbers) - 1) // RUN)
        runs = np.zeros(count * RUN, dtype=np.float32)
        runs[: len(numbers) - 1] = numbers[1:]
        # The last run may be shorter: zeros fill it up.
        sums = _in_order(runs.reshape(-1, RUN).T, width)
        is_short = (len(numbers) - 1) % RUN != 0
        rests.append(sums[-1] if is_short else np.float32(0))
        numbers = np.concatenate([numbers[:1], sums[: count - is_short]])
    each = np.array([*rests, *numbers], dtype=np.float32)
    return float(_in_order(each[:, np.newaxis], width)[0])


def _in_order(rows: AnyArray, width: Width) -> AnyArray:
    """Add the rows one after the other, and round after each addition."""
    total = np.zeros(rows.shape[1], dtype=np.float32)
    for row in rows:
        total = width.rounded(total + row)
    return total


def _half(part: Part, width: Width) -> tuple[Arithmetic, Arithmetic, Arithmetic]:
    """Return three arithmetics of 16 bits.

    They are PyTorch's on the CPU, the same with the mean in float32, and one in which only the
    values have 16 bits.
    """
    name = width.name
    whole = _narrow(part, width)._replace(
        log_softmax=lambda values: _half_log_softmax(values, width),
        add=lambda values: running_sum(values, width),
    )
    wide_sum = whole._replace(
        part=part._replace(
            key=f"{name}-wide-sum",
            rank=HARDLY,
            phrase=f"in {name}, the losses summed in float32",
            explanation=f'the losses of reduction="none" are {name}; their .mean() adds them in '
            "float32 and rounds once",
        ),
        add=_sum,
    )
    narrow_values = _narrow(part, framework.WIDTHS["float32"], slack=FLOAT32_SLACK)._replace(
        part=part._replace(
            key=f"{name}-values",
            rank=HARDLY,
            phrase=f"from values rounded to {name}",
            formula=f"{{}} of {name} values",
            explanation=f"only the values are {name}; the loss is computed in float32, as autocast "
            "does",
        ),
        given=lambda values: width.rounded(values),
    )
    return whole, wide_sum, narrow_values


def _half_log_softmax(values: AnyArray, width: Width) -> AnyArray:
    """log-softmax as PyTorch has it: Σ exp(z − max) and its logarithm in 16 bits, else float32."""
    rows = np.asarray(values, dtype=np.float32)
    shifted = rows - rows.max(axis=-1, keepdims=True)
    total = np.expand_dims(sum_along_rows(elementary.exp(shifted).astype(np.float32)), -1)
    log_total = width.rounded(elementary.log(width.rounded(total)))
    return width.rounded(shifted - log_total)


_WIDER = Fix(
    "compute the loss in float64 (logits.double()) to see more digits; train as you are",
    "np.asarray(z, dtype=np.float64) before the softmax",
    "tf.cast(z, tf.float64), or keras.config.set_floatx('float64')",
    "give log_loss float64 probabilities",
)
_NOT_HALF = Fix(
    "z.float() before the loss; autocast does so for cross_entropy",
    "np.asarray(z, dtype=np.float32) or wider before the softmax",
    "a mixed-precision model's last layer takes dtype='float32'",
    "give log_loss float64 probabilities",
)
_SMALL = "give a sample whose loss is neither next to 0 nor large, and more digits of the number"

FLOAT64 = Arithmetic(
    Part(
        "float64",
        "in float64 with every digit",
        "{}",
        "float64 throughout, and no digit lost where the loss is next to 0",
        OFTEN,
        fix=Fix("the narrow result is what PyTorch prints; logits.double() gives these digits"),
        apart=_SMALL,
    ),
    _exact,
    _exact_log,
    _as_it_is,
    _as_it_is,
    float,
    _sum,
)
FRAMEWORK64 = Arithmetic(
    Part(
        "float64-framework",
        "as float64 PyTorch rounds it",
        "{}",
        "z − max − log Σexp(z − max): the maximum's 1 in the sum rounds away a loss below 1e-16",
        OFTEN,
        fix=Fix(
            "nothing is wrong: below 1e-16 float64 PyTorch gives 0",
            "use np.log1p over the terms without the maximum's",
            "nothing is wrong: below 1e-16 the loss is 0 there",
        ),
        apart=_SMALL,
    ),
    _exact,
    _framework_log,
    _as_it_is,
    _as_it_is,
    float,
    _sum,
)
TEXTBOOK = Arithmetic(
    Part(
        "textbook",
        "with exp(z)/Σexp(z) written out",
        "{}",
        "exp(z) is not shifted by the maximum: it overflows above 709.78, and p rounds to 1 or 0",
        SOMETIMES,
        by_hand=True,
        fix=Fix(
            "F.cross_entropy(z, y), not torch.log(torch.exp(z) / torch.exp(z).sum(1))",
            "scipy.special.log_softmax(z, axis=1), not np.log(np.exp(z) / np.exp(z).sum(1))",
            "from_logits=True, not a softmax of your own",
            "scipy.special.softmax(z, axis=1), not np.exp(z) / np.exp(z).sum(1)",
        ),
        apart=_SMALL,
    ),
    _textbook,
    _textbook_log,
    _as_it_is,
    _as_it_is,
    float,
    _sum,
)
FLOAT32 = _narrow(
    Part(
        "float32",
        "in float32",
        "{} in float32",
        "float32 rounds every operation to 24 bits: a loss below 6e-8 is 0",
        OFTEN,
        fix=_WIDER,
        apart=_SMALL,
    ),
    framework.WIDTHS["float32"],
    slack=FLOAT32_SLACK,
)
HALVES = (
    *_half(
        Part(
            "float16",
            "in float16",
            "{} in float16",
            "float16 has 11 bits: a logit above 65504 is infinite, a loss has three digits",
            SELDOM,
            fix=_NOT_HALF,
            apart=_SMALL,
        ),
        framework.WIDTHS["float16"],
    ),
    *_half(
        Part(
            "bfloat16",
            "in bfloat16",
            "{} in bfloat16",
            "bfloat16 has 8 bits: a loss has two to three digits",
            SELDOM,
            fix=_NOT_HALF,
            apart=_SMALL,
        ),
        framework.WIDTHS["bfloat16"],
    ),
)

ALL = (FLOAT64, FRAMEWORK64, TEXTBOOK, FLOAT32, *HALVES)


def choices(case: Case) -> tuple[Arithmetic, ...]:
    """Return every arithmetic, the one asked for first."""
    asked = next(one for one in ALL if one.part.key == case.arithmetic)
    others = tuple(one for one in ALL if one is not asked)
    return (asked, *others)
