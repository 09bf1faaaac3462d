"""Finds the rows of a second file by the ids of the first file's samples.

Ids are compared as text, without quotes and surrounding blanks. The second file's ids are held in
memory with their sorted hashes; the ids of each block of the first file are looked up together.
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
from xentcli.readers.rules.targets import attach_target, select_lines

# A longer id, or one with a zero byte, is replaced by its digest. No UTF-8 text begins with the
# byte that marks a digest.
LONGEST_ID = 64
DIGEST = b"\xff"
ZEROS = b"\0"
Positions = NDArray[np.int64]


class Ids(NamedTuple):
    """The ids of a second file's rows, and the name of their column.

    ``texts`` are the ids, ``hashes`` their sorted hashes (made with ``seed``), ``order`` the row of
    each hash. ``missing`` is the first row without an id, ``repeated`` two rows with the same id.
    """

    name: str
    texts: AnyArray
    hashes: AnyArray
    order: AnyArray
    seed: int
    missing: int | None = None
    repeated: tuple[int, int] | None = None

    def find_rows(self, ids: Sequence[bytes]) -> Positions:
        """Find the row of each id; -1 where the second file does not have it."""
        if not len(self.texts):
            return np.full(len(ids), -1, dtype=np.int64)
        wanted = _as_array(ids)
        places = np.searchsorted(self.hashes, _hashes(wanted, self.seed))
        rows = self.order[np.minimum(places, len(self.order) - 1)]
        return np.where(self.texts[rows] == wanted, rows, -1)

    def text(self, row: int) -> str:
        """Return the id of a row for messages; an empty text if only its digest is known."""
        id: bytes = self.texts[row]
        return "" if id.startswith(DIGEST) else id.decode("utf-8", "backslashreplace")


def index_ids(name: str, ids: Sequence[bytes]) -> Ids:
    """Sort the ids of a column by their hashes, so that they can be looked up."""
    texts = _as_array(ids)
    for seed in count(1):
        hashes = _hashes(texts, seed)
        order = np.argsort(hashes, kind="stable")
        ordered = hashes[order]
        alike = np.flatnonzero(ordered[1:] == ordered[:-1])
        first, second = order[alike], order[alike + 1]
        # If two different ids happen to have the same hash, another seed is tried.
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


def find_rows_of_values(request: Request, values: Sequence[Any]) -> AnyArray | None:
    """Find the rows of the second file for the ids of some records; None if it lacks one of the
    ids, or if one is neither text nor a whole number."""
    _, join = request.joined
    if not {int, str}.issuperset(map(type, values)):
        return None
    rows = join.find_rows([id_of_value(value) for value in values])
    return None if (rows < 0).any() else rows


def attach_by_ids(
    batch: Batch, values: Sequence[Any], places: Sequence[Place], request: Request
) -> Batch:
    """Attach the labels or soft targets of a second file to a batch in memory. ``values`` are the
    ids of its samples, ``places`` where they stand."""
    attached, _ = request.joined
    rows = _match_rows(attached, [id_of_value(value) for value in values], places)
    return attach_target(batch, request, batch.values_from.source, rows)


def _match_rows(attached: Attached, ids: Sequence[bytes], places: Sequence[Place]) -> Positions:
    """Find the row of each id; an id without a row is an error."""
    assert attached.join is not None
    rows = attached.join.find_rows(ids)
    for id, row, place in zip(ids, rows.tolist(), places, strict=True):
        if row < 0:
            message, hint = explain_missing_id(attached, id, hinted=True)
            raise DataError(message, place=place, hint=hint)
    return rows


def reorder_by_ids(
    attached: Attached, ids: Sequence[bytes], places: Sequence[Place]
) -> tuple[Attached, tuple[Remark, ...]]:
    """Put a second file's labels or targets in the order of the first file's ids, so that from here
    on they match by position. Also return a note on the rows that were not needed."""
    rows = _match_rows(attached, ids, places)
    needed = np.zeros(attached.size, dtype=bool)
    needed[rows] = True
    ordered = attached._replace(
        labels=None if attached.labels is None else attached.labels[rows],
        targets=None if attached.targets is None else attached.targets[rows],
        origin=select_lines(attached.origin, rows),
        size=len(rows),
        shape=(),
        join=None,
    )
    return ordered, remarks_on_unused_rows(attached, needed)


def _as_array(ids: Sequence[bytes]) -> AnyArray:
    """Ids as fixed-width bytes, padded with zeros."""
    longest = max(map(len, ids), default=0)
    if longest > LONGEST_ID or ZEROS in b"".join(ids):
        ids = [_digest_of(id) if len(id) > LONGEST_ID or ZEROS in id else id for id in ids]
        longest = LONGEST_ID
    width = max(8, -(-longest // 8) * 8)
    return np.array(ids, dtype=f"S{width}")


def _digest_of(id: bytes) -> bytes:
    import hashlib  # slow to import, and seldom needed

    return DIGEST + hashlib.blake2b(id, digest_size=24).hexdigest().encode()


def _hashes(texts: AnyArray, seed: int) -> AnyArray:
    """Hash each text to 64 bits; its padding with zeros does not change the hash."""
    words = np.ascontiguousarray(texts).view("<u8").reshape(len(texts), texts.itemsize // 8)
    found = np.zeros(len(texts), dtype=np.uint64)
    for at in range(words.shape[1]):
        # A word of zeros, which is padding, adds nothing.
        mixed = words[:, at] * np.uint64((0x9E3779B97F4A7C15 * (2 * at + 1) * seed) % 2**64 | 1)
        mixed ^= mixed >> np.uint64(29)
        found += mixed * np.uint64((0xBF58476D1CE4E5B9 * (2 * at + 1)) % 2**64 | 1)
    return found


def row_place(origin: Origin, row: int) -> Place:
    """Return the place of a row of a second file; ``row`` counts from 0."""
    line = int(origin.lines[row]) if len(origin.lines) else row + 1
    if origin.form in ("text", "json lines"):
        return Place(origin.source, line)
    return Place(origin.source, detail=f"row {line}")


def explain_missing_id(attached: Attached, id: bytes, *, hinted: bool) -> tuple[str, str]:
    """Return the message for an id that the second file does not have, and a hint. The hint takes a
    search through all ids, so it is made only where ``hinted``: where the message is shown."""
    text = id.decode("utf-8", "backslashreplace")
    if not text:
        return "the id is missing", ""
    message = f"{attached.origin.source} has no id {quoted(text)}"
    near = _find_same_number(attached, text) if hinted else ""
    if near:
        return message, f"it has {quoted(near)}: ids are compared as text"
    return message, ""


def _find_same_number(attached: Attached, text: str) -> str:
    """Find an id of the second file that is the same number written differently."""
    wanted = _as_float(text)
    ids = attached.join
    if wanted is None or ids is None:
        return ""
    found = (ids.text(row) for row in range(len(ids.texts)))
    return next((text for text in found if _as_float(text) == wanted), "")


def _as_float(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def remarks_on_unused_rows(attached: Attached, used: AnyArray) -> tuple[Remark, ...]:
    """Return a note on the rows of the second file that no sample of the first one needed."""
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
