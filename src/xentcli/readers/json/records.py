"""Opens a document that is a list of records, each with a list of values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from xentcli.errors import Place, path_of
from xentcli.model import EACH_RECORD, AnyArray, Batch, Kind, Origin
from xentcli.readers.interface import Opened, Request, open_in_memory
from xentcli.readers.json.document import find_target_key, read_label, read_labels
from xentcli.readers.json.nested import as_array, describe, fault, shape_of
from xentcli.readers.json.sample import check_kind, read_sample_number
from xentcli.readers.rules.class_axis import axes_of_input
from xentcli.readers.rules.groups import grouping_of_values
from xentcli.readers.rules.ids import attach_by_ids
from xentcli.readers.rules.join import pair_files, remarks_on_pairing
from xentcli.readers.rules.keys import KIND_KEYS, check_class_names, kind_of
from xentcli.readers.rules.sample_numbers import batch_fields, sample_number_column
from xentcli.readers.rules.share import take_share
from xentcli.readers.rules.targets import fit_target, move_classes_second
from xentcli.readers.sources.source import Source


def values_key(record: Mapping[str, Any], request: Request) -> str | None:
    """Find the key of a record's list of values; None if it has none."""
    if request.logits_key is not None:
        return request.logits_key
    return next((key for key in KIND_KEYS if isinstance(record.get(key), list)), None)


def open_records(
    source: Source, records: Sequence[dict[str, Any]], key: str, request: Request
) -> Opened:
    """Open the records, in memory."""
    place = Place(source.name)
    request = pair_files(request, tuple(records[0]), place)
    kind = kind_of(key, request.kind, place)
    values = _stack(records, key, place, kind)
    values = move_classes_second(values, request.class_axis)
    count = values.shape[1]
    check_class_names(request.classes, count, f", {place} has {count}")
    axes = axes_of_input(values.ndim, request.class_axis)
    origin = Origin(source.name, "json", path=EACH_RECORD + path_of(key)[1:], axes=axes)
    request, share = take_share(request, request.label_shape(values.shape), source.name)
    batch = Batch(values, kind, origin, request.classes)
    batch = _add_target(batch, records, request, place)
    number = sample_number_column(request)
    if number is not None:
        found = [
            read_sample_number(value, request, at, path)
            for value, at, path in _cells(records, number, place)
        ]
        batch = batch._replace(**batch_fields(request, np.array(found, dtype=np.float64)))
    if request.by is not None:
        names = [value for value, _, _ in _cells(records, request.by, place)]
        batch = batch._replace(grouping=grouping_of_values(names))
    if request.keep_records:
        batch = batch._replace(records=list(records), values_from=origin._replace(names=(key,)))
    opened = open_in_memory(source.name, batch, request.class_axis)
    opened = opened._replace(
        remarks=(*opened.remarks, *remarks_on_pairing(request)), by=request.by or "", share=share
    )
    return opened if batch.partners is None else opened._replace(attached=request.attached)


def _cells(
    records: Sequence[dict[str, Any]], key: str, place: Place
) -> list[tuple[Any, Place, str]]:
    found = []
    for number, record in enumerate(records):
        if not isinstance(record, dict):
            raise fault(f"expected an object, found {describe(record)}", place, f"$[{number}]")
        if key not in record:
            raise fault(f'there is no key "{key}"', place, f"$[{number}]")
        found.append((record[key], place, f"$[{number}]{path_of(key)[1:]}"))
    return found


def _stack(records: Sequence[dict[str, Any]], key: str, place: Place, kind: Kind) -> AnyArray:
    """Stack the arrays of all records under a key; they must have the same shape."""
    arrays: list[AnyArray] = []
    for value, at, path in _cells(records, key, place):
        array = as_array(value, at, path)
        if arrays and array.shape != arrays[0].shape:
            raise fault(f"shape {array.shape}, where the first has {arrays[0].shape}", at, path)
        check_kind(kind, array, at, path)
        arrays.append(array)
    if arrays[0].size == 0:
        raise fault("a sample without values", place, "$[0]")
    return np.stack(arrays)


def _add_target(
    batch: Batch, records: Sequence[dict[str, Any]], request: Request, place: Place
) -> Batch:
    values, attached = batch.values, request.attached
    shape, count = request.label_shape(values.shape), values.shape[1]
    if request.wanted == "none":
        return batch
    if attached is not None and attached.join is not None:
        ids = _cells(records, attached.join.name, place)
        places = [at._replace(detail=path) for _, at, path in ids]
        return attach_by_ids(batch, [value for value, _, _ in ids], places, request)
    if attached is not None:
        return fit_target(batch, request)
    asked = request.target_cols or request.label_col
    key = asked or find_target_key(records[0], request, place._replace(detail="$[0]"))
    if key is None:
        return batch
    cells = _cells(records, key, place)
    origin = Origin(place.source, "json", names=(key,), path=EACH_RECORD + path_of(key)[1:])
    if key == request.target_cols or len(shape_of(cells[0][0])) == values.ndim - 1:
        targets = move_classes_second(_stack(records, key, place, "logits"), request.class_axis)
        if targets.shape != values.shape:
            message = f"soft targets of shape {targets.shape} for values of shape {values.shape}"
            raise fault(message, *cells[0][1:])
        origin = origin._replace(axes=axes_of_input(targets.ndim, request.class_axis))
        return batch._replace(targets=targets, target_from=origin)
    found: list[int] = []
    for value, at, path in cells:
        if len(shape) > 1:
            found += read_labels(value, shape[1:], count, request, at, path, of_sample=True)
        else:
            found.append(read_label(value, count, request, at, path))
    labels = np.array(found, dtype=np.int64).reshape(shape)
    return batch._replace(labels=labels, target_from=origin)
