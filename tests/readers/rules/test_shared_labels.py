"""Several files take the labels or soft targets of one second file one after the other, whatever
their format."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.faults.running import Answered, run_inside

Numbers = list[list[float]]
FIRST, SECOND = [[1.0, 2.0], [3.0, 1.0]], [[2.0, 2.0], [0.0, 1.0]]
LOSSES = "1.3132616875182228\n2.1269280110429727\n0.6931471805599453\n1.3132616875182228\n"


def csv(rows: Numbers) -> bytes:
    return b"a,b\n" + b"".join(f"{a!r},{b!r}\n".encode() for a, b in rows)


def npy(path: Path, rows: Numbers) -> None:
    np.save(path, np.array(rows))


def text(write: Callable[[Numbers], str]) -> Callable[[Path, Numbers], None]:
    def put(path: Path, rows: Numbers) -> None:
        path.write_text(write(rows))

    return put


WRITERS: dict[str, tuple[str, Callable[[Path, Numbers], None]]] = {
    "texts": ("csv", text(lambda rows: csv(rows).decode())),
    "documents": ("json", text(lambda rows: json.dumps({"logits": rows}))),
    "lists": ("json", text(json.dumps)),
    "records": ("json", text(lambda rows: json.dumps([{"logits": row} for row in rows]))),
    "tables": ("json", text(lambda rows: json.dumps([{"a": a, "b": b} for a, b in rows]))),
    "lines": ("jsonl", text(lambda rows: "\n".join(json.dumps({"logits": row}) for row in rows))),
    "arrays": ("npy", npy),
}


@pytest.fixture(params=WRITERS)
def two(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """Two files of two samples each."""
    suffix, write = WRITERS[request.param]
    write(tmp_path / f"one.{suffix}", FIRST)
    write(tmp_path / f"two.{suffix}", SECOND)
    return [f"one.{suffix}", f"two.{suffix}"]


def losses(two: list[str], folder: Path, *options: str) -> Answered:
    return run_inside(["ce", *two, *options, "-q", "--reduction", "none"], folder)


@pytest.mark.parametrize("typed", [False, True])
def test_labels_are_taken_one_file_after_the_other(
    two: list[str], typed: bool, tmp_path: Path
) -> None:
    (tmp_path / "y.csv").write_text("label\n0\n1\n1\n0\n")
    options = ("--labels", "0,1,1,0") if typed else ("--labels-from", "y.csv")
    assert losses(two, tmp_path, *options) == Answered(0, LOSSES.encode(), "")


def test_soft_targets_are_taken_one_file_after_the_other(two: list[str], tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1,0\n0,1\n0,1\n1,0\n")
    found = losses(two, tmp_path, "--classes", "a,b", "--targets-from", "t.csv")
    assert found == Answered(0, LOSSES.encode(), "")


@pytest.mark.parametrize(
    ("labels", "told"),
    [
        ("0,1", "2 labels, but {} has more samples"),
        ("0,1,1", "3 labels, but {} has more samples"),
        ("0,1,1,0,1", "5 labels for 4 samples"),
    ],
)
def test_too_few_or_too_many_are_refused(
    two: list[str], labels: str, told: str, tmp_path: Path
) -> None:
    (tmp_path / "y.csv").write_text("label\n" + labels.replace(",", "\n") + "\n")
    asked = ["ce", *two, "--labels-from", "y.csv", "-q"]
    expected = f"xent: y.csv: {told.format(two[1])}\n"
    assert run_inside(asked, tmp_path) == Answered(1, b"", expected)


def test_a_bad_one_stands_where_the_second_file_has_it(two: list[str], tmp_path: Path) -> None:
    (tmp_path / "y.csv").write_text("label\n0\n1\n1\n7\n")
    (tmp_path / "t.csv").write_text("a,b\n1,0\n0,1\n0,1\n2,-1\n")
    wrong = "label 7 is out of range for 2 classes (0 to 1)"
    assert losses(two, tmp_path, "--labels-from", "y.csv").stderr == f"xent: y.csv:5:1: {wrong}\n"
    typed = losses(two, tmp_path, "--labels", "0,1,1,7").stderr
    assert typed == f"xent: --label, value 4: {wrong}\n"
    found = losses(two, tmp_path, "--classes", "a,b", "--targets-from", "t.csv").stderr
    assert found.startswith('xent: t.csv:5:2: column "b": soft target -1.0 is not a probability')


def test_positions_are_shared_too(tmp_path: Path) -> None:
    values = np.arange(36.0).reshape(3, 3, 4) % 7
    np.save(tmp_path / "all.npy", values)
    np.save(tmp_path / "one.npy", values[:1])
    np.save(tmp_path / "two.npy", values[1:])
    np.save(tmp_path / "y.npy", np.arange(12).reshape(3, 4) % 3)
    np.save(tmp_path / "t.npy", np.full((3, 3, 4), 1 / 3))
    for second in ("--labels-from y.npy", "--targets-from t.npy"):
        whole = run_inside(["ce", "all.npy", *second.split(), "-q"], tmp_path)
        parts = run_inside(["ce", "one.npy", "two.npy", *second.split(), "-q"], tmp_path)
        assert parts == whole
        assert whole.code == 0


@pytest.mark.parametrize("names", [("a.csv", "b.json"), ("b.json", "a.csv")])
def test_whole_files_and_streams_share_nothing(names: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(csv(FIRST))
    (tmp_path / "b.json").write_text(json.dumps(SECOND))
    (tmp_path / "y.csv").write_text("label\n0\n1\n1\n0\n")
    asked = ["ce", *names, "--classes", "a,b", "--labels-from", "y.csv", "-q"]
    assert run_inside(asked, tmp_path) == Answered(
        1,
        b"",
        "xent: y.csv: its labels cannot be shared by position between b.json and a.csv, which is "
        "read row by row\nhint: an id in each file matches them; so does one format for all\n",
    )


def test_what_ids_match_is_not_shared_by_position(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", logits=np.array(FIRST), id=np.array([7, 8]))
    np.save(tmp_path / "b.npy", np.array(SECOND))
    (tmp_path / "y.csv").write_text("id,label\n7,0\n8,1\n")
    asked = ["ce", "a.npz", "b.npy", "--labels-from", "y.csv", "-q"]
    found = run_inside(asked, tmp_path)
    assert (found.code, found.stdout) == (1, b"")
    told = "its labels cannot be shared by position between b.npy and a.npz, which ids match"
    assert found.stderr.startswith(f"xent: y.csv: {told}\n")
