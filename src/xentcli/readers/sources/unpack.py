"""Unpacks compressed bytes: completely or with an error, and never to more than a bound times their
size."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib import import_module
from typing import Any, BinaryIO

from xentcli.errors import DataError, Place
from xentcli.model import NamedTuple

# What unpacks to less is never refused: a short text may well be one line many times over.
LITTLE_BYTES = 64 << 20
READ_BYTES = 1 << 16


class Compression(NamedTuple):
    """A compression: its first bytes, and the modules that can unpack it, in order of preference.

    ``decompressor`` is the class that unpacks one stream, where the module's own ``open`` would
    take any junk after the last stream for its end. ``padded``: zeros may follow a stream.
    """

    name: str
    signature: bytes
    modules: tuple[str, ...]
    decompressor: str = ""
    padded: bool = False


COMPRESSIONS = (
    Compression("gzip", b"\x1f\x8b", ("gzip",)),
    Compression("bzip2", b"BZh", ("bz2",), "BZ2Decompressor"),
    Compression("xz", b"\xfd7zXZ\x00", ("lzma",), "LZMADecompressor", padded=True),
    # Not the package zstandard: it takes data that is cut off for the end.
    Compression("zstd", b"\x28\xb5\x2f\xfd", ("compression.zstd", "backports.zstd")),
)


def compression_of(start: bytes) -> Compression | None:
    """The compression of data that begins with these bytes, or None."""
    return next((known for known in COMPRESSIONS if start.startswith(known.signature)), None)


def unpack(stream: BinaryIO, compression: Compression, name: str, most: int) -> BinaryIO:
    """The stream, unpacked to at most ``most`` times its size; ``name`` is what messages call
    it."""
    module, packed = _module(compression, name), _Counted(stream)
    inner = (
        _Streams(packed, compression, getattr(module, compression.decompressor))
        if compression.decompressor
        else module.open(packed)
    )
    return io.BufferedReader(_Bounded(inner, packed, name, most))


def excess(packed: int, size: int, most: int) -> str:
    """A sentence if so many bytes are more than ``most`` times the packed ones, else an empty
    text."""
    if size <= LITTLE_BYTES or size <= most * packed:
        return ""
    return f"it unpacks to more than {most} times its size; --max-ratio sets the limit"


def _module(compression: Compression, name: str) -> Any:
    for module in compression.modules:
        try:
            return import_module(module)
        except ImportError:
            continue
    raise DataError(
        f"it is compressed with {compression.name}, which this Python cannot unpack",
        place=Place(name),
        hint=f"pip install {compression.modules[-1]}",
    )


class _Counted:
    """A stream that counts the bytes read from it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        """Some bytes, at the end none."""
        found = self._stream.read(size)
        self.count += len(found)
        return found


class _Bounded(io.RawIOBase):
    """An unpacked stream that ends in an error if it grows too large for what was read."""

    def __init__(self, inner: Any, packed: _Counted, name: str, most: int) -> None:
        self._inner, self._packed, self._name, self._most = inner, packed, name, most
        self._count = 0

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes, put into the buffer."""
        number: int = self._inner.readinto(buffer)
        self._count += number
        wrong = excess(self._packed.count, self._count, self._most)
        if wrong:
            raise DataError(wrong, place=Place(self._name))
        return number


class _Streams(io.RawIOBase):
    """The content of one or more compressed streams; anything else after them is an error."""

    def __init__(
        self, packed: _Counted, compression: Compression, decompressor: Callable[[], Any]
    ) -> None:
        self._packed, self._compression = packed, compression
        self._new, self._current = decompressor, decompressor()

    def readable(self) -> bool:
        """It is there to be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """The next bytes, put into the buffer; 0 only at the end of the last stream."""
        while True:
            if self._current.eof and not self._next_stream():
                return 0
            given = b""
            if self._current.needs_input:
                given = self._packed.read(READ_BYTES)
                if not given:
                    raise EOFError
            found: bytes = self._current.decompress(given, len(buffer))
            if found:
                buffer[: len(found)] = found
                return len(found)

    def _next_stream(self) -> bool:
        """Begin the next stream, if there is one."""
        rest = self._current.unused_data or self._packed.read(READ_BYTES)
        if self._compression.padded:
            rest = self._behind_padding(rest)
        if not rest:
            return False
        self._current = self._new()
        try:
            self._current.decompress(rest, 0)
        except Exception:
            raise OSError("something else follows its end") from None
        return True

    def _behind_padding(self, rest: bytes) -> bytes:
        """What follows the zeros after a stream, which come in groups of four."""
        zeros = 0
        while rest:
            behind = rest.lstrip(b"\0")
            zeros += len(rest) - len(behind)
            if behind:
                break
            rest = self._packed.read(READ_BYTES)
        if zeros % 4:
            raise OSError("something else follows its end")
        return behind if rest else b""
