"""What stands between the cells of a text, seen in its first two lines."""

from __future__ import annotations

import pytest

from xentcli.readers.interface import Request
from xentcli.readers.text.dialects import detect_dialect


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
