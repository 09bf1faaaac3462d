"""Samples that are too large are worked on in pieces: what comes of it is what comes of whole ones,
however the numbers lie in the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.faults.running import Answered, run_inside
from tests.readers.opening import WANTED, opened
from xentcli.readers.arrays import pieces, stored

RANDOM = np.random.default_rng(3)
LOGITS = RANDOM.normal(size=(3, 7, 23)) * 3
LABELS = RANDOM.integers(0, 7, size=(3, 23))
LABELS[1, 2] = -100
WRONG = LABELS.copy()
WRONG[1, 20] = 99
SOFT = RANDOM.dirichlet(np.ones(7), size=(3, 23))
IMAGES = RANDOM.normal(size=(2, 5, 9, 4))
CLASSES = RANDOM.integers(0, 5, size=(2, 9, 4))

LAYOUTS = {
    "classes second": (LOGITS, "1"),
    "classes last": (np.ascontiguousarray(LOGITS.transpose(0, 2, 1)), "-1"),
    "classes second, in Fortran's order": (np.asfortranarray(LOGITS.astype("f4")), "1"),
    "classes last, in Fortran's order": (
        np.asfortranarray(np.ascontiguousarray(LOGITS.transpose(0, 2, 1))),
        "-1",
    ),
}
COMMANDS = (
    ["ce", "--labels-from", "labels.npy", "-q"],
    ["ce", "--labels-from", "labels.npy", "--format", "table"],
    ["ce", "--labels-from", "labels.npy", "--shift", "--by", "sample", "--format", "json"],
    ["ce", "--labels-from", "labels.npy", "--reduction", "none", "--format", "csv"],
    ["ce", "--labels-from", "labels.npy", "--reduction", "none", "--format", "jsonl"],
    ["ce", "--labels-from", "labels.npy", "--shift", "--reduction", "none", "--format", "csv"],
    ["ce", "--targets-from", "soft.npy", "--reduction", "none", "-q"],
    ["ce", "--targets-from", "soft.npy", "--shift"],
    ["grad", "--labels-from", "labels.npy", "--format", "csv"],
    ["grad", "--labels-from", "labels.npy", "--check"],
    ["softmax", "-q"],
    ["softmax", "--format", "json"],
    ["entropy", "--format", "csv"],
    ["kl", "--targets-from", "soft.npy"],
)


def check_same(asked: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch) -> Answered:
    """The answer, which must be the same of whole samples and of pieces of a few positions."""
    answers = []
    for most, mapped in ((1 << 40, 1 << 40), (8 * 7 * 5, 300)):
        monkeypatch.setattr(pieces, "PIECE_BYTES", most)
        monkeypatch.setattr(pieces, "WRITTEN_BYTES", most)
        monkeypatch.setattr(stored, "MAPPED_BYTES", mapped)
        answers.append(run_inside(asked, folder))
    assert answers[0] == answers[1]
    return answers[1]


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("asked", COMMANDS, ids=" ".join)
def test_pieces_are_as_good_as_whole_samples(
    layout: str, asked: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    array, axis = LAYOUTS[layout]
    np.save(tmp_path / "logits.npy", array)
    np.save(tmp_path / "labels.npy", LABELS)
    np.save(tmp_path / "soft.npy", SOFT if axis == "-1" else SOFT.transpose(0, 2, 1))
    command, *options = asked
    asked = [command, "logits.npy", *options, "--class-axis", axis]
    assert check_same(asked, tmp_path, monkeypatch).code == 0


@pytest.mark.parametrize("axis", [1, -1])
@pytest.mark.parametrize(
    "options", [[], ["--reduction", "none", "--format", "csv"], ["--top", "3", "--format", "json"]]
)
def test_of_several_axes_the_first_is_cut(
    axis: int, options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "images.npy", np.ascontiguousarray(np.moveaxis(IMAGES, 1, axis)))
    np.save(tmp_path / "classes.npy", CLASSES)
    asked = ["ce", "images.npy", "--labels-from", "classes.npy", "--class-axis", str(axis)]
    assert check_same([*asked, *options], tmp_path, monkeypatch).code == 0


@pytest.mark.parametrize("shift", [[], ["--shift"]])
@pytest.mark.parametrize("on_error", ["skip", "nan"])
@pytest.mark.parametrize("format", ["csv", "json"])
def test_a_wrong_label_takes_all_of_a_sequence_out(
    shift: list[str], on_error: str, format: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez(tmp_path / "a.npz", logits=LOGITS, labels=WRONG)
    asked = ["ce", "a.npz", "--on-error", on_error, "--format", format, *shift]
    found = check_same([*asked, "--reduction", "none"], tmp_path, monkeypatch)
    assert found.code == 3
    assert found.stderr.count("labels[1, 20]") == 1
    # The mean is that of the other two.
    np.savez(tmp_path / "b.npz", logits=LOGITS[[0, 2]], labels=WRONG[[0, 2]])
    if on_error == "skip":
        mean = run_inside(["ce", "a.npz", "--on-error", "skip", "-q", *shift], tmp_path).stdout
        assert mean == run_inside(["ce", "b.npz", "-q", *shift], tmp_path).stdout


def test_a_wrong_label_that_ends_it_is_told_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez(tmp_path / "a.npz", logits=LOGITS, labels=WRONG)
    found = check_same(["ce", "a.npz"], tmp_path, monkeypatch)
    assert found.stderr.startswith("xent: a.npz: labels[1, 20]: label 99 is out of range")


def test_what_makes_large_samples_slow_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "LARGE_BYTES", 1 << 10)
    monkeypatch.setattr(pieces, "PIECE_BYTES", 1 << 9)
    np.savez(tmp_path / "a.npz", logits=LOGITS, labels=LABELS)
    np.savez(tmp_path / "f.npz", logits=np.asfortranarray(LOGITS), labels=LABELS)
    assert run_inside(["ce", "a.npz"], tmp_path).stderr == ""
    whole = run_inside(["ce", "a.npz", "--reduction", "none", "--format", "json"], tmp_path)
    assert "note: a.npz: each sample is worked on whole" in whole.stderr
    spread = run_inside(["ce", "f.npz"], tmp_path)
    assert "note: f.npz: its samples lie interleaved" in spread.stderr
    np.savez(tmp_path / "g.npz", logits=np.asfortranarray(LOGITS[:1]), labels=LABELS[:1])
    assert run_inside(["ce", "g.npz"], tmp_path).stderr == ""


@pytest.mark.parametrize("on_error", ["skip", "nan"])
@pytest.mark.parametrize("key", ["probs", "targets"])
def test_a_wrong_number_takes_all_of_a_sequence_out(
    key: str, on_error: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is in one piece, and the others of its sample must know of it."""
    arrays: dict[str, Any] = {"logits": LOGITS, "targets": SOFT.transpose(0, 2, 1).copy()}
    if key == "probs":
        arrays = {"probs": np.exp(LOGITS) / np.exp(LOGITS).sum(axis=1, keepdims=True)}
        arrays["labels"] = LABELS
    arrays[key][1, 2, 20] = -0.5
    np.savez(tmp_path / "a.npz", **arrays)
    asked = ["ce", "a.npz", "--on-error", on_error, "--reduction", "none", "--format", "csv"]
    found = check_same(asked, tmp_path, monkeypatch)
    assert found.code == 3
    samples = [line.split(b",")[0] for line in found.stdout.splitlines()[1:]]
    assert set(samples) == ({b"0", b"2"} if on_error == "skip" else {b"0", b"1", b"2"})


@pytest.mark.parametrize(
    ("most", "cut"),
    [
        (1 << 20, [None]),
        (7 * 23 * 8, [None]),
        (7 * 23 * 8 - 1, [(0, 11), (11, 23)]),
        (7 * 8 * 8, [(0, 7), (7, 15), (15, 23)]),
        # No piece has fewer than two positions.
        (1, [(at * 23 // 11, (at + 1) * 23 // 11) for at in range(11)]),
    ],
)
def test_how_a_sample_is_cut(
    most: int, cut: list[Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "PIECE_BYTES", most)
    np.savez(tmp_path / "a.npz", logits=LOGITS, labels=LABELS)
    reader: Any = opened(tmp_path / "a.npz", WANTED._replace(divisible=True)).reader
    assert pieces.cut_positions(reader.layout) == cut
    assert all(stop - start >= 2 for start, stop in filter(None, cut))


@pytest.mark.parametrize("typed", [False, True])
def test_a_wrong_label_from_elsewhere_is_told_with_its_place(
    typed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.savez(tmp_path / "a.npz", logits=LOGITS)
    np.save(tmp_path / "y.npy", WRONG)
    asked = ["--labels", ",".join(map(str, WRONG.ravel().tolist()))] if typed else []
    asked = asked or ["--labels-from", "y.npy"]
    found = check_same(["ce", "a.npz", *asked], tmp_path, monkeypatch)
    assert found.code == 1
    at = "--label, value 44" if typed else "y.npy: label 44"
    assert found.stderr.startswith(f"xent: {at}: label 99 is out of range")


def test_how_large_a_sample_is_that_is_worked_on_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "LARGE_BYTES", 1 << 20)
    np.savez(tmp_path / "a.npz", logits=np.zeros((1, 150_000)), labels=np.zeros(1, dtype=int))
    found = run_inside(["ce", "a.npz", "-q", "--no-steps"], tmp_path)
    assert "each sample is worked on whole, 1 MiB of 64-bit floats\n" in found.stderr
    np.savez(tmp_path / "a.npz", logits=np.zeros((1, 140_000, 2)), labels=np.zeros((1, 2), int))
    whole = run_inside(["ce", "a.npz", "--reduction", "none", "--format", "json"], tmp_path)
    assert "worked on whole, 2 MiB of 64-bit floats; a mean, a sum" in whole.stderr
