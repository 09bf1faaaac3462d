"""The beginning of a text: its header, its first samples, and what these say of each column."""

from __future__ import annotations

from pathlib import Path

import pytest

from xentcli.errors import DataError
from xentcli.readers.interface import Request
from xentcli.readers.rules.look import LOOKED_AT
from xentcli.readers.sources.source import Source
from xentcli.readers.text import records
from xentcli.readers.text.beginning import Beginning, TextLook, read_beginning

MARK = b"\xef\xbb\xbf"
PLAIN = Request()


def beginning_of(content: bytes, folder: Path, request: Request = PLAIN) -> Beginning:
    (folder / "a.csv").write_bytes(content)
    return read_beginning(Source("a.csv", str(folder / "a.csv")), request, "csv")


# Each with where its header ends, and the line after that.
TEXTS: dict[str, tuple[bytes, int, int]] = {
    "a header": (b"a,b\n" + b"1,2\n" * 30, 4, 2),
    "blank lines before it": (b"\n" * 40 + b"a,b\n" + b"1,2\n" * 30, 44, 42),
    "lines of Windows": (b"\r\n\r\na,b\r\n" + b"1,2\r\n" * 30, 9, 4),
    "a header of two lines": (b'"a\nb",c\n' + b"1,2\n" * 30, 8, 3),
    "a line for Excel": (b"sep=,\na,b\n" + b"1,2\n" * 30, 10, 3),
    "more samples than are looked at": (b"a,b\n" + b"1,2\n" * 300, 4, 2),
    "as many samples as are looked at": (b"a,b\n" + b"1,2\n" * LOOKED_AT, 4, 2),
    "blank lines between": (b"a,b\n" + b"\n1,2\n\n" * 30, 4, 2),
    "a header alone": (b"a,b\n", 4, 2),
    "a byte order mark": (MARK + b"a,b\n" + b"1,2\n" * 30, 4, 2),
}
SIZES = (1, 5, 16, 64, 1 << 20)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("what", TEXTS)
def test_it_is_the_same_in_blocks_of_any_size(
    what: str, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "BLOCK_BYTES", size)
    content, at, line = TEXTS[what]
    start = beginning_of(content, tmp_path)
    assert start.rows == (at, line)
    # The mark of an encoding is no part of the text.
    text = content.removeprefix(MARK)
    assert [b",".join(sample) for sample in start.samples] == text[at:].split()[:LOOKED_AT]
    read = b"".join(start.blocks)
    assert read == text[: len(read)]


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("content", "at", "line"),
    [(b"1,2\n" * 30, 0, 1), (b"\n\r\n" * 9 + b"1,2\n" * 30, 27, 19), (b"1,2\n" * 300, 0, 1)],
)
def test_without_a_header_the_first_line_is_a_sample(
    content: bytes, at: int, line: int, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "BLOCK_BYTES", size)
    start = beginning_of(content, tmp_path, Request(header=False))
    assert (start.rows, start.place.line) == ((at, line), line)
    assert (start.names, start.header) == (("1", "2"), ())
    assert list(start.samples) == [[b"1", b"2"]] * min(content.count(b","), LOOKED_AT)


@pytest.mark.parametrize("size", [8, 64])
def test_no_more_blocks_are_read_than_are_needed(
    size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "BLOCK_BYTES", size)
    start = beginning_of(b"a,b\n" + b"1,2\n" * 3000, tmp_path)
    needed = 4 * (1 + LOOKED_AT)
    assert needed <= sum(map(len, start.blocks)) < needed + size


@pytest.mark.parametrize(
    ("content", "newline"),
    [
        (b"a,b\n1,2\r\n", b"\n"),
        (b"a,b\r\n1,2\n", b"\r\n"),
        (b"a,b\r1,2\n", b"\r"),
        (b"a,b", b"\n"),
    ],
)
def test_lines_end_as_the_first_does(content: bytes, newline: bytes, tmp_path: Path) -> None:
    assert beginning_of(content, tmp_path).newline == newline


@pytest.mark.parametrize(
    ("content", "names", "header"),
    [
        # numpy.savetxt puts a # before the header, with or without blanks between the numbers.
        (b"# a b c\n1 2 3\n", ("a", "b", "c"), (b"# a", b"b", b"c")),
        (b"# a,b\n1,2\n", ("a", "b"), (b"# a", b"b")),
        (b"# 7\n1\n2\n", ("7",), (b"# 7",)),
        (b"#,b\n1,2\n", ("#", "b"), (b"#", b"b")),
        (b"a,# b\n1,2\n", ("a", "# b"), (b"a", b"# b")),
        # R leaves out the name above the names of the rows.
        (b'"a","b"\n"1",1,2\n', ("", "a", "b"), (b'""', b'"a"', b'"b"')),
        (b'"a" "b"\n"1" 1 2\n', ("", "a", "b"), (b'""', b'"a"', b'"b"')),
    ],
)
def test_headers_of_other_programs(
    content: bytes, names: tuple[str, ...], header: tuple[bytes, ...], tmp_path: Path
) -> None:
    start = beginning_of(content, tmp_path)
    assert (start.names, start.header) == (names, header)
    assert start.rows == (content.index(b"\n") + 1, 2)


@pytest.mark.parametrize(("form", "names"), [("csv", ("a", "b\tc", "d")), ("tsv", ("a,b", "c,d"))])
def test_the_format_says_what_is_looked_for_first(
    form: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("a,b\tc,d\nx,y\tz,w\n")
    source = Source("a.txt", str(tmp_path / "a.txt"))
    assert read_beginning(source, PLAIN, form).names == names


# The cells of the second column, None where a row ends before it: whether the column is one of
# numbers, is empty, holds integers alone, and numbers the rows.
COLUMNS: tuple[tuple[list[bytes | None], tuple[bool, bool, bool | None, bool]], ...] = (
    ([b"1", b"2", b"3"], (True, False, True, True)),
    ([b"0", b"1", b"2", b"3"], (True, False, True, True)),
    ([b" 0", b"1 ", b"2"], (True, False, True, True)),
    ([b"0", b"1"], (True, False, True, False)),
    ([b"0", b"1", b"3"], (True, False, True, False)),
    ([b"5", b"6", b"7"], (True, False, True, False)),
    ([b"0", b"1", None], (True, False, True, False)),
    ([None, b"1", b"2"], (True, False, True, False)),
    ([b"1.5", b"2", b"3"], (True, False, False, False)),
    ([b"1", b"2", b"1e2"], (True, False, False, False)),
    ([b"-7", b"+2", b"0"], (True, False, True, False)),
    # One number is enough, and infinity says nothing of integers.
    ([b"x", b"2", b"y"], (True, False, True, False)),
    ([b"x2", b"2", b"3"], (True, False, True, False)),
    ([b"inf", b"nan", b"2"], (True, False, True, False)),
    ([b"inf", b"nan", b"-inf"], (True, False, None, False)),
    # Words for a missing number, and other words.
    ([b"NA", b"-", b"null"], (True, False, None, False)),
    ([b"", b"nan", b""], (True, False, None, False)),
    ([b"", b"None", None], (True, False, None, False)),
    ([b"NA", b"x", b"NA"], (False, False, None, False)),
    ([b"x", b"y", b"z"], (False, False, None, False)),
    ([b"x", b"y", None], (False, False, None, False)),
    ([b"", b"", b" "], (False, True, None, False)),
    ([None, None, None], (False, True, None, False)),
    ([b"", None, b'""'], (False, True, None, False)),
    # Bytes of another encoding are words, and no missing numbers.
    ([b"\xe9", b"\xff", b"\xe9"], (False, False, None, False)),
    ([b"\xe9", b"2", b"\xe9"], (True, False, True, False)),
)


def look_at(cells: list[bytes | None], folder: Path) -> TextLook:
    rows = [b"u" if cell is None else b"u," + cell for cell in cells]
    asked = Request(delimiter=",", header=True)
    return TextLook(beginning_of(b"\n".join([b"a,b,c", *rows, b""]), folder, asked))


@pytest.mark.parametrize(("cells", "said"), COLUMNS)
def test_what_the_cells_of_a_column_say(
    cells: list[bytes | None], said: tuple[bool, bool, bool | None, bool], tmp_path: Path
) -> None:
    look = look_at(cells, tmp_path)
    assert (look.is_numeric(1), look.is_empty(1), look.is_whole(1), look.counts(1)) == said
    # The rows end before a third column.
    assert (look.is_numeric(2), look.is_empty(2), look.is_whole(2)) == (False, True, None)
    assert not look.counts(2)


def test_the_cells_of_a_column(tmp_path: Path) -> None:
    look = look_at([b"x", b'"y"', None, b"x", b""], tmp_path)
    assert set(look.texts(1)) == {"x", "y", ""}
    assert set(look.texts(2)) == set()


@pytest.mark.parametrize(
    ("text", "at", "empty"),
    [
        # The end of lines that end with a comma is no column.
        (b"a,b,\n1,2,\n3,4,\n", 2, False),
        (b"a,b,\n1,2\n3,4\n", 2, False),
        (b"a,b,\n1,2,\n3,4\n", 2, False),
        (b"a,\n1,\n3,\n", 1, False),
        # With a name it is one, and in the middle, or alone.
        (b"a,b,c\n1,2,\n3,4,\n", 2, True),
        (b"a,,b\n1,,2\n3,,4\n", 1, True),
        (b"a,,b,\n1,,2,\n3,,4,\n", 1, True),
        (b"a,,\n1,,\n3,,\n", 1, True),
        (b'""\n""\n""\n', 0, True),
        (b"a,b,\n1,2,7\n3,4,\n", 2, False),
    ],
)
def test_a_column_that_is_empty(text: bytes, at: int, empty: bool, tmp_path: Path) -> None:
    look = TextLook(beginning_of(text, tmp_path, Request(delimiter=",", header=True)))
    assert look.is_empty(at) is empty


@pytest.mark.parametrize(
    ("text", "at", "numeric"),
    [(b"a,b,\n1,2,7\n3,4,\n", 2, True), (b"a,b,\n1,2,\n3,4,\n", 2, False)],
)
def test_a_last_column_without_a_name(text: bytes, at: int, numeric: bool, tmp_path: Path) -> None:
    look = TextLook(beginning_of(text, tmp_path, Request(delimiter=",", header=True)))
    assert look.is_numeric(at) is numeric


def test_a_text_without_a_sample(tmp_path: Path) -> None:
    look = TextLook(beginning_of(b"a,b,\n", tmp_path))
    assert [look.is_empty(at) for at in range(3)] == [False] * 3
    assert [look.is_whole(at) for at in range(3)] == [None] * 3
    with pytest.raises(DataError, match="it is empty"):
        beginning_of(b"\n\n", tmp_path)
