"""Text of any length in blocks of whole records, and the records of a block as cells.

A record is a line, except that a quoted cell may contain line ends. Cells stay the bytes of the
file, quotes included, so that they can be passed on unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import BinaryIO

from xentcli.errors import DataError, Place
from xentcli.model import NamedTuple
from xentcli.readers.sources.limits import limit_from_environment
from xentcli.readers.sources.source import explain_errors
from xentcli.readers.text import quotes

BLOCK_BYTES = 3 << 18
LONGEST_LINE = 64 << 20
LARGEST_BLOCK = 1 << 30
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Dialect(NamedTuple):
    """What separates cells, and how comment lines begin. ``blanks``: cells are separated by runs of
    blanks and tabs, which the readers see as single blanks."""

    delimiter: bytes = b","
    comment: bytes = b""
    blanks: bool = False


class Record(NamedTuple):
    """A record: the physical line that it begins on, its raw cells, its line end."""

    line: int
    cells: list[bytes]
    end: bytes


class Cursor(NamedTuple):
    """A position in a text, and the physical line that it is on."""

    at: int
    line: int


def longest_line() -> int:
    """How many bytes a record may have."""
    return limit_from_environment("XENT_MAX_LINE", LONGEST_LINE)


def block_bytes() -> int:
    """About how many bytes are read at a time; the first block, which decides on the columns, has
    its own size."""
    return limit_from_environment("XENT_BLOCK_BYTES", BLOCK_BYTES, LARGEST_BLOCK)


@lru_cache(maxsize=8)
def _cell_pattern(delimiter: bytes) -> re.Pattern[bytes]:
    # A quote opens a quoted cell only at the cell's start; what follows the closing quote up to
    # the next delimiter is kept, to be refused with its place. The quantifiers are possessive: an
    # unclosed quote must fail at once, not after trying every way to match.
    bare = rb"[^\r\n" + re.escape(delimiter) + rb"]"
    quoted = rb'"[^"]*+(?:""[^"]*+)*+"' + bare + rb"*+"
    return re.compile(
        rb"(" + quoted + rb'|(?!")' + bare + rb"*+)(" + re.escape(delimiter) + rb"|\r\n|\r|\n|\Z)"
    )


LINE = re.compile(rb"[^\r\n]*+(\r\n|\r|\n|\Z)")
FILLED_LINE = re.compile(rb"[^\r\n]++(?:\r\n|\r|\n|\Z)")
MANY_BLANK_LINES = b"\n" * 64


def records(text: bytes, dialect: Dialect, line: int, source: str) -> Iterator[Record]:
    """The records of a block whose first line has that number; blank lines and comments are
    skipped."""
    if b'"' not in text:
        if text.strip(b"\r\n"):
            yield from _plain_records(text, dialect, line)
        return
    cursor = Cursor(0, line)
    while cursor.at < len(text):
        record, cursor = record_at(text, cursor, dialect, source)
        if record is not None:
            yield record


def count_records(text: bytes, dialect: Dialect, line: int, source: str) -> int:
    """How many records a block has."""
    plain = not (b"\r" in text or dialect.comment)
    if plain and b'"' not in text:
        return quotes.count_filled_lines(text)
    plain = plain and not (b"\n\n" in text or text.startswith(b"\n"))
    if plain and text.endswith(b"\n"):
        ends = quotes.line_ends_outside(text, dialect.delimiter)
        if ends is not None and ends.size and ends[-1] == len(text) - 1:
            return int(ends.size)
    return sum(1 for _ in records(text, dialect, line, source))


def record_at(
    text: bytes, cursor: Cursor, dialect: Dialect, source: str
) -> tuple[Record | None, Cursor]:
    """The record at a position, None for a blank line or a comment; and where it ends."""
    at, line = cursor
    if dialect.comment and text.startswith(dialect.comment, at):
        whole = LINE.match(text, at)
        assert whole is not None
        return None, Cursor(whole.end(), line + bool(whole[1]))
    pattern, cells = _cell_pattern(dialect.delimiter), list[bytes]()
    while True:
        match = pattern.match(text, at)
        if match is None:
            place = Place(source, line, len(cells) + 1)
            raise DataError("a quote is opened here and never closed", place=place)
        cell, end = match.groups()
        cells.append(cell)
        line += line_ends(cell)
        at = match.end()
        if end != dialect.delimiter:
            record = Record(cursor.line, cells, end) if cells != [b""] else None
            return record, Cursor(at, line + bool(end))


def _plain_records(text: bytes, dialect: Dialect, line: int) -> Iterator[Record]:
    delimiter, comment = dialect.delimiter, dialect.comment
    lines = enumerate(text.splitlines(keepends=True), line)
    for number, whole in _filled_lines(text, line) if MANY_BLANK_LINES in text else lines:
        content = whole.rstrip(b"\r\n")
        if content and not (comment and content.startswith(comment)):
            yield Record(number, content.split(delimiter), whole[len(content) :])


def _filled_lines(text: bytes, line: int) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their numbers."""
    before = 0
    for filled in FILLED_LINE.finditer(text):
        line += line_ends(text[before : filled.start()])
        yield line, filled[0]
        before = filled.start()


def line_ends(text: bytes) -> int:
    """How many physical lines end in a text: at \\n, \\r\\n, or a lone \\r."""
    newlines = quotes.count(text, quotes.NEWLINE) if len(text) > 1000 else text.count(b"\n")
    if b"\r" not in text:
        return newlines
    return newlines + text.count(b"\r") - text.count(b"\r\n")


def blocks(
    stream: BinaryIO, dialect: Dialect, source: str, size: int, length: int | None = None
) -> Iterator[bytes]:
    """A stream in blocks that end where a record ends, read ``size`` bytes at a time. With a
    ``length``, only the records that begin within so many bytes."""
    rest, limit = b"", longest_line()
    left = size if length is None else length
    if left > size:
        # In equal parts, so that the last one is not a few bytes.
        size = -(-left // round(left / size))
    while True:
        with explain_errors(source):
            read = stream.read(min(size, left) if left > 0 else size)
        if not read:
            break
        block, rest = _divided(rest, read, dialect)
        if block:
            yield block
        if length is not None:
            # What was read beyond the length, because a record went on there, is left to others.
            beyond, left = left <= 0, left - len(read)
            if left <= 0 and (not rest or (beyond and block)):
                return
        if len(rest) > limit:
            raise _too_long(source, limit)
    if len(rest) > limit and not last_record_end(rest, dialect):
        raise _too_long(source, limit)
    if rest:
        yield rest


def _divided(rest: bytes, read: bytes, dialect: Dialect) -> tuple[bytes, bytes]:
    """The whole records of what was left and of what was read next, and what is left of both."""
    if b'"' in rest or b"\r" in rest or b'"' in read:
        whole = rest + read
        cut = last_record_end(whole, dialect)
        return whole[:cut], whole[cut:]
    # No record ends in what was left. Without it, all is copied once, and not twice.
    cut = last_record_end(read, dialect)
    if not cut:
        return b"", rest + read
    return b"".join((rest, memoryview(read)[:cut])), read[cut:]


def _too_long(source: str, limit: int) -> DataError:
    return DataError(
        f"a line of more than {limit} bytes",
        place=Place(source),
        hint="is a quote left open? XENT_MAX_LINE sets the limit",
    )


def last_record_end(text: bytes, dialect: Dialect) -> int:
    """Where the last whole record of a text ends; 0 if none does."""
    if b'"' not in text:
        # A \\r at the very end may be the first half of \\r\\n.
        newline = text.rfind(b"\n")
        return max(newline, text.rfind(b"\r", newline + 1, len(text) - 1)) + 1
    if not dialect.comment:
        ends = quotes.line_ends_outside(text, dialect.delimiter)
        if ends is not None:
            return int(ends[-1]) + 1 if ends.size else 0
    pattern, at, cut = _cell_pattern(dialect.delimiter), 0, 0
    while at < len(text):
        if at == cut and dialect.comment and text.startswith(dialect.comment, at):
            match = LINE.match(text, at)
            end = match[1] if match else b""
        else:
            match = pattern.match(text, at)
            end = match[2] if match else b""
        if match is None:
            return cut
        at = match.end()
        if end != dialect.delimiter:
            if not end or (end == b"\r" and at == len(text)):
                return cut
            cut = at
    return cut
