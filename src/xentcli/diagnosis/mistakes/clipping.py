"""What is done to a probability before its logarithm, so that log 0 does not come up."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from xentcli.core import elementary
from xentcli.diagnosis.mistakes.part import HARDLY, SELDOM, Fix, Part
from xentcli.model import AnyArray


class Clip(NamedTuple):
    """A part and what it makes of the probabilities; None leaves them, and the logarithm exact."""

    part: Part
    of: Callable[[AnyArray], AnyArray] | None


_UNCLIPPED = Fix(
    "F.cross_entropy(z, y) needs no eps: log-softmax does not take the logarithm of 0",
    "scipy.special.log_softmax(z, axis=1) needs no eps",
    "from_logits=True takes the loss from the logits, unclipped",
    "log_loss clips at the eps of its type: give float64 probabilities",
)
_LARGE = "give a sample whose label has a probability next to 0"


def _clipped(written: str, eps: float, who: str, rank: int) -> Clip:
    def of(probs: AnyArray) -> AnyArray:
        return np.clip(probs, probs.dtype.type(eps), probs.dtype.type(1.0 - eps))

    most = -float(elementary.log(eps))
    return Clip(
        Part(
            f"clip-{written}",
            f"with probabilities clipped at {written}",
            f"clip({{}}, {written})",
            f"p is kept between {written} and 1 − {written}{who}: no loss is above {most:.4f}",
            rank,
            fix=_UNCLIPPED,
            apart=_LARGE,
        ),
        of,
    )


def _added(written: str, eps: float) -> Clip:
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


CHOICES = (
    Clip(Part(""), None),
    _clipped("1e-7", 1e-7, ", as Keras does", SELDOM),
    _clipped("1e-15", 1e-15, ", as scikit-learn did before 1.2", SELDOM),
    _clipped("1.2e-7", 2.0**-23, ", the eps of float32, as scikit-learn does with it", SELDOM),
    _clipped("2.2e-16", 2.0**-52, ", the eps of float64, as scikit-learn does", SELDOM),
    _clipped("1e-12", 1e-12, "", HARDLY),
    _added("1e-7", 1e-7),
    _added("1e-8", 1e-8),
    _added("1e-9", 1e-9),
    _added("1e-10", 1e-10),
    _added("1e-12", 1e-12),
    _added("1e-15", 1e-15),
)
