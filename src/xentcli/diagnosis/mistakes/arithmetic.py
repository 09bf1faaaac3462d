"""The arithmetic that a formula runs in: every digit, or what a width or a habit leaves of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from xentcli.core import elementary, framework, softmax, textbook
from xentcli.core.framework import Width
from xentcli.core.layout import Array
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.part import OFTEN, SOMETIMES, Fix, Part
from xentcli.model import AnyArray


class Arithmetic(NamedTuple):
    """The operations that readings are made of; the classes lie along the last axis.

    ``stored`` rounds to the width what any other operation returns, ``result`` the number that
    comes out; ``slack`` is how far, relative to it, the last rounding of a sum may differ from a
    library's.
    """

    part: Part
    softmax: Callable[[AnyArray], AnyArray]
    log_softmax: Callable[[AnyArray], AnyArray]
    stored: Callable[[AnyArray], AnyArray]
    result: Callable[[float], float]
    slack: float = 0.0


def _as_it_is(values: AnyArray) -> AnyArray:
    return values


def _exact(values: AnyArray) -> Array:
    return softmax.softmax(values, -1)


def _exact_log(values: AnyArray) -> Array:
    return softmax.log_softmax(values, -1)


def _framework_log(values: AnyArray) -> AnyArray:
    """z − max − log Σ exp(z − max), the maximum's 1 inside the sum: a loss below 1e-16 is 0."""
    shifted = values - values.max(axis=-1, keepdims=True)
    found: AnyArray = shifted - elementary.log(elementary.exp(shifted).sum(axis=-1, keepdims=True))
    return found


def _textbook(values: AnyArray) -> Array:
    return textbook.softmax(textbook.exponential(values), -1)


def _textbook_log(values: AnyArray) -> Array:
    return textbook.log(_textbook(values))


def _to_bfloat16(values: AnyArray) -> AnyArray:
    """float32 rounded to 8 bits, ties to even."""
    bits = np.asarray(values, dtype=np.float32).view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
    narrow = rounded.astype(np.uint32).view(np.float32)
    return np.where(np.isfinite(values), narrow, np.asarray(values, dtype=np.float32))


BFLOAT16 = Width("bfloat16", _to_bfloat16, np.float32)


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
        lambda value: float(width.rounded(np.array([value]))[0]),
        slack,
    )


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
    float,
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
    float,
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
    float,
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
    slack=2.0**-22,
)
FLOAT16 = _narrow(
    Part(
        "float16",
        "in float16",
        "{} in float16",
        "float16 has 11 bits: a logit above 65504 is infinite, a loss has three digits",
        SOMETIMES,
        fix=_NOT_HALF,
        apart=_SMALL,
    ),
    framework.WIDTHS["float16"],
)
BF16 = _narrow(
    Part(
        "bfloat16",
        "in bfloat16",
        "{} in bfloat16",
        "bfloat16 has 8 bits: a loss has two to three digits",
        SOMETIMES,
        fix=_NOT_HALF,
        apart=_SMALL,
    ),
    BFLOAT16,
)

ALL = (FLOAT64, FRAMEWORK64, TEXTBOOK, FLOAT32, FLOAT16, BF16)


def choices(case: Case) -> tuple[Arithmetic, ...]:
    """Every arithmetic, the asked one first."""
    asked = next(one for one in ALL if one.part.key == case.arithmetic)
    others = tuple(one for one in ALL if one is not asked)
    return (asked, *others)
