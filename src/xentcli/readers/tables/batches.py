"""Reads the schema of Parquet and Arrow IPC files, and their record batches, a few MiB at a
time."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.ipc

from xentcli.errors import DataError, Place, changed_error, escaped
from xentcli.model import NamedTuple
from xentcli.readers.sources.source import Source, Version, version_of
from xentcli.readers.sources.urls import is_url
from xentcli.readers.tables.cells import plain

if TYPE_CHECKING:
    from xentcli.readers.sources.remote import Ranged

NAMES = {"parquet": "Parquet", "arrow": "Arrow"}
FILE_SIGNATURE = b"ARROW1"
# So much of a compressed column is in memory while its pages are unpacked.
BUFFER_BYTES = 1 << 20
# For remote files: row groups of more than MOST_HELD bytes are not fetched whole; ranges with at
# most HOLE_BYTES between them are fetched as one, until it has PIECE_BYTES.
MOST_HELD = 256 << 20
HOLE_BYTES = 1 << 16
PIECE_BYTES = 8 << 20


class Table(NamedTuple):
    """A file: its name in messages, its path, its format, and its version if that is known."""

    source: str
    path: str
    format: str
    version: Version | None = None


def read_schema(table: Table) -> Any:
    """Read the names and types of the columns."""
    with _open_reader(table, None) as (_, reader), _explain_arrow(table):
        schema = reader.schema_arrow if table.format == "parquet" else reader.schema
        # Decode all of it here: later its errors would be raised as Python words them.
        _ = schema.names, schema.types, schema.pandas_metadata
        return schema


def row_count(table: Table) -> int | None:
    """Read the number of rows, if the file says it."""
    if table.format != "parquet":
        return None
    with _open_reader(table, None) as (_, reader):
        return int(reader.metadata.num_rows)


def row_group_sizes(table: Table) -> list[int]:
    """Read the number of rows in each row group; empty where there are no row groups."""
    if table.format != "parquet":
        return []
    with _open_reader(table, None) as (_, reader):
        known = reader.metadata
        return [known.row_group(at).num_rows for at in range(known.num_row_groups)]


def find_maybe_empty(table: Table, rows: int) -> tuple[int, ...]:
    """Find the columns that may have only nulls in the first ``rows`` rows. The statistics of a
    Parquet file tell which; of other files it is every column."""
    with _open_reader(table, None) as (_, reader), _explain_arrow(table):
        if table.format != "parquet":
            return tuple(range(len(reader.schema.names)))
        known, names = reader.metadata, reader.schema_arrow.names
        sizes = [known.row_group(at).num_rows for at in range(known.num_row_groups)]
        first = next((at for at, size in enumerate(sizes) if size), None)
        if first is None:
            return ()
        # Imported only where there is a Parquet file.
        from xentcli.readers.tables.footer import read_column_chunks

        columns = read_column_chunks(known, first)
        least = min(rows, sizes[first])
        found = {column.path_in_schema for column in columns if _has_nulls(column, least)}
        return tuple(at for at, name in enumerate(names) if name in found)


def _has_nulls(column: Any, least: int) -> bool:
    """Whether a column of a row group may have at least so many nulls."""
    known = column.statistics
    return known is None or not known.has_null_count or bool(known.null_count >= least)


def choose_readable_columns(names: Sequence[str], needed: Iterable[int]) -> tuple[int, ...] | None:
    """Return the needed columns in their order; None, for all columns, where the names do not tell
    them apart."""
    # Parquet selects columns by name, and a point in a name leads into nested columns.
    can_select = len(set(names)) == len(names) and not any("." in name for name in names)
    return tuple(sorted(needed)) if can_select else None


def read_batches(
    table: Table, columns: Sequence[int] | None, rows: int, groups: Sequence[int] | None = None
) -> Iterator[Any]:
    """Read batches of at most ``rows`` rows, of the given columns and row groups (None: all)."""
    with _open_reader(table, columns) as (stream, reader):
        if table.format == "parquet":
            names = None if columns is None else [reader.schema_arrow.names[at] for at in columns]
            if is_url(table.path):
                yield from _with_explained_errors(
                    _fetch_batches(stream, reader, names, rows, groups), table
                )
                return
            # This unpacks a column's pages batch by batch, not a row group at once.
            found = reader.iter_batches(rows, row_groups=groups, columns=names, use_threads=True)
            yield from _with_explained_errors(found, table)
            return
        for batch in _with_explained_errors(_check_batches(_read_ipc_batches(reader)), table):
            for start in range(0, batch.num_rows, rows):
                yield batch.slice(start, rows)


def _fetch_batches(
    stream: Ranged,
    reader: Any,
    names: Sequence[str] | None,
    rows: int,
    groups: Sequence[int] | None,
) -> Iterator[Any]:
    """Read the rows of a remote file. The needed columns of a row group are fetched together,
    because a request for each of them, however short, would take most of the time."""
    from xentcli.readers.tables.footer import read_column_chunks

    for at in range(reader.metadata.num_row_groups) if groups is None else groups:
        ranges = _ranges_of_columns(read_column_chunks(reader.metadata, at), names)
        held = sum(end - start for start, end in ranges) <= MOST_HELD
        stream.hold(ranges if held else ())
        # Arrow's own threads could not be interrupted while they wait for the network.
        yield from reader.iter_batches(rows, row_groups=[at], columns=names, use_threads=held)


def _ranges_of_columns(
    columns: Sequence[Any], names: Sequence[str] | None
) -> list[tuple[int, int]]:
    """Return the bytes of a row group's columns as ranges that are each worth a request."""
    needed = sorted(
        (_start_of(column), column.total_compressed_size)
        for column in columns
        if names is None or column.path_in_schema.partition(".")[0] in names
    )
    ranges: list[tuple[int, int]] = []
    for start, size in needed:
        if ranges and start - ranges[-1][1] <= HOLE_BYTES and start - ranges[-1][0] < PIECE_BYTES:
            ranges[-1] = ranges[-1][0], start + size
        else:
            ranges.append((start, start + size))
    return ranges


def _start_of(column: Any) -> int:
    # The dictionary, if there is one, stands before the pages. Some writers say 0 where none is.
    start: int = column.data_page_offset
    return min(start, column.dictionary_page_offset or start)


def _read_ipc_batches(reader: Any) -> Iterator[Any]:
    if hasattr(reader, "num_record_batches"):
        return (reader.get_batch(at) for at in range(reader.num_record_batches))
    return iter(reader)


def _check_batches(found: Iterator[Any]) -> Iterator[Any]:
    """Check that no batch points outside its own memory, as it may if the file is damaged."""
    for batch in found:
        batch.validate(full=True)
        yield batch


def _with_explained_errors(found: Iterator[Any], table: Table) -> Iterator[Any]:
    """Give the same batches. Errors of the file become messages, those of the caller do not."""
    while True:
        with _explain_arrow(table):
            batch = next(found, None)
        if batch is None:
            return
        yield batch


@contextmanager
def _open_reader(table: Table, columns: Sequence[int] | None) -> Iterator[tuple[Any, Any]]:
    with _explain_arrow(table):
        stream, reader = _open(table, columns)
    with stream:
        yield stream, reader


def _open(table: Table, columns: Sequence[int] | None) -> tuple[Any, Any]:
    if table.version is not None and not is_url(table.path):
        _check_version(table)
    if table.format == "parquet":
        import pyarrow.parquet as pq

        if is_url(table.path):
            from xentcli.readers.sources.remote import Ranged

            stream = Ranged(table.path, version=table.version)
            return stream, pq.ParquetFile(stream, buffer_size=BUFFER_BYTES, pre_buffer=False)
        # With pre_buffer a whole row group would be held in memory.
        reader = pq.ParquetFile(table.path, buffer_size=BUFFER_BYTES, pre_buffer=False)
        return reader, reader
    options = pa.ipc.IpcReadOptions(included_fields=None if columns is None else list(columns))
    stream = pa.memory_map(table.path)
    try:
        if stream.read(len(FILE_SIGNATURE)) == FILE_SIGNATURE:
            return stream, pa.ipc.open_file(stream, options=options)
        stream.seek(0)
        return stream, pa.ipc.open_stream(stream, options=options)
    except BaseException:
        stream.close()
        raise


def _check_version(table: Table) -> None:
    if version_of(Source(table.source, table.path)) != table.version:
        raise changed_error(table.source)


@contextmanager
def _explain_arrow(table: Table) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, KeyError, MemoryError) as error:
        # Arrow raises an OSError for damaged files too, but without an error number.
        if isinstance(error, OSError) and error.errno:
            message = f"cannot read it: {os.strerror(error.errno).lower()}"
        else:
            reason = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
            message = f"cannot read it as {NAMES[table.format]} ({escaped(reason)})"
    else:
        return
    raise DataError(message, place=Place(table.source))


def pack(batch: Any, table: Table) -> bytes:
    """Pack a batch for another process. Arrow's own pickle of a slice would contain everything that
    it is a slice of; the same holds for a dictionary, so its values are written out."""
    with _explain_arrow(table):
        columns = [plain(column) for column in batch.columns]
        whole = pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, whole.schema) as stream:
            stream.write_batch(whole)
        content: bytes = sink.getvalue().to_pybytes()
    return content


def unpack(content: bytes) -> Any:
    """Unpack a batch that was packed."""
    return pa.ipc.open_stream(content).read_next_batch()
