"""A large text as spans: parts of the file that end where lines end, for workers to read.

A line may end within quotes. Then the worker reads on to the end of the record, and whoever puts
the answers together has the next span read again from there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import BinaryIO

from xentcli.errors import DataError, Place
from xentcli.readers import encoding
from xentcli.readers.interface import Chunk, Span
from xentcli.readers.source import Source, opened, size_of, told_by
from xentcli.readers.text import BYTE_ORDER_MARK, block_bytes

# Few enough that the workers end at about the same time, enough to be worth the messages.
BLOCKS_A_SPAN = 4
# A file of fewer blocks is read as one stream of them.
BLOCKS_OF_A_LARGE_FILE = 8
PEEK_BYTES = 1 << 16
NEWLINE = re.compile(rb"\n")
LINE_END = re.compile(rb"\r\n?|\n")


def is_large(size: int | None) -> bool:
    """Whether a file of that many bytes is worth dividing."""
    return size is not None and size > BLOCKS_OF_A_LARGE_FILE * block_bytes()


def spans_of(
    source: Source, asked: str | None, at: int, line: int, line_end: re.Pattern[bytes]
) -> Callable[[], Iterator[Chunk]] | None:
    """How to go through a text from that byte and line on in spans; None if it is not a large file
    of UTF-8. A byte order mark before the text is not counted."""
    if source.path is None or not is_large(size_of(source)):
        return None
    with opened(source) as stream:
        if isinstance(encoding.as_utf8(stream, asked, source.name), encoding.Recoded):
            return None
        mark = BYTE_ORDER_MARK if stream.read(3) == BYTE_ORDER_MARK else b""
    return partial(_spans, source.name, source.path, len(mark) + at, line, line_end)


def parts_of(
    blocks: Callable[[BinaryIO, int], Iterator[bytes]],
    line_ends: Callable[[bytes], int],
    source: str,
    chunk: Chunk,
) -> Iterator[Chunk]:
    """The blocks of a span, with the line on which each begins; another chunk as it is."""
    if not isinstance(chunk.data, Span):
        yield chunk
        return
    (path, start, end, version), line = chunk.data, chunk.line
    with told_by(source):
        stream = open(path, "rb")  # noqa: SIM115
    with stream:
        if _version(stream) != version:
            raise DataError("it has changed while it was read", place=Place(source))
        stream.seek(start)
        for block in blocks(stream, end - start):
            lines = line_ends(block)
            yield chunk._replace(data=block, line=line, lines=lines, size=len(block))
            line += lines


def _spans(
    source: str, path: str, start: int, line: int, line_end: re.Pattern[bytes]
) -> Iterator[Chunk]:
    with told_by(source), open(path, "rb") as file:
        version = size, _ = _version(file)
        number = 0
        while start < size:
            end = _end(file, start + BLOCKS_A_SPAN * block_bytes(), size, line_end)
            yield Chunk(number, 0, 0, Span(path, start, end, version), line, size=end - start)
            number, start = number + 1, end


def _version(file: BinaryIO) -> tuple[int, int]:
    known = os.fstat(file.fileno())
    return known.st_size, known.st_mtime_ns


def _end(file: BinaryIO, at: int, size: int, line_end: re.Pattern[bytes]) -> int:
    """Where the line ends that the byte before that place is in."""
    at -= 1
    while at < size:
        file.seek(at)
        piece = file.read(PEEK_BYTES)
        match = line_end.search(piece)
        if match is not None:
            return at + match.end()
        at += len(piece)
    return size
