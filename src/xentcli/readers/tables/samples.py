"""Reads the samples of a record batch: its columns become checked arrays, its rows are passed
on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np
import pyarrow as pa

from xentcli.errors import Place, not_a_probability, not_a_soft_target, quoted
from xentcli.model import AnyArray, Batch, Kind, NamedTuple, Origin, Rows
from xentcli.model.csv_cells import unique_names
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
from xentcli.readers.rules.targets import are_soft_targets, attach_target
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

    ``read_columns`` are the columns that a batch has, None for all. ``listed``: the only column of
    values has a list of all classes in each row. ``join`` is the column of ids that match rows with
    those of a second file.
    """

    source: str
    names: tuple[str, ...]
    columns: Columns
    read_columns: tuple[int, ...] | None
    kind: Kind
    request: Request
    classes: tuple[str, ...]
    class_count: int
    listed: bool
    join: int | None = None


class Piece(NamedTuple):
    """A batch of rows, and the number of its first row, from 0."""

    layout: Layout
    batch: Any
    first: int

    def column(self, at: int) -> Any:
        """Return a column of the batch, by its position in the file."""
        read_columns = self.layout.read_columns
        return self.batch.column(at if read_columns is None else read_columns.index(at))

    def bad_number(
        self, row: int, at: int, value: object, message: str, hint: str = ""
    ) -> BadNumber:
        """Describe what is wrong with a cell."""
        return self._bad_number(row, self.layout.names[at], value, message, hint)

    def bad_number_of_class(
        self, row: int, at: tuple[int, ...], number: int, value: float, message: str, hint: str = ""
    ) -> BadNumber:
        """Describe what is wrong with the number of a class: in a column of its own, or in a column
        of lists."""
        names = self.layout.names
        name = f"{names[at[0]]}[{number}]" if self.layout.listed else names[at[number]]
        return self._bad_number(row, name, value, message, hint)

    def _bad_number(self, row: int, name: str, value: object, message: str, hint: str) -> BadNumber:
        place = Place(self.layout.source, detail=f"row {self.first + row + 1}")
        return BadNumber(row, place, str(value), f"column {quoted(name)}: {message}", hint)


def read_samples(layout: Layout, chunk: Chunk) -> Batch:
    """Read the samples of a packed record batch."""
    piece = _open_piece(layout, chunk)
    columns, request, bad_numbers = layout.columns, layout.request, list[BadNumber]()
    values = _read_numbers(piece, columns.values, bad_numbers)
    if layout.kind == "probs":
        bad_numbers += _find_bad_probs(piece, columns.values, values)
    labels = targets = weight = None
    if columns.label is not None:
        labels = _read_labels(piece, columns.label, bad_numbers)
    if columns.targets:
        targets = _read_numbers(piece, columns.targets, bad_numbers)
        bad_numbers += _find_bad_targets(piece, columns.targets, targets)
    if columns.weight is not None:
        weight = _read_weights(piece, columns.weight, bad_numbers)
    batch = Batch(
        values,
        layout.kind,
        _origin(piece, columns.values),
        layout.classes,
        labels,
        targets,
        _target_origin(piece),
        first=chunk.first,
        rows=rows_of(layout, piece.batch) if request.keep_rows else None,
        records=_records(piece) if request.keep_records else None,
        **batch_fields(request, weight),
    )
    if columns.by is not None:
        grouping = grouping_of_values(python_values(piece.column(columns.by)))
        batch = batch._replace(grouping=grouping)
    partners = None if layout.join is None else _find_partners(piece, layout.join, bad_numbers)
    if bad_numbers and request.on_error == "stop":
        # A wrong label from elsewhere in an earlier row is reported first.
        before = batch_before(batch, bad_numbers)
        if len(before.values):
            _attach_target(piece, before, chunk.first, partners)
    batch = take_out_bad_samples(batch, bad_numbers, request, partial(_write_sample, piece))
    return _attach_target(piece, batch, chunk.first, partners)


def _attach_target(piece: Piece, batch: Batch, first: int, partners: AnyArray | None) -> Batch:
    """Attach the labels or soft targets that come from elsewhere, by the rows' numbers, or by
    ``partners``: the rows of the second file for all rows of the piece. ``first`` is the number of
    the piece's first row among all samples."""
    request, source = piece.layout.request, piece.layout.source
    rows = np.asarray(batch.values_from.lines, dtype=np.int64) - 1 - piece.first
    if partners is None:
        return attach_target(batch, request, source, first + rows)
    partners[list(batch.unread)] = -1
    return attach_target(batch, request, source, partners[rows])


def _open_piece(layout: Layout, chunk: Chunk) -> Piece:
    assert isinstance(chunk.data, RowBatch)
    return Piece(layout, unpack(chunk.data.content), chunk.line - 1)


def read_ids(layout: Layout, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> list[str]:
    """Read the ids of some samples of a record batch."""
    assert layout.columns.id is not None
    piece = _open_piece(layout, chunk)
    column = piece.column(layout.columns.id)
    rows = [int(batch.values_from.lines[sample]) - chunk.line for sample in samples]
    return [name_of_value(value) for row in rows for value in python_values(column.slice(row, 1))]


def _read_numbers(piece: Piece, at: tuple[int, ...], bad_numbers: list[BadNumber]) -> AnyArray:
    """Read columns of numbers, or one column of lists, as an array with a row for each sample."""
    if piece.layout.listed:
        return _read_lists(piece, at[0], bad_numbers)
    found = [floats(piece.column(column)) for column in at]
    for column in at:
        _report_missing(piece, column, bad_numbers)
    return np.stack(found, axis=1)


def _report_missing(piece: Piece, at: int, bad_numbers: list[BadNumber]) -> None:
    for row in np.flatnonzero(find_missing(piece.column(at))).tolist():
        bad_numbers.append(piece.bad_number(row, at, "", "the value is missing"))


def _read_lists(piece: Piece, at: int, bad_numbers: list[BadNumber]) -> AnyArray:
    width = piece.layout.class_count
    values, absent, lengths = listed_floats(piece.column(at), width)
    for row in np.flatnonzero(lengths != width).tolist():
        length = int(lengths[row])
        message = "the value is missing"
        if length >= 0:
            message = f"a list of {length}, where the first has {width}"
        bad_numbers.append(piece.bad_number(row, at, "", message))
    for row, place in np.argwhere(absent).tolist():
        bad_numbers.append(
            piece.bad_number(row, at, "", f"value {place + 1} of the list is missing")
        )
    return values


def _find_bad_probs(piece: Piece, at: tuple[int, ...], values: AnyArray) -> Iterator[BadNumber]:
    outside = (values < 0) | (values > 1 + numbers_labels.ROUNDING)
    for row, number in np.argwhere(outside).tolist():
        value, hint = float(values[row, number]), numbers_labels.NOT_PROBABILITIES
        message = not_a_probability(value)
        yield piece.bad_number_of_class(row, at, number, value, message, hint)


def _find_bad_targets(piece: Piece, at: tuple[int, ...], targets: AnyArray) -> Iterator[BadNumber]:
    request = piece.layout.request
    for row, number in np.argwhere(~are_soft_targets(targets, request)).tolist():
        value = float(targets[row, number])
        message = not_a_soft_target(value, of_question=request.questions)
        yield piece.bad_number_of_class(row, at, number, value, message)


def _read_weights(piece: Piece, at: int, bad_numbers: list[BadNumber]) -> AnyArray:
    weights = floats(piece.column(at)).astype(np.float64)
    _report_missing(piece, at, bad_numbers)
    for row in np.flatnonzero(~(weights >= 0) | np.isinf(weights)).tolist():
        value = float(weights[row])
        message = not_a_sample_number(piece.layout.request, value)
        bad_numbers.append(piece.bad_number(row, at, value, message))
    return weights


def _read_labels(piece: Piece, at: int, bad_numbers: list[BadNumber]) -> AnyArray:
    column = piece.column(at)
    absent = find_missing(column)
    _report_missing(piece, at, bad_numbers)
    if is_numeric(column.type):
        return _read_number_labels(piece, at, absent, bad_numbers)
    return _read_named_labels(piece, at, absent, bad_numbers)


def _read_number_labels(
    piece: Piece, at: int, absent: AnyArray, bad_numbers: list[BadNumber]
) -> AnyArray:
    layout = piece.layout
    given, ignored = integers_or_floats(piece.column(at)), layout.request.ignore_index
    count = layout.request.label_count(layout.class_count)
    labels, unknown = find_unknown_labels(given, count, ignored)
    for row in np.flatnonzero(unknown & ~absent).tolist():
        reason = explain_unknown_label(given[row], layout.classes, count, ignored)
        found = piece.bad_number(row, at, given[row], reason.reason, reason.hint)
        bad_numbers.append(found._replace(if_one_based=reason.if_one_based))
    return labels


def _read_named_labels(
    piece: Piece, at: int, absent: AnyArray, bad_numbers: list[BadNumber]
) -> AnyArray:
    """Read labels that are names; each different name is looked up once."""
    layout = piece.layout
    known: dict[str, int | BadNumber] = {}
    labels = np.zeros(len(absent), dtype=np.int64)
    for row, value in enumerate(python_values(piece.column(at))):
        if absent[row]:
            continue
        if value not in known:
            known[value] = _read_named_label(piece, at, row, value)
        found = known[value]
        if isinstance(found, BadNumber):
            place = Place(layout.source, detail=f"row {piece.first + row + 1}")
            bad_numbers.append(found._replace(sample=row, place=place))
        else:
            labels[row] = found
    return labels


def _read_named_label(piece: Piece, at: int, row: int, value: str) -> int | BadNumber:
    layout = piece.layout
    ignored = layout.request.ignore_index
    try:
        count = layout.request.label_count(layout.class_count)
        return numbers_labels.read_label(value, layout.classes, count, ignored)
    except numbers_labels.NotANumber as error:
        found = piece.bad_number(row, at, value, error.reason.format(quoted(value)), error.hint)
        return found._replace(if_one_based=error.if_one_based)


def _find_partners(piece: Piece, at: int, bad_numbers: list[BadNumber]) -> AnyArray:
    """Find the rows of the second file with the ids of the column; -1 where there is none."""
    attached, join = piece.layout.request.joined
    ids = ids_of_column(piece.column(at))
    rows = join.find_rows(ids)
    for row in [row for row, id in enumerate(ids) if not id or rows[row] < 0]:
        hinted = piece.layout.request.on_error == "stop" and not bad_numbers
        message, hint = explain_missing_id(attached, ids[row], hinted=hinted)
        bad_numbers.append(
            piece.bad_number(row, at, ids[row].decode("utf-8", "replace"), message, hint)
        )
    return rows


def _origin(piece: Piece, at: tuple[int, ...]) -> Origin:
    layout = piece.layout
    lines = np.arange(piece.first + 1, piece.first + 1 + piece.batch.num_rows)
    fields = unique_names(layout.names)
    names = tuple(fields[column] for column in at)
    columns = tuple(_position_in_rows(layout, column) + 1 for column in at)
    return Origin(layout.source, "table", lines, columns, names)


def _position_in_rows(layout: Layout, at: int) -> int:
    """Return where a column of the file stands in rows that are passed on: a column of lists before
    it takes as many places as there are classes."""
    is_behind = layout.listed and at > layout.columns.values[0]
    return at + layout.class_count - 1 if is_behind else at


def _target_origin(piece: Piece) -> Origin | None:
    columns = piece.layout.columns
    if columns.targets:
        origin = _origin(piece, columns.targets)
        return origin._replace(path=origin.names[0]) if piece.layout.listed else origin
    return None if columns.label is None else _origin(piece, (columns.label,))


def rows_of(layout: Layout, batch: Any) -> Rows:
    """Write a batch as rows of text; without a batch, only the header. A column of lists becomes a
    column for each class."""
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


def _write_sample(piece: Piece, row: int) -> bytes:
    one = pa.RecordBatch.from_arrays(
        [column.slice(row, 1) for column in piece.batch.columns], schema=piece.batch.schema
    )
    return b",".join(cell for column in one.columns for cell in cells_of(column))


def _records(piece: Piece) -> list[dict[str, Any]]:
    columns = [python_values(column) for column in piece.batch.columns]
    names = unique_names(piece.layout.names)
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
