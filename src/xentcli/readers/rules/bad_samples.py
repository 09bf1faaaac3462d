"""Deals with samples of an array or a table that cannot be used. As ``--on-error`` says, the first
one is an error, or they are left out, or their values become nan."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from xentcli.errors import DataError, Place
from xentcli.model import AnyArray, Batch, Fault, NamedTuple, Origin
from xentcli.readers.interface import Request
from xentcli.readers.rules import numbers_labels


class BadNumber(NamedTuple):
    """A number that cannot be used: its sample in the batch, its place, and what is wrong with
    it."""

    sample: int
    place: Place
    value: str
    message: str
    hint: str = ""
    if_one_based: int | None = None


def take_out_bad_samples(
    batch: Batch,
    bad_numbers: Sequence[BadNumber],
    request: Request,
    write_sample: Callable[[int], bytes],
) -> Batch:
    """Return the batch with its bad samples left out or set to nan, or raise the error of the
    first. ``write_sample`` writes a sample as text, for the list of rejects."""
    if not bad_numbers:
        return batch
    ordered = sorted(bad_numbers, key=lambda number: number.sample)
    if request.on_error == "stop":
        _, place, _, message, hint, if_one_based = ordered[0]
        raise DataError(message, place=place, hint=hint, if_one_based=if_one_based)
    first = {number.sample: number for number in reversed(ordered)}
    samples = sorted(first)
    faults = tuple(
        Fault(first[at].place, first[at].value, first[at].message, write_sample(at))
        for at in samples
    )
    if request.on_error == "nan":
        changed = _set_to_nan(batch, samples, numbers_labels.label_for_nan(request.ignore_index))
    else:
        changed = _leave_out(batch, samples)
    return changed._replace(faults=faults)


def batch_before(batch: Batch, bad_numbers: Sequence[BadNumber]) -> Batch:
    """Return the samples before the first bad one."""
    first = min(number.sample for number in bad_numbers)
    return _leave_out(batch, list(range(first, len(batch.values))))


def _leave_out(batch: Batch, samples: list[int]) -> Batch:
    kept = np.delete(np.arange(len(batch.values)), samples)
    target_from, rows, records = batch.target_from, batch.rows, batch.records
    grouping = batch.grouping
    if target_from is not None:
        # Labels of a second file are checked already, so that their lines are not looked at.
        target_from = _take_lines(target_from, batch.first, kept)
    if rows is not None:
        rows = rows._replace(cells=[rows.cells[at] for at in kept])
    return batch._replace(
        values=batch.values[kept],
        values_from=_take_lines(batch.values_from, batch.first, kept),
        labels=_take(batch.labels, kept),
        targets=_take(batch.targets, kept),
        target_from=target_from,
        sample_weight=_take(batch.sample_weight, kept),
        sample_bytes=_take(batch.sample_bytes, kept),
        rows=rows,
        records=None if records is None else [records[at] for at in kept],
        grouping=grouping and grouping._replace(at=grouping.at[kept]),
        kept=kept,
    )


def _take(array: AnyArray | None, kept: AnyArray) -> AnyArray | None:
    return None if array is None else array[kept]


def _take_lines(origin: Origin, first: int, kept: AnyArray) -> Origin:
    return origin._replace(
        lines=np.asarray(origin.lines)[kept] if len(origin.lines) else first + kept
    )


def _set_to_nan(batch: Batch, samples: list[int], label: int) -> Batch:
    # Any of its numbers may be the bad one. Soft targets that sum to 1 are not warned of.
    even = None if batch.targets is None else 1.0 / batch.targets.shape[1]
    return batch._replace(
        values=_set_values(batch.values, samples, np.nan),
        labels=_replace_in(batch.labels, samples, label),
        targets=_replace_in(batch.targets, samples, even),
        sample_weight=_replace_in(batch.sample_weight, samples, 1.0),
        sample_bytes=_replace_in(batch.sample_bytes, samples, 1.0),
        unread=tuple(samples),
    )


def _replace_in(array: AnyArray | None, samples: list[int], value: float | None) -> AnyArray | None:
    return None if array is None else _set_values(array, samples, value)


def _set_values(array: AnyArray, samples: list[int], value: float | None) -> AnyArray:
    changed = array.copy()
    changed[samples] = value
    return changed
