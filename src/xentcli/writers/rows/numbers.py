"""Writes numbers as the shortest text that reads back to the same number."""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import Any

import numpy as np

from xentcli.errors import rounded
from xentcli.model import Floats, fast_package

# About how many bytes a number takes.
DIGITS = 20
# About how many bytes are written without orjson in the time that its import takes.
LITTLE_TO_WRITE = 1 << 14
ROW_END = b"],["
NON_FINITE_JSON = {"nan": '"NaN"', "inf": '"Infinity"', "-inf": '"-Infinity"'}


def shortest_texts(values: Floats) -> list[str]:
    """The shortest decimal text of each number that reads back to it, at the array's width."""
    return _join_numbers(values.ravel()).decode("ascii").split(",") if values.size else []


def shortest_cells(values: Floats) -> list[bytes]:
    """The shortest text of each number, as bytes."""
    return _join_numbers(values.ravel()).split(b",") if values.size else []


def row_pattern(values: Floats, delimiter: bytes, before: bytes, after: bytes) -> bytes:
    """The numbers of a table as bytes, with ``before`` and ``after`` around those of each row.

    These may contain ``%s``, for the result to be filled in as a pattern: no number has a %.
    """
    if not values.size:
        return b""
    text = _join_numbers(values)
    # ROW_END is a comma between brackets. Searching for one byte of it takes a fraction of the time
    # that all three take, and the comma can stay where a delimiter is wanted. What replaces the
    # brackets has none itself.
    if after.startswith(delimiter):
        text, mark, between = text.replace(b"]", b""), b"[", after.removeprefix(delimiter) + before
    elif before.endswith(delimiter):
        text, mark, between = text.replace(b"[", b""), b"]", after + before.removesuffix(delimiter)
    else:
        text, mark, between = _mark_row_ends(text), b"]", after + before
    if delimiter != b",":
        text = text.replace(b",", delimiter)
    text = text.replace(mark, between)
    return before + text + after


def _mark_row_ends(text: bytes) -> bytes:
    """Put a single ``]`` in the place of each ROW_END."""
    data = np.frombuffer(bytearray(text), dtype=np.uint8)
    at = np.flatnonzero(data == ord("]"))
    data[at], data[at + 1] = ord("["), ord("]")
    return data.tobytes().replace(b"[", b"")


def _join_numbers(values: Floats) -> bytes:
    """Join the numbers with commas, and the rows with ROW_END."""
    orjson = _orjson(DIGITS * values.size) if values.dtype == np.float64 else None
    if orjson is None:
        number = repr if values.dtype.itemsize == 8 else str
        rows = values.tolist() if number is repr else list(values)
        if values.ndim == 1:
            return ",".join(map(number, rows)).encode("ascii")
        return ROW_END.join(",".join(map(number, row)).encode("ascii") for row in rows)
    # Python writes those that orjson writes differently, such as 1e-5 for 1e-05, and nan and inf.
    own = np.ascontiguousarray(values)
    otherwise = None
    if not (values.min() >= 1e-4 and values.max() < 1e16):
        size = np.abs(values)
        otherwise = ((size >= 1e-9) & (size < 1e-4)) | ~(size < 1e16)
        own = np.where(otherwise, np.nan, own)
    text: bytes = orjson.dumps(own, option=orjson.OPT_SERIALIZE_NUMPY)
    text = text.strip(b"[]")
    if otherwise is None or not otherwise.any():
        return text
    # orjson writes null for nan: in its place comes the number as Python writes it.
    apart = text.split(b"null")
    left = [repr(value).encode("ascii") for value in values[otherwise].tolist()]
    return b"".join(chain.from_iterable(zip(apart, left, strict=False))) + apart[-1]


def _orjson(size: int) -> Any:
    """The module orjson; None where it is not to be used for so many bytes."""
    module = fast_package("orjson", size, LITTLE_TO_WRITE)
    return module if module is not None and _writes_as_python(module) else None


@cache
def _writes_as_python(orjson: Any) -> bool:
    # It writes most numbers as Python does; another version of it might not.
    probes = [0.1, -0.0, 1e-4, 12345678.9, 1e15, 9.007199254740993e15, 1e-10, 1.5e-300, 5e-324]
    found: bool = orjson.dumps(probes)[1:-1] == ",".join(map(repr, probes)).encode("ascii")
    return found


def shortest_text(value: Any) -> str:
    """The shortest text of a number; that of a NumPy scalar is the shortest at its own width."""
    return str(value) if hasattr(value, "dtype") else repr(float(value))


def strict_json(text: str) -> str:
    """Write the text of a number as JSON, in which nan and infinity have to be strings."""
    return NON_FINITE_JSON.get(text, text)


def as_given(value: float, digits: int) -> str:
    """Write a number in full, as it was typed, or rounded if that is long."""
    text = repr(value).removesuffix(".0")
    return text if len(text) <= digits + 5 else rounded(value, digits)
