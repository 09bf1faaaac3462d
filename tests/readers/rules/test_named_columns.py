"""Columns that an option names: by their names first, then by numbers, ranges and globs."""

from __future__ import annotations

import pytest

from xentcli.errors import Place, UsageError
from xentcli.readers.rules.named_columns import find_column, find_columns

NAMES = ("id", "2", "p q", "logit[a]", "a,b", "1", "logit_x", "logit_y")
PLACE = Place("a.csv", 1)


@pytest.mark.parametrize(
    ("wanted", "positions"),
    [
        ("id", (0,)),
        ("3", (2,)),
        ("8", (7,)),
        # A name that is a number is that column's, not the number of another.
        ("2", (1,)),
        ("1", (5,)),
        ("a,b", (4,)),
        ("id,2", (0, 1)),
        (" id , p q", (0, 2)),
        ("logit[a]", (3,)),
        ("logit_*", (6, 7)),
        ("logit_?,1", (6, 7, 5)),
        ("[pi]*", (0, 2)),
        ("7-8", (6, 7)),
        ("3-3", (2,)),
        ("4-5,id", (3, 4, 0)),
    ],
)
def test_columns_in_the_order_in_which_they_are_named(
    wanted: str, positions: tuple[int, ...]
) -> None:
    assert find_columns(NAMES, wanted, "--logit-cols", PLACE) == positions


@pytest.mark.parametrize("wanted", ["3x", "x3", "3-", "-3", "3-4-5", "ID", "LOGIT_*", "id,", ""])
def test_what_names_no_column(wanted: str) -> None:
    with pytest.raises(UsageError, match=r"--logit-cols: a\.csv:1 has no column"):
        find_columns(NAMES, wanted, "--logit-cols", PLACE)


@pytest.mark.parametrize(("wanted", "position"), [("a,b", 4), ("2", 1), ("3", 2), ("p*", 2)])
def test_a_single_column(wanted: str, position: int) -> None:
    assert find_column(NAMES, wanted, "--label-col", PLACE) == position


@pytest.mark.parametrize("wanted", ["id,2", "7-8"])
def test_a_single_column_has_no_list_and_no_long_range(wanted: str) -> None:
    with pytest.raises(UsageError, match="--label-col: "):
        find_column(NAMES, wanted, "--label-col", PLACE)
