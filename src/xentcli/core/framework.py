"""Softmax and log-softmax with 32 or 16 bits, with the digits that a framework loses.

PyTorch computes log-softmax as z − max − log Σ exp(z − max), the maximum's 1 inside the sum. In
float32 every operation rounds to 24 bits; for the 16-bit types its CPU kernels work in float32 and
round what they return. Where the classes are the last axis, log-softmax keeps Σ exp(z − max) and
its logarithm in 16 bits as well. Softmax is the exponentials divided by their sum. Here exp and log
are computed as doubles and rounded to float32: the same on every machine, and hardly ever another
float32 than PyTorch's.

Source: ``vec_log_softmax_lastdim`` and ``vec_logsoftmax`` in PyTorch 2.13,
``aten/src/ATen/native/cpu/LogSoftmaxKernelImpl.h``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from xentcli.core import elementary
from xentcli.core.sums import sum_along_rows
from xentcli.errors import ArgumentError
from xentcli.model import NamedTuple

Narrow = NDArray[np.float32]


class Width(NamedTuple):
    """A floating type: its name, the function that rounds to it, and NumPy's type that holds it."""

    name: str
    rounded: Callable[[NDArray[np.floating]], Narrow]
    numpy: type[np.floating]


def _to_float32(values: NDArray[np.floating]) -> Narrow:
    return values.astype(np.float32)


def _to_float16(values: NDArray[np.floating]) -> Narrow:
    with np.errstate(over="ignore", under="ignore"):
        return values.astype(np.float16).astype(np.float32)


def _to_bfloat16(values: NDArray[np.floating]) -> Narrow:
    """Round float32 numbers to 8 bits of mantissa, ties to even."""
    with np.errstate(over="ignore", under="ignore"):
        wide = np.asarray(values, dtype=np.float32)
    bits = wide.view(np.uint32)
    rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) & np.uint32(0xFFFF0000)
    return np.where(np.isfinite(wide), rounded.astype(np.uint32).view(np.float32), wide)


# NumPy has no bfloat16: such numbers are held as float32.
BFLOAT16 = Width("bfloat16", _to_bfloat16, np.float32)
WIDTHS = {
    "float32": Width("float32", _to_float32, np.float32),
    "float16": Width("float16", _to_float16, np.float16),
    "bfloat16": BFLOAT16,
}
HALVES = ("float16", "bfloat16")


def width(dtype: DTypeLike) -> Width:
    """Return the width that a ``dtype`` argument names."""
    name = name_of(dtype)
    if name not in WIDTHS:
        names = ", ".join([*(name for name in WIDTHS if name_of(name)), "float64"])
        raise ArgumentError("dtype", f"{dtype!r} is none of {names}")
    return WIDTHS[name]


def name_of(dtype: DTypeLike) -> str:
    """Return NumPy's name of a type, or an empty one of what it does not know."""
    try:
        return np.dtype(dtype).name
    except TypeError:
        return ""


def narrow(values: NDArray[np.floating], name: str) -> NDArray[Any]:
    """Round the values to the width of that name, in an array of NumPy's type for it."""
    found = WIDTHS[name]
    with np.errstate(over="ignore", under="ignore"):
        if found is BFLOAT16:
            return found.rounded(values)
        return values.astype(found.numpy)


class Steps(NamedTuple):
    """The result of each operation over axis 1, as float32, rounded further where it is stored."""

    logits: Narrow
    maximum: Narrow
    shifted: Narrow
    exponentials: Narrow
    total: Narrow
    log_sum: Narrow
    probs: Narrow
    log_probs: Narrow


def steps(
    positions: NDArray[np.floating],
    width: Width,
    temperature: float = 1.0,
    *,
    in_rows: bool = False,
) -> Steps:
    """Compute softmax and its logarithm over axis 1 of ``(outer, C, inner)``, step by step.

    ``in_rows``: whether the framework has the classes on its last axis. Where inner is 1 it has.
    """
    in_rows = in_rows or positions.shape[2] == 1
    with np.errstate(all="ignore"):
        logits = width.rounded(positions.astype(np.float32))
        if temperature != 1.0:
            logits = width.rounded(logits / np.float32(temperature))
        maximum = np.maximum.reduce(logits, axis=1, keepdims=True)
        shifted = logits - maximum
        exponentials = _to_float32(elementary.exp(shifted))
        total = np.expand_dims(sum_along_rows(exponentials, 1), 1)
        stored = width.rounded if in_rows else _to_float32
        log_sum = stored(elementary.log(stored(total)))
        return Steps(
            logits,
            maximum,
            shifted,
            exponentials,
            total,
            log_sum,
            width.rounded(exponentials / total),
            width.rounded(shifted - log_sum),
        )


def softmax(
    positions: NDArray[np.floating],
    width: Width,
    temperature: float = 1.0,
    *,
    log: bool,
    in_rows: bool = False,
) -> NDArray[np.floating]:
    """Compute softmax or its logarithm over axis 1, as a framework of that width does."""
    step = steps(positions, width, temperature, in_rows=in_rows)
    return (step.log_probs if log else step.probs).astype(width.numpy)
