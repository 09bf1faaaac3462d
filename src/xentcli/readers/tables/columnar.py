"""Parquet and Arrow IPC (Feather): a column for each class or one of lists, read by batches."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import IO, TYPE_CHECKING, Any

from xentcli.errors import DataError, Place, UsageError, check_room, quoted
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

# Mebibytes that the libraries of pyarrow and their threads take up.
TO_LOAD = 256
CHUNK_BYTES = 4 << 20
# Rows among which the first list is looked for.
SAMPLE_ROWS = 1024


def open_input(source: Source, request: Request, format_name: str) -> Opened:
    """Read the schema, and decide which column is what."""
    if request.class_axis not in (1, -1):
        raise UsageError(f"--class-axis {request.class_axis}: the samples of a table are its rows")
    check_installed(source.name)
    from xentcli.readers.tables.batches import Table, row_count
    from xentcli.readers.tables.samples import rows_of

    path, copy = local_file(source, format_name)
    try:
        version = source.version if path == source.path else None
        table = Table(source.name, path, format_name, version)
        layout, choice = _layout(table, request)
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
    return Opened(
        source.name,
        layout.kind,
        layout.class_count,
        layout.classes,
        chunks,
        TableReader(layout, format_name),
        workers="threads",
        numbered=by_position,
        has_labels=columns.label is not None
        or (attached is not None and attached.labels is not None),
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
        """The record batches of a row group."""
        return _parts(self.layout, self.format_name, chunk)

    def read(self, chunk: Chunk) -> Batch:
        """The samples of a record batch."""
        from xentcli.readers.tables.samples import read

        return read(self.layout, chunk)

    def ids(self, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> Sequence[str]:
        """What some samples of a record batch are called."""
        from xentcli.readers.tables.samples import ids

        return ids(self.layout, chunk, batch, samples)


class TableChunks:
    """Cuts a table into record batches; ``alone``: workers elsewhere can read the file
    themselves."""

    def __init__(self, table: Table, layout: Layout, rows: int | None, alone: bool) -> None:
        self._table, self._layout, self._rows, self._alone = table, layout, rows, alone

    def in_order(self) -> Iterator[Chunk]:
        """The record batches."""
        return _chunks(self._table, self._layout, self._rows)

    def spans(self) -> None:
        """None: the number of rows is known."""

    def partitions(self, size: int) -> Iterator[Chunk] | None:
        """The row groups, whose size the file decides."""
        return _row_groups(self._table) if self._alone else None


def local_file(source: Source, format_name: str) -> tuple[str, IO[bytes] | None]:
    """A local file. Of a remote Parquet file only what is needed is read, so it is not copied."""
    if format_name == "parquet" and is_remote(source) and size_of(source) is not None:
        return str(source.path), None
    return path_or_copy(source)


def check_installed(name: str) -> None:
    if "pyarrow" not in sys.modules:
        check_room(TO_LOAD)
    try:
        import pyarrow  # noqa: F401
    except ModuleNotFoundError:
        raise UsageError(
            f"{name}: reading Parquet and Arrow needs the package pyarrow",
            hint="pip install 'xentcli[arrow]'",
        ) from None


def _chunks(table: Table, layout: Layout, rows: int | None) -> Iterator[Chunk]:
    from xentcli.readers.tables.batches import batches, pack

    first = 0
    size = (size_of(Source(table.source, table.path)) or 0) / rows if rows else 0.0
    found = batches(table, layout.read, _rows_at_once(layout))
    for number, batch in enumerate(found):
        count = batch.num_rows
        content = RowBatch(pack(batch, table))
        yield Chunk(number, first, count, content, first + 1, size=round(size * count))
        first += count


def _row_groups(table: Table) -> Iterator[Chunk]:
    """The row groups, for workers elsewhere."""
    from xentcli.readers.tables.batches import row_groups

    first, groups = 0, row_groups(table)
    version = version_of(Source(table.source, table.path))
    row_bytes = (size_of(Source(table.source, table.path)) or 0) / max(1, sum(groups))
    for number, rows in enumerate(groups):
        group = RowGroup(table.path, version, number)
        yield Chunk(number, first, rows, group, first + 1, size=round(row_bytes * rows))
        first += rows
    if table.format != "parquet":
        yield Chunk(0, 0, 0, RowGroup(table.path, version, None))


def _parts(layout: Layout, format_name: str, chunk: Chunk) -> Iterator[Chunk]:
    """The record batches of a row group; any other chunk unchanged."""
    if not isinstance(chunk.data, RowGroup):
        yield chunk
        return
    from xentcli.readers.tables.batches import Table, batches, pack

    table = Table(layout.source, chunk.data.path, format_name, chunk.data.version)
    groups = None if chunk.data.number is None else [chunk.data.number]
    line, row_bytes = chunk.line, chunk.size / max(1, chunk.samples)
    for batch in batches(table, layout.read, _rows_at_once(layout), groups):
        rows, size = batch.num_rows, round(row_bytes * batch.num_rows)
        content = RowBatch(pack(batch, table))
        yield chunk._replace(data=content, samples=rows, line=line, size=size)
        line += rows


def _rows_at_once(layout: Layout) -> int:
    width = layout.class_count * (1 + bool(layout.columns.targets)) + 2
    return max(1, CHUNK_BYTES // (8 * width))


def _layout(table: Table, request: Request) -> tuple[Layout, Choice]:
    from xentcli.readers.tables.batches import schema_of
    from xentcli.readers.tables.cells import is_list
    from xentcli.readers.tables.samples import Layout

    schema, place = schema_of(table), Place(table.source)
    names = tuple(schema.names)
    request = pair_files(request, names, place)
    lists = [is_list(type) for type in schema.types]
    kind, listed = _list_of_values(names, lists, request, place)
    choice = _choice(table, schema, lists, listed, request, place)
    columns = choice.columns
    _check_types(schema, columns, listed is not None, place)
    if listed is None:
        kind, classes = request.kind or "logits", tuple(names[at].strip() for at in columns.values)
        count = len(classes)
    else:
        classes, count = (), _list_size(table, schema, columns.values[0])
    check_class_names(request.classes, count, f", {table.source} has {count}")
    layout = Layout(
        table.source,
        names,
        columns,
        _read_columns(names, columns, request),
        kind,
        request if request.wanted != "none" else request._replace(attached=None),
        request.classes or classes,
        count,
        listed is not None,
        find_join_column(request, names),
    )
    return layout, choice


def _list_of_values(
    names: Sequence[str], lists: Sequence[bool], request: Request, place: Place
) -> tuple[Kind, int | None]:
    """The column of lists that has all classes, and the kind of its values."""
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


def _choice(
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
    """The request, with a column of lists as soft targets where nothing else could be the label."""
    asked = (request.label_col, request.label_key, request.target_cols, request.attached)
    if request.label_key is not None and request.label_col is None:
        return request._replace(label_col=request.label_key)
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
    """Refuse columns that were named but hold something else."""
    from xentcli.readers.tables.cells import is_numeric, is_text

    several = () if listed else (*columns.values, *columns.targets)
    for at in (*several, *(() if columns.weight is None else (columns.weight,))):
        if not is_numeric(schema.types[at]):
            raise _wrong_type(schema, at, "numbers", place)
    if columns.label is not None:
        type = schema.types[columns.label]
        if not (is_numeric(type) or is_text(type)):
            raise _wrong_type(schema, columns.label, "labels", place)


def _wrong_type(schema: Any, at: int, wanted: str, place: Place) -> DataError:
    column = quoted(schema.names[at])
    return DataError(f"column {column}: its type is {schema.types[at]}, not {wanted}", place=place)


def _list_size(table: Table, schema: Any, at: int) -> int:
    """The number of classes: fixed by the type, or the length of the first list."""
    from xentcli.readers.tables.batches import batches, columns_to_read
    from xentcli.readers.tables.cells import list_size, plain

    size = list_size(schema.types[at])
    if size is None:
        readable = columns_to_read(schema.names, (at,))
        where = at if readable is None else 0
        for batch in batches(table, readable, SAMPLE_ROWS):
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


def _read_columns(
    names: Sequence[str], columns: Columns, request: Request
) -> tuple[int, ...] | None:
    """The columns that have to be read; None for all."""
    from xentcli.readers.tables.batches import columns_to_read

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
    return columns_to_read(names, needed)
