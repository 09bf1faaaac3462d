"""Reads lines whose records differ only in their numbers, as one long list of numbers.

As programs write them, all lines have the same text around their numbers. Each piece of that text
is replaced by a number that marks its place. Then the whole block is a list of numbers, in which
the marks are in columns of their own. A line that differs has a mark too few, or one elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

import numpy as np

from xentcli.model import AnyArray, Fields, NamedTuple
from xentcli.readers.text.bounds import cut_out
from xentcli.readers.text.quotes import QUOTE, Places

# A key without escapes, and a number or a list of numbers; the numbers are not checked here.
# Between them stands only what JSON takes for white space, which is less than what ``\s`` matches.
BLANKS = rb"[ \t\r]*"
FIELD = re.compile(
    rb'[{,]%b"(?P<name>[^"\\]*)"%b:%b' % (BLANKS, BLANKS, BLANKS)
    + rb"(?:\[(?P<list>[-+.eE\d, \t]+)\]|(?P<number>[-+.eE\d]+))"
)
CLOSING = re.compile(rb"%b\}%b" % (BLANKS, BLANKS))
# The marks of the ends of lines and of the pieces between two fields, one more for each field. The
# shortest piece of the first kind, such as }\n{"a": without the blank, has one byte more.
ROW_END = b"9e99"
MARKS = (b"8e9", b"7e9", b"6e9", b"5e9", b"4e9", b"3e9", b"2e9")


class Pattern(NamedTuple):
    """What all lines have in common: the names of the fields, how many numbers each field has (None
    for a single number that is in no list), and the text before, between and after the fields'
    numbers."""

    names: tuple[str, ...]
    lengths: tuple[int | None, ...]
    texts: tuple[bytes, ...]

    @property
    def line_end(self) -> bytes:
        """The text from the last number of a line to the first one of the next."""
        return self.texts[-1] + b"\n" + self.texts[0]


class Table(NamedTuple):
    """The numbers of a block, a row a line, and the columns that each field has there."""

    numbers: AnyArray
    places: dict[str, slice]
    lengths: dict[str, int | None]

    def column(self, name: str) -> AnyArray | None:
        """Return a field of one number; None for a field that is a list."""
        if self.lengths[name] is not None:
            return None
        return self.numbers[:, self.places[name].start]

    def lists(self, name: str, length: int) -> AnyArray | None:
        """Return a field that is a list of so many numbers; None for any other."""
        return self.numbers[:, self.places[name]] if self.lengths[name] == length else None


def find_pattern(line: bytes) -> Pattern | None:
    """Return the pattern that a block beginning with this line may have."""
    names: list[str] = []
    lengths: list[int | None] = []
    texts: list[bytes] = []
    at = end = 0
    while (field := FIELD.match(line, at)) and line[at : at + 1] == (b"," if names else b"{"):
        kind = "list" if field["number"] is None else "number"
        try:
            names.append(field["name"].decode("utf-8"))
        except UnicodeDecodeError:
            return None
        lengths.append(field["list"].count(b",") + 1 if kind == "list" else None)
        texts.append(line[end : field.start(kind)])
        at, end = field.end(), field.end(kind)
    if not names or len(names) > len(MARKS) + 1 or not CLOSING.fullmatch(line, at):
        return None
    # A name that stands twice would count the same text for two fields.
    return (
        Pattern(tuple(names), tuple(lengths), (*texts, line[end:]))
        if _are_different(names)
        else None
    )


def _are_different(names: Sequence[str]) -> bool:
    return len(set(names)) == len(names)


class AlikeLines(NamedTuple):
    """Lines of a pattern, and where in their text the value of each field stands: it begins at
    ``starts[line, field]`` and ends before ``ends[line, field]``."""

    pattern: Pattern
    text: bytes
    starts: Places
    ends: Places

    def pieces(self) -> Iterator[tuple[Places, bytes, bytes]]:
        """The pieces of text between the values: where each begins, the text, and its mark."""
        between = self.pattern.texts[1:-1]
        for at, (piece, mark) in enumerate(zip(between, MARKS, strict=False)):
            yield self.ends[:, at], piece, mark
        yield self.ends[:-1, -1], self.pattern.line_end, ROW_END


def find_alike_lines(pattern: Pattern, text: bytes, count: int) -> AlikeLines | None:
    """Find the values in so many lines, of which the first has that pattern; None if any line is of
    another.

    Nothing but the names has quotes. They are looked for, and what is around them is compared: to
    look for the pieces themselves takes several times as long.
    """
    names, first, last = len(pattern.names), pattern.texts[0], pattern.texts[-1]
    quotes = np.flatnonzero(np.frombuffer(text, dtype=np.uint8) == QUOTE)
    if quotes.size != 2 * names * count or not text.endswith(last):
        return None
    before = pattern.texts[:-1]
    begins = quotes[::2].reshape(count, names) - _integers(piece.index(b'"') for piece in before)
    starts = begins + _integers(map(len, before))
    ends = np.empty_like(starts)
    ends[:, :-1] = begins[:, 1:]
    ends[:-1, -1] = begins[1:, 0] - (len(pattern.line_end) - len(first))
    ends[-1, -1] = len(text) - len(last)
    lines = AlikeLines(pattern, text, starts, ends)
    if not (starts < ends).all():
        return None
    return lines if all(_stands_at(text, at, piece) for at, piece, _ in lines.pieces()) else None


def _integers(values: Iterable[int]) -> Places:
    return np.array([*values], dtype=np.intp)


def _stands_at(text: bytes, at: Places, piece: bytes) -> bool:
    """Whether a piece of text stands at each of these places; it would end within the text."""
    return _windows(text, len(piece))[at].tobytes() == piece * len(at)


def _windows(text: bytes | bytearray, width: int) -> AnyArray:
    """A view of the text in which an item is ``width`` bytes, beginning at the item's place."""
    return np.ndarray((len(text) - width + 1,), f"V{width}", text, strides=(1,))


def read_table(lines: AlikeLines, read: Callable[..., AnyArray | None]) -> Table | None:
    """Read the numbers of the lines; None if there is anything else."""
    pattern, marked = lines.pattern, bytearray(lines.text)
    for begins, piece, mark in lines.pieces():
        # Blanks mean nothing to a reader of JSON.
        written = (b",%s," % mark).ljust(len(piece))
        if len(written) > len(piece):
            return None
        _windows(marked, len(piece))[begins] = np.void(written)
    body = marked[len(pattern.texts[0]) : len(marked) - len(pattern.texts[-1])]
    flat = read(bytes(body), b"," + ROW_END)
    widths = [length or 1 for length in pattern.lengths]
    width, count = sum(widths) + len(widths), len(lines.starts)
    if flat is None or flat.size != count * width:
        return None
    table = flat.reshape(count, width)
    places, at = {}, 0
    marks = (*MARKS[: len(pattern.names) - 1], ROW_END)
    for name, length, mark in zip(pattern.names, widths, marks, strict=True):
        places[name] = slice(at, at + length)
        at += length + 1
        # In its own column everywhere, and nowhere else.
        is_mark = flat == float(mark)
        if np.count_nonzero(is_mark) != count or not is_mark[at - 1 :: width].all():
            return None
    return Table(table, places, dict(zip(pattern.names, pattern.lengths, strict=True)))


def cut_out_fields(lines: AlikeLines, without: Collection[str] = ()) -> Fields:
    """Cut the fields out as they were written, for passing them on."""
    pattern = lines.pattern
    kept = [at for at, name in enumerate(pattern.names) if name not in without]
    lists = tuple(pattern.lengths[at] is not None for at in kept)
    texts = (cut_out(lines.text, lines.starts[:, at], lines.ends[:, at]) for at in kept)
    return Fields(
        tuple(pattern.names[at] for at in kept), tuple(map(_strip_blanks, texts, lists)), lists
    )


def _strip_blanks(texts: list[bytes], is_list: bool) -> list[bytes]:
    """The values without the blanks around them, unless they are lists."""
    if is_list or not any(blank in b"".join(texts) for blank in (b" ", b"\t", b"\r")):
        return texts
    return [text.strip() for text in texts]
