"""Decides whether the first line of a text is a header or a sample, where no option says it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from xentcli.errors import Place, UsageError
from xentcli.model import Remark
from xentcli.readers.rules.column_names import NAMELESS, SAID_BY_NAME, count_up
from xentcli.readers.rules.numbers_labels import NUMBER


def detect_header(
    first: Sequence[str], samples: Sequence[Sequence[str]], place: Place
) -> tuple[bool, tuple[Remark, ...]]:
    """Decide whether the first line is a header. A note says so, unless the cells are words.

    ``first`` are its cells, ``samples`` those of the lines that follow. Raises UsageError if
    nothing in them decides it.
    """
    cells = _without_empty_end(first)
    if not all(map(is_number, cells)):
        if _may_be_sample(cells, samples):
            raise _undecided(place)
        return True, ()
    later = [cell for row in samples for cell in row if cell.strip()]
    if len(cells) > 1 and _number_classes(cells) and later and not all(map(is_whole, later)):
        return True, (
            _note(place, "the first line is all numbers and taken for the header", "--no-header"),
        )
    if len(cells) > 1 and _increase(cells) and all(map(is_whole, later)):
        raise _undecided(place)
    return False, (_note(place, "there is no header: the first line is a sample", "--header"),)


def is_number(cell: str) -> bool:
    """Whether a cell is a number, possibly with a decimal comma."""
    return NUMBER.fullmatch(cell.strip().replace(",", ".")) is not None


def is_whole(cell: str) -> bool:
    """Whether a cell is an integer without point or exponent."""
    digits = cell.strip().lstrip("+-")
    return digits.isascii() and digits.isdigit()


def _without_empty_end(cells: Sequence[str]) -> Sequence[str]:
    return cells[:-1] if len(cells) > 1 and not cells[-1].strip() else cells


def _may_be_sample(cells: Sequence[str], samples: Sequence[Sequence[str]]) -> bool:
    """Whether a line of words and numbers could be a sample: the other lines have words in the same
    columns."""
    words = [at for at, cell in enumerate(cells) if not is_number(cell)]
    if any(
        NAMELESS.fullmatch(cells[at].strip()) or cells[at].strip().lower() in SAID_BY_NAME
        for at in words
    ):
        return False
    if not samples or any(is_number(row[at]) for row in samples for at in words if at < len(row)):
        return False
    return not _increase([cell for cell in cells if is_number(cell)])


def _number_classes(cells: Sequence[str]) -> bool:
    """Whether the cells are digits alone that go up by one from 0 or 1."""
    return count_up(cells) and int(cells[0]) in (0, 1)


def _increase(cells: Sequence[str]) -> bool:
    """Whether the cells are integers, each larger than the one before."""
    numbers = _integers(cells)
    return numbers is not None and all(low < high for low, high in pairwise(numbers))


def _integers(cells: Sequence[str]) -> list[int] | None:
    """The cells as integers; None if one of them is none, or has so many digits that no class is
    called by it: Python refuses to read thousands of them."""
    if not all(is_whole(cell) and len(cell.strip()) < 20 for cell in cells):
        return None
    return [int(cell) for cell in cells]


def _undecided(place: Place) -> UsageError:
    return UsageError(
        f"{place}: nothing tells whether the first line is a header or a sample",
        hint="--header or --no-header does",
    )


def _note(place: Place, message: str, option: str) -> Remark:
    return Remark(f"{message} ({option} says otherwise)", place, word="note")
