"""Shows a table's schema and first rows to the rules that choose columns."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cached_property
from typing import Any

from xentcli.readers.rules.look import LOOKED_AT, ROWS_THAT_COUNT
from xentcli.readers.tables.batches import (
    Table,
    choose_readable_columns,
    find_maybe_empty,
    read_batches,
)
from xentcli.readers.tables.cells import is_integer, is_numeric, plain, python_values

# How pandas names the columns that hold the index of its rows.
PANDAS_INDEX = re.compile(r"__index_level_\d+__")


class TableLook:
    """A table's schema and its first rows. Rows are read only where a question needs them."""

    def __init__(self, table: Table, schema: Any) -> None:
        self._table, self._schema = table, schema
        self._index = _pandas_index(schema)
        self.names = tuple(name.strip() for name in schema.names)

    def is_numeric(self, at: int) -> bool:
        """Whether the column has a type of numbers and is not empty; the index of pandas is not
        counted."""
        if self._schema.names[at] in self._index or not is_numeric(self._schema.types[at]):
            return False
        return at not in self._empty

    def is_empty(self, at: int) -> bool:
        """Whether the column is null in each of the first rows."""
        return at in self._empty

    def is_whole(self, at: int) -> bool | None:
        """Whether the column has a type of integers."""
        return is_integer(self._schema.types[at])

    def counts(self, at: int) -> bool:
        """Whether the column's values go up by one from 0 or 1."""
        if not self.is_whole(at):
            return False
        values = self._values(at)
        if len(values) < ROWS_THAT_COUNT or values[0] not in (0, 1):
            return False
        return values == list(range(values[0], values[0] + len(values)))

    def texts(self, at: int) -> Collection[str]:
        """Return the different values of the first rows as text."""
        return {str(value) for value in self._values(at)}

    @cached_property
    def _empty(self) -> frozenset[int]:
        """The columns that have only nulls in the first rows."""
        asked = find_maybe_empty(self._table, LOOKED_AT)
        names = self._schema.names
        readable = choose_readable_columns(names, asked)
        places = asked if readable is None else range(len(readable))
        filled, rows = set[int](), 0
        for batch in read_batches(self._table, readable, LOOKED_AT) if asked else ():
            first = batch.slice(0, LOOKED_AT - rows)
            rows += first.num_rows
            for at, place in zip(asked, places, strict=True):
                if plain(first.column(place)).null_count < first.num_rows:
                    filled.add(at)
            if rows == LOOKED_AT:
                break
        return frozenset(asked) - filled if rows else frozenset()

    def _values(self, at: int) -> list[Any]:
        readable = choose_readable_columns(self._schema.names, (at,))
        values: list[Any] = []
        for batch in read_batches(self._table, readable, LOOKED_AT):
            values += python_values(batch.column(at if readable is None else 0))
            if len(values) >= LOOKED_AT:
                break
        return values[:LOOKED_AT]


def _pandas_index(schema: Any) -> tuple[str, ...]:
    """Find the columns that are the index of a pandas table, and so are no class."""
    stated = (schema.pandas_metadata or {}).get("index_columns", [])
    named = [column for column in stated if isinstance(column, str)]
    return (*named, *(name for name in schema.names if PANDAS_INDEX.fullmatch(name)))
