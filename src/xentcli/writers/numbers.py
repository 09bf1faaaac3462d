"""Numbers as text that reads back to the same number."""

from __future__ import annotations

import math
from itertools import chain
from typing import Any

import numpy as np

from xentcli import extras
from xentcli.model import AnyArray

# What a number takes, about.
DIGITS = 20
NON_FINITE_JSON = {"nan": '"NaN"', "inf": '"Infinity"', "-inf": '"-Infinity"'}


def shortest(values: AnyArray) -> list[str]:
    """Each number in the shortest decimal form that reads back to it, at the array's own width."""
    return _joined(values.ravel()).decode("ascii").split(",") if values.size else []


def shortest_cells(values: AnyArray) -> list[bytes]:
    """The same as bytes."""
    return _joined(values.ravel()).split(b",") if values.size else []


def shortest_rows(values: AnyArray, delimiter: bytes) -> list[bytes]:
    """The same of a table, the numbers of each row in one piece."""
    if not values.size:
        return []
    text = _joined(values)
    if delimiter != b",":
        # A row's end is a comma too, but with a line end after it.
        text = text.replace(b",", delimiter).replace(delimiter + b"\n", b",\n")
    return text.split(b",\n")


def _joined(values: AnyArray) -> bytes:
    """The numbers with commas between, and a line end after the comma that ends a row."""
    orjson = extras.orjson(DIGITS * values.size) if values.dtype.itemsize == 8 else None
    if orjson is None:
        number = repr if values.dtype.itemsize == 8 else str
        rows = values.tolist() if number is repr else list(values)
        if values.ndim == 1:
            return ",".join(map(number, rows)).encode("ascii")
        return ",\n".join(",".join(map(number, row)) for row in rows).encode("ascii")
    # Where one has 1e-5 and the other 1e-05, and where there is no number, it is left to Python.
    size = np.abs(values)
    otherwise = ((size >= 1e-9) & (size < 1e-4)) | ~(size < 1e16)
    text: bytes = orjson.dumps(
        np.where(otherwise, np.nan, values), option=orjson.OPT_SERIALIZE_NUMPY
    )
    text = text.strip(b"[]").replace(b"],[", b",\n")
    if not otherwise.any():
        return text
    # A nan is null there: in its place comes the number as Python writes it.
    apart = text.split(b"null")
    own = [repr(value).encode("ascii") for value in values[otherwise].tolist()]
    return b"".join(chain.from_iterable(zip(apart, own, strict=False))) + apart[-1]


def shortest_one(value: Any) -> str:
    """A number in its shortest form; a NumPy scalar at its own width."""
    return str(value) if hasattr(value, "dtype") else repr(float(value))


def strict_json(text: str) -> str:
    """A number's text as JSON has it, where there is no nan and no infinity."""
    return NON_FINITE_JSON.get(text, text)


def rounded(value: float, digits: int) -> str:
    """A number for the eye: decimals where they say something, else a power of ten."""
    if math.isnan(value) or math.isinf(value):
        return str(value)
    if value == 0:
        return "0"
    if 10.0**-digits <= abs(value) < 1e6:
        return f"{value:.{digits}f}"
    return f"{value:.{digits}e}"


def as_given(value: float, digits: int) -> str:
    """A number as it was typed, unless that is long."""
    text = repr(value).removesuffix(".0")
    return text if len(text) <= digits + 5 else rounded(value, digits)
