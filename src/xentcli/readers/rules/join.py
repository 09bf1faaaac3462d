"""Decides how the rows of a second file (``--labels-from``, ``--targets-from``) are matched with
the samples of the first file: by which column of ids, or by position."""

from __future__ import annotations

from collections.abc import Sequence

from xentcli.errors import DataError, Place, UsageError, counted, quoted
from xentcli.model import Remark
from xentcli.readers.interface import Attached, Request
from xentcli.readers.rules.column_names import ID_ENDING, ID_NAMES, LABEL_NAMES, NAMELESS
from xentcli.readers.rules.ids import Ids, row_place
from xentcli.readers.rules.named_columns import suggest_names
from xentcli.readers.rules.numbers_labels import looks_like_number

# The name that Arrow gives to the index of a pandas table if it has none.
NAMELESS_IN_ARROW = "__index_level_0__"

BY_POSITION = "--by-position goes without ids"


def is_id(name: str) -> bool:
    """Whether a column of that name holds the samples' ids.

    >>> is_id("image_id"), is_id("ImageId"), is_id("index"), is_id("paid"), is_id("")
    (True, True, True, False, False)
    """
    name = name.strip()
    return name.lower() in (*ID_NAMES, "key") or ID_ENDING.fullmatch(name) is not None


def id_columns(names: Sequence[str], request: Request, place: Place) -> list[int]:
    """Find the columns of a second file that may hold ids: the one that ``--on`` names, else those
    with a name for ids; none with ``--by-position``."""
    second = request.second
    if second.by_position:
        return []
    if second.on is not None:
        return [_find_id_column(names, second.on, place)]
    return [at for at, name in enumerate(names) if is_id(name) or _is_nameless(name, at)]


def label_column(names: Sequence[str], ids: Sequence[int], request: Request, place: Place) -> int:
    """Find the label column of a second file: the one that ``--label-col`` names, else one called
    label or the like, else the only one without ids."""
    asked = request.second.label_col
    if asked is not None:
        return _find_asked_label(names, asked, place)
    of_ids = {*ids, *(at for at, name in enumerate(names) if is_id(name) or _is_nameless(name, at))}
    left = [at for at in range(len(names)) if at not in of_ids]
    named = [at for at in left if names[at].strip().lower() in LABEL_NAMES]
    found = named or left or list(range(len(names)))
    if len(found) != 1:
        raise UsageError(
            f"{place}: which of its {len(names)} columns holds the labels?",
            hint="say which: --label-col",
        )
    return found[0]


def _find_asked_label(names: Sequence[str], asked: str, place: Place) -> int:
    if asked in names:
        return list(names).index(asked)
    if asked.isdecimal() and 1 <= int(asked) <= len(names):
        return int(asked) - 1
    hint = suggest_names(asked, names, "columns")
    raise UsageError(f"--label-col: {place} has no column {quoted(asked)}", hint=hint)


def _find_id_column(names: Sequence[str], wanted: str, place: Place) -> int:
    found = [at for at, name in enumerate(names) if name.strip() == wanted.strip()]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"--on: {place} has several columns called {quoted(wanted)}")
    hint = suggest_names(wanted, names, "columns")
    raise UsageError(f"--on: {place} has no column {quoted(wanted)}", hint=hint)


def _is_nameless(name: str, at: int) -> bool:
    first = at == 0 and NAMELESS.fullmatch(name.strip()) is not None
    return first or name == NAMELESS_IN_ARROW


def _comparable_name(name: str, at: int) -> str:
    """Return the form in which names of columns are compared: lower case, and one name for every
    index without a name."""
    return NAMELESS_IN_ARROW if _is_nameless(name, at) else name.strip().lower()


def pair_files(request: Request, names: Sequence[str], place: Place) -> Request:
    """Return the request for a first file that has columns of these names. Its labels from
    elsewhere get the column of ids that matches both files, if there is one."""
    attached = request.attached
    if attached is None or attached.origin.form == "typed" or request.wanted == "none":
        return request
    if attached.may_have_header and request.header is None:
        attached = _without_header(attached, (*names, *request.classes))
    _check_one_label(attached, request, names, place)
    ids = _find_shared_ids(attached, request, names, place)
    remarks = attached.remarks
    if ids is None:
        _check_unread(attached, names, place)
    if ids is None and attached.ids:
        remarks = (*remarks, _remark_on_position(attached, names, place))
    not_classes = () if request.second.label_col is None else (attached.label_name,)
    if ids is not None:
        _check_usable(ids, attached)
        not_classes = (*not_classes, ids.name)
    return request._replace(
        attached=attached._replace(ids=(), join=ids, remarks=remarks),
        not_classes=tuple(name.strip() for name in not_classes),
    )


def _check_unread(attached: Attached, names: Sequence[str], place: Place) -> None:
    """Refuse to match by position where both files have ids, but those of the second are
    unreadable."""
    here = {_comparable_name(name, at) for at, name in enumerate(names)}
    for key, reason in attached.unread:
        if _comparable_name(key, 0) in here:
            raise DataError(
                f"{quoted(key)} is in {place} too, and here it is not taken for ids ({reason})",
                place=Place(attached.origin.source),
                hint=BY_POSITION,
            )


def _without_header(attached: Attached, names: Sequence[str]) -> Attached:
    """Drop the first label if it must be a header: if it is neither a number nor the name of a
    class, which may lack the prefix that all ``names`` share."""
    texts, at = attached.labels.texts, attached.labels.at
    first = texts[at[0]]
    if looks_like_number(first) or any(name.strip().endswith(first) for name in names):
        return attached
    origin = attached.origin._replace(lines=attached.origin.lines[1:])
    return attached._replace(
        labels=attached.labels[1:], size=attached.size - 1, origin=origin, label_name=first
    )


def _check_one_label(
    attached: Attached, request: Request, names: Sequence[str], place: Place
) -> None:
    """Refuse labels in both files where no option says which are meant."""
    # --label-col could not name the column of a file that holds only labels.
    if not attached.label_name or request.second.label_col is not None:
        return
    found = [name for name in names if name.strip().lower() in LABEL_NAMES]
    if found:
        raise UsageError(
            f"{place} has labels too, in {quoted(found[0])}, beside those of "
            f"{attached.origin.source}",
            hint="--label-col names the label's column of the second file; without --labels-from "
            "the first file's are taken",
        )


def _find_shared_ids(
    attached: Attached, request: Request, names: Sequence[str], place: Place
) -> Ids | None:
    """Find the ids of the second file whose column the first file has as well."""
    if request.second.on is not None:
        at = _find_id_column(names, request.second.on, place)
        return attached.ids[0]._replace(name=names[at])
    here = {_comparable_name(name, at): name for at, name in reversed(list(enumerate(names)))}
    shared = [
        ids._replace(name=here[_comparable_name(ids.name, 0)])
        for ids in attached.ids
        if _comparable_name(ids.name, 0) in here
    ]
    named = [ids for ids in shared if not _is_nameless(ids.name, 0)]
    if len(named) > 1:
        listed = " and ".join(quoted(ids.name) for ids in named)
        raise UsageError(
            f"{place} and {attached.origin.source} could be matched by {listed}",
            hint="--on NAME says which, --by-position that neither is",
        )
    # Nameless columns, which number the rows, serve only without named ids, and if no two are
    # alike.
    chosen = next(iter(named or [ids for ids in shared if ids.repeated is None]), None)
    if chosen is not None:
        key = _comparable_name(chosen.name, list(names).index(chosen.name))
        alike = [name for at, name in enumerate(names) if _comparable_name(name, at) == key]
        if len(alike) > 1:
            listed = " and ".join(map(quoted, alike))
            raise UsageError(f"{place}: the columns {listed} could both be the ids")
    return chosen


def _remark_on_position(attached: Attached, names: Sequence[str], place: Place) -> Remark:
    named = [ids.name for ids in attached.ids if not _is_nameless(ids.name, 0)]
    reason = f"no column of {place} is called {' or '.join(map(quoted, named))}"
    if not named:
        reason = f"{place} does not begin with a column without a name"
    here = {_comparable_name(name, at) for at, name in enumerate(names)}
    for ids in attached.ids:
        # Only a column without a name is passed over because two of its ids are alike.
        if ids.repeated is not None and _comparable_name(ids.name, 0) in here:
            reason = f"its column without a name has {quoted(ids.text(ids.repeated[0]))} twice"
    message = f"its rows are matched by position: {reason}"
    message = f"{message} (--on names one, --by-position says that it is so)"
    return Remark(message, Place(attached.origin.source), word="note")


def _check_usable(ids: Ids, attached: Attached) -> None:
    origin = attached.origin
    if len(ids.texts) != attached.size:
        what = "label" if attached.labels is not None else "soft target"
        message = f"{counted(len(ids.texts), 'id')} for {counted(attached.size, what)}"
        raise DataError(message, place=Place(origin.source, detail=ids.name), hint=BY_POSITION)
    if ids.missing is not None:
        raise DataError(
            f"column {quoted(ids.name)}: the id is missing", place=row_place(origin, ids.missing)
        )
    if ids.repeated is not None:
        first, second = ids.repeated
        where = row_place(origin, first)
        spot = f"line {where.line}" if where.line is not None else where.detail
        text = ids.text(first)
        raise DataError(
            f"column {quoted(ids.name)}: the id {quoted(text) + ' ' if text else ''}stands twice, "
            f"first in {spot}",
            place=row_place(origin, second),
            hint="which of the two rows is meant cannot be told",
        )


def remarks_on_pairing(request: Request) -> tuple[Remark, ...]:
    """Return the warnings and notes on the second file, and on how its rows are matched."""
    return () if request.attached is None else request.attached.remarks


def is_by_position(request: Request) -> bool:
    """Whether labels from elsewhere are matched with the samples by position."""
    return request.attached is not None and request.attached.join is None


def find_join_column(request: Request, names: Sequence[str]) -> int | None:
    """Find the first file's column of the ids that match both files; None where there is none."""
    attached = request.attached
    if attached is None or attached.join is None:
        return None
    return list(names).index(attached.join.name)
