"""Which columns of a text, a table or flat records hold what: the classes, the label, the soft
targets, the sample weight, the group and the id.

What the options do not say is concluded from the names, then from the cells of the first samples:
the classes in :mod:`xentcli.readers.rules.classes`. A guess that leaves a column out is reported by
:mod:`xentcli.readers.rules.column_remarks`; where nothing can be concluded, the input is refused.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from xentcli.errors import NoClasses, Place, UsageError, counted, quoted
from xentcli.model import NamedTuple, Remark
from xentcli.readers.interface import Request
from xentcli.readers.rules.classes import Classes, choose_classes
from xentcli.readers.rules.column_names import PLAIN_IDS, PREDICTIONS, label_positions
from xentcli.readers.rules.column_remarks import (
    find_left_out,
    go_without_saying,
    name_or_number,
    remarks_on_classes,
    remarks_on_only_class,
)
from xentcli.readers.rules.look import Look
from xentcli.readers.rules.named_columns import find_column, find_columns
from xentcli.readers.rules.sample_numbers import sample_number_column, sample_number_option


class Columns(NamedTuple):
    """The positions of columns, from 0. ``weight`` is the column with a number for each sample: its
    weight, or how many bytes of text it stands for."""

    values: tuple[int, ...]
    label: int | None = None
    targets: tuple[int, ...] = ()
    weight: int | None = None
    by: int | None = None
    id: int | None = None


class Choice(NamedTuple):
    """The columns that were chosen, the names of numeric columns that were left out, and remarks on
    both."""

    columns: Columns
    left_out: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()


def choose_columns(look: Look, request: Request, place: Place, *, has_names: bool = True) -> Choice:
    """Choose the columns that the options name, else those that the names and the first samples
    suggest.

    Without a header (``has_names`` is false) only the cells count.
    """
    names = look.names
    number = sample_number_column(request)
    weight = _find_if_asked(names, number, sample_number_option(request), place)
    by = _find_if_asked(names, request.by, "--by", place)
    targets: tuple[int, ...] = ()
    if request.target_cols is not None:
        targets = find_columns(names, request.target_cols, "--target-cols", place)
    label = _find_label(names, request, place, needed=request.wanted != "none" and not targets)
    used = {at for at in (label, weight, by, *targets) if at is not None}
    not_classes = used | {at for at, name in enumerate(names) if name in request.not_classes}
    if request.logit_cols is not None:
        classes = Classes(find_columns(names, request.logit_cols, "--logit-cols", place))
    else:
        classes = choose_classes(look, request, not_classes, label, place, has_names=has_names)
    values = classes.at
    for at in values:
        if at in (label, weight) or at in targets:
            raise UsageError(
                f"--logit-cols: the column {quoted(names[at])} cannot be a class and something else"
            )
    if not values:
        raise _no_classes(names, place)
    if targets and len(targets) != len(values):
        raise UsageError(
            f"--target-cols names {counted(len(targets), 'column')} for "
            f"{counted(len(values), 'column')} of logits"
        )
    columns = Columns(values, label, targets, weight, by, _find_id(names, {*values, *used} - {by}))
    if request.logit_cols is not None:
        return Choice(columns)
    left_out = find_left_out(look, values, not_classes, label)
    if go_without_saying(names, left_out):
        left_out = []
    remarks = [*remarks_on_classes(look, classes, left_out, place, has_names=has_names)]
    if has_names and not request.questions:
        remarks += remarks_on_only_class(look, values, used, place)
    return Choice(columns, tuple(name_or_number(names, at) for at in left_out), tuple(remarks))


def _find_if_asked(
    names: Sequence[str], wanted: str | None, option: str, place: Place
) -> int | None:
    return None if wanted is None else find_column(names, wanted, option, place)


def _no_classes(names: Sequence[str], place: Place) -> NoClasses:
    hint = "name the columns with --logit-cols"
    if len(names) == 1:
        for mark, name in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if mark in names[0]:
                written = "'\\t'" if mark == "\t" else f"'{mark}'"
                hint = f"the header has {name} in it; try --delimiter {written}"
    alone = [name for name in names if name.strip().lower() in PREDICTIONS]
    if len(alone) == 1:
        hint = f"xent bce takes {quoted(alone[0])} as the answer to a yes/no question"
    return NoClasses("no column of numbers to take as logits", place=place, hint=hint)


def _find_label(
    names: Sequence[str], request: Request, place: Place, *, needed: bool
) -> int | None:
    if request.label_col is not None:
        return find_column(names, request.label_col, "--label-col", place)
    if not needed or request.attached is not None:
        return None
    found = label_positions(names)
    if len(found) > 1:
        listed = " and ".join(quoted(names[at]) for at in found)
        raise UsageError(
            f"{place}: the columns {listed} could both be the label", hint="say which: --label-col"
        )
    return found[0] if found else None


def _find_id(names: Sequence[str], taken: Collection[int]) -> int | None:
    """Find the column of the samples' ids."""
    free = {name.lower(): at for at, name in enumerate(names) if at not in taken}
    return next((free[name] for name in PLAIN_IDS if name in free), None)
