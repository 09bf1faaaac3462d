"""Where the cells of a block begin and end, and how their bytes are cut out of it."""

from __future__ import annotations

import numpy as np

from xentcli.model import NamedTuple
from xentcli.readers.text import quotes
from xentcli.readers.text.quotes import NEWLINE, Bytes, Places

# Cells of at most so many bytes are cut out all at once, as one array.
SHORT = 8
# The delimiter at the end of a number is looked for byte by byte, but only so far.
LONG = 24


class CellBounds(NamedTuple):
    """A block, and where its cells end (``ends[row, column]``) and its rows begin (``starts``)."""

    text: bytes
    ends: Places
    starts: Places

    def cells(self, column: int) -> list[bytes]:
        """The cells of a column."""
        return self.cut_out(self.starts_of(column), self.ends[:, column])

    @property
    def has_a_line_a_row(self) -> bool:
        """Whether every row is one line: no cell contains a line end."""
        return quotes.count_byte(self.text, NEWLINE) == len(self.starts)

    def starts_of(self, column: int) -> Places:
        """Where the cells of a column begin."""
        return self.starts if column == 0 else self.ends[:, column - 1] + 1

    def cut_out(self, starts: Places, ends: Places) -> list[bytes]:
        """The bytes of the block from each start to the end that belongs to it."""
        return cut_out(self.text, starts, ends)


def cut_out(text: bytes, starts: Places, ends: Places) -> list[bytes]:
    """The bytes of a text from each start to the end that belongs to it."""
    widths = ends - starts
    longest = int(widths.max())
    if longest <= SHORT and b"\0" not in text:
        return _cut_out_short(text, starts, widths, longest)
    pairs = zip(starts.tolist(), ends.tolist(), strict=True)
    return [text[start:end] for start, end in pairs]


def _cut_out_short(text: bytes, starts: Places, widths: Places, longest: int) -> list[bytes]:
    # As one array of fixed-width byte strings, which NumPy returns without the zeros that pad
    # them: a third of the time that it takes to slice the cells one by one.
    if not longest:
        return [b""] * len(starts)
    data: Bytes = np.frombuffer(text, dtype=np.uint8)
    places = np.arange(longest)
    padded = data.take(starts[:, np.newaxis] + places, mode="clip")
    if int(widths.min()) < longest:
        padded[places >= widths[:, np.newaxis]] = 0
    cells: list[bytes] = padded.view(f"S{longest}").ravel().tolist()
    return cells


def cut_beside_numbers(
    text: bytes, delimiter: bytes, before: int, after: int
) -> tuple[list[bytes] | None, list[bytes] | None] | None:
    """For each line, its first ``before`` cells as one piece of text, and its last ``after`` cells;
    None in the place of either where the count is 0. None for both if one of the cells is long.

    Every cell of the text must be a number. Only the bytes of the cells that are cut out are looked
    at, not those of the whole line.
    """
    data: Bytes = np.frombuffer(text, dtype=np.uint8)
    ends = np.flatnonzero(data == NEWLINE)
    starts = np.concatenate([[0], ends[:-1] + 1])
    heads = tails = None
    if before:
        at = _find_delimiters(data, starts - 1, delimiter[0], before)
        if at is None:
            return None
        heads = cut_out(text, starts, at)
    if after:
        at = _find_delimiters(data, ends, delimiter[0], -after)
        if at is None:
            return None
        tails = cut_out(text, at + 1, ends)
    return heads, tails


def _find_delimiters(data: Bytes, at: Places, delimiter: int, count: int) -> Places | None:
    """The place of the ``count``th delimiter after each given place, or before it if ``count`` is
    negative; None if a cell in between is long. No cell in between is empty."""
    step = 1 if count > 0 else -1
    for _ in range(abs(count)):
        at = at + 2 * step
        left = np.flatnonzero(data.take(at) != delimiter)
        for _ in range(LONG):
            if not left.size:
                break
            at[left] += step
            left = left[data.take(at.take(left)) != delimiter]
        if left.size:
            return None
    return at
