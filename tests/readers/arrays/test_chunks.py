"""Arrays come in chunks of as many whole samples as fit into some memory; who can read them."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.contents import npy, npz
from tests.readers.opening import WANTED, batches, listed, opened
from xentcli import readers
from xentcli.readers.arrays import arrays, pieces, samples
from xentcli.readers.interface import Request
from xentcli.readers.sources.source import Source
from xentcli.readers.typed import read_typed_labels, read_typed_targets


@pytest.mark.parametrize(
    ("shape", "counts"),
    [
        ((5, 2), [2, 2, 1]),
        ((9, 1), [4, 4, 1]),
        ((4, 3), [1, 1, 1, 1]),
        ((2, 2, 2), [1, 1]),
        # A sample without positions takes no memory.
        ((6, 3, 0), [4, 2]),
        # One that is larger than a chunk is one by itself.
        ((2, 7, 3), [1, 1]),
    ],
)
def test_a_chunk_has_as_many_samples_as_fit(
    shape: tuple[int, ...], counts: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(arrays, "CHUNK_BYTES", 4 * 8)
    values = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    np.save(tmp_path / "a.npy", values)
    found = opened(tmp_path / "a.npy", Request())
    chunks = list(found.chunks.in_order())
    each = values.nbytes // len(values)
    assert [(chunk.number, chunk.samples, chunk.size) for chunk in chunks] == [
        (number, count, each * count) for number, count in enumerate(counts)
    ]
    assert [chunk.first for chunk in chunks] == np.cumsum([0, *counts[:-1]]).tolist()
    assert np.concatenate([batch.values for batch in batches(found)]).tolist() == values.tolist()


def test_a_chunk_has_four_mib_of_64_bit_floats(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((300_000, 4), np.float32))
    chunks = opened(tmp_path / "a.npy", Request()).chunks.in_order()
    assert [chunk.samples for chunk in chunks] == [131_072, 131_072, 300_000 - 2 * 131_072]


def test_pieces_of_samples_are_counted_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE_BYTES", 3 * 2 * 8)
    np.save(tmp_path / "a.npy", np.zeros((2, 3, 4), np.float32))
    found = opened(tmp_path / "a.npy", Request(divisible=True))
    chunks: Any = list(found.chunks.in_order())
    assert [(chunk.number, chunk.first, chunk.samples, chunk.size) for chunk in chunks] == [
        (number, first, 1, 3 * 2 * 4) for number, first in enumerate([0, 0, 1, 1])
    ]
    assert [chunk.data.positions for chunk in chunks] == [(0, 2), (2, 4)] * 2


def test_a_piece_is_read_without_the_rest_of_its_samples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "PIECE_BYTES", 3 * 2 * 8)
    values = np.arange(24.0).reshape(2, 3, 4)
    np.save(tmp_path / "a.npy", values)
    found = opened(tmp_path / "a.npy", Request(divisible=True))
    monkeypatch.setattr(samples, "map_samples", None)
    read = [batch.values.tolist() for batch in batches(found)]
    assert read == [values[at : at + 1, :, cut].tolist() for at in (0, 1) for cut in HALVES]


HALVES = slice(0, 2), slice(2, 4)
VALUES = np.eye(3)
LABELS = np.arange(3)
FILES = {
    "a.npy": npy(VALUES),
    "a.npz": npz(logits=VALUES, labels=LABELS),
    "targets.npz": npz(logits=VALUES, targets=VALUES),
    "packed.npz": npz(packed=True, logits=VALUES, labels=LABELS),
    "packed.npy": gzip.compress(npy(VALUES)),
}


@pytest.mark.parametrize(
    ("name", "attached", "workers"),
    [
        ("a.npy", None, "processes"),
        ("a.npz", None, "processes"),
        ("targets.npz", None, "processes"),
        ("packed.npz", None, "threads"),
        ("packed.npy", None, "threads"),
        ("a.npy", read_typed_labels(["0,1,2"]), "processes"),
        ("a.npy", read_typed_targets(["1,0,0", "0,1,0", "0,0,1"]), "threads"),
    ],
)
def test_processes_read_what_is_in_files_alone(
    name: str, attached: Any, workers: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(FILES[name])
    assert opened(tmp_path / name, WANTED._replace(attached=attached)).workers == workers


def test_a_copy_is_read_by_threads_and_comes_with_its_chunks(tmp_path: Path) -> None:
    """It is gone when this process has ended."""
    path = tmp_path / "a.npz"
    path.write_bytes(FILES["a.npz"])
    found = readers.open_input(Source("a.npz", str(path), copy=True), WANTED)
    (chunk,) = found.chunks.in_order()
    part: Any = chunk.data
    assert found.workers == "threads"
    assert (part.values.tolist(), part.labels.tolist()) == (VALUES.tolist(), LABELS.tolist())


def test_a_worker_in_another_folder_reads_the_same_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.npz").write_bytes(FILES["a.npz"])
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    found = opened(Path("a.npz"))
    monkeypatch.chdir("elsewhere")
    (batch,) = batches(found)
    assert (batch.values.tolist(), listed(batch.labels)) == (VALUES.tolist(), LABELS.tolist())


@pytest.mark.parametrize("name", ["a.npy", "packed.npz"])
def test_a_reader_that_goes_to_workers_holds_no_numbers(name: str, tmp_path: Path) -> None:
    """What a chunk needs comes with it."""
    zeros = np.zeros((1000, 3))
    content = npy(zeros) if name == "a.npy" else npz(packed=True, logits=zeros)
    (tmp_path / name).write_bytes(content)
    typed = read_typed_labels([",".join(["0"] * 1000)])
    found = opened(tmp_path / name, WANTED._replace(attached=typed))
    assert len(pickle.dumps(found.reader)) < 2000
    (batch,) = batches(found)
    assert listed(batch.labels) == [0] * 1000
