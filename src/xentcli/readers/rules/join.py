"""Matches the rows of a second file (``--labels-from``, ``--targets-from``) with those of the first
by a column of ids that both have.

Ids are compared as text, without quotes and surrounding blanks. The hashes of the second file's ids
are held in memory, sorted; the ids of each block of the first file are looked up together.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xentcli.errors import DataError, Place, UsageError, counted, quoted
from xentcli.model import AnyArray, Batch, NamedTuple, Origin, Remark
from xentcli.readers.interface import Attached, Request
from xentcli.readers.rules.columns import ID_ENDING, ID_NAMES, LABEL_NAMES, NAMELESS
from xentcli.readers.rules.groups import name_of_value
from xentcli.readers.rules.named_columns import near_or_all
from xentcli.readers.rules.numbers_labels import looks_like_number
from xentcli.readers.rules.targets import attach

# What Arrow calls pandas' index where that has no name.
NAMELESS_IN_ARROW = "__index_level_0__"
# A longer id, or one with a zero in it, is stood for by its digest, which no text is.
LONGEST_ID = 64
DIGEST = b"\xff"
ZEROS = b"\0"

Positions = NDArray[np.int64]
BY_POSITION = "--by-position goes without ids"


class Ids(NamedTuple):
    """The ids of a second file's rows, and the name of their column.

    ``texts`` are the ids, ``hashes`` their sorted hashes, ``order`` the row of each hash.
    ``missing`` is the first row without an id, ``repeated`` two rows with the same one.
    """

    name: str
    texts: AnyArray
    hashes: AnyArray
    order: AnyArray
    seed: int
    missing: int | None = None
    repeated: tuple[int, int] | None = None

    def rows(self, ids: Sequence[bytes]) -> Positions:
        """The row of each id; -1 where the second file does not have it."""
        if not len(ids) or not len(self.texts):
            return np.full(len(ids), -1, dtype=np.int64)
        wanted = _as_array(ids)
        places = np.searchsorted(self.hashes, _hashes(wanted, self.seed))
        rows = self.order[np.minimum(places, len(self.order) - 1)]
        return np.where(self.texts[rows] == wanted, rows, -1)

    def text(self, row: int) -> str:
        """The id of a row for messages; empty if it is too long."""
        id: bytes = self.texts[row]
        return "" if id.startswith(DIGEST) else id.decode("utf-8", "backslashreplace")


def ids_of(name: str, ids: Sequence[bytes]) -> Ids:
    """The ids of a column, sorted so that they can be looked up."""
    texts = _as_array(ids)
    for seed in count(1):
        hashes = _hashes(texts, seed)
        order = np.argsort(hashes, kind="stable")
        ordered = hashes[order]
        alike = np.flatnonzero(ordered[1:] == ordered[:-1])
        first, second = order[alike], order[alike + 1]
        # Two ids with one hash by chance: with another seed they will not have it.
        if (texts[first] == texts[second]).all():
            break
    repeated = None
    if second.size:
        at = int(np.argmin(second))
        repeated = int(first[at]), int(second[at])
    empty = np.flatnonzero(texts == b"")
    missing = int(empty[0]) if empty.size else None
    return Ids(name, texts, ordered, order, seed, missing, repeated)


def id_of_value(value: Any) -> bytes:
    """A value of a record as an id: text as it is, a number as in JSON."""
    return name_of_value(value).strip().encode("utf-8", "surrogatepass")


def rows_of_values(request: Request, values: Sequence[Any]) -> AnyArray | None:
    """The rows of the second file with the ids of some records; None if an id is missing there, or
    is neither text nor a whole number."""
    attached = request.attached
    assert attached is not None
    assert attached.join is not None
    if not {int, str}.issuperset(map(type, values)):
        return None
    ids = [id_of_value(value) for value in values]
    rows = attached.join.rows(ids)
    # A record without an id is a fault, whatever the second file has.
    return None if (rows < 0).any() or not all(ids) else rows


def attach_by_ids(
    batch: Batch, values: Sequence[Any], places: Sequence[Place], request: Request
) -> Batch:
    """A batch in memory with the labels or soft targets of a second file. ``values`` are the ids of
    its samples, ``places`` where they stand."""
    attached = request.attached
    assert attached is not None
    assert attached.join is not None
    rows = _rows_of(attached, [id_of_value(value) for value in values], places)
    return attach(batch, request, batch.values_from.source, rows)


def _rows_of(attached: Attached, ids: Sequence[bytes], places: Sequence[Place]) -> Positions:
    """The row of each id, which must be there."""
    assert attached.join is not None
    rows = attached.join.rows(ids)
    for id, row, place in zip(ids, rows.tolist(), places, strict=True):
        if not id or row < 0:
            message, hint = without_partner(attached, id, hinted=True)
            raise DataError(message, place=place, hint=hint)
    return rows


def in_order_of_ids(
    attached: Attached, ids: Sequence[bytes], places: Sequence[Place]
) -> tuple[Attached, tuple[Remark, ...]]:
    """What a second file has, in the order of those ids of the first, so that it goes by position
    from here on; and a word about what was not needed."""
    rows = _rows_of(attached, ids, places)
    needed = np.zeros(attached.size, dtype=bool)
    needed[rows] = True
    origin = attached.origin
    if len(origin.lines):
        origin = origin._replace(lines=np.asarray(origin.lines)[rows])
    ordered = attached._replace(
        labels=None if attached.labels is None else attached.labels[rows],
        targets=None if attached.targets is None else attached.targets[rows],
        origin=origin,
        size=len(rows),
        shape=(),
        join=None,
    )
    return ordered, beyond(attached, needed)


def _as_array(ids: Sequence[bytes]) -> AnyArray:
    """Ids as fixed-width bytes, padded with zeros."""
    longest = max(map(len, ids), default=0)
    if longest > LONGEST_ID or ZEROS in b"".join(ids):
        ids = [_digest(id) if len(id) > LONGEST_ID or ZEROS in id else id for id in ids]
        longest = LONGEST_ID
    width = max(8, -(-longest // 8) * 8)
    return np.array(ids, dtype=f"S{width}")


def _digest(id: bytes) -> bytes:
    import hashlib  # slow to import, and seldom needed

    return DIGEST + hashlib.blake2b(id, digest_size=24).hexdigest().encode()


def _hashes(texts: AnyArray, seed: int) -> AnyArray:
    """A 64-bit hash of each text, which the padding does not change."""
    words = np.ascontiguousarray(texts).view("<u8").reshape(len(texts), -1)
    found = np.zeros(len(texts), dtype=np.uint64)
    for at in range(words.shape[1]):
        # A word of zeros adds nothing.
        mixed = words[:, at] * np.uint64((0x9E3779B97F4A7C15 * (2 * at + 1) * seed) % 2**64 | 1)
        mixed ^= mixed >> np.uint64(29)
        found += mixed * np.uint64((0xBF58476D1CE4E5B9 * (2 * at + 1)) % 2**64 | 1)
    return found


def is_id(name: str) -> bool:
    """Whether a column of that name has ids of the samples.

    >>> is_id("image_id"), is_id("ImageId"), is_id("index"), is_id("paid"), is_id("")
    (True, True, True, False, False)
    """
    name = name.strip()
    return name.lower() in (*ID_NAMES, "key") or ID_ENDING.fullmatch(name) is not None


def id_columns(names: Sequence[str], request: Request, place: Place) -> list[int]:
    """The columns of a second file that may hold ids: the one that ``--on`` names, else those with
    a name for ids; none with ``--by-position``."""
    second = request.second
    if second.by_position:
        return []
    if second.on is not None:
        return [_column(names, second.on, place)]
    return [at for at, name in enumerate(names) if is_id(name) or _is_nameless(name, at)]


def label_column(names: Sequence[str], ids: Sequence[int], request: Request, place: Place) -> int:
    """The label column of a second file: the one that ``--label-col`` names, else one called label
    or the like, else the only one without ids."""
    asked = request.second.label_col
    if asked is not None:
        return _asked_label(names, asked, place)
    left = [at for at in range(len(names)) if at not in ids]
    if request.second.by_position:
        left = [at for at in left if not (is_id(names[at]) or _is_nameless(names[at], at))]
    named = [at for at in left if names[at].strip().lower() in LABEL_NAMES]
    found = named or left or list(range(len(names)))
    if len(found) != 1:
        raise UsageError(
            f"{place}: which of its {len(names)} columns holds the labels?",
            hint="say which: --label-col",
        )
    return found[0]


def _asked_label(names: Sequence[str], asked: str, place: Place) -> int:
    if asked in names:
        return list(names).index(asked)
    if asked.isdecimal() and 1 <= int(asked) <= len(names):
        return int(asked) - 1
    hint = near_or_all(asked, names, "columns")
    raise UsageError(f"--label-col: {place} has no column {quoted(asked)}", hint=hint)


def _column(names: Sequence[str], wanted: str, place: Place) -> int:
    found = [at for at, name in enumerate(names) if name.strip() == wanted.strip()]
    if len(found) == 1:
        return found[0]
    if found:
        raise UsageError(f"--on: {place} has several columns called {quoted(wanted)}")
    hint = near_or_all(wanted, names, "columns")
    raise UsageError(f"--on: {place} has no column {quoted(wanted)}", hint=hint)


def _is_nameless(name: str, at: int) -> bool:
    first = at == 0 and NAMELESS.fullmatch(name.strip()) is not None
    return first or name == NAMELESS_IN_ARROW


def _same_name(name: str, at: int) -> str:
    """A name in lower case; the different names for no name are one."""
    return "" if _is_nameless(name, at) else name.strip().lower()


def pair_files(request: Request, names: Sequence[str], place: Place) -> Request:
    """The request for a first file with these columns, with the column of ids that matches it with
    the second file, if there is one."""
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
        remarks = (*remarks, _by_position(attached, names, place))
    beside = () if request.second.label_col is None else (attached.label_name,)
    if ids is not None:
        _check_usable(ids, attached)
        beside = (*beside, ids.name)
    return request._replace(
        attached=attached._replace(ids=(), join=ids, remarks=remarks),
        beside=tuple(name.strip() for name in beside),
    )


def _check_unread(attached: Attached, names: Sequence[str], place: Place) -> None:
    """Refuse to go by position where both files have ids, of which the second's are unreadable."""
    here = {_same_name(name, at) for at, name in enumerate(names)}
    for key, reason in attached.unread:
        if _same_name(key, 0) in here:
            raise DataError(
                f"{quoted(key)} is in {place} too, and here it is not taken for ids ({reason})",
                place=Place(attached.origin.source),
                hint=BY_POSITION,
            )


def _without_header(attached: Attached, names: Sequence[str]) -> Attached:
    """Labels without the first one if it must be a header: neither a number nor the name of a
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
    if attached.labels is None or request.second.label_col is not None:
        return
    # A file of nothing but labels has no column that could be named.
    if not attached.label_name:
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
    """Find the ids of a column that the first file has as well."""
    if request.second.on is not None:
        at = _column(names, request.second.on, place)
        return attached.ids[0]._replace(name=names[at]) if attached.ids else None
    here = {_same_name(name, at): name for at, name in reversed(list(enumerate(names)))}
    shared = [
        ids._replace(name=here[_same_name(ids.name, 0)])
        for ids in attached.ids
        if _same_name(ids.name, 0) in here
    ]
    named = [ids for ids in shared if _same_name(ids.name, 0)]
    if len(named) > 1:
        listed = " and ".join(quoted(ids.name) for ids in named)
        raise UsageError(
            f"{place} and {attached.origin.source} could be matched by {listed}",
            hint="--on NAME says which, --by-position that neither is",
        )
    # The numbers of rows are ids only if there is nothing better, and no two are the same.
    chosen = next(iter(named or [ids for ids in shared if ids.repeated is None]), None)
    if chosen is not None:
        key = _same_name(chosen.name, list(names).index(chosen.name))
        alike = [name for at, name in enumerate(names) if _same_name(name, at) == key]
        if len(alike) > 1:
            listed = " and ".join(map(quoted, alike))
            raise UsageError(f"{place}: the columns {listed} could both be the ids")
    return chosen


def _by_position(attached: Attached, names: Sequence[str], place: Place) -> Remark:
    there = " or ".join(quoted(ids.name) for ids in attached.ids)
    message = f"its rows are matched by position: no column of {place} is called {there}"
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


def row_place(origin: Origin, row: int) -> Place:
    """Where a row of a second file is, by its number from 0."""
    line = int(origin.lines[row]) if len(origin.lines) else row + 1
    if origin.form in ("text", "json lines"):
        return Place(origin.source, line)
    return Place(origin.source, detail=f"row {line}")


def without_partner(attached: Attached, id: bytes, *, hinted: bool) -> tuple[str, str]:
    """The message for an id that the second file does not have, and a hint. The hint needs a search
    through all ids, so it is made only where the message is shown."""
    text = id.decode("utf-8", "backslashreplace")
    if not text:
        return "the id is missing", ""
    message = f"{attached.origin.source} has no id {quoted(text)}"
    near = _same_number(attached, text) if hinted else ""
    if near:
        return message, f"it has {quoted(near)}: ids are compared as text"
    return message, ""


def _same_number(attached: Attached, text: str) -> str:
    """An id of the second file that is the same number written differently."""
    wanted = _number(text)
    ids = attached.join
    if wanted is None or ids is None:
        return ""
    found = (ids.text(row) for row in range(len(ids.texts)))
    return next((one for one in found if _number(one) == wanted), "")


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def beyond(attached: Attached, used: AnyArray) -> tuple[Remark, ...]:
    """A note on the rows of the second file that matched no row of the first."""
    unused = np.flatnonzero(~used)
    ids = attached.join
    if ids is None or not unused.size:
        return ()
    text = ids.text(int(unused[0]))
    message = (
        f"{unused.size:,} of its {counted(len(used), 'row')} "
        f"{'was' if unused.size == 1 else 'were'} not needed"
    )
    if text:
        message += f", {'that' if unused.size == 1 else 'the first that'} of id {quoted(text)}"
    return (Remark(message, row_place(attached.origin, int(unused[0])), word="note"),)


def remarks_on_pairing(request: Request) -> tuple[Remark, ...]:
    """A note on how a second file's rows are matched, if that was a guess."""
    return () if request.attached is None else request.attached.remarks


def is_by_position(request: Request) -> bool:
    """Whether labels from elsewhere are matched by the numbers of the samples."""
    return request.attached is not None and request.attached.join is None


def key_position(request: Request, names: Sequence[str]) -> int | None:
    """The position of the first file's column of ids."""
    attached = request.attached
    if attached is None or attached.join is None:
        return None
    return list(names).index(attached.join.name)
