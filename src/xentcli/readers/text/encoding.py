"""Reads text in any encoding as UTF-8, block by block."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from xentcli.errors import DataError, Place, UsageError, quoted
from xentcli.readers.interface import Request
from xentcli.readers.sources.source import Source, explain_errors, open_source
from xentcli.readers.text.records import count_line_ends

UTF_8 = ("utf-8", "utf-8-sig")
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Only the mark at the beginning of such text says the order of its bytes.
WITH_MARK = ("utf-16", "utf-32")


@contextmanager
def open_text(source: Source, request: Request) -> Iterator[BinaryIO]:
    """Open a source as text in UTF-8."""
    with open_source(source) as stream:
        yield as_utf8(stream, request.encoding, source.name)


def as_utf8(stream: BinaryIO, encoding: str | None, source: str) -> BinaryIO:
    """The stream as UTF-8. Without a named encoding, a byte order mark tells UTF-16 from UTF-8."""
    wanted = look_up(encoding) if encoding else _detect_encoding(stream, source)
    if wanted in UTF_8:
        return stream
    return Recoded(stream, wanted, source)  # type: ignore[return-value]


def look_up(encoding: str) -> str:
    """Python's own name for an encoding."""
    try:
        # Some codecs, such as base64, encode no text: they fail for a string.
        "".encode(encoding)
        return codecs.lookup(encoding).name
    except (LookupError, ValueError):
        raise UsageError(f"--encoding: there is no encoding {quoted(encoding)}") from None


def _detect_encoding(stream: BinaryIO, source: str) -> str:
    with explain_errors(source):
        start = stream.peek(4)  # type: ignore[attr-defined]
    return next((name for mark, name in MARKS if start.startswith(mark)), "utf-8")


class Recoded:
    """A stream in another encoding, read as UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str, source: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._encoding = encoding
        self._source = source
        self._line = 1
        self._after_return = False

    def read(self, size: int) -> bytes:
        """Read some bytes; none at the end of the stream."""
        while True:
            raw = self._stream.read(size)
            try:
                text = self._decoder.decode(raw, final=not raw)
            except UnicodeDecodeError as error:
                raise self._error_at(error) from None
            except UnicodeError:
                raise self._error_without_place() from None
            found = text.encode("utf-8", "surrogatepass")
            self._count_lines(found)
            # What was read may be only a part of a character: then it gives no text yet.
            if found or not raw:
                return found

    def _count_lines(self, found: bytes) -> None:
        # One read may end with the \r of a \r\n, and the next begin with its \n.
        self._line += count_line_ends(found) - (self._after_return and found.startswith(b"\n"))
        if found:
            self._after_return = found.endswith(b"\r")

    def _error_at(self, error: UnicodeDecodeError) -> DataError:
        # Not every codec can leave out what it cannot decode.
        with suppress(UnicodeError):
            before = error.object[: error.start].decode(self._encoding, "ignore")
            self._count_lines(before.encode("utf-8", "surrogatepass"))
        return DataError(
            f"byte 0x{error.object[error.start]:02x} is not {self._encoding} text",
            place=Place(self._source, self._line),
            hint="--encoding names another one",
        )

    def _error_without_place(self) -> DataError:
        """The error where a codec says of no byte that it is wrong."""
        name, place = self._encoding, Place(self._source, self._line)
        if name not in WITH_MARK:
            hint = "--encoding names another one"
            return DataError(f"it is not {name} text", place=place, hint=hint)
        return DataError(
            f"{name} text begins with a byte order mark, and this does not",
            place=place,
            hint=f"--encoding {name}-le or {name}-be says the order of its bytes",
        )
