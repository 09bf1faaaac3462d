"""The columns of a Parquet file behind a URL: which of its bytes are asked for, and together."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from tests.readers.opening import WANTED, listed
from xentcli import readers
from xentcli.readers.sources import remote
from xentcli.readers.sources.remote import Range
from xentcli.readers.sources.source import Source

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")
fsspec = pytest.importorskip("fsspec")

from xentcli.readers.tables import batches  # noqa: E402
from xentcli.readers.tables.footer import read_column_chunks  # noqa: E402

URL = "memory://folder/a.parquet"


def column(name: str, start: int, size: int, dictionary: int | None = None) -> Any:
    return SimpleNamespace(
        path_in_schema=name,
        data_page_offset=start,
        dictionary_page_offset=dictionary,
        total_compressed_size=size,
    )


@pytest.mark.parametrize(
    ("columns", "names", "ranges"),
    [
        ([column("a", 4, 100)], None, [(4, 104)]),
        ([column("a", 4, 100), column("b", 104, 50)], None, [(4, 154)]),
        # A hole of 10 bytes is fetched with what is around it, one of 11 is not.
        ([column("a", 4, 100), column("b", 114, 50)], None, [(4, 164)]),
        ([column("a", 4, 100), column("b", 115, 50)], None, [(4, 104), (115, 165)]),
        # A range that has 200 bytes gets no more.
        ([column("a", 4, 199), column("b", 203, 50)], None, [(4, 253)]),
        ([column("a", 4, 200), column("b", 204, 50)], None, [(4, 204), (204, 254)]),
        ([column("b", 104, 50), column("a", 4, 100)], None, [(4, 154)]),
        ([column("a", 4, 100), column("b", 104, 50)], ["b"], [(104, 154)]),
        ([column("a", 4, 9), column("l.list.element", 90, 50)], ["l"], [(90, 140)]),
        ([column("a", 30, 100, dictionary=4)], None, [(4, 104)]),
        ([column("a", 30, 100, dictionary=0)], None, [(30, 130)]),
        ([column("a", 30, 100, dictionary=40)], None, [(30, 130)]),
        ([], None, []),
    ],
)
def test_near_ranges_are_one(
    columns: list[Any],
    names: list[str] | None,
    ranges: list[Range],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(batches, "HOLE_BYTES", 10)
    monkeypatch.setattr(batches, "PIECE_BYTES", 200)
    assert batches._ranges_of_columns(columns, names) == ranges


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """Two row groups behind a URL, of which nothing is known after the first look."""
    remote.forget()
    monkeypatch.setattr(remote, "BEGINNING_BYTES", 4)
    rows = {"a": [1.0, 2.0, 3.0], "b": [4.0, 5.0, 6.0], "note": ["x"] * 3, "label": [0, 1, 1]}
    stream = io.BytesIO()
    pq.write_table(pa.table(rows), stream, row_group_size=2)
    fsspec.filesystem("memory").pipe("/folder/a.parquet", stream.getvalue())
    yield pq.ParquetFile(io.BytesIO(stream.getvalue())).metadata
    fsspec.filesystem("memory").rm("/folder", recursive=True)
    remote.forget()


@pytest.mark.parametrize("fits", [True, False])
def test_a_row_group_is_held_if_it_is_not_too_large(
    fits: bool, table: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    needed = [
        batches._ranges_of_columns(read_column_chunks(table, at), ["a", "b", "label"])
        for at in range(table.num_row_groups)
    ]
    sizes = [sum(end - start for start, end in ranges) for ranges in needed]
    monkeypatch.setattr(batches, "MOST_HELD", max(sizes) if fits else min(sizes) - 1)
    held: list[Any] = []
    threads = set[int]()
    hold, readinto = remote.Ranged.hold, remote.Ranged.readinto

    def watched(stream: remote.Ranged, ranges: Any) -> None:
        held.append(list(ranges))
        hold(stream, ranges)

    def reading(stream: remote.Ranged, buffer: Any) -> int:
        threads.add(threading.get_ident())
        return readinto(stream, buffer)

    monkeypatch.setattr(remote.Ranged, "hold", watched)
    monkeypatch.setattr(remote.Ranged, "readinto", reading)
    found = readers.open_input(Source(URL, URL), WANTED)
    held.clear()
    threads.clear()
    read = [found.reader.read(chunk) for chunk in found.chunks.in_order()]
    assert [row for batch in read for row in batch.values.tolist()] == [[1, 4], [2, 5], [3, 6]]
    assert [label for batch in read for label in listed(batch.labels)] == [0, 1, 1]
    assert held == (needed if fits else [[], []])
    # Other threads could not be interrupted while they wait.
    assert fits or threads == {threading.get_ident()}
