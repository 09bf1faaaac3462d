"""The ids of a second file's rows, and the row of each id of the first file.

Ids are compared as text, without quotes and surrounding blanks. The hashes of the second file's ids
are held in memory, sorted; the ids of each block of the first file are looked up together.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xentcli.errors import DataError, Place, counted, quoted
from xentcli.model import AnyArray, Batch, NamedTuple, Origin, Remark
from xentcli.readers.interface import Attached, Request
from xentcli.readers.rules.groups import name_of_value
from xentcli.readers.rules.targets import attach

# A longer id, or one with a zero in it, is stood for by its digest, which no text is.
LONGEST_ID = 64
DIGEST = b"\xff"
ZEROS = b"\0"
Positions = NDArray[np.int64]


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
    """Return a value of a record as an id: a text unchanged, a number as in JSON."""
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
    """Put a second file's labels in the order of the first file's ids, to go by position from here.

    With them comes a note on the rows that were not needed.
    """
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
    """Find an id of the second file that is the same number written differently."""
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
    """Return a note on the rows of the second file that matched no row of the first."""
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
