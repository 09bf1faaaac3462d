"""Groups samples by the values of a column, and names the groups."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from xentcli.model import Grouping
from xentcli.model.csv_cells import unquoted


def grouping_of_cells(cells: Iterable[bytes]) -> Grouping:
    """Group samples by a column of text."""
    known: dict[bytes, int] = {}
    at = [known.setdefault(cell, len(known)) for cell in cells]
    # The same name may be written with quotes and without them.
    return _make_grouping([name_of_cell(cell) for cell in known], at)


def grouping_of_values(values: Iterable[Any]) -> Grouping:
    """Group samples by a column of any values. A text is the name of its group; other values are
    named as in JSON."""
    return _make_grouping(*_index_names(map(name_of_value, values)))


def _index_names(names: Iterable[str]) -> tuple[list[str], list[int]]:
    known: dict[str, int] = {}
    at = [known.setdefault(name, len(known)) for name in names]
    return list(known), at


def _make_grouping(names: list[str], at: list[int]) -> Grouping:
    known, places = _index_names(names)
    found = np.array(at, dtype=np.intp)
    return Grouping(tuple(known), np.array(places, dtype=np.intp)[found] if places else found)


def name_of_cell(cell: bytes) -> str:
    r"""Name the group whose value is this cell.

    >>> name_of_cell(b'"x, y"'), name_of_cell(b'"x"y'), name_of_cell(b"\xff")
    ('x, y', '"x"y', '\\xff')
    """
    try:
        return unquoted(cell)
    except ValueError:
        # Even a cell that is no text, or is oddly quoted, needs a name that differs from others.
        return cell.decode("utf-8", "backslashreplace")


def name_of_value(value: Any) -> str:
    """Name the group whose value is this value of a record."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
