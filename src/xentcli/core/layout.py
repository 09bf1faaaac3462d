"""Arrays of any shape seen as blocks of samples, laid out so that each step runs at full speed.

A position is one sample: one row of C numbers. ``(C)``, ``(N, C)`` and ``(N, C, d1 … dk)`` all
become ``(outer, C, inner)`` without a copy, and a block is some of these positions as one
contiguous array: classes × positions for few classes, where NumPy is slow at reducing short rows,
positions × classes for many.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xentcli.core.threads import share_out
from xentcli.errors import ArgumentError
from xentcli.model import NamedTuple

Array = NDArray[np.float64]

# The layout may depend on nothing but the number of classes: the order in which a row is summed
# follows from it, and a row's last bit must not change with the rows around it.
FEW_CLASSES = 64


class Sizes(NamedTuple):
    """How much is computed at once. It changes how long a result takes, but no bit of it.

    A block holds about ``rows`` numbers where each sample is a row, and ``columns`` where each is a
    column. An elementary function is computed for ``part`` numbers at once, a step with one number
    a sample for a batch of ``samples`` samples, or as many as have 2**20 logits.
    """

    rows: int
    columns: int
    part: int
    samples: int

    def positions(self, classes: int) -> int:
        """Return how many positions a block has."""
        numbers = self.columns if layout_axis(classes) == 0 else self.rows
        return max(1, numbers // classes)

    def positions_of_batch(self, classes: int) -> int:
        """Return how many positions a batch has: those of one block at least."""
        return max(self.positions(classes), min(self.samples, _BATCH_NUMBERS // classes))


# For a thread that is alone: 512 KiB of doubles, so that results lie in a near cache from one step
# to the next.
ALONE = Sizes(rows=1 << 16, columns=1 << 16, part=1 << 14, samples=1 << 14)
# For threads that share an array. A thread releases Python's lock at every step and takes it again.
# If another thread holds it, the thread sleeps, and waking takes as long as a step of 2**16
# numbers. Longer steps are fewer, which is worth more than a near cache.
TOGETHER = Sizes(rows=1 << 18, columns=1 << 17, part=1 << 17, samples=1 << 16)
_BATCH_NUMBERS = 1 << 20
# Each thread gets at least this many blocks or batches, so that none is idle.
_EACH = 4


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
    """Named pieces of memory that a thread uses again for every block, and the sizes for it.

    An array asked for by the same name lies in the same memory: it overwrites the earlier one.
    """

    def __init__(self, sizes: Sizes | None = None) -> None:
        self.sizes = sizes or ALONE
        self._memory: dict[str, NDArray[np.uint8]] = {}
        self._arrays: dict[tuple[str, tuple[int, ...]], NDArray] = {}  # type: ignore[type-arg]
        self._counting: NDArray[np.int64] = np.arange(0, dtype=np.int64)

    def array(self, name: str, shape: tuple[int, ...]) -> Array:
        """Return an uninitialised, contiguous array of that shape."""
        known = self._arrays.get((name, shape))
        return self._new(name, shape, np.float64) if known is None else known

    def mask(self, name: str, shape: tuple[int, ...]) -> NDArray[np.bool_]:
        """Return such an array of truth values."""
        known = self._arrays.get((name, shape))
        return self._new(name, shape, np.bool_) if known is None else known

    def integers(self, name: str, shape: tuple[int, ...]) -> NDArray[np.int64]:
        """Return such an array of integers."""
        known = self._arrays.get((name, shape))
        return self._new(name, shape, np.int64) if known is None else known

    def scratch(self, count: int, shape: tuple[int, ...]) -> list[Array]:
        """Return so many arrays for the steps of one function; the next one overwrites them."""
        return [self.array(f"scratch {number}", shape) for number in range(count)]

    def counting(self, count: int) -> NDArray[np.int64]:
        """Return so many integers from 0 on. They are read, never written to."""
        if len(self._counting) < count:
            self._counting = np.arange(count, dtype=np.int64)
        return self._counting[:count]

    def _new(self, name: str, shape: tuple[int, ...], dtype: type[np.generic]) -> NDArray:  # type: ignore[type-arg]
        size = math.prod(shape) * np.dtype(dtype).itemsize
        held = self._memory.get(name)
        if held is None or held.size < size:
            held = self._memory[name] = np.empty(size, np.uint8)
        # A buffer that is cut to a shorter block stays contiguous; a cut of its rows would not, and
        # NumPy's strided loops may round differently from its vectorised ones.
        array: NDArray = np.ndarray(shape, dtype, held)  # type: ignore[type-arg]
        self._arrays[name, shape] = array
        return array


def as_float(values: ArrayLike, argument: str) -> NDArray:  # type: ignore[type-arg]
    """Return the values as a floating array; one that is floating already is not copied."""
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
    """Return the axis of the classes, as PyTorch has it: 1, or 0 for a single sample."""
    return 1 if ndim > 1 else 0


def as_positions(values: NDArray, axis: int, argument: str) -> NDArray:  # type: ignore[type-arg]
    """Return the array as ``(outer, C, inner)``, C being the length of ``axis``."""
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
    """Return the axis of a block along which so many classes lie."""
    return 0 if classes < FEW_CLASSES else 1


def sizes_for(numbers: int, threads: int) -> Sizes:
    """Return the sizes for an array of so many numbers that so many threads share."""
    if threads <= 1:
        return ALONE
    most = max(ALONE.rows, numbers // (threads * _EACH))
    return TOGETHER._replace(rows=min(TOGETHER.rows, most), columns=min(TOGETHER.columns, most))


def cuts(shape: tuple[int, ...], sizes: Sizes) -> list[Cut]:
    """Cut the positions of an ``(outer, C, inner)`` array into parts of a block's size."""
    outer, classes, inner = shape
    everything = Cut(slice(0, outer), slice(0, inner))
    return _parts(everything, sizes.positions(classes))


def _parts(cut: Cut, at_once: int) -> list[Cut]:
    """Divide a cut into parts of at most so many positions."""
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


def run_on_blocks(
    positions: NDArray,  # type: ignore[type-arg]
    task: Callable[[Block, Buffers], None],
    threads: int,
) -> None:
    """Run the task on every block of an ``(outer, C, inner)`` array, with its thread's buffers."""
    sizes = sizes_for(positions.size, threads)

    def some(share: Iterable[Cut]) -> None:
        buffers = Buffers(sizes)
        for cut in share:
            task(block_at(positions, cut, buffers), buffers)

    share_out(some, cuts(positions.shape, sizes), threads)


def run_on_batches(
    positions: NDArray,  # type: ignore[type-arg]
    task: Callable[[Cut, Buffers], None],
    threads: int,
) -> None:
    """Run the task on the positions of an ``(outer, C, inner)`` array, a batch at a time.

    A batch may be several blocks: enough samples for the steps with one number a sample.
    """
    outer, classes, inner = positions.shape
    sizes = sizes_for(positions.size, threads)
    at_once = sizes.positions_of_batch(classes)
    if threads > 1:
        at_once = min(at_once, -(-outer * inner // (threads * _EACH)))

    def some(share: Iterable[Cut]) -> None:
        buffers = Buffers(sizes)
        for cut in share:
            task(cut, buffers)

    everything = Cut(slice(0, outer), slice(0, inner))
    share_out(some, _parts(everything, max(1, at_once)), threads)


def blocks(
    positions: NDArray,  # type: ignore[type-arg]
    batch: Cut,
    buffers: Buffers,
) -> Iterator[tuple[Block, slice]]:
    """Yield each block of a batch, and which of the batch's samples it holds."""
    start = 0
    for cut in _parts(batch, buffers.sizes.positions(positions.shape[1])):
        block = block_at(positions, cut, buffers)
        stop = start + block.values.shape[1 - block.axis]
        yield block, slice(start, stop)
        start = stop


def block_at(positions: NDArray, cut: Cut, buffers: Buffers) -> Block:  # type: ignore[type-arg]
    """Return the positions of a cut as a block: a view where they lie as one, else a copy."""
    axis = layout_axis(positions.shape[1])
    return Block(cut, lay_out(positions, cut, axis, buffers, "values"), axis)


def lay_out(
    positions: NDArray,  # type: ignore[type-arg]
    cut: Cut,
    axis: int,
    buffers: Buffers,
    name: str,
) -> Array:
    """Return a cut's numbers as ``(C, n)`` or ``(n, C)`` doubles: a view or the buffer ``name``."""
    in_place = rows_in_place(positions, cut, axis)
    if in_place is not None:
        return in_place
    part = positions[cut.outer, :, cut.inner].transpose((1, 0, 2) if axis == 0 else (0, 2, 1))
    values = buffers.array(name, part.shape)
    np.copyto(values, part, casting="same_kind")
    classes = positions.shape[1]
    return values.reshape((classes, -1) if axis == 0 else (-1, classes))


def across(values: Array, axis: int) -> Array:
    """Shape one number a sample so that it broadcasts over a block."""
    return values if axis == 0 else values[:, np.newaxis]


def along(values: Array, axis: int) -> Array:
    """Shape one number a class so that it broadcasts over a block."""
    return values if axis == 1 else values[:, np.newaxis]


@contextmanager
def unbuffered(length: int) -> Iterator[None]:
    """Switch NumPy's buffer off while rows of that length are combined with a number each.

    NumPy copies operands that are not contiguous through a buffer, which takes an element twice as
    long. Short rows keep the buffer: without it, it is the start of each row that takes long.
    """
    if length < _LONG_ROW:
        yield
        return
    before = np.setbufsize(_LEAST_BUFFER)
    try:
        yield
    finally:
        np.setbufsize(before)


# A row from this length on is long; NumPy's smallest buffer, which longer rows do not go through.
_LONG_ROW, _LEAST_BUFFER = 128, 16


def rows_in_place(positions: NDArray, cut: Cut, axis: int) -> Array | None:  # type: ignore[type-arg]
    """Return the rows of a cut as a view if they lie in memory as a block does, else None."""
    if axis == 0 or positions.shape[2] != 1 or positions.dtype != np.float64:
        return None
    rows: Array = positions[cut.outer, :, 0]
    return rows if rows.flags.c_contiguous and rows.flags.aligned else None


def place_for(result: Array, block: Block, buffers: Buffers) -> Array:
    """Return the array for a block's values: its place in ``result``, or a buffer for ``store``."""
    place = rows_in_place(result, block.cut, block.axis)
    return buffers.array("result", block.values.shape) if place is None else place


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
