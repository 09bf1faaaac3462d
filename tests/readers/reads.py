"""Streams that are read in pieces of any size, as a pipe is."""

from __future__ import annotations

import io
from collections.abc import Sequence
from itertools import cycle


class Reads(io.BytesIO):
    """A stream that gives no more at a time than it was told, whatever it is asked for."""

    def __init__(self, content: bytes, sizes: Sequence[int]) -> None:
        super().__init__(content)
        self._sizes = cycle(sizes)

    def read(self, size: int | None = -1, /) -> bytes:
        """The next piece."""
        return super().read(next(self._sizes))

    def peek(self, size: int = 0) -> bytes:
        """What comes next, without taking it."""
        return self.getvalue()[self.tell() :][:8]


def reads_of(content: bytes, sizes: Sequence[int]) -> Reads:
    """A stream of these bytes, in reads of these sizes, over and over."""
    return Reads(content, sizes)
