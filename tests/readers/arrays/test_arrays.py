"""Arrays from .npy, .npz and .safetensors files."""

from __future__ import annotations

import gzip
import io
import json
import pickle
import struct
import tracemalloc
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from safetensors.numpy import save_file

from tests.contents import npy
from tests.readers.opening import WANTED, batches, listed, only, opened, told
from xentcli.errors import DataError, UsageError, XentError
from xentcli.readers.interface import Request
from xentcli.readers.rules.class_axis import EITHER
from xentcli.readers.typed import read_typed_labels, read_typed_targets
from xentcli.run.shift import shift_labels

# Their types forbid keys that are not known beforehand.
savez: Any = np.savez
savez_compressed: Any = np.savez_compressed

WIDTHS = ["<f2", ">f2", "<f4", ">f4", "<f8", ">f8"]
INTEGERS = ["<i1", "<i2", ">i4", "<i8", "<u1", "<u2", ">u4", "<u8"]


def is_mapped(array: Any) -> bool:
    while array is not None:
        if isinstance(array, np.memmap):
            return True
        array = getattr(array, "base", None)
    return False


arrays = st.sampled_from(WIDTHS).flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=2, max_dims=4, max_side=5))
)


@given(values=arrays, fortran=st.booleans(), packed=st.booleans())
def test_npy_comes_back_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, values: Any, fortran: bool, packed: bool
) -> None:
    path = tmp_path_factory.mktemp("npy") / "a.npy"
    content = npy(np.asfortranarray(values) if fortran else values)
    path.write_bytes(gzip.compress(content) if packed else content)
    read = only(path).values
    assert read.dtype == values.dtype.newbyteorder("=")
    assert read.tobytes() == values.astype(read.dtype).tobytes()


@given(values=arrays, data=st.data(), form=st.sampled_from(["npz", "packed", "safetensors"]))
def test_archives_come_back_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory, values: Any, data: st.DataObject, form: str
) -> None:
    shape = values.shape[:1] + values.shape[2:]
    labels = data.draw(hnp.arrays(np.int32, shape, elements=st.integers(0, values.shape[1] - 1)))
    folder, native = tmp_path_factory.mktemp("npz"), values.dtype.newbyteorder("=")
    named = {"logits": np.ascontiguousarray(values.astype(native)), "labels": labels}
    if form == "safetensors":
        path = folder / "a.safetensors"
        save_file(named, path)
    else:
        path = folder / "a.npz"
        (savez if form == "npz" else savez_compressed)(path, **named)
    batch = only(path)
    assert batch.values.tobytes() == named["logits"].tobytes()
    assert listed(batch.labels) == labels.tolist()
    assert is_mapped(batch.values) == (form != "packed")


@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_become_floats(tmp_path: Path, dtype: str) -> None:
    np.save(tmp_path / "a.npy", np.array([[1, 2], [3, 4]], dtype))
    read = only(tmp_path / "a.npy").values
    assert read.dtype == np.float64
    assert read.tolist() == [[1, 2], [3, 4]]


def test_bfloat16(tmp_path: Path) -> None:
    halves = np.array([[1.5, -2.0, 3e38, -np.inf]], np.float32).view(np.uint32) >> 16
    header = {"logits": {"dtype": "BF16", "shape": [1, 4], "data_offsets": [0, 8]}}
    text = json.dumps(header).encode()
    content = struct.pack("<Q", len(text)) + text + halves.astype("<u2").tobytes()
    (tmp_path / "a.safetensors").write_bytes(content)
    read = only(tmp_path / "a.safetensors").values
    assert read.dtype == np.float32
    assert read.view(np.uint32).tolist() == (halves << 16).tolist()


@pytest.mark.parametrize(
    ("array", "message"),
    [
        (np.array([[1j]]), "its dtype is complex128, not integers or real floats"),
        (np.array([["a"]]), "its dtype is <U1, not integers or real floats"),
        (np.array([[True]]), "its dtype is bool, not integers or real floats"),
        (np.zeros(2, "f8,f8"), "not integers or real floats"),
        (np.array([[None]]), "it holds Python objects, and pickled data is never read"),
        (np.float64(1.0), "a single number, not an array of samples"),
        (np.zeros((2, 0)), "a sample without values"),
    ],
)
def test_what_is_no_array_of_samples(tmp_path: Path, array: Any, message: str) -> None:
    np.save(tmp_path / "a.npy", array)
    assert message in told(tmp_path / "a.npy")


@pytest.mark.parametrize(
    ("shape", "axis"), [((2, 3), 0), ((2, 3), -2), ((4, 2, 3), -1), ((3, 2, 5), 0), ((3, 2, 5), -3)]
)
def test_class_axis(tmp_path: Path, shape: tuple[int, ...], axis: int) -> None:
    values = np.arange(float(np.prod(shape))).reshape(shape)
    np.save(tmp_path / "a.npy", values)
    found = opened(tmp_path / "a.npy", WANTED._replace(class_axis=axis))
    assert (found.class_axis, found.class_count) == (axis, shape[axis])
    assert found.dimensions == len(shape) - 2
    (batch,) = batches(found)
    assert batch.values.tolist() == np.moveaxis(values, axis, 1).tolist()
    assert is_mapped(batch.values)


def test_one_sample(tmp_path: Path) -> None:
    savez(tmp_path / "a.npz", logits=np.array([1.0, 2.0]), labels=np.int64(1))
    batch = only(tmp_path / "a.npz")
    assert batch.values.tolist() == [[1, 2]]
    assert listed(batch.labels) == [1]


def test_no_samples(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((0, 3)))
    found = opened(tmp_path / "a.npy")
    assert (found.class_count, list(found.chunks.in_order())) == (3, [])


def test_memory_does_not_grow_with_the_file(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    big = np.lib.format.open_memmap(path, "w+", np.float32, (4_000_000, 4))
    big[:] = np.arange(4)
    labels = np.lib.format.open_memmap(tmp_path / "labels.npy", "w+", np.int64, (4_000_000,))
    del big, labels
    tracemalloc.start()
    found, samples = opened(path), 0
    for chunk in found.chunks.in_order():
        batch = found.reader.read(chunk)
        assert is_mapped(batch.values)
        assert chunk.first == samples
        samples += len(batch.values)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert samples == 4_000_000
    assert peak < 1_000_000


def test_chunks_are_small(tmp_path: Path) -> None:
    savez(tmp_path / "a.npz", logits=np.zeros((300_000, 4)), labels=np.zeros(300_000, int))
    chunks = list(opened(tmp_path / "a.npz").chunks.in_order())
    assert len(chunks) == 3
    assert all(len(pickle.dumps(chunk)) < 1000 for chunk in chunks)
    assert sum(chunk.size for chunk in chunks) == 300_000 * 4 * 8


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_one_sample_has_one_axis(tmp_path: Path, axis: int) -> None:
    np.save(tmp_path / "a.npy", [1.0, 2.0, 3.0])
    found = opened(tmp_path / "a.npy", WANTED._replace(class_axis=axis, wanted="none"))
    (batch,) = batches(found)
    assert batch.values.tolist() == [[1, 2, 3]]
    assert (found.class_count, found.class_axis) == (3, 1)


@pytest.mark.parametrize("key", ["labels", "label", "targets", "target"])
def test_label_keys(tmp_path: Path, key: str) -> None:
    savez(tmp_path / "a.npz", **{"logits": np.eye(3), key: [2.0, 1, -100]})
    assert listed(only(tmp_path / "a.npz").labels) == [2, 1, -100]
    found = opened(tmp_path / "a.npz")
    assert (found.has_labels, found.has_targets) == (True, False)


@pytest.mark.parametrize("key", ["targets", "target"])
def test_soft_targets(tmp_path: Path, key: str) -> None:
    savez(tmp_path / "a.npz", **{"log_probs": np.eye(3), key: np.eye(3)})
    batch = only(tmp_path / "a.npz")
    assert (batch.kind, batch.labels) == ("log_probs", None)
    found = opened(tmp_path / "a.npz")
    assert (found.has_labels, found.has_targets) == (False, True)
    assert listed(batch.targets) == np.eye(3).tolist()


def test_keys_that_are_asked_for(tmp_path: Path) -> None:
    savez(tmp_path / "a.npz", z=np.eye(2), y=[0, 1], logits=np.zeros((9, 9)))
    batch = only(tmp_path / "a.npz", WANTED._replace(logits_key="z", label_key="y"))
    assert (batch.values.tolist(), listed(batch.labels)) == ([[1, 0], [0, 1]], [0, 1])
    savez(tmp_path / "b.npz", logits=np.eye(2), labels=[0, 1], n=[1, 0])
    assert listed(only(tmp_path / "b.npz", WANTED._replace(label_key="n")).labels) == [1, 0]
    message = told(tmp_path / "a.npz", WANTED._replace(logits_key="x"))
    assert message == '--logits-key: a.npz has no key "x"'


def test_an_unnamed_array(tmp_path: Path) -> None:
    savez(tmp_path / "a.npz", np.eye(2))
    batch = only(tmp_path / "a.npz")
    assert (batch.values.tolist(), batch.kind) == ([[1, 0], [0, 1]], "logits")
    assert only(tmp_path / "a.npz", WANTED._replace(kind="probs")).kind == "probs"
    assert opened(tmp_path / "a.npz").remarks == ()
    savez(tmp_path / "c.npz", np.eye(2, dtype=int))
    assert only(tmp_path / "c.npz").values.tolist() == [[1, 0], [0, 1]]
    savez(tmp_path / "b.npz", np.eye(2), np.eye(2))
    assert 'one of "logits", "probs", "log_probs", found none of them' in told(tmp_path / "b.npz")


WIDE = np.arange(6.0).reshape(2, 3)


@pytest.mark.parametrize(
    ("named", "values", "labels"),
    [
        ({"outputs": WIDE, "loss": np.zeros(2), "y": [2, 0]}, "outputs", "y"),
        ({"y_pred": WIDE, "y_true": [2.0, 0.0]}, "y_pred", "y_true"),
        ({"preds": [1, 1], "scores": WIDE, "target": [2, 0]}, "scores", None),
        ({"anything": WIDE, "answers": [2, 0]}, "anything", "answers"),
        ({"z": WIDE, "answers": [2, 0], "image_id": [7, 8], "n": [2, 3, 4]}, "z", "answers"),
        ({"logits": WIDE, "answers": [2, 0]}, None, "answers"),
        # A single number is none for each sample.
        ({"z": WIDE, "temperature": 2.0, "answers": [2, 0]}, "z", "answers"),
    ],
)
def test_other_names_are_taken_where_one_can_be_meant_and_told(
    tmp_path: Path, named: dict[str, Any], values: str | None, labels: str | None
) -> None:
    savez(tmp_path / "a.npz", **named)
    found = opened(tmp_path / "a.npz")
    (batch,) = batches(found)
    assert batch.values.tolist() == WIDE.tolist()
    assert listed(batch.labels) == [2, 0]
    said = "".join(remark.message for remark in found.remarks)
    assert (f'"{values}" is taken for the logits' in said) == (values is not None)
    assert (f'"{labels}" is taken for the labels' in said) == (labels is not None)


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({"a": WIDE, "b": WIDE}, "found none of them"),
        ({"outputs": WIDE, "preds": WIDE}, "found none of them"),
        ({"losses": np.zeros(2)}, "found none of them"),
        ({"z": WIDE, "loss": np.zeros(2)}, "found none of them"),
        ({"logits": WIDE, "probs": WIDE, "outputs": WIDE}, 'found "logits" and "probs"'),
        ({"probabilities": WIDE}, 'what are the numbers of "probabilities"?'),
        ({"logits": WIDE, "label": [0, 1], "target": [0, 1]}, '"label" and "target" contradict'),
        ({"logits": WIDE, "y": [0, 1], "y_true": [0, 1]}, '"y" and "y_true" contradict'),
    ],
)
def test_where_several_can_be_meant_none_is_taken(
    tmp_path: Path, named: dict[str, Any], message: str
) -> None:
    savez(tmp_path / "a.npz", **named)
    assert message in told(tmp_path / "a.npz")


@pytest.mark.parametrize("named", [{"a": [0, 1], "b": [0, 1]}, {"ids": [0, 1]}, {"preds": [0, 1]}])
def test_integers_that_may_be_something_else_are_no_labels(
    tmp_path: Path, named: dict[str, Any]
) -> None:
    savez(tmp_path / "a.npz", z=WIDE, **named)
    assert not opened(tmp_path / "a.npz").has_labels


@pytest.mark.parametrize("labels", [[[2, 0, 1, 1], [0, 0, 0, 2]], [2, 0]])
def test_integers_fit_positions(labels: Any, tmp_path: Path) -> None:
    """The shape of labels is that of the values without the classes."""
    savez(tmp_path / "a.npz", z=np.zeros((2, 3, 4)), answers=labels)
    found = opened(tmp_path / "a.npz")
    assert found.has_labels == (np.ndim(labels) == 2)
    assert all(listed(batch.labels) == labels for batch in batches(found) if found.has_labels)


def test_integers_beside_two_arrays_of_floats_are_no_labels(tmp_path: Path) -> None:
    savez(tmp_path / "a.npz", logits=WIDE, more=WIDE, answers=[2, 0])
    assert not opened(tmp_path / "a.npz").has_labels


def test_values_are_not_their_own_labels(tmp_path: Path) -> None:
    savez(tmp_path / "a.npz", targets=WIDE, labels=[2, 0])
    batch = only(tmp_path / "a.npz", WANTED._replace(logits_key="targets"))
    assert (batch.values.tolist(), listed(batch.labels)) == (WIDE.tolist(), [2, 0])
    savez(tmp_path / "b.npz", n=[0], z=WIDE)
    assert not opened(tmp_path / "b.npz", WANTED._replace(logits_key="n")).has_labels
    savez(tmp_path / "c.npz", n=np.eye(2, dtype=int), z=[0.0, 1.0])
    assert not opened(tmp_path / "c.npz", WANTED._replace(logits_key="n")).has_labels


def test_integers_of_the_values_shape_are_soft_targets_by_any_name(tmp_path: Path) -> None:
    savez(tmp_path / "a.npz", logits=WIDE, labels=[[0, 0, 1], [1, 0, 0]])
    batch = only(tmp_path / "a.npz")
    assert (listed(batch.targets), batch.labels) == ([[0, 0, 1], [1, 0, 0]], None)


def test_floats_of_one_sample_are_soft_targets_by_any_name(tmp_path: Path) -> None:
    savez(tmp_path / "a.npz", logits=WIDE[0], labels=[0.0, 0.5, 0.5])
    assert listed(only(tmp_path / "a.npz").targets) == [[0, 0.5, 0.5]]


def test_names_of_more_or_fewer_classes(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", WIDE)
    assert "a.npy has 3" in told(tmp_path / "a.npy", Request(classes=("u", "v")))


def test_labels_from_elsewhere_come_before_those_of_the_archive(tmp_path: Path) -> None:
    savez(tmp_path / "a.npz", logits=WIDE, label=[0, 1], target=[1, 0])
    typed = read_typed_labels(["2;1"])
    assert listed(only(tmp_path / "a.npz", WANTED._replace(attached=typed)).labels) == [2, 1]
    found = opened(tmp_path / "a.npz", Request(attached=typed))
    assert (found.has_labels, found.has_targets) == (False, False)


@pytest.mark.parametrize(
    ("request_", "named", "said"),
    [
        (
            WANTED,
            {"z": WIDE, "answers": [2, 0]},
            '"z" is taken for the logits and "answers" is taken for the labels '
            "(--logits-key and --label-key name others)",
        ),
        (
            WANTED,
            {"logits": WIDE, "answers": [2, 0]},
            '"answers" is taken for the labels (--label-key names another)',
        ),
        (
            Request(kind="log_probs"),
            {"log_softmax": WIDE},
            '"log_softmax" is taken for the log-probs (--logits-key names another)',
        ),
    ],
)
def test_how_it_is_told_what_is_taken(
    request_: Request, named: dict[str, Any], said: str, tmp_path: Path
) -> None:
    savez(tmp_path / "a.npz", **named)
    assert [remark.message for remark in opened(tmp_path / "a.npz", request_).remarks] == [said]


@pytest.mark.parametrize(
    ("shape", "labels", "questions", "is_told"),
    [
        ((2, 5, 5), np.zeros((2, 5), int), False, True),
        ((2, 5, 5), None, False, False),
        ((2, 5, 4), np.zeros((2, 4), int), False, False),
        ((2, 1, 1), np.zeros((2, 1), int), False, True),
        # Each class is a question, and has a label.
        ((2, 1, 1), np.zeros((2, 1), int), True, False),
    ],
)
def test_labels_that_fit_two_axes_are_told(
    shape: tuple[int, ...], labels: Any, questions: bool, is_told: bool, tmp_path: Path
) -> None:
    named = {} if labels is None else {"labels": labels}
    savez(tmp_path / "a.npz", logits=np.zeros(shape), **named)
    remarks = opened(tmp_path / "a.npz", WANTED._replace(questions=questions)).remarks
    assert [remark.message for remark in remarks] == [EITHER] * is_told


def test_a_member_that_is_not_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    savez(path, logits=WIDE, labels=[2, 0])
    content = path.read_bytes()
    path.write_bytes(content.replace(WIDE.tobytes(), WIDE[::-1].tobytes()))
    message = "it cannot be unpacked (its checksum is not that in the archive)"
    assert told(path) == f"a.npz: logits: {message}"


def test_a_kind_that_contradicts(tmp_path: Path) -> None:
    savez(tmp_path / "a.npz", probs=np.eye(2))
    with pytest.raises(UsageError, match=r'--input log-probs: the key in a\.npz is "probs"'):
        opened(tmp_path / "a.npz", Request(kind="log_probs"))


@pytest.mark.parametrize(
    ("labels", "message", "hint"),
    [
        ([0, 1, 2, 7], "labels[3]: label 7 is out of range for 3 classes (0 to 2)", ""),
        ([0, 3, 1, 2], "labels[1]: label 3 is out of range for 3 classes (0 to 2)", "1-based"),
        ([0, 1, 1.5, 9], "labels[2]: 1.5 is not a class index", "labels are integers"),
        ([0, 1, np.nan, 9], "labels[2]: nan is not a class index", "labels are integers"),
        (np.array([2**64 - 100, 0, 0, 0], np.uint64), "labels[0]: label 18446744073709551516", ""),
        ([0, 1], "labels: 2 labels for 4 samples", ""),
        (["a", "b", "c", "d"], "labels: its dtype is <U1, not integers or real floats", ""),
        (np.zeros((4, 2)), "labels: the shape (4, 2) fits neither labels (4,) nor soft", ""),
    ],
)
def test_labels_that_are_none(tmp_path: Path, labels: Any, message: str, hint: str) -> None:
    savez(tmp_path / "a.npz", logits=np.zeros((4, 3)), labels=labels)
    with pytest.raises(DataError) as raised:
        only(tmp_path / "a.npz")
    assert str(raised.value).startswith(f"a.npz: {message}")
    assert hint in raised.value.hint


def test_a_fault_counts_from_the_start_of_the_array(tmp_path: Path) -> None:
    labels = np.zeros((2, 600_000), int)
    labels[1, 400_000] = 4
    savez(tmp_path / "a.npz", logits=np.zeros((2, 3, 600_000)), labels=labels)
    assert "a.npz: labels[1, 400000]: label 4" in told(tmp_path / "a.npz")


def test_faults_in_values_have_the_index_of_the_file(tmp_path: Path) -> None:
    probs = np.zeros((2, 4, 3))
    probs[1, 3, 2] = 1.5
    savez(tmp_path / "a.npz", probs=probs)
    message = "a.npz: probs[1, 3, 2]: 1.5 is not a probability (0 to 1)"
    assert told(tmp_path / "a.npz", WANTED._replace(class_axis=-1)) == message
    targets = np.array([[0.5, 0.5], [-1, 2]])
    savez(tmp_path / "b.npz", logits=np.zeros((2, 2)), targets=targets)
    message = "b.npz: targets[1, 0]: soft target -1.0 is not a probability (0 or more)"
    assert told(tmp_path / "b.npz") == message
    np.save(tmp_path / "c.npy", np.array([0.5, 2.0]))
    assert told(tmp_path / "c.npy", Request(kind="probs")).startswith("c.npy: [1]: 2.0")


def test_samples_that_are_skipped_or_nan(tmp_path: Path) -> None:
    savez(tmp_path / "a.npz", logits=np.arange(8.0).reshape(4, 2), labels=[0, 7, 1, -1])
    skipped = only(tmp_path / "a.npz", WANTED._replace(on_error="skip"))
    assert skipped.values.tolist() == [[0, 1], [4, 5]]
    assert listed(skipped.labels) == [0, 1]
    assert listed(skipped.values_from.lines) == [0, 2]
    assert [str(fault.place) for fault in skipped.faults] == [
        "a.npz: labels[1]",
        "a.npz: labels[3]",
    ]
    assert skipped.faults[0].row == b"2.0,3.0,7"
    as_nan = only(tmp_path / "a.npz", WANTED._replace(on_error="nan"))
    assert np.isnan(as_nan.values).all(axis=1).tolist() == [False, True, False, True]
    assert listed(as_nan.labels) == [0, 0, 1, 0]


def test_typed_labels_and_targets(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((2, 3, 2)))
    attached = read_typed_labels(["0,1,2,0"])
    batch = only(tmp_path / "a.npy", WANTED._replace(attached=attached))
    assert listed(batch.labels) == [[0, 1], [2, 0]]
    assert batch.target_from == attached.origin
    message = told(tmp_path / "a.npy", WANTED._replace(attached=read_typed_labels(["0,1,2"])))
    assert message == "--label: 3 labels for 4 samples"
    targets = read_typed_targets(["0.25,0.75"])
    for values in (np.zeros(2), np.zeros((1, 2))):
        np.save(tmp_path / "b.npy", values)
        batch = only(tmp_path / "b.npy", WANTED._replace(attached=targets))
        assert listed(batch.targets) == [[0.25, 0.75]]
    np.save(tmp_path / "b.npy", np.zeros((1, 2)))
    batch = only(
        tmp_path / "b.npy", WANTED._replace(attached=read_typed_targets(["[[0.25,0.75]]"]))
    )
    assert listed(batch.targets) == [[0.25, 0.75]]
    np.save(tmp_path / "b.npy", np.zeros((2, 2)))
    message = told(tmp_path / "b.npy", WANTED._replace(attached=targets))
    assert message == "--target: soft targets of shape (2,) for values of shape (2, 2)"


@pytest.mark.parametrize("positions", [(), (3,), (3, 2)])
def test_what_is_typed_goes_with_its_chunk(
    positions: tuple[int, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    each = int(np.prod(positions))
    monkeypatch.setattr("xentcli.readers.arrays.arrays.CHUNK_BYTES", 5 * 4 * each * 8)
    np.save(tmp_path / "a.npy", np.zeros((12, 4, *positions)))
    labels = np.arange(12 * each).reshape(12, *positions) % 4
    typed = read_typed_labels([",".join(map(str, labels.ravel().tolist()))])
    found = list(batches(opened(tmp_path / "a.npy", WANTED._replace(attached=typed))))
    assert [listed(batch.labels) for batch in found] == [
        labels[start : start + 5].tolist() for start in (0, 5, 10)
    ]
    targets = np.moveaxis(np.eye(4)[labels], -1, 1)
    typed = read_typed_targets([json.dumps(targets.tolist())])
    found = list(batches(opened(tmp_path / "a.npy", WANTED._replace(attached=typed))))
    assert [listed(batch.targets) for batch in found] == [
        targets[start : start + 5].tolist() for start in (0, 5, 10)
    ]


def contents() -> dict[str, bytes]:
    files = {"npy": npy(np.eye(3))}
    for name, save in (("npz", savez), ("npz ", savez_compressed)):
        stream = io.BytesIO()
        save(stream, logits=np.eye(3), labels=np.arange(3))
        files[name] = stream.getvalue()
    header = {"logits": {"dtype": "F64", "shape": [3, 3], "data_offsets": [0, 72]}}
    text = json.dumps(header).encode()
    files["safetensors"] = struct.pack("<Q", len(text)) + text + np.eye(3).tobytes()
    return files


CONTENTS = contents()


@pytest.mark.parametrize("name", CONTENTS)
def test_a_file_that_is_cut_short(tmp_path: Path, name: str) -> None:
    path = tmp_path / f"a.{name.strip()}"
    for length in range(len(CONTENTS[name])):
        path.write_bytes(CONTENTS[name][:length])
        assert told(path).startswith(path.name)


@given(name=st.sampled_from(list(CONTENTS)), data=st.data())
def test_damage_is_told_or_harmless(
    tmp_path_factory: pytest.TempPathFactory, name: str, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damage") / f"a.{name.strip()}"
    content = bytearray(CONTENTS[name])
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    # Anything but a fault that is told would be a traceback.
    with suppress(XentError):
        list(batches(opened(path)))


@pytest.mark.parametrize("suffix", ["npy", "npz", "safetensors"])
@given(content=st.binary(max_size=300))
def test_garbage_is_told(
    tmp_path_factory: pytest.TempPathFactory, suffix: str, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("garbage") / f"a.{suffix}"
    path.write_bytes(content)
    assert told(path).startswith(path.name)


def test_a_header_that_claims_more_memory_than_there_is(tmp_path: Path) -> None:
    stream = io.BytesIO()
    header = {"descr": "<f8", "fortran_order": False, "shape": (10**9, 10**9)}
    np.lib.format.write_array_header_1_0(stream, header)
    (tmp_path / "a.npy").write_bytes(stream.getvalue() + bytes(64))
    message = "it is cut short: 8000000000000000000 bytes of numbers are announced, 64 are there"
    assert told(tmp_path / "a.npy") == f"a.npy: {message}"


def test_two_arrays_in_one_file(tmp_path: Path) -> None:
    (tmp_path / "a.npy").write_bytes(CONTENTS["npy"] * 2)
    assert "bytes follow the array; a file holds but one" in told(tmp_path / "a.npy")


def test_a_missing_file(tmp_path: Path) -> None:
    assert told(tmp_path / "a.npy") == "a.npy: cannot read it: no such file or directory"


@pytest.mark.parametrize("form", ["npz", "safetensors"])
def test_shift_goes_along_the_positions_of_every_format(tmp_path: Path, form: str) -> None:
    draw = np.random.default_rng(1)
    z, y = draw.normal(size=(2, 5, 4)), draw.integers(0, 4, (2, 5))
    y[1, 2] = -100
    path = tmp_path / f"z.{form}"
    content = {"logits": z, "labels": y}
    (savez(path, **content) if form == "npz" else save_file(content, path))
    shifted = shift_labels(opened(path, WANTED._replace(class_axis=-1)), "stop")
    (batch,) = (shifted.reader.read(chunk) for chunk in shifted.chunks.in_order())
    assert np.array_equal(batch.values, np.moveaxis(z, -1, 1)[:, :, :-1])
    assert batch.labels is not None
    assert np.array_equal(batch.labels, y[:, 1:])
