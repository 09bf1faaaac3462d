"""Opens a table in a document; its columns follow the same rules as those of a text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from xentcli.errors import DataError, Place, UsageError
from xentcli.model import AnyArray, Batch, Origin, Remark
from xentcli.readers.interface import Attached, BatchReader, Opened, Request, open_in_memory
from xentcli.readers.json.document import read_label
from xentcli.readers.json.look import RecordLook
from xentcli.readers.json.nested import as_number
from xentcli.readers.json.other_tools import Table
from xentcli.readers.json.sample import check_kind, read_sample_number, read_soft_target
from xentcli.readers.rules.class_indices import texts_of_labels
from xentcli.readers.rules.columns import Choice, Columns, choose_columns
from xentcli.readers.rules.groups import grouping_of_values
from xentcli.readers.rules.ids import attach_by_ids
from xentcli.readers.rules.join import find_join_column, pair_files, remarks_on_pairing
from xentcli.readers.rules.keys import check_class_names
from xentcli.readers.rules.look import LOOKED_AT
from xentcli.readers.rules.sample_numbers import batch_fields
from xentcli.readers.rules.share import take_share
from xentcli.readers.rules.targets import fit_target
from xentcli.readers.sources.source import Source


def open_table(source: Source, table: Table, request: Request) -> Opened:
    """Open the rows of a table, in memory."""
    place = Place(source.name)
    if request.class_axis not in (1, -1):
        raise UsageError(f"--class-axis {request.class_axis}: a table has its samples in its rows")
    request = pair_files(request, table.names, place)
    choice = _choose_columns(table, request, place)
    columns = choice.columns
    chosen = tuple(table.names[at].strip() for at in columns.values)
    classes = request.classes or chosen
    check_class_names(classes, len(chosen), f" for {len(chosen)} columns")
    request = request._replace(classes=classes)
    kind = request.kind or "logits"
    values = _read_numbers(table, columns.values, place)
    for row, column in np.argwhere(~np.isnan(values)).tolist() if kind == "probs" else ():
        path = table.path(row, columns.values[column])
        check_kind(kind, values[row, column], place, path)
    origin = Origin(source.name, "table", range(1, len(values) + 1), names=chosen)
    request, share = take_share(request, request.label_shape(values.shape), source.name)
    batch = Batch(values, kind, origin, classes)
    batch = _add_target(batch, table, columns, request, place)
    if columns.weight is not None:
        found = [
            read_sample_number(value, request, at, path)
            for value, at, path in _cells(table, columns.weight, place)
        ]
        batch = batch._replace(**batch_fields(request, np.array(found, dtype=np.float64)))
    if columns.by is not None:
        batch = batch._replace(grouping=grouping_of_values(row[columns.by] for row in table.rows))
    if request.keep_records:
        records = [dict(zip(table.names, row, strict=True)) for row in table.rows]
        batch = batch._replace(records=records)
    opened = open_in_memory(source.name, batch, request.class_axis)
    notes = (Remark(table.note, place),) if table.note else ()
    opened = opened._replace(
        remarks=(*notes, *choice.remarks, *remarks_on_pairing(request)),
        left_out=choice.left_out,
        by=request.by or "",
        share=share,
    )
    if batch.partners is not None:
        opened = opened._replace(attached=request.attached)
    if columns.id is None:
        return opened
    ids = tuple(str(row[columns.id]) for row in table.rows)
    return opened._replace(reader=BatchReader(ids), has_ids=True)


def _choose_columns(table: Table, request: Request, place: Place) -> Choice:
    if table.scores:
        return Choice(Columns(tuple(range(len(table.names)))))
    asked = request._replace(label_col=request.label_col or request.label_key)
    return choose_columns(RecordLook(table.names, table.rows[:LOOKED_AT]), asked, place)


def _read_numbers(table: Table, columns: Sequence[int], place: Place) -> AnyArray:
    values = [
        [as_number(row[at], place, table.path(number, at)) for at in columns]
        for number, row in enumerate(table.rows)
    ]
    return np.array(values, dtype=np.float64).reshape(len(values), len(columns))


def _cells(table: Table, column: int, place: Place) -> list[tuple[Any, Place, str]]:
    return [(row[column], place, table.path(at, column)) for at, row in enumerate(table.rows)]


def _add_target(
    batch: Batch, table: Table, columns: Columns, request: Request, place: Place
) -> Batch:
    """Add labels or soft targets to the batch, from the table or from elsewhere."""
    count = batch.values.shape[1]
    attached = request.attached
    if request.wanted == "none":
        return batch
    if attached is not None and attached.labels is not None and not table.ordered:
        _check_names(attached)
    key = find_join_column(request, table.names)
    if key is not None:
        values, places, paths = zip(*_cells(table, key, place), strict=True)
        found_at = [at._replace(detail=path) for at, path in zip(places, paths, strict=True)]
        return attach_by_ids(batch, values, found_at, request)
    if attached is not None:
        return fit_target(batch, request)
    taken = (columns.label,) if columns.label is not None else columns.targets
    origin = batch.values_from._replace(names=tuple(table.names[at] for at in taken))
    if columns.targets:
        found = [
            [
                read_soft_target(value, request, where, path)
                for value, where, path in _cells(table, at, place)
            ]
            for at in columns.targets
        ]
        return batch._replace(targets=np.array(found, dtype=np.float64).T, target_from=origin)
    if columns.label is None:
        return batch
    indices = [
        read_label(value, count, request, at, path)
        for value, at, path in _cells(table, columns.label, place)
    ]
    return batch._replace(labels=np.array(indices, dtype=np.int64), target_from=origin)


def _check_names(attached: Attached) -> None:
    """Refuse labels that are numbers, because the classes have no order."""
    texts = texts_of_labels(attached)
    if isinstance(attached.labels, np.ndarray) or any(text.strip().isdigit() for text in texts):
        raise DataError(
            "labels that are numbers mean nothing where the order of the classes is not known",
            place=Place(attached.origin.source),
            hint="name the classes in their order with --classes, or give the labels by name",
        )
