"""The records of a text as samples; which cells are right or wrong is decided here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from xentcli.errors import (
    DataError,
    Excerpt,
    Place,
    counted,
    not_a_probability,
    not_a_soft_target,
    quoted,
)
from xentcli.model import AnyArray, Batch, Fault, NamedTuple, Origin, Rows
from xentcli.model.csv_cells import unquoted
from xentcli.readers.interface import Chunk
from xentcli.readers.rules import numbers_labels
from xentcli.readers.rules.groups import grouping_of_cells, name_of_cell
from xentcli.readers.rules.ids import without_partner
from xentcli.readers.rules.numbers_labels import number_labels
from xentcli.readers.rules.sample_numbers import batch_fields, not_a_number
from xentcli.readers.rules.targets import attach
from xentcli.readers.text import records as text
from xentcli.readers.text.fast import read_at_once
from xentcli.readers.text.ids import find_rows, plain_id
from xentcli.readers.text.layout import Layout, Parsed, rows_of
from xentcli.readers.text.quotes import NEWLINE
from xentcli.readers.text.records import Record
from xentcli.readers.text.spans import LINE_END

PLAIN = b"0123456789+-.eE"


class CellError(Exception):
    """What is wrong in a row, and in which cell."""

    def __init__(
        self, column: int, message: str, hint: str = "", if_one_based: int | None = None
    ) -> None:
        super().__init__(message)
        self.column = column
        self.message = message
        self.hint = hint
        self.if_one_based = if_one_based


class Row(NamedTuple):
    """The numbers of one record."""

    values: Sequence[float]
    label: int
    targets: Sequence[float]
    weight: float
    partner: int = -1


def read(layout: Layout, chunk: Chunk) -> Batch:
    """The samples of a block of whole records."""
    assert isinstance(chunk.data, bytes)
    at_once = read_at_once(layout, chunk.data, chunk.line)
    if at_once is not None:
        batch = _batch(layout, chunk, at_once.parsed, at_once.lines, at_once.rows)
        return _grouped(batch._replace(lines=at_once.line_ends), at_once.by)
    found, end = _records(layout, chunk)
    faults: list[Fault] = []
    kept: Sequence[int] = range(len(found))
    parsed = _all_at_once(layout, found)
    if parsed is None:
        found, kept, parsed, earlier = _one_by_one(layout, found, faults)
        end = earlier or end
    if end is not None and not found:
        raise end
    passed = rows_of(layout, [r.cells for r in found]) if layout.request.keep_rows else None
    batch = _batch(layout, chunk, parsed, [record.line for record in found], passed, kept)
    batch = batch._replace(lines=text.line_ends(chunk.data))
    if end is not None:
        # Not before: what is wrong with a row before it, or with its label, is told first.
        raise end
    if layout.request.on_error == "nan" and faults:
        unread = {fault.place.line for fault in faults}
        at = (at for at, record in enumerate(found) if record.line in unread)
        batch = batch._replace(unread=tuple(at))
    if layout.request.on_error == "skip" and faults:
        batch = batch._replace(kept=np.array(kept, dtype=np.intp))
    by = layout.columns.by
    groups = None if by is None else [record.cells[by] for record in found]
    return _grouped(batch._replace(faults=tuple(faults)), groups)


def _records(layout: Layout, chunk: Chunk) -> tuple[list[Record], DataError | None]:
    """The records of a block, up to its end or to where they cannot be parted."""
    assert isinstance(chunk.data, bytes)
    found: list[Record] = []
    try:
        found.extend(text.records(chunk.data, layout.dialect, chunk.line, layout.source))
    except DataError as error:
        return found, error
    return found, None


def _grouped(batch: Batch, by: Sequence[bytes] | None) -> Batch:
    return batch if by is None else batch._replace(grouping=grouping_of_cells(by))


def ids(layout: Layout, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> list[str]:
    """The ids of some samples of a block. Few are asked for, so their rows are looked up again
    instead of keeping the id of each."""
    assert layout.columns.id is not None
    assert isinstance(chunk.data, bytes)
    starts = _line_starts(chunk.data)
    found = []
    for sample in samples:
        line = int(batch.values_from.lines[sample])
        cursor = text.Cursor(int(starts[line - chunk.line]), line)
        record, _ = text.record_at(chunk.data, cursor, layout.dialect, layout.source)
        assert record is not None
        cells = record.cells[layout.columns.id : layout.columns.id + 1]
        # A row that was set to nan may be too short.
        found.append(name_of_cell(cells[0]) if cells else "")
    return found


def _line_starts(data: bytes) -> Sequence[int] | AnyArray:
    if b"\r" in data:
        return [0, *(match.end() for match in LINE_END.finditer(data))]
    newlines = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == NEWLINE)
    return np.concatenate([[0], newlines + 1])


def _batch(
    layout: Layout,
    chunk: Chunk,
    parsed: Parsed,
    lines: Sequence[int],
    rows: Rows | None,
    kept: Sequence[int] | None = None,
) -> Batch:
    """The samples with their places; ``kept`` are the indices of those that were not left out."""
    request = layout.request
    batch = Batch(
        values=parsed.values,
        kind=layout.kind,
        values_from=_origin(layout, lines, layout.columns.values),
        classes=layout.classes,
        labels=parsed.labels,
        targets=parsed.targets,
        target_from=_target_origin(layout, lines),
        first=chunk.first,
        rows=rows,
        **batch_fields(request, parsed.weight),
    )
    if request.attached is None:
        return batch
    if parsed.partners is not None:
        return attach(batch, request, layout.source, parsed.partners)
    numbers = range(len(lines)) if kept is None else kept
    return attach(batch, request, layout.source, [chunk.first + at for at in numbers])


def _all_at_once(layout: Layout, found: Sequence[Record]) -> Parsed | None:
    """The numbers of records that have nothing unusual in them, else None."""
    width, columns = len(layout.names), layout.columns
    rows = [record.cells for record in found]
    if any(len(row) != width for row in rows) or layout.request.decimal != ".":
        return None
    values = _plain_numbers(rows, columns.values)
    targets = _plain_numbers(rows, columns.targets) if columns.targets else None
    weight = _plain_numbers(rows, (columns.weight,)) if columns.weight is not None else None
    labels = None if columns.label is None else _plain_labels(layout, rows, columns.label)
    if (
        values is None
        or (columns.targets and (targets is None or (targets < 0).any()))
        or (columns.weight is not None and (weight is None or (weight < 0).any()))
        or (columns.label is not None and labels is None)
        or (layout.kind == "probs" and ((values < 0).any() or (values > 1).any()))
    ):
        return None
    partners = None
    if layout.key is not None:
        partners = find_rows(layout, [row[layout.key] for row in rows])
        if partners is None:
            return None
    return Parsed(values, labels, targets, None if weight is None else weight[:, 0], partners)


def _plain_numbers(rows: Sequence[Sequence[bytes]], at: tuple[int, ...]) -> AnyArray | None:
    flat = [row[column] for row in rows for column in at]
    # float() takes more than the grammar of numbers allows (1_000, digits of other scripts), but
    # not if every byte is one of these.
    if b"".join(flat).translate(None, PLAIN):
        return None
    try:
        values = np.array(list(map(float, flat)), dtype=np.float64)
    except ValueError:
        return None
    return values.reshape(len(rows), len(at)) if np.isfinite(values).all() else None


def _plain_labels(layout: Layout, rows: Sequence[Sequence[bytes]], at: int) -> AnyArray | None:
    flat = [row[at] for row in rows]
    if not all(cell.isdigit() and len(cell) < 10 for cell in flat):
        return None
    given = np.array(list(map(int, flat)), dtype=np.int64)
    ignored = layout.request.ignore_index
    labels, unknown = number_labels(given, layout.label_count, ignored)
    return None if unknown.any() else labels


def _one_by_one(
    layout: Layout, found: Sequence[Record], faults: list[Fault]
) -> tuple[list[Record], list[int], Parsed, DataError | None]:
    """The same, cell by cell. As the options say, the first bad row is an error, or bad rows are
    left out, or their values become nan. Also returns which rows were kept, and that error."""
    end: DataError | None = None
    records: list[Record] = []
    kept: list[int] = []
    parsed: list[Row] = []
    for at, record in enumerate(found):
        try:
            parsed.append(_row(layout, record.cells))
            records.append(record)
            kept.append(at)
        except CellError as error:
            fault = _fault(layout, record, error)
            if layout.request.on_error == "stop":
                end = DataError(
                    fault.message,
                    place=fault.place,
                    hint=error.hint,
                    if_one_based=error.if_one_based,
                )
                break
            faults.append(fault)
            if layout.request.on_error == "nan":
                parsed.append(_nothing(layout))
                records.append(record._replace(cells=_padded(record.cells, len(layout.names))))
                kept.append(at)
    columns = layout.columns
    values = np.array([row.values for row in parsed], dtype=np.float64)
    labels = np.array([row.label for row in parsed], dtype=np.int64)
    targets = np.array([row.targets for row in parsed], dtype=np.float64)
    weight = np.array([row.weight for row in parsed], dtype=np.float64)
    partners = np.array([row.partner for row in parsed], dtype=np.intp)
    return (
        records,
        kept,
        Parsed(
            values.reshape(len(parsed), len(columns.values)),
            labels if columns.label is not None else None,
            targets.reshape(len(parsed), len(columns.targets)) if columns.targets else None,
            weight if columns.weight is not None else None,
            partners if layout.key is not None else None,
        ),
        end,
    )


def _row(layout: Layout, row: Sequence[bytes]) -> Row:
    """The numbers of one record; a CellError names the first bad cell."""
    columns, wanted = layout.columns, len(layout.names)
    if len(row) != wanted:
        at = min(len(row), wanted) - (len(row) < wanted)
        raise CellError(at, f"{counted(len(row), 'cell')}, where the header has {wanted}")
    label, weight = 0, 1.0
    targets: tuple[float, ...] = ()
    values = [_value(layout, row[at], at) for at in columns.values]
    if columns.label is not None:
        label = _label(layout, row[columns.label], columns.label)
    if columns.targets:
        targets = tuple(_soft_target(layout, row[at], at) for at in columns.targets)
    if columns.weight is not None:
        weight = _weight(layout, row[columns.weight], columns.weight)
    partner = -1 if layout.key is None else _partner(layout, row[layout.key], layout.key)
    return Row(values, label, targets, weight, partner)


def _partner(layout: Layout, cell: bytes, at: int) -> int:
    """The row of the second file with the id in the cell."""
    attached = layout.request.attached
    assert attached is not None
    assert attached.join is not None
    try:
        id = plain_id(cell)
    except UnicodeDecodeError:
        raise CellError(at, "the cell is not UTF-8 text", "--encoding names another one") from None
    except ValueError as error:
        raise CellError(at, str(error)) from None
    row = int(attached.join.rows([id])[0])
    if not id or row < 0:
        hinted = layout.request.on_error == "stop"
        raise CellError(at, *without_partner(attached, id, hinted=hinted))
    return row


def _nothing(layout: Layout) -> Row:
    """A row of nan."""
    columns = layout.columns
    nothing = [float("nan")] * len(columns.values)
    # A soft target of nan would be refused; with nan logits any target gives nan. The label must
    # be one that counts.
    label = numbers_labels.label_of_nan(layout.request.ignore_index)
    return Row(nothing, label, (0.0,) * len(columns.targets), 1.0)


def _padded(row: list[bytes], width: int) -> list[bytes]:
    return (row + [b""] * width)[:width]


def _value(layout: Layout, cell: bytes, at: int) -> float:
    value = _number(layout, cell, at)
    if layout.kind == "probs" and not (0 <= value <= 1 + numbers_labels.ROUNDING or value != value):
        raise CellError(at, not_a_probability(value), numbers_labels.NOT_PROBABILITIES)
    return value


def _soft_target(layout: Layout, cell: bytes, at: int) -> float:
    value = _number(layout, cell, at)
    if not 0 <= value < float("inf"):
        raise CellError(at, not_a_soft_target(value))
    return value


def _weight(layout: Layout, cell: bytes, at: int) -> float:
    value = _number(layout, cell, at)
    if not 0 <= value < float("inf"):
        raise CellError(at, not_a_number(layout.request, value))
    return value


def _number(layout: Layout, cell: bytes, at: int) -> float:
    content = _content(cell, at)
    try:
        return numbers_labels.number(content, layout.request.decimal or ".")
    except numbers_labels.NotANumber as error:
        raise CellError(at, error.reason.format(quoted(content)), error.hint) from None


def _label(layout: Layout, cell: bytes, at: int) -> int:
    content = _content(cell, at)
    count = layout.label_count
    try:
        return numbers_labels.label(content, layout.classes, count, layout.request.ignore_index)
    except numbers_labels.NotANumber as error:
        message = error.reason.format(quoted(content))
        raise CellError(at, message, error.hint, error.if_one_based) from None


def _content(cell: bytes, at: int) -> str:
    try:
        return unquoted(cell)
    except UnicodeDecodeError:
        raise CellError(at, "the cell is not UTF-8 text", "--encoding names another one") from None
    except ValueError as error:
        raise CellError(at, str(error)) from None


def _fault(layout: Layout, record: Record, error: CellError) -> Fault:
    """A bad row with its place; cells are numbered from 1, as in the options."""
    row, at = record.cells, error.column
    whole = layout.dialect.delimiter.join(row)
    start = len(layout.dialect.delimiter.join(row[:at])) + (at > 0)
    shown = whole.decode("utf-8", "replace")
    before = len(whole[:start].decode("utf-8", "replace"))
    length = len(row[at].decode("utf-8", "replace")) if at < len(row) else 1
    excerpt = Excerpt(shown, before, before + max(1, length))
    message = error.message
    if len(row) == len(layout.names) and layout.header:
        message = f"column {quoted(layout.names[at])}: {message}"
    place = Place(layout.source, record.line, at + 1, excerpt=excerpt)
    value = row[at].decode("utf-8", "replace") if at < len(row) else ""
    return Fault(place, value, message, whole)


def _origin(layout: Layout, lines: Sequence[int], columns: tuple[int, ...]) -> Origin:
    return Origin(layout.source, "text", lines, *_numbers_and_names(layout.names, columns))


@lru_cache(maxsize=8)
def _numbers_and_names(
    names: tuple[str, ...], columns: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    # Asked for by every block, and over a thousand columns as long as parsing a tenth of it.
    return tuple(column + 1 for column in columns), tuple(names[column] for column in columns)


def _target_origin(layout: Layout, lines: Sequence[int]) -> Origin | None:
    columns = layout.columns
    if columns.targets:
        return _origin(layout, lines, columns.targets)
    if columns.label is not None:
        return _origin(layout, lines, (columns.label,))
    return None
