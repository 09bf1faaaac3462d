"""Unpacks compressed bytes. It unpacks all of them or raises an error; unpacked bytes that
outnumber the packed ones by more than a given ratio are an error too."""

from __future__ import annotations

import io
from collections.abc import Callable
from importlib import import_module
from typing import Any, BinaryIO

from xentcli.errors import DataError, Place
from xentcli.model import NamedTuple

# Less than this is never refused, whatever the ratio: a short text may repeat a single line.
LITTLE_BYTES = 64 << 20
READ_BYTES = 1 << 16
JUNK = "something else follows its end"


class Compression(NamedTuple):
    """A compression: its first bytes, and the modules that can unpack it, in order of preference.

    ``decompressor`` is the module's class that unpacks one stream. It is used where the module's
    own ``open`` would silently ignore junk after the last stream. ``padded``: zeros may follow a
    stream.
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
    # Not the package zstandard: where data is cut off, it reports a normal end.
    Compression("zstd", b"\x28\xb5\x2f\xfd", ("compression.zstd", "backports.zstd")),
)


def compression_of(start: bytes) -> Compression | None:
    """Return the compression of data that begins with these bytes, or None."""
    return next((known for known in COMPRESSIONS if start.startswith(known.signature)), None)


def unpack(stream: BinaryIO, compression: Compression, name: str, max_ratio: int) -> BinaryIO:
    """Unpack a stream to at most ``max_ratio`` times its size; messages call it ``name``."""
    module, packed = _import_module(compression, name), _CountingStream(stream)
    inner = (
        _JoinedStreams(packed, compression, getattr(module, compression.decompressor))
        if compression.decompressor
        else module.open(packed)
    )
    return io.BufferedReader(_BoundedStream(inner, packed, name, max_ratio))


def message_if_too_large(packed: int, size: int, max_ratio: int) -> str:
    """Return a message if ``size`` bytes are more than ``max_ratio`` times the packed ones, else an
    empty text."""
    if size <= LITTLE_BYTES or size <= max_ratio * packed:
        return ""
    return f"it unpacks to more than {max_ratio} times its size; --max-ratio sets the limit"


def _import_module(compression: Compression, name: str) -> Any:
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


class _CountingStream:
    """A stream that counts the bytes read from it."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.count = 0

    def read(self, size: int = -1) -> bytes:
        """Read some bytes; none at the end."""
        found = self._stream.read(size)
        self.count += len(found)
        return found


class _BoundedStream(io.RawIOBase):
    """An unpacked stream that raises an error once it is too large for the packed bytes read."""

    def __init__(self, inner: Any, packed: _CountingStream, name: str, max_ratio: int) -> None:
        self._inner, self._packed, self._name, self._max_ratio = inner, packed, name, max_ratio
        self._count = 0

    def readable(self) -> bool:
        """Return True: it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes into the buffer."""
        try:
            number: int = self._inner.readinto(buffer)
        except OSError as error:
            # What gzip says of bytes behind its data. That it begins as gzip is known.
            if str(error).startswith("Not a gzipped file"):
                raise OSError(JUNK) from None
            raise
        self._count += number
        wrong = message_if_too_large(self._packed.count, self._count, self._max_ratio)
        if wrong:
            raise DataError(wrong, place=Place(self._name))
        return number


class _JoinedStreams:
    """The content of one or more compressed streams; anything else after them is an error."""

    def __init__(
        self, packed: _CountingStream, compression: Compression, decompressor: Callable[[], Any]
    ) -> None:
        self._packed, self._compression = packed, compression
        self._new, self._current = decompressor, decompressor()

    def readinto(self, buffer: Any) -> int:
        """Read the next bytes into the buffer; return 0 only at the end of the last stream."""
        while True:
            # The next stream may be empty, and then is at its end at once.
            while self._current.eof:
                if not self._next_stream():
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
        """Begin the next stream; return whether there is one."""
        rest = self._current.unused_data or self._packed.read(READ_BYTES)
        if self._compression.padded:
            rest = self._skip_padding(rest)
        if not rest:
            return False
        signature = self._compression.signature
        while len(rest) < len(signature) and (more := self._packed.read(READ_BYTES)):
            rest += more
        if not signature.startswith(rest[: len(signature)]):
            raise OSError(JUNK)
        self._current = self._new()
        self._current.decompress(rest, 0)
        return True

    def _skip_padding(self, rest: bytes) -> bytes:
        """Skip the zeros after a stream, which come in groups of four; return what follows them."""
        zeros = 0
        while rest:
            behind = rest.lstrip(b"\0")
            zeros += len(rest) - len(behind)
            if behind:
                break
            rest = self._packed.read(READ_BYTES)
        if zeros % 4:
            raise OSError(JUNK)
        return behind if rest else b""
