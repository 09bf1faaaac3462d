"""Where the cells of a sample stand, and what of a row is marked on a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.readers.opening import WANTED, batches, only, opened
from xentcli.errors import DataError
from xentcli.readers.interface import Request


@pytest.mark.parametrize(
    ("row", "before", "marked"),
    [
        ("x,2,0", "", "x"),
        ("1,x,0", "1,", "x"),
        ("1,,0", "1,", ","),
        ("1,two,0", "1,", "two"),
        ("1,2,9", "1,2,", "9"),
        ("é,2,0", "", "é"),
        ("1,éé,0", "1,", "éé"),
        ('"1",""" ""","é"', '"1",', '""" """'),
        ("1,2", "1,", "2"),
        ("1,2,0,4", "1,2,0,", "4"),
    ],
)
def test_it_is_the_cell(row: str, before: str, marked: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"a,b,label\n1,2,0\n{row}\n", encoding="utf-8")
    with pytest.raises(DataError) as raised:
        list(batches(opened(tmp_path / "a.csv", WANTED)))
    assert raised.value.place is not None
    found = raised.value.place.excerpt
    assert found is not None
    assert found.text == row
    assert (found.text[: found.start], found.text[found.start : found.end]) == (before, marked)


def test_columns_are_known_by_number_and_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("note,label,a,b\nx,1,2.5,3\ny,0,4.5,5\n")
    found = only(tmp_path / "a.csv")
    assert (found.values_from.columns, found.values_from.names) == ((3, 4), ("a", "b"))
    assert found.target_from is not None
    assert (found.target_from.columns, found.target_from.names) == ((2,), ("label",))
    assert list(found.values_from.lines) == list(found.target_from.lines) == [2, 3]


@pytest.mark.parametrize(
    ("text", "asked", "decimal"),
    [
        ("a;b\n1,5;2,5\n", None, b","),
        ("a;b\n1;2\n", ",", b","),
        ("a;b\n1.5;2.5\n", None, b"."),
        ("a;b\n1;2\n", ".", b"."),
    ],
)
def test_rows_are_passed_on_with_their_decimal_mark(
    text: str, asked: str | None, decimal: bytes, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(text)
    rows = only(tmp_path / "a.csv", Request(keep_rows="cells", decimal=asked)).rows
    assert rows is not None
    assert (rows.decimal, rows.delimiter, rows.newline) == (decimal, b";", b"\n")
    assert rows.cells == [text.splitlines()[1].encode().split(b";")]
