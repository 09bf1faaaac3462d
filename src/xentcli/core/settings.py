"""The settings of a loss, checked once and handed on as one object."""

from __future__ import annotations

import math
import operator
from numbers import Real
from typing import Literal, NamedTuple, cast, get_args

import numpy as np
from numpy.typing import ArrayLike

from xentcli.core.layout import Array, as_float
from xentcli.core.softmax import check_temperature
from xentcli.errors import ArgumentError

Reduction = Literal["mean", "sum", "none"]


class Settings(NamedTuple):
    """What PyTorch's CrossEntropyLoss is built with, and a temperature."""

    weight: Array | None = None
    ignore_index: int = -100
    reduction: Reduction = "mean"
    label_smoothing: float = 0.0
    temperature: float = 1.0


def settings(
    weight: ArrayLike | None,
    classes: int,
    *,
    ignore_index: int = -100,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    temperature: float = 1.0,
) -> Settings:
    """The settings for logits of that many classes; each value is checked."""
    checked = check_reduction(reduction)
    if not isinstance(label_smoothing, Real) or not 0.0 <= label_smoothing <= 1.0:
        raise ArgumentError("label_smoothing", f"{label_smoothing} is not between 0 and 1")
    check_temperature(temperature)
    return Settings(
        None if weight is None else class_weights(weight, classes),
        whole(ignore_index),
        checked,
        float(label_smoothing),
        float(temperature),
    )


def check_reduction(reduction: str) -> Reduction:
    """Refuse what is no reduction of every loss."""
    if reduction not in get_args(Reduction):
        raise ArgumentError("reduction", f"{reduction!r} is none of mean, sum, none")
    return cast(Reduction, reduction)


def whole(ignore_index: int) -> int:
    """An integer, of Python or NumPy; 0.5 is none."""
    try:
        return operator.index(ignore_index)
    except TypeError:
        raise ArgumentError("ignore_index", f"{ignore_index!r} is not an integer") from None


def class_weights(weight: ArrayLike, classes: int) -> Array:
    """One weight a class. Negative ones are taken, as PyTorch takes them."""
    weights = as_float(weight, "weight").astype(np.float64)
    if weights.shape != (classes,):
        raise ArgumentError(
            "weight", f"{classes} classes need {classes} weights, not shape {weights.shape}"
        )
    for at, value in enumerate(weights.tolist()):
        if math.isnan(value) or math.isinf(value):
            raise ArgumentError("weight", f"{value} is not a finite number", index=(at,))
    return weights
