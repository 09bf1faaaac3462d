"""Samples that are too large are worked on in pieces: what comes of it is what comes of whole ones,
however the numbers lie in the file."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.contents import npz
from tests.faults.running import Answered, run_inside
from tests.readers.arrays.test_arrays import is_mapped
from tests.readers.arrays.test_torch_files import pt, tensor
from tests.readers.opening import WANTED, opened
from xentcli.model import AnyArray, Origin
from xentcli.readers.arrays import pieces, stored
from xentcli.readers.interface import Attached, Request

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


@pytest.mark.parametrize("name", ["a.npz", "packed.npz"])
@pytest.mark.parametrize(
    "options", [["--top", "9", "--rows", "8"], ["--shift"], ["--shift", "--by", "sample"]]
)
def test_labels_of_the_same_archive_are_cut_alike(
    name: str, options: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = npz(packed=name == "packed.npz", logits=LOGITS, labels=LABELS)
    (tmp_path / name).write_bytes(content)
    assert check_same(["ce", name, *options], tmp_path, monkeypatch).code == 0


@pytest.mark.parametrize("packed", [False, True])
def test_soft_targets_of_the_same_archive_are_cut_alike(
    packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = npz(packed=packed, logits=LOGITS, targets=SOFT.transpose(0, 2, 1))
    (tmp_path / "a.npz").write_bytes(content)
    found = check_same(["ce", "a.npz", "--reduction", "none", "-q"], tmp_path, monkeypatch)
    assert (found.code, found.stdout.count(b"\n")) == (0, 3 * 23)


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


@pytest.mark.parametrize("axis", [1, -1])
@pytest.mark.parametrize("key", ["probs", "targets"])
def test_a_wrong_number_that_ends_it_is_told_with_its_place(
    key: str, axis: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shares = SOFT.copy()
    shares[1, 20, 2] = -0.5
    arrays: dict[str, Any] = {key: np.moveaxis(shares, -1, axis)}
    if key == "probs":
        arrays["labels"] = LABELS
    else:
        arrays["logits"] = np.moveaxis(LOGITS, 1, axis)
    np.savez(tmp_path / "a.npz", **arrays)
    found = check_same(["ce", "a.npz", "--class-axis", str(axis)], tmp_path, monkeypatch)
    at = "1, 2, 20" if axis == 1 else "1, 20, 2"
    assert found.stderr.startswith(f"xent: a.npz: {key}[{at}]: ")


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


@pytest.mark.parametrize("typed", [False, True])
def test_a_wrong_label_is_counted_in_the_order_of_all_axes(
    typed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = CLASSES.copy()
    wrong[1, 7, 2] = 99
    np.save(tmp_path / "a.npy", IMAGES)
    np.save(tmp_path / "y.npy", wrong)
    asked = ["--labels", ",".join(map(str, wrong.ravel().tolist()))] if typed else []
    asked = asked or ["--labels-from", "y.npy"]
    found = check_same(["ce", "a.npy", *asked], tmp_path, monkeypatch)
    at = 36 + 7 * 4 + 2 + 1
    assert found.stderr.startswith(f"xent: {'--label, value' if typed else 'y.npy: label'} {at}: ")
    np.savez(tmp_path / "b.npz", logits=IMAGES, labels=wrong)
    found = check_same(["ce", "b.npz"], tmp_path, monkeypatch)
    assert found.stderr.startswith("xent: b.npz: labels[1, 7, 2]: label 99 ")


@pytest.mark.parametrize(
    ("shape", "divisible", "note"),
    [
        ((2, (1 << 17) - 1), False, None),
        ((2, 1 << 17), False, "each sample is worked on whole, 1 MiB of 64-bit floats"),
        ((1, 140_000), True, "each sample is worked on whole, 1 MiB of 64-bit floats"),
        ((1, 140_000, 2), False, "each sample is worked on whole, 2 MiB of 64-bit floats; a mean"),
        ((1, 3, 140_000), True, None),
    ],
)
def test_how_large_a_sample_is_that_is_worked_on_whole(
    shape: tuple[int, ...],
    divisible: bool,
    note: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pieces, "LARGE_BYTES", 1 << 20)
    monkeypatch.setattr(pieces, "PIECE_BYTES", 1 << 19)
    np.save(tmp_path / "a.npy", np.zeros(shape, np.int8))
    remarks = opened(tmp_path / "a.npy", Request(divisible=divisible)).remarks
    assert [remark.message.partition(", a sum")[0] for remark in remarks] == (
        [] if note is None else [note]
    )


STRIDED = {
    "classes second": (LOGITS, 1),
    "classes last": (np.ascontiguousarray(LOGITS.transpose(0, 2, 1)), -1),
    "classes second, in Fortran's order": (np.asfortranarray(LOGITS), 1),
    "classes last, in Fortran's order": (np.asfortranarray(LOGITS.transpose(0, 2, 1)), -1),
    "several axes": (IMAGES, 1),
    "several axes, classes last": (np.ascontiguousarray(np.moveaxis(IMAGES, 1, -1)), -1),
    "several axes, in Fortran's order": (np.asfortranarray(IMAGES), 1),
    "one class in Fortran's order": (np.asfortranarray(LOGITS[:, :1]), 1),
}


@pytest.mark.parametrize("layout", STRIDED)
@pytest.mark.parametrize(("positions", "most"), [((0, 2), 3), ((3, 5), 30), ((6, 10), 64)])
def test_a_piece_is_gathered_from_small_maps(
    layout: str,
    positions: tuple[int, int],
    most: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Every mapped page counts as memory, also if it lies between the numbers of the piece."""
    array, axis = STRIDED[layout]
    np.save(tmp_path / "a.npy", array)
    reader: Any = opened(tmp_path / "a.npy", Request(class_axis=axis)).reader
    named, at = reader.layout.values, reader.layout.axis
    mapped, map_array = [], stored.map_array

    def watched(part: stored.Stored) -> AnyArray:
        if part.strides is None:
            mapped.append(math.prod(part.shape))
        return map_array(part)

    monkeypatch.setattr(stored, "map_array", watched)
    monkeypatch.setattr(stored, "MAPPED_BYTES", 8 * most)
    wanted = np.moveaxis(array, axis, 1)[1:2, :, slice(*positions)]
    assert stored.gather(named.stored, at, 1, positions).tolist() == wanted.tolist()
    assert max(mapped) <= max(most, 2 * wanted.size)
    # They are no smaller than they have to be.
    steps = zip(wanted.shape, wanted.strides, strict=True)
    span = 1 + sum((length - 1) * stride // 8 for length, stride in steps)
    assert len(mapped) <= 1 + 2 * span // most


@pytest.mark.parametrize(
    ("shape", "strides", "is_spread"),
    [
        # The positions are the slowest to change, then the samples, or the samples and then they.
        ((3, 7, 23), (7, 1, 21), True),
        ((3, 7, 23), (161, 1, 7), False),
        # Every second number.
        ((3, 7, 11), (161, 23, 2), False),
        # The same row for each class, or the same sample again and again.
        ((3, 7, 23), (23, 0, 1), False),
        ((3, 7, 23), (0, 23, 1), False),
    ],
)
@pytest.mark.parametrize("axis", [1, -1])
def test_a_tensor_is_cut_whatever_its_strides_are(
    shape: tuple[int, ...],
    strides: tuple[int, ...],
    is_spread: bool,
    axis: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    storage = LOGITS.ravel()
    view = np.lib.stride_tricks.as_strided(storage, shape, [8 * stride for stride in strides])
    # The classes are moved to the axis where they are said to be.
    order = [0, 1, 2] if axis == 1 else [0, 2, 1]
    placed = tuple(shape[at] for at in order), tuple(strides[at] for at in order)
    described = tensor(*placed, kind="DoubleStorage", size=len(storage))
    pt(tmp_path / "a.pt", described, storage)
    np.save(tmp_path / "a.npy", view)
    monkeypatch.setattr(pieces, "LARGE_BYTES", 1)
    asked = ["--format", "csv", "--class-axis", str(axis)]
    monkeypatch.setattr(pieces, "PIECE_BYTES", 8 * 7 * 5)
    monkeypatch.setattr(pieces, "WRITTEN_BYTES", 8 * 7 * 5)
    monkeypatch.setattr(stored, "MAPPED_BYTES", 300)
    found = run_inside(["log-softmax", "a.pt", *asked], tmp_path)
    plain = run_inside(["log-softmax", "a.npy", "--format", "csv"], tmp_path)
    assert (found.code, found.stdout) == (0, plain.stdout)
    assert ("its samples lie interleaved" in found.stderr) == is_spread


@pytest.mark.parametrize(("length", "is_view"), [(9, True), (10, False)])
def test_a_piece_is_a_view_where_half_of_what_is_mapped_is_its_own(
    length: int, is_view: bool, tmp_path: Path
) -> None:
    np.save(tmp_path / "a.npy", np.arange(2.0 * length).reshape(1, 2, length))
    reader: Any = opened(tmp_path / "a.npy", Request()).reader
    piece = stored.gather(reader.layout.values.stored, 1, 0, (0, 3))
    assert piece.tolist() == [[[0, 1, 2], [length, length + 1, length + 2]]]
    assert is_mapped(piece) == is_view


@pytest.mark.parametrize(
    ("array", "is_spread"),
    [
        (np.asfortranarray(LOGITS), True),
        (np.asfortranarray(LOGITS[:2]), True),
        # A sample by itself is read once.
        (np.asfortranarray(LOGITS[:1]), False),
        (LOGITS, False),
        # Samples as long as the step from class to class follow one another all the same.
        (LOGITS[:, :1], False),
        (np.asfortranarray(IMAGES), True),
        (IMAGES, False),
    ],
)
def test_samples_that_are_spread_over_the_file_are_told(
    array: Any, is_spread: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "LARGE_BYTES", 1)
    monkeypatch.setattr(pieces, "PIECE_BYTES", 64)
    np.save(tmp_path / "a.npy", array)
    remarks = opened(tmp_path / "a.npy", Request(divisible=True)).remarks
    assert ["its samples lie interleaved" in remark.message for remark in remarks] == (
        [True] if is_spread else []
    )


CUT = WANTED._replace(divisible=True)
SKIP = CUT._replace(on_error="skip")
APART = Origin("y.npy", "array")
LABELS_APART = Attached(LABELS.ravel(), None, APART, LABELS.size, LABELS.shape)
TARGETS_APART = Attached(None, SOFT.transpose(0, 2, 1), APART, 3)
# On some machines it is no wider than others.
WIDE = LOGITS.astype(np.longdouble)


@pytest.mark.parametrize(
    ("request_", "named", "is_cut"),
    [
        (CUT, {"logits": LOGITS, "labels": LABELS}, True),
        (CUT, {"probs": LOGITS, "targets": LOGITS}, True),
        (CUT._replace(attached=TARGETS_APART), {"logits": LOGITS}, True),
        (CUT, {"logits": WIDE}, True),
        (WANTED, {"logits": LOGITS, "labels": LABELS}, False),
        (CUT._replace(questions=True, wanted="none"), {"logits": LOGITS}, False),
        (SKIP, {"logits": LOGITS, "labels": LABELS}, True),
        (SKIP, {"logits": LOGITS.astype(np.float32), "labels": LABELS}, True),
        (SKIP._replace(on_error="nan"), {"logits": LOGITS, "labels": LABELS}, True),
        (SKIP._replace(attached=LABELS_APART), {"logits": LOGITS}, True),
        # A sample may be bad for what is in another piece of it.
        (SKIP, {"probs": LOGITS, "labels": LABELS}, False),
        (SKIP._replace(on_error="nan"), {"probs": LOGITS, "labels": LABELS}, False),
        (SKIP, {"logits": LOGITS, "targets": LOGITS}, False),
        (SKIP._replace(attached=TARGETS_APART), {"logits": LOGITS}, False),
        (SKIP, {"logits": WIDE}, WIDE.itemsize == 8),
    ],
)
def test_what_can_be_cut(
    request_: Request,
    named: dict[str, Any],
    is_cut: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pieces, "PIECE_BYTES", 7 * 8 * 8)
    (tmp_path / "a.npz").write_bytes(npz(**named))
    chunks: Any = list(opened(tmp_path / "a.npz", request_).chunks.in_order())
    positions = [(0, 7), (7, 15), (15, 23)] if is_cut else [None]
    assert [chunk.data.positions for chunk in chunks] == positions * (3 if is_cut else len(chunks))


def test_what_is_written_comes_in_smaller_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "PIECE_BYTES", 1 << 20)
    monkeypatch.setattr(pieces, "WRITTEN_BYTES", 7 * 12 * 8)
    np.save(tmp_path / "a.npy", LOGITS)
    for each, count in ((False, 1), (True, 3 * 2)):
        found = opened(tmp_path / "a.npy", Request(divisible=True, each=each))
        assert len(list(found.chunks.in_order())) == count
