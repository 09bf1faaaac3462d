"""Where the arrays are in .npy, .npz and .safetensors files; they are found by the headers and
mapped.

PyTorch's .pt files are in :mod:`xentcli.readers.arrays.torch_file`.

NumPy's own ``load`` would unpickle, allocate whatever a header claims, and read a member of an .npz
as a whole. Here a header is believed only if the file is as large as it says.
"""

from __future__ import annotations

import io
import json
import math
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import IO, TYPE_CHECKING, Any, BinaryIO

import numpy as np

from xentcli.errors import CHANGED, LONGEST_VALUE, escaped, quoted
from xentcli.model import AnyArray, NamedTuple
from xentcli.readers.arrays.narrow import widen
from xentcli.readers.sources.source import Version, version_of_open
from xentcli.readers.sources.unpack import message_if_too_large

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

# As the safetensors library has it.
LONGEST_HEADER = 100_000_000
LOCAL_HEADER_BYTES = 30
CHECKED_BYTES = 1 << 20
# As NumPy has it; before version 2 it took 32.
MOST_DIMENSIONS = 64 if np.lib.NumpyVersion(np.__version__) >= "2.0.0" else 32
# An array with a length of 0 has no numbers that would show the others to be true.
MOST_NUMBERS = 1 << 44
# As much of a file is mapped at once where numbers are gathered from all over it.
MAPPED_BYTES = 32 << 20
SAFETENSORS_DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "F16": "<f2",
    "BF16": "<u2",
    "I64": "<i8",
    "I32": "<i4",
    "I16": "<i2",
    "I8": "|i1",
    "U64": "<u8",
    "U32": "<u4",
    "U16": "<u2",
    "U8": "|u1",
    "F8_E4M3": "|u1",
    "F8_E5M2": "|u1",
}
# NumPy's letters for the kinds of numbers that are read, and for text.
NUMBERS = "fiu"
TEXT = "US"
# Those of them that NumPy knows only as integers.
SAFETENSORS_NARROW = {
    "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
}


class Unreadable(Exception):
    """Says why an array cannot be read."""


class File(NamedTuple):
    """A file to be mapped, and the version that it must have each time."""

    path: str
    version: Version


class Stored(NamedTuple):
    """Where an array is: in the ``file`` from ``offset`` on, or in the bytes ``content``.

    ``narrow`` names the float type (``bfloat16`` and the like) that integers of its width stand
    for. ``strides``, in numbers, are set only where the numbers are not contiguous.
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
        """How many numbers lie between the first and the last, both included."""
        if self.strides is None or math.prod(self.shape) == 0:
            return math.prod(self.shape)
        steps = zip(self.shape, self.strides, strict=True)
        return 1 + sum((length - 1) * stride for length, stride in steps)


class Archive(NamedTuple):
    """Arrays by key. ``array`` finds numbers and checks their bytes, ``outline`` only reads their
    header; ``ids`` finds one that may hold text, too."""

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
        return np.lib.stride_tricks.as_strided(flat, stored.shape, steps, writeable=False)
    if stored.file is None:
        flat = np.frombuffer(stored.content, stored.dtype, math.prod(stored.shape), stored.offset)
        return flat.reshape(stored.shape, order=order)
    with open(stored.file.path, "rb") as file:
        if version_of_open(file) != stored.file.version:
            raise Unreadable(CHANGED)
        array: Any = np.memmap(
            file, stored.dtype, "r", offset=stored.offset, shape=stored.shape, order=order
        )
    # A memmap hands its class on to all that is computed from it.
    return np.asarray(array)


def strides_of(stored: Stored, axis: int) -> tuple[int, ...]:
    """How far apart the numbers lie along each axis, counted in numbers, that of the classes put at
    1."""
    strides = stored.strides
    if strides is None:
        shape = stored.shape[::-1] if stored.fortran else stored.shape
        steps = [math.prod(shape[at + 1 :]) for at in range(len(shape))]
        strides = tuple(steps[::-1] if stored.fortran else steps)
    found = list(strides)
    found.insert(1, found.pop(axis))
    return tuple(found)


def gather(stored: Stored, axis: int, sample: int, positions: tuple[int, int]) -> AnyArray:
    """Some positions of a sample, the classes at axis 1 and the positions from 2 on: mapped where
    that maps hardly anything else, else copied from one small map after the other."""
    strides, size = strides_of(stored, axis), np.dtype(stored.dtype).itemsize
    count, *inner = (length for at, length in enumerate(stored.shape[1:], 1) if at != axis)
    start, stop = positions[0], min(positions[1], count)
    shape = (1, stored.shape[axis], stop - start, *inner)
    offset = stored.offset + (sample * strides[0] + start * strides[2]) * size
    part = stored._replace(shape=shape, offset=offset, fortran=False, strides=strides)
    if part.span <= 2 * math.prod(shape):
        return map_array(part)
    found = np.empty(shape, stored.dtype)
    along = 1 if strides[1] >= strides[2] else 2
    step = max(1, MAPPED_BYTES // (strides[along] * size))
    for at in range(0, shape[along], step):
        length = min(step, shape[along] - at)
        block = part._replace(
            shape=(*shape[:along], length, *shape[along + 1 :]),
            offset=offset + at * strides[along] * size,
        )
        found[(slice(None),) * along + (slice(at, at + length),)] = map_array(block)
    return found


def numbers(part: AnyArray, stored: Stored) -> AnyArray:
    """A part of the array as floats in this machine's byte order; a view where it is that
    already."""
    if stored.narrow:
        return widen(part, stored.narrow)
    if part.dtype.kind == "f" and part.dtype.itemsize <= 8:
        return part.astype(part.dtype.newbyteorder("="), copy=False)
    # What is beyond them becomes infinite, and is refused by whoever knows its place.
    with np.errstate(over="ignore"):
        return part.astype(np.float64)


def npy_array(
    stream: BinaryIO, size: int, file: File | None, content: bytes, kinds: str = NUMBERS
) -> Stored:
    """The array of an .npy file that must fill its ``size`` bytes."""
    stored = _npy_header(stream, kinds)._replace(file=file, content=content)
    _check_size(stored, size)
    return stored


def _npy_header(stream: IO[bytes], kinds: str = NUMBERS) -> Stored:
    try:
        # Files from Python 2 make it warn.
        with warnings.catch_warnings(action="ignore"):
            version = np.lib.format.read_magic(stream)
            read = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            shape, fortran, dtype = read(stream)
    except OSError:
        raise
    except Exception as error:
        # What a header of garbage raises is whatever Python's parser does.
        raise Unreadable(f"its .npy header cannot be read ({_first_line(error)})") from None
    if dtype.hasobject:
        raise Unreadable("it holds Python objects, and pickled data is never read")
    if dtype.kind not in kinds or not dtype.itemsize:
        raise Unreadable(f"its dtype is {dtype}, not integers or real floats")
    if any(length < 0 for length in shape):
        raise Unreadable(f"its .npy header cannot be read (the shape {shape})")
    return Stored(dtype.str, shape, stream.tell(), fortran)


def check_shape(stored: Stored) -> None:
    """Refuse a shape that no array can have."""
    if len(stored.shape) > MOST_DIMENSIONS:
        raise Unreadable(f"it has {len(stored.shape)} dimensions; {MOST_DIMENSIONS} are the most")
    if not math.prod(stored.shape) and math.prod(filter(None, stored.shape)) > MOST_NUMBERS:
        raise Unreadable(f"its shape {stored.shape} is larger than any machine")


def _check_size(stored: Stored, size: int) -> None:
    check_shape(stored)
    wanted = np.dtype(stored.dtype).itemsize * math.prod(stored.shape)
    present = size - stored.offset
    if present < wanted:
        raise Unreadable(
            f"it is cut short: {wanted} bytes of numbers are announced, {present} are there"
        )
    if present > wanted:
        raise Unreadable(f"{present - wanted} bytes follow the array; a file holds but one")


def npz_archive(stream: BinaryIO, file: File | None, max_ratio: int) -> Archive:
    """The members of an .npz: mapped where they are not compressed, else unpacked, to at most
    ``max_ratio`` times their size."""
    members = zip_members(stream, "an .npz archive")
    names = unique((info.filename.removesuffix(".npy"), info) for info in members.infolist())

    def array(key: str, kinds: str = NUMBERS) -> Stored:
        info = names[key]
        if file is not None and is_stored(info):
            start = member_start(stream, info)
            stream.seek(start)
            stored = npy_array(stream, start + info.file_size, file, b"", kinds)
            check_sum(stream, start, info)
            return stored
        wrong = message_if_too_large(info.compress_size, info.file_size, max_ratio)
        if wrong:
            raise Unreadable(wrong)
        with _unpacking():
            content = members.read(info)
        return npy_array(io.BytesIO(content), len(content), None, content, kinds)

    def outline(key: str) -> Stored:
        with _unpacking(), members.open(names[key]) as member:
            return _npy_header(member)

    return Archive(tuple(names), array, outline, partial(array, kinds=NUMBERS + TEXT))


def zip_members(stream: BinaryIO, what: str) -> ZipFile:
    """Read the directory of a zip archive; ``what`` names it in messages."""
    from zipfile import ZipFile

    try:
        return ZipFile(stream)
    except OSError:
        raise
    except Exception as error:
        raise Unreadable(f"not {what} ({_first_line(error)})") from None


@contextmanager
def _unpacking() -> Iterator[None]:
    try:
        yield
    except (OSError, Unreadable):
        raise
    except Exception as error:
        raise Unreadable(f"it cannot be unpacked ({_first_line(error)})") from None


def unique(entries: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """The entries by key. A repeated key is refused, because nobody knows which entry counts."""
    found: dict[str, Any] = {}
    for key, entry in entries:
        if key in found:
            raise Unreadable(f"it has the key {quoted(key)} twice")
        found[key] = entry
    return found


def is_stored(info: ZipInfo) -> bool:
    """Whether a member of a zip archive is neither compressed nor encrypted."""
    return info.compress_type == 0 and not info.flag_bits & 1


def member_start(stream: BinaryIO, info: ZipInfo) -> int:
    """Where the bytes of a member of a zip archive begin."""
    # The local header has lengths of its own; the extra field differs from the directory's.
    stream.seek(info.header_offset)
    header = stream.read(LOCAL_HEADER_BYTES)
    if len(header) < LOCAL_HEADER_BYTES or not header.startswith(b"PK\x03\x04"):
        raise Unreadable("it cannot be unpacked (its header in the archive is damaged)")
    lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    return info.header_offset + LOCAL_HEADER_BYTES + lengths


def check_sum(stream: BinaryIO, start: int, info: ZipInfo) -> None:
    """Refuse a stored member, beginning at ``start``, whose checksum is wrong."""
    from zlib import crc32

    stream.seek(start)
    found, size = 0, info.file_size
    while size > 0 and (piece := stream.read(min(size, CHECKED_BYTES))):
        found = crc32(piece, found)
        size -= len(piece)
    if found != info.CRC:
        raise Unreadable("it cannot be unpacked (its checksum is not that in the archive)")


def safetensors_archive(stream: BinaryIO, size: int, file: File | None, content: bytes) -> Archive:
    """The tensors in the header of a .safetensors file."""
    length = int.from_bytes(stream.read(8), "little")
    if size < 8 or length > min(size - 8, LONGEST_HEADER):
        raise Unreadable("not a .safetensors file, or cut short: its header does not fit into it")
    try:
        header = json.loads(stream.read(length), object_pairs_hook=unique)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"its .safetensors header is not JSON ({_first_line(error)})") from None
    if not isinstance(header, dict):
        raise Unreadable("its .safetensors header is not a JSON object")
    header.pop("__metadata__", None)
    start = 8 + length
    _check_no_gaps(header, size - start)

    def array(key: str) -> Stored:
        return _tensor(header[key], start, size)._replace(file=file, content=content)

    return Archive(tuple(header), array, array, array)


def _check_no_gaps(header: dict[str, Any], size: int) -> None:
    """Refuse bytes that belong to two tensors or to none: then the header is not this file's."""
    offsets = []
    for entry in header.values():
        found: Any = entry.get("data_offsets") if isinstance(entry, dict) else None
        if not _is_span(found):
            # Whoever asks for that tensor is told.
            return
        offsets.append((found[0], found[1]))
    end = 0
    for begin, following in sorted(offsets):
        if begin != end:
            wrong = "are in two tensors" if begin < end else "belong to no tensor"
            raise Unreadable(f"the bytes from {min(begin, end)} to {max(begin, end)} {wrong}")
        end = following
    if end < size:
        raise Unreadable(f"the bytes from {end} to {size} belong to no tensor")


def _is_span(found: Any) -> bool:
    return (
        isinstance(found, list)
        and len(found) == 2
        and all(type(number) is int for number in found)
        and 0 <= found[0] <= found[1]
    )


def _tensor(entry: Any, start: int, size: int) -> Stored:
    try:
        name, shape, (begin, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
    except (TypeError, KeyError, ValueError):
        raise Unreadable("its entry in the .safetensors header is damaged") from None
    if not all(type(number) is int and number >= 0 for number in (*shape, begin, end)):
        raise Unreadable("its entry in the .safetensors header is damaged")
    if not isinstance(name, str) or name not in SAFETENSORS_DTYPES:
        raise Unreadable(
            f"its dtype is {escaped(str(name), LONGEST_VALUE)}, not integers or real floats"
        )
    stored = Stored(
        SAFETENSORS_DTYPES[name], shape, start + begin, narrow=SAFETENSORS_NARROW.get(name, "")
    )
    if start + end > size:
        _check_size(stored, size)
    _check_size(stored, start + end)
    return stored


def _first_line(error: Exception) -> str:
    # Python shows a word in a header as an object at some address.
    return str(error).partition("\n")[0].partition(": <")[0] or type(error).__name__
