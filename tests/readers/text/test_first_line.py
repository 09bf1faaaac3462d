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
        ("1.5,2.5, LABEL ", "1.5,2,y", True),
        ("1.5,2.5, Unnamed: 0 ", "1.5,2,y", True),
        ("1.5, ,2.5", "1.5, ,2", True),
        ("1.5,x,label", "1.5,y,z", True),
        # Nothing that is named stands at the end of a row that ends with a comma.
        ("1.5,2.5,x,", "1.5,2,y,", None),
        ("1.5,,2.5", "1.5,,2", True),
        ("1,2,x,3", "1.5,2,y,3", True),
        ("1,2,x,2", "1.5,2,y,3", None),
        # None of these digits is one of a number.
        ("1.5,²,x", "1.5,²,y", None),
        # A number alone has no order to break.
        ("0,x", "1.5,y", True),
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
        (" 0, 1", "1.5,2", True),
        ("0,1", "1,2", None),
        ("0,1", "1,2.5", True),
        ("+0,+1", "1,2.5", False),
        ("0,+1", "1,2.5", False),
        ("0,1,2", "-1,+2,3", None),
        ("-1,0,1", "1,2,3", None),
        # A cell that is no number is no bare integer either.
        ("0,1,2", "x,1,2", True),
        ("0,1,2", "1,²,2", True),
        ("3,7,9", "1,²,2", False),
        # Empty cells say nothing.
        ("0,1,2", ",,", None),
        ("3,7,7", ",,", False),
        ("0,1,2", ", ,1.5", True),
        ("0,1,2", ", ,2", None),
        (" 1.5, 2", "1.5,2", False),
        # No class is called by so many digits, and Python might refuse to read them.
        (f"1,2,{'9' * 19}", "1,2,3", None),
        (f"1,2,{'9' * 20}", "1,2,3", False),
        (f"{'1' * 20},2,3", "1.5,2,3", False),
        (f"-2,{'9' * 20},0", "1,2,3", False),
        (f"0,1,{'2' * 5000}", "1,2,3", False),
        # Blanks may fill a column.
        (f"{' ' * 30}0,{' ' * 30}1", "1,2.5", True),
        ("1.5,2,3", "1,2,3", False),
        # A single column has no order.
        ("0", "1.5", False),
        ("1", "1.5", False),
        ("7", "1.5", False),
        ("7", "5", False),
        # What follows the last comma is no column.
        ("1.5,2,3,", "1.5,2,3,", False),
        ("1.5,2,3, ", "1.5,2,3, ", False),
        ("0,1,", "1.5,2,", True),
        ("7,", "1.5,", False),
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


def test_the_decimal_mark_may_be_a_comma() -> None:
    found, (note,) = detect_header(["1,5", "2"], [["2,5", "3"]], PLACE)
    assert (found, note.word) == (False, "note")
    found, _ = detect_header(["0", "1"], [["1,5", "2"]], PLACE)
    assert found
