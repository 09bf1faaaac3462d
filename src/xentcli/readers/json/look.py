"""Shows the first of flat records to the rules that choose columns."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from xentcli.readers.json.nested import NON_FINITE
from xentcli.readers.rules.look import ROWS_THAT_COUNT


class RecordLook:
    """The first records as rows with a value, or None, for each name."""

    def __init__(self, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        self._rows = rows
        self.names = tuple(name.strip() for name in names)

    def _values(self, at: int) -> list[Any]:
        return [row[at] for row in self._rows]

    def is_numeric(self, at: int) -> bool:
        """Whether any value of a key is a number: a bad value among numbers is an error, and does
        not make it a key of names."""
        return any(map(is_number, self._values(at)))

    def is_empty(self, at: int) -> bool:
        """Whether each record has null or an empty text there."""
        return bool(self._rows) and all(value is None or value == "" for value in self._values(at))

    def is_whole(self, at: int) -> bool | None:
        """Whether all numbers that are finite are integers; None if there are none."""
        numbers = [value for value in self._values(at) if type(value) in (int, float)]
        return all(type(value) is int for value in numbers) if numbers else None

    def counts(self, at: int) -> bool:
        """Whether the values go up by one from 0 or 1."""
        values = self._values(at)
        if len(values) < ROWS_THAT_COUNT or not all(type(value) is int for value in values):
            return False
        first: int = values[0]
        return first in (0, 1) and values == list(range(first, first + len(values)))

    def texts(self, at: int) -> Collection[str]:
        """Return the different values as text."""
        return {str(value) for value in self._values(at)}


def is_number(value: Any) -> bool:
    """Whether a value is a number, or a string that stands for one that JSON cannot say."""
    if isinstance(value, str):
        return value in NON_FINITE
    return isinstance(value, (int, float)) and not isinstance(value, bool)
