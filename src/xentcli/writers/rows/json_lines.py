"""JSON Lines: a record for each sample, with the fields of the input first, then the answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np

from xentcli.errors import DataError, Place
from xentcli.model import Answer, Batch, Fields, Floats, Origin, Report, Rows, sample_number
from xentcli.model.csv_cells import unique_names
from xentcli.writers.interface import Stream, View
from xentcli.writers.json.report import nest
from xentcli.writers.json.text import escape_controls
from xentcli.writers.rows.delimited import cell_content
from xentcli.writers.rows.listing import as_json, list_report
from xentcli.writers.rows.numbers import row_pattern as numbers_between
from xentcli.writers.rows.numbers import shortest_texts, strict_json

NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")

# The fields of a record by name, each as JSON.
Record = Mapping[str, bytes]


def start(stream: Stream) -> bytes:
    """Nothing, as there is no header."""
    return b""


def rows(batch: Batch, answer: Answer, stream: Stream) -> bytes:
    """A batch's records."""
    if not stream.each:
        return b""
    if batch.fields is not None and np.isfinite(answer.values).all():
        return escape_controls(_fill_in_fields(batch.fields, batch, answer))
    values = _json_of_samples(answer.values, batch, stream, has_classes=answer.has_classes)
    lines = []
    for record, value in zip(_records(batch, answer, stream), values, strict=True):
        # The answer replaces a field of its name that is passed on.
        kept = {name: text for name, text in record.items() if name != answer.field}
        lines.append(_as_line({**kept, answer.field: value}))
    return escape_controls(b"".join(lines))


def end(report: Report, stream: Stream, view: View, waiting: Iterable[bytes]) -> Iterator[bytes]:
    """The records about all samples, where there is not one for each."""
    if not stream.each:
        names, rows = list_report(report)
        for row in rows:
            values = (as_json(value).encode("utf-8", "backslashreplace") for value in row)
            yield escape_controls(_as_line(dict(zip(names, values, strict=True))))


def _fill_in_fields(fields: Fields, batch: Batch, answer: Answer) -> bytes:
    """The lines of records that all have the same fields. Filling in a pattern takes Python a
    fraction of the time that joining the fields of records does."""
    own = () if answer.field == "loss" else batch.values_from.names
    kept = [
        (_key_json(name).replace(b"%", b"%%") + (b"[%s], " if is_list else b"%s, "), texts)
        for name, texts, is_list in zip(*fields, strict=True)
        if name not in (*own, answer.field)
    ]
    values = answer.values
    left, right = (b"[", b"]") if values.ndim > 1 else (b"", b"")
    before = b"".join([b"{", *(key for key, _ in kept), _key_json(answer.field), left])
    pattern = numbers_between(values.reshape(len(values), -1), b", ", before, right + b"}\n")
    return pattern % tuple(chain.from_iterable(zip(*(texts for _, texts in kept), strict=True)))


def _as_line(record: Record) -> bytes:
    return b"{" + b", ".join([_key_json(name) + text for name, text in record.items()]) + b"}\n"


@lru_cache(maxsize=1 << 8)
def _key_json(name: str) -> bytes:
    # Kept, as every record has the same names, and a name takes longer to write than a number.
    return _as_json(name) + b": "


def _as_json(value: Any) -> bytes:
    # Half of a surrogate pair is no character; the escape that this gives is that of JSON.
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "backslashreplace")


def _json_of_samples(
    values: Floats, batch: Batch, stream: Stream, *, has_classes: bool
) -> Iterator[bytes]:
    """Yield the part of an array that belongs to each sample as JSON, nested as in the input."""
    if batch.values.ndim == 1:
        values = values[np.newaxis]
    elif has_classes and values.ndim > 2:
        values = np.moveaxis(values, 1, _class_axis(stream.class_axis, values.ndim))
    shape = values.shape[1:]
    texts = list(map(strict_json, shortest_texts(values)))
    size = len(texts) // len(values) if len(values) else 0
    for number in range(len(values)):
        yield nest(texts[number * size : (number + 1) * size], shape).encode("ascii")


def _class_axis(axis: int, dimensions: int) -> int:
    """The axis of the classes in the input; the next one if that is 0, which is that of the samples
    here."""
    return axis % dimensions or 1


def _records(batch: Batch, answer: Answer, stream: Stream) -> Iterator[Record]:
    if batch.records is not None:
        return _passed_on_records(batch.records, batch, answer, stream)
    if batch.fields is not None:
        return _passed_on_records(_records_of_fields(batch), batch, answer, stream)
    if batch.rows is not None:
        return _records_of_rows(batch, batch.rows, answer, stream)
    return _new_records(batch, answer, stream)


def _records_of_fields(batch: Batch) -> list[Record]:
    fields = batch.fields
    assert fields is not None
    columns = [
        [b"[%s]" % text for text in texts] if is_list else texts
        for texts, is_list in zip(fields.texts, fields.lists, strict=True)
    ]
    # Where the values were the only field, nothing is passed on of any record.
    rows = zip(*columns, strict=True) if columns else [()] * len(batch.values)
    return [dict(zip(fields.names, row, strict=True)) for row in rows]


def _passed_on_records(
    records: Sequence[Mapping[str, Any]], batch: Batch, answer: Answer, stream: Stream
) -> Iterator[Record]:
    """The fields of the input's own records. Beside a loss they include the values that it was
    computed from; any other answer takes the place of these."""
    names = batch.values_from.names or (batch.kind,)
    values = _json_of_samples(batch.values, batch, stream, has_classes=True)
    for record, own in zip(records, values, strict=True):
        fields = {name: _field_json(value) for name, value in record.items()}
        if answer.field != "loss":
            yield {name: text for name, text in fields.items() if name not in names}
        elif any(name in fields for name in names):
            yield fields
        else:
            yield {**fields, batch.kind: own}


def _field_json(value: Any) -> bytes:
    """Write a field as JSON; bytes are JSON already, as they stood in the input."""
    if isinstance(value, bytes):
        return value
    return _as_json(_make_strict(value))


def _make_strict(value: Any) -> Any:
    """Replace nan and infinity, which JSON does not have, by strings."""
    if isinstance(value, dict):
        return {str(key): _make_strict(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_make_strict(item) for item in value]
    if isinstance(value, float):
        return json.loads(strict_json(repr(float(value))))
    return value


def _records_of_rows(batch: Batch, rows: Rows, answer: Answer, stream: Stream) -> Iterator[Record]:
    """Make flat records of the rows of a text; the fields are called as its columns."""
    if not rows.cells:
        return
    names = _unique_names(rows)
    numbers = {at: place for place, at in enumerate(rows.values_at)}
    targets = _target_columns(batch)
    for row, cells in enumerate(rows.cells):
        fields = {}
        for at, cell in enumerate(cells):
            if at in numbers:
                if answer.field == "loss":
                    fields[names[at]] = _number_json(cell, batch.values[row, numbers[at]])
            elif at in targets:
                assert batch.targets is not None
                fields[names[at]] = _number_json(cell, batch.targets[row, targets[at]])
            else:
                fields[names[at]] = _cell_json(cell, batch.values_from, row, at)
        yield fields


def _unique_names(rows: Rows) -> list[str]:
    """A name for each column, made unique where the header repeats one."""
    header = rows.header or [b"%d" % (at + 1) for at in range(len(rows.cells[0]))]
    return unique_names(cell_content(cell).decode("utf-8") for cell in header)


def _target_columns(batch: Batch) -> dict[int, int]:
    """The positions of the soft targets among the columns of their text."""
    origin = batch.target_from
    if batch.targets is None or origin is None or origin.source != batch.values_from.source:
        return {}
    return {column - 1: place for place, column in enumerate(origin.columns)}


def _number_json(cell: bytes, value: Any) -> bytes:
    """Write a cell that was read as a number: as it stood in the input if that is JSON."""
    content = cell_content(cell).strip(b" \t")
    if NUMBER.fullmatch(content):
        return content
    return strict_json(repr(float(value))).encode("ascii")


def _cell_json(cell: bytes, origin: Origin, row: int, at: int) -> bytes:
    content = cell_content(cell)
    if NUMBER.fullmatch(content.strip(b" \t")):
        return content.strip(b" \t")
    try:
        return _as_json(content.decode("utf-8"))
    except UnicodeDecodeError:
        raise DataError(
            "the cell is not UTF-8 text, as JSON must be",
            place=Place(origin.source, origin.lines[row], at + 1),
            hint="--encoding names another one",
        ) from None


def _new_records(batch: Batch, answer: Answer, stream: Stream) -> Iterator[Record]:
    """Make records for input that has none of its own: typed values, or a document."""
    values = _json_of_samples(batch.values, batch, stream, has_classes=True)
    single = batch.values.ndim == 1
    labels = targets = None
    if batch.labels is not None:
        labels = [batch.labels] if single else batch.labels
    if batch.targets is not None:
        targets = list(_json_of_samples(batch.targets, batch, stream, has_classes=True))
    for number, own in enumerate(values):
        fields = {"sample": b"%d" % sample_number(batch, number)}
        if answer.field == "loss":
            fields[batch.kind] = own
        if labels is not None:
            fields["label"] = _as_json(np.asarray(labels[number]).tolist())
        if targets is not None:
            fields["targets"] = targets[number]
        yield fields
