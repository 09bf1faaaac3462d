"""Which columns of a text, a table or flat records hold what: the classes, the label, the soft
targets, the sample weight, the group and the id.

What the options do not say is concluded from the names, then from the cells of the first samples. A
guess that leaves a column out is reported; where nothing can be concluded, the input is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Protocol

from xentcli.errors import DataError, NoClasses, Place, UsageError, counted, quoted
from xentcli.model import NamedTuple, Remark
from xentcli.readers.interface import Request
from xentcli.readers.rules.column_names import (
    BESIDE_CLASSES,
    ID_ENDING,
    ID_NAMES,
    KIND_PREFIX,
    LABEL_NAMES,
    NAMELESS,
    NUMBERED,
    OWN_LOSS,
    OWN_TOTAL,
    PLAIN_IDS,
    PREDICTIONS,
    RARELY_CLASSES,
    STEMS_OF_CLASSES,
)
from xentcli.readers.rules.named_columns import column_of, columns_of
from xentcli.readers.rules.numbers_labels import without_common_prefix
from xentcli.readers.rules.sample_numbers import number_column, number_option
from xentcli.readers.rules.targets import texts_of_labels

# So many samples are looked at, however the input comes.
LOOKED_AT = 100
# So many rows that count show that a column numbers the rows.
ROWS_THAT_COUNT = 3
MOST_TOLD = 5


class Look(Protocol):
    """What the names and the first samples of an input show of its columns, numbered from 0."""

    @property
    def names(self) -> Sequence[str]:
        """The names of the columns, without surrounding blanks."""

    def is_numeric(self, at: int) -> bool:
        """Whether a cell is a number, or all of them are words for a missing one."""

    def is_empty(self, at: int) -> bool:
        """Whether there are rows, and nothing is in any of them: such a column is no class."""

    def is_whole(self, at: int) -> bool | None:
        """Whether the numbers are integers alone, without a point or an exponent; None if there are
        none."""

    def counts(self, at: int) -> bool:
        """Whether the cells of several rows are integers that go up by one from 0 or 1."""

    def texts(self, at: int) -> Collection[str]:
        """The cells as they are written."""


class Columns(NamedTuple):
    """Positions of columns, from 0. ``weight`` is the column with a number for each sample: its
    weight, or its bytes."""

    values: tuple[int, ...]
    label: int | None = None
    targets: tuple[int, ...] = ()
    weight: int | None = None
    by: int | None = None
    id: int | None = None


class Choice(NamedTuple):
    """The columns that were chosen, the numeric ones that were left out, and remarks on both."""

    columns: Columns
    left_out: tuple[str, ...] = ()
    remarks: tuple[Remark, ...] = ()


class Classes(NamedTuple):
    """The columns that are classes, in their order, and whether the numbers in their names decided
    it."""

    at: tuple[int, ...]
    by_number: bool = False


def choose_columns(look: Look, request: Request, place: Place, *, has_names: bool = True) -> Choice:
    """The columns that the options name, else those that the names and the first samples suggest.

    Without a header (``has_names`` is false) only the cells count.
    """
    names = look.names
    weight = _one_if_asked(names, number_column(request), number_option(request), place)
    by = _one_if_asked(names, request.by, "--by", place)
    targets: tuple[int, ...] = ()
    if request.target_cols is not None:
        targets = columns_of(names, request.target_cols, "--target-cols", place)
    label = _label(names, request, place, needed=request.wanted != "none" and not targets)
    used = {at for at in (label, weight, by, *targets) if at is not None}
    beside = {at for at, name in enumerate(names) if name in request.beside}
    if request.logit_cols is not None:
        classes = Classes(columns_of(names, request.logit_cols, "--logit-cols", place))
    else:
        classes = _classes(look, request, used | beside, label, place, has_names=has_names)
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
    columns = Columns(values, label, targets, weight, by, _id(names, {*values, *used} - {by}))
    if request.logit_cols is not None:
        return Choice(columns)
    left_out = _left_out(look, values, used | beside, label)
    empty = [at for at in left_out if look.is_empty(at)]
    if _goes_without_saying(names, left_out):
        left_out = empty = []
    return Choice(
        columns,
        tuple(_shown_name(names, at) for at in left_out),
        (
            *_remarks(look, classes, left_out, empty, place, has_names=has_names),
            *(() if request.questions else _alone(look, columns, place, has_names=has_names)),
        ),
    )


def _one_if_asked(
    names: Sequence[str], wanted: str | None, option: str, place: Place
) -> int | None:
    return None if wanted is None else column_of(names, wanted, option, place)


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


def _classes(
    look: Look,
    request: Request,
    used: Collection[int],
    label: int | None,
    place: Place,
    *,
    has_names: bool,
) -> Classes:
    """The classes where no option names them."""
    names = look.names
    if not has_names:
        return Classes(_by_cells(look, [at for at in range(len(names)) if at not in used]))
    if tuple(map(str.lower, names)) == OWN_TOTAL:
        raise DataError("this is a total that xent wrote, and has no logits", place=place)
    _check_label_names(look, label, place)
    never = {*used, *_label_positions(names), *_never_classes(names)}
    free = [at for at in range(len(names)) if at not in never]
    beside = [at for at in free if names[at].lower() in BESIDE_CLASSES]
    _check_not_called(look, [at for at in beside if look.is_numeric(at)], request, label, place)
    free = [at for at in free if at not in beside]
    if request.questions and not any(map(look.is_numeric, free)):
        # A prediction alone answers a yes/no question.
        return Classes(_by_cells(look, beside))
    numbered = _by_number(look, free, place)
    if numbered is not None:
        return numbered
    _check_prefix(look, free, place)
    return Classes(_by_cells(look, free))


def _check_prefix(look: Look, free: Sequence[int], place: Place) -> None:
    """Refuse columns of which only some have a name such as ``logit_cat``."""
    numeric = [at for at in free if look.is_numeric(at)]
    said = [at for at in numeric if _says_its_kind(look, at)]
    others = [at for at in numeric if at not in said]
    if len(said) > 1 and others:
        names = look.names
        doubt = f"the columns {quoted(names[said[0]])} and {quoted(names[others[0]])}"
        raise _in_doubt(place, f"{doubt} could both be classes, or one of them")


def _check_label_names(look: Look, label: int | None, place: Place) -> None:
    """Refuse a second column that is called like a label: where an option names the label's column,
    that one might be a class."""
    names = look.names
    if label is None or names[label].lower() in LABEL_NAMES:
        return
    for at in _label_positions(names):
        if at != label and names[at].lower() in ("y", "class") and look.is_numeric(at):
            raise _in_doubt(place, f"the column {quoted(names[at])} could be a class, or a label")


def _in_doubt(place: Place, doubt: str) -> UsageError:
    return UsageError(f"{place}: {doubt}", hint="--logit-cols names the classes")


def _never_classes(names: Sequence[str]) -> set[int]:
    """The columns whose names say that they are no class: ids of samples, and what our own output
    writes beside the classes."""
    never = {at for at, name in enumerate(names) if _is_id(name)}
    if names[0].lower() == "sample":
        for at, name in enumerate(names[1:], start=1):
            if name != f"d{at}":
                break
            never.add(at)
    if OWN_LOSS.fullmatch(names[-1].lower()):
        never.add(len(names) - 1)
        if names[-1].lower() != "loss":
            # A loss for each question.
            never |= {at for at, name in enumerate(names) if name.lower().startswith("loss_")}
    return never


def _is_id(name: str) -> bool:
    return bool(NAMELESS.fullmatch(name) or name.lower() in ID_NAMES or ID_ENDING.fullmatch(name))


def _check_not_called(
    look: Look, beside: Sequence[int], request: Request, label: int | None, place: Place
) -> None:
    """Refuse to leave out a column whose name is that of a label, or is in ``--classes``."""
    if not beside:
        return
    said = {name.lower() for name in request.classes}
    if label is not None:
        said |= {text.strip().lower() for text in look.texts(label)}
    if request.attached is not None:
        said |= {text.strip().lower() for text in texts_of_labels(request.attached)}
    shorter = without_common_prefix(look.names)
    for at in beside:
        if {look.names[at].lower(), shorter[at].lower()} & said:
            name = quoted(look.names[at])
            raise _in_doubt(place, f"the column {name} has a class's name, but seldom is a class")


def _by_number(look: Look, free: Sequence[int], place: Place) -> Classes | None:
    """The columns whose names are one stem with numbers from 0 or 1 without a gap, or None. Refuse
    a second stem, and another numeric column beside an unusual stem."""
    stems = _stems(look, free)
    if not stems:
        return None
    (stem, run), *more = stems.items()
    numbered = set(run)
    others = [at for at in free if at not in numbered and look.is_numeric(at)]
    if more:
        doubt = f"the columns {_span(look, run)} and {_span(look, more[0][1])}"
    elif others and _plain_stem(stem) not in STEMS_OF_CLASSES:
        doubt = f"the columns {_span(look, run)} and {quoted(look.names[others[0]])}"
    else:
        return Classes(tuple(run), by_number=True)
    raise _in_doubt(place, f"{doubt} could all be classes, or some of them")


def _stems(look: Look, free: Sequence[int]) -> dict[str, list[int]]:
    """The stems, each with its columns in the order of their numbers, which have no gap."""
    found: dict[str, list[tuple[int, int]]] = {}
    for at in free:
        match = NUMBERED.fullmatch(look.names[at])
        # Longer numbers Python refuses to read.
        if match and len(match[2]) < 10 and match[2].isascii():
            found.setdefault(match[1].lower(), []).append((int(match[2]), at))
    result = {}
    for stem, pairs in found.items():
        pairs.sort()
        numbers = [number for number, _ in pairs]
        run = list(range(numbers[0], numbers[0] + len(pairs)))
        if len(pairs) > 1 and numbers[0] in (0, 1) and numbers == run:
            result[stem] = [at for _, at in pairs]
    if not any(look.is_numeric(at) for at in free):
        return result
    return {stem: run for stem, run in result.items() if _may_be_classes(look, stem, run)}


def _may_be_classes(look: Look, stem: str, run: Sequence[int]) -> bool:
    """Whether numbered columns say anything where others have numbers. Columns of words do not, nor
    do empty ones, unless they are called what classes are: their values may be missing."""
    if any(look.is_numeric(at) for at in run):
        return True
    return _plain_stem(stem) in STEMS_OF_CLASSES and all(look.is_empty(at) for at in run)


def _plain_stem(stem: str) -> str:
    return re.sub(r"[-. :/]", "_", stem).strip("_")


def _span(look: Look, run: Sequence[int]) -> str:
    return f"{quoted(look.names[run[0]])} to {quoted(look.names[run[-1]])}"


def _by_cells(look: Look, free: Sequence[int]) -> tuple[int, ...]:
    """The numeric columns, without a first one that numbers the rows where others have
    fractions. An empty one that is called logit_… as they are is a class with missing values."""
    numeric = [at for at in free if look.is_numeric(at)]
    if any(_says_its_kind(look, at) for at in numeric):
        empty = [at for at in free if _says_its_kind(look, at) and look.is_empty(at)]
        numeric = sorted([*numeric, *empty])
    first = 0 in numeric and look.counts(0)
    if first and any(look.is_whole(at) is False for at in numeric[1:]):
        return tuple(numeric[1:])
    return tuple(numeric)


def _says_its_kind(look: Look, at: int) -> bool:
    return KIND_PREFIX.match(look.names[at]) is not None


def _left_out(
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


def _remarks(
    look: Look,
    classes: Classes,
    left_out: Sequence[int],
    empty: Sequence[int],
    place: Place,
    *,
    has_names: bool,
) -> Iterable[Remark]:
    names = look.names
    told: list[str] = []
    numeric = [at for at in left_out if at not in empty]
    if numeric:
        told.append(f"left out: {_join_names(names, numeric)}")
    if empty:
        told.append(f"left out, empty in the first rows: {_join_names(names, empty)}")
    if list(classes.at) != sorted(classes.at):
        told.append("they are in the order of their numbers")
    guessed = [at for at in classes.at if not (classes.by_number or _says_its_kind(look, at))]
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


def _alone(look: Look, columns: Columns, place: Place, *, has_names: bool) -> Iterable[Remark]:
    """A note if only one column is numeric."""
    names, (first, *others) = look.names, columns.values
    known = {*LABEL_NAMES, *ID_NAMES}
    words = [
        at
        for at in range(len(names))
        if at not in (first, *columns.targets, columns.label, columns.weight, columns.by)
        and not look.is_numeric(at)
        and not look.is_empty(at)
        and names[at]
        and names[at].lower() not in known
    ]
    if words and has_names and not others:
        message = f"only the column {quoted(names[first])} is a class; no numbers stand in "
        yield Remark(message + _join_names(names, words), place)


def _goes_without_saying(names: Sequence[str], left_out: Sequence[int]) -> bool:
    if len(left_out) != 1:
        return False
    (at,) = left_out
    return names[at].lower() in PLAIN_IDS or (at == 0 and bool(NAMELESS.fullmatch(names[at])))


def _join_names(names: Sequence[str], at: Sequence[int]) -> str:
    shown = [quoted(_shown_name(names, one)) for one in at[:MOST_TOLD]]
    if len(at) <= MOST_TOLD:
        return ", ".join(shown)
    return f"{', '.join(shown[:-1])}, … {quoted(_shown_name(names, at[-1]))} ({len(at):,} columns)"


def _shown_name(names: Sequence[str], at: int) -> str:
    return names[at] or f"column {at + 1}"


def _label_positions(names: Sequence[str]) -> list[int]:
    return [at for at, name in enumerate(names) if name.lower() in LABEL_NAMES]


def _label(names: Sequence[str], request: Request, place: Place, *, needed: bool) -> int | None:
    if request.label_col is not None:
        return column_of(names, request.label_col, "--label-col", place)
    if not needed or request.attached is not None:
        return None
    found = _label_positions(names)
    if len(found) > 1:
        listed = " and ".join(quoted(names[at]) for at in found)
        raise UsageError(
            f"{place}: the columns {listed} could both be the label", hint="say which: --label-col"
        )
    return found[0] if found else None


def _id(names: Sequence[str], taken: Collection[int]) -> int | None:
    """The column of the samples' ids."""
    free = {name.lower(): at for at, name in enumerate(names) if at not in taken}
    return next((free[name] for name in PLAIN_IDS if name in free), None)
