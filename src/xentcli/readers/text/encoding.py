"""Text in any encoding as UTF-8, block by block."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from xentcli.errors import DataError, Place, UsageError, quoted
from xentcli.readers.sources.source import explain_errors
from xentcli.readers.text.records import line_ends

UTF_8 = ("utf-8", "utf-8-sig")
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def as_utf8(stream: BinaryIO, encoding: str | None, source: str) -> BinaryIO:
    """The stream as UTF-8. A byte order mark tells UTF-16 without being asked."""
    wanted = known(encoding) if encoding else _marked(stream, source)
    if wanted in UTF_8:
        return stream
    return Recoded(stream, wanted, source)  # type: ignore[return-value]


def known(encoding: str) -> str:
    """The name under which Python knows an encoding."""
    try:
        # Some codecs, such as base64, are of no text: encoding a string with them fails.
        "".encode(encoding)
        return codecs.lookup(encoding).name
    except (LookupError, ValueError):
        raise UsageError(f"--encoding: there is no encoding {quoted(encoding)}") from None


def _marked(stream: BinaryIO, source: str) -> str:
    with explain_errors(source):
        start = stream.peek(4)  # type: ignore[attr-defined]
    return next((name for mark, name in MARKS if start.startswith(mark)), "utf-8")


class Recoded:
    """A stream of UTF-8 made from one in another encoding."""

    def __init__(self, stream: BinaryIO, encoding: str, source: str) -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._encoding = encoding
        self._source = source
        self._line = 1
        self._after_return = False

    def read(self, size: int) -> bytes:
        """Some bytes, at the end none."""
        while True:
            raw = self._stream.read(size)
            try:
                text = self._decoder.decode(raw, final=not raw)
            except UnicodeDecodeError as error:
                raise self._fault(error) from None
            found = text.encode("utf-8", "surrogatepass")
            self._count_lines(found)
            # A read may end within a character, and be no character yet.
            if found or not raw:
                return found

    def _count_lines(self, found: bytes) -> None:
        # A \r\n may be cut between two reads.
        self._line += line_ends(found) - (self._after_return and found.startswith(b"\n"))
        if found:
            self._after_return = found.endswith(b"\r")

    def _fault(self, error: UnicodeDecodeError) -> DataError:
        before = error.object[: error.start].decode(self._encoding, "ignore")
        self._count_lines(before.encode("utf-8", "surrogatepass"))
        return DataError(
            f"byte 0x{error.object[error.start]:02x} is not {self._encoding} text",
            place=Place(self._source, self._line),
            hint="--encoding names another one",
        )
