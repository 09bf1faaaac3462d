"""Some columns of a Parquet or Arrow file, held in memory as text."""

from __future__ import annotations

import numpy as np

from xentcli.errors import Place
from xentcli.model import Origin
from xentcli.readers.rules.chosen_columns import Choose, ChosenColumns
from xentcli.readers.sources.source import Source
from xentcli.readers.tables.columnar import check_installed, columns_to_read, local_file

ROWS_AT_ONCE = 1 << 16


def columns_of_table(source: Source, format_name: str, choose: Choose) -> ChosenColumns:
    """The columns that ``choose`` picks by the schema."""
    check_installed(source.name)
    from xentcli.readers.tables.batches import Table, batches, schema_of
    from xentcli.readers.tables.cells import ids_of_column, is_list

    path, copy = local_file(source, format_name)
    try:
        table = Table(source.name, path, format_name)
        schema = schema_of(table)
        names = tuple(schema.names)
        at = tuple(choose(names, Place(source.name)))
        columns: tuple[list[bytes], ...] = tuple([] for _ in at)
        rows = 0
        read = columns_to_read(names, at)
        for batch in batches(table, read, ROWS_AT_ONCE) if at else ():
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
