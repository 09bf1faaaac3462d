"""Reads nested lists of JSON as an array; the place of an error is its path in the document."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from math import isinf
from typing import Any, TypeVar

import numpy as np

from xentcli.errors import DataError, Place, counted, quoted
from xentcli.model import AnyArray
from xentcli.readers.rules.named_columns import suggest_names

Item = TypeVar("Item")

# Fewer than any NumPy can hold.
MOST_DIMENSIONS = 30
# Strings for the numbers that JSON itself cannot express.
NON_FINITE = {
    "NaN": float("nan"),
    "Infinity": float("inf"),
    "-Infinity": float("-inf"),
}


def as_array(value: Any, place: Place, path: str) -> AnyArray:
    """Read nested lists of numbers, which must be regular, as a float64 array."""
    shape, flat = flatten(value, place, path, as_number)
    return np.array(flat, dtype=np.float64).reshape(shape)


def flatten(
    value: Any, place: Place, path: str, read: Callable[[Any, Place, str], Item]
) -> tuple[tuple[int, ...], list[Item]]:
    """Return the shape of nested lists, which must be regular, and all their items in order, each
    converted by ``read``."""
    shape = _shape(value, place, path)
    found: list[Item] = []
    _collect(value, shape, place, path, read, found)
    return shape, found


def shape_of(value: Any) -> tuple[int, ...]:
    """Return the shape of nested lists, assuming that each is as long as the first at its level."""
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(shape)


def _shape(value: Any, place: Place, path: str) -> tuple[int, ...]:
    shape = shape_of(value)
    if not shape:
        raise fault(f"expected a list of numbers, found {describe(value)}", place, path)
    if len(shape) > MOST_DIMENSIONS:
        raise fault(f"lists nested more than {MOST_DIMENSIONS} deep", place, path)
    return shape


def _collect(
    value: Any,
    shape: tuple[int, ...],
    place: Place,
    path: str,
    read: Callable[[Any, Place, str], Item],
    into: list[Item],
) -> None:
    if not isinstance(value, list):
        raise fault(f"expected a list of {shape[0]}, found {describe(value)}", place, path)
    if len(value) != shape[0]:
        raise fault(
            f"{counted(len(value), 'value')}, where the first list here has {shape[0]}", place, path
        )
    if len(shape) > 1:
        for at, part in enumerate(value):
            _collect(part, shape[1:], place, f"{path}[{at}]", read, into)
        return
    for at, item in enumerate(value):
        into.append(read(item, place, f"{path}[{at}]"))


def as_number(item: Any, place: Place, path: str) -> float:
    """Read a number of JSON, or a non-finite one as a string or a bare name."""
    if isinstance(item, Spelled):
        return float(item)
    if type(item) is float or type(item) is int:
        # Python's JSON reader turns 1e400 into infinity; an integer that is as large overflows.
        with suppress(OverflowError):
            number = float(item)
            if not isinf(number):
                return number
        raise fault("the number is too large for a 64-bit float", place, path)
    if isinstance(item, str) and item in NON_FINITE:
        return NON_FINITE[item]
    raise fault(f"cannot read {describe(item)} as a number", place, path)


class Spelled(float):
    """An infinity or nan that a document writes as a bare name (NaN, Infinity)."""


def fault(message: str, place: Place, path: str) -> DataError:
    """Return an error at a path of a document."""
    return DataError(message, place=place._replace(detail=path))


def no_key(key: str, record: dict[str, Any], place: Place, path: str = "$") -> DataError:
    """Return the error for a missing key."""
    error = fault(f"there is no key {quoted(key)}", place, path)
    error.hint = suggest_names(key, record, "keys")
    return error


def describe(value: Any) -> str:
    """Describe a value of a document as messages show it."""
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    return str(value)
