"""What the footer of a Parquet file says of the columns of a row group."""

from __future__ import annotations

import contextlib
import io
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

# No file is larger.
ANY_SIZE = 1 << 62


def read_column_chunks(metadata: Any, group: int) -> list[Any]:
    """Read what the footer says of each column of a row group: its statistics, where it is.

    Arrow ends the process if that is damaged, unlike where it opens the columns to read them, which
    raises an error. So they are opened before, without reading anything of them.
    """
    _open_columns(metadata, group)
    found, kinds = metadata.row_group(group), metadata.schema
    if found.num_columns != len(kinds):
        raise pa.ArrowInvalid(
            f"a row group of {found.num_columns} columns, the schema of {len(kinds)}"
        )
    chunks = [found.column(at) for at in range(found.num_columns)]
    for at, chunk in enumerate(chunks):
        kind = kinds.column(at)
        if chunk.physical_type != kind.physical_type:
            # Asked for its statistics, Arrow would end the process here as well.
            raise pa.ArrowInvalid(
                f"the type of {kind.path} is {kind.physical_type} in the schema and"
                f" {chunk.physical_type} in a row group"
            )
    return chunks


def _open_columns(metadata: Any, group: int) -> None:
    file = pq.ParquetFile(_Unread(), metadata=metadata, buffer_size=1 << 10, pre_buffer=False)
    with contextlib.suppress(_ReadError):
        next(file.iter_batches(1, row_groups=[group], use_threads=False), None)


class _ReadError(Exception):
    """All columns could be opened, and the first of them would now be read."""


class _Unread(io.RawIOBase):
    """A file of which nothing can be read."""

    def __init__(self) -> None:
        self._at = 0

    def readable(self) -> bool:
        """It says so."""
        return True

    def seekable(self) -> bool:
        """Anything has a place in it."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        starts = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: ANY_SIZE}
        self._at = starts[whence] + offset
        return self._at

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Refuse to."""
        raise _ReadError
