"""What stands between the cells of a text, seen in its first two lines."""

from __future__ import annotations

import io
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.readers.reads import reads_of
from xentcli.errors import UsageError
from xentcli.readers.interface import Request
from xentcli.readers.text import records
from xentcli.readers.text.dialects import (
    DetectedDialect,
    PushbackStream,
    collapse_blanks,
    detect_dialect,
    has_decimal_commas,
    lacks_name_of_row_names,
    read_head,
)
from xentcli.readers.text.records import Dialect

BLANKS = Dialect(b" ", blanks=True)
cuts = st.lists(st.integers(1, 9), min_size=1, max_size=10)


PLAIN = Request()


def detected(head: bytes, request: Request = PLAIN, *, tabs_first: bool = False) -> Dialect:
    """The dialect of a text without a line that tells Excel its delimiter."""
    dialect, lines_before = detect_dialect(head, request, tabs_first=tabs_first)
    assert lines_before == 0
    return dialect


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [
        (b"a,b\n1,2\n", b","),
        (b"a;b\n1;2\n", b";"),
        (b"a b\n1 2\n", b" "),
        # The rows below tell, not the header, which may be called anything.
        (b"a,b;c\n1,5;2\n", b";"),
        (b"1,5;2\nx,3;3\n", b","),
        (b"p 0.5,1;q\n0,5;2\n", b";"),
        (b"1,5;2,5\n", b";"),
    ],
)
def test_the_first_lines_tell_what_stands_between_cells(head: bytes, delimiter: bytes) -> None:
    assert detect_dialect(head, Request(), tabs_first=False).dialect.delimiter == delimiter


@pytest.mark.parametrize(
    "head",
    [
        b"a b\n1 2\n",
        b"  a \t b\r\n 1   2  \r\n",
        b"\n \n\na b\n\n1 2\n",
        b"# a b\n1 2\n",
        b'"a c" b\n"1"  2\n',
        b'"a" "b"\n"1" 2 3\n',
        b"1 2\n",
    ],
)
def test_runs_of_blanks_between_cells(head: bytes) -> None:
    assert detected(head) == BLANKS


@pytest.mark.parametrize(
    ("head", "delimiter"),
    [
        # Only two records are looked at.
        (b"a;b\n1;2\n1;2;3\n", b";"),
        (b"a;b;c\n1;2\n", b","),
        # Words alone are a sentence rather than cells, whatever number stands above.
        (b"one 1\ntwo too\n", b","),
        (b"one|two\n", b","),
        (b"1;2\n", b";"),
        (b"1|2\n", b"|"),
        (b"a\n1\n", b","),
        (b"", b","),
        # As R writes row names: without a name.
        (b'"a";"b"\n"x";1;2\n', b";"),
        (b'a;b\n"x";1;2\n', b","),
        # The cells of the first line that fit nothing are no reason to take another.
        (b'"a;b\n1;2\n', b","),
        (b"a;\xff\n1;2\n", b","),
    ],
)
def test_what_fits_the_first_two_lines(head: bytes, delimiter: bytes) -> None:
    assert detected(head) == Dialect(delimiter)


@pytest.mark.parametrize(
    ("head", "delimiter"), [(b"a\tb,c\n1\t2,3\n", b"\t"), (b"a,b\n1,2\n", b","), (b"a\n", b"\t")]
)
def test_tabs_may_come_first(head: bytes, delimiter: bytes) -> None:
    assert detected(head, tabs_first=True) == Dialect(delimiter)


def test_comments_are_no_lines_of_a_text() -> None:
    request = Request(comment="#")
    assert detected(b"# x,y\n#z\na b\n# 1,2\n1 2\n", request) == BLANKS._replace(comment=b"#")
    assert detected(b"# x,y\na;b\n#\n1;2\n", request) == Dialect(b";", b"#")
    assert detected(b"# x,y\na b\n", request) == Dialect(b",", b"#")


@pytest.mark.parametrize(
    ("name", "delimiter"),
    [
        (";", ";"),
        ("|", "|"),
        ("tab", "\t"),
        ("\\t", "\t"),
        ("\t", "\t"),
        ("comma", ","),
        ("semicolon", ";"),
        ("space", " "),
        ("¦", "¦"),
    ],
)
def test_a_delimiter_may_be_named(name: str, delimiter: str) -> None:
    request = Request(delimiter=name)
    assert detected(b"a;b\n1;2\n", request) == Dialect(delimiter.encode())
    request = request._replace(comment="%")
    assert detected(b"a;b\n1;2\n", request) == Dialect(delimiter.encode(), b"%")


@pytest.mark.parametrize("name", ["", ";;", "commas", '"', "\r", "\n", "a", "1", "é"])
def test_what_cannot_stand_between_cells(name: str) -> None:
    with pytest.raises(UsageError, match="not one character that can stand between cells"):
        detected(b"a;b\n1;2\n", Request(delimiter=name))


@pytest.mark.parametrize(
    ("line", "delimiter"),
    [
        (b"sep=;\n", b";"),
        (b"SEP=|\r\n", b"|"),
        (b"sep=\t\r", b"\t"),
        (b"sep=,", b","),
        (b"sep=; \n", b";"),
        # The line is filled up where the file was saved as a table.
        (b"sep=;;;;\n", b";"),
        ("sep=¦\n".encode(), "¦".encode()),
    ],
)
def test_a_first_line_that_tells_excel_the_delimiter(line: bytes, delimiter: bytes) -> None:
    head = line + b"a,b;c|d\n1,2;3|4\n" if line != b"sep=," else line
    found = detect_dialect(head, Request(), tabs_first=False)
    assert found == DetectedDialect(Dialect(delimiter), 1)
    found = detect_dialect(head, Request(comment="#"), tabs_first=False)
    assert found == DetectedDialect(Dialect(delimiter, b"#"), 1)
    # What is asked for goes before it; it is no line of the text all the same.
    found = detect_dialect(head, Request(delimiter=":"), tabs_first=False)
    assert found == DetectedDialect(Dialect(b":"), 1)


@pytest.mark.parametrize(
    "head", [b"sep=1,sep=2\n1,2\n", b"sep=,b\n1,2\n", b"a,sep=;\n1,2\n", b"sep=1\n0\n", b'sep="\n']
)
def test_a_header_that_begins_like_it_is_a_header(head: bytes) -> None:
    assert detected(head) == Dialect(b",")


@pytest.mark.parametrize(
    ("header", "row", "lacks"),
    [
        ('"a","b"', '"x",1,2', True),
        ('"a"', '"x",1', True),
        ('"a","b"', '"x",1', False),
        ('"a"', '"x",1,2', False),
        ('"a",b', '"x",1,2', False),
        ('"a","b"', 'x,"1",2', False),
    ],
)
def test_the_name_of_row_names_is_lacking(header: str, row: str, lacks: bool) -> None:
    cells = [line.encode().split(b",") for line in (header, row)]
    assert lacks_name_of_row_names(*cells) == lacks


@pytest.mark.parametrize("sizes", [[1], [10], [7, 1, 30], [1 << 20]])
def test_the_beginning_is_a_block_however_it_is_read(
    sizes: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "BLOCK_BYTES", 64)
    content = b"1,2\n" * 50
    head = read_head(reads_of(content, sizes), "a.csv")
    assert content.startswith(head)
    # No more than the last read brings.
    assert 64 <= len(head) < 64 + max(sizes) or head == content


@pytest.mark.parametrize("length", [40, 100, 300])
def test_the_beginning_has_two_lines_if_there_are_two(
    length: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "BLOCK_BYTES", 64)
    line = b"x" * (length - 1) + b"\n"
    head = read_head(reads_of(line * 9, [16]), "a.csv")
    assert head.count(b"\n") >= 2
    assert len(head) < max(64, 2 * length) + 16
    assert read_head(reads_of(line, [16]), "a.csv") == line


def test_a_long_line_does_not_have_the_whole_text_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(records, "BLOCK_BYTES", 64)
    whole = b"x" * 100_000 + b"\n" + b"1,2\n" * 100_000
    head = read_head(io.BytesIO(whole), "a.csv")
    assert head.count(b"\n") >= 2
    assert len(head) < 200_000


@pytest.mark.parametrize("size", [20, 50, 100, 200])
def test_the_longest_line_that_there_may_be_is_not_the_last_one(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "BLOCK_BYTES", 64)
    monkeypatch.setenv("XENT_MAX_LINE", "100")
    whole = b"x" * 99 + b"\n" + b"1,2\n"
    assert read_head(reads_of(whole, [size]), "a.csv") == whole
    assert len(read_head(reads_of(b"x" * 999, [size]), "a.csv")) <= 100 + size


@given(st.binary(max_size=20), st.binary(max_size=20), st.lists(st.integers(1, 9), max_size=4))
def test_what_was_read_is_put_back(head: bytes, rest: bytes, sizes: list[int]) -> None:
    stream = PushbackStream(head, io.BytesIO(rest))
    found = [stream.read(size) for size in sizes]
    assert all(len(piece) <= size for piece, size in zip(found, sizes, strict=True))
    assert b"".join([*found, *iter(partial(stream.read, 7), b"")]) == head + rest


def collapsed(content: bytes, sizes: list[int], size: int = 1 << 20) -> bytes:
    stream = collapse_blanks(reads_of(content, sizes), BLANKS)
    pieces = list(iter(partial(stream.read, size), b""))
    assert all(len(piece) == size for piece in pieces[:-1])
    return b"".join(pieces)


@pytest.mark.parametrize(
    ("content", "single"),
    [
        (b"a b\n", b"a b\n"),
        (b"a  b\t\t c\n", b"a b c\n"),
        (b"  a \t b  \r\n\tc d\t", b"a b\r\nc d"),
        (b' "x  y"   "z\t"  \n', b'"x  y" "z\t"\n'),
        (b'"x  y  z\n', b'"x y z\n'),
        (b"\n  \n\n", b"\n\n\n"),
        (b"", b""),
    ],
)
def test_runs_of_blanks_become_single_ones(content: bytes, single: bytes) -> None:
    assert collapsed(content, [100]) == single
    assert collapse_blanks(reads_of(content, [100]), Dialect(b" ")).read(100) == content


@given(st.text('a" \t\n', max_size=40).map(str.encode), cuts, st.integers(1, 9))
def test_any_reads_give_the_same_blanks(content: bytes, sizes: list[int], size: int) -> None:
    assert collapsed(content, sizes, size) == collapsed(content, [100])


@pytest.mark.parametrize(
    ("rows", "commas"),
    [
        ([["1,5", "2"]], True),
        ([[" 1,5 ", "2"]], True),
        ([["1", "2"], ["x", "-1,5e3"]], True),
        ([["1,5", "2.5"]], False),
        ([["1,5"], ["2.5"]], False),
        ([["1,5", "1,234,5"]], False),
        ([["x,5", "2"]], False),
        ([["1", "2"]], False),
        ([["1,5", "v2.0"]], True),
    ],
)
def test_decimal_commas(rows: list[list[str]], commas: bool) -> None:
    assert has_decimal_commas(rows) == commas
