"""Detects what separates the cells of a text, from its first two records."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice
from typing import BinaryIO

from xentcli.errors import DataError, UsageError, quoted
from xentcli.model import NamedTuple
from xentcli.model.csv_cells import unquoted
from xentcli.readers.interface import Request
from xentcli.readers.rules.numbers_labels import looks_like_number
from xentcli.readers.sources.source import explain_errors
from xentcli.readers.text import records
from xentcli.readers.text.records import Cursor, Dialect, count_line_ends

SPELLED_DELIMITERS = {"\\t": "\t", "tab": "\t", "comma": ",", "semicolon": ";", "space": " "}
# The first delimiter that fits is taken; runs of blanks are tried last.
CANDIDATES = (b",", b";", b"\t", b"|")
# A first line with which files tell Excel their delimiter: one character, which fills up the line
# if the file was saved as a table.
SEPARATOR_LINE = re.compile(
    rb'sep=([^\r\n"0-9a-z\x80-\xff]|[\xc2-\xf4][\x80-\xbf]+)\1*[ \t]*(?=[\r\n]|\Z)', re.IGNORECASE
)
# What numpy.savetxt writes before a header.
HEADER_MARK = b"# "
COMMA_NUMBER = re.compile(r"[+-]?[0-9]+,[0-9]+(?:[eE][+-]?[0-9]+)?")
BLANKS = re.compile(rb'("[^"\n]*")|[ \t]+')
BLANK_AT_AN_END = re.compile(rb"^ | (?=\r?\n)| \Z", re.MULTILINE)


class DetectedDialect(NamedTuple):
    """A dialect, and how many lines precede the first record."""

    dialect: Dialect
    lines_before: int = 0


def _requested_dialect(request: Request) -> Dialect | None:
    """The dialect that the options ask for, or None."""
    if request.delimiter is None:
        return None
    delimiter = SPELLED_DELIMITERS.get(request.delimiter, request.delimiter)
    if len(delimiter) != 1 or delimiter in '"\r\n' or delimiter.isalnum():
        raise UsageError(
            f"--delimiter {quoted(delimiter)}: not one character that can stand between cells"
        )
    return Dialect(delimiter.encode(), _comment(request))


def _comment(request: Request) -> bytes:
    return (request.comment or "").encode()


def detect_dialect(head: bytes, request: Request, *, tabs_first: bool) -> DetectedDialect:
    """The dialect whose delimiter splits the first two records into equally many cells; that of the
    comma, or of the tab with ``tabs_first``, if none does.

    A delimiter that leaves numbers with decimal commas takes precedence over the comma.
    """
    asked = _requested_dialect(request)
    separator = SEPARATOR_LINE.match(head)
    if separator is not None:
        return DetectedDialect(asked or Dialect(separator[1], _comment(request)), 1)
    if asked is not None:
        return DetectedDialect(asked)
    marks = (b"\t", b",", b";", b"|") if tabs_first else CANDIDATES
    found = [Dialect(mark, _comment(request)) for mark in marks]
    found.append(Dialect(b" ", _comment(request), blanks=True))
    fitting = [
        (dialect, rows) for dialect in found if (rows := _split_first_records(head, dialect))
    ]
    for dialect, rows in fitting:
        if dialect.delimiter != b"," and has_decimal_commas(rows[-1:]):
            return DetectedDialect(dialect)
    for dialect, rows in fitting:
        usual = dialect.delimiter == marks[0]
        # Words alone with blanks or bars between them are a sentence rather than cells.
        if usual or any(looks_like_number(cell) for cell in rows[-1]):
            return DetectedDialect(dialect)
    return DetectedDialect(Dialect(marks[0], _comment(request)))


def _split_first_records(head: bytes, dialect: Dialect) -> list[list[str]] | None:
    """The cells of the first two records, or of the only one; None if the two have different
    numbers of cells, or only one cell each."""
    if not dialect.comment:
        head = head.removeprefix(HEADER_MARK)
    if dialect.blanks:
        head = _collapse_in_lines(b"".join(islice(_lines(head, dialect.comment), 2)))
    found: list[list[bytes]] = []
    cursor = Cursor(0, 1)
    try:
        while len(found) < 2 and cursor.at < len(head):
            record, cursor = records.read_record(head, cursor, dialect, "")
            if record is not None:
                found.append(record.cells)
        rows = [[unquoted(cell) for cell in cells] for cells in found]
    except (DataError, ValueError):
        return None
    widths = {len(row) for row in rows}
    if len(widths) == 2 and lacks_name_of_row_names(*found):
        return rows
    return rows if len(widths) == 1 and min(widths) > 1 else None


def _lines(head: bytes, comment: bytes) -> Iterator[bytes]:
    """The lines that are neither blank nor comments."""
    for line in io.BytesIO(head):
        if line.strip() and not (comment and line.startswith(comment)):
            yield line


def lacks_name_of_row_names(header: Sequence[bytes], row: Sequence[bytes]) -> bool:
    """Whether the header has no cell above the column of row names, as R's write.table writes it.
    The header and the row names are then quoted."""
    quoted_cells = all(cell.startswith(b'"') for cell in (*header, row[0]))
    return len(row) == len(header) + 1 and quoted_cells


def has_decimal_commas(rows: Sequence[Sequence[str]]) -> bool:
    """Whether some cells are numbers like 1,5 and none has a decimal point."""
    cells = [cell.strip() for row in rows for cell in row]
    if not any("," in cell for cell in cells):
        return False
    numbers = [cell for cell in cells if looks_like_number(cell)]
    return any(COMMA_NUMBER.fullmatch(cell) for cell in numbers) and not any(
        "." in cell or (("," in cell) and not COMMA_NUMBER.fullmatch(cell)) for cell in numbers
    )


def read_head(stream: BinaryIO, source: str) -> bytes:
    """Read the beginning of a text: a block, or more if that does not contain two whole lines. It
    is the same however many bytes each read of the stream returns."""
    pieces: list[bytes] = []
    size = ends = 0
    limit = records.longest_line()
    while size < records.BLOCK_BYTES or (ends < 2 and size <= limit):
        with explain_errors(source):
            piece = stream.read(max(records.BLOCK_BYTES - size, 1 << 16))
        if not piece:
            break
        pieces.append(piece)
        size += len(piece)
        ends += count_line_ends(piece)
    return b"".join(pieces)


class PushbackStream:
    """A stream whose beginning has been read, and is put back in front of it."""

    def __init__(self, head: bytes, stream: BinaryIO) -> None:
        self._head, self._stream = head, stream

    def read(self, size: int) -> bytes:
        """Read some bytes; none at the end of the stream."""
        if not self._head:
            return self._stream.read(size)
        piece, self._head = self._head[:size], self._head[size:]
        return piece


def collapse_blanks(stream: BinaryIO, dialect: Dialect) -> BinaryIO:
    """The stream with single blanks between cells, if the dialect has runs of blanks there."""
    return CollapsedBlanks(stream) if dialect.blanks else stream  # type: ignore[return-value]


class CollapsedBlanks:
    """A stream of text whose runs of blanks and tabs are collapsed to single blanks."""

    def __init__(self, stream: BinaryIO) -> None:
        self._lines = _collapse_pieces(iter(partial(stream.read, 1 << 16), b""))
        self._rest = b""

    def read(self, size: int) -> bytes:
        """Read some bytes; none at the end of the stream."""
        while len(self._rest) < size and (lines := next(self._lines, b"")):
            self._rest += lines
        piece, self._rest = self._rest[:size], self._rest[size:]
        return piece


def _collapse_pieces(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Collapse runs of blanks in pieces of whole lines; quoted text is left alone."""
    rest = b""
    for piece in pieces:
        lines, end, after = (rest + piece).rpartition(b"\n")
        rest = after
        if end:
            yield _collapse_in_lines(lines + end)
    if rest:
        yield _collapse_in_lines(rest)


def _collapse_in_lines(lines: bytes) -> bytes:
    single = BLANKS.sub(lambda match: match[1] or b" ", lines)
    return BLANK_AT_AN_END.sub(b"", single)
