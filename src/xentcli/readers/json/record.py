"""The lines of JSON Lines as samples; which are right or wrong is decided here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from math import isfinite, prod
from typing import Any

import numpy as np

from xentcli.errors import (
    DataError,
    Excerpt,
    Place,
    counted,
    not_a_probability,
    not_a_soft_target,
    path_of,
    quoted,
)
from xentcli.model import AnyArray, Batch, Fault, Kind, Origin
from xentcli.readers.interface import Chunk, Request
from xentcli.readers.json import pass_through as json_passed
from xentcli.readers.json.document import (
    RepeatedKey,
    label_of,
    labels_in,
    not_json,
    refuse_repeated_keys,
)
from xentcli.readers.json.fast import read_at_once
from xentcli.readers.json.layout import Layout, Line, Sample
from xentcli.readers.json.nested import (
    Spelled,
    as_array,
    as_number,
    fault,
    no_key,
    shown,
)
from xentcli.readers.json.parsers import PLAIN
from xentcli.readers.rules import numbers_labels
from xentcli.readers.rules.groups import grouping_of_values, name_of_value
from xentcli.readers.rules.ids import explain_missing_id, id_of_value
from xentcli.readers.rules.sample_numbers import batch_fields, not_a_sample_number
from xentcli.readers.rules.targets import attach_target, move_classes_second
from xentcli.readers.text import quotes

DECODER = json.JSONDecoder(parse_constant=Spelled, object_pairs_hook=refuse_repeated_keys)


def lines_of(data: bytes, first: int) -> Iterator[Line]:
    """The lines of a block, without blank ones; ``first`` is the number of its first line."""
    for number, content in enumerate(data.split(b"\n"), first):
        if content.strip():
            yield Line(number, content)


def parse_line(content: bytes, place: Place) -> Any:
    """Parse a line."""
    try:
        return DECODER.decode(content.decode("utf-8"))
    except UnicodeDecodeError:
        message, hint = "the line is not UTF-8 text", "--encoding names another one"
    except json.JSONDecodeError as error:
        message = not_json(error)
        hint = "each line is a value of its own" if error.pos >= len(error.doc.rstrip()) else ""
        place = place._replace(
            column=error.colno, excerpt=Excerpt(error.doc.rstrip(), error.pos, error.pos + 1)
        )
    except RepeatedKey as error:
        message, hint = f"the key {quoted(str(error))} stands twice", ""
    except RecursionError:
        message, hint = "it is nested too deeply", ""
    except ValueError:
        # Python's own limit, of some thousands of digits.
        message, hint = "an integer has too many digits", ""
    raise DataError(message, place=place, hint=hint)


def field(record: dict[str, Any], key: str, place: Place) -> Any:
    """A field that must be there."""
    if key not in record:
        raise no_key(key, record, place)
    return record[key]


def _place(layout: Layout, line: Line) -> Place:
    return Place(layout.source, line.number)


def read(layout: Layout, chunk: Chunk) -> Batch:
    """The samples of a block of whole lines."""
    assert isinstance(chunk.data, bytes)
    lines = quotes.count_byte(chunk.data, quotes.NEWLINE)
    return _read(layout, chunk, lines)._replace(lines=lines)


def _read(layout: Layout, chunk: Chunk, line_ends: int) -> Batch:
    """The same of a block with so many line ends."""
    assert isinstance(chunk.data, bytes)
    at_once = read_at_once(layout, chunk.data, line_ends)
    if at_once is not None:
        lines = range(chunk.line, chunk.line + len(at_once.values))
        batch = _of_arrays(layout, lines, chunk.first, *at_once[:4])
        batch = batch._replace(fields=at_once.fields)
        if at_once.partners is not None:
            return attach_target(batch, layout.request, layout.source, at_once.partners)
        return _attach(batch, layout, range(chunk.first, chunk.first + len(lines)))
    samples: list[Sample] = []
    numbers: list[int] = []
    faults: list[Fault] = []
    passed: list[list[bytes]] | None = None
    if layout.request.keep_rows and not layout.request.keep_records and layout.is_table:
        passed = []
    end: DataError | None = None
    for number, line in enumerate(lines_of(chunk.data, chunk.line), chunk.first):
        try:
            sample = _sample_or_fault(layout, line, faults)
            if sample is not None and passed is not None:
                # Right away: what is wrong with an earlier line is told first.
                passed.append(json_passed.cells(sample, layout, _place(layout, line)))
        except DataError as error:
            end = error
            break
        if sample is not None:
            samples.append(sample)
            numbers.append(number)
    if end is not None and not samples:
        raise end
    batch = _batch(layout, samples, chunk.first, passed)._replace(faults=tuple(faults))
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
        batch = _attach(batch, layout, numbers)
    if end is not None:
        # Not before: what is wrong with the label of a line before it is told first.
        raise end
    return batch


def ids(layout: Layout, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> list[str]:
    """The ids of some samples of a block. Few are asked for, so their lines are parsed again."""
    assert isinstance(chunk.data, bytes)
    lines = chunk.data.split(b"\n")
    found = []
    for sample in samples:
        number = int(batch.values_from.lines[sample])
        try:
            record = parse_line(lines[number - chunk.line], Place(layout.source, number))
        except DataError:
            # It was set to nan.
            record = {}
        found.append(name_of_value(record.get(layout.id) if isinstance(record, dict) else None))
    return found


def _sample_or_fault(layout: Layout, line: Line, faults: list[Fault]) -> Sample | None:
    """A line's sample. As the options say, a bad one is an error, or it is left out, or its values
    become nan."""
    try:
        return sample_of(layout, line)
    except DataError as error:
        if layout.request.on_error == "stop":
            raise
        place = error.place or _place(layout, line)
        faults.append(Fault(place, "", error.message, line.content))
    return _missing_sample(layout, line) if layout.request.on_error == "nan" else None


def sample_of(layout: Layout, line: Line) -> Sample:
    """A line's sample; a DataError says the first thing that is wrong with it."""
    place = _place(layout, line)
    record = parse_line(line.content, place)
    values = _values(layout, record, place)
    label = targets = by = None
    weight, partner = 1.0, -1
    if layout.label is not None:
        label = _label(layout, field(record, layout.label, place), place)
    if layout.targets:
        targets = _targets(layout, record, place)
    if layout.weight is not None:
        path = path_of(layout.weight)
        weight = sample_number(field(record, layout.weight, place), layout.request, place, path)
    try:
        if layout.by is not None:
            by = name_of_value(field(record, layout.by, place))
        if layout.join is not None:
            partner = _partner(layout, record, place)
    except RecursionError:
        # What could be parsed cannot always be written again.
        raise DataError("it is nested too deeply", place=place) from None
    return Sample(line, record, values, label, targets, weight, by, partner)


def _partner(layout: Layout, record: dict[str, Any], place: Place) -> int:
    """The row of the second file with the record's id."""
    assert layout.join is not None
    attached = layout.request.attached
    assert attached is not None
    assert attached.join is not None
    id = id_of_value(field(record, layout.join, place))
    row = int(attached.join.find_rows([id])[0])
    if not id or row < 0:
        hinted = layout.request.on_error == "stop"
        message, hint = explain_missing_id(attached, id, hinted=hinted)
        raise DataError(message, place=place._replace(detail=path_of(layout.join)), hint=hint)
    return row


def _missing_sample(layout: Layout, line: Line) -> Sample:
    """A sample of nan."""
    try:
        record = parse_line(line.content, _place(layout, line))
    except DataError:
        record = {}
    # A soft target of nan would be refused; with nan logits any target gives nan.
    return Sample(
        line,
        record if isinstance(record, dict) else {},
        np.full(layout.shape, np.nan).tolist(),
        np.full(
            layout.label_shape, numbers_labels.label_for_nan(layout.request.ignore_index)
        ).tolist(),
        np.zeros(layout.shape).tolist(),
        by=record.get(layout.by) if layout.by and isinstance(record, dict) else None,
    )


def _values(layout: Layout, record: Any, place: Place) -> Any:
    if layout.key is None and not layout.flat:
        return _check_list(layout, record, place, "$")
    if not isinstance(record, dict):
        raise fault(f"expected an object, found {shown(record)}", place, "$")
    if layout.key is not None:
        return _check_list(layout, field(record, layout.key, place), place, path_of(layout.key))
    values = [field(record, key, place) for key in layout.flat]
    if _is_plain(values) and _fits(layout.kind, values):
        return values
    numbers = []
    for key, value in zip(layout.flat, values, strict=True):
        number = as_number(value, place, path_of(key))
        check_kind(layout.kind, number, place, path_of(key))
        numbers.append(number)
    return numbers


def _check_list(layout: Layout, value: Any, place: Place, path: str) -> Any:
    """Check that a list has the values' shape and holds only numbers of their kind."""
    if len(layout.shape) == 1 and type(value) is list and len(value) == layout.shape[0]:  # noqa: SIM102
        if _is_plain(value) and _fits(layout.kind, value):
            return value
    array = as_array(value, place, path)
    if array.shape != layout.shape:
        raise fault(_other_shape(array.shape, layout.shape), place, path)
    check_kind(layout.kind, array, place, path)
    return array.tolist()


def _other_shape(found: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    if len(found) == len(wanted) == 1:
        return f"{counted(found[0], 'value')}, where the first sample has {wanted[0]}"
    return f"values of shape {found}, where the first sample has {wanted}"


def _is_plain(values: Sequence[Any]) -> bool:
    """Whether the values are finite numbers of JSON, not strings that stand for some."""
    try:
        return PLAIN.issuperset(map(type, values)) and isfinite(sum(map(float, values)))
    except OverflowError:
        return False


def _fits(kind: Kind, values: Sequence[float]) -> bool:
    return kind != "probs" or (min(values) >= 0 and max(values) <= 1)


def check_kind(kind: Kind, values: AnyArray | float, place: Place, path: str) -> None:
    """Refuse a number, or an array with one, that is given as a probability and cannot be one."""
    if kind != "probs":
        return
    array = np.asarray(values)
    wrong = np.argwhere(~((array >= 0) & (array <= 1 + numbers_labels.ROUNDING)) & ~np.isnan(array))
    if len(wrong):
        at = tuple(wrong[0])
        where = path + "".join(f"[{i}]" for i in at) if path != "$" or array.size > 1 else path
        error = fault(not_a_probability(float(array[at])), place, where)
        error.hint = numbers_labels.NOT_PROBABILITIES
        raise error


def _label(layout: Layout, value: Any, place: Place) -> Any:
    assert layout.label is not None
    path, shape = path_of(layout.label), layout.label_shape
    if not shape:
        if type(value) is int and 0 <= value < layout.label_count:
            return value
        return label_of(value, layout.label_count, layout.request, place, path)
    return labels_in(value, shape, layout.class_count, layout.request, place, path, of_sample=True)


def _targets(layout: Layout, record: dict[str, Any], place: Place) -> Any:
    if layout.flat:
        return [
            soft_target(field(record, key, place), place, path_of(key)) for key in layout.targets
        ]
    (key,) = layout.targets
    array = as_array(field(record, key, place), place, path_of(key))
    if array.shape != layout.shape:
        message = f"soft targets of shape {array.shape} for values of shape {layout.shape}"
        raise fault(message, place, path_of(key))
    wrong = np.argwhere(~(array >= 0) | np.isinf(array))
    if wrong.size:
        at = tuple(wrong[0])
        soft_target(float(array[at]), place, path_of(key) + "".join(f"[{i}]" for i in at))
    return array.tolist()


def soft_target(value: Any, place: Place, path: str) -> float:
    """A class's share of a soft target."""
    number = as_number(value, place, path)
    if not 0 <= number < float("inf"):
        raise fault(not_a_soft_target(number), place, path)
    return number


def sample_number(value: Any, request: Request, place: Place, path: str) -> float:
    """A sample's weight, or how many bytes it stands for."""
    number = as_number(value, place, path)
    if not 0 <= number < float("inf"):
        raise fault(not_a_sample_number(request, number), place, path)
    return number


def _batch(
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
        records = [
            json_passed.record(one.value, one.line.content, _place(layout, one.line))
            for one in samples
        ]
    elif passed is not None:
        rows = json_passed.rows(layout, passed)
    values = _stack(layout, [sample.values for sample in samples])
    batch = _of_arrays(layout, lines, first, values, labels, targets, weight)
    grouping = None
    if layout.by is not None:
        grouping = grouping_of_values(sample.by for sample in samples)
    return batch._replace(rows=rows, records=records, grouping=grouping)


def _of_arrays(
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
    """The place of the values: one key for the whole list, or one for each number."""
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


def _attach(batch: Batch, layout: Layout, numbers: Sequence[int]) -> Batch:
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
