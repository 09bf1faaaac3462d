"""Columns of a text that are chosen by their names: what is read of them, and from which lines."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from xentcli.errors import DataError, Place
from xentcli.readers.interface import Request
from xentcli.readers.rules.chosen_columns import ChosenColumns
from xentcli.readers.sources.source import Source
from xentcli.readers.text.chosen import columns_of_text

PLAIN = Request(wanted="labels")


def read(
    content: bytes, folder: Path, request: Request = PLAIN, at: Sequence[int] | None = None
) -> tuple[ChosenColumns, Place]:
    """The columns at some places, or all of them, and where their names are."""
    (folder / "a.csv").write_bytes(content)
    asked: list[Place] = []

    def choose(names: Sequence[str], place: Place) -> Sequence[int]:
        asked.append(place)
        return range(len(names)) if at is None else at

    found = columns_of_text(Source("a.csv", str(folder / "a.csv")), request, "csv", choose)
    (place,) = asked
    return found, place


@pytest.mark.parametrize("size", ["1", "1000"])
@pytest.mark.parametrize(
    ("content", "names", "columns", "header", "lines"),
    [
        (b"id,y\na,0\nb,1\n", ("id", "y"), ["a b", "0 1"], 1, [2, 3]),
        (b"\n\nid,y\n\na,0\n\nb,1", ("id", "y"), ["a b", "0 1"], 3, [5, 7]),
        (b"sep=;\nid;y\na;0\n", ("id", "y"), ["a", "0"], 2, [3]),
        (b"sep=;\n\n\nid;y\na;0\n", ("id", "y"), ["a", "0"], 4, [5]),
        (b"\xef\xbb\xbfid,y\na,0\n", ("id", "y"), ["a", "0"], 1, [2]),
        # Only the first mark is none of the text.
        (b"id,y\n\xef\xbb\xbfa,0\n", ("id", "y"), ["\ufeffa", "0"], 1, [2]),
        (b"# id,y\na,0\n", ("id", "y"), ["a", "0"], 1, [2]),
        (b'"id"," y "\n" a ", 0\n"b ""1""",1\n', ("id", "y"), ['a b_"1"', "0 1"], 1, [2, 3]),
        (b'id,"y\ny"\na,"0\n0"\nb,1\n', ("id", "y\ny"), ["a b", "0\n0 1"], 1, [3, 5]),
        (b"1,2\n3,4\n", ("1", "2"), ["1 3", "2 4"], 1, [1, 2]),
        (b"1,x\n3,y\n", ("1", "x"), ["3", "y"], 1, [2]),
        # In a single column any word may be a label.
        (b"cat\ndog\n", ("1",), ["cat dog"], 1, [1, 2]),
        (b"Label\ndog\n", ("Label",), ["dog"], 1, [2]),
        (b"0\n1\n", ("1",), ["0 1"], 1, [1, 2]),
        # A header alone.
        (b"id,y\n", ("id", "y"), ["", ""], 1, []),
    ],
)
def test_the_columns_of_a_text(
    content: bytes,
    names: tuple[str, ...],
    columns: list[str],
    header: int,
    lines: list[int],
    size: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XENT_BLOCK_BYTES", size)
    found, place = read(content, tmp_path)
    assert (found.names, found.at, place) == (names, (*range(len(names)),), Place("a.csv", header))
    cells = [[cell.replace(b" ", b"_").decode() for cell in column] for column in found.columns]
    assert cells == [column.split(" ") if column else [] for column in columns]
    assert list(found.origin.lines) == lines


@pytest.mark.parametrize(
    ("content", "header", "names", "column"),
    [
        (b"id,y\na,0\n", False, ("1", "2"), [b"y", b"0"]),
        (b"1,2\n3,4\n", True, ("1", "2"), [b"4"]),
        (b"y\n0\n", False, ("1",), [b"y", b"0"]),
        (b"cat\n0\n", True, ("cat",), [b"0"]),
        (b"0\n1\n", True, ("0",), [b"1"]),
    ],
)
def test_whether_there_is_a_header_may_be_said(
    content: bytes, header: bool, names: tuple[str, ...], column: list[bytes], tmp_path: Path
) -> None:
    found, _ = read(content, tmp_path, PLAIN._replace(header=header), [len(names) - 1])
    assert (found.names, found.at, found.columns) == (names, (len(names) - 1,), (column,))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "a.csv: it is empty"),
        (b"\n\n", "a.csv: it is empty"),
        (b"sep=;\n", "a.csv: it is empty"),
        (b"id,y\na,0\nb\n", "a.csv:3: 1 cell, where the first line has 2"),
        (b"id,y\na,0,\n", "a.csv:2: 3 cells, where the first line has 2"),
        (b'id,y\na,0\n"b"b,1\n', "a.csv:3: there is text after the closing quote"),
        (b'id,"y"y\na,0\n', "a.csv:1: there is text after the closing quote"),
        (b"id,\xff\na,0\n", "a.csv:1: the cell is not UTF-8 text"),
        (b'id,y\n"a",0\n"\xff",0\n', "a.csv:3: the cell is not UTF-8 text"),
        (b'id,y\n"a",0\n\xff,0\n"b"b,0\n', "a.csv:3: the cell is not UTF-8 text"),
        (b'id,y\na,0\n\n"b,1\n', "a.csv:4:1: a quote is opened here and never closed"),
    ],
)
def test_where_a_text_is_wrong(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as caught:
        read(content, tmp_path)
    assert str(caught.value) == message
