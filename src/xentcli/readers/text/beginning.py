"""Reads the beginning of a text: its delimiter, its header and its first samples. What is found
does not depend on the size of the blocks in which the text is read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import BinaryIO

from xentcli.errors import DataError, Place, UsageError, quoted
from xentcli.model import NamedTuple, Remark
from xentcli.model.csv_cells import unquoted
from xentcli.readers.interface import Request
from xentcli.readers.rules.look import LOOKED_AT, ROWS_THAT_COUNT
from xentcli.readers.rules.numbers_labels import MISSING, looks_like_number
from xentcli.readers.sources.source import Source
from xentcli.readers.text import records
from xentcli.readers.text.dialects import (
    HEADER_MARK,
    PushbackStream,
    collapse_blanks,
    detect_dialect,
    has_decimal_commas,
    lacks_name_of_row_names,
    read_head,
)
from xentcli.readers.text.encoding import open_text
from xentcli.readers.text.first_line import detect_header, is_number, is_whole
from xentcli.readers.text.records import BYTE_ORDER_MARK, Cursor, Dialect, Record

MISSING_NUMBERS = frozenset(("", "nan", *MISSING))


class Beginning(NamedTuple):
    """What the beginning of a text shows.

    - ``blocks``: those that have been read; ``later``: the blocks that follow, for an
      input that can be read only once.
    - ``names``: of the columns; ``header``: the header's cells as written, empty if there is none.
    - ``newline``: the line end of the first record; ``place``: where that record is.
    - ``rows``: where the samples begin; ``samples``: the cells of the first ones.
    """

    blocks: tuple[bytes, ...]
    later: Iterator[bytes]
    dialect: Dialect
    decimal: str
    names: tuple[str, ...]
    header: tuple[bytes, ...]
    newline: bytes
    place: Place
    rows: Cursor
    samples: tuple[Sequence[bytes], ...]
    remarks: tuple[Remark, ...]


class FirstRecords(NamedTuple):
    """The blocks that were read to find the first records, the first record, where it begins and
    ends, and the cells of those that follow it."""

    blocks: tuple[bytes, ...]
    first: Record
    begins: Cursor
    ends: Cursor
    following: tuple[Sequence[bytes], ...]


@contextmanager
def open_with_dialect(
    source: Source, request: Request, format_name: str
) -> Iterator[tuple[BinaryIO, Dialect, int]]:
    """Open a source as text; also return its dialect, and how many lines precede its records."""
    with open_text(source, request) as stream:
        head = read_head(stream, source.name)
        text = head.removeprefix(BYTE_ORDER_MARK)
        dialect, lines_before = detect_dialect(text, request, tabs_first=format_name == "tsv")
        whole: object = PushbackStream(head, stream)
        yield collapse_blanks(whole, dialect), dialect, lines_before  # type: ignore[arg-type]


def read_beginning(source: Source, request: Request, format_name: str) -> Beginning:
    """Read as far as is needed to know the columns: the header and the first samples."""
    if request.decimal not in (None, ".", ","):
        raise UsageError(f"--decimal {quoted(request.decimal)}: a decimal mark is . or ,")
    with open_with_dialect(source, request, format_name) as (stream, dialect, lines_before):
        # The generator has read beyond the blocks that are taken from it here, so the rest of the
        # stream can only be read through it.
        later = records.read_blocks(stream, dialect, source.name, records.BLOCK_BYTES)
        found = _read_first_records(later, dialect, lines_before, source.name)
    if found is None:
        message = "it is empty" if request.header is False else "it is empty: there is no header"
        raise DataError(message, place=Place(source.name))
    place = Place(source.name, found.first.line)
    first = _align_first(found, dialect)
    is_marked = _is_marked(first, found, dialect, place)
    headed = is_marked
    remarks: tuple[Remark, ...] = ()
    if request.header is not None:
        headed = request.header
    elif not is_marked:
        cells = [_text(cell) for cell in first.cells]
        headed = True
        # Words alone are a header, whatever follows.
        if any(map(is_number, cells)):
            samples_as_text = [[_text(cell) for cell in row] for row in found.following]
            headed, remarks = detect_header(cells, samples_as_text, place)
    samples = found.following if headed else (first.cells, *found.following)[:LOOKED_AT]
    decimal, notes = _detect_decimal(samples, dialect, request, place)
    names = tuple(str(at + 1) for at in range(len(first.cells)))
    if headed:
        names = _column_names(first.cells, place, is_marked=is_marked)
    return Beginning(
        found.blocks,
        later,
        dialect,
        decimal,
        names,
        tuple(first.cells) if headed else (),
        first.end or b"\n",
        place,
        found.ends if headed else found.begins,
        samples,
        (*notes, *remarks),
    )


def _read_first_records(
    blocks: Iterator[bytes], dialect: Dialect, lines_before: int, source: str
) -> FirstRecords | None:
    """Read the first record of a text and some that follow; None if the text has no record."""
    read: list[bytes] = []
    following: list[Sequence[bytes]] = []
    first: tuple[Record, Cursor, Cursor] | None = None
    offset, line = 0, 1
    for block in blocks:
        text = block if read else block.removeprefix(BYTE_ORDER_MARK)
        read.append(text)
        cursor = Cursor(0, line)
        while first is None and cursor.at < len(text):
            record, after = records.read_record(text, cursor, dialect, source)
            if record is not None and record.line > lines_before:
                begins = Cursor(offset + cursor.at, cursor.line)
                first = record, begins, Cursor(offset + after.at, after.line)
            cursor = after
        if first is not None:
            most = LOOKED_AT - len(following)
            following += _split_well_formed(text[cursor.at :], dialect, cursor.line, most)
            if len(following) == LOOKED_AT:
                break
        offset, line = offset + len(text), line + records.count_line_ends(text)
    return first and FirstRecords(tuple(read), *first, tuple(following))


def _split_well_formed(
    text: bytes, dialect: Dialect, line: int, most: int
) -> list[Sequence[bytes]]:
    """The cells of at most ``most`` records, up to the first malformed one: that is reported when
    its block is read."""
    found: list[Sequence[bytes]] = []
    with suppress(DataError):
        for record in islice(records.split_records(text, dialect, line, ""), most):
            found.append(record.cells)
    return found


def _align_first(found: FirstRecords, dialect: Dialect) -> Record:
    """The first record, corrected so that it has as many cells as the next one: the # before a
    header of numpy.savetxt is no cell, and the cell that R leaves out above the row names is
    added."""
    cells = found.first.cells
    if found.following and lacks_name_of_row_names(cells, found.following[0]):
        return found.first._replace(cells=[b'""', *cells])
    # With --comment, a first line that is read is no comment, and its # is a cell as any other.
    may_be_mark = dialect.blanks and not dialect.comment
    if may_be_mark and cells[0] == HEADER_MARK.strip() and len(cells) > 1:
        return found.first._replace(cells=[HEADER_MARK + cells[1], *cells[2:]])
    return found.first


def _is_marked(first: Record, found: FirstRecords, dialect: Dialect, place: Place) -> bool:
    """Whether the first line is a header that numpy.savetxt has marked with #."""
    if dialect.comment or not first.cells[0].startswith(HEADER_MARK) or not found.following:
        return False
    if len(first.cells) == len(found.following[0]):
        return True
    raise DataError(
        "the first line begins with # and is no header",
        place=place,
        hint="--comment '#' leaves such lines out",
    )


def _detect_decimal(
    samples: Sequence[Sequence[bytes]], dialect: Dialect, request: Request, place: Place
) -> tuple[str, tuple[Remark, ...]]:
    """The decimal mark, and a note if it is a guess from the first samples."""
    if request.decimal is not None:
        return request.decimal, ()
    if dialect.delimiter == b"," or not has_decimal_commas(
        [[_text(cell) for cell in row] for row in samples if any(b"," in cell for cell in row)]
    ):
        return ".", ()
    message = "the decimal mark is a comma (--decimal . says otherwise)"
    return ",", (Remark(message, place, word="note"),)


def _column_names(cells: Sequence[bytes], place: Place, *, is_marked: bool) -> tuple[str, ...]:
    """The texts of a header's cells, the first one without the mark of numpy.savetxt."""
    names = [_decode(cell, place) for cell in cells]
    if is_marked:
        names[0] = names[0].removeprefix(HEADER_MARK.decode())
    return tuple(names)


def _decode(cell: bytes, place: Place) -> str:
    try:
        return unquoted(cell)
    except UnicodeDecodeError:
        raise DataError(
            "the header is not UTF-8 text", place=place, hint="--encoding names another one"
        ) from None
    except ValueError as error:
        raise DataError(str(error), place=place) from None


def _text(cell: bytes) -> str:
    """A cell as text; if its bytes are no text, a text that is no number."""
    try:
        return unquoted(cell)
    except ValueError:
        return "\ufffd"


class TextLook:
    """What the names and the first samples of a text say of each of its columns."""

    def __init__(self, start: Beginning) -> None:
        self._start = start
        self.names = tuple(name.strip() for name in start.names)
        self._numeric: dict[int, bool] = {}

    def is_numeric(self, at: int) -> bool:
        """Whether a column is one of numbers: one cell looks like a number, or all are words for a
        missing number. One is enough, so that a bad cell among numbers is an error, and does not
        make a column of names. Words for a missing number beside other words are names."""
        if at not in self._numeric:
            self._numeric[at] = self._is_numeric(at)
        return self._numeric[at]

    def _is_numeric(self, at: int) -> bool:
        if self._is_empty_end(at):
            return False
        words = False
        # The first number decides, and is mostly in the first row.
        for row in self._start.samples:
            text = _text(row[at]).strip() if len(row) > at else ""
            if text.lower() not in MISSING_NUMBERS:
                if looks_like_number(text):
                    return True
                words = True
        return not words and not self._is_blank(at)

    def is_empty(self, at: int) -> bool:
        """Whether a column is blank in each of the first samples. A nameless last one, which is no
        column at all, does not count."""
        return self._is_blank(at) and not self._is_empty_end(at)

    def _is_blank(self, at: int) -> bool:
        rows = self._start.samples
        return bool(rows) and not any(len(row) > at and _text(row[at]).strip() for row in rows)

    def _is_empty_end(self, at: int) -> bool:
        """Whether this is a blank last column without a name, which is there only because each row
        ends with a delimiter."""
        nameless = not self._start.header or not self.names[at]
        if not nameless or at == 0 or at < len(self.names) - 1:
            return False
        return not any(len(row) > at and row[at].strip() for row in self._start.samples)

    def is_whole(self, at: int) -> bool | None:
        """Whether all finite numbers of a column are integers; None if it has no finite number."""
        found: bool | None = None
        for row in self._start.samples:
            text = _text(row[at]).strip() if len(row) > at else ""
            if is_whole(text):
                found = True
            elif is_number(text) and any(map(str.isdigit, text)):
                return False
        return found

    def counts(self, at: int) -> bool:
        """Whether the cells of a column go up by one from 0 or 1, in enough rows to say so."""
        texts = [_text(row[at]).strip() if len(row) > at else "" for row in self._start.samples]
        if len(texts) < ROWS_THAT_COUNT or texts[0] not in ("0", "1"):
            return False
        return texts == [str(number) for number in range(int(texts[0]), int(texts[0]) + len(texts))]

    def texts(self, at: int) -> Collection[str]:
        """The different cells of a column."""
        return {_text(row[at]) for row in self._start.samples if len(row) > at}
