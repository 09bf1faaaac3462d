"""Reads lines whose records differ only in their numbers, as one long list of numbers.

As programs write them, all lines have the same text around their numbers. Each piece of that text
is replaced by a number that marks its place. Then the whole block is a list of numbers, in which
the marks are in columns of their own. A line that differs has a mark too few, or one elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import numpy as np

from xentcli.model import AnyArray, Fields, NamedTuple

# A key without escapes, and a number or a list of numbers; the numbers are not checked here.
FIELD = re.compile(
    rb'[{,]\s*"(?P<name>[^"\\]*)"\s*:\s*(?:\[(?P<list>[-+.eE\d, \t]+)\]|(?P<number>[-+.eE\d]+))'
)
CLOSING = re.compile(rb"\s*\}[ \t\r]*")
ROW_END = 9e99
# The marks between fields: each piece of text has its own.
MARKS = (8e99, 7e99, 6e99, 5e99, 4e99, 3e99, 2e99)


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
        names.append(field["name"].decode("utf-8", "surrogateescape"))
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


def read_table(
    pattern: Pattern, text: bytes, count: int, read: Callable[..., AnyArray | None]
) -> Table | None:
    """Read the numbers of ``count`` lines of that pattern; None if any line has another."""
    body = _between_ends(pattern, text)
    if body is None:
        return None
    marks = MARKS[: len(pattern.names) - 1]
    body, lines = _replace_pieces(body, pattern.line_end, ROW_END)
    if lines != count - 1:
        return None
    for middle, mark in zip(pattern.texts[1:-1], marks, strict=True):
        body, found = _replace_pieces(body, middle, mark)
        if found != count:
            return None
    flat = read(body, b",%.0e" % ROW_END)
    widths = [length or 1 for length in pattern.lengths]
    width = sum(widths) + len(widths)
    if flat is None or flat.size != count * width:
        return None
    table = flat.reshape(count, width)
    places, at = {}, 0
    for name, length, mark in zip(pattern.names, widths, (*marks, ROW_END), strict=True):
        places[name] = slice(at, at + length)
        at += length + 1
        # The mark must fill its own column, and be nowhere else.
        if not (table[:, at - 1] == mark).all() or np.count_nonzero(flat == mark) != count:
            return None
    return Table(table, places, dict(zip(pattern.names, pattern.lengths, strict=True)))


def split_fields(pattern: Pattern, text: bytes) -> Fields:
    """Split lines into their fields as they were written, for passing them on."""
    body = _between_ends(pattern, text)
    assert body is not None
    left, texts = body.split(pattern.line_end), []
    for middle in pattern.texts[1:-1]:
        parts = [line.partition(middle) for line in left]
        texts.append([part[0] for part in parts])
        left = [part[2] for part in parts]
    texts.append(left)
    lists = tuple(length is not None for length in pattern.lengths)
    return Fields(pattern.names, tuple(map(_strip_blanks, texts, lists)), lists)


def _strip_blanks(texts: list[bytes], is_list: bool) -> list[bytes]:
    if is_list or not any(blank in b"".join(texts) for blank in (b" ", b"\t", b"\r")):
        return texts
    return [text.strip() for text in texts]


def _between_ends(pattern: Pattern, text: bytes) -> bytes | None:
    first, last = pattern.texts[0], pattern.texts[-1]
    whole = text.startswith(first) and text.endswith(last) and len(text) > len(first) + len(last)
    return text[len(first) : len(text) - len(last)] if whole else None


def _replace_pieces(text: bytes, piece: bytes, mark: float) -> tuple[bytes, int]:
    """Put a mark in the place of each such piece of a text; also return how many there were."""
    in_place = b",%.0e," % mark
    marked = text.replace(piece, in_place)
    shorter = len(piece) - len(in_place)
    return marked, (len(text) - len(marked)) // shorter if shorter else text.count(piece)
