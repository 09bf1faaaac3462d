"""Opens Parquet and Arrow IPC (Feather) files, with a column for each class or one column of lists,
and cuts them into record batches."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

from xentcli.errors import DataError, Place, UsageError, check_memory, quoted
from xentcli.model import Batch, Kind, NamedTuple
from xentcli.readers.interface import Chunk, Opened, Request, RowBatch, RowGroup
from xentcli.readers.rules.column_names import LABEL_NAMES
from xentcli.readers.rules.columns import Choice, Columns, choose_columns
from xentcli.readers.rules.join import (
    find_join_column,
    is_by_position,
    pair_files,
    remarks_on_pairing,
)
from xentcli.readers.rules.keys import KIND_KEYS, TARGET_KEYS, check_class_names, kind_of
from xentcli.readers.sources.copies import close_with, path_or_copy
from xentcli.readers.sources.source import Source, is_remote, size_of, version_of

if TYPE_CHECKING:
    from xentcli.readers.tables.batches import Table
    from xentcli.readers.tables.samples import Layout

# Mebibytes of memory that loading pyarrow's libraries and their threads takes.
TO_LOAD = 256
CHUNK_BYTES = 4 << 20
# The first list is looked for in batches of so many rows.
SAMPLE_ROWS = 1024


def open_input(source: Source, request: Request, format_name: str) -> Opened:
    """Read the schema, and decide which column is what."""
    if request.class_axis not in (1, -1):
        raise UsageError(f"--class-axis {request.class_axis}: the samples of a table are its rows")
    check_pyarrow(source.name)
    from xentcli.readers.tables.batches import Table, row_count
    from xentcli.readers.tables.samples import rows_of

    path, copy = path_for_arrow(source, format_name)
    try:
        version = source.version if path == source.path else None
        table = Table(source.name, path, format_name, version)
        layout, choice = _layout_of(table, request)
        rows = row_count(table)
    except BaseException:
        if copy is not None:
            copy.close()
        raise
    attached = layout.request.attached
    by_position = is_by_position(layout.request)
    alone = copy is None and not source.copy and not by_position
    chunks = TableChunks(table, layout, rows, alone)
    close_with(chunks, copy)
    columns = layout.columns
    has_labels = columns.label is not None or (attached is not None and attached.labels is not None)
    return Opened(
        source.name,
        layout.kind,
        layout.class_count,
        layout.classes,
        chunks,
        TableReader(layout, format_name),
        workers="threads",
        numbered=by_position,
        has_labels=has_labels,
        has_label_a_row=has_labels,
        has_targets=bool(columns.targets) or (attached is not None and attached.labels is None),
        header=layout.names,
        rows=rows_of(layout, None) if request.keep_rows else None,
        attached=attached,
        size=size_of(Source(source.name, path)) if rows is not None else None,
        remarks=(*choice.remarks, *remarks_on_pairing(layout.request)),
        left_out=choice.left_out,
        has_ids=columns.id is not None,
        by="" if columns.by is None else layout.names[columns.by],
    )


class TableReader(NamedTuple):
    """Reads record batches."""

    layout: Layout
    format_name: str

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """Split a row group into its record batches."""
        return _split_row_group(self.layout, self.format_name, chunk)

    def read(self, chunk: Chunk) -> Batch:
        """Read the samples of a record batch."""
        from xentcli.readers.tables.samples import read_samples

        return read_samples(self.layout, chunk)

    def ids(self, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> Sequence[str]:
        """Return the ids of some samples of a record batch."""
        from xentcli.readers.tables.samples import read_ids

        return read_ids(self.layout, chunk, batch, samples)


class TableChunks:
    """Cuts a table into record batches. ``alone``: workers on other machines can read the file
    themselves."""

    def __init__(self, table: Table, layout: Layout, rows: int | None, alone: bool) -> None:
        self._table, self._layout, self._rows, self._alone = table, layout, rows, alone

    def in_order(self) -> Iterator[Chunk]:
        """Cut the table into record batches."""
        return _cut_batches(self._table, self._layout, self._rows)

    def spans(self) -> None:
        """None: the number of rows is known."""

    def partitions(self, size: int) -> Iterator[Chunk] | None:
        """Cut the table into its row groups, however large they are."""
        return _cut_row_groups(self._table) if self._alone else None


def path_for_arrow(source: Source, format_name: str) -> tuple[str, IO[bytes] | None]:
    """Return the path that Arrow reads, and the copy if it is that of one. A remote Parquet file
    is not copied, because only the needed parts of it are read: its path is the URL."""
    if format_name == "parquet" and is_remote(source) and size_of(source) is not None:
        return str(source.path), None
    return path_or_copy(source)


def check_pyarrow(name: str) -> None:
    """Refuse to read a table without pyarrow, or without the memory to load it."""
    if "pyarrow" not in sys.modules:
        check_memory(TO_LOAD)
    try:
        import pyarrow  # noqa: F401
    except ModuleNotFoundError:
        raise UsageError(
            f"{name}: reading Parquet and Arrow needs the package pyarrow",
            hint="pip install 'xentcli[arrow]'",
        ) from None


def _cut_batches(table: Table, layout: Layout, rows: int | None) -> Iterator[Chunk]:
    from xentcli.readers.tables.batches import pack, read_batches

    first = 0
    size = (size_of(Source(table.source, table.path)) or 0) / rows if rows else 0.0
    found = read_batches(table, layout.read_columns, _rows_at_once(layout))
    for number, batch in enumerate(found):
        count = batch.num_rows
        content = RowBatch(pack(batch, table))
        yield Chunk(number, first, count, content, first + 1, size=round(size * count))
        first += count


def _cut_row_groups(table: Table) -> Iterator[Chunk]:
    """Cut a table into its row groups, for workers on other machines."""
    from xentcli.readers.tables.batches import row_group_sizes

    first, groups = 0, row_group_sizes(table)
    version = version_of(Source(table.source, table.path))
    row_bytes = (size_of(Source(table.source, table.path)) or 0) / max(1, sum(groups))
    for number, rows in enumerate(groups):
        group = RowGroup(table.path, version, number)
        yield Chunk(number, first, rows, group, first + 1, size=round(row_bytes * rows))
        first += rows
    if table.format != "parquet":
        yield Chunk(0, 0, 0, RowGroup(table.path, version, None))


def _split_row_group(layout: Layout, format_name: str, chunk: Chunk) -> Iterator[Chunk]:
    """Split a row group into its record batches; give any other chunk unchanged."""
    if not isinstance(chunk.data, RowGroup):
        yield chunk
        return
    from xentcli.readers.tables.batches import Table, pack, read_batches

    table = Table(layout.source, chunk.data.path, format_name, chunk.data.version)
    groups = None if chunk.data.number is None else [chunk.data.number]
    line, row_bytes = chunk.line, chunk.size / max(1, chunk.samples)
    for batch in read_batches(table, layout.read_columns, _rows_at_once(layout), groups):
        rows, size = batch.num_rows, round(row_bytes * batch.num_rows)
        content = RowBatch(pack(batch, table))
        yield chunk._replace(data=content, samples=rows, line=line, size=size)
        line += rows


def _rows_at_once(layout: Layout) -> int:
    width = layout.class_count * (1 + bool(layout.columns.targets)) + 2
    return max(1, CHUNK_BYTES // (8 * width))


def _layout_of(table: Table, request: Request) -> tuple[Layout, Choice]:
    from xentcli.readers.tables.batches import read_schema
    from xentcli.readers.tables.cells import is_list
    from xentcli.readers.tables.samples import Layout

    schema, place = read_schema(table), Place(table.source)
    names = tuple(schema.names)
    request = pair_files(request, names, place)
    lists = [is_list(type) for type in schema.types]
    kind, listed = _find_list_of_values(names, lists, request, place)
    choice = _choose(table, schema, lists, listed, request, place)
    columns = choice.columns
    _check_types(schema, columns, listed is not None, place)
    if listed is None:
        kind, classes = request.kind or "logits", tuple(names[at].strip() for at in columns.values)
        count = len(classes)
    else:
        classes, count = (), _count_classes(table, schema, columns.values[0])
    check_class_names(request.classes, count, f", {table.source} has {count}")
    layout = Layout(
        table.source,
        names,
        columns,
        _choose_columns_to_read(names, columns, request),
        kind,
        request if request.wanted != "none" else request._replace(attached=None),
        request.classes or classes,
        count,
        listed is not None,
        find_join_column(request, names),
    )
    return layout, choice


def _find_list_of_values(
    names: Sequence[str], lists: Sequence[bool], request: Request, place: Place
) -> tuple[Kind, int | None]:
    """Find the column of lists that has all classes; return the kind of its values and its
    position, None where there is no such column."""
    asked = request.logits_key or request.logit_cols
    if asked is not None:
        found = [at for at, name in enumerate(names) if name == asked and lists[at]]
    else:
        found = [at for at, name in enumerate(names) if name in KIND_KEYS and lists[at]]
    if not found:
        if request.logits_key is not None:
            raise UsageError(f"--logits-key: {place} has no column of lists of that name")
        return "logits", None
    if len(found) > 1:
        listed = " and ".join(quoted(names[at]) for at in found)
        raise DataError(
            f"the columns {listed} could both be meant", place=place, hint="say which: --logit-cols"
        )
    name = names[found[0]]
    return kind_of(name, request.kind, place, "column"), found[0]


def _choose(
    table: Table,
    schema: Any,
    lists: Sequence[bool],
    listed: int | None,
    request: Request,
    place: Place,
) -> Choice:
    from xentcli.readers.tables.look import TableLook

    names = tuple(schema.names)
    if listed is not None:
        request = request._replace(logit_cols=names[listed])
    request = _with_list_of_targets(names, lists, request)
    choice = choose_columns(TableLook(table, schema), request, place)
    columns = choice.columns
    if columns.label is not None and lists[columns.label]:
        columns = columns._replace(label=None, targets=(columns.label,))
    return choice._replace(columns=columns)


def _with_list_of_targets(names: Sequence[str], lists: Sequence[bool], request: Request) -> Request:
    """Ask for a column of lists as soft targets where no option and no other column is the
    label."""
    asked = (request.label_col, request.target_cols, request.attached)
    if request.wanted == "none" or any(option is not None for option in asked):
        return request
    if any(
        name.strip().lower() in LABEL_NAMES and not one_list
        for name, one_list in zip(names, lists, strict=True)
    ):
        return request
    soft = [at for at, name in enumerate(names) if name in TARGET_KEYS and lists[at]]
    return request._replace(target_cols=names[soft[0]]) if soft else request


def _check_types(schema: Any, columns: Columns, listed: bool, place: Place) -> None:
    """Refuse chosen columns whose type does not fit their purpose."""
    from xentcli.readers.tables.cells import is_list, is_numeric, is_text

    for at in columns.targets if listed else ():
        if not is_list(schema.types[at]):
            raise _type_error(schema, at, "lists of numbers", place)
    several = () if listed else (*columns.values, *columns.targets)
    for at in (*several, *(() if columns.weight is None else (columns.weight,))):
        if not is_numeric(schema.types[at]):
            raise _type_error(schema, at, "numbers", place)
    if columns.label is not None:
        type = schema.types[columns.label]
        if not (is_numeric(type) or is_text(type)):
            raise _type_error(schema, columns.label, "labels", place)


def _type_error(schema: Any, at: int, wanted: str, place: Place) -> DataError:
    column = quoted(schema.names[at])
    return DataError(f"column {column}: its type is {schema.types[at]}, not {wanted}", place=place)


def _count_classes(table: Table, schema: Any, at: int) -> int:
    """Count the classes of a column of lists: its type fixes them, else the first list has them."""
    from xentcli.readers.tables.batches import choose_readable_columns, read_batches
    from xentcli.readers.tables.cells import list_size, plain

    size = list_size(schema.types[at])
    if size is None:
        readable = choose_readable_columns(schema.names, (at,))
        where = at if readable is None else 0
        for batch in read_batches(table, readable, SAMPLE_ROWS):
            present = plain(batch.column(where)).drop_null()
            if len(present):
                size = len(present[0])
                break
    place = Place(table.source)
    if size is None:
        raise DataError("it has no rows to count the classes in", place=place)
    if size == 0:
        raise DataError(f"column {quoted(schema.names[at])}: a sample without values", place=place)
    return size


def _choose_columns_to_read(
    names: Sequence[str], columns: Columns, request: Request
) -> tuple[int, ...] | None:
    """Choose the columns that have to be read; None for all."""
    from xentcli.readers.tables.batches import choose_readable_columns

    others = (
        columns.label,
        columns.weight,
        columns.by,
        columns.id,
        find_join_column(request, names),
    )
    if request.keep_rows or request.keep_records or request.on_error != "stop":
        return None
    needed = {*columns.values, *columns.targets, *(at for at in others if at is not None)}
    return choose_readable_columns(names, needed)
