"""Some columns of a second file, as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xentcli.errors import Place
from xentcli.model import NamedTuple, Origin

# Says which columns of those names are wanted.
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
