"""Parquet and Arrow IPC files as a schema and record batches, a few MiB at a time."""

from __future__ import annotations

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
# What is held of a compressed column while its pages are unpacked.
BUFFER_BYTES = 1 << 20
# Of a file elsewhere: row groups of more bytes are not fetched whole, ranges that are so near to
# each other are fetched as one, up to so many bytes.
MOST_HELD = 256 << 20
HOLE_BYTES = 1 << 16
PIECE_BYTES = 8 << 20


class Table(NamedTuple):
    """A file: its name in messages, its path, its format, and its version, where that is known."""

    source: str
    path: str
    format: str
    version: Version | None = None


def schema_of(table: Table) -> Any:
    """The names and types of the columns."""
    with _reader(table, None) as (_, reader), _in_a_sentence(table):
        schema = reader.schema_arrow if table.format == "parquet" else reader.schema
        # What cannot be decoded in them would be told by whoever asks for it, in words of Python's.
        _ = schema.names, schema.types, schema.pandas_metadata
        return schema


def row_count(table: Table) -> int | None:
    """The number of rows, if the file says it."""
    if table.format != "parquet":
        return None
    with _reader(table, None) as (_, reader):
        return int(reader.metadata.num_rows)


def row_groups(table: Table) -> list[int]:
    """The number of rows in each row group; empty where there are none."""
    if table.format != "parquet":
        return []
    with _reader(table, None) as (_, reader):
        known = reader.metadata
        return [known.row_group(at).num_rows for at in range(known.num_row_groups)]


def may_be_empty(table: Table, rows: int) -> tuple[int, ...]:
    """The columns that may have nothing but nulls in so many first rows, as far as a Parquet file
    says it without being read; of another file all of them."""
    with _reader(table, None) as (_, reader), _in_a_sentence(table):
        if table.format != "parquet":
            return tuple(range(len(reader.schema.names)))
        known, names = reader.metadata, reader.schema_arrow.names
        groups = [known.row_group(at) for at in range(known.num_row_groups)]
        first = next((group for group in groups if group.num_rows), None)
        if first is None:
            return ()
        columns = [first.column(at) for at in range(first.num_columns)]
        least = min(rows, first.num_rows)
        found = {column.path_in_schema for column in columns if _has_nulls(column, least)}
        return tuple(at for at, name in enumerate(names) if name in found)


def _has_nulls(column: Any, least: int) -> bool:
    """Whether a column of a row group may have so many nulls."""
    known = column.statistics
    return known is None or not known.has_null_count or bool(known.null_count >= least)


def columns_to_read(names: Sequence[str], needed: Iterable[int]) -> tuple[int, ...] | None:
    """The needed columns in their order; None, for all of them, where their names do not tell
    them apart."""
    # Parquet selects by the names, in which a point leads into nested columns.
    plain = len(set(names)) == len(names) and not any("." in name for name in names)
    return tuple(sorted(needed)) if plain else None


def batches(
    table: Table, columns: Sequence[int] | None, rows: int, groups: Sequence[int] | None = None
) -> Iterator[Any]:
    """Batches of at most ``rows`` rows, of the given columns and row groups (None: all)."""
    with _reader(table, columns) as (stream, reader):
        if table.format == "parquet":
            names = None if columns is None else [reader.schema_arrow.names[at] for at in columns]
            if is_url(table.path):
                yield from _explain_errors(
                    _fetched_batches(stream, reader, names, rows, groups), table
                )
                return
            # A column's pages are unpacked as the batches go by, not a row group at once.
            found = reader.iter_batches(rows, row_groups=groups, columns=names, use_threads=True)
            yield from _explain_errors(found, table)
            return
        for batch in _explain_errors(_check_batches(_ipc_batches(reader)), table):
            for start in range(0, batch.num_rows, rows):
                yield batch.slice(start, rows)


def _fetched_batches(
    stream: Ranged,
    reader: Any,
    names: Sequence[str] | None,
    rows: int,
    groups: Sequence[int] | None,
) -> Iterator[Any]:
    """The rows of a remote file. The needed columns of a row group are fetched together: a request
    for each, however short, would take most of the time."""
    for at in range(reader.metadata.num_row_groups) if groups is None else groups:
        ranges = _ranges(reader.metadata.row_group(at), names)
        held = sum(end - start for start, end in ranges) <= MOST_HELD
        stream.hold(ranges if held else ())
        # In threads of Arrow's own nothing could be interrupted that waits for a network.
        yield from reader.iter_batches(rows, row_groups=[at], columns=names, use_threads=held)


def _ranges(group: Any, names: Sequence[str] | None) -> list[tuple[int, int]]:
    """The bytes of a row group's columns, in ranges that are worth a request."""
    columns = [group.column(at) for at in range(group.num_columns)]
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
    offsets = [column.data_page_offset]
    if column.has_dictionary_page and column.dictionary_page_offset is not None:
        offsets.append(column.dictionary_page_offset)
    return int(min(offsets))


def _ipc_batches(reader: Any) -> Iterator[Any]:
    if hasattr(reader, "num_record_batches"):
        return (reader.get_batch(at) for at in range(reader.num_record_batches))
    return iter(reader)


def _check_batches(found: Iterator[Any]) -> Iterator[Any]:
    """The same batches, each checked not to point outside its own memory: the file may be
    damaged."""
    for batch in found:
        batch.validate(full=True)
        yield batch


def _explain_errors(found: Iterator[Any], table: Table) -> Iterator[Any]:
    """The same batches; errors of the file, but not those of the caller, become sentences."""
    while True:
        with _in_a_sentence(table):
            batch = next(found, None)
        if batch is None:
            return
        yield batch


@contextmanager
def _reader(table: Table, columns: Sequence[int] | None) -> Iterator[tuple[Any, Any]]:
    with _in_a_sentence(table):
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
        # Read ahead it would hold a row group whole.
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
def _in_a_sentence(table: Table) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowException, OSError, ValueError, KeyError, MemoryError) as error:
        # Arrow's own faults of a file are OSErrors too, but without a number.
        if isinstance(error, OSError) and error.strerror:
            message = f"cannot read it: {error.strerror.lower()}"
        else:
            reason = str(error).partition("\n")[0].rstrip(".") or type(error).__name__
            message = f"cannot read it as {NAMES[table.format]} ({escaped(reason)})"
    else:
        return
    raise DataError(message, place=Place(table.source))


def pack(batch: Any, table: Table) -> bytes:
    """A batch for another process. Arrow's own pickle of a slice would contain everything that it
    is a slice of, and the same goes for a dictionary."""
    with _in_a_sentence(table):
        columns = [plain(column) for column in batch.columns]
        whole = pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, whole.schema) as stream:
            stream.write_batch(whole)
        content: bytes = sink.getvalue().to_pybytes()
    return content


def unpack(content: bytes) -> Any:
    """A batch that was packed."""
    return pa.ipc.open_stream(content).read_next_batch()
