"""An array in a file: where its numbers are, and how they are mapped into memory."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from xentcli.errors import CHANGED, quoted
from xentcli.model import AnyArray, NamedTuple
from xentcli.readers.arrays.narrow import widen
from xentcli.readers.sources.source import Version, version_of_open

# As in NumPy; before version 2 it was 32.
MOST_DIMENSIONS = 64 if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else 32
# A length, an offset or the like is less, as in NumPy and PyTorch. Far larger integers cannot even
# be printed.
NO_SIZE = 1 << 63
# An array with an axis of length 0 has no numbers that would prove its other lengths.
MOST_NUMBERS = 1 << 44
# So much of a file is mapped at once where numbers are gathered from all over it.
MAPPED_BYTES = 32 << 20


class Unreadable(Exception):
    """Says why an array cannot be read."""


class File(NamedTuple):
    """A file to be mapped, and the version that it must have each time."""

    path: str
    version: Version


class Stored(NamedTuple):
    """Where an array is: from ``offset`` on in the ``file`` or in the bytes ``content``.

    ``narrow`` names the float type (``bfloat16`` and the like) if the numbers are stored as
    unsigned integers of its width. ``strides`` count numbers, not bytes; None where the numbers
    follow one another.
    """

    dtype: str
    shape: tuple[int, ...]
    offset: int
    fortran: bool = False
    file: File | None = None
    content: bytes = b""
    narrow: str = ""
    strides: tuple[int, ...] | None = None

    @property
    def is_float(self) -> bool:
        """Whether the numbers are floats."""
        return bool(self.narrow) or np.dtype(self.dtype).kind == "f"

    @property
    def span(self) -> int:
        """How many numbers lie between the first and the last, both included. Asked for only where
        there is one, and strides are set."""
        assert self.strides is not None
        steps = zip(self.shape, self.strides, strict=True)
        return 1 + sum((length - 1) * stride for length, stride in steps)


class Archive(NamedTuple):
    """Arrays by key. ``array`` locates an array of numbers and checks its bytes; ``outline`` only
    reads its header; ``ids`` locates an array that may also hold text."""

    keys: tuple[str, ...]
    array: Callable[[str], Stored]
    outline: Callable[[str], Stored]
    ids: Callable[[str], Stored]


def map_array(stored: Stored) -> AnyArray:
    """Map the array into memory: its pages are read from the file when they are touched."""
    order: Any = "F" if stored.fortran else "C"
    if math.prod(stored.shape) == 0:
        return np.empty(stored.shape, stored.dtype)
    if stored.strides is not None:
        flat = map_array(stored._replace(shape=(stored.span,), strides=None))
        steps = [stride * flat.itemsize for stride in stored.strides]
        return np.lib.stride_tricks.as_strided(flat, stored.shape, steps)
    if stored.file is None:
        flat = np.frombuffer(stored.content, stored.dtype, math.prod(stored.shape), stored.offset)
        return flat.reshape(stored.shape, order=order)
    with open(stored.file.path, "rb") as file:
        if version_of_open(file) != stored.file.version:
            raise Unreadable(CHANGED)
        array: Any = np.memmap(
            file, stored.dtype, "r", offset=stored.offset, shape=stored.shape, order=order
        )
    # As a memmap it would make memmaps of all that is computed from it.
    return np.asarray(array)


def strides_of(stored: Stored, axis: int) -> tuple[int, ...]:
    """Return how far apart the numbers lie along each axis, counted in numbers, with the class axis
    moved to 1."""
    strides = stored.strides
    if strides is None:
        shape = stored.shape[::-1] if stored.fortran else stored.shape
        steps = [math.prod(shape[at + 1 :]) for at in range(len(shape))]
        strides = tuple(steps[::-1] if stored.fortran else steps)
    found = list(strides)
    found.insert(1, found.pop(axis))
    return tuple(found)


def gather(stored: Stored, axis: int, sample: int, positions: tuple[int, int]) -> AnyArray:
    """Return some positions of a sample, with the classes at axis 1 and the positions from axis 2
    on. They are mapped if that maps little else, or are copied from one small map after the other.
    """
    strides, size = strides_of(stored, axis), np.dtype(stored.dtype).itemsize
    count, *inner = (length for at, length in enumerate(stored.shape[1:], 1) if at != axis)
    start, stop = positions[0], min(positions[1], count)
    shape = (1, stored.shape[axis], stop - start, *inner)
    offset = stored.offset + (sample * strides[0] + start * strides[2]) * size
    part = stored._replace(shape=shape, offset=offset, strides=strides)
    if part.span <= 2 * math.prod(shape):
        return map_array(part)
    found = np.empty(shape, stored.dtype)
    _copy_in_parts(part, strides, found)
    return found


def _copy_in_parts(stored: Stored, strides: tuple[int, ...], found: AnyArray) -> None:
    """Copy an array with these strides from one small map after the other."""
    if stored.span * found.itemsize <= MAPPED_BYTES:
        found[...] = map_array(stored)
        return
    # The axis along which it reaches farthest is halved.
    reach = [(length - 1) * stride for length, stride in zip(stored.shape, strides, strict=True)]
    axis = reach.index(max(reach))
    half = stored.shape[axis] // 2
    for part in (slice(None, half), slice(half, None)):
        into = found[(slice(None),) * axis + (part,)]
        offset = stored.offset + (part.start or 0) * strides[axis] * found.itemsize
        _copy_in_parts(stored._replace(shape=into.shape, offset=offset), strides, into)


def as_floats(part: AnyArray, stored: Stored) -> AnyArray:
    """Return a part of the array as floats in this machine's byte order; a view where they are so
    already."""
    if stored.narrow:
        return widen(part, stored.narrow)
    if part.dtype.kind == "f" and part.dtype.itemsize <= 8:
        return part.astype(part.dtype.newbyteorder("="), copy=False)
    # Numbers too large for a 64-bit float become infinite; the caller refuses them with their
    # place.
    with np.errstate(over="ignore"):
        return part.astype(np.float64)


def is_size(number: Any) -> bool:
    """Whether this can be a length, an offset or the like."""
    return type(number) is int and 0 <= number < NO_SIZE


def check_dimensions(count: int) -> None:
    """Refuse more axes than an array can have."""
    if count > MOST_DIMENSIONS:
        raise Unreadable(f"it has {count} dimensions; {MOST_DIMENSIONS} are the most")


def check_shape(stored: Stored) -> None:
    """Refuse a shape that no array can have."""
    check_dimensions(len(stored.shape))
    if not math.prod(stored.shape) and math.prod(filter(None, stored.shape)) > MOST_NUMBERS:
        raise Unreadable(f"its shape {stored.shape} is larger than any machine")


def check_size(stored: Stored, size: int) -> None:
    """Refuse an array that does not end exactly at byte ``size``."""
    check_shape(stored)
    wanted = np.dtype(stored.dtype).itemsize * math.prod(stored.shape)
    present = size - stored.offset
    if present < wanted:
        raise Unreadable(
            f"it is cut short: {wanted} bytes of numbers are announced, {present} are there"
        )
    if present > wanted:
        raise Unreadable(f"{present - wanted} bytes follow the array; a file holds but one")


def refuse_repeated_keys(entries: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Return the entries by key. A repeated key is refused, because it is not known which entry is
    meant."""
    found: dict[str, Any] = {}
    for key, entry in entries:
        if key in found:
            raise Unreadable(f"it has the key {quoted(key)} twice")
        found[key] = entry
    return found


def first_line(error: Exception) -> str:
    """Return the first line of an error's text, for a message."""
    # Errors of Python's grammar have a place beside the text.
    has_place = len(error.args) == 2 and isinstance(error.args[1], tuple)
    text = error.args[0] if has_place else error
    # Some of Python's errors end with an object and its address in memory.
    return str(text).partition("\n")[0].partition(": <")[0] or type(error).__name__
