"""What is outside quotes, found for a whole block at once: as it is byte by byte."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from xentcli.readers.text import quotes

QUOTE, COMMA, LINE_END = b'",\n'


def byte_by_byte(text: bytes) -> tuple[list[int], bool] | None:
    """The commas and line ends outside quotes, and whether a quote is open at the end; None if a
    quote stands where none may."""
    found: list[int] = []
    at, fresh = 0, True
    while at < len(text):
        if text[at] == QUOTE:
            if not fresh:
                return None
            at += 1
            while text[at : at + 1] != b'"' or text[at : at + 2] == b'""':
                if at >= len(text):
                    return found, True
                at += 2 if text[at : at + 2] == b'""' else 1
            at += 1
            if at < len(text) and text[at] not in (COMMA, LINE_END):
                return None
            fresh = False
            continue
        fresh = text[at] in (COMMA, LINE_END)
        if fresh:
            found.append(at)
        at += 1
    return found, False


@given(st.lists(st.sampled_from([b'"', b'"', b",", b"\n", b"a"]), max_size=12).map(b"".join))
@example(b'"a"')
@example(b'a,"')
@example(b'"""')
@example(b'"a""')
@example(b'"a"\n"b')
def test_marks_outside_quotes(text: bytes) -> None:
    there = np.frombuffer(text, dtype=np.uint8)
    found = quotes.find_outside_quotes(there, (there == COMMA) | (there == LINE_END), COMMA)
    expected = byte_by_byte(text)
    plain = None if found is None else (found[0].tolist(), found[1])
    assert plain == expected


@pytest.mark.parametrize("count", [255, 256, 257, 513])
def test_however_many_quotes_there_are(count: int) -> None:
    text = b'"",' * count + b"\n"
    ends = quotes.find_record_ends(text, b",")
    assert ends is not None
    assert ends.tolist() == [3 * count]


@given(st.text("a\n", max_size=12).map(str.encode))
def test_filled_lines_are_counted(text: bytes) -> None:
    assert quotes.count_filled_lines(text) == sum(1 for line in text.split(b"\n") if line)
    assert quotes.count_byte(text, LINE_END) == text.count(b"\n")
