"""A first line that is a header, a sample, or either."""

from __future__ import annotations

import pytest

from xentcli.errors import Place, UsageError
from xentcli.readers.text.first_line import detect_header

PLACE = Place("a.csv", 1)


@pytest.mark.parametrize(
    ("first", "samples", "is_header"),
    [
        ("a,b,c", "1,2,3", True),
        ("1.5,2.5,x", "1.5,2,3", True),
        ("1.5,2.5,x", "1.5,2,y", None),
        # A row that is too short says nothing of the last column.
        ("1.5,2.5,x", "1.5,2", None),
        ("1.5,2.5,x", "1.5,2;1,2,3", True),
        ("0,1,x", "1.5,2,y", True),
        ("1.5,2.5,label", "1.5,2,y", True),
        ("1.5,2.5,x", "", True),
        ("", "1;2", True),
    ],
)
def test_words_and_numbers(first: str, samples: str, is_header: bool | None) -> None:
    rows = [row.split(",") for row in samples.split(";") if row]
    if is_header is None:
        with pytest.raises(UsageError, match="nothing tells whether the first line is a header"):
            detect_header(first.split(","), rows, PLACE)
    else:
        assert detect_header(first.split(","), rows, PLACE) == (is_header, ())


@pytest.mark.parametrize(
    ("first", "sample", "is_header"),
    [
        ("0,1,2", "1.5,2,3", True),
        ("1,2,3", "1.5,2,3", True),
        ("2,3,4", "1.5,2,3", False),
        ("0,2,3", "1.5,2,3", False),
        ("0,1,2", "1,2,3", None),
        ("3,7,9", "1,2,3", None),
        ("3,7,7", "1,2,3", False),
        # No class is called by so many digits, and Python might refuse to read them.
        (f"{'1' * 20},2,3", "1.5,2,3", False),
        (f"0,1,{'2' * 5000}", "1,2,3", False),
        ("1.5,2,3", "1,2,3", False),
        ("7", "1.5", False),
    ],
)
def test_numbers_alone(first: str, sample: str, is_header: bool | None) -> None:
    if is_header is None:
        with pytest.raises(UsageError, match="nothing tells whether the first line is a header"):
            detect_header(first.split(","), [sample.split(",")], PLACE)
        return
    found, (note,) = detect_header(first.split(","), [sample.split(",")], PLACE)
    assert found == is_header
    assert (note.word, note.place) == ("note", PLACE)
    assert ("taken for the header" in note.message) == is_header
