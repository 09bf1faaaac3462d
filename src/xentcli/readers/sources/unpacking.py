"""bzip2 and xz unpacked as the standard library does, but for what follows the data: there it is
silent, here it is an error. gzip's is one anyway."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, BinaryIO

AT_ONCE = 1 << 17


class Unpacked(io.RawIOBase):
    """The bytes within a compressed stream, or several that follow one another. ``make`` gives what
    decompresses one of them."""

    def __init__(self, packed: BinaryIO, make: Callable[[], Any]) -> None:
        self._packed = packed
        self._make = make
        self._decompressor = make()

    def readable(self) -> bool:
        """Always: so BufferedReader takes it."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fills the buffer as far as the next piece goes; 0 at the end."""
        wanted = memoryview(buffer).nbytes
        while True:
            if self._decompressor.eof:
                # Between streams and after the last there may be padding.
                following = self._decompressor.unused_data.lstrip(b"\0")
                while not following:
                    block = self._packed.read(AT_ONCE)
                    if not block:
                        return 0
                    following = block.lstrip(b"\0")
                self._decompressor = self._make()
                data = self._decompressor.decompress(following, wanted)
            elif self._decompressor.needs_input:
                block = self._packed.read(AT_ONCE)
                if not block:
                    raise EOFError
                data = self._decompressor.decompress(block, wanted)
            else:
                data = self._decompressor.decompress(b"", wanted)
            if data:
                buffer[: len(data)] = data
                return len(data)


def open_bzip2(packed: BinaryIO) -> Unpacked:
    """The bytes of a .bz2."""
    from bz2 import BZ2Decompressor

    return Unpacked(packed, BZ2Decompressor)


def open_xz(packed: BinaryIO) -> Unpacked:
    """The bytes of an .xz."""
    from lzma import LZMADecompressor

    return Unpacked(packed, LZMADecompressor)


STRICT: dict[str, Callable[[BinaryIO], Unpacked]] = {"bzip2": open_bzip2, "xz": open_xz}
