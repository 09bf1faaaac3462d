"""The row groups of a table as processes on other machines read them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.readers.opening import WANTED, listed, opened
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
