"""Locates the tensors of PyTorch's .pt and .pth files. Since 1.6 torch.save writes a zip archive
with a pickle that describes the tensors, and a record of bytes for each storage.

The pickle is read by :mod:`xentcli.readers.arrays.pickled`, which runs nothing; a tensor is mapped
only if all of it lies within its record.
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

import numpy as np

from xentcli.errors import quoted
from xentcli.model import NamedTuple
from xentcli.readers.arrays.narrow import FLOAT8
from xentcli.readers.arrays.pickled import NumpyArray, Tensor, unpickle
from xentcli.readers.arrays.stored import (
    Archive,
    File,
    Stored,
    Unreadable,
    check_shape,
    refuse_repeated_keys,
)
from xentcli.readers.arrays.zip_archive import check_sum, is_stored, member_start, zip_members

if TYPE_CHECKING:
    from zipfile import ZipInfo

MOST_NESTED = 30
# Python's objects take many times the bytes that a pickle spends on them.
LONGEST_RECORD = 32 << 20
# A view may have more numbers than its storage, by reading them again and again; so many at most.
MOST_REPEATED = 1 << 31
DTYPES = {
    "float64": "f8",
    "float32": "f4",
    "float16": "f2",
    "int64": "i8",
    "int32": "i4",
    "int16": "i2",
    "int8": "i1",
    "uint64": "u8",
    "uint32": "u4",
    "uint16": "u2",
    "uint8": "u1",
    "bfloat16": "u2",
    **dict.fromkeys(FLOAT8, "u1"),
}
# The types among them that NumPy knows only as integers.
NARROW = ("bfloat16", *FLOAT8)
BYTE_ORDERS: dict[bytes, Literal["<", ">"]] = {b"little": "<", b"big": ">"}


class Records(NamedTuple):
    """The records of an archive by their names, which leave out the folder that contains them all,
    and the byte order of the tensors."""

    stream: BinaryIO
    members: dict[str, ZipInfo]
    order: Literal["<", ">"]
    file: File | None
    content: bytes
    size: int


def torch_archive(stream: BinaryIO, size: int, file: File | None, content: bytes) -> Archive:
    """Locate the tensors, NumPy arrays and lists of numbers of a .pt file. A single tensor has the
    empty key; nested keys are joined by points, and items of lists are numbered from 0."""
    records = _read_records(stream, size, file, content)
    if "data.pkl" not in records.members:
        raise Unreadable("not a .pt file of torch.save: its archive holds no data.pkl")
    if any(name.startswith("code/") for name in records.members):
        raise Unreadable("it is a TorchScript model; save its tensors with torch.save")
    pickle = _read_record(records, "data.pkl")
    arrays = _find_arrays(unpickle(pickle), 4 * len(pickle) + 1000)

    def outline(key: str) -> Stored:
        stored = _locate(arrays[key], records)
        check_shape(stored)
        return stored

    def array(key: str) -> Stored:
        found = arrays[key]
        if isinstance(found, Tensor):
            _check_sum_of_record(records, f"data/{found.storage.record}")
        return outline(key)

    return Archive(tuple(arrays), array, outline, array)


def _read_records(stream: BinaryIO, size: int, file: File | None, content: bytes) -> Records:
    infos = zip_members(stream, "a .pt file of torch.save").infolist()
    # All records are in one folder, whose name does not matter.
    members = refuse_repeated_keys((info.filename.partition("/")[2], info) for info in infos)
    records = Records(stream, members, "<", file, content, size)
    if "byteorder" in members:
        order = _read_record(records, "byteorder")
        if order not in BYTE_ORDERS:
            raise Unreadable(f"its byte order is {order!r:.40}, neither little nor big")
        records = records._replace(order=BYTE_ORDERS[order])
    return records


def _read_record(records: Records, name: str) -> bytes:
    """Read a short record."""
    info, start = _find_record(records, name)
    if info.file_size > LONGEST_RECORD:
        raise Unreadable(
            f"its record {quoted(name)} has {info.file_size} bytes, and at most {LONGEST_RECORD} "
            "are read; save tensors, not lists of numbers"
        )
    _check_sum_of_record(records, name)
    records.stream.seek(start)
    return records.stream.read(info.file_size)


def _find_record(records: Records, name: str) -> tuple[ZipInfo, int]:
    """Find a record, and where its bytes begin."""
    if name not in records.members:
        raise Unreadable(f"its record {quoted(name)} is missing")
    info: ZipInfo = records.members[name]
    if not is_stored(info):
        raise Unreadable(f"its record {quoted(name)} is packed, as torch.save packs none")
    start = member_start(records.stream, info)
    if start + info.file_size > records.size or info.file_size != info.compress_size:
        raise Unreadable(f"its record {quoted(name)} is cut short")
    return info, start


def _check_sum_of_record(records: Records, name: str) -> None:
    info, start = _find_record(records, name)
    # PyTorch writes 0 if it is told to leave out the checksums.
    if info.CRC:
        check_sum(records.stream, start, info)


def _find_arrays(tree: Any, budget: int) -> dict[str, Any]:
    """Find everything that is an array or can become one, by key. ``budget`` bounds how much is
    looked at: lists that contain the same lists many times can be a thousand times as large as the
    pickle."""
    found: dict[str, Any] = {}
    left = [budget]
    _collect(tree, "", 0, left, found)
    return found


def _collect(value: Any, key: str, depth: int, left: list[int], found: dict[str, Any]) -> None:
    _spend(left, 1)
    if depth > MOST_NESTED:
        raise Unreadable(f"its dicts and lists are nested more than {MOST_NESTED} deep")
    if isinstance(value, (Tensor, NumpyArray)) or type(value) in (int, float):
        _add_array(value, key, found)
        return
    if isinstance(value, dict):
        items = [(str(name), item) for name, item in value.items()]
    elif type(value) in (list, tuple):
        if _holds_numbers(value, left):
            _add_array(value, key, found)
            return
        items = [(str(at), item) for at, item in enumerate(value)]
    else:
        return
    for name, item in items:
        _collect(item, f"{key}.{name}" if depth else name, depth + 1, left, found)


def _add_array(value: Any, key: str, found: dict[str, Any]) -> None:
    if key in found:
        raise Unreadable(f"it has the key {quoted(key)} twice")
    found[key] = value


def _spend(left: list[int], number: int) -> None:
    left[0] -= number
    if left[0] < 0:
        raise Unreadable("its lists hold each other many times over")


def _holds_numbers(value: Any, left: list[int]) -> bool:
    """Whether a list holds only numbers, or only lists of equally many numbers."""
    _spend(left, len(value))
    if not value:
        return False
    if all(type(item) in (int, float) for item in value):
        return True
    if not all(type(item) in (list, tuple) and len(item) == len(value[0]) for item in value):
        # It holds tensors, or lists of unequal lengths.
        return False
    _spend(left, len(value) * len(value[0]))
    return all(type(number) in (int, float) for row in value for number in row)


def _locate(found: Any, records: Records) -> Stored:
    if isinstance(found, Tensor):
        return _locate_tensor(found, records)
    if isinstance(found, NumpyArray):
        return _locate_numpy_array(found)
    array = np.array(found)
    if array.dtype.kind not in "fiu":
        raise Unreadable("a whole number of more than 64 bits")
    return Stored(array.dtype.str, array.shape, 0, content=array.tobytes())


def _locate_numpy_array(found: NumpyArray) -> Stored:
    code = found.dtype.code
    if not re.fullmatch("f[248]|[iu][1248]", code) or found.dtype.order not in ("<", ">", "|"):
        raise Unreadable(f"its dtype is {quoted(code)}, not integers or real floats")
    dtype = np.dtype(found.dtype.order.replace("|", "") + code)
    if len(found.content) != dtype.itemsize * math.prod(found.shape):
        raise Unreadable(
            f"an array of shape {found.shape} has {len(found.content)} bytes, "
            f"not {dtype.itemsize * math.prod(found.shape)}"
        )
    return Stored(dtype.str, found.shape, 0, found.fortran, content=found.content)


def _locate_tensor(tensor: Tensor, records: Records) -> Stored:
    if tensor.dtype not in DTYPES:
        raise Unreadable(f"its dtype is {tensor.dtype}, not integers or real floats")
    dtype = np.dtype(DTYPES[tensor.dtype]).newbyteorder(records.order)
    storage = tensor.storage
    info, start = _find_record(records, f"data/{storage.record}")
    numbers = storage.size if storage.dtype else storage.size // dtype.itemsize
    size = numbers * dtype.itemsize if storage.dtype else storage.size
    if storage.dtype and storage.dtype != tensor.dtype:
        raise Unreadable(f"a tensor of {tensor.dtype} lies in a storage of {storage.dtype}")
    if info.file_size != size:
        raise Unreadable(f"its storage is of {size} bytes, and the record has {info.file_size}")
    stored = Stored(
        dtype.str,
        tensor.shape,
        start + tensor.offset * dtype.itemsize,
        file=records.file,
        content=records.content,
        narrow=tensor.dtype if tensor.dtype in NARROW else "",
        # PyTorch may give an axis of length 1 any stride.
        strides=tuple(
            stride if length > 1 else 0
            for length, stride in zip(tensor.shape, tensor.strides, strict=True)
        ),
    )
    if math.prod(tensor.shape) and tensor.offset + stored.span > numbers:
        raise Unreadable(
            f"the tensor of shape {tensor.shape} reaches to number {tensor.offset + stored.span} "
            f"of a storage of {numbers}"
        )
    if math.prod(tensor.shape) > max(numbers, MOST_REPEATED):
        raise Unreadable(f"the tensor of shape {tensor.shape} repeats {numbers} numbers too often")
    return stored
