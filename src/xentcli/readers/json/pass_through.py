"""Lines of JSON Lines to be passed on: as records of JSON text, or as cells of a table."""

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
# Of text that is known to be JSON: a name, and its value if that has no lists or objects within.
STRING = r'"(?:[^"\\]|\\.)*+"'
FIELD = re.compile(
    rf'\s*+{STRING}\s*+:\s*+(?P<value>{STRING}|\[[^"\[\]{{}}]*+\]|[^"\[{{,}}\s][^,}}\s]*+|)'
)
STRING_OR_NAME = re.compile(STRING + "|-?Infinity|NaN")


def record(value: Any, line: bytes, place: Place) -> dict[str, Any]:
    """The fields of a line that was parsed already, each as the bytes of its JSON in the line. A
    line without fields gives none."""
    return {name: text.encode("utf-8") for name, text in _fields(value, line, place).items()}


def _fields(value: Any, line: bytes, place: Place) -> dict[str, str]:
    if not isinstance(value, dict) or not value:
        return {}
    text = line.decode("utf-8")
    found = {}
    at = text.index("{") + 1
    for name in value:
        match = FIELD.match(text, at)
        start, end = match.span("value")  # type: ignore[union-attr]
        if start == end:
            try:
                _, end = DECODER.raw_decode(text, start)
            except RecursionError:
                raise DataError("it is nested too deeply", place=place) from None
        found[name] = _strict(text[start:end])
        at = text.find(",", end) + 1
    return found


def _strict(text: str) -> str:
    """The text with strings for bare NaN and Infinity, which JSON does not have."""
    if "NaN" not in text and "Infinity" not in text:
        return text
    return STRING_OR_NAME.sub(lambda m: m[0] if m[0].startswith('"') else f'"{m[0]}"', text)


def _encode(text: str) -> bytes:
    # Half of a surrogate pair is no character; the escape for it is the one that JSON has.
    return text.encode("utf-8", "backslashreplace")


def rows(layout: Layout, found: list[list[bytes]]) -> Rows:
    """Rows with the first record's keys as header; a list of values has its classes' names."""
    names = layout.classes or tuple(map(str, range(layout.class_count)))
    if layout.flat:
        at = tuple(layout.columns.index(key) for key in layout.flat)
        return Rows(tuple(map(_cell, layout.columns)), found, at, DELIMITER, b"\n")
    before = 0 if layout.key is None else layout.columns.index(layout.key)
    header = (*layout.columns[:before], *names, *layout.columns[before + 1 :])
    at = tuple(range(before, before + len(names)))
    return Rows(tuple(map(_cell, header)), found, at, DELIMITER, b"\n")


def cells(sample: Sample, layout: Layout, place: Place) -> list[bytes]:
    """A sample as the cells of a row."""
    numbers = [_number(value) for value in sample.values]
    if layout.key is None and not layout.flat:
        return numbers
    fields = _fields(sample.value, sample.line.content, place)
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
            row.append(_cell_of_value(sample.value.get(key), fields.get(key, "")))
    return row


def _number(value: float) -> bytes:
    return (repr(float(value)) if isinstance(value, float) else str(value)).encode("ascii")


def _cell_of_value(value: Any, text: str) -> bytes:
    if value is None:
        return b""
    if isinstance(value, str):
        return _cell(value)
    if isinstance(value, Spelled):
        return _number(value)
    return _cell(text)


def _cell(text: str) -> bytes:
    return csv_cell(_encode(text))
