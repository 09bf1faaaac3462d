"""Locates the tensors of a .safetensors file: a JSON header says where the bytes of each are."""

from __future__ import annotations

import json
from typing import Any, BinaryIO

from xentcli.errors import LONGEST_VALUE, escaped
from xentcli.readers.arrays.stored import (
    Archive,
    File,
    Stored,
    Unreadable,
    check_size,
    first_line,
    is_size,
    refuse_repeated_keys,
)

# As in the safetensors library.
LONGEST_HEADER = 100_000_000
DTYPES = {
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
# The types among them that NumPy knows only as integers.
NARROW = {
    "BF16": "bfloat16",
    "F8_E4M3": "float8_e4m3fn",
    "F8_E5M2": "float8_e5m2",
}


def safetensors_archive(stream: BinaryIO, size: int, file: File | None, content: bytes) -> Archive:
    """Locate the tensors of a .safetensors file by its header."""
    length = int.from_bytes(stream.read(8), "little")
    if length > min(size - 8, LONGEST_HEADER):
        raise Unreadable("not a .safetensors file, or cut short: its header does not fit into it")
    try:
        header = json.loads(stream.read(length), object_pairs_hook=refuse_repeated_keys)
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"its .safetensors header is not JSON ({first_line(error)})") from None
    if not isinstance(header, dict):
        raise Unreadable("its .safetensors header is not a JSON object")
    header.pop("__metadata__", None)
    start = 8 + length
    _check_no_gaps(header, size - start)

    def array(key: str) -> Stored:
        return _tensor(header[key], start, size)._replace(file=file, content=content)

    return Archive(tuple(header), array, array, array)


def _check_no_gaps(header: dict[str, Any], size: int) -> None:
    """Refuse bytes that belong to two tensors or to none: the header cannot be that of this
    file."""
    offsets = []
    for entry in header.values():
        found: Any = entry.get("data_offsets") if isinstance(entry, dict) else None
        if not _is_span(found):
            # The error is raised only when that tensor is asked for.
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
        and all(map(is_size, found))
        and found[0] <= found[1]
    )


def _tensor(entry: Any, start: int, size: int) -> Stored:
    try:
        name, shape, (begin, end) = entry["dtype"], tuple(entry["shape"]), entry["data_offsets"]
    except (TypeError, KeyError, ValueError):
        raise Unreadable("its entry in the .safetensors header is damaged") from None
    if not all(map(is_size, (*shape, begin, end))):
        raise Unreadable("its entry in the .safetensors header is damaged")
    if not isinstance(name, str) or name not in DTYPES:
        raise Unreadable(
            f"its dtype is {escaped(str(name), LONGEST_VALUE)}, not integers or real floats"
        )
    stored = Stored(DTYPES[name], shape, start + begin, narrow=NARROW.get(name, ""))
    if start + end > size:
        check_size(stored, size)
    check_size(stored, start + end)
    return stored
