"""Arrays of any shape seen as blocks of samples, laid out so that each step runs at full speed.

A position is one sample: one row of C numbers. ``(C)``, ``(N, C)`` and ``(N, C, d1 … dk)`` all
become ``(outer, C, inner)`` without a copy, and a block gathers some of these positions into one
contiguous buffer: classes × positions for few classes, where NumPy is slow at reducing short rows,
positions × classes for many.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xentcli.errors import ArgumentError

Array = NDArray[np.float64]

# The layout may depend on nothing but the number of classes: the order in which a row is summed
# follows from it, and a row's last bit must not change with the rows around it.
FEW_CLASSES = 64
BLOCK_NUMBERS = 1 << 15


class Block(NamedTuple):
    """Some positions of an array: where they are, their numbers, and which axis holds the classes.

    ``values`` is ``(C, n)`` where ``axis`` is 0 and ``(n, C)`` where it is 1.
    """

    outer: slice
    inner: slice
    values: Array
    axis: int


def as_float(values: ArrayLike, argument: str) -> NDArray:  # type: ignore[type-arg]
    """The values as a floating array; float32 and float64 arrays are taken as they are."""
    try:
        array = np.asarray(values)
        if array.dtype.kind == "O":
            array = array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise ArgumentError(argument, f"not an array of numbers ({error})") from None
    if array.dtype.kind not in "fiub":
        raise ArgumentError(argument, f"not an array of real numbers, but of {array.dtype}")
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def class_axis(ndim: int) -> int:
    """The axis of the classes, as PyTorch has it: 1, or 0 for a single sample."""
    return 1 if ndim > 1 else 0


def as_positions(values: NDArray, axis: int, argument: str) -> NDArray:  # type: ignore[type-arg]
    """The array as ``(outer, C, inner)``, C being the length of ``axis``."""
    if values.ndim == 0:
        raise ArgumentError(argument, "a single number has no classes; give a row of them")
    if not -values.ndim <= axis < values.ndim:
        raise ArgumentError("axis", f"{axis} is no axis of an array of shape {values.shape}")
    axis %= values.ndim
    if values.shape[axis] == 0:
        raise ArgumentError(argument, f"no classes: the shape is {values.shape}")
    before, after = values.shape[:axis], values.shape[axis + 1 :]
    return values.reshape(_size(before), values.shape[axis], _size(after))


def _size(shape: tuple[int, ...]) -> int:
    return int(np.prod(shape, dtype=np.int64))


def blocks(positions: NDArray, numbers: int = BLOCK_NUMBERS) -> Iterator[Block]:  # type: ignore[type-arg]
    """The positions of an ``(outer, C, inner)`` array, a block at a time.

    The buffer behind ``values`` is used again for the next block: keep a copy, not a view.
    """
    outer, classes, inner = positions.shape
    if outer == 0 or inner == 0:
        return
    at_once = max(1, numbers // classes)
    inner_step = min(inner, at_once)
    outer_step = max(1, at_once // inner_step)
    # A buffer that is cut to the last, shorter block stays contiguous; a cut of its rows would
    # not, and NumPy's strided loops may round differently from its vectorised ones.
    buffer = np.empty(min(outer, outer_step) * inner_step * classes)
    axis = 0 if classes < FEW_CLASSES else 1
    order = (1, 0, 2) if axis == 0 else (0, 2, 1)
    for first in range(0, outer, outer_step):
        outer_cut = slice(first, min(outer, first + outer_step))
        for start in range(0, inner, inner_step):
            inner_cut = slice(start, min(inner, start + inner_step))
            part = positions[outer_cut, :, inner_cut].transpose(order)
            values = buffer[: part.size].reshape(part.shape)
            np.copyto(values, part, casting="same_kind")
            flat = (classes, -1) if axis == 0 else (-1, classes)
            yield Block(outer_cut, inner_cut, values.reshape(flat), axis)


def store(into: NDArray, block: Block, values: Array) -> None:  # type: ignore[type-arg]
    """Put a block's values, laid out as the block is, at its positions in ``(outer, C, inner)``."""
    target = into[block.outer, :, block.inner]
    outer, classes, inner = target.shape
    if block.axis == 0:
        target[...] = values.reshape(classes, outer, inner).transpose(1, 0, 2)
    else:
        target[...] = values.reshape(outer, inner, classes).transpose(0, 2, 1)


def store_each(into: NDArray, block: Block, values: Array) -> None:  # type: ignore[type-arg]
    """Put one value a position into ``(outer, inner)``."""
    target = into[block.outer, block.inner]
    target[...] = values.reshape(target.shape)
