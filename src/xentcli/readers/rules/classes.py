"""Which columns are the classes, where no option names them.

The names decide where they can, else the cells of the first samples; where several choices are
possible, the input is refused.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from xentcli.errors import DataError, Place, UsageError, quoted
from xentcli.model import NamedTuple
from xentcli.readers.interface import Request
from xentcli.readers.rules.class_indices import texts_of_labels
from xentcli.readers.rules.column_names import (
    BESIDE_CLASSES,
    ID_ENDING,
    ID_NAMES,
    LABEL_NAMES,
    NAMELESS,
    NUMBERED,
    OWN_LOSS,
    STEMS_OF_CLASSES,
    label_positions,
    says_its_kind,
    what_xent_wrote,
)
from xentcli.readers.rules.look import Look


class Classes(NamedTuple):
    """The columns that are classes, in the order of the classes, and whether they were chosen by
    the numbers in their names."""

    at: tuple[int, ...]
    by_number: bool = False


def choose_classes(
    look: Look,
    request: Request,
    used: Collection[int],
    label: int | None,
    place: Place,
    *,
    has_names: bool,
) -> Classes:
    """Choose the classes where no option names them, among the columns that are not ``used``."""
    names = look.names
    if not has_names:
        return Classes(_by_cells(look, [at for at in range(len(names)) if at not in used]))
    if own := what_xent_wrote(names):
        raise DataError(own, place=place)
    _check_label_names(look, label, place)
    never = {*used, *label_positions(names), *_never_classes(names)}
    free = [at for at in range(len(names)) if at not in never]
    beside = [at for at in free if names[at].lower() in BESIDE_CLASSES]
    _check_not_a_class_name(
        look, [at for at in beside if look.is_numeric(at)], request, label, place
    )
    free = [at for at in free if at not in beside]
    if request.questions and not any(map(look.is_numeric, free)):
        # A prediction by itself is the answer to a yes/no question.
        return Classes(_by_cells(look, beside))
    numbered = _by_number(look, free, place)
    if numbered is not None:
        return numbered
    _check_prefix(look, free, place)
    return Classes(_by_cells(look, free))


def _check_prefix(look: Look, free: Sequence[int], place: Place) -> None:
    """Refuse columns of which only some have a name such as ``logit_cat``."""
    numeric = [at for at in free if look.is_numeric(at)]
    said = [at for at in numeric if says_its_kind(look.names[at])]
    others = [at for at in numeric if at not in said]
    if len(said) > 1 and others:
        names = look.names
        doubt = f"the columns {quoted(names[said[0]])} and {quoted(names[others[0]])}"
        raise _in_doubt(place, f"{doubt} could both be classes, or one of them")


def _check_label_names(look: Look, label: int | None, place: Place) -> None:
    """Refuse a column called ``y`` or ``class`` where an option names another one as the label: it
    might be a class, or a second label."""
    names = look.names
    if label is None or names[label].lower() in LABEL_NAMES:
        return
    for at in label_positions(names):
        if at != label and names[at].lower() in ("y", "class") and look.is_numeric(at):
            raise _in_doubt(place, f"the column {quoted(names[at])} could be a class, or a label")


def _in_doubt(place: Place, doubt: str) -> UsageError:
    return UsageError(f"{place}: {doubt}", hint="--logit-cols names the classes")


def _never_classes(names: Sequence[str]) -> set[int]:
    """Find the columns whose names say that they are no class: ids of samples, and what our own
    output writes beside the classes."""
    never = {at for at, name in enumerate(names) if _is_id(name)}
    if not names:
        return never
    if names[0].lower() == "sample":
        for at, name in enumerate(names[1:], start=1):
            if name != f"d{at}":
                break
            never.add(at)
    if OWN_LOSS.fullmatch(names[-1].lower()):
        never.add(len(names) - 1)
        if names[-1].lower() != "loss":
            # Our own output has a loss for each yes/no question.
            never |= {at for at, name in enumerate(names) if name.lower().startswith("loss_")}
    return never


def _is_id(name: str) -> bool:
    return bool(NAMELESS.fullmatch(name) or name.lower() in ID_NAMES or ID_ENDING.fullmatch(name))


def _check_not_a_class_name(
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
    for at in beside:
        if look.names[at].lower() in said:
            name = quoted(look.names[at])
            raise _in_doubt(place, f"the column {name} has a class's name, but seldom is a class")


def _by_number(look: Look, free: Sequence[int], place: Place) -> Classes | None:
    """Choose the columns whose names are one stem with numbers from 0 or 1 without a gap; None
    where there is no such stem. A second stem is refused, and so is another numeric column beside
    an unusual stem."""
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
    """Find the stems whose numbers have no gap, each with its columns in the order of the
    numbers."""
    found: dict[str, list[tuple[int, int]]] = {}
    for at in free:
        match = NUMBERED.fullmatch(look.names[at])
        # Python refuses to convert very long numbers.
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
    """Whether numbered columns may be the classes although other columns have numbers. Columns of
    words may not; nor may empty ones, unless their stem is usual for classes, whose values may be
    missing."""
    if any(look.is_numeric(at) for at in run):
        return True
    return _plain_stem(stem) in STEMS_OF_CLASSES and all(look.is_empty(at) for at in run)


def _plain_stem(stem: str) -> str:
    return re.sub(r"[-. :/]", "_", stem).strip("_")


def _span(look: Look, run: Sequence[int]) -> str:
    return f"{quoted(look.names[run[0]])} to {quoted(look.names[run[-1]])}"


def _by_cells(look: Look, free: Sequence[int]) -> tuple[int, ...]:
    """Choose the numeric columns. A first column that numbers the rows is left out where others
    have fractions. An empty column is a class with missing values if it is called ``logit_…`` or
    the like, as others are."""
    numeric = [at for at in free if look.is_numeric(at)]
    if any(says_its_kind(look.names[at]) for at in numeric):
        empty = [at for at in free if says_its_kind(look.names[at]) and look.is_empty(at)]
        numeric = sorted([*numeric, *empty])
    first = 0 in numeric and look.counts(0)
    if first and any(look.is_whole(at) is False for at in numeric[1:]):
        return tuple(numeric[1:])
    return tuple(numeric)
