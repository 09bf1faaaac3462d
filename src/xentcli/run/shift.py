"""--shift: position t is scored with the label of position t + 1, as for a causal language model.
The last position and the first label of each sequence drop out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from xentcli.errors import DataError, Place, UsageError, quoted
from xentcli.model import AnyArray, Batch, Grouping, Indices, NamedTuple, Origin, Rows
from xentcli.model.csv_cells import csv_cell
from xentcli.readers.interface import BatchReader, Chunk, OnError, Opened, Part, Reader
from xentcli.run.second_file import check_attached


def shift_labels(opened: Opened, on_error: OnError) -> Opened:
    """The input whose labels are moved to the position before: along the positions of an array, or
    from row to row as long as the value of --by stays the same.

    A bad sample of an array is a whole sequence, and may be left out. A bad row may not, because
    the rows before and after it would then be taken for neighbours.
    """
    if opened.has_tokens:
        raise UsageError(
            f"--shift: what {opened.source} has of each token is of that token already"
        )
    if opened.dimensions == 1:
        return opened._replace(reader=ShiftedPositions(opened.reader))
    if opened.dimensions > 1:
        raise UsageError(
            f"--shift: {opened.source} has {opened.dimensions} axes of positions, and it is not "
            "said which of them to go along"
        )
    if not opened.by:
        raise UsageError(
            f"--shift: {opened.source} has no axis of positions, as (B, V, T) and with "
            "--class-axis -1 (B, T, V) have",
            hint="of rows, --by names the column that says to which sequence each belongs",
        )
    if on_error != "stop":
        raise UsageError("--shift needs every row: --on-error cannot leave any out")
    attached = opened.attached
    return opened._replace(
        chunks=ShiftedRows(opened),
        reader=BatchReader(),
        workers=None,
        numbered=True,
        has_ids=False,
        attached=attached if attached is not None and attached.join is not None else None,
        by_sequence=True,
    )


class ShiftedPositions(NamedTuple):
    """Reads samples of positions (N, C, T), and shifts their labels."""

    reader: Reader

    def parts(self, chunk: Chunk) -> Iterator[Chunk]:
        """The chunk in pieces that fit into memory."""
        return self.reader.parts(chunk)

    def read(self, chunk: Chunk) -> Batch:
        """The samples of a piece with shifted labels, without their last position."""
        batch = self.reader.read(_with_next_position(chunk))
        return batch._replace(
            values=batch.values[:, :, :-1],
            labels=None if batch.labels is None else batch.labels[:, 1:],
            targets=None if batch.targets is None else batch.targets[:, :, 1:],
        )

    def ids(self, chunk: Chunk, batch: Batch, samples: Sequence[int]) -> Sequence[str]:
        """The ids of some samples of a piece."""
        return self.reader.ids(chunk, batch, samples)


def _with_next_position(chunk: Chunk) -> Chunk:
    """A piece of a large sample, extended by the next position, if there is one; any other chunk is
    unchanged."""
    part = chunk.data
    if not isinstance(part, Part) or part.positions is None:
        return chunk
    start, stop = part.positions
    return chunk._replace(data=part._replace(positions=(start, stop + 1)))


class ShiftedRows:
    """The rows of an input as batches whose labels are shifted already. The last row of each batch
    is held back until the first row of the next one, which has its label, is read."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def in_order(self) -> Iterator[Chunk]:
        """All batches, as chunks."""
        opened, sequences = self._opened, SequenceNames(self._opened)
        waiting: Batch | None = None
        samples = number = 0
        for chunk in opened.chunks.in_order():
            for part in opened.reader.parts(chunk):
                first = chunk.first if part is chunk else samples
                batch = opened.reader.read(part._replace(first=samples))
                count = len(batch.values)
                samples = first + count
                if not count:
                    continue
                whole = batch if waiting is None else _prepend(waiting, batch)
                waiting = _select_rows(whole, np.array([len(whole.values) - 1]))
                shifted = _shift(whole, sequences)._replace(
                    read=count,
                    sample_bytes=batch.sample_bytes,
                    bytes_at=batch.grouping and batch.grouping.at,
                    partners=batch.partners,
                )
                yield part._replace(number=number, first=first, samples=count, data=shifted)
                number += 1
        check_attached(samples, opened)

    def spans(self) -> None:
        """None: each row needs the one after it."""

    def partitions(self, size: int) -> None:
        """None: each row needs the one after it."""


class SequenceNames:
    """The values of --by so far. One that comes back after others would make one sequence of
    two."""

    def __init__(self, opened: Opened) -> None:
        self._opened, self._known, self._last = opened, set[str](), ""

    def add(self, names: Sequence[str]) -> None:
        """Add the values of the next rows. Refuses one that comes back."""
        for name in names:
            if name == self._last and self._known:
                continue
            if name in self._known:
                raise DataError(
                    f"{quoted(self._opened.by)} is {quoted(name)} again, after other values",
                    place=Place(self._opened.source),
                    hint="--shift takes rows that follow one another for one sequence; sort them",
                )
            self._known.add(name)
            self._last = name


def _shift(batch: Batch, sequences: SequenceNames) -> Batch:
    """Give each row the label of the next row, and keep only the rows whose next row is of the same
    sequence."""
    assert batch.grouping is not None
    grouping = batch.grouping
    sequences.add([grouping.names[at] for at in grouping.at.tolist()])
    scored = np.flatnonzero(grouping.at[:-1] == grouping.at[1:])
    after = scored + 1
    found = _select_rows(batch, scored)
    return found._replace(
        labels=None if batch.labels is None else batch.labels[after],
        targets=None if batch.targets is None else batch.targets[after],
        target_from=_select_target_lines(batch, after),
        rows=_shift_label_cells(batch, scored, after),
        records=_shift_label_fields(batch, scored, after),
    )


def _shift_label_cells(batch: Batch, scored: Indices, after: Indices) -> Rows | None:
    """The rows as written, each with the label cells of the row after it."""
    rows, origin = batch.rows, batch.target_from
    if rows is None:
        return None
    columns: list[int] = []
    if _has_labels_in_rows(batch) and origin is not None:
        columns = _label_columns(rows, origin)
    cells = []
    for at, then in zip(scored.tolist(), after.tolist(), strict=True):
        row = list(rows.cells[at])
        for column in columns:
            row[column] = rows.cells[then][column]
        cells.append(row)
    return rows._replace(cells=cells)


def _label_columns(rows: Rows, origin: Origin) -> list[int]:
    if origin.columns:
        return [column - 1 for column in origin.columns]
    # A class may be called as the label is.
    others = (at for at in range(len(rows.header)) if at not in rows.values_at)
    places = {rows.header[at]: at for at in others}
    return [places[csv_cell(name.encode("utf-8"))] for name in origin.names]


def _shift_label_fields(
    batch: Batch, scored: Indices, after: Indices
) -> list[dict[str, object]] | None:
    records, origin = batch.records, batch.target_from
    if records is None:
        return None
    names = origin.names if _has_labels_in_rows(batch) and origin is not None else ()
    return [
        {**records[at], **{name: records[then][name] for name in names}}
        for at, then in zip(scored.tolist(), after.tolist(), strict=True)
    ]


def _has_labels_in_rows(batch: Batch) -> bool:
    """Whether the labels are cells of the rows, and not from a second file."""
    origin = batch.target_from
    return origin is not None and origin.source == batch.values_from.source


def _select_rows(batch: Batch, at: Indices) -> Batch:
    """Select some rows of a batch."""
    before = np.arange(len(batch.values)) if batch.kept is None else batch.kept
    rows, records, grouping = batch.rows, batch.records, batch.grouping
    return batch._replace(
        values=batch.values[at],
        values_from=_select_lines(batch.values_from, at),
        labels=_select(batch.labels, at),
        targets=_select(batch.targets, at),
        target_from=_select_target_lines(batch, at),
        sample_weight=_select(batch.sample_weight, at),
        rows=rows and rows._replace(cells=[rows.cells[row] for row in at.tolist()]),
        records=None if records is None else [records[row] for row in at.tolist()],
        grouping=grouping and grouping._replace(at=grouping.at[at]),
        kept=before[at],
    )


def _select_target_lines(batch: Batch, at: Indices) -> Origin | None:
    """Select the lines of some rows' labels or soft targets. Labels of a second file are checked
    already, and have the lines of that whole file."""
    origin = batch.target_from
    return _select_lines(origin, at) if origin and _has_target_lines(batch) else origin


def _has_target_lines(batch: Batch) -> bool:
    return batch.targets is not None or _has_labels_in_rows(batch)


def _select_lines(origin: Origin, at: Indices) -> Origin:
    return origin._replace(lines=np.asarray(origin.lines)[at] if len(origin.lines) else ())


def _select(array: AnyArray | None, at: Indices) -> AnyArray | None:
    return None if array is None else array[at]


def _prepend(waiting: Batch, batch: Batch) -> Batch:
    """Put the row that was held back in front of the next batch."""
    assert waiting.grouping is not None
    assert batch.grouping is not None
    (last,) = waiting.grouping.at.tolist()
    name, names = waiting.grouping.names[last], batch.grouping.names
    known = names if name in names else (*names, name)
    rows, records, target_from = batch.rows, batch.records, batch.target_from
    if _has_target_lines(batch) and waiting.target_from is not None and target_from is not None:
        target_from = _join_lines(waiting.target_from, target_from)
    return batch._replace(
        values=np.concatenate([waiting.values, batch.values]),
        values_from=_join_lines(waiting.values_from, batch.values_from),
        labels=_join(waiting.labels, batch.labels),
        targets=_join(waiting.targets, batch.targets),
        target_from=target_from,
        sample_weight=_join(waiting.sample_weight, batch.sample_weight),
        rows=rows and waiting.rows and rows._replace(cells=[*waiting.rows.cells, *rows.cells]),
        records=None if records is None else [*(waiting.records or []), *records],
        grouping=Grouping(known, np.concatenate([[known.index(name)], batch.grouping.at])),
        first=batch.first - 1,
    )


def _join_lines(waiting: Origin, origin: Origin) -> Origin:
    lines = (*np.asarray(waiting.lines).tolist(), *np.asarray(origin.lines).tolist())
    return origin._replace(lines=np.array(lines, dtype=np.int64))


def _join(waiting: AnyArray | None, array: AnyArray | None) -> AnyArray | None:
    return None if waiting is None or array is None else np.concatenate([waiting, array])
