"""Arrays of any shape seen as blocks of samples, laid out so that each step runs at full speed.

A position is one sample: one row of C numbers. ``(C)``, ``(N, C)`` and ``(N, C, d1 … dk)`` all
become ``(outer, C, inner)`` without a copy, and a block is some of these positions as one
contiguous array: classes × positions for few classes, where NumPy is slow at reducing short rows,
positions × classes for many.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xentcli.core.threads import shared
from xentcli.errors import ArgumentError

Array = NDArray[np.float64]

# The layout may depend on nothing but the number of classes: the order in which a row is summed
# follows from it, and a row's last bit must not change with the rows around it.
FEW_CLASSES = 64
# 512 KiB of doubles. Smaller blocks would lie in a nearer cache, but threads pass Python's lock
# back and forth at every step, and with short steps they wait for it more than they compute.
BLOCK_NUMBERS = 1 << 16
# What is done once a sample is done to so many samples at a time, but to no more than so many
# numbers' samples, so that every thread gets some; and each gets at least so many batches.
BATCH_POSITIONS = 1 << 12
BATCH_NUMBERS = 1 << 20
_BATCHES = 4


class Cut(NamedTuple):
    """Some positions of an ``(outer, C, inner)`` array."""

    outer: slice
    inner: slice


class Block(NamedTuple):
    """The numbers of some positions: ``(C, n)`` where ``axis`` is 0 and ``(n, C)`` where it is 1.

    ``values`` may be a view of what the user gave: it is read, never written to.
    """

    cut: Cut
    values: Array
    axis: int


class Buffers:
    """Memory by name, which one thread uses again for every block.

    What is asked for under a name a second time overwrites the first.
    """

    def __init__(self) -> None:
        self._memory: dict[str, NDArray[np.uint8]] = {}
        self._arrays: dict[tuple[str, tuple[int, ...]], Array] = {}

    def array(self, name: str, shape: tuple[int, ...]) -> Array:
        """An uninitialised, contiguous array of that shape."""
        known = self._arrays.get((name, shape))
        return self._new(name, shape) if known is None else known

    def _new(self, name: str, shape: tuple[int, ...]) -> Array:
        size = math.prod(shape) * np.dtype(np.float64).itemsize
        held = self._memory.get(name)
        if held is None or held.size < size:
            held = self._memory[name] = np.empty(size, np.uint8)
        # A buffer that is cut to a shorter block stays contiguous; a cut of its rows would not, and
        # NumPy's strided loops may round differently from its vectorised ones.
        array = held[:size].view(np.float64).reshape(shape)
        self._arrays[name, shape] = array
        return array


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
    return values.reshape(math.prod(before), values.shape[axis], math.prod(after))


def layout_axis(classes: int) -> int:
    """The axis of a block along which that many classes lie."""
    return 0 if classes < FEW_CLASSES else 1


def cuts(shape: tuple[int, ...]) -> list[Cut]:
    """The positions of an ``(outer, C, inner)`` array in parts of about a block's numbers."""
    outer, classes, inner = shape
    everything = Cut(slice(0, outer), slice(0, inner))
    return _parts(everything, max(1, BLOCK_NUMBERS // classes))


def _parts(cut: Cut, at_once: int) -> list[Cut]:
    """A cut in parts of at most that many positions."""
    inner_step = min(max(1, cut.inner.stop - cut.inner.start), at_once)
    outer_step = max(1, at_once // inner_step)
    return [
        Cut(outer, inner)
        for outer in _steps(cut.outer, outer_step)
        for inner in _steps(cut.inner, inner_step)
    ]


def _steps(whole: slice, length: int) -> list[slice]:
    return [
        slice(start, min(whole.stop, start + length))
        for start in range(whole.start, whole.stop, length)
    ]


def each_block(
    positions: NDArray,  # type: ignore[type-arg]
    task: Callable[[Block, Buffers], None],
    threads: int,
) -> None:
    """task of every block of an ``(outer, C, inner)`` array, with the buffers of its thread."""

    def some(share: Sequence[Cut]) -> None:
        buffers = Buffers()
        for cut in share:
            task(block_at(positions, cut, buffers), buffers)

    shared(some, cuts(positions.shape), threads)


def each_batch(
    positions: NDArray,  # type: ignore[type-arg]
    task: Callable[[Cut, Buffers], None],
    threads: int,
) -> None:
    """task of the positions of an ``(outer, C, inner)`` array, several blocks' at a time: enough
    for what is done a sample to be done to many samples in each step."""
    outer, classes, inner = positions.shape
    at_once = max(1, BLOCK_NUMBERS // classes, min(BATCH_POSITIONS, BATCH_NUMBERS // classes))
    if threads > 1:
        at_once = min(at_once, -(-outer * inner // (threads * _BATCHES)))

    def some(share: Sequence[Cut]) -> None:
        buffers = Buffers()
        for cut in share:
            task(cut, buffers)

    everything = Cut(slice(0, outer), slice(0, inner))
    shared(some, _parts(everything, max(1, at_once)), threads)


def blocks(
    positions: NDArray,  # type: ignore[type-arg]
    batch: Cut,
    buffers: Buffers,
) -> Iterator[tuple[Block, tuple[slice, slice]]]:
    """The blocks of a batch one after the other, and where each lies in the batch."""
    for cut in _parts(batch, max(1, BLOCK_NUMBERS // positions.shape[1])):
        start, left = batch.outer.start, batch.inner.start
        place = (
            slice(cut.outer.start - start, cut.outer.stop - start),
            slice(cut.inner.start - left, cut.inner.stop - left),
        )
        yield block_at(positions, cut, buffers), place


def block_at(positions: NDArray, cut: Cut, buffers: Buffers) -> Block:  # type: ignore[type-arg]
    """The positions of a cut; in place where they lie as a block does, else copied."""
    axis = layout_axis(positions.shape[1])
    return Block(cut, laid_out(positions, cut, axis, buffers, "values"), axis)


def laid_out(
    positions: NDArray,  # type: ignore[type-arg]
    cut: Cut,
    axis: int,
    buffers: Buffers,
    name: str,
) -> Array:
    """The numbers of a cut as doubles, ``(C, n)`` or ``(n, C)``: a view or the buffer ``name``."""
    in_place = rows_in_place(positions, cut, axis)
    if in_place is not None:
        return in_place
    part = positions[cut.outer, :, cut.inner].transpose((1, 0, 2) if axis == 0 else (0, 2, 1))
    values = buffers.array(name, part.shape)
    np.copyto(values, part, casting="same_kind")
    classes = positions.shape[1]
    return values.reshape((classes, -1) if axis == 0 else (-1, classes))


def across(values: Array, axis: int) -> Array:
    """One number a sample, to be combined with a block."""
    return values if axis == 0 else values[:, np.newaxis]


def along(values: Array, axis: int) -> Array:
    """One number a class, to be combined with a block."""
    return values if axis == 1 else values[:, np.newaxis]


@contextmanager
def unbuffered(length: int) -> Iterator[None]:
    """Rows of that length combined with a number each, without NumPy's buffer, through which it
    copies what does not lie in one piece: an element then takes twice as long, but for short rows,
    whose beginnings count for more."""
    if length < _LONG_ROW:
        yield
        return
    before = np.setbufsize(_LEAST_BUFFER)
    try:
        yield
    finally:
        np.setbufsize(before)


# Of a row; and the smallest buffer that NumPy takes, which it does not use where a row is longer.
_LONG_ROW, _LEAST_BUFFER = 128, 16


def rows_in_place(positions: NDArray, cut: Cut, axis: int) -> Array | None:  # type: ignore[type-arg]
    """The rows of a cut as a view, if they lie in memory as a block of rows does."""
    if axis == 0 or positions.shape[2] != 1 or positions.dtype != np.float64:
        return None
    rows: Array = positions[cut.outer, :, 0]
    return rows if rows.flags.c_contiguous and rows.flags.aligned else None


def store(into: Array, block: Block, values: Array) -> None:
    """Put a block's values, laid out as the block is, at its positions in ``(outer, C, inner)``."""
    target = into[block.cut.outer, :, block.cut.inner]
    outer, classes, inner = target.shape
    if block.axis == 0:
        target[...] = values.reshape(classes, outer, inner).transpose(1, 0, 2)
    elif not np.may_share_memory(into, values):
        target[...] = values.reshape(outer, inner, classes).transpose(0, 2, 1)


def store_each(into: Array, cut: Cut, values: Array) -> None:
    """Put one value a position into ``(outer, inner)``."""
    target = into[cut.outer, cut.inner]
    target[...] = values.reshape(target.shape)
