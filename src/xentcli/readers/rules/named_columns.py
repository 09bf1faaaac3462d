"""Finds columns that an option names: by name, by number from 1, by a range of numbers, by a
glob."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from xentcli.errors import Place, UsageError, quoted

# So many of the known names are listed where an unknown one is asked for.
MOST_LISTED = 10


def find_column(names: Sequence[str], wanted: str, option: str, place: Place) -> int:
    """Find the one column that is named."""
    found = find_columns(names, wanted, option, place, ranges=False)
    if len(found) != 1:
        raise UsageError(f"{option}: {quoted(wanted)} names {len(found)} columns, not one")
    return found[0]


def find_columns(
    names: Sequence[str], wanted: str, option: str, place: Place, *, ranges: bool = True
) -> tuple[int, ...]:
    """Find the columns that are named, in that order."""
    if wanted in names:
        return (_find_unique(names, wanted, option),)
    parts = wanted.split(",") if ranges else [wanted]
    positions = [at for part in parts for at in _find_part(names, part.strip(), option, place)]
    repeated = [at for at in positions if positions.count(at) > 1]
    if repeated:
        raise UsageError(f"{option}: column {quoted(names[repeated[0]])} is named twice")
    return tuple(positions)


def _find_part(names: Sequence[str], part: str, option: str, place: Place) -> list[int]:
    if part in names:
        return [_find_unique(names, part, option)]
    numbers = re.fullmatch(r"([0-9]+)(?:-([0-9]+))?", part)
    if numbers:
        first, last = int(numbers[1]), int(numbers[2] or numbers[1])
        if first > last:
            raise UsageError(f"{option}: the range {quoted(part)} runs backwards")
        if not 1 <= first <= last <= len(names):
            raise UsageError(
                f"{option}: {quoted(part)} is not within the {len(names)} columns of {place}"
            )
        return list(range(first - 1, last))
    found = [at for at, name in enumerate(names) if fnmatchcase(name, part)]
    if found:
        return found
    start, _, end = part.partition("-")
    if start in names and end in names:
        hint = "a range is of numbers, such as 2-11; a glob, such as logit_*, is of names"
    else:
        hint = suggest_names(part, names, "columns")
    raise UsageError(f"{option}: {place} has no column {quoted(part)}", hint=hint)


def _find_unique(names: Sequence[str], name: str, option: str) -> int:
    if list(names).count(name) > 1:
        raise UsageError(
            f"{option}: several columns are called {quoted(name)}",
            hint="give the column's number instead, from 1",
        )
    return list(names).index(name)


def suggest_names(wanted: str, known: Iterable[str], what: str) -> str:
    """Suggest the name that is nearest to an unknown one, else list the first names that there are.

    >>> suggest_names("lable", ["a", "label"], "columns"), suggest_names("x", ["a", "b"], "keys")
    ('did you mean "label"?', 'the keys are "a", "b"')
    """
    from difflib import get_close_matches  # slow to import, and seldom needed

    names = list(known)
    near = get_close_matches(wanted, names, 1)
    return f"did you mean {quoted(near[0])}?" if near else list_names(names, what)


def list_names(names: Sequence[str], what: str) -> str:
    """List the first of the names, for a hint."""
    if not names:
        return f"there are no {what}"
    shown = [quoted(name) for name in names[:MOST_LISTED]] + ["…"] * (len(names) > MOST_LISTED)
    return f"the {what} are {', '.join(shown)}"
