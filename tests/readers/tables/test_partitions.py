"""The row groups of a table as processes on other machines read them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.faults.running import run_inside
from tests.readers.opening import WANTED, listed, only, opened, told
from xentcli.model import sample_number
from xentcli.readers.tables import columnar
from xentcli.readers.typed import read_typed_labels

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

TABLE = pa.table({"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0], "label": [0, 1, 1]})


def test_each_has_its_rows_and_its_share_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(TABLE, path, row_group_size=2)
    found = opened(path)
    groups = list(found.chunks.partitions(1) or ())
    assert [(group.number, group.first, group.samples, group.line) for group in groups] == [
        (0, 0, 2, 1),
        (1, 2, 1, 3),
    ]
    size = path.stat().st_size
    assert [group.size for group in groups] == [round(size / 3 * 2), round(size / 3)]
    parts = [part for group in groups for part in found.reader.parts(group)]
    assert [part.line for part in parts] == [1, 3]
    assert [part.size for part in parts] == [group.size for group in groups]
    assert [listed(found.reader.read(part).labels) for part in parts] == [[0, 1], [1]]


def test_a_copy_and_labels_by_position_stay_on_this_machine(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(TABLE, path)
    packed = tmp_path / "b.parquet.gz"
    packed.write_bytes(gzip.compress(path.read_bytes()))
    by_position = WANTED._replace(attached=read_typed_labels(["0,1,1"]))
    assert opened(path).chunks.partitions(1) is not None
    assert opened(packed).chunks.partitions(1) is None
    assert opened(path, by_position).chunks.partitions(1) is None


def test_a_table_of_one_row_has_all_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(TABLE.slice(0, 1), path)
    (group,) = list(opened(path).chunks.partitions(1) or ())
    assert (group.samples, group.size) == (1, path.stat().st_size)


@pytest.mark.parametrize("rows_at_once", [1, 2, 3])
def test_labels_by_position_are_those_of_the_rows_of_each_batch(
    rows_at_once: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(columnar, "_rows_at_once", lambda layout: rows_at_once)
    path = tmp_path / "a.parquet"
    rows = {"a": [1.0, None, 3.0, 4.0, 5.0], "b": [1.0, 2.0, 3.0, None, 5.0]}
    pq.write_table(pa.table(rows), path)
    labels = read_typed_labels(["0,1,1,0,1"])
    found = opened(path, WANTED._replace(attached=labels, on_error="skip"))
    read = [found.reader.read(chunk) for chunk in found.chunks.in_order()]
    assert [row for batch in read for row in batch.values.tolist()] == [[1, 1], [3, 3], [5, 5]]
    assert [label for batch in read for label in listed(batch.labels)] == [0, 1, 1]
    kept = [sample_number(batch, at) for batch in read for at in range(len(batch.values))]
    assert kept == [0, 2, 4]


@pytest.mark.parametrize("axis", [1, -1])
def test_the_class_axis_of_a_table_is_the_last_one(axis: int, tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(TABLE, path)
    assert only(path, WANTED._replace(class_axis=axis)).values.tolist() == [[1, 4], [2, 5], [3, 6]]
    for other in (0, 2, -2):
        message = told(path, WANTED._replace(class_axis=other))
        assert message == f"--class-axis {other}: the samples of a table are its rows"


def test_a_row_that_is_nan_takes_no_label_of_another(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({"id": ["x", "y", "z"], "a": [1.0, 2.0, None], "b": [0.5, 0.5, 0.5]}), path
    )
    (tmp_path / "y.csv").write_text("id,label\nx,0\ny,-100\nz,1\n")
    asked = ["ce", "a.parquet", "--labels-from", "y.csv", "--on-error", "nan"]
    found = run_inside([*asked, "--reduction", "none", "-q"], tmp_path)
    assert found.stdout.split() == [b"0.4740769841801067", b"0.0", b"nan"]
