"""Blocks of JSON Lines that are read as one table: what is taken is what JSON says, and whatever is
otherwise in one line is left to the reader of single lines."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.readers.opening import listed
from xentcli.model import AnyArray
from xentcli.readers.json.alike import (
    AlikeLines,
    Table,
    cut_out_fields,
    find_alike_lines,
    find_pattern,
    read_table,
)

BLOCK = b"""\
{"logits": [1.5, -2,3e0], "label": 2, "id": 7}
{"logits": [ 0,0.25 , 1 ], "label": 0 , "id": \t8\r }
{"logits": [-0.0,1E-3,4], "label": -100, "id": 9}"""


def numbers(*parts: bytes) -> AnyArray | None:
    """As the packages read them, by Python's own reader."""
    try:
        found = json.loads(b"".join([b"[", *parts, b"]"]))
    except ValueError:
        return None
    plain = all(map(is_number, found)) and np.isfinite(found).all()
    return np.array(found, dtype=np.float64) if plain else None


def is_number(value: Any) -> bool:
    return type(value) in (int, float)


def alike_lines(text: bytes) -> AlikeLines | None:
    pattern = find_pattern(text.partition(b"\n")[0])
    return None if pattern is None else find_alike_lines(pattern, text, text.count(b"\n") + 1)


def table(text: bytes) -> Table | None:
    lines = alike_lines(text)
    return None if lines is None else read_table(lines, numbers)


def test_each_field_has_its_columns() -> None:
    found = table(BLOCK)
    assert found is not None
    logits, label = found.lists("logits", 3), found.column("label")
    assert logits is not None
    assert label is not None
    assert logits.tolist() == [[1.5, -2, 3], [0, 0.25, 1], [0, 1e-3, 4]]
    assert np.signbit(logits[2, 0])
    assert label.tolist() == [2, 0, -100]
    assert found.lists("logits", 2) is None
    assert found.column("logits") is None


@pytest.mark.parametrize("start", ["{", "{ "])
@pytest.mark.parametrize("between", [",", ", "])
@pytest.mark.parametrize("colon", [":", ": "])
def test_records_may_have_blanks_or_none(start: str, between: str, colon: str) -> None:
    lines = (
        f'{start}"a"{colon}{at}{between}"b"{colon}[{at + 1}{between}{at + 2}]}}' for at in range(3)
    )
    found = table("\n".join(lines).encode())
    assert found is not None
    assert found.numbers[:, found.places["a"]].tolist() == [[0], [1], [2]]
    assert found.numbers[:, found.places["b"]].tolist() == [[1, 2], [2, 3], [3, 4]]


@pytest.mark.parametrize("count", [1, 2, 8, 9])
def test_up_to_eight_fields_are_told_apart(count: int) -> None:
    fields = ", ".join(f'"{at}": {at}' for at in range(count))
    found = table(f"{{{fields}}}\n{{{fields}}}".encode())
    assert (found is not None) == (count <= 8)
    if found is not None:
        columns = [found.column(str(at)) for at in range(count)]
        assert [listed(column) for column in columns] == [[at, at] for at in range(count)]


def test_fields_are_passed_on_as_they_were_written() -> None:
    lines = alike_lines(BLOCK)
    assert lines is not None
    fields = cut_out_fields(lines)
    assert fields.names == ("logits", "label", "id")
    assert fields.lists == (True, False, False)
    assert fields.texts[0] == [b"1.5, -2,3e0", b" 0,0.25 , 1 ", b"-0.0,1E-3,4"]
    assert fields.texts[1:] == ([b"2", b"0", b"-100"], [b"7", b"8", b"9"])
    others = cut_out_fields(lines, without=("logits",))
    assert others == (fields.names[1:], fields.texts[1:], fields.lists[1:])


@pytest.mark.parametrize(
    "text",
    [
        # Another line has keys in another order, other keys, or other than numbers.
        b'{"a": [1], "b": 2}\n{"b": 2, "a": [1]}',
        b'{"a": 1, "b": 2}\n{"b": 1, "a": 2}',
        b'{"a": [1, 2], "b": 2}\n{"a": [1], "b": 2}',
        b'{"a": [1], "b": 2}\n{"a": [1], "c": 2}',
        b'{"a": [1], "b": 2}\n{"a": [1], "b": "2"}',
        b'{"a": [1], "b": 2}\n{"a": [NaN], "b": 2}',
        b'{"a": [1], "b": 2}\n{"a": [[1]], "b": 2}',
        b'{"a": [1], "b": 2}\n\n{"a": [1], "b": 2}',
        # One line has twice what the other lacks.
        b'{"a": [1], "b": 2], "b": 3}\n{"a": [1, 2, 3}',
        b'{"a": [1], "b": {"a": [2], "b": 3}\n1], "b": 2}',
        # Another line ends where there would be more, or otherwise.
        b'{"a": 1, "b": 2}\n{"a":"b"}',
        b'{"a": 1, "b": 2}\n{"a": 1, "b": 2]',
        # A value that is missing.
        b'{"a": 1, "b": 2}\n{"a": , "b": 2}',
        b'{"a": 1, "b": 2}\n{"a": 1, "b": }',
        b'{"a": 1 }\n{"a": }\n{"a": 2 }',
        b'{"a": 1 }\n{"a": }',
        b'{"a":   1   }\n{"a":   }\n{"a":   2   }',
        # A number that is a mark.
        b'{"a": [1], "b": 2}\n{"a": [1,8e9,2}',
        b'{"a": [8e9], "b": 2}\n{"a": [1], "b": 2}',
        b'{"a": [9e99], "b": 2}\n{"a": [1], "b": 2}',
        # No JSON, in every line alike.
        b'{"a": 1{"b": 2}\n{"a": 1{"b": 2}',
        b'{"a": [1,], "b": 2}\n{"a": [1,], "b": 2}',
        b'{"a": 01, "b": 2}\n{"a": 01, "b": 2}',
        b'{"a": 1, "a": 2}\n{"a": 1, "a": 2}',
        # White space that is none in JSON, and a key that is no UTF-8.
        b'{"a":\x0c[1], "b": 2}\n{"a":\x0c[2], "b": 2}',
        b'{"a": [1],\x0b"b": 2}\n{"a": [2],\x0b"b": 2}',
        b'{"a": [1], "b": 2\x0c}\n{"a": [2], "b": 2\x0c}',
        b'{"a": [1], "\x80": 2}\n{"a": [2], "\x80": 2}',
        # A text between two numbers that is shorter than the mark of its place.
        b'{"a":1,"":2}\n{"a":3,"":4}',
    ],
)
def test_what_is_otherwise_in_one_line_is_declined(text: bytes) -> None:
    assert table(text) is None


NUMBERS = st.sampled_from(["0", "1", "-2", "0.5", "1e-3", "-0.0", "8e9", "12"])
PIECES = st.sampled_from(
    ['"', "{", "}", "[", "]", ",", ":", " ", "\n", "1", "8e9", '], "b": ', '{"a": [', "}\n"]
)


@st.composite
def blocks(draw: st.DrawFn) -> str:
    """Lines alike, then maybe damaged in some places."""
    lines = []
    for _ in range(draw(st.integers(1, 4))):
        first, second, last = (draw(NUMBERS) for _ in range(3))
        lines.append(f'{{"a": [{first},{second}], "b": {last}}}')
    text = "\n".join(lines)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text)))
        cut = draw(st.integers(0, 10))
        text = text[:at] + draw(st.just("") | PIECES) + text[at + cut :]
    return text.strip("\n")


@given(blocks())
def test_what_is_taken_is_what_json_says(text: str) -> None:
    found = table(text.encode())
    assume(found is not None)
    assert found is not None
    records = [json.loads(line) for line in text.split("\n")]
    assert [list(record) for record in records] == [list(found.places)] * len(records)
    for name, place in found.places.items():
        said = np.array([record[name] for record in records], dtype=np.float64)
        assert found.numbers[:, place].tolist() == said.reshape(len(records), -1).tolist()
