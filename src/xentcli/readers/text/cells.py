"""Parses the records of a block cell by cell, and says what is wrong with a cell and where."""

from __future__ import annotations

from collections.abc import Sequence

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
from xentcli.model import AnyArray, Fault, NamedTuple
from xentcli.model.csv_cells import unquoted
from xentcli.readers.rules import numbers_labels
from xentcli.readers.rules.ids import explain_missing_id
from xentcli.readers.rules.numbers_labels import find_unknown_labels
from xentcli.readers.rules.sample_numbers import not_a_sample_number
from xentcli.readers.rules.targets import are_soft_targets
from xentcli.readers.text.ids import find_rows, plain_id
from xentcli.readers.text.layout import Layout, ParsedRows
from xentcli.readers.text.records import Record

# The bytes of a number that ``float`` reads as the grammar of numbers does.
PLAIN = b"0123456789+-.eE"


class CellError(Exception):
    """What is wrong with a row, and in which cell of it."""

    def __init__(
        self, column: int, message: str, hint: str = "", if_one_based: int | None = None
    ) -> None:
        super().__init__(message)
        self.column = column
        self.message = message
        self.hint = hint
        self.if_one_based = if_one_based


class ParsedRow(NamedTuple):
    """The numbers of one record; ``partner`` is its row in the second file."""

    values: Sequence[float]
    label: int
    targets: Sequence[float]
    weight: float
    partner: int = -1


def parse_plain(layout: Layout, records: Sequence[Record]) -> ParsedRows | None:
    """The numbers of records that are all plain, parsed column by column; None if any record or
    cell is unusual."""
    width, columns = len(layout.names), layout.columns
    rows = [record.cells for record in records]
    if any(len(row) != width for row in rows) or layout.request.decimal != ".":
        return None
    values = _plain_numbers(rows, columns.values)
    targets = _plain_numbers(rows, columns.targets) if columns.targets else None
    weight = _plain_numbers(rows, (columns.weight,)) if columns.weight is not None else None
    labels = None if columns.label is None else _plain_labels(layout, rows, columns.label)
    if (
        values is None
        or (
            columns.targets
            and (targets is None or not are_soft_targets(targets, layout.request).all())
        )
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
    return ParsedRows(values, labels, targets, None if weight is None else weight[:, 0], partners)


def _plain_numbers(rows: Sequence[Sequence[bytes]], at: tuple[int, ...]) -> AnyArray | None:
    """The numbers of some columns; None if a cell is no finite number, or could be one that only
    Python reads."""
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
    """The labels of a column of class indices; None if a cell is not a short string of digits, or
    no class."""
    flat = [row[at] for row in rows]
    if not all(cell.isdigit() and len(cell) < 10 for cell in flat):
        return None
    given = np.array(list(map(int, flat)), dtype=np.int64)
    ignored = layout.request.ignore_index
    labels, unknown = find_unknown_labels(given, layout.label_count, ignored)
    return None if unknown.any() else labels


def parse_one_by_one(
    layout: Layout, records: Sequence[Record], faults: list[Fault]
) -> tuple[list[Record], list[int], ParsedRows, DataError | None]:
    """Parse records cell by cell. Return those that are kept, their indices, their numbers, and the
    error that ends the reading, if any.

    ``--on-error`` decides what a bad row does: it is that error, or it is left out, or its values
    become nan; in the last two cases it is added to ``faults``.
    """
    end: DataError | None = None
    kept: list[Record] = []
    at_kept: list[int] = []
    parsed: list[ParsedRow] = []
    for at, record in enumerate(records):
        try:
            parsed.append(_parse_row(layout, record.cells))
            kept.append(record)
            at_kept.append(at)
        except CellError as error:
            fault = _describe_fault(layout, record, error)
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
                parsed.append(_nan_row(layout))
                kept.append(record._replace(cells=_pad(record.cells, len(layout.names))))
                at_kept.append(at)
    columns = layout.columns
    values = np.array([row.values for row in parsed], dtype=np.float64)
    labels = np.array([row.label for row in parsed], dtype=np.int64)
    targets = np.array([row.targets for row in parsed], dtype=np.float64)
    weight = np.array([row.weight for row in parsed], dtype=np.float64)
    partners = np.array([row.partner for row in parsed], dtype=np.intp)
    return (
        kept,
        at_kept,
        ParsedRows(
            values.reshape(len(parsed), len(columns.values)),
            labels if columns.label is not None else None,
            targets.reshape(len(parsed), len(columns.targets)) if columns.targets else None,
            weight if columns.weight is not None else None,
            partners if layout.key is not None else None,
        ),
        end,
    )


def _parse_row(layout: Layout, row: Sequence[bytes]) -> ParsedRow:
    """The numbers of one record. Raises CellError with the first bad cell."""
    columns, wanted = layout.columns, len(layout.names)
    if len(row) != wanted:
        at = min(len(row), wanted) - (len(row) < wanted)
        raise CellError(at, f"{counted(len(row), 'cell')}, where the header has {wanted}")
    label, weight = 0, 1.0
    targets: tuple[float, ...] = ()
    values = [_parse_value(layout, row[at], at) for at in columns.values]
    if columns.label is not None:
        label = _parse_label(layout, row[columns.label], columns.label)
    if columns.targets:
        targets = tuple(_parse_soft_target(layout, row[at], at) for at in columns.targets)
    if columns.weight is not None:
        weight = _parse_weight(layout, row[columns.weight], columns.weight)
    partner = -1 if layout.key is None else _find_partner(layout, row[layout.key], layout.key)
    return ParsedRow(values, label, targets, weight, partner)


def _find_partner(layout: Layout, cell: bytes, at: int) -> int:
    """The row of the second file that has the id in the cell."""
    attached, join = layout.request.joined
    try:
        id = plain_id(cell)
    except UnicodeDecodeError:
        raise CellError(at, "the cell is not UTF-8 text", "--encoding names another one") from None
    except ValueError as error:
        raise CellError(at, str(error)) from None
    row = int(join.find_rows([id])[0])
    if not id or row < 0:
        hinted = layout.request.on_error == "stop"
        raise CellError(at, *explain_missing_id(attached, id, hinted=hinted))
    return row


def _nan_row(layout: Layout) -> ParsedRow:
    """The numbers in the place of a bad row: its values are nan."""
    columns = layout.columns
    nothing = [float("nan")] * len(columns.values)
    # With nan logits any target gives nan: one that is no fault itself, and a label that is not
    # ignored.
    even = [1.0 / len(columns.targets)] * len(columns.targets) if columns.targets else ()
    label = numbers_labels.label_for_nan(layout.request.ignore_index)
    return ParsedRow(nothing, label, even, 1.0)


def _pad(row: list[bytes], width: int) -> list[bytes]:
    """A row with exactly ``width`` cells."""
    return (row + [b""] * width)[:width]


def _parse_value(layout: Layout, cell: bytes, at: int) -> float:
    value = _parse_number(layout, cell, at)
    if layout.kind == "probs" and not (0 <= value <= 1 + numbers_labels.ROUNDING or value != value):
        raise CellError(at, not_a_probability(value), numbers_labels.NOT_PROBABILITIES)
    return value


def _parse_soft_target(layout: Layout, cell: bytes, at: int) -> float:
    value = _parse_number(layout, cell, at)
    if not are_soft_targets(value, layout.request):
        raise CellError(at, not_a_soft_target(value, of_question=layout.request.questions))
    return value


def _parse_weight(layout: Layout, cell: bytes, at: int) -> float:
    value = _parse_number(layout, cell, at)
    if not 0 <= value < float("inf"):
        raise CellError(at, not_a_sample_number(layout.request, value))
    return value


def _parse_number(layout: Layout, cell: bytes, at: int) -> float:
    content = _decode(cell, at)
    try:
        return numbers_labels.read_number(content, layout.request.decimal or ".")
    except numbers_labels.NotANumber as error:
        raise CellError(at, error.reason.format(quoted(content)), error.hint) from None


def _parse_label(layout: Layout, cell: bytes, at: int) -> int:
    content = _decode(cell, at)
    count = layout.label_count
    try:
        return numbers_labels.read_label(
            content, layout.classes, count, layout.request.ignore_index
        )
    except numbers_labels.NotANumber as error:
        message = error.reason.format(quoted(content))
        raise CellError(at, message, error.hint, error.if_one_based) from None


def _decode(cell: bytes, at: int) -> str:
    try:
        return unquoted(cell)
    except UnicodeDecodeError:
        raise CellError(at, "the cell is not UTF-8 text", "--encoding names another one") from None
    except ValueError as error:
        raise CellError(at, str(error)) from None


def _describe_fault(layout: Layout, record: Record, error: CellError) -> Fault:
    """The report of a bad row: where it is, what is wrong, and its text. Cells are numbered from 1,
    as in the options."""
    row, at = record.cells, error.column
    whole = layout.dialect.delimiter.join(row)
    start = len(layout.dialect.delimiter.join(row[:at])) + (at > 0)
    shown = whole.decode("utf-8", "replace")
    before = len(whole[:start].decode("utf-8", "replace"))
    value = row[at].decode("utf-8", "replace")
    excerpt = Excerpt(shown, before, before + max(1, len(value)))
    message = error.message
    if len(row) == len(layout.names) and layout.header:
        message = f"column {quoted(layout.names[at])}: {message}"
    place = Place(layout.source, record.line, at + 1, excerpt=excerpt)
    return Fault(place, value, message, whole)
