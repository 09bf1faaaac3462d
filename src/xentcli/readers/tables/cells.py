"""Converts Arrow's columns into NumPy arrays, Python values, and cells of a CSV."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from xentcli.model import AnyArray
from xentcli.model.csv_cells import csv_cell
from xentcli.readers.rules.ids import id_of_value


def plain_type(type: Any) -> Any:
    """Return the type of the values, without an extension or a dictionary around it."""
    while isinstance(type, pa.BaseExtensionType):
        type = type.storage_type
    return type.value_type if pa.types.is_dictionary(type) else type


def is_numeric(type: Any) -> bool:
    """Whether a column may be a class: it has numbers, or only nulls, which are missing numbers."""
    type, types = plain_type(type), pa.types
    return bool(
        types.is_integer(type)
        or types.is_floating(type)
        or types.is_decimal(type)
        or types.is_null(type)
    )


def is_integer(type: Any) -> bool:
    """Whether a column has integers."""
    return bool(pa.types.is_integer(plain_type(type)))


def is_text(type: Any) -> bool:
    """Whether a column holds text, such as names of classes."""
    type, types = plain_type(type), pa.types
    # The oldest supported version of pyarrow does not know views of strings.
    is_view = getattr(types, "is_string_view", lambda _: False)
    return bool(types.is_string(type) or types.is_large_string(type) or is_view(type))


def is_list(type: Any) -> bool:
    """Whether each row is a list of numbers."""
    type, types = plain_type(type), pa.types
    listed = types.is_list(type) or types.is_large_list(type) or types.is_fixed_size_list(type)
    return listed and is_numeric(type.value_type)


def list_size(type: Any) -> int | None:
    """Return the length of the lists, if the type fixes it."""
    type = plain_type(type)
    return int(type.list_size) if pa.types.is_fixed_size_list(type) else None


def plain(column: Any) -> Any:
    """Remove an extension or a dictionary around a column's values."""
    while isinstance(column.type, pa.BaseExtensionType):
        column = column.storage
    return column.dictionary_decode() if pa.types.is_dictionary(column.type) else column


def find_missing(column: Any) -> AnyArray:
    """Find the rows that are null."""
    if not column.null_count:
        return np.zeros(len(column), dtype=bool)
    absent: AnyArray = column.is_null().to_numpy(zero_copy_only=False)
    return absent


def integers_or_floats(column: Any) -> AnyArray:
    """Convert a column of numbers to an array of its own type, with 0 for null."""
    column = plain(column)
    if pa.types.is_null(column.type):
        return np.zeros(len(column))
    if pa.types.is_decimal(column.type):
        # Python converts a decimal to the nearest float; Arrow's own conversion may not.
        return np.array([float(value or 0) for value in column.to_pylist()], dtype=np.float64)
    if column.null_count:
        valid = column.is_valid().to_numpy(zero_copy_only=False)
        present = column.drop_null().to_numpy()
        numbers = np.zeros(len(column), dtype=present.dtype)
        numbers[valid] = present
        return numbers
    whole: AnyArray = column.to_numpy()
    return whole


def floats(column: Any) -> AnyArray:
    """Convert a column of numbers to floats, of its own width if they are floats already."""
    numbers = integers_or_floats(column)
    return numbers if numbers.dtype.kind == "f" else numbers.astype(np.float64)


def listed_floats(column: Any, width: int) -> tuple[AnyArray, AnyArray, AnyArray]:
    """Convert a column of lists to rows of numbers. Also return which numbers are null, and the
    length of each list. A row whose list is null (length −1) or not ``width`` long is all 0."""
    column = plain(column)
    lengths = pc.fill_null(pc.list_value_length(column), -1).to_numpy()
    good = lengths == width
    if not good.all():
        column = column.filter(pa.array(good))
    flat = column.flatten()
    found = floats(flat).reshape(-1, width)
    values = np.zeros((len(lengths), width), dtype=found.dtype)
    absent = np.zeros((len(lengths), width), dtype=bool)
    values[good], absent[good] = found, find_missing(flat).reshape(-1, width)
    return values, absent, lengths


def python_values(column: Any) -> list[Any]:
    """Convert a column to values that JSON can have."""
    column = plain(column)
    if _is_time(column.type):
        # Python's own types of time have no nanoseconds.
        column = column.cast(pa.string())
    elif any(map(_is_time, _types_within(column.type))):
        return [_value_of_scalar(scalar) for scalar in column]
    values: list[Any] = column.to_pylist()
    return values if _is_json(column.type) else [_plain_value(value) for value in values]


def ids_of_column(column: Any) -> list[bytes]:
    """Read the ids of a column in the form that they have in JSON Lines and text; empty for
    null."""
    column = plain(column)
    if pa.types.is_integer(column.type):
        return [b"" if id is None else id.encode() for id in column.cast(pa.string()).to_pylist()]
    return [id_of_value(value) for value in python_values(column)]


def _is_json(type: Any) -> bool:
    """Whether Python's values of a type are those of JSON."""
    types = pa.types
    # Of half floats the oldest supported versions of pyarrow give NumPy's.
    is_float = types.is_floating(type) and not types.is_float16(type)
    return is_float or types.is_integer(type) or types.is_boolean(type) or types.is_string(type)


def _is_time(type: Any) -> bool:
    """Whether the values are times that Arrow can write. An interval is one to Arrow, but has three
    numbers."""
    return bool(pa.types.is_temporal(type) and not pa.types.is_interval(type))


def _types_within(type: Any) -> Iterator[Any]:
    """Give the types of what lists, maps and structs hold, at any depth."""
    within = [getattr(type, name, None) for name in ("value_type", "key_type", "item_type")]
    if pa.types.is_struct(type) or pa.types.is_union(type):
        within = [type.field(at).type for at in range(type.num_fields)]
    for one in within:
        if one is not None:
            yield one
            yield from _types_within(one)


def _value_of_scalar(scalar: Any) -> Any:
    """Convert a value in which there are times, which become the same text as in a column."""
    if not scalar.is_valid:
        return None
    if isinstance(scalar, pa.StructScalar):
        return {name: _value_of_scalar(value) for name, value in scalar.items()}
    if isinstance(scalar, pa.MapScalar):
        pairs = zip(scalar.values.field(0), scalar.values.field(1), strict=True)
        return [[_value_of_scalar(one) for one in pair] for pair in pairs]
    values = getattr(scalar, "values", None)
    if values is not None:
        return [_value_of_scalar(value) for value in values]
    if isinstance(scalar, pa.DictionaryScalar | pa.UnionScalar):
        return _value_of_scalar(scalar.value)
    return _plain_value(
        scalar.cast(pa.string()).as_py() if _is_time(scalar.type) else scalar.as_py()
    )


def _plain_value(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    if isinstance(value, dict):
        return {str(key): _plain_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain_value(item) for item in value]
    return float(value) if isinstance(value, Decimal | np.floating) else str(value)


def cells_of(column: Any) -> list[bytes]:
    """Write a column as cells of a CSV, numbers in the shortest form that reads back the same."""
    decoded = plain(column)
    if pa.types.is_decimal(decoded.type):
        return [b"" if value is None else str(value).encode() for value in decoded.to_pylist()]
    return [_cell(value) for value in python_values(column)]


def _cell(value: Any) -> bytes:
    if value is None:
        return b""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    return quoted_cell(value) if isinstance(value, str) else repr(value).encode("ascii")


def quoted_cell(text: str) -> bytes:
    """Write a text as a cell of a CSV, quoted if need be."""
    return csv_cell(text.encode("utf-8", "backslashreplace"))
