"""Clips: what people do to a probability before its logarithm, to avoid log 0."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xentcli.core import elementary
from xentcli.diagnosis.mistakes.part import HARDLY, SELDOM, Fix, Part
from xentcli.model import AnyArray, NamedTuple

# Every power of ten from 1e-3 to 1e-16 is tried as ε, and other values in use.
LARGEST_POWER, SMALLEST_POWER = 3, 16
# The ε of libraries, and which library it is.
KNOWN = {
    "1e-7": ", as Keras does",
    "1e-15": ", as scikit-learn did before 1.2",
    "1.2e-7": ", the eps of float32, as scikit-learn does with it",
    "2.2e-16": ", the eps of float64, as scikit-learn does",
}
VALUES = {"1.2e-7": 2.0**-23, "2.2e-16": 2.0**-52}


class Clip(NamedTuple):
    """A part, and its function of the probabilities; None where they are not changed."""

    part: Part
    of: Callable[[AnyArray], AnyArray] | None


_UNCLIPPED = Fix(
    "F.cross_entropy(z, y) needs no eps: log-softmax does not take the logarithm of 0",
    "scipy.special.log_softmax(z, axis=1) needs no eps",
    "from_logits=True takes the loss from the logits, unclipped",
    "log_loss clips at the eps of its type: give float64 probabilities",
)
_LARGE = "give a sample whose label has a probability next to 0"


def _make_clip(written: str) -> Clip:
    eps = VALUES.get(written, float(written))

    def of(probs: AnyArray) -> AnyArray:
        return np.clip(probs, probs.dtype.type(eps), probs.dtype.type(1.0 - eps))

    most = -float(elementary.log(eps))
    return Clip(
        Part(
            f"clip-{written}",
            f"with probabilities clipped at {written}",
            f"clip({{}}, {written})",
            f"p is kept between {written} and 1 − {written}{KNOWN.get(written, '')}: no loss is "
            f"above {most:.4f}",
            SELDOM if written in KNOWN else HARDLY,
            fix=_UNCLIPPED,
            apart=_LARGE,
        ),
        of,
    )


def _make_clip_of_rest(written: str) -> Clip:
    """Make 1 − clip(1 − p): the smallest p is 1 − (1 − ε), which is not ε in floating point."""
    eps = float(written)

    def of(probs: AnyArray) -> AnyArray:
        kind = probs.dtype.type
        others = np.clip(kind(1) - probs, kind(eps), kind(1.0 - eps))
        result: AnyArray = kind(1) - others
        return result

    return Clip(
        Part(
            f"clip-1-{written}",
            f"with probabilities clipped at 1 − (1 − {written})",
            f"(1 − clip(1 − {{}}, {written}))",
            f"1 − p is what is clipped at {written}, as in a loss of two columns: 1 − (1 − "
            f"{written}) is not {written} in floating point",
            HARDLY,
            fix=_UNCLIPPED,
            apart=_LARGE,
        ),
        of,
    )


def _make_addition(written: str) -> Clip:
    eps = float(written)

    def of(probs: AnyArray) -> AnyArray:
        moved: AnyArray = probs + probs.dtype.type(eps)
        return moved

    return Clip(
        Part(
            f"add-{written}",
            f"with {written} added to the probabilities",
            f"({{}} + {written})",
            f"log(p + {written}) in place of log p",
            HARDLY,
            by_hand=True,
            fix=_UNCLIPPED,
            apart=_LARGE,
        ),
        of,
    )


def _make_clip_and_addition(written: str) -> Clip:
    clip, added = _make_clip(written), _make_addition(written)
    assert clip.of is not None
    assert added.of is not None
    first, then = clip.of, added.of
    return Clip(
        Part(
            f"clip-add-{written}",
            f"with probabilities clipped at {written} and {written} added",
            f"(clip({{}}, {written}) + {written})",
            f"log(clip(p) + {written}), as Keras's binary cross-entropy has it: no loss is above "
            f"{-float(elementary.log(2 * float(written))):.4f}",
            HARDLY,
            fix=_UNCLIPPED,
            apart=_LARGE,
        ),
        lambda probs: then(first(probs)),
    )


POWERS = tuple(f"1e-{power}" for power in range(LARGEST_POWER, SMALLEST_POWER + 1))
LARGE = ("0.05", "0.01")
CHOICES = (
    Clip(Part(""), None),
    *map(_make_clip, KNOWN),
    *(_make_clip(written) for written in (*LARGE, *POWERS) if written not in KNOWN),
    *map(_make_clip_of_rest, ("1e-7", "1e-15")),
    *map(_make_clip_and_addition, ("1e-7", "1e-8", "1e-15")),
    *map(_make_addition, ("0.01", *POWERS)),
)
