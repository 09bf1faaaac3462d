"""Reads some columns of a Parquet or Arrow file into memory, as text."""

from __future__ import annotations

import numpy as np

from xentcli.errors import Place
from xentcli.model import Origin
from xentcli.readers.rules.chosen_columns import Choose, ChosenColumns
from xentcli.readers.sources.source import Source
from xentcli.readers.tables.columnar import check_pyarrow, path_for_arrow

ROWS_AT_ONCE = 1 << 16


def columns_of_table(source: Source, format_name: str, choose: Choose) -> ChosenColumns:
    """Read the columns that ``choose`` picks by their names."""
    check_pyarrow(source.name)
    from xentcli.readers.tables.batches import (
        Table,
        choose_readable_columns,
        read_batches,
        read_schema,
    )
    from xentcli.readers.tables.cells import ids_of_column, is_list

    path, copy = path_for_arrow(source, format_name)
    try:
        table = Table(source.name, path, format_name)
        schema = read_schema(table)
        names = tuple(schema.names)
        at = tuple(choose(names, Place(source.name)))
        columns: tuple[list[bytes], ...] = tuple([] for _ in at)
        rows = 0
        read = choose_readable_columns(names, at)
        for batch in read_batches(table, read, ROWS_AT_ONCE) if at else ():
            rows += batch.num_rows
            for column, one in zip(columns, at, strict=True):
                column += ids_of_column(batch.column(one if read is None else read.index(one)))
    finally:
        if copy is not None:
            copy.close()
    listed = tuple(name for name, type in zip(names, schema.types, strict=True) if is_list(type))
    return ChosenColumns(
        names, at, columns, Origin(source.name, "table", np.arange(1, rows + 1)), listed
    )
