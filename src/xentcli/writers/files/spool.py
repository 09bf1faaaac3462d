"""Holds rows until the document that they stand in can be written; on disk if they are many."""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType

IN_MEMORY = 8 << 20


class Spool:
    """Keeps pieces of bytes and gives them back in the order in which they were written."""

    def __init__(self) -> None:
        from tempfile import SpooledTemporaryFile  # slow to import, and seldom needed

        self._pieces = SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115
        self._sizes: list[int] = []

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pieces.close()

    def write(self, data: bytes | memoryview) -> None:
        """Keep a piece, unless it is empty."""
        if data:
            self._pieces.write(data)
            self._sizes.append(len(data))

    def read_pieces(self) -> Iterator[bytes]:
        """The pieces, in order."""
        self._pieces.seek(0)
        for size in self._sizes:
            yield self._pieces.read(size)
