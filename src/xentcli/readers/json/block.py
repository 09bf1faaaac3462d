"""Reads a block of whole lines of JSON Lines as a batch."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from xentcli.errors import DataError, Place, path_of
from xentcli.model import AnyArray, Batch, Fault, Origin
from xentcli.readers.interface import Chunk
from xentcli.readers.json.fast import read_at_once
from xentcli.readers.json.layout import Layout, Line, Sample
from xentcli.readers.json.pass_through import make_rows, split_record, write_cells
from xentcli.readers.json.sample import (
    missing_sample,
    parse_line,
    place_of,
    read_sample,
    split_lines,
)
from xentcli.readers.rules.groups import grouping_of_values, name_of_value
from xentcli.readers.rules.sample_numbers import batch_fields
from xentcli.readers.rules.targets import attach_target, move_classes_second
from xentcli.readers.text import quotes


def read_block(layout: Layout, chunk: Chunk) -> Batch:
    """Read the samples of a block of whole lines."""
    assert isinstance(chunk.data, bytes)
    lines = quotes.count_byte(chunk.data, quotes.NEWLINE)
    return _read_samples(layout, chunk, lines)._replace(lines=lines)


def _read_samples(layout: Layout, chunk: Chunk, line_ends: int) -> Batch:
    """Read the samples of a block with so many line ends."""
    assert isinstance(chunk.data, bytes)
    at_once = read_at_once(layout, chunk.data, line_ends)
    if at_once is not None:
        lines = range(chunk.line, chunk.line + len(at_once.values))
        batch = _batch_of_arrays(layout, lines, chunk.first, *at_once[:4])
        batch = batch._replace(fields=at_once.fields)
        if at_once.partners is not None:
            return attach_target(batch, layout.request, layout.source, at_once.partners)
        return _attach_target(batch, layout, range(chunk.first, chunk.first + len(lines)))
    samples: list[Sample] = []
    numbers: list[int] = []
    faults: list[Fault] = []
    passed: list[list[bytes]] | None = None
    if layout.request.keep_rows and not layout.request.keep_records and layout.is_table:
        passed = []
    end: DataError | None = None
    for number, line in enumerate(split_lines(chunk.data, chunk.line), chunk.first):
        try:
            sample = _sample_or_fault(layout, line, faults)
            if sample is not None and passed is not None:
                # Written at once, so that the error of an earlier line comes before that of a later
                # one.
                passed.append(write_cells(sample, layout, place_of(layout, line)))
        except DataError as error:
            end = error
            break
        if sample is not None:
            samples.append(sample)
            numbers.append(number)
    if end is not None and not samples:
        raise end
    batch = _batch_of_samples(layout, samples, chunk.first, passed)._replace(faults=tuple(faults))
    if layout.request.on_error == "nan" and faults:
        unread = {fault.place.line for fault in faults}
        places = (at for at, sample in enumerate(samples) if sample.line.number in unread)
        batch = batch._replace(unread=tuple(places))
    if layout.request.on_error == "skip" and faults:
        batch = batch._replace(kept=np.array(numbers, dtype=np.intp) - chunk.first)
    if layout.join is not None:
        partners = [sample.partner for sample in samples]
        batch = attach_target(batch, layout.request, layout.source, partners)
    else:
        batch = _attach_target(batch, layout, numbers)
    if end is not None:
        # Only now, because a wrong label from elsewhere in an earlier line is reported first.
        raise end
    return batch


def read_ids(layout: Layout, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> list[str]:
    """Read the ids of some samples of a block. Few are asked for, so their lines are parsed
    again."""
    assert isinstance(chunk.data, bytes)
    lines = chunk.data.split(b"\n")
    found = []
    for sample in samples:
        number = int(batch.values_from.lines[sample])
        try:
            record = parse_line(lines[number - chunk.line], Place(layout.source, number))
        except DataError:
            # It is a bad line that was set to nan.
            record = {}
        found.append(name_of_value(record.get(layout.id) if isinstance(record, dict) else None))
    return found


def _sample_or_fault(layout: Layout, line: Line, faults: list[Fault]) -> Sample | None:
    """Read a line as a sample. As ``--on-error`` says, a bad line raises its error, or is left out
    (None), or becomes a sample of nan."""
    try:
        return read_sample(layout, line)
    except DataError as error:
        if layout.request.on_error == "stop":
            raise
        place = error.place or place_of(layout, line)
        faults.append(Fault(place, "", error.message, line.content))
    return missing_sample(layout, line) if layout.request.on_error == "nan" else None


def _batch_of_samples(
    layout: Layout, samples: Sequence[Sample], first: int, passed: list[list[bytes]] | None
) -> Batch:
    count, request = len(samples), layout.request
    lines = [sample.line.number for sample in samples]
    labels = targets = weight = records = rows = None
    if layout.label is not None:
        labels = np.array([sample.label for sample in samples], dtype=np.int64)
        labels = labels.reshape((count, *layout.label_shape))
    if layout.targets:
        targets = _stack(layout, [sample.targets for sample in samples])
    if layout.weight is not None:
        weight = np.array([sample.weight for sample in samples], dtype=np.float64)
    if request.keep_records:
        records = [split_record(sample.value, sample.line.content) for sample in samples]
    elif passed is not None:
        rows = make_rows(layout, passed)
    values = _stack(layout, [sample.values for sample in samples])
    batch = _batch_of_arrays(layout, lines, first, values, labels, targets, weight)
    grouping = None
    if layout.by is not None:
        grouping = grouping_of_values(sample.by for sample in samples)
    return batch._replace(rows=rows, records=records, grouping=grouping)


def _batch_of_arrays(
    layout: Layout,
    lines: Sequence[int],
    first: int,
    values: AnyArray,
    labels: AnyArray | None,
    targets: AnyArray | None,
    weight: AnyArray | None,
) -> Batch:
    keys = layout.flat or (() if layout.key is None else (layout.key,))
    return Batch(
        values=values,
        kind=layout.kind,
        values_from=_origin(layout, lines, keys),
        classes=layout.classes,
        labels=labels,
        targets=targets,
        target_from=_target_origin(layout, lines),
        first=first,
        **batch_fields(layout.request, weight),
    )


def _stack(layout: Layout, values: Sequence[Any]) -> AnyArray:
    stacked = np.array(values, dtype=np.float64).reshape((len(values), *layout.shape))
    return move_classes_second(stacked, layout.class_at + 1)


def _origin(layout: Layout, lines: Sequence[int], keys: tuple[str, ...]) -> Origin:
    """Return the place of the values: one key for a whole list, or one for each number."""
    path = path_of(keys[0]) if keys and not layout.flat else "$"
    return Origin(layout.source, "json lines", lines, names=keys, path=path)


def _target_origin(layout: Layout, lines: Sequence[int]) -> Origin | None:
    if layout.targets:
        return _origin(layout, lines, layout.targets)
    if layout.label is None:
        return None
    return Origin(
        layout.source, "json lines", lines, names=(layout.label,), path=path_of(layout.label)
    )


def _attach_target(batch: Batch, layout: Layout, numbers: Sequence[int]) -> Batch:
    """Attach labels or soft targets from elsewhere to the batch."""
    request, inner = layout.request, prod(layout.label_shape)
    if request.attached is None:
        return batch
    if not numbers:
        if request.attached.labels is None:
            return batch._replace(targets=batch.values)
        return batch._replace(labels=np.zeros((0, *layout.label_shape), dtype=np.int64))
    targets = request.attached.targets
    if targets is not None:
        if targets.ndim == len(layout.shape) + 1:
            targets = move_classes_second(targets, layout.class_at + 1)
        attached = request.attached._replace(targets=targets)
        return attach_target(batch, request._replace(attached=attached), layout.source, numbers)
    positions = [number * inner + at for number in numbers for at in range(inner)]
    batch = attach_target(batch, request, layout.source, positions)
    assert batch.labels is not None
    return batch._replace(labels=batch.labels.reshape((len(numbers), *layout.label_shape)))
