"""The samples of a block of text: its rows are read all at once where nothing in them is unusual,
and else record by record."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from xentcli.errors import DataError
from xentcli.model import AnyArray, Batch, Fault, Origin, Rows
from xentcli.readers.interface import Chunk
from xentcli.readers.rules.groups import grouping_of_cells, name_of_cell
from xentcli.readers.rules.sample_numbers import batch_fields
from xentcli.readers.rules.targets import attach_target
from xentcli.readers.text import records
from xentcli.readers.text.cells import parse_one_by_one, parse_plain
from xentcli.readers.text.fast import read_at_once
from xentcli.readers.text.layout import Layout, ParsedRows, rows_as_written
from xentcli.readers.text.quotes import NEWLINE
from xentcli.readers.text.records import Record
from xentcli.readers.text.spans import LINE_END


def read_samples(layout: Layout, chunk: Chunk) -> Batch:
    """Read the samples of a block of whole records."""
    assert isinstance(chunk.data, bytes)
    at_once = read_at_once(layout, chunk.data, chunk.line)
    if at_once is not None:
        batch = _make_batch(layout, chunk, at_once.parsed, at_once.lines, at_once.rows)
        return _group(batch._replace(lines=at_once.line_ends), at_once.by)
    found, end = _split_records(layout, chunk)
    faults: list[Fault] = []
    kept: Sequence[int] = range(len(found))
    parsed = parse_plain(layout, found)
    if parsed is None:
        found, kept, parsed, earlier = parse_one_by_one(layout, found, faults)
        end = earlier or end
    if end is not None and not found:
        raise end
    rows = rows_as_written(layout, [r.cells for r in found]) if layout.request.keep_rows else None
    batch = _make_batch(layout, chunk, parsed, [record.line for record in found], rows, kept)
    batch = batch._replace(lines=records.count_line_ends(chunk.data))
    if end is not None:
        # Only now: an earlier row may have a label without a match in the second file, which
        # _make_batch reports.
        raise end
    if faults and layout.request.on_error == "skip":
        batch = batch._replace(kept=np.array(kept, dtype=np.intp))
    elif faults:
        bad_lines = {fault.place.line for fault in faults}
        at = (at for at, record in enumerate(found) if record.line in bad_lines)
        batch = batch._replace(unread=tuple(at))
    by = layout.columns.by
    groups = None if by is None else [record.cells[by] for record in found]
    return _group(batch._replace(faults=tuple(faults)), groups)


def _split_records(layout: Layout, chunk: Chunk) -> tuple[list[Record], DataError | None]:
    """The records of a block, and the error at which splitting it into records failed, if it did.
    The records before that are returned all the same."""
    assert isinstance(chunk.data, bytes)
    found: list[Record] = []
    try:
        found.extend(records.split_records(chunk.data, layout.dialect, chunk.line, layout.source))
    except DataError as error:
        return found, error
    return found, None


def _group(batch: Batch, by: Sequence[bytes] | None) -> Batch:
    """The batch with its samples grouped by the cells of a column, if there is one."""
    return batch if by is None else batch._replace(grouping=grouping_of_cells(by))


def look_up_ids(layout: Layout, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> list[str]:
    """Look up the ids of some samples of a block. Only few samples are asked for, so their rows are
    split once more, and the ids of all the others are never kept."""
    assert layout.columns.id is not None
    assert isinstance(chunk.data, bytes)
    starts = _line_starts(chunk.data)
    found = []
    for sample in samples:
        line = int(batch.values_from.lines[sample])
        cursor = records.Cursor(int(starts[line - chunk.line]), line)
        record, _ = records.read_record(chunk.data, cursor, layout.dialect, layout.source)
        assert record is not None
        # A row that was set to nan may be too short.
        short = len(record.cells) <= layout.columns.id
        found.append("" if short else name_of_cell(record.cells[layout.columns.id]))
    return found


def _line_starts(data: bytes) -> Sequence[int] | AnyArray:
    """Where the physical lines of a block begin."""
    if b"\r" in data:
        return [0, *(match.end() for match in LINE_END.finditer(data))]
    newlines = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == NEWLINE)
    return np.concatenate([[0], newlines + 1])


def _make_batch(
    layout: Layout,
    chunk: Chunk,
    parsed: ParsedRows,
    lines: Sequence[int],
    rows: Rows | None,
    kept: Sequence[int] | None = None,
) -> Batch:
    """The samples with their places and with labels from elsewhere. ``kept`` are the indices, among
    the records of the block, of those that were not left out."""
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
        return attach_target(batch, request, layout.source, parsed.partners)
    numbers = range(len(lines)) if kept is None else kept
    return attach_target(batch, request, layout.source, [chunk.first + at for at in numbers])


def _origin(layout: Layout, lines: Sequence[int], columns: tuple[int, ...]) -> Origin:
    return Origin(layout.source, "text", lines, *_numbers_and_names(layout.names, columns))


@lru_cache(maxsize=8)
def _numbers_and_names(
    names: tuple[str, ...], columns: tuple[int, ...]
) -> tuple[tuple[int, ...], tuple[str, ...]]:
    # Every block needs them, and for a thousand columns making them takes a tenth of the time that
    # parsing the block does.
    return tuple(column + 1 for column in columns), tuple(names[column] for column in columns)


def _target_origin(layout: Layout, lines: Sequence[int]) -> Origin | None:
    columns = layout.columns
    if columns.targets:
        return _origin(layout, lines, columns.targets)
    if columns.label is not None:
        return _origin(layout, lines, (columns.label,))
    return None
