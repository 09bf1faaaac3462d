"""Notes on a choice of columns that no option made: what was left out, and what is doubtful."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from xentcli.errors import Place, quoted
from xentcli.model import Remark
from xentcli.readers.rules.classes import Classes
from xentcli.readers.rules.column_names import (
    ID_NAMES,
    LABEL_NAMES,
    NAMELESS,
    PLAIN_IDS,
    RARELY_CLASSES,
    says_its_kind,
)
from xentcli.readers.rules.look import Look

# So many names of columns are listed in a remark.
MOST_LISTED = 5


def find_left_out(
    look: Look, values: Collection[int], used: Collection[int], label: int | None
) -> list[int]:
    """Return the numeric and the empty columns that are not used.

    A column of labels is not among them where the command needs no labels.
    """
    names = look.names
    taken = {*values, *used}
    return [
        at
        for at in range(len(names))
        if at not in taken
        and (look.is_numeric(at) or look.is_empty(at))
        and not (
            label is None and names[at].lower() in LABEL_NAMES and look.is_whole(at) is not False
        )
    ]


def remarks_on_classes(
    look: Look, classes: Classes, left_out: Sequence[int], place: Place, *, has_names: bool
) -> Iterable[Remark]:
    """Note which columns are the classes, if some were left out or the choice is doubtful."""
    names = look.names
    told: list[str] = []
    empty = [at for at in left_out if look.is_empty(at)]
    numeric = [at for at in left_out if at not in empty]
    if numeric:
        told.append(f"left out: {_join_names(names, numeric)}")
    if empty:
        told.append(f"left out, empty in the first rows: {_join_names(names, empty)}")
    if list(classes.at) != sorted(classes.at):
        told.append("they are in the order of their numbers")
    guessed = [at for at in classes.at if not (classes.by_number or says_its_kind(look.names[at]))]
    whole = [at for at in guessed if look.is_whole(at)]
    if whole and any(look.is_whole(at) is False for at in classes.at):
        held = "holds only integers" if len(whole) == 1 else "hold only integers"
        told.append(f"{_join_names(names, whole)} {held}")
    if 0 in classes.at and not classes.by_number and look.counts(0):
        told.append(f"{_join_names(names, [0])} counts the rows")
    odd = [at for at in classes.at if has_names and names[at].lower() in RARELY_CLASSES]
    if odd:
        told.append(f"{_join_names(names, odd)} {'is' if len(odd) == 1 else 'are'} among them")
    if told:
        message = f"the classes are {_join_names(names, classes.at)}; {'; '.join(told)}"
        yield Remark(f"{message} (--logit-cols says otherwise)", place, word="note")


def remarks_on_only_class(
    look: Look, values: Sequence[int], used: Collection[int], place: Place
) -> Iterable[Remark]:
    """Warn if there is only one class, and columns that hold no numbers."""
    names, (first, *others) = look.names, values
    known = {*LABEL_NAMES, *ID_NAMES}
    words = [
        at
        for at in range(len(names))
        if at != first
        and at not in used
        and not look.is_numeric(at)
        and not look.is_empty(at)
        and names[at]
        and names[at].lower() not in known
    ]
    if words and not others:
        message = f"only the column {quoted(names[first])} is a class; no numbers stand in "
        yield Remark(message + _join_names(names, words), place)


def go_without_saying(names: Sequence[str], left_out: Sequence[int]) -> bool:
    """Whether all that is left out is one column of ids, which nobody would take for a class."""
    if len(left_out) != 1:
        return False
    (at,) = left_out
    return names[at].lower() in PLAIN_IDS or (at == 0 and bool(NAMELESS.fullmatch(names[at])))


def _join_names(names: Sequence[str], at: Sequence[int]) -> str:
    shown = [quoted(name_or_number(names, column)) for column in at[:MOST_LISTED]]
    if len(at) <= MOST_LISTED:
        return ", ".join(shown)
    return (
        f"{', '.join(shown[:-1])}, … {quoted(name_or_number(names, at[-1]))} ({len(at):,} columns)"
    )


def name_or_number(names: Sequence[str], at: int) -> str:
    """Return the name of a column, or its number where it has none."""
    return names[at] or f"column {at + 1}"
