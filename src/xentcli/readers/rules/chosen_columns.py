"""What the readers of a second file return: some of its columns, as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xentcli.errors import Place
from xentcli.model import NamedTuple, Origin

# A function that is given the names of all columns, and returns the positions of those to read.
Choose = Callable[[Sequence[str], Place], Sequence[int]]


class ChosenColumns(NamedTuple):
    """Columns of a second file: their cells without quotes and surrounding blanks, and their
    positions (``at``). ``names`` are those of all columns, ``listed`` those of columns with a list
    in each row; ``origin`` has the place of each row."""

    names: tuple[str, ...]
    at: tuple[int, ...]
    columns: tuple[list[bytes], ...]
    origin: Origin
    listed: tuple[str, ...] = ()
