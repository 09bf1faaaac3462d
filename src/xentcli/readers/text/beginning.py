"""The beginning of a text: its delimiter, its header and its first samples. They do not depend on
the size of the blocks in which the text is read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice
from typing import BinaryIO

from xentcli.errors import DataError, Place, UsageError, quoted
from xentcli.model import NamedTuple, Remark
from xentcli.model.csv_cells import unquoted
from xentcli.readers.interface import Request
from xentcli.readers.rules.columns import LOOKED_AT, ROWS_THAT_COUNT
from xentcli.readers.rules.numbers_labels import MISSING, looks_like_number
from xentcli.readers.sources.source import Source, open_source
from xentcli.readers.text import encoding, records
from xentcli.readers.text.dialects import (
    HEADER_MARK,
    ReadAgain,
    SingleBlanks,
    has_decimal_commas,
    lacks_name_of_row_names,
    read_head,
    see_dialect,
    without_mark,
)
from xentcli.readers.text.first_line import has_header, is_number, is_whole
from xentcli.readers.text.records import BYTE_ORDER_MARK, Cursor, Dialect, Record

MISSING_NUMBERS = frozenset(("", "nan", *MISSING))


class Beginning(NamedTuple):
    """The blocks that were read, where the samples begin in them, and the blocks that follow.

    ``names`` are those of the columns; ``header`` has the header's cells as written, empty if there
    is none; ``samples`` are the cells of the first ones.
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
    """The blocks up to the last of the first records, where the first record begins and ends, and
    the records after it."""

    blocks: tuple[bytes, ...]
    first: Record
    begins: Cursor
    ends: Cursor
    following: tuple[Sequence[bytes], ...]


@contextmanager
def text_of(source: Source, request: Request) -> Iterator[BinaryIO]:
    """The source's text, as UTF-8."""
    with open_source(source) as stream:
        yield encoding.as_utf8(stream, request.encoding, source.name)


@contextmanager
def parted_text(
    source: Source, request: Request, format_name: str
) -> Iterator[tuple[BinaryIO, Dialect, int]]:
    """The source's text, its dialect, and how many lines precede its records."""
    with text_of(source, request) as stream:
        head = read_head(stream, source.name)
        seen = see_dialect(without_mark(head), request, tabs_first=format_name == "tsv")
        again: object = ReadAgain(head, stream)
        yield with_single_blanks(again, seen.dialect), seen.dialect, seen.lines_before  # type: ignore[arg-type]


def with_single_blanks(stream: BinaryIO, dialect: Dialect) -> BinaryIO:
    """The stream from which records of that dialect have to be read."""
    return SingleBlanks(stream) if dialect.blanks else stream  # type: ignore[return-value]


def read_beginning(source: Source, request: Request, format_name: str) -> Beginning:
    """Read as far as is needed to know the columns."""
    if request.decimal not in (None, ".", ","):
        raise UsageError(f"--decimal {quoted(request.decimal)}: a decimal mark is . or ,")
    with parted_text(source, request, format_name) as (stream, dialect, lines_before):
        # The generator has read beyond the blocks that are taken from it: only it may go on.
        later = records.blocks(stream, dialect, source.name, records.BLOCK_BYTES)
        found = _first_records(later, dialect, lines_before, source.name)
    if found is None:
        message = "it is empty" if request.header is False else "it is empty: there is no header"
        raise DataError(message, place=Place(source.name))
    place = Place(source.name, found.first.line)
    first = _aligned_first(found, dialect)
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
            headed, remarks = has_header(cells, samples_as_text, place)
    samples = found.following if headed else (first.cells, *found.following)[:LOOKED_AT]
    decimal, notes = _decimal(samples, dialect, request, place)
    names = tuple(str(at + 1) for at in range(len(first.cells)))
    if headed:
        names = _names(first.cells, place, is_marked=is_marked)
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


def _first_records(
    blocks: Iterator[bytes], dialect: Dialect, lines_before: int, source: str
) -> FirstRecords | None:
    """The first record of a text and some samples after it; None if it has none."""
    read: list[bytes] = []
    following: list[Sequence[bytes]] = []
    first: Record | None = None
    begins = ends = Cursor(0, 1)
    offset, line = 0, 1
    for block in blocks:
        text = block if read else block.removeprefix(BYTE_ORDER_MARK)
        read.append(text)
        cursor = Cursor(0, line)
        while first is None and cursor.at < len(text):
            record, after = records.record_at(text, cursor, dialect, source)
            if record is not None and record.line > lines_before:
                first = record
                begins = Cursor(offset + cursor.at, cursor.line)
                ends = Cursor(offset + after.at, after.line)
            cursor = after
        if first is not None:
            left = LOOKED_AT - len(following)
            following += _readable(text[cursor.at :], dialect, cursor.line, left)
            if len(following) == LOOKED_AT:
                break
        offset, line = offset + len(text), line + records.line_ends(text)
    return first and FirstRecords(tuple(read), first, begins, ends, tuple(following))


def _readable(text: bytes, dialect: Dialect, line: int, most: int) -> list[Sequence[bytes]]:
    """At most ``most`` records, up to one that is malformed, which is reported when it is read."""
    found: list[Sequence[bytes]] = []
    with suppress(DataError):
        for record in islice(records.records(text, dialect, line, ""), most):
            found.append(record.cells)
    return found


def _aligned_first(found: FirstRecords, dialect: Dialect) -> Record:
    """The first record with as many cells as the next one: the mark before a header is no cell, and
    the cell that R leaves out above the row names is added."""
    cells = found.first.cells
    if found.following and lacks_name_of_row_names(cells, found.following[0]):
        return found.first._replace(cells=[b'""', *cells])
    # Where other lines are comments, this is a cell as any other.
    may_be_mark = dialect.blanks and not dialect.comment
    if may_be_mark and cells[0] == HEADER_MARK.strip() and len(cells) > 1:
        return found.first._replace(cells=[HEADER_MARK + cells[1], *cells[2:]])
    return found.first


def _is_marked(first: Record, found: FirstRecords, dialect: Dialect, place: Place) -> bool:
    """Whether the first line is a header as numpy.savetxt marks it."""
    if dialect.comment or not first.cells[0].startswith(HEADER_MARK) or not found.following:
        return False
    if len(first.cells) == len(found.following[0]):
        return True
    raise DataError(
        "the first line begins with # and is no header",
        place=place,
        hint="--comment '#' leaves such lines out",
    )


def _decimal(
    samples: Sequence[Sequence[bytes]], dialect: Dialect, request: Request, place: Place
) -> tuple[str, tuple[Remark, ...]]:
    """The decimal mark, and a note if it was a guess."""
    if request.decimal is not None:
        return request.decimal, ()
    if dialect.delimiter == b"," or not has_decimal_commas(
        [[_text(cell) for cell in row] for row in samples if any(b"," in cell for cell in row)]
    ):
        return ".", ()
    message = "the decimal mark is a comma (--decimal . says otherwise)"
    return ",", (Remark(message, place, word="note"),)


def _names(cells: Sequence[bytes], place: Place, *, is_marked: bool) -> tuple[str, ...]:
    names = [_decoded(cell, place) for cell in cells]
    if is_marked:
        names[0] = names[0].removeprefix(HEADER_MARK.decode())
    return tuple(names)


def _decoded(cell: bytes, place: Place) -> str:
    try:
        return unquoted(cell)
    except UnicodeDecodeError:
        raise DataError(
            "the header is not UTF-8 text", place=place, hint="--encoding names another one"
        ) from None
    except ValueError as error:
        raise DataError(str(error), place=place) from None


def _text(cell: bytes) -> str:
    """A cell as text; bytes that are no text become something that is no number."""
    try:
        return unquoted(cell)
    except ValueError:
        return "?"


class TextLook:
    """What the names and the first samples of a text show of its columns."""

    def __init__(self, start: Beginning) -> None:
        self._start = start
        self.names = tuple(name.strip() for name in start.names)
        self._numeric: dict[int, bool] = {}

    def is_numeric(self, at: int) -> bool:
        """Whether any cell is meant as a number, or all are words for a missing one: a column of
        numbers with a bad cell is an error, not a column of names. Among names a nan stands for
        nothing."""
        if at not in self._numeric:
            self._numeric[at] = self._is_numeric(at)
        return self._numeric[at]

    def _is_numeric(self, at: int) -> bool:
        if self._is_empty_end(at):
            return False
        words = False
        # The first number settles it, and is mostly in the first row.
        for row in self._start.samples:
            text = _text(row[at]).strip() if len(row) > at else ""
            if text.lower() not in MISSING_NUMBERS:
                if looks_like_number(text):
                    return True
                words = True
        return not words and not self._has_nothing(at)

    def is_empty(self, at: int) -> bool:
        """Whether each of the first samples has nothing there. A last column without a name is
        none at all."""
        return self._has_nothing(at) and not self._is_empty_end(at)

    def _has_nothing(self, at: int) -> bool:
        rows = self._start.samples
        return bool(rows) and not any(len(row) > at and _text(row[at]).strip() for row in rows)

    def _is_empty_end(self, at: int) -> bool:
        """Whether a column without a name is there only because each row ends with a delimiter."""
        nameless = not self._start.header or not self.names[at]
        if not nameless or at == 0 or at < len(self.names) - 1:
            return False
        return not any(len(row) > at and row[at].strip() for row in self._start.samples)

    def is_whole(self, at: int) -> bool | None:
        """Whether the numbers are integers alone, but for those that are not finite."""
        found: bool | None = None
        for row in self._start.samples:
            text = _text(row[at]).strip() if len(row) > at else ""
            if is_whole(text):
                found = True
            elif is_number(text) and any(map(str.isdigit, text)):
                return False
        return found

    def counts(self, at: int) -> bool:
        """Whether the cells go up by one from 0 or 1."""
        texts = [_text(row[at]).strip() if len(row) > at else "" for row in self._start.samples]
        if len(texts) < ROWS_THAT_COUNT or texts[0] not in ("0", "1"):
            return False
        return texts == [str(number) for number in range(int(texts[0]), int(texts[0]) + len(texts))]

    def texts(self, at: int) -> Collection[str]:
        """The cells."""
        return {_text(row[at]) for row in self._start.samples if len(row) > at}
