"""Where arrays lie in .npy, .npz and .safetensors files: found by the headers, then mapped.

PyTorch's .pt files are in :mod:`xentcli.readers.arrays.torch_file`.

NumPy's own ``load`` would unpickle, allocate whatever a header claims, and read a member of an
.npz whole; here a header is believed only if the numbers that it announces are there.
"""

from __future__ import annotations

import io
import json
import math
import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import IO, Any, BinaryIO, NamedTuple

import numpy as np

from xentcli.errors import quoted
from xentcli.model import AnyArray
from xentcli.readers.arrays.narrow import widened

# As the safetensors library has it.
LONGEST_HEADER = 100_000_000
LOCAL_HEADER_BYTES = 30
BLOCK_BYTES = 1 << 20
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
# Those of them that NumPy knows only as integers.
SAFETENSORS_NARROW = {
    "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
}


class Unreadable(Exception):
    """Says in a sentence why an array cannot be read."""


class Stored(NamedTuple):
    """An array's place: in the file ``path`` from ``offset`` on, or in the bytes ``content``.

    ``narrow`` names the float that integers of its width stand for (``bfloat16`` and the like).
    ``strides``, counted in numbers, are there where the numbers do not simply follow one another.
    """

    dtype: str
    shape: tuple[int, ...]
    offset: int
    fortran: bool = False
    path: str = ""
    content: bytes = b""
    narrow: str = ""
    strides: tuple[int, ...] | None = None

    @property
    def is_float(self) -> bool:
        """Whether the numbers are floats, not integers."""
        return bool(self.narrow) or np.dtype(self.dtype).kind == "f"

    @property
    def span(self) -> int:
        """How many numbers lie from the first to the last, these included."""
        if self.strides is None or math.prod(self.shape) == 0:
            return math.prod(self.shape)
        steps = zip(self.shape, self.strides, strict=True)
        return 1 + sum((length - 1) * stride for length, stride in steps)


class Archive(NamedTuple):
    """Arrays under keys. ``array`` finds the one of a key; ``outline`` does without its numbers;
    ``verify`` compares an array's bytes with their checksum, where they have one."""

    keys: tuple[str, ...]
    array: Callable[[str], Stored]
    outline: Callable[[str], Stored]
    verify: Callable[[str], None] = lambda key: None


def mapped(stored: Stored) -> AnyArray:
    """The array, not yet read: its pages come from the file as they are touched."""
    order: Any = "F" if stored.fortran else "C"
    if math.prod(stored.shape) == 0:
        return np.empty(stored.shape, stored.dtype)
    if stored.strides is not None:
        flat = mapped(stored._replace(shape=(stored.span,), strides=None))
        steps = [stride * flat.itemsize for stride in stored.strides]
        return np.lib.stride_tricks.as_strided(flat, stored.shape, steps, writeable=False)
    if not stored.path:
        flat = np.frombuffer(stored.content, stored.dtype, math.prod(stored.shape), stored.offset)
        return flat.reshape(stored.shape, order=order)
    array: Any = np.memmap(
        stored.path, stored.dtype, "r", offset=stored.offset, shape=stored.shape, order=order
    )
    # A memmap hands its class on to all that is computed from it.
    return np.asarray(array)


def numbers(part: AnyArray, stored: Stored) -> AnyArray:
    """A part of the array as floats in this machine's order; a view where they are that already."""
    if stored.narrow:
        return widened(part, stored.narrow)
    if part.dtype.kind == "f" and part.dtype.itemsize <= 8:
        return part.astype(part.dtype.newbyteorder("="), copy=False)
    return part.astype(np.float64)


def npy_array(stream: BinaryIO, size: int, path: str, content: bytes) -> Stored:
    """The array of an .npy file that fills its ``size`` bytes."""
    stored = _npy_header(stream)._replace(path=path, content=content)
    _check_size(stored, size)
    return stored


def _npy_header(stream: IO[bytes]) -> Stored:
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
    if dtype.kind not in "fiu":
        raise Unreadable(f"its dtype is {dtype}, not integers or real floats")
    if any(length < 0 for length in shape):
        raise Unreadable(f"its .npy header cannot be read (the shape {shape})")
    return Stored(dtype.str, shape, stream.tell(), fortran)


def _check_size(stored: Stored, size: int) -> None:
    wanted = np.dtype(stored.dtype).itemsize * math.prod(stored.shape)
    present = size - stored.offset
    if present < wanted:
        raise Unreadable(
            f"it is cut short: {wanted} bytes of numbers are announced, {present} are there"
        )
    if present > wanted:
        raise Unreadable(f"{present - wanted} bytes follow the array; a file holds but one")


def npz_archive(stream: BinaryIO, path: str) -> Archive:
    """The members of an .npz; what is not compressed is mapped, the rest unpacked."""
    from zipfile import ZipFile

    try:
        members = ZipFile(stream)
    except OSError:
        raise
    except Exception as error:
        raise Unreadable(f"not an .npz archive ({_first_line(error)})") from None
    names: dict[str, Any] = {}
    for info in members.infolist():
        key = info.filename.removesuffix(".npy")
        if key in names:
            raise Unreadable(f"two of its arrays are called {quoted(key)}")
        names[key] = info

    def array(key: str) -> Stored:
        info = names[key]
        if path and is_stored(info):
            start = member_start(stream, info)
            stream.seek(start)
            return npy_array(stream, start + info.file_size, path, b"")
        try:
            content = members.read(info)
        except OSError:
            raise
        except Exception as error:
            raise Unreadable(f"it cannot be unpacked ({_first_line(error)})") from None
        return npy_array(io.BytesIO(content), len(content), "", content)

    def outline(key: str) -> Stored:
        try:
            with members.open(names[key]) as member:
                return _npy_header(member)
        except (OSError, Unreadable):
            raise
        except Exception as error:
            raise Unreadable(f"it cannot be unpacked ({_first_line(error)})") from None

    def verify(key: str) -> None:
        # What is unpacked is compared as it is read.
        if path and is_stored(names[key]):
            start = member_start(stream, names[key])
            check_sum(stream, start, names[key].file_size, names[key].CRC)

    return Archive(tuple(names), array, outline, verify)


def is_stored(info: Any) -> bool:
    """Whether a member of a zip archive stands there as it is, neither packed nor encrypted."""
    return info.compress_type == 0 and not info.flag_bits & 1


def member_start(stream: BinaryIO, info: Any) -> int:
    """Where the bytes of a member of a zip archive begin."""
    # The local header has lengths of its own; the extra field differs from the directory's.
    stream.seek(info.header_offset)
    header = stream.read(LOCAL_HEADER_BYTES)
    if len(header) < LOCAL_HEADER_BYTES or not header.startswith(b"PK\x03\x04"):
        raise Unreadable("it cannot be unpacked (its header in the archive is damaged)")
    lengths = int.from_bytes(header[26:28], "little") + int.from_bytes(header[28:30], "little")
    start: int = info.header_offset + LOCAL_HEADER_BYTES + lengths
    return start


def check_sum(stream: BinaryIO, start: int, size: int, wanted: int) -> None:
    """Refuse bytes that differ from what was written, by their CRC-32."""
    from zlib import crc32

    stream.seek(start)
    found, left = 0, size
    while left:
        block = stream.read(min(left, BLOCK_BYTES))
        if not block:
            raise Unreadable(f"it is cut short: {left} bytes are missing")
        found, left = crc32(block, found), left - len(block)
    if found != wanted:
        raise Unreadable("it is damaged: its bytes differ from what was written (CRC-32)")


def safetensors_archive(stream: BinaryIO, size: int, path: str, content: bytes) -> Archive:
    """The tensors that the header of a .safetensors file lists."""
    length = int.from_bytes(stream.read(8), "little")
    if size < 8 or length > min(size - 8, LONGEST_HEADER):
        raise Unreadable("not a .safetensors file, or cut short: its header does not fit into it")
    try:
        header = json.loads(stream.read(length), object_pairs_hook=_without_twins)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"its .safetensors header is not JSON ({_first_line(error)})") from None
    if not isinstance(header, dict):
        raise Unreadable("its .safetensors header is not a JSON object")
    header.pop("__metadata__", None)
    _check_apart(header)

    def array(key: str) -> Stored:
        return _tensor(header[key], 8 + length, size)._replace(path=path, content=content)

    return Archive(tuple(header), array, array)


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = [key for key, _ in pairs]
    if len(set(keys)) < len(keys):
        twice = next(key for at, key in enumerate(keys) if key in keys[:at])
        raise Unreadable(f"two of its entries are called {quoted(twice)}")
    return dict(pairs)


def _check_apart(header: dict[str, Any]) -> None:
    """Refuse tensors that share bytes: one of them would not be what was saved."""
    known = []
    for key, entry in header.items():
        offsets = entry.get("data_offsets") if isinstance(entry, dict) else None
        if isinstance(offsets, list) and [type(number) for number in offsets] == [int, int]:
            known.append((*offsets, key))
    filled = sorted((begin, end, key) for begin, end, key in known if begin < end)
    for (_, end, first), (begin, _, second) in pairwise(filled):
        if begin < end:
            raise Unreadable(f"{quoted(first)} and {quoted(second)} share bytes")


def _tensor(entry: Any, start: int, size: int) -> Stored:
    try:
        name, shape, (begin, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
    except (TypeError, KeyError, ValueError):
        raise Unreadable("its entry in the .safetensors header is damaged") from None
    if not all(type(number) is int and number >= 0 for number in (*shape, begin, end)):
        raise Unreadable("its entry in the .safetensors header is damaged")
    if not isinstance(name, str) or name not in SAFETENSORS_DTYPES:
        raise Unreadable(f"its dtype is {name}, not integers or real floats")
    stored = Stored(
        SAFETENSORS_DTYPES[name], shape, start + begin, narrow=SAFETENSORS_NARROW.get(name, "")
    )
    if start + end > size:
        _check_size(stored, size)
    _check_size(stored, start + end)
    return stored


def _first_line(error: Exception) -> str:
    return str(error).partition("\n")[0] or type(error).__name__
