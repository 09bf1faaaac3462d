"""Where the cells of a block lie, and taking some of them out of it."""

from __future__ import annotations

import numpy as np

from xentcli.model import NamedTuple
from xentcli.readers.text import quotes
from xentcli.readers.text.quotes import NEWLINE, Bytes, Places

# Parts of a text that are no longer are cut out of it all at once.
SHORT = 8
# A number that is longer is not looked for the end of byte by byte.
LONG = 24


class Cut(NamedTuple):
    """Where the cells of a block end (a row of the array for each of the block), and where rows
    begin."""

    text: bytes
    ends: Places
    starts: Places

    def cells(self, column: int) -> list[bytes]:
        """A column's cells."""
        return self.spans(self.first(column), self.ends[:, column])

    @property
    def has_a_line_a_row(self) -> bool:
        """Whether no cell has a line end in it."""
        return quotes.count(self.text, NEWLINE) == len(self.starts)

    def first(self, column: int) -> Places:
        """Where the cells of a column begin."""
        return self.starts if column == 0 else self.ends[:, column - 1] + 1

    def spans(self, starts: Places, ends: Places) -> list[bytes]:
        """Parts of the text."""
        return parts(self.text, starts, ends)


def parts(text: bytes, starts: Places, ends: Places) -> list[bytes]:
    """Parts of a text."""
    widths = ends - starts
    longest = int(widths.max())
    if longest <= SHORT and b"\0" not in text:
        return _short(text, starts, widths, longest)
    pairs = zip(starts.tolist(), ends.tolist(), strict=True)
    return [text[start:end] for start, end in pairs]


def _short(text: bytes, starts: Places, widths: Places, longest: int) -> list[bytes]:
    # As one array of bytes, which drops the zeros after a cell: a third of the time that it takes
    # to cut them out one by one.
    if not longest:
        return [b""] * len(starts)
    there: Bytes = np.frombuffer(text, dtype=np.uint8)
    places = np.arange(longest)
    found = there.take(starts[:, np.newaxis] + places, mode="clip")
    if int(widths.min()) < longest:
        found[places >= widths[:, np.newaxis]] = 0
    cells: list[bytes] = found.view(f"S{longest}").ravel().tolist()
    return cells


def beside_numbers(
    text: bytes, delimiter: bytes, before: int, after: int
) -> tuple[list[bytes] | None, list[bytes] | None] | None:
    """So many cells at the beginning of each line as one piece of text, and so many at its end;
    None for none of them. None if one of them is long.

    Every cell is a number. Only these cells are gone through, not all.
    """
    there: Bytes = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero(there == NEWLINE)
    starts = np.concatenate([[0], ends[:-1] + 1])
    heads = tails = None
    if before:
        at = _marks(there, starts - 1, delimiter[0], before)
        if at is None:
            return None
        heads = parts(text, starts, at)
    if after:
        at = _marks(there, ends, delimiter[0], -after)
        if at is None:
            return None
        tails = parts(text, at + 1, ends)
    return heads, tails


def _marks(there: Bytes, at: Places, mark: int, count: int) -> Places | None:
    """The places of the mark that is the ``count``th from each place on, backwards if that is
    negative; None if one is far away. Between two marks there is something."""
    step = 1 if count > 0 else -1
    for _ in range(abs(count)):
        at = at + 2 * step
        left = np.flatnonzero(there.take(at) != mark)
        for _ in range(LONG):
            if not left.size:
                break
            at[left] += step
            left = left[there.take(at.take(left)) != mark]
        if left.size:
            return None
    return at
