"""Samples of an array or a table that cannot be used. As the options say, the first one is an
error, or they are left out, or their values become nan."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from xentcli.errors import DataError, Place
from xentcli.model import AnyArray, Batch, Fault, NamedTuple, Origin
from xentcli.readers.interface import Request
from xentcli.readers.rules import numbers_labels


class BadNumber(NamedTuple):
    """A number that cannot be used: its sample in the batch, its place, what is wrong with it."""

    sample: int
    place: Place
    value: str
    message: str
    hint: str = ""
    if_one_based: int | None = None


def take_out_bad_samples(
    batch: Batch, wrong: Sequence[BadNumber], request: Request, written: Callable[[int], bytes]
) -> Batch:
    """The batch with its bad samples left out or set to nan; ``written`` returns a sample as text
    for the list of rejects."""
    if not wrong:
        return batch
    ordered = sorted(wrong, key=lambda one: one.sample)
    if request.on_error == "stop":
        _, place, _, message, hint, if_one_based = ordered[0]
        raise DataError(message, place=place, hint=hint, if_one_based=if_one_based)
    first = {one.sample: one for one in reversed(ordered)}
    samples = sorted(first)
    faults = tuple(
        Fault(first[at].place, first[at].value, first[at].message, written(at)) for at in samples
    )
    if request.on_error == "nan":
        changed = _as_nan(batch, samples, numbers_labels.label_of_nan(request.ignore_index))
    else:
        changed = _leave_out(batch, samples)
    return changed._replace(faults=faults)


def batch_before(batch: Batch, wrong: Sequence[BadNumber]) -> Batch:
    """The samples before the first in which something is wrong."""
    first = min(one.sample for one in wrong)
    return _leave_out(batch, list(range(first, len(batch.values))))


def _leave_out(batch: Batch, samples: list[int]) -> Batch:
    kept = np.delete(np.arange(len(batch.values)), samples)
    target_from, rows, records = batch.target_from, batch.rows, batch.records
    grouping = batch.grouping
    # Labels from elsewhere keep the numbers that they have there.
    if target_from is not None and target_from.source == batch.values_from.source:
        target_from = _origin(target_from, batch.first, kept)
    if rows is not None:
        rows = rows._replace(cells=[rows.cells[at] for at in kept])
    return batch._replace(
        values=batch.values[kept],
        values_from=_origin(batch.values_from, batch.first, kept),
        labels=_at(batch.labels, kept),
        targets=_at(batch.targets, kept),
        target_from=target_from,
        sample_weight=_at(batch.sample_weight, kept),
        sample_bytes=_at(batch.sample_bytes, kept),
        rows=rows,
        records=None if records is None else [records[at] for at in kept],
        grouping=grouping and grouping._replace(at=grouping.at[kept]),
        kept=kept,
    )


def _at(array: AnyArray | None, kept: AnyArray) -> AnyArray | None:
    return None if array is None else array[kept]


def _origin(origin: Origin, first: int, kept: AnyArray) -> Origin:
    return origin._replace(
        lines=np.asarray(origin.lines)[kept] if len(origin.lines) else first + kept
    )


def _as_nan(batch: Batch, samples: list[int], label: int) -> Batch:
    # Any target of logits that are nan gives nan, but one that is all 0 adds nothing, and so does
    # a weight of 0.
    even = None if batch.targets is None else 1.0 / batch.targets.shape[1]
    return batch._replace(
        values=_set_values(batch.values, samples, np.nan),
        labels=_with(batch.labels, samples, label),
        targets=_with(batch.targets, samples, even),
        sample_weight=_with(batch.sample_weight, samples, 1.0),
        sample_bytes=_with(batch.sample_bytes, samples, 1.0),
        unread=tuple(samples),
    )


def _with(array: AnyArray | None, samples: list[int], value: float | None) -> AnyArray | None:
    return None if array is None else _set_values(array, samples, value)


def _set_values(array: AnyArray, samples: list[int], value: float | None) -> AnyArray:
    changed = array.copy()
    changed[samples] = value
    return changed
