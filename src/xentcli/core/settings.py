"""The settings of a loss, checked once and handed on as one object."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from numbers import Real
from typing import Literal, cast

import numpy as np
from numpy.typing import ArrayLike

from xentcli.core.layout import Array, as_float
from xentcli.core.softmax import check_temperature
from xentcli.core.target import first_index
from xentcli.errors import ArgumentError
from xentcli.model import NamedTuple

Reduction = Literal["mean", "batchmean", "sum", "none"]
REDUCTIONS: tuple[Reduction, ...] = ("mean", "sum", "none")


class Settings(NamedTuple):
    """The options of a loss: those of PyTorch's, a temperature, and the focal factor's γ and A.

    ``weight`` and ``pos_weight`` hold a number a class, or a number a column of yes/no questions.
    """

    weight: Array | None = None
    ignore_index: int = -100
    reduction: Reduction = "mean"
    label_smoothing: float = 0.0
    temperature: float = 1.0
    pos_weight: Array | None = None
    gamma: float = 0.0
    alpha: float | None = None

    @property
    def averages(self) -> bool:
        """Whether the sum of the losses is divided by a denominator."""
        return self.reduction in ("mean", "batchmean")

    @property
    def is_plain(self) -> bool:
        """Whether the loss of a label is −log p, but for its weight."""
        return self.label_smoothing == 0.0 and self.gamma == 0.0


def check_settings(
    weight: ArrayLike | None,
    classes: int,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    temperature: float = 1.0,
    reductions: Sequence[Reduction] = REDUCTIONS,
    pos_weight: ArrayLike | None = None,
    gamma: float = 0.0,
    alpha: float | None = None,
) -> Settings:
    """Check every option of a loss of so many classes, and return them together."""
    checked = check_reduction(reduction, reductions)
    if not isinstance(label_smoothing, Real) or not 0.0 <= label_smoothing <= 1.0:
        raise ArgumentError("label_smoothing", f"{label_smoothing} is not between 0 and 1")
    check_temperature(temperature)
    return Settings(
        None if weight is None else class_weights(weight, classes),
        as_index(ignore_index),
        checked,
        float(label_smoothing),
        float(temperature),
        None if pos_weight is None else class_weights(pos_weight, classes, "pos_weight"),
        check_gamma(gamma),
        None if alpha is None else check_alpha(alpha),
    )


def check_reduction(reduction: str, allowed: Sequence[Reduction] = REDUCTIONS) -> Reduction:
    """Return the reduction, or raise an ArgumentError where the loss does not have it."""
    if reduction not in allowed:
        raise ArgumentError("reduction", f"{reduction!r} is none of {', '.join(allowed)}")
    return cast(Reduction, reduction)


def as_index(ignore_index: int) -> int:
    """Return an ``ignore_index`` of Python or NumPy as an int; 0.5 is refused."""
    try:
        return operator.index(ignore_index)
    except TypeError:
        raise ArgumentError("ignore_index", f"{ignore_index!r} is not an integer") from None


def check_gamma(gamma: float) -> float:
    """Return the focusing parameter γ; refuse what is not a finite number of 0 or more."""
    if not isinstance(gamma, Real) or not 0.0 <= gamma < math.inf:
        raise ArgumentError("gamma", f"{gamma} is not a number of 0 or more")
    return float(gamma)


def check_alpha(alpha: float) -> float:
    """Return the balance A; refuse what is not a number from 0 to 1."""
    if not isinstance(alpha, Real) or not 0.0 <= alpha <= 1.0:
        raise ArgumentError("alpha", f"{alpha} is not between 0 and 1")
    return float(alpha)


def class_weights(weight: ArrayLike, classes: int, argument: str = "weight") -> Array:
    """Return finite weights of shape ``(C)``, one a class; they may be negative, as in PyTorch."""
    weights = as_float(weight, argument).astype(np.float64)
    if weights.shape != (classes,):
        raise ArgumentError(
            argument, f"{classes} classes need {classes} weights, not shape {weights.shape}"
        )
    check_finite(weights, argument)
    return weights


def check_finite(values: Array, argument: str) -> None:
    """Raise an ArgumentError that names the first number that is not finite."""
    if not np.isfinite(values).all():
        at = first_index(~np.isfinite(values))
        raise ArgumentError(argument, f"{float(values[at])} is not a finite number", index=at)
