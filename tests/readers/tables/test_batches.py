"""The record batches that a table is cut into: which columns of it they have, how many rows, and
their share of its bytes."""

from __future__ import annotations

import gzip
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.faults.running import run_inside
from tests.readers.opening import WANTED, opened
from xentcli.errors import DataError
from xentcli.readers.interface import Chunk, Opened, Request, RowBatch
from xentcli.readers.sources.source import Source, version_of
from xentcli.readers.tables import columnar

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

from tests.readers.tables.test_columnar import FORMS, content_of, written  # noqa: E402
from xentcli.readers.tables import batches  # noqa: E402

COLUMNS = {
    "s": ["x"] * 7,
    "a": [1.0] * 7,
    "w": [2] * 7,
    "b": [0.5] * 7,
    "g": ["u"] * 7,
    "label": [1] * 7,
    "t1": [0.25] * 7,
    "t2": [0.75] * 7,
}


def cut(found: Opened) -> list[Chunk]:
    return list(found.chunks.in_order())


def names_in(chunk: Chunk) -> list[str]:
    assert isinstance(chunk.data, RowBatch)
    names: list[str] = batches.unpack(chunk.data.content).schema.names
    return names


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("fields", "names"),
    [
        ({}, "a b label"),
        ({"wanted": "none"}, "a b"),
        ({"weight_col": "w"}, "a w b label"),
        ({"by": "g"}, "a b g label"),
        ({"target_cols": "t1,t2"}, "a b t1 t2"),
        # What is passed on, or put among the rejects, is the whole row.
        ({"keep_rows": "cells"}, "s a w b g label t1 t2"),
        ({"keep_records": "whole"}, "s a w b g label t1 t2"),
        ({"on_error": "skip"}, "s a w b g label t1 t2"),
        ({"on_error": "nan"}, "s a w b g label t1 t2"),
    ],
)
def test_only_columns_that_are_needed_are_read(
    fields: dict[str, Any], names: str, form: str, tmp_path: Path
) -> None:
    request = WANTED._replace(logit_cols="a,b", **fields)
    (chunk,) = cut(opened(written(tmp_path, pa.table(COLUMNS), form), request))
    assert names_in(chunk) == names.split()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("names", [("s", "a", "b", "s"), ("s.t", "a", "b", "c")])
def test_columns_that_names_do_not_tell_apart_are_all_read(
    names: Sequence[str], form: str, tmp_path: Path
) -> None:
    columns = [["x", "y"], [1.5, 0.5], [0.5, 2.5], ["u", "v"]]
    table = pa.Table.from_arrays([pa.array(column) for column in columns], list(names))
    found = opened(written(tmp_path, table, form), Request())
    (chunk,) = cut(found)
    assert names_in(chunk) == list(names)
    assert found.reader.read(chunk).values.tolist() == [[1.5, 0.5], [0.5, 2.5]]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("most", "target_cols", "rows"),
    [
        # A row has two logits, a label and a weight, or soft targets in the label's place.
        (3 * 4 * 8, None, [3, 3, 1]),
        (4 * 4 * 8 - 1, None, [3, 3, 1]),
        (3 * 6 * 8, "t1,t2", [3, 3, 1]),
        (4 * 6 * 8 - 1, "t1,t2", [3, 3, 1]),
        (1, None, [1] * 7),
    ],
)
def test_the_numbers_of_a_batch_fill_so_many_bytes(
    most: int,
    target_cols: str | None,
    rows: list[int],
    form: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(columnar, "CHUNK_BYTES", most)
    request = WANTED._replace(logit_cols="a,b", target_cols=target_cols)
    found = opened(written(tmp_path, pa.table(COLUMNS), form), request)
    chunks, firsts = cut(found), [0, *itertools.accumulate(rows)][:-1]
    assert [chunk.samples for chunk in chunks] == rows
    assert [chunk.first for chunk in chunks] == firsts
    assert [chunk.line for chunk in chunks] == [first + 1 for first in firsts]
    assert [chunk.number for chunk in chunks] == list(range(len(rows)))
    for chunk in chunks:
        lines = found.reader.read(chunk).values_from.lines
        assert list(lines) == list(range(chunk.line, chunk.line + chunk.samples))


@pytest.mark.parametrize("form", FORMS)
def test_each_batch_has_its_share_of_the_bytes_if_the_rows_are_counted(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columnar, "CHUNK_BYTES", 3 * 4 * 8)
    path = written(tmp_path, pa.table(COLUMNS), form)
    found = opened(path, WANTED._replace(logit_cols="a,b"))
    # Arrow's own files do not say how many rows they have.
    size = path.stat().st_size if form == "parquet" else None
    assert found.size == size
    shares = [round((size or 0) / 7 * rows) for rows in (3, 3, 1)]
    assert [chunk.size for chunk in cut(found)] == shares


@pytest.mark.parametrize("form", ["arrow", "arrows"])
def test_a_file_without_row_groups_is_read_whole_on_another_machine(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columnar, "CHUNK_BYTES", 3 * 4 * 8)
    found = opened(written(tmp_path, pa.table(COLUMNS), form), WANTED._replace(logit_cols="a,b"))
    (chunk,) = list(found.chunks.partitions(1) or ())
    assert (chunk.number, chunk.first, chunk.samples, chunk.line) == (0, 0, 0, 1)
    parts = list(found.reader.parts(chunk))
    assert [part.samples for part in parts] == [3, 3, 1]
    assert [part.line for part in parts] == [1, 4, 7]
    assert [list(found.reader.parts(part)) for part in parts] == [[part] for part in parts]


@pytest.mark.parametrize(
    ("fields", "has_labels", "has_targets"),
    [
        ({}, True, False),
        ({"wanted": "none"}, False, False),
        ({"target_cols": "t1,t2"}, False, True),
    ],
)
def test_what_is_known_before_a_row_is_read(
    fields: dict[str, Any], has_labels: bool, has_targets: bool, tmp_path: Path
) -> None:
    path = written(tmp_path, pa.table({**COLUMNS, "id": range(7)}))
    found = opened(path, WANTED._replace(logit_cols="a,b", **fields))
    assert (found.kind, found.classes, found.class_count) == ("logits", ("a", "b"), 2)
    assert (found.has_labels, found.has_targets) == (has_labels, has_targets)
    assert (found.has_ids, found.by, found.numbered) == (True, "", False)
    assert opened(path, WANTED._replace(logit_cols="a,b", by="g")).by == "g"
    assert opened(path, WANTED._replace(logit_cols="a,b", kind="probs")).kind == "probs"


@pytest.mark.parametrize("form", FORMS)
def test_a_file_that_changes_before_its_rows_are_read(form: str, tmp_path: Path) -> None:
    path = written(tmp_path, pa.table({"a": [0.5], "b": [1.0]}), form)
    source = Source(path.name, str(path))
    source = source._replace(version=version_of(source))
    name = "parquet" if form == "parquet" else "arrow"
    found = columnar.open_input(source, Request(), name)
    assert len(cut(found)) == 1
    written(tmp_path, pa.table({"a": [0.5] * 9, "b": [1.0] * 9}), form)
    with pytest.raises(DataError, match="changed while"):
        cut(found)


def test_a_packed_second_table_is_unpacked_into_a_copy_that_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(copies))
    table = pa.table({"note": ["u", "v"], "label": ["b", "a"], "id": [8, 7]})
    (tmp_path / "y.parquet.gz").write_bytes(gzip.compress(content_of(table, "parquet")))
    (tmp_path / "a.csv").write_text("id,a,b\n7,2,0\n8,0,2\n")
    found = run_inside(["ce", "a.csv", "--labels-from", "y.parquet.gz", "-q"], tmp_path)
    assert (found.code, found.stdout, found.stderr) == (0, b"0.1269280110429725\n", "")
    assert list(copies.iterdir()) == []
