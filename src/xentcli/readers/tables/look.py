"""What the schema and the first rows of a table show of its columns, for the rules that choose."""

from __future__ import annotations

import re
from collections.abc import Collection
from functools import cached_property
from typing import Any

from xentcli.readers.rules.look import LOOKED_AT, ROWS_THAT_COUNT
from xentcli.readers.tables.batches import Table, batches, columns_to_read, may_be_empty
from xentcli.readers.tables.cells import is_integer, is_numeric, plain, python_values

# Where pandas puts the index of its rows.
PANDAS_INDEX = re.compile(r"__index_level_\d+__")


class TableLook:
    """A table's schema and its first rows, of which as little as possible is read."""

    def __init__(self, table: Table, schema: Any) -> None:
        self._table, self._schema = table, schema
        self._index = _pandas_index(schema)
        self.names = tuple(name.strip() for name in schema.names)

    def is_numeric(self, at: int) -> bool:
        """Whether its type is one of numbers, and there are any; pandas' index is none."""
        if self._schema.names[at] in self._index or not is_numeric(self._schema.types[at]):
            return False
        return at not in self._empty

    def is_empty(self, at: int) -> bool:
        """Whether each of the first rows has a null there."""
        return at in self._empty

    def is_whole(self, at: int) -> bool | None:
        """Whether its type is one of integers."""
        return is_integer(self._schema.types[at])

    def counts(self, at: int) -> bool:
        """Whether the values go up by one from 0 or 1."""
        if not self.is_whole(at):
            return False
        values = self._values(at)
        if len(values) < ROWS_THAT_COUNT or values[0] not in (0, 1):
            return False
        return values == list(range(values[0], values[0] + len(values)))

    def texts(self, at: int) -> Collection[str]:
        """The values."""
        return {str(value) for value in self._values(at)}

    @cached_property
    def _empty(self) -> frozenset[int]:
        """The columns that have nothing but nulls in the first rows."""
        asked = may_be_empty(self._table, LOOKED_AT)
        names = self._schema.names
        readable = columns_to_read(names, asked)
        places = asked if readable is None else range(len(readable))
        filled, rows = set[int](), 0
        for batch in batches(self._table, readable, LOOKED_AT) if asked else ():
            first = batch.slice(0, LOOKED_AT - rows)
            rows += first.num_rows
            for at, place in zip(asked, places, strict=True):
                if plain(first.column(place)).null_count < first.num_rows:
                    filled.add(at)
            if rows == LOOKED_AT:
                break
        return frozenset(asked) - filled if rows else frozenset()

    def _values(self, at: int) -> list[Any]:
        readable = columns_to_read(self._schema.names, (at,))
        values: list[Any] = []
        for batch in batches(self._table, readable, LOOKED_AT):
            values += python_values(batch.column(at if readable is None else 0))
            if len(values) >= LOOKED_AT:
                break
        return values[:LOOKED_AT]


def _pandas_index(schema: Any) -> tuple[str, ...]:
    """The columns that number or name the rows of a pandas table, and are no class."""
    stated = (schema.pandas_metadata or {}).get("index_columns", [])
    named = [column for column in stated if isinstance(column, str)]
    return (*named, *(name for name in schema.names if PANDAS_INDEX.fullmatch(name)))
