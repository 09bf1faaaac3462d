"""Passes lines of JSON Lines on: as fields of JSON text, or as cells of a table."""

from __future__ import annotations

import json
import re
from typing import Any

from xentcli.errors import DataError, Place, quoted
from xentcli.model import Rows
from xentcli.model.csv_cells import csv_cell
from xentcli.readers.json.layout import Layout, Sample
from xentcli.readers.json.nested import Spelled

DECODER = json.JSONDecoder()
DELIMITER = b","
# Both patterns are for text that is known to be JSON. FIELD matches a name, and its value unless
# that is an object or has lists, objects or strings in it.
STRING = r'"(?:[^"\\]|\\.)*+"'
FIELD = re.compile(
    rf'\s*+{STRING}\s*+:\s*+(?P<value>{STRING}|\[[^"\[\]{{}}]*+\]|[^"\[{{,}}\s][^,}}\s]*+|)'
)
STRING_OR_NAME = re.compile(STRING + "|-?Infinity|NaN")


def split_record(value: Any, line: bytes) -> dict[str, Any]:
    """Split a line that was parsed already into its fields, each with the bytes of its JSON. A line
    that is no object has none."""
    return {name: text.encode("utf-8") for name, text in _split_fields(value, line).items()}


def _split_fields(value: Any, line: bytes) -> dict[str, str]:
    if not isinstance(value, dict) or not value:
        return {}
    text = line.decode("utf-8")
    found = {}
    at = text.index("{") + 1
    for name in value:
        match = FIELD.match(text, at)
        start, end = match.span("value")  # type: ignore[union-attr]
        if start == end:
            # The record was parsed with one level more.
            _, end = DECODER.raw_decode(text, start)
        found[name] = _quote_non_finite(text[start:end])
        at = text.find(",", end) + 1
    return found


def _quote_non_finite(text: str) -> str:
    """Put quotes around bare NaN and Infinity, which JSON does not have."""
    if "NaN" not in text and "Infinity" not in text:
        return text
    return STRING_OR_NAME.sub(lambda m: m[0] if m[0].startswith('"') else f'"{m[0]}"', text)


def make_rows(layout: Layout, found: list[list[bytes]]) -> Rows:
    """Make rows with the first record's keys as header. A list of values becomes a column for each
    class."""
    names = layout.classes or tuple(map(str, range(layout.class_count)))
    if layout.flat:
        at = tuple(layout.columns.index(key) for key in layout.flat)
        return Rows(tuple(map(_write_cell, layout.columns)), found, at, DELIMITER, b"\n")
    before = 0 if layout.key is None else layout.columns.index(layout.key)
    header = (*layout.columns[:before], *names, *layout.columns[before + 1 :])
    at = tuple(range(before, before + len(names)))
    return Rows(tuple(map(_write_cell, header)), found, at, DELIMITER, b"\n")


def write_cells(sample: Sample, layout: Layout, place: Place) -> list[bytes]:
    """Write a sample as the cells of a row."""
    numbers = [_write_number(value) for value in sample.values]
    if layout.key is None and not layout.flat:
        return numbers
    fields = _split_fields(sample.value, sample.line.content)
    extra = [key for key in fields if key not in layout.columns]
    if extra:
        raise DataError(
            f"the first record has no key {quoted(extra[0])}, so the table has no column for it",
            place=place,
            hint="--format jsonl passes it on",
        )
    flat = dict(zip(layout.flat, numbers, strict=True)) if layout.flat else {}
    row: list[bytes] = []
    for key in layout.columns:
        if key == layout.key:
            row += numbers
        elif key in flat:
            row.append(flat[key])
        else:
            row.append(_write_value(sample.value.get(key), fields.get(key, "")))
    return row


def _write_number(value: float) -> bytes:
    return (repr(float(value)) if isinstance(value, float) else str(value)).encode("ascii")


def _write_value(value: Any, text: str) -> bytes:
    if value is None:
        return b""
    if isinstance(value, str):
        return _write_cell(value)
    if isinstance(value, Spelled):
        return _write_number(value)
    return _write_cell(text)


def _write_cell(text: str) -> bytes:
    # Half of a surrogate pair is no character, and becomes the escape that JSON has for it.
    return csv_cell(text.encode("utf-8", "backslashreplace"))
