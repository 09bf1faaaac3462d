"""What stands between the cells of a text, seen in its first two lines."""

from __future__ import annotations

import pytest

from tests.readers.reads import reads_of
from xentcli.readers.interface import Request
from xentcli.readers.text import records
from xentcli.readers.text.dialects import detect_dialect, has_decimal_commas, read_head


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


@pytest.mark.parametrize(
    ("rows", "commas"),
    [
        ([["1,5", "2"]], True),
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
