"""A text is cut into blocks and records: the same ones however the stream is read."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.readers.reads import reads_of
from xentcli.errors import DataError
from xentcli.model.csv_cells import csv_cell, unquoted
from xentcli.readers.interface import Request
from xentcli.readers.text import records as text
from xentcli.readers.text.records import Cursor, Dialect, Record

COMMA = Dialect(b",", b"#")

# Everything that can end a cell, a record or a quote, in every order.
PIECES = ["a", "1.5", "", " ", ",", ",", '"', '""', "\n", "\n", "\r\n", "\r", "#", "é", "\ufeff"]
dialects = st.sampled_from([COMMA, Dialect()])
tangled = st.lists(st.sampled_from(PIECES), max_size=30).map("".join).map(str.encode)

content = st.text(st.sampled_from('ab1 ,"\n\réæ°¦#'), max_size=6)
cuts = st.lists(st.integers(1, 9), min_size=1, max_size=20)


def all_records(content: bytes, dialect: Dialect = COMMA) -> list[Record] | str:
    """The records of a whole text, or what is wrong with it."""
    try:
        return list(text.split_records(content, dialect, 1, "a.csv"))
    except DataError as error:
        return str(error)


def records_of(stream: BinaryIO, dialect: Dialect = COMMA) -> list[Record] | str:
    """The records of a stream, block by block."""
    found: list[Record] = []
    line = 1
    try:
        for block in text.read_blocks(stream, dialect, "a.csv", 1 << 16):
            found += text.split_records(block, dialect, line, "a.csv")
            line += text.count_line_ends(block)
    except DataError as error:
        return str(error)
    return found


@given(tangled, cuts, dialects)
@example(b"a\r\nb", [2], COMMA)
@example(b'a,"\r\n",b\r\n', [4], COMMA)
@example(b'"a""b",c\n', [3], COMMA)
@example(b'#"\n"a\n"\n', [2], COMMA)
@example(b'a\r#"\r"b"\r', [2], COMMA)
@example(b'a"\n"a\n",a\n', [1, 5], COMMA)
@example(b'#,"\n1,"\nb"\n', [8], COMMA)
def test_any_reads_of_a_stream_give_the_records_of_the_whole(
    whole: bytes, sizes: list[int], dialect: Dialect
) -> None:
    assert records_of(reads_of(whole, sizes), dialect) == all_records(whole, dialect)


@given(tangled, cuts, dialects)
def test_blocks_are_the_stream_and_end_where_records_end(
    whole: bytes, sizes: list[int], dialect: Dialect
) -> None:
    stream = reads_of(whole, sizes)
    blocks = list(text.read_blocks(stream, dialect, "a.csv", 1 << 16))
    assert b"".join(blocks) == whole
    assert all(blocks)
    assert all(block.endswith((b"\n", b"\r")) for block in blocks[:-1])


@pytest.mark.parametrize(("size", "half"), [(1, 1), (2, 1), (3, 1), (9, 4)])
def test_where_every_class_is_written_a_block_is_half_as_long(
    size: int, half: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XENT_BLOCK_BYTES", str(size))
    each = Request(each=True)
    assert (
        text.block_bytes_for(each) == text.block_bytes_for(each._replace(keep_rows="cells")) == half
    )
    assert text.block_bytes_for(Request()) == text.block_bytes() == size
    for one_number in (each._replace(keep_rows="lines"), each._replace(keep_records="whole")):
        assert text.block_bytes_for(one_number) == size


@pytest.mark.parametrize("length", [100, 104, 252, 996, 1000])
def test_a_part_of_a_text_comes_in_equal_blocks(length: int) -> None:
    stream = io.BytesIO(b"1,2\n" * 1000)
    found = list(text.read_blocks(stream, COMMA, "a.csv", 100, length))
    assert b"".join(found) == b"1,2\n" * (length // 4)
    sizes = [len(block) for block in found]
    assert max(sizes) - min(sizes) <= 8
    assert 75 <= min(sizes) <= max(sizes) <= 150


@pytest.mark.parametrize("in_a_file", [True, False])
@pytest.mark.parametrize(
    "whole",
    [
        b"1\n22\n\n3\n4\n",
        b"1\n22\n\n3\n4",
        b"\n1\n\n\n333\n",
        b"1\r22\r\r3\r4",
        b"1\r\n22\r\n3",
        b'1,"a\nb\n\nc"\n2,"\n"\n3\n4,""\n',
        b'#"\n"\n"\n1\n#\n2',
    ],
)
def test_a_part_has_the_records_that_begin_in_it(
    whole: bytes, in_a_file: bool, tmp_path: Path
) -> None:
    """However small it is, and whatever is read at a time."""
    (tmp_path / "a.csv").write_bytes(whole)
    ends, cursor = [0], Cursor(0, 1)
    while cursor.at < len(whole):
        _, cursor = text.read_record(whole, cursor, COMMA, "a.csv")
        ends.append(cursor.at)
    for length in range(1, len(whole) + 1):
        # A part ends where a line does, which may be within a record.
        if whole[length - 1 : length] not in (b"\n", b"\r") and length < len(whole):
            continue
        end = next(end for end in ends if end >= length)
        for size in range(1, 9):
            with (tmp_path / "a.csv").open("rb") as file:
                stream = file if in_a_file else io.BytesIO(whole)
                found = b"".join(text.read_blocks(stream, COMMA, "a.csv", size, length))
            if end == length:
                assert found == whole[:length]
            # Other records may have come with the end of the last one, and belong to it.
            assert whole.startswith(found)
            assert len(found) in ends
            assert end <= len(found) <= end + size


def test_a_part_of_a_file_is_read_where_it_begins(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"1,2\n" * 100)
    with (tmp_path / "a.csv").open("rb") as stream:
        stream.seek(40)
        assert list(text.read_blocks(stream, COMMA, "a.csv", 13, 39)) == [b"1,2\n" * 4] * 2 + [
            b"1,2\n" * 2
        ]


def test_where_an_earlier_record_went_beyond_a_part_the_next_records_come() -> None:
    stream = io.BytesIO(b"1,2\n" * 1000)
    assert next(text.read_blocks(stream, COMMA, "a.csv", 100, -7)) == b"1,2\n" * 25


@given(tangled)
def test_the_last_end_of_a_record_is_one(whole: bytes) -> None:
    cut = text.find_last_record_end(whole, COMMA)
    assert 0 <= cut <= len(whole)
    before = all_records(whole[:cut])
    everything = all_records(whole)
    assert isinstance(before, list)
    if isinstance(everything, list):
        assert everything[: len(before)] == before


@pytest.mark.parametrize(
    ("whole", "end"),
    [
        (b"", 0),
        (b"a", 0),
        (b"a\n", 2),
        (b"a\nb", 2),
        (b"a\r\nb", 3),
        (b"a\rb", 2),
        (b"\rb", 1),
        (b"a\n\rb", 3),
        # The second half of \r\n may still come.
        (b"a\r", 0),
        (b"a\nb\r", 2),
        (b'"a\n', 0),
        (b'"a\nb"\n', 6),
        (b'a\n"b\n', 2),
        (b'a\n#"\nb\n', 7),
        (b'a\n"b\n"\n', 7),
        (b'a\n"b"\r', 2),
        (b'"a"', 0),
    ],
)
@pytest.mark.parametrize("dialect", [COMMA, Dialect()])
def test_where_the_last_whole_record_ends(whole: bytes, end: int, dialect: Dialect) -> None:
    assert text.find_last_record_end(whole, dialect) == end


@pytest.mark.parametrize(("dialect", "end"), [(COMMA, 8), (Dialect(), 2)])
def test_a_quote_in_a_comment_opens_nothing(dialect: Dialect, end: int) -> None:
    assert text.find_last_record_end(b'a\n#,"\nb\n', dialect) == end


@pytest.mark.parametrize(
    ("whole", "lines"),
    [
        (b"a\nb\nc", [1, 2, 3]),
        (b"a\r\nb\r\nc", [1, 2, 3]),
        (b"a\rb\rc", [1, 2, 3]),
        (b"\n\na\n\nb", [3, 5]),
        (b"#x\na\n#y\nb\n", [2, 4]),
        (b'"a\nb"\nc', [1, 3]),
        (b'"a\r\nb\rc"\rd', [1, 4]),
        (b'#"\na\n', [2]),
        (b"a,\x0b\x0c\x1c\x85,b\nc", [1, 2]),
        ("a\u2028b\nc".encode(), [1, 2]),
    ],
)
def test_records_know_the_physical_line_on_which_they_begin(whole: bytes, lines: list[int]) -> None:
    found = all_records(whole)
    assert isinstance(found, list)
    assert [record.line for record in found] == lines


@given(
    st.lists(st.lists(content, min_size=1, max_size=4), max_size=5),
    st.booleans(),
    st.sampled_from([",", "^", "]", "-", "¦"]),
)
def test_cells_are_those_of_the_csv_module(
    rows: list[list[str]], crlf: bool, delimiter: str
) -> None:
    written = io.StringIO()
    newline = "\r\n" if crlf else "\n"
    writer = csv.writer(written, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator=newline)
    writer.writerows(rows)
    found = all_records(written.getvalue().encode(), Dialect(delimiter.encode()))
    assert isinstance(found, list)
    assert [[unquoted(cell) for cell in record.cells] for record in found] == rows


@given(
    st.lists(st.lists(content, min_size=2, max_size=4), max_size=5),
    st.sampled_from([b",", b"^", b"]", b"-", "¦".encode()]),
)
@example([["æ", '"', "°"]], "¦".encode())
def test_only_some_cells_are_quoted(rows: list[list[str]], delimiter: bytes) -> None:
    cells = [[csv_cell(cell.encode(), delimiter) for cell in row] for row in rows]
    written = b"".join(delimiter.join(row) + b"\n" for row in cells)
    found = all_records(written, Dialect(delimiter))
    assert isinstance(found, list)
    assert [record.cells for record in found] == cells
    assert text.count_records(written, Dialect(delimiter), 1, "a.csv") == len(rows)


plain_rows = st.lists(
    st.lists(
        st.text(st.sampled_from("ab1 éæ°.-#"), min_size=1, max_size=5), min_size=1, max_size=4
    ),
    max_size=5,
)


@given(
    plain_rows, st.sampled_from([",", ";", "\t", "|", "¦"]), st.sampled_from(["\n", "\r\n", "\r"])
)
def test_bare_cells_are_those_of_the_csv_module(
    rows: list[list[str]], delimiter: str, newline: str
) -> None:
    written = "".join(delimiter.join(row) + newline for row in rows)
    reader = csv.reader(io.StringIO(written, newline=""), delimiter=delimiter)
    found = all_records(written.encode(), Dialect(delimiter.encode()))
    assert isinstance(found, list)
    assert [[cell.decode() for cell in record.cells] for record in found] == list(reader)


@given(tangled, dialects)
@example(b'#x\n"a"\n', COMMA)
@example(b'\n"a"\n', Dialect())
@example(b'"a"\n\n', Dialect())
@example(b'"a"\n"b"', Dialect())
@example(b'"a"\r"b"\n', Dialect())
@example(b"a\rb\n", Dialect())
@example(b"a\n\nb", Dialect())
def test_records_are_counted_as_they_are_read(whole: bytes, dialect: Dialect) -> None:
    found = all_records(whole, dialect)
    if isinstance(found, list):
        assert text.count_records(whole, dialect, 1, "a.csv") == len(found)


@pytest.mark.parametrize(
    ("whole", "place"),
    [(b'"a"\n"b\n', "8:1"), (b'a\n"b\n",c,"d\n\n', "9:3"), (b'"', "7:1"), (b'a,"b\n', "7:2")],
)
@pytest.mark.parametrize("dialect", [COMMA, Dialect()])
def test_where_a_quote_was_left_open(whole: bytes, place: str, dialect: Dialect) -> None:
    for read in (text.count_records, lambda *about: list(text.split_records(*about))):
        with pytest.raises(DataError) as caught:
            read(whole, dialect, 7, "a.csv")
        assert str(caught.value) == f"a.csv:{place}: a quote is opened here and never closed"


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r"])
def test_many_blank_lines_are_counted(newline: bytes) -> None:
    """Other than a few, they are not looked at one by one."""
    whole = b"\n" * 70 + b"a,b" + newline * 80 + b"#c\n" + b"\n" * 70 + newline + b"d"
    found = all_records(whole)
    assert isinstance(found, list)
    cells = [(record.line, record.cells) for record in found]
    assert cells == [(71, [b"a", b"b"]), (71 + 80 + 1 + 70 + 1, [b"d"])]
    assert found == list(map(Record, [71, 223], [[b"a", b"b"], [b"d"]], [newline, b""]))


@given(tangled)
def test_nothing_of_a_text_is_lost(whole: bytes) -> None:
    """The cells, with what stood between them, are the text again."""
    found = all_records(whole, Dialect())
    if isinstance(found, list):
        rows = b"".join(b",".join(record.cells) + record.end for record in found)
        # All that is left out are empty lines.
        assert without_empty_lines(whole) == without_empty_lines(rows)


def without_empty_lines(whole: bytes) -> bytes:
    kept = bytearray()
    cursor = Cursor(0, 1)
    while cursor.at < len(whole):
        record, after = text.read_record(whole, cursor, Dialect(), "a.csv")
        if record is not None:
            kept += whole[cursor.at : after.at]
        cursor = after
    return bytes(kept)


@given(tangled)
def test_lines_end_where_universal_newlines_have_it(whole: bytes) -> None:
    lines = io.TextIOWrapper(io.BytesIO(whole), encoding="utf-8", newline=None).read()
    assert text.count_line_ends(whole) == lines.count("\n")


@pytest.mark.parametrize(
    ("cell", "content"),
    [
        (b"a", "a"),
        (b"", ""),
        (b'""', ""),
        (b'"a"', "a"),
        (b'"a""b"', 'a"b'),
        (b'""""', '"'),
        (b'"a,b\n"', "a,b\n"),
        (b'a"b', 'a"b'),
        ("é".encode(), "é"),
    ],
)
def test_a_cell_without_its_quotes(cell: bytes, content: str) -> None:
    assert unquoted(cell) == content


@pytest.mark.parametrize("cell", [b'"a"b', b'"a" ', b'"a"b"', b'"', b'"a""', b"\xff", b'"\xff"'])
def test_a_cell_that_has_no_content(cell: bytes) -> None:
    with pytest.raises(ValueError):
        unquoted(cell)


def test_a_quote_left_open_is_found_in_time() -> None:
    """Not after every way to match has been tried."""
    with pytest.raises(DataError, match="a quote is opened here and never closed"):
        list(text.split_records(b'a,"' + b'""' * 200_000 + b"b,\n" * 100_000, COMMA, 1, "a.csv"))


@pytest.mark.parametrize("start", [b"", b'"'])
def test_a_line_without_end_does_not_fill_the_memory(
    start: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XENT_MAX_LINE", "1000")
    stream = io.BytesIO(start + b"1" * 5000)
    with pytest.raises(DataError, match="a line of more than 1000 bytes"):
        list(text.read_blocks(stream, COMMA, "a.csv", 1 << 16))


def test_quotes_with_little_between() -> None:
    assert [unquoted(cell) for cell in (b'""', b'"a"', b'""""', b"")] == ["", "a", '"', ""]
    with pytest.raises(ValueError, match="closing quote"):
        unquoted(b'"')
