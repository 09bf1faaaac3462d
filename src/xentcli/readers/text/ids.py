"""Cells of a column of ids, in the form in which they are compared with those of another file."""

from __future__ import annotations

from collections.abc import Sequence

from xentcli.model import AnyArray
from xentcli.model.csv_cells import unquoted
from xentcli.readers.text.layout import Layout


def plain_id(cell: bytes) -> bytes:
    """A cell's text without quotes and surrounding blanks. Raises ValueError if it is badly quoted.

    >>> plain_id(b'"7 "'), plain_id(b" img_7")
    (b'7', b'img_7')
    """
    return (unquoted(cell).encode() if b'"' in cell else cell).strip()


def plain_ids(cells: Sequence[bytes]) -> list[bytes]:
    """The cells of a column without quotes and surrounding blanks."""
    # Looking for quotes in all cells together is ten times as fast as in one after the other.
    if b'"' in b"".join(cells):
        return [plain_id(cell) for cell in cells]
    return [cell.strip() for cell in cells]


def find_rows(layout: Layout, cells: Sequence[bytes]) -> AnyArray | None:
    """Find the rows of the second file that have these ids; None if an id is badly quoted, or
    missing there as an empty one always is."""
    _, join = layout.request.joined
    try:
        rows = join.find_rows(plain_ids(cells))
    except ValueError:
        return None
    return None if (rows < 0).any() else rows
