"""Groups of samples by the values of a column, and the names of such values."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np

from xentcli.model import Grouping
from xentcli.model.csv_cells import unquoted


def grouping_of_cells(cells: Iterable[bytes]) -> Grouping:
    """The groups of a column of text."""
    known: dict[bytes, int] = {}
    at = [known.setdefault(cell, len(known)) for cell in cells]
    # With quotes and without them it is the same name.
    return _make_grouping([name_of_cell(cell) for cell in known], at)


def grouping_of_values(values: Iterable[Any]) -> Grouping:
    """The groups of a column of any values; text is its own name, others are named as JSON."""
    return _make_grouping(*_listed(map(name_of_value, values)))


def _listed(names: Iterable[str]) -> tuple[list[str], list[int]]:
    known: dict[str, int] = {}
    at = [known.setdefault(name, len(known)) for name in names]
    return list(known), at


def _make_grouping(names: list[str], at: list[int]) -> Grouping:
    known, places = _listed(names)
    found = np.array(at, dtype=np.intp)
    return Grouping(tuple(known), np.array(places, dtype=np.intp)[found] if places else found)


def name_of_cell(cell: bytes) -> str:
    """The name of a group whose value is a cell."""
    try:
        return unquoted(cell)
    except ValueError:
        # What is no text, or oddly quoted, is still told from others.
        return cell.decode("utf-8", "backslashreplace")


def name_of_value(value: Any) -> str:
    """The name of a group whose value is one of a record."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
