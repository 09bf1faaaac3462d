"""Which columns of a text hold the values, the label, the soft targets and the sample weight, the
group and the id."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import NamedTuple

from xentcli.errors import DataError, Place, UsageError, counted, quoted
from xentcli.model import Remark
from xentcli.readers.interface import Request

LABEL_NAMES = ("label", "labels", "target", "y", "class")
OTHER_NAMES = ("id", "index", "sample", "row")
# These may be classes, but hardly ever are.
RARELY_CLASSES = (
    *("loss", "weight", "weights", "epoch", "step", "fold", "split", "seed", "time", "timestamp"),
    *("pred", "prediction", "predicted", "confidence", "score", "correct", "accuracy"),
)
# So many names are listed where one is asked for that is not there.
MOST_LISTED = 10


class Columns(NamedTuple):
    """Positions among the columns, from 0."""

    values: tuple[int, ...]
    label: int | None = None
    targets: tuple[int, ...] = ()
    weight: int | None = None
    by: int | None = None
    id: int | None = None


def choose_columns(
    names: Sequence[str], numeric: Sequence[bool], request: Request, place: Place
) -> Columns:
    """The columns that the options name, else those that the headers and the cells suggest.

    ``numeric`` says of each column whether its cells are numbers.
    """
    if len(names) == 1 and request.logit_cols is None:
        _check_one_column(names, place)
    weight = (
        None
        if request.weight_col is None
        else _one(names, request.weight_col, "--weight-col", place)
    )
    by = None if request.by is None else _one(names, request.by, "--by", place)
    targets: tuple[int, ...] = ()
    if request.target_cols is not None:
        targets = _several(names, request.target_cols, "--target-cols", place)
    label = _label(names, request, place, needed=request.wanted != "none" and not targets)
    if request.logit_cols is not None:
        values = _several(names, request.logit_cols, "--logit-cols", place)
    else:
        by_name = _label_positions(names) if label is None else [label]
        beside = (at for at, name in enumerate(names) if name in request.beside)
        taken = {*by_name, *targets, weight, by, *beside}
        values = tuple(
            at
            for at, name in enumerate(names)
            if numeric[at] and at not in taken and name.strip().lower() not in OTHER_NAMES
        )
    for at in values:
        if at in (label, weight) or at in targets:
            raise UsageError(
                f"--logit-cols: the column {quoted(names[at])} cannot be a class and something else"
            )
    if not values:
        raise DataError(
            "no column of numbers to take as logits",
            place=place,
            hint="name the columns with --logit-cols",
        )
    if targets and len(targets) != len(values):
        raise UsageError(
            f"--target-cols names {counted(len(targets), 'column')} for "
            f"{counted(len(values), 'column')} of logits"
        )
    return Columns(values, label, targets, weight, by, _id(names, {*values, *targets, weight}))


def _check_one_column(names: Sequence[str], place: Place) -> None:
    for mark, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        if mark in names[0]:
            written = "'\\t'" if mark == "\t" else f"'{mark}'"
            raise DataError(
                "no column of numbers to take as logits",
                place=place,
                hint=f"the header has {name} in it; try --delimiter {written}",
            )


def _label_positions(names: Sequence[str]) -> list[int]:
    return [at for at, name in enumerate(names) if name.strip().lower() in LABEL_NAMES]


def _label(names: Sequence[str], request: Request, place: Place, *, needed: bool) -> int | None:
    if request.label_col is not None:
        return _one(names, request.label_col, "--label-col", place)
    if not needed or request.attached is not None:
        return None
    found = _label_positions(names)
    if len(found) > 1:
        listed = " and ".join(quoted(names[at]) for at in found)
        raise UsageError(
            f"{place}: the columns {listed} could both be the label", hint="say which: --label-col"
        )
    return found[0] if found else None


def _id(names: Sequence[str], taken: set[int | None]) -> int | None:
    """The column that says what a sample is called."""
    free = {name.strip().lower(): at for at, name in enumerate(names) if at not in taken}
    return next((free[name] for name in OTHER_NAMES if name in free), None)


def _one(names: Sequence[str], wanted: str, option: str, place: Place) -> int:
    found = _several(names, wanted, option, place, ranges=False)
    if len(found) != 1:
        raise UsageError(f"{option}: {quoted(wanted)} names {len(found)} columns, not one")
    return found[0]


def _several(
    names: Sequence[str], wanted: str, option: str, place: Place, *, ranges: bool = True
) -> tuple[int, ...]:
    if wanted in names:
        return (_unique(names, wanted, option),)
    parts = wanted.split(",") if ranges else [wanted]
    positions = [at for part in parts for at in _part(names, part.strip(), option, place)]
    repeated = [at for at in positions if positions.count(at) > 1]
    if repeated:
        raise UsageError(f"{option}: column {quoted(names[repeated[0]])} is named twice")
    return tuple(positions)


def _part(names: Sequence[str], part: str, option: str, place: Place) -> list[int]:
    if part in names:
        return [_unique(names, part, option)]
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
    if any(mark in part for mark in "*?["):
        found = [at for at, name in enumerate(names) if fnmatchcase(name, part)]
        if found:
            return found
    start, _, end = part.partition("-")
    if start in names and end in names:
        hint = "a range is of numbers, such as 2-11; a glob, such as logit_*, is of names"
    else:
        hint = near_or_all(part, names, "columns")
    raise UsageError(f"{option}: {place} has no column {quoted(part)}", hint=hint)


def _unique(names: Sequence[str], name: str, option: str) -> int:
    if list(names).count(name) > 1:
        raise UsageError(
            f"{option}: several columns are called {quoted(name)}",
            hint="give the column's number instead, from 1",
        )
    return list(names).index(name)


def taken_for_classes(chosen: Sequence[str], request: Request, place: Place) -> tuple[Remark, ...]:
    """A word where columns of other numbers, such as the losses that ``ce`` writes, would pass for
    classes."""
    if request.logit_cols is not None:
        return ()
    odd = [name for name in chosen if _is_rarely_a_class(name.strip().lower())]
    if not odd:
        return ()
    listed = " and ".join(map(quoted, odd[:5]))
    are = "is taken for a class" if len(odd) == 1 else "are taken for classes"
    columns = "the column" if len(odd) == 1 else "the columns"
    return (Remark(f"{columns} {listed} {are} (--logit-cols names the classes)", place),)


def _is_rarely_a_class(name: str) -> bool:
    return name in RARELY_CLASSES or name.endswith("_id")


def left_over(names: Sequence[str], columns: Columns) -> list[str]:
    """The columns that are nothing: neither values nor anything else that is known by its name."""
    used = {*columns.values, *columns.targets, columns.label, columns.weight, columns.by}
    known = (*LABEL_NAMES, *OTHER_NAMES)
    return [
        name
        for at, name in enumerate(names)
        if at not in used and name.strip().lower() not in known
    ]


def near_or_all(wanted: str, known: Iterable[str], what: str) -> str:
    """The name that is nearest, else the first names that there are.

    >>> near_or_all("lable", ["a", "label"], "columns"), near_or_all("x", ["a", "b"], "keys")
    ('did you mean "label"?', 'the keys are "a", "b"')
    """
    from difflib import get_close_matches  # slow to import, and seldom needed

    names = list(known)
    near = get_close_matches(wanted, names, 1)
    return f"did you mean {quoted(near[0])}?" if near else listed(names, what)


def listed(names: Sequence[str], what: str) -> str:
    """The first names that there are."""
    if not names:
        return f"there are no {what}"
    shown = [quoted(name) for name in names[:MOST_LISTED]] + ["…"] * (len(names) > MOST_LISTED)
    return f"the {what} are {', '.join(shown)}"
