"""The cells of a column of ids, as they are compared with those of another file."""

from __future__ import annotations

from collections.abc import Sequence

from xentcli.model import AnyArray
from xentcli.model.csv_cells import unquoted
from xentcli.readers.text.layout import Layout


def plain_id(cell: bytes) -> bytes:
    """A cell's text without quotes and surrounding blanks; a ValueError says what is wrong with it.

    >>> plain_id(b'"7 "'), plain_id(b" img_7")
    (b'7', b'img_7')
    """
    return unquoted(cell).strip().encode() if b'"' in cell else cell.strip()


def plain_ids(cells: Sequence[bytes]) -> list[bytes]:
    """The cells of a column."""
    # One look at all of them is ten times as fast as one at each.
    if b'"' in b"".join(cells):
        return [plain_id(cell) for cell in cells]
    return [cell.strip() for cell in cells]


def find_rows(layout: Layout, cells: Sequence[bytes]) -> AnyArray | None:
    """The rows of the second file that have the ids; None if one of them is missing there."""
    attached = layout.request.attached
    assert attached is not None
    assert attached.join is not None
    try:
        ids = plain_ids(cells)
    except ValueError:
        return None
    rows = attached.join.rows(ids)
    # A cell without an id is a fault, whatever the second file has.
    return None if (rows < 0).any() or not all(ids) else rows
