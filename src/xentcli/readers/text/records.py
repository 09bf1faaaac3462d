"""Reads text of any length in blocks of whole records, and splits the records of a block into
cells.

A record is a line, except that a quoted cell may contain line ends. Cells stay the bytes of the
file, quotes included, so that they can be passed on unchanged.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from io import SEEK_CUR, BufferedReader, FileIO
from typing import BinaryIO, TypeGuard

from xentcli.errors import DataError, Place
from xentcli.model import NamedTuple
from xentcli.readers.interface import Request
from xentcli.readers.sources.limits import limit_from_environment
from xentcli.readers.sources.source import explain_errors
from xentcli.readers.text import quotes

BLOCK_BYTES = 3 << 19
LONGEST_LINE = 64 << 20
LARGEST_BLOCK = 1 << 30
# The end of a line that is farther away is looked for only once the line has been read.
LINE_BYTES = 1 << 16
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class Dialect(NamedTuple):
    """What separates cells, and how comment lines begin. With ``blanks``, cells are separated by
    runs of blanks and tabs, which are collapsed to single blanks before records are split."""

    delimiter: bytes = b","
    comment: bytes = b""
    blanks: bool = False


class Record(NamedTuple):
    """A record: the physical line on which it begins, its cells as in the file, and its line
    end."""

    line: int
    cells: list[bytes]
    end: bytes


class Cursor(NamedTuple):
    """A position in a text, and the physical line that it is on."""

    at: int
    line: int


def longest_line() -> int:
    """The most bytes that a record may have."""
    return limit_from_environment("XENT_MAX_LINE", LONGEST_LINE)


def block_bytes() -> int:
    """About how many bytes are read at a time. The first block, which decides on the columns,
    always has ``BLOCK_BYTES``."""
    return limit_from_environment("XENT_BLOCK_BYTES", BLOCK_BYTES, LARGEST_BLOCK)


def block_bytes_for(request: Request) -> int:
    """About how many bytes are read at a time for what is written of them: the numbers of every
    class are longer than what was read."""
    one_number = request.keep_rows == "lines" or request.keep_records == "whole"
    return max(1, block_bytes() // 2) if request.each and not one_number else block_bytes()


@lru_cache(maxsize=8)
def _cell_pattern(delimiter: bytes) -> re.Pattern[bytes]:
    # A quote opens a quoted cell only at the cell's start; what follows the closing quote up to
    # the next delimiter is kept in the cell, so that the cell is refused with its place. The
    # quantifiers are possessive: an unclosed quote must fail at once, not after trying every way to
    # match.
    mark = re.escape(delimiter)
    bare = rb"[^\r\n%b]*+" % mark
    if len(delimiter) > 1:
        # A byte of the delimiter may also be part of a letter. Here no other way to match is tried
        # either, as it ends where the cell does; and before Python 3.11.5 groups with a condition
        # do not match in a possessive quantifier.
        bare = rb"(?:(?!%b)[^\r\n])*" % mark
    quoted = rb'"[^"]*+(?:""[^"]*+)*+"%b' % bare
    return re.compile(rb'(%b|(?!")%b)(%b|\r\n|\r|\n|\Z)' % (quoted, bare, mark))


LINE = re.compile(rb"[^\r\n]*+(\r\n|\r|\n|\Z)")
FILLED_LINE = re.compile(rb"[^\r\n]++(?:\r\n|\r|\n|\Z)")
MANY_BLANK_LINES = b"\n" * 64


def split_records(text: bytes, dialect: Dialect, line: int, source: str) -> Iterator[Record]:
    """Split a block into records, without blank lines and comments. ``line`` is the number of its
    first line."""
    if b'"' not in text:
        if text.strip(b"\r\n"):
            yield from _split_plain_records(text, dialect, line)
        return
    cursor = Cursor(0, line)
    while cursor.at < len(text):
        record, cursor = read_record(text, cursor, dialect, source)
        if record is not None:
            yield record


def count_records(text: bytes, dialect: Dialect, line: int, source: str) -> int:
    """Count the records of a block."""
    plain = not (b"\r" in text or dialect.comment)
    if plain and b'"' not in text:
        return quotes.count_filled_lines(text)
    plain = plain and not (b"\n\n" in text or text.startswith(b"\n"))
    if plain and text.endswith(b"\n"):
        ends = quotes.find_record_ends(text, dialect.delimiter)
        if ends is not None and ends.size and ends[-1] == len(text) - 1:
            return int(ends.size)
    return sum(1 for _ in split_records(text, dialect, line, source))


def read_record(
    text: bytes, cursor: Cursor, dialect: Dialect, source: str
) -> tuple[Record | None, Cursor]:
    """The record at a position, or None for a blank line or a comment; and where it ends."""
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
        line += count_line_ends(cell)
        at = match.end()
        if end != dialect.delimiter:
            record = Record(cursor.line, cells, end) if cells != [b""] else None
            return record, Cursor(at, line + bool(end))


def _split_plain_records(text: bytes, dialect: Dialect, line: int) -> Iterator[Record]:
    delimiter, comment = dialect.delimiter, dialect.comment
    lines = enumerate(text.splitlines(keepends=True), line)
    for number, whole in _find_filled_lines(text, line) if MANY_BLANK_LINES in text else lines:
        content = whole.rstrip(b"\r\n")
        if content and not (comment and content.startswith(comment)):
            yield Record(number, content.split(delimiter), whole[len(content) :])


def _find_filled_lines(text: bytes, line: int) -> Iterator[tuple[int, bytes]]:
    """The lines that are not blank, with their line numbers: far faster than looking at each line
    where thousands of blank ones follow one another."""
    before = 0
    for filled in FILLED_LINE.finditer(text):
        line += count_line_ends(text[before : filled.start()])
        yield line, filled[0]
        before = filled.start()


def count_line_ends(text: bytes) -> int:
    r"""Count the physical lines that end in a text, with \n, \r\n or a lone \r."""
    newlines = quotes.count_byte(text, quotes.NEWLINE) if len(text) > 1000 else text.count(b"\n")
    if b"\r" not in text:
        return newlines
    return newlines + text.count(b"\r") - text.count(b"\r\n")


def read_blocks(
    stream: BinaryIO, dialect: Dialect, source: str, size: int, length: int | None = None
) -> Iterator[bytes]:
    """Read a stream in blocks that end where a record ends, about ``size`` bytes at a time. With a
    ``length``, it ends with the record that goes on at the end of the first ``length`` bytes, and
    perhaps with a few more."""
    rest, limit = b"", longest_line()
    left = size if length is None else length
    if left > size:
        # Reads of equal size, so that the last one is not a few bytes.
        size = -(-left // round(left / size))
    while True:
        with explain_errors(source):
            if length is not None and left > 0 and _is_file(stream):
                read = _read_to_line_end(stream, min(size, left))
            elif left > 0:
                read = stream.read(min(size, left))
            else:
                # After a \r the next byte alone tells where the line ends.
                read = stream.read(1 if rest.endswith(b"\r") else size)
        if not read:
            break
        block, rest = _divide(rest, read, dialect)
        if block:
            yield block
        if length is not None:
            # The records that begin beyond the length belong to the next span, although some of
            # their bytes have been read to complete the last record of this one.
            beyond, left = left <= 0, left - len(read)
            if left <= 0 and (not rest or (beyond and block)):
                return
        if len(rest) > limit:
            raise _line_too_long(source, limit)
    if rest:
        yield rest


def _is_file(stream: BinaryIO) -> TypeGuard[BufferedReader]:
    """Whether it costs next to nothing to look elsewhere in a stream."""
    return type(stream) is BufferedReader and type(stream.raw) is FileIO


def _read_to_line_end(stream: BufferedReader, size: int) -> bytes:
    """Read so many bytes of a file, and on to the end of the line unless that is far away. A block
    that ends where a record does need not be put together of two reads."""
    start = stream.tell()
    stream.seek(size - 1, SEEK_CUR)
    if stream.readline(LINE_BYTES).endswith(b"\n"):
        size = stream.tell() - start
    stream.seek(start)
    return stream.read(size)


def _divide(rest: bytes, read: bytes, dialect: Dialect) -> tuple[bytes, bytes]:
    """Append what was read to the rest of the read before, and divide it into whole records and a
    new rest."""
    if b'"' in rest or b"\r" in rest or b'"' in read:
        text = rest + read
        end = find_last_record_end(text, dialect)
        return text[:end], text[end:]
    # No record ends in the rest. Looking for the end in what was read alone saves copying both.
    end = find_last_record_end(read, dialect)
    if not end:
        return b"", rest + read
    if end == len(read) and not rest:
        return read, b""
    return b"".join((rest, memoryview(read)[:end])), read[end:]


def _line_too_long(source: str, limit: int) -> DataError:
    return DataError(
        f"a line of more than {limit} bytes",
        place=Place(source),
        hint="is a quote left open? XENT_MAX_LINE sets the limit",
    )


def find_last_record_end(text: bytes, dialect: Dialect) -> int:
    """Where the last whole record of a text ends; 0 if no record ends in it."""
    if b'"' not in text:
        # A \r at the very end may be the first half of \r\n.
        newline = text.rfind(b"\n")
        return max(newline, text.rfind(b"\r", newline + 1, len(text) - 1)) + 1
    if not dialect.comment:
        ends = quotes.find_record_ends(text, dialect.delimiter)
        if ends is not None:
            return int(ends[-1]) + 1 if ends.size else 0
    pattern, at, record_end = _cell_pattern(dialect.delimiter), 0, 0
    while at < len(text):
        if at == record_end and dialect.comment and text.startswith(dialect.comment, at):
            match = LINE.match(text, at)
            end = match[1] if match else b""
        else:
            match = pattern.match(text, at)
            end = match[2] if match else b""
        if match is None:
            return record_end
        at = match.end()
        if end != dialect.delimiter:
            if not end or (end == b"\r" and at == len(text)):
                return record_end
            record_end = at
    return record_end
