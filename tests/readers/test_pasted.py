"""What is pasted from a session of Python: prints of NumPy, PyTorch and others, and numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.readers.opening import listed
from xentcli.errors import XentError
from xentcli.model import Origin
from xentcli.readers.interface import Attached, Request
from xentcli.readers.pasted import find_lone_number
from xentcli.readers.rules.targets import check_label_shape
from xentcli.readers.typed import read_typed_array, read_typed_labels, read_typed_targets

ROWS = [[1.0, -2.5, 3.0], [3.0, 1e-05, 2.0]]
PRINTS = [
    "tensor([[ 1.0000e+00, -2.5000e+00,  3.0000e+00],\n"
    "        [ 3.0000e+00,  1.0000e-05,  2.0000e+00]], grad_fn=<AddmmBackward0>)",
    "tensor([[1., -2.5, 3.], [3., 1e-05, 2.]], device='cuda:0', dtype=torch.float64)",
    "Parameter containing:\ntensor([[1., -2.5, 3.], [3., 1e-05, 2.]], requires_grad=True)",
    "array([[ 1.0e+00, -2.5e+00,  3.0e+00],\n       [ 3.0e+00,  1.0e-05,  2.0e+00]])",
    "array([[1, -2.5, 3], [3, 1e-05, 2]], dtype=float32)",
    "[[ 1.0e+00 -2.5e+00  3.0e+00]\n [ 3.0e+00  1.0e-05  2.0e+00]]",
    "Array([[1., -2.5, 3.], [3., 1e-05, 2.]], dtype=float32)",
    "tf.Tensor(\n[[1. -2.5 3.]\n [3. 1e-05 2.]], shape=(2, 3), dtype=float32)",
    "<tf.Tensor: shape=(2, 3), dtype=float32, numpy=\narray([[1., -2.5, 3.],\n"
    "       [3., 1e-05, 2.]], dtype=float32)>",
    "  <tf.Tensor: shape=(2, 3), dtype=float32, numpy=\narray([[1., -2.5, 3.],\n"
    "       [3., 1e-05, 2.]], dtype=float32)>\n ",
    "<tf.Tensor: shape=(2, 3), numpy=\narray([[1., -2.5, 3.], [3., 1e-05, 2.]])",
    "[(1.0, -2.5, 3.0), (3.0, 1e-05, 2.0)]",
    "((1.0, -2.5, 3.0), (3.0, 1e-05, 2.0))",
    "[tensor([1., -2.5, 3.]), tensor([3., 1e-05, 2.])]",
    "[[np.float64(1.0), np.float64(-2.5), np.float64(3.0)],"
    " [np.float64(3.0), np.float64(1e-05), np.float64(2.0)]]",
    "[[1., -2.5, 3.,], [3., 1.e-05, 2.,],]",
    "［［1．，−2．5，3］，［3，1e-05，2］］",
    "1，-2.5，3；3，1e-05，2",
]


@pytest.mark.parametrize("text", PRINTS)
def test_values_as_they_are_printed(text: str) -> None:
    assert read_typed_array([text], "--logits").tolist() == ROWS
    assert listed(read_typed_targets([text]).targets) == ROWS


floats = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=1, max_dims=3, max_side=4),
    elements=st.floats(allow_subnormal=False, width=64),
)


@given(values=floats, text=st.sampled_from([repr, str]))
def test_what_numpy_prints_comes_back(values: Any, text: Any) -> None:
    with np.printoptions(precision=17, floatmode="unique", threshold=10**6):
        found = read_typed_array([text(values)], "--logits")
    np.testing.assert_array_equal(found, values)


@pytest.mark.parametrize("start", ["[", "tensor("])
def test_values_may_be_nested_thirty_deep(start: str) -> None:
    end = {"[": "]", "tensor(": ")"}[start]
    found = read_typed_array([f"{start * 30}2.{end * 30}"], "--logits")
    assert found.ravel().tolist() == [2.0]
    assert found.ndim == (30 if start == "[" else 1)


LABELS = [
    "2,0",
    "2，0",
    "2 0",
    "tensor([2, 0])",
    "[2 0]",
    "[2., 0.]",
    "(2, 0)",
    "array([2, 0], dtype=int32)",
    "[np.int64(2), np.int64(0)]",
    "[tensor(2), tensor(0)]",
]


@pytest.mark.parametrize("text", LABELS)
def test_labels_as_they_are_printed(text: str) -> None:
    words = read_typed_labels([text]).labels
    assert [float(word.text) for word in words] == [2, 0]


@pytest.mark.parametrize("text", ["['fox', 'a, b']", "array(['fox', 'a, b'], dtype='<U4')"])
def test_names_as_they_are_printed(text: str) -> None:
    assert [word.text for word in read_typed_labels([text]).labels] == ["fox", "a, b"]


@pytest.mark.parametrize("name", ["cat (2)", "(2)", "(1) x", "float(2)", "a... b"])
def test_a_name_of_a_class_is_no_print(name: str) -> None:
    assert [word.text for word in read_typed_labels([name]).labels] == [name]


SHORTENED = [
    "tensor([0.1, 0.2,  ..., 0.3])",
    "[0.1 0.2 ... 0.3]",
    "0.1, 0.2, ..., 0.3",
    "[0.1, 0.2, …, 0.3]",
]


@pytest.mark.parametrize("text", SHORTENED)
def test_a_shortened_print_is_refused(text: str) -> None:
    for read in (lambda: read_typed_array([text], "--logits"), lambda: read_typed_targets([text])):
        with pytest.raises(XentError, match=r"the print is shortened \(\.\.\.\)") as raised:
            read()
        assert "set_printoptions" in raised.value.hint
    with pytest.raises(XentError, match="shortened"):
        read_typed_labels([text])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[1., x, 3.]", '--logits: cannot read "x" as a number'),
        ("[[1., 2.], [3.]]", "--logits, $[1]: 1 value, where the first list here has 2"),
        ("[1., 2.", '--logits: "]" is missing at the end'),
        ("tensor([1., 2.]", '--logits: ")" is missing at the end'),
        ("[1., 2.)", '--logits: ")" closes nothing'),
        ("[1.,, 2.]", "--logits: the value is missing"),
        ("[1e400, 2.]", '--logits: "1e400" is too large for a 64-bit float'),
        ("[, 1., 2.]", "--logits: the value is missing"),
        ("[" * 31, "--logits: lists nested more than 30 deep"),
        ("[[1.], [2.], [3.], " + "[" * 30, "--logits: lists nested more than 30 deep"),
        ("tensor(" * 31, "--logits: lists nested more than 30 deep"),
        ("[tensor(2.), tensor(3.), " + "tensor(" * 30, "--logits: lists nested more than 30 deep"),
    ],
)
def test_what_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(XentError) as raised:
        read_typed_array([text], "--logits")
    assert str(raised.value) == message


def test_labels_may_be_flat_or_of_the_shape_of_the_samples() -> None:
    def labels(text: str) -> Attached:
        return read_typed_labels([text])

    request = Request()
    for text in ("0,1,2,0,1,2", "[0, 1, 2, 0, 1, 2]", "[[0,1,2],[0,1,2]]", "[[[0,1,2],[0,1,2]]]"):
        check_label_shape(labels(text), (2, 3), 9, request)
    with pytest.raises(XentError, match=r"labels of shape \(3, 2\) for samples of shape \(2, 3\)"):
        check_label_shape(labels("[[0,1],[2,0],[1,2]]"), (2, 3), 9, request)
    assert labels("0,1").origin == Origin("--label", "typed")


GOT = {
    "1.0598": "1.0598",
    "loss: 1.0598": "1.0598",
    "val_loss=1.0598": "1.0598",
    "Test loss = 1.0598 nats": "1.0598",
    "{'loss': 1.0598}": "1.0598",
    '{"loss": 1.0598}': "1.0598",
    "1.0598 nats": "1.0598",
    "1.529 bits": "1.529",
    "1,0598": "1.0598",
    "-1,5e-3": "-1.5e-3",
    "１．０５９８": "1.0598",
    "−1.0598": "-1.0598",
    "tensor(1.0598, grad_fn=<NllLossBackward0>)": "1.0598",
    "tensor([1.0598])": "1.0598",
    "np.float64(1.0598)": "1.0598",
    "tf.Tensor(1.0598, shape=(), dtype=float32)": "1.0598",
    "[1.0598]": "1.0598",
}


@pytest.mark.parametrize("text", GOT)
def test_a_number_as_it_was_printed(text: str) -> None:
    assert find_lone_number(text) == GOT[text]


@pytest.mark.parametrize("text", ["1,234.5", "loss 1 2", "[1.0, 2.0]", "about 1", "1.5 dB", "50%"])
def test_what_is_no_lone_number_stays_as_it_is(text: str) -> None:
    assert find_lone_number(text) == text


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("tensor([1, 2", None),
        ("[torch.tensor(", "torch.tensor("),
        ("[[1, 2), 3]", ")"),
        ("[1, , 2]", ","),
        ("[1, 2, xyz]", "xyz"),
        ("[1, ... 2]", "..."),
    ],
)
def test_what_cannot_be_read_is_marked(text: str, marked: str | None) -> None:
    with pytest.raises(XentError) as raised:
        read_typed_array([text], "--logits")
    assert raised.value.place is not None
    excerpt = raised.value.place.excerpt
    assert (excerpt and excerpt.text[excerpt.start : excerpt.end]) == marked
