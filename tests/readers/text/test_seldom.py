"""Texts that no other machine can divide, and lines that are too long, wrong or changed."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from tests.readers.opening import WANTED
from xentcli import readers
from xentcli.errors import DataError
from xentcli.readers.interface import Span, WholeText
from xentcli.readers.sources.source import Source
from xentcli.readers.text import numbers
from xentcli.readers.text.numbers import parse_table
from xentcli.readers.text.records import Dialect, read_blocks
from xentcli.readers.text.spans import open_span

BLANKS = "a b label\n" + "1  2  0\n" * 9


@pytest.mark.parametrize(
    ("content", "kind", "count"), [(BLANKS, WholeText, 1), (BLANKS.replace(" ", ","), Span, 5)]
)
def test_runs_of_blanks_are_read_by_one_worker(
    content: str, kind: type, count: int, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(content.replace(",,", ","))
    source = Source("a.csv", str(tmp_path / "a.csv"))
    partitions = readers.open_input(source, WANTED).chunks.partitions(12)
    assert partitions is not None
    assert [type(chunk.data) for chunk in partitions] == [kind] * count


def test_a_copy_of_blanks_is_read_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(BLANKS)
    source = Source("a.csv", str(tmp_path / "a.csv"), copy=True)
    assert readers.open_input(source, WANTED).chunks.partitions(12) is None


def test_a_span_of_a_file_that_has_changed(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(BLANKS)
    with (
        pytest.raises(DataError, match="changed while"),
        open_span(Span(str(tmp_path / "a.csv"), 0, 9, (1, 1)), "a.csv"),
    ):
        pass


@pytest.mark.parametrize(
    ("rows", "table"),
    [
        (b"1,2\n3,4\n", [[1, 2], [3, 4]]),
        # As many numbers and as many line ends, but not where they should be.
        (b"1\n2,3,4\n", None),
        (b"1,2,3\n4\n", None),
        (b"1,2\n3\n", None),
    ],
)
def test_each_line_has_its_numbers(rows: bytes, table: list[list[float]] | None) -> None:
    found = parse_table(rows, 2)
    assert (None if found is None else found.tolist()) == table


def test_how_much_there_is_to_read_decides_on_the_parser(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes time to import one."""
    sizes: list[int] = []
    monkeypatch.setattr(numbers, "parser_for", sizes.append)
    rows = b"1,2\n" * 100
    assert numbers.parse_table(rows, 2) is not None
    assert all(size >= len(rows) for size in sizes)
    assert sizes


@pytest.mark.parametrize("newline", [b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("end", [b"", b"\n"])
def test_the_last_line_may_not_be_too_long_either(
    newline: bytes, end: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XENT_MAX_LINE", "10")
    dialect = Dialect(b",", b"")
    for size in (1, 2, 4):
        whole = b"1,2" + newline + b"3," * 4 + b"34" + end
        assert b"".join(read_blocks(io.BytesIO(whole), dialect, "a.csv", size)) == whole
    with pytest.raises(DataError, match="more than 10 bytes"):
        list(read_blocks(io.BytesIO(b"1,2\n" + b"3," * 6 + b"3" + end), dialect, "a.csv", 4))
