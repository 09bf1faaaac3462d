"""The samples of a record batch: its columns as checked arrays, and its rows to be passed on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from xentcli.errors import Place, not_a_probability, not_a_soft_target, quoted
from xentcli.model import AnyArray, Batch, Kind, NamedTuple, Origin, Rows
from xentcli.readers.interface import Chunk, Request, RowBatch
from xentcli.readers.rules import numbers_labels
from xentcli.readers.rules.bad_samples import (
    BadNumber,
    batch_before,
    take_out_bad_samples,
)
from xentcli.readers.rules.columns import Columns
from xentcli.readers.rules.groups import grouping_of_values, name_of_value
from xentcli.readers.rules.ids import explain_missing_id
from xentcli.readers.rules.numbers_labels import explain_unknown_label, find_unknown_labels
from xentcli.readers.rules.sample_numbers import batch_fields, not_a_sample_number
from xentcli.readers.rules.targets import attach_target
from xentcli.readers.tables.batches import unpack
from xentcli.readers.tables.cells import (
    cells_of,
    find_missing,
    floats,
    ids_of_column,
    integers_or_floats,
    is_numeric,
    listed_floats,
    python_values,
    quoted_cell,
)


class Layout(NamedTuple):
    """How the columns of a table are to be read: all that a worker needs to know.

    ``read`` are the columns that a batch has, None for all. ``listed``: the only column of values
    has a list of all classes in each row. ``key`` is the column of ids that matches rows with those
    of a second file.
    """

    source: str
    names: tuple[str, ...]
    columns: Columns
    read: tuple[int, ...] | None
    kind: Kind
    request: Request
    classes: tuple[str, ...]
    class_count: int
    listed: bool
    key: int | None = None


class Here(NamedTuple):
    """A batch of rows, and the number of the first of them, from 0."""

    layout: Layout
    batch: Any
    first: int

    def column(self, at: int) -> Any:
        """A column, by its position in the file."""
        read = self.layout.read
        return self.batch.column(at if read is None else read.index(at))

    def wrong(self, row: int, at: int, value: object, message: str, hint: str = "") -> BadNumber:
        """What is wrong with a cell."""
        place = Place(self.layout.source, detail=f"row {self.first + row + 1}")
        message = f"column {quoted(self.layout.names[at])}: {message}"
        return BadNumber(row, place, str(value), message, hint)


def read(layout: Layout, chunk: Chunk) -> Batch:
    """The samples of a packed record batch."""
    here = _open_piece(layout, chunk)
    columns, request, wrong = layout.columns, layout.request, list[BadNumber]()
    values = _numbers(here, columns.values, wrong)
    if layout.kind == "probs":
        wrong += _outside(here, columns.values, values)
    labels = targets = weight = None
    if columns.label is not None:
        labels = _labels(here, columns.label, wrong)
    if columns.targets:
        targets = _numbers(here, columns.targets, wrong)
        wrong += _wrong_targets(here, columns.targets, targets)
    if columns.weight is not None:
        weight = _weights(here, columns.weight, wrong)
    batch = Batch(
        values,
        layout.kind,
        _origin(here, columns.values),
        layout.classes,
        labels,
        targets,
        _target_origin(here),
        first=chunk.first,
        rows=rows_of(layout, here.batch) if request.keep_rows else None,
        records=_records(here) if request.keep_records else None,
        **batch_fields(request, weight),
    )
    if columns.by is not None:
        grouping = grouping_of_values(python_values(here.column(columns.by)))
        batch = batch._replace(grouping=grouping)
    partners = None if layout.key is None else _partners(here, layout.key, wrong)
    if wrong and request.on_error == "stop":
        # What is wrong with the label of a row before it is told first.
        before = batch_before(batch, wrong)
        if len(before.values):
            _attach(here, before, chunk.first, partners)
    batch = take_out_bad_samples(batch, wrong, request, partial(_write_row, here))
    return _attach(here, batch, chunk.first, partners)


def _attach(here: Here, batch: Batch, first: int, partners: AnyArray | None) -> Batch:
    """The batch with the labels or soft targets of a second file, by the rows' numbers or by the
    ``partners`` of all rows; ``first`` is the number of the first among all samples."""
    request, source = here.layout.request, here.layout.source
    rows = np.asarray(batch.values_from.lines, dtype=np.int64) - 1 - here.first
    if partners is None:
        return attach_target(batch, request, source, first + rows)
    partners[list(batch.unread)] = -1
    return attach_target(batch, request, source, partners[rows])


def _open_piece(layout: Layout, chunk: Chunk) -> Here:
    assert isinstance(chunk.data, RowBatch)
    return Here(layout, unpack(chunk.data.content), chunk.line - 1)


def ids(layout: Layout, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> list[str]:
    """The ids of some samples of a record batch."""
    assert layout.columns.id is not None
    here = _open_piece(layout, chunk)
    column = here.column(layout.columns.id)
    rows = [int(batch.values_from.lines[sample]) - chunk.line for sample in samples]
    return [name_of_value(value) for row in rows for value in python_values(column.slice(row, 1))]


def _numbers(here: Here, at: tuple[int, ...], wrong: list[BadNumber]) -> AnyArray:
    """Columns of numbers, or one of lists, as an array with a row for each sample."""
    if here.layout.listed:
        return _listed(here, at[0], wrong)
    found = [floats(here.column(one)) for one in at]
    for one in at:
        _report_missing(here, one, wrong)
    return np.stack(found, axis=1)


def _report_missing(here: Here, at: int, wrong: list[BadNumber]) -> None:
    for row in np.flatnonzero(find_missing(here.column(at))).tolist():
        wrong.append(here.wrong(row, at, "", "the value is missing"))


def _listed(here: Here, at: int, wrong: list[BadNumber]) -> AnyArray:
    width = here.layout.class_count
    values, absent, lengths = listed_floats(here.column(at), width)
    for row in np.flatnonzero(lengths != width).tolist():
        length = int(lengths[row])
        message = "the value is missing"
        if length >= 0:
            message = f"a list of {length}, where the first has {width}"
        wrong.append(here.wrong(row, at, "", message))
    for row, place in np.argwhere(absent).tolist():
        wrong.append(here.wrong(row, at, "", f"value {place + 1} of the list is missing"))
    return values


def _outside(here: Here, at: tuple[int, ...], values: AnyArray) -> Iterator[BadNumber]:
    for row, place in np.argwhere((values < 0) | (values > 1 + numbers_labels.ROUNDING)).tolist():
        value = float(values[row, place])
        message = not_a_probability(value)
        yield here.wrong(
            row, _of(here, at, place), value, message, numbers_labels.NOT_PROBABILITIES
        )


def _wrong_targets(here: Here, at: tuple[int, ...], targets: AnyArray) -> Iterator[BadNumber]:
    for row, place in np.argwhere(~(targets >= 0) | np.isinf(targets)).tolist():
        value = float(targets[row, place])
        message = not_a_soft_target(value)
        yield here.wrong(row, _of(here, at, place), value, message)


def _of(here: Here, at: tuple[int, ...], place: int) -> int:
    return at[0] if here.layout.listed else at[place]


def _weights(here: Here, at: int, wrong: list[BadNumber]) -> AnyArray:
    weights = floats(here.column(at)).astype(np.float64)
    _report_missing(here, at, wrong)
    for row in np.flatnonzero(~(weights >= 0) | np.isinf(weights)).tolist():
        value = float(weights[row])
        message = not_a_sample_number(here.layout.request, value)
        wrong.append(here.wrong(row, at, value, message))
    return weights


def _labels(here: Here, at: int, wrong: list[BadNumber]) -> AnyArray:
    column = here.column(at)
    absent = find_missing(column)
    _report_missing(here, at, wrong)
    if is_numeric(column.type):
        return _number_labels(here, at, absent, wrong)
    return _named_labels(here, at, absent, wrong)


def _number_labels(here: Here, at: int, absent: AnyArray, wrong: list[BadNumber]) -> AnyArray:
    layout = here.layout
    given, ignored = integers_or_floats(here.column(at)), layout.request.ignore_index
    count = layout.request.label_count(layout.class_count)
    labels, unknown = find_unknown_labels(given, count, ignored)
    for row in np.flatnonzero(unknown & ~absent).tolist():
        reason = explain_unknown_label(given[row], layout.classes, count, ignored)
        found = here.wrong(row, at, given[row], reason.reason, reason.hint)
        wrong.append(found._replace(if_one_based=reason.if_one_based))
    return labels


def _named_labels(here: Here, at: int, absent: AnyArray, wrong: list[BadNumber]) -> AnyArray:
    """Labels that are names; each different name is looked up once."""
    layout = here.layout
    known: dict[str, int | BadNumber] = {}
    labels = np.zeros(len(absent), dtype=np.int64)
    for row, value in enumerate(python_values(here.column(at))):
        if absent[row]:
            continue
        if value not in known:
            known[value] = _named_label(here, at, row, value)
        found = known[value]
        if isinstance(found, BadNumber):
            place = Place(layout.source, detail=f"row {here.first + row + 1}")
            wrong.append(found._replace(sample=row, place=place))
        else:
            labels[row] = found
    return labels


def _named_label(here: Here, at: int, row: int, value: str) -> int | BadNumber:
    layout = here.layout
    ignored = layout.request.ignore_index
    try:
        count = layout.request.label_count(layout.class_count)
        return numbers_labels.read_label(value, layout.classes, count, ignored)
    except numbers_labels.NotANumber as error:
        found = here.wrong(row, at, value, error.reason.format(quoted(value)), error.hint)
        return found._replace(if_one_based=error.if_one_based)


def _partners(here: Here, at: int, wrong: list[BadNumber]) -> AnyArray:
    """The rows of the second file with the ids of the column; -1 where there is none."""
    attached = here.layout.request.attached
    assert attached is not None
    assert attached.join is not None
    ids = ids_of_column(here.column(at))
    rows = attached.join.find_rows(ids)
    for row in [row for row, id in enumerate(ids) if not id or rows[row] < 0]:
        hinted = here.layout.request.on_error == "stop" and not wrong
        message, hint = explain_missing_id(attached, ids[row], hinted=hinted)
        wrong.append(here.wrong(row, at, ids[row].decode("utf-8", "replace"), message, hint))
    return rows


def _origin(here: Here, at: tuple[int, ...]) -> Origin:
    layout = here.layout
    lines = np.arange(here.first + 1, here.first + 1 + here.batch.num_rows)
    names = tuple(layout.names[one] for one in at)
    return Origin(
        layout.source,
        "table",
        lines,
        tuple(one + 1 for one in at),
        names,
        names[0] if layout.listed and at == layout.columns.values else "$",
    )


def _target_origin(here: Here) -> Origin | None:
    columns = here.layout.columns
    if columns.targets:
        origin = _origin(here, columns.targets)
        return origin._replace(path=origin.names[0]) if here.layout.listed else origin
    return None if columns.label is None else _origin(here, (columns.label,))


def rows_of(layout: Layout, batch: Any) -> Rows:
    """A batch as text, or, without a batch, the header alone; a column of lists becomes a column
    for each class."""
    values = layout.columns.values
    header = [quoted_cell(name) for name in layout.names]
    columns: list[Any] = [] if batch is None else [cells_of(column) for column in batch.columns]
    if layout.listed:
        at, count = values[0], layout.class_count
        classes = layout.classes or tuple(map(str, range(count)))
        header[at : at + 1] = [quoted_cell(name) for name in classes]
        if batch is not None:
            columns[at : at + 1] = _list_cells(batch.column(at), count)
        values = tuple(range(at, at + count))
    found = [list(row) for row in zip(*columns, strict=True)]
    return Rows(tuple(header), found, values, b",", b"\n")


def _list_cells(column: Any, count: int) -> list[list[bytes]]:
    values, absent, lengths = listed_floats(column, count)
    absent |= (lengths != count)[:, np.newaxis]
    numbers = values.T.astype(np.float64).tolist()
    return [
        [b"" if none else repr(number).encode("ascii") for number, none in pairs]
        for pairs in (
            zip(row, mask, strict=True)
            for row, mask in zip(numbers, absent.T.tolist(), strict=True)
        )
    ]


def _write_row(here: Here, row: int) -> bytes:
    one = pa.RecordBatch.from_arrays(
        [column.slice(row, 1) for column in here.batch.columns], schema=here.batch.schema
    )
    return b",".join(cell for column in one.columns for cell in cells_of(column))


def _records(here: Here) -> list[dict[str, Any]]:
    columns = [python_values(column) for column in here.batch.columns]
    names = here.layout.names
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
