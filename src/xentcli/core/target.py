"""The target of a loss: class indices or soft targets, checked once.

The effective target q of a sample is (1−ε)·onehot(y) + ε/C for an index y and (1−ε)·t + ε/C for a
soft target t.
"""

from __future__ import annotations

import math
import warnings

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xentcli.core.layout import Array
from xentcli.errors import ArgumentError, LabelError, counted
from xentcli.model import NamedTuple

Labels = NDArray[np.int64]

# A soft target whose sum is farther from 1 than this is worth a warning. Rounding to three decimals
# over four classes stays below it, and so does rounding to four decimals over forty.
SUM_TOLERANCE = 2e-3


class Target(NamedTuple):
    """Either ``labels`` of shape ``(outer, inner)`` or ``soft`` of shape ``(outer, C, inner)``."""

    labels: Labels | None = None
    soft: Array | None = None


def as_target(
    target: ArrayLike, shape: tuple[int, ...], ignore_index: int, *, as_stored: bool = False
) -> Target:
    """Check the target of logits of that shape; it is soft where its shape is the logits' own.

    Soft targets are converted to doubles, or with ``as_stored`` keep their floating type.

    Raises:
        LabelError (an IndexError and a ValueError): a label that is no class.
        ArgumentError (a ValueError): a wrong shape, a label that is no integer, a soft target that
            is negative or nan, soft targets with an ``ignore_index`` among the classes.
    """
    try:
        given = np.asarray(target)
    except ValueError as error:
        raise ArgumentError("target", f"not an array ({error})") from None
    axis = 1 if len(shape) > 1 else 0
    index_shape = shape[:axis] + shape[axis + 1 :]
    inner, outer = math.prod(shape[axis + 1 :]), math.prod(shape[:axis])
    if given.shape == shape:
        soft = as_soft(given, shape[axis], ignore_index)
        if not as_stored or soft.dtype.kind != "f":
            soft = soft.astype(np.float64, copy=False)
        return Target(soft=soft.reshape(outer, shape[axis], inner))
    if given.shape == index_shape:
        labels = as_labels(given, shape[axis], ignore_index)
        return Target(labels=labels.reshape(outer, inner))
    raise ArgumentError(
        "target",
        f"its shape {given.shape} fits neither labels {index_shape} nor soft targets {shape}",
    )


def as_labels(given: NDArray, classes: int, ignore_index: int) -> Labels:  # type: ignore[type-arg]
    """Return the labels as integers, each of them a class or ``ignore_index``."""
    if given.size == 0:
        return given.astype(np.int64)
    if given.dtype.kind not in "fiub":
        raise ArgumentError("target", f"labels are integers, not {given.dtype}")
    if given.dtype.kind == "f":
        fractional = ~(np.isfinite(given) & (given == np.trunc(given)))
        if fractional.any():
            at = first_index(fractional)
            raise ArgumentError("target", f"label {given[at]} is not an integer", index=at)
    elif given.min() >= 0 and given.max() < classes:
        return given.astype(np.int64, copy=False)
    # Compared before the conversion to int64, which would turn 2**64 − 100 into −100.
    wrong = ((given < 0) | (given >= classes)) & (given != ignore_index)
    if wrong.any():
        at = first_index(wrong)
        label = int(given[at])
        hint = "labels count from 0; are these 1-based?" if label == classes else ""
        raise LabelError(
            "target",
            f"label {label} is out of range for {counted(classes, 'class', 'classes')}"
            f" (0 to {classes - 1})",
            index=at,
            hint=hint,
        )
    labels: Labels = given.astype(np.int64, copy=False)
    return labels


def as_soft(given: NDArray, classes: int, ignore_index: int) -> NDArray:  # type: ignore[type-arg]
    """Return soft targets; refuse one that is negative, nan or infinite."""
    if 0 <= ignore_index < classes:
        raise ArgumentError(
            "ignore_index",
            f"{ignore_index} is one of the classes, which soft targets cannot leave out",
        )
    if given.dtype.kind not in "fiub":
        raise ArgumentError("target", f"soft targets are numbers, not {given.dtype}")
    check_probs(given, "target", "soft target ")
    return given


def check_probs(given: NDArray, argument: str, what: str = "") -> None:  # type: ignore[type-arg]
    """Raise an ArgumentError that names the first number that is negative, infinite or nan."""
    # Of numbers with a nan both the minimum and the maximum are nan.
    if given.size and not (given.min() >= 0 and given.max() < np.inf):
        at = first_index(~(given >= 0) | np.isinf(given))
        raise ArgumentError(
            argument, f"{what}{float(given[at])} is not a probability (0 or more)", index=at
        )


def first_index(mask: NDArray[np.bool_]) -> tuple[int, ...]:
    """Return the index of the first True."""
    return tuple(int(i) for i in np.unravel_index(int(np.argmax(mask)), mask.shape))


def unnormalised_samples(probs: Array, axis: int) -> NDArray[np.bool_]:
    """Return which samples have probabilities that do not sum to 1."""
    with np.errstate(over="ignore", invalid="ignore"):
        total = probs.sum(axis=axis, dtype=np.float64)
        wrong: NDArray[np.bool_] = np.abs(total - 1.0) > SUM_TOLERANCE
    return wrong


def warn_if_unnormalised(target: Target, stacklevel: int = 3) -> None:
    """Give a Python warning where soft targets do not sum to 1.

    They are used as they are, as in PyTorch.
    """
    if target.soft is not None:
        warn_if_rows_unnormalised(target.soft, 1, "target", stacklevel + 1)


def warn_if_rows_unnormalised(probs: Array, axis: int, argument: str, stacklevel: int = 3) -> None:
    """Give that warning for an argument whose classes lie along ``axis``."""
    wrong = unnormalised_samples(probs, axis)
    if wrong.any():
        at = first_index(wrong)
        total = float(np.moveaxis(probs, axis, -1)[at].sum())
        row = f"the row of sample {at[0]}" if at else "the row"
        message = f"{argument}: {row} sums to {total:.6g}, not 1"
        warnings.warn(message, UserWarning, stacklevel=stacklevel)


def smoothed(target: Array, label_smoothing: float, axis: int) -> Array:
    """q = (1−ε)·target + ε/C."""
    if label_smoothing == 0.0:
        return target
    blended: Array = (1.0 - label_smoothing) * target + label_smoothing / target.shape[axis]
    return blended


def one_hot(labels: Labels, classes: int, axis: int) -> Array:
    """Return 1 at each label, 0 elsewhere; an ignored label, which is no class, has no 1."""
    shape = [1, 1]
    shape[axis] = classes
    hot = np.arange(classes).reshape(shape) == np.expand_dims(labels, axis)
    result: Array = hot.astype(np.float64)
    return result
