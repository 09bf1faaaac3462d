"""What is seen of an input's columns when the rules choose among them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

# So many samples are looked at, whatever the format.
LOOKED_AT = 100
# At least so many rows must go up by one before a column is thought to number the rows.
ROWS_THAT_COUNT = 3


class Look(Protocol):
    """What the names and the first samples of an input show of its columns, numbered from 0."""

    @property
    def names(self) -> Sequence[str]:
        """The names of the columns, without surrounding blanks."""

    def is_numeric(self, at: int) -> bool:
        """Whether at least one cell is a number, or all cells are words for a missing number."""

    def is_empty(self, at: int) -> bool:
        """Whether there are rows, and the column is empty in each: such a column is no class."""

    def is_whole(self, at: int) -> bool | None:
        """Whether all numbers are integers, written without a point or an exponent; None if there
        are no numbers."""

    def counts(self, at: int) -> bool:
        """Whether the column numbers the rows: its cells are integers that go up by one from 0 or
        1, in several rows."""

    def texts(self, at: int) -> Collection[str]:
        """Return the cells as they are written."""
