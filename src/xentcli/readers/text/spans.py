"""Divides a large text into spans: parts of the file that end where lines end, for workers to read.

A line may end inside quotes, in the middle of a record. The worker then reads on to the end of that
record, and the process that collects the outcomes reads the next span again, from there on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import BinaryIO

from xentcli.errors import changed_error
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
from xentcli.readers.text.records import BYTE_ORDER_MARK, block_bytes, block_bytes_for

# Few enough blocks that all workers finish at about the same time, enough to be worth a message.
BLOCKS_A_SPAN = 2
# A file of no more blocks is not divided.
BLOCKS_OF_A_LARGE_FILE = 3
PEEK_BYTES = 1 << 16
# The line ends of so many spans are looked for at once, which for a URL is one round of requests.
ENDS_AT_ONCE = 8
NEWLINE = re.compile(rb"\n")
LINE_END = re.compile(rb"\r\n?|\n")

# Reads a short piece of a file at each of several positions.
Pieces = Callable[[Sequence[int]], list[bytes]]
# Reads a stream in blocks of whole records: all of it, or the records that begin in so many bytes.
ReadBlocks = Callable[[BinaryIO, int | None], Iterator[bytes]]


def is_large(size: int | None) -> bool:
    """Whether a file of that size is worth dividing; one of unknown size is not."""
    return size is not None and size > BLOCKS_OF_A_LARGE_FILE * block_bytes()


def divide_into_spans(
    source: Source, request: Request, at: int, line: int, line_end: re.Pattern[bytes]
) -> Iterator[Chunk] | None:
    """Divide a text, from a byte and line on, into spans; None if it is no large file in UTF-8.
    ``at`` does not count a byte order mark before the text."""
    if source.path is None or not is_large(size_of(source)):
        return None
    mark = _read_mark(source, request.encoding)
    if mark is None:
        return None
    # The outcome of a span is held in memory until its turn comes. Where something is written for
    # every sample it can be longer than the span, so a span is a block. Over a network a short span
    # would be mostly waiting.
    blocks = 1 if request.each and not is_url(str(source.path)) else BLOCKS_A_SPAN
    step = blocks * block_bytes_for(request)
    return _cut_into_spans(source, len(mark) + at, line, line_end, step)


def divide_into_partitions(
    source: Source, asked: str | None, at: int, line: int, line_end: re.Pattern[bytes], size: int
) -> Iterator[Chunk] | None:
    """Divide a text, from a byte and line on, into pieces of about ``size`` bytes that a process on
    another machine can read; None where only this process can read it."""
    if source.copy or is_read_once(source):
        return None
    mark = None if size_of(source) is None else _read_mark(source, asked)
    if mark is None:
        return leave_undivided(source, at, line, asked)
    return _cut_into_spans(source, len(mark) + at, line, line_end, size)


def _read_mark(source: Source, asked: str | None) -> bytes | None:
    """The byte order mark of a text in UTF-8, empty if it has none; None for another encoding."""
    with open_source(source) as stream:
        if isinstance(encoding.as_utf8(stream, asked, source.name), encoding.Recoded):
            return None
        return BYTE_ORDER_MARK if stream.read(3) == BYTE_ORDER_MARK else b""


def leave_undivided(
    source: Source, start: int, line: int, asked: str | None
) -> Iterator[Chunk] | None:
    """A text, from a byte and line on, as a single chunk that is read from its beginning; None
    where only this process can read it."""
    if source.copy or is_read_once(source):
        return None
    assert source.path is not None
    data = WholeText(source.path, version_of(source), source.max_ratio, start, asked)
    return iter([Chunk(0, 0, 0, data, line)])


def read_parts(read_blocks: ReadBlocks, source: str, chunk: Chunk) -> Iterator[Chunk]:
    """Read the blocks of a span or of a whole text, as chunks; any other chunk is its own only
    part. ``read_blocks`` reads a stream, or so many bytes of it, in blocks. Their lines are counted
    when they are read."""
    if isinstance(chunk.data, Span):
        found = _read_span(read_blocks, chunk.data, source)
    elif isinstance(chunk.data, WholeText):
        found = _read_whole(read_blocks, chunk.data, source)
    else:
        yield chunk
        return
    for block in found:
        yield chunk._replace(data=block, size=len(block))


def _read_span(read_blocks: ReadBlocks, span: Span, source: str) -> Iterator[bytes]:
    with open_span(span, source) as stream:
        yield from read_blocks(stream, span.end - span.start)


def _read_whole(read_blocks: ReadBlocks, whole: WholeText, source: str) -> Iterator[bytes]:
    """The blocks of a text without its byte order mark and its first ``whole.start`` bytes."""
    mark, skipped = BYTE_ORDER_MARK, whole.start
    named = Source(source, whole.path, max_ratio=whole.max_ratio)
    with open_source(named, whole.version) as stream:
        for block in read_blocks(encoding.as_utf8(stream, whole.encoding, source), None):
            text = block.removeprefix(mark)
            mark = b""
            # A header may be longer than a block.
            if len(text) > skipped:
                yield text[skipped:]
            skipped = max(0, skipped - len(text))


@contextmanager
def open_span(span: Span, source: str) -> Iterator[BinaryIO]:
    """Open the file of a span at its first byte. Raises an error if the file has changed since it
    was divided."""
    if is_url(span.path):
        from xentcli.readers.sources import remote

        with remote.open_part(span.path, span.version, span.start, span.end - span.start) as stream:
            yield stream
        return
    with explain_errors(source):
        stream = open(span.path, "rb")  # noqa: SIM115
    with stream:
        if version_of_open(stream) != span.version:
            raise changed_error(source)
        stream.seek(span.start)
        yield stream


def _cut_into_spans(
    source: Source, start: int, line: int, line_end: re.Pattern[bytes], step: int
) -> Iterator[Chunk]:
    path = str(source.path)
    with _open_pieces(source.name, path) as (version, pieces):
        size = version[0]
        cuts = iter(range(start + step, size, step))
        for number, end in enumerate(chain(_find_line_ends(pieces, cuts, size, line_end), [size])):
            yield Chunk(number, 0, 0, Span(path, start, end, version), line, size=end - start)
            start = end


@contextmanager
def _open_pieces(source: str, path: str) -> Iterator[tuple[tuple[int, int], Pieces]]:
    """The version of a file, and a function that reads short pieces of it at several positions."""
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
        yield version_of_open(file), lambda places: [_read_piece(file, at) for at in places]


def _read_piece(file: BinaryIO, at: int) -> bytes:
    file.seek(at)
    return file.read(PEEK_BYTES)


def _find_line_ends(
    pieces: Pieces, cuts: Iterator[int], size: int, line_end: re.Pattern[bytes]
) -> Iterator[int]:
    """The end of each line into which a cut falls, except the last line of the file."""
    end = 0
    while some := list(islice(cuts, ENDS_AT_ONCE)):
        for cut, piece in zip(some, pieces([cut - 1 for cut in some]), strict=True):
            # A line may be longer than a span, so that several cuts fall into it.
            if cut > end:
                end = _find_line_end(pieces, piece, cut - 1, size, line_end)
                if end == size:
                    return
                yield end


def _find_line_end(
    pieces: Pieces, piece: bytes, at: int, size: int, line_end: re.Pattern[bytes]
) -> int:
    """The end of the line that goes on at position ``at``, where ``piece`` begins."""
    while piece:
        match = line_end.search(piece)
        if match is not None:
            return at + match.end()
        at += len(piece)
        if at >= size:
            break
        (piece,) = pieces([at])
    return size
