"""A large text as spans: parts of the file that end where lines end, for workers to read.

Such a line may end inside quotes. The worker then reads on to the end of the record, and whoever
collects the answers has the next span read again from there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import BinaryIO

from xentcli.errors import changed
from xentcli.readers.interface import Chunk, Request, Span, WholeText
from xentcli.readers.sources.source import (
    Source,
    explain_errors,
    is_read_once,
    open_source,
    size_of,
    version_of,
    version_of_open,
)
from xentcli.readers.sources.urls import is_url
from xentcli.readers.text import encoding
from xentcli.readers.text.records import BYTE_ORDER_MARK, block_bytes

# Few enough that the workers end at about the same time, enough to be worth the messages.
BLOCKS_A_SPAN = 3
# A file of fewer blocks is read as one stream of them.
BLOCKS_OF_A_LARGE_FILE = 6
PEEK_BYTES = 1 << 16
# Of a URL, the ends of so many spans are looked for at once.
ENDS_AT_ONCE = 8
NEWLINE = re.compile(rb"\n")
LINE_END = re.compile(rb"\r\n?|\n")

# Reads a little of a file at each of several places.
Pieces = Callable[[Sequence[int]], list[bytes]]


def is_large(size: int | None) -> bool:
    """Whether a file of that size is worth dividing."""
    return size is not None and size > BLOCKS_OF_A_LARGE_FILE * block_bytes()


def spans_of(
    source: Source, request: Request, at: int, line: int, line_end: re.Pattern[bytes]
) -> Iterator[Chunk] | None:
    """A text, from a byte and line on, as spans; None if it is no large file in UTF-8. A byte order
    mark before the text is not counted."""
    if source.path is None or not is_large(size_of(source)):
        return None
    mark = _mark(source, request.encoding)
    if mark is None:
        return None
    # What comes of a span is held until it is its turn; where that is as long as the span itself,
    # or longer, a span is short. Over a network a short one would be mostly waiting.
    blocks = 1 if request.each and not is_url(str(source.path)) else BLOCKS_A_SPAN
    step = blocks * block_bytes()
    return _spans(source, len(mark) + at, line, line_end, step)


def partitions_of(
    source: Source, asked: str | None, at: int, line: int, line_end: re.Pattern[bytes], size: int
) -> Iterator[Chunk] | None:
    """A text, from a byte and line on, in pieces of about ``size`` bytes that a process elsewhere
    can read; None where only this process can read it."""
    if source.copy or is_read_once(source):
        return None
    mark = None if size_of(source) is None else _mark(source, asked)
    if mark is None:
        return whole_text(source, at, line, asked)
    return _spans(source, len(mark) + at, line, line_end, size)


def _mark(source: Source, asked: str | None) -> bytes | None:
    """The byte order mark of a text in UTF-8, if any; None for another encoding."""
    with open_source(source) as stream:
        if isinstance(encoding.as_utf8(stream, asked, source.name), encoding.Recoded):
            return None
        return BYTE_ORDER_MARK if stream.read(3) == BYTE_ORDER_MARK else b""


def whole_text(source: Source, start: int, line: int, asked: str | None) -> Iterator[Chunk] | None:
    """A text, from a byte and line on, as one piece; None where only this process can read it."""
    if source.copy or is_read_once(source):
        return None
    assert source.path is not None
    data = WholeText(source.path, version_of(source), source.max_ratio, start, asked)
    return iter([Chunk(0, 0, 0, data, line)])


def parts_of(
    blocks: Callable[[BinaryIO, int | None], Iterator[bytes]], source: str, chunk: Chunk
) -> Iterator[Chunk]:
    """The blocks of a span or a whole text; any other chunk unchanged. The lines of one are counted
    when it is read."""
    if isinstance(chunk.data, Span):
        found = _blocks_of_span(blocks, chunk.data, source)
    elif isinstance(chunk.data, WholeText):
        found = _blocks_of_whole(blocks, chunk.data, source)
    else:
        yield chunk
        return
    for block in found:
        yield chunk._replace(data=block, size=len(block))


def _blocks_of_span(
    blocks: Callable[[BinaryIO, int | None], Iterator[bytes]], span: Span, source: str
) -> Iterator[bytes]:
    with open_span(span, source) as stream:
        yield from blocks(stream, span.end - span.start)


def _blocks_of_whole(
    blocks: Callable[[BinaryIO, int | None], Iterator[bytes]], whole: WholeText, source: str
) -> Iterator[bytes]:
    mark, skipped = BYTE_ORDER_MARK, whole.start
    named = Source(source, whole.path, max_ratio=whole.max_ratio)
    with open_source(named, whole.version) as stream:
        for block in blocks(encoding.as_utf8(stream, whole.encoding, source), None):
            text = block.removeprefix(mark)
            mark = b""
            # A header may be longer than a block.
            if len(text) > skipped:
                yield text[skipped:]
            skipped = max(0, skipped - len(text))


@contextmanager
def open_span(span: Span, source: str) -> Iterator[BinaryIO]:
    """The file of a span, opened where the span begins; refused if its version is another."""
    if is_url(span.path):
        from xentcli.readers.sources import remote

        with remote.open_part(span.path, span.version, span.start, span.end - span.start) as stream:
            yield stream
        return
    with explain_errors(source):
        stream = open(span.path, "rb")  # noqa: SIM115
    with stream:
        if version_of_open(stream) != span.version:
            raise changed(source)
        stream.seek(span.start)
        yield stream


def _spans(
    source: Source, start: int, line: int, line_end: re.Pattern[bytes], step: int
) -> Iterator[Chunk]:
    path = str(source.path)
    with _pieces_of(source.name, path) as (version, pieces):
        size = version[0]
        cuts = iter(range(start + step, size, step))
        for number, end in enumerate(chain(_ends(pieces, cuts, size, line_end), [size])):
            yield Chunk(number, 0, 0, Span(path, start, end, version), line, size=end - start)
            start = end


@contextmanager
def _pieces_of(source: str, path: str) -> Iterator[tuple[tuple[int, int], Pieces]]:
    """The version of a file, and a function that reads a little of it at several places."""
    if is_url(path):
        from xentcli.readers.sources import remote

        version = remote.version_of(path)
        assert version is not None
        size = version[0]
        yield (
            version,
            lambda places: remote.fetch_ranges(
                path, [(at, min(at + PEEK_BYTES, size)) for at in places]
            ),
        )
        return
    with explain_errors(source), open(path, "rb") as file:
        yield version_of_open(file), lambda places: [_read_at(file, at) for at in places]


def _read_at(file: BinaryIO, at: int) -> bytes:
    file.seek(at)
    return file.read(PEEK_BYTES)


def _ends(
    pieces: Pieces, cuts: Iterator[int], size: int, line_end: re.Pattern[bytes]
) -> Iterator[int]:
    """Where the lines end that the cuts fall into, except the last line."""
    end = 0
    while some := list(islice(cuts, ENDS_AT_ONCE)):
        for cut, piece in zip(some, pieces([cut - 1 for cut in some]), strict=True):
            # A line may be longer than a span.
            if cut > end:
                end = _end(pieces, piece, cut - 1, size, line_end)
                if end == size:
                    return
                yield end


def _end(pieces: Pieces, piece: bytes, at: int, size: int, line_end: re.Pattern[bytes]) -> int:
    """Where the line ends that a cut falls into; ``piece`` begins at the cut."""
    while piece:
        match = line_end.search(piece)
        if match is not None:
            return at + match.end()
        at += len(piece)
        if at >= size:
            break
        (piece,) = pieces([at])
    return size
