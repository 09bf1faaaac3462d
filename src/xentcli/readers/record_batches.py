"""Parquet and Arrow IPC files as a schema and record batches, a few MiB at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.ipc

from xentcli.errors import DataError, Place, escaped
from xentcli.readers.column_cells import plain

NAMES = {"parquet": "Parquet", "arrow": "Arrow"}
FILE_SIGNATURE = b"ARROW1"
# What is held of a compressed column while its pages are unpacked.
BUFFER_BYTES = 1 << 20


class Table(NamedTuple):
    """A file: what messages call it, where it is, and its format."""

    source: str
    path: str
    format: str


def schema_of(table: Table) -> Any:
    """The names and types of the columns."""
    with _reader(table, None) as reader:
        return reader.schema_arrow if table.format == "parquet" else reader.schema


def row_count(table: Table) -> int | None:
    """How many rows there are, where the file says so."""
    if table.format != "parquet":
        return None
    with _reader(table, None) as reader:
        return int(reader.metadata.num_rows)


def batches(table: Table, columns: Sequence[int] | None, rows: int) -> Iterator[Any]:
    """The rows of those columns (None: of all), at most so many at a time."""
    with _reader(table, columns) as reader:
        if table.format == "parquet":
            names = None if columns is None else [reader.schema_arrow.names[at] for at in columns]
            # A column's pages are unpacked as the batches go by, not a row group at once.
            yield from _told(reader.iter_batches(rows, columns=names, use_threads=True), table)
            return
        for batch in _told(_ipc_batches(reader), table):
            for start in range(0, batch.num_rows, rows):
                yield batch.slice(start, rows)


def _ipc_batches(reader: Any) -> Iterator[Any]:
    if hasattr(reader, "num_record_batches"):
        return (reader.get_batch(at) for at in range(reader.num_record_batches))
    return iter(reader)


def _told(found: Iterator[Any], table: Table) -> Iterator[Any]:
    """The same, with faults of the file told in a sentence; not those of whoever uses them."""
    while True:
        with _in_a_sentence(table):
            batch = next(found, None)
        if batch is None:
            return
        yield batch


@contextmanager
def _reader(table: Table, columns: Sequence[int] | None) -> Iterator[Any]:
    with _in_a_sentence(table):
        stream, reader = _opened(table, columns)
    with stream:
        yield reader


def _opened(table: Table, columns: Sequence[int] | None) -> tuple[Any, Any]:
    if table.format == "parquet":
        import pyarrow.parquet as pq

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


def packed(batch: Any) -> bytes:
    """A batch for another process: Arrow's own pickle of a slice has all that it is a slice of, and
    so has a dictionary."""
    columns = [plain(column) for column in batch.columns]
    whole = pa.RecordBatch.from_arrays(columns, names=batch.schema.names)
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, whole.schema) as stream:
        stream.write_batch(whole)
    content: bytes = sink.getvalue().to_pybytes()
    return content


def unpacked(content: bytes) -> Any:
    """What was packed."""
    return pa.ipc.open_stream(content).read_next_batch()
