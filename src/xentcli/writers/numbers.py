"""Numbers as text that reads back to the same number."""

from __future__ import annotations

import math
from typing import Any

from xentcli.model import AnyArray

NON_FINITE_JSON = {"nan": '"NaN"', "inf": '"Infinity"', "-inf": '"-Infinity"'}


def shortest(values: AnyArray) -> list[str]:
    """Each number in the shortest decimal form that reads back to it, at the array's own width."""
    if values.dtype.itemsize == 8:
        return list(map(repr, values.ravel().tolist()))
    return list(map(str, values.ravel()))


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
