"""What the Python functions refuse, and how they say it."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

import xentcli
from xentcli import (
    binary_cross_entropy_with_logits,
    cross_entropy,
    js_div,
    kl_div,
    nll_loss,
    softmax,
)

Z: Any = [[1.0, 2.0, 3.0], [0.5, 0.0, 1.0]]
INF, NAN = float("inf"), float("nan")
RAGGED: Any = [[1.0], [1.0, 2.0]]

REFUSED: list[tuple[Callable[[], object], str]] = [
    (lambda: softmax([1.0, 2.0], dtype="int32"), "dtype: 'int32' is none of float32, float16"),
    (lambda: softmax([1.0, 2.0], dtype="narrow"), "dtype: 'narrow' is none of float32, float16"),
    (lambda: softmax([1.0, 2.0], temperature=np.inf), "temperature: inf is not a number above 0"),
    (lambda: softmax([1.0, 2.0], temperature=0.0), "temperature: 0.0 is not a number above 0"),
    (lambda: softmax([1.0, 2.0], temperature="2"), "temperature: 2 is not a number above 0"),  # type: ignore[arg-type]
    (lambda: softmax([1.0, 2.0], 1), "axis: 1 is no axis of an array of shape (2,)"),
    (lambda: softmax([1.0, 2.0], -2), "axis: -2 is no axis of an array of shape (2,)"),
    (lambda: softmax([1.0, 1j]), "logits: not an array of real numbers, but of complex128"),
    (lambda: softmax(["a", "b"]), "logits: not an array of real numbers, but of <U1"),
    (lambda: softmax(RAGGED), "logits: not an array of numbers ("),
    (lambda: softmax(np.array([1.0, "x"], object)), "logits: not an array of numbers ("),
    (lambda: xentcli.entropy(0.5), "probs: a single number has no classes"),
    (lambda: cross_entropy(np.zeros((2, 0)), [0, 0]), "logits: no classes: the shape is (2, 0)"),
    (lambda: cross_entropy(Z, RAGGED), "target: not an array ("),
    (lambda: cross_entropy(Z, ["a", "b"]), "target: labels are integers, not <U1"),
    (lambda: cross_entropy(Z, [["a"] * 3] * 2), "target: soft targets are numbers, not <U1"),
    (
        lambda: cross_entropy(Z, [0, 1], [1.5e308, 1.5e308, 1.0]),
        "weight: over the samples that count they sum to more than the largest float",
    ),
    (
        lambda: xentcli.cross_entropy_grad(Z, [0, 1], [1.5e308, 1.5e308, 1.0]),
        "weight: over the samples that count they sum to more than the largest float",
    ),
    (lambda: cross_entropy(Z, [0, 0.5]), "target[1]: label 0.5 is not an integer"),
    (lambda: cross_entropy(Z, [0, np.nan]), "target[1]: label nan is not an integer"),
    (lambda: cross_entropy(Z, [0, 3]), "target[1]: label 3 is out of range for 3 classes (0 to 2)"),
    (lambda: cross_entropy(Z, [0.0, 3.0]), "target[1]: label 3 is out of range for 3 classes"),
    (lambda: cross_entropy(Z, [-100, 3]), "target[1]: label 3 is out of range for 3 classes"),
    (lambda: cross_entropy(Z, [-1, 0]), "target[0]: label -1 is out of range for 3 classes"),
    (
        lambda: cross_entropy(Z, np.array([2**64 - 100, 0], np.uint64)),
        "target[0]: label 18446744073709551516 is out of",
    ),
    (lambda: cross_entropy(Z, [[1.0, 0, 0], [0, INF, 0]]), "target[1, 1]: soft target inf is not"),
    (
        lambda: cross_entropy(Z, [[1.0, 0, 0], [0, -0.5, 1]]),
        "target[1, 1]: soft target -0.5 is not",
    ),
    (lambda: cross_entropy(Z, [[NAN, 0.0, 0.0]] * 2), "target[0, 0]: soft target nan is not"),
    (lambda: cross_entropy(Z, [[1, 0, 0]] * 2, ignore_index=0), "ignore_index: 0 is one of the"),
    (lambda: cross_entropy(Z, [[1, 0, 0]] * 2, ignore_index=2), "ignore_index: 2 is one of the"),
    (lambda: cross_entropy(Z, [0]), "target: its shape (1,) fits neither labels (2,) nor soft"),
    (lambda: cross_entropy(Z, [0, 0], ignore_index=0.5), "ignore_index: 0.5 is not an integer"),  # type: ignore[arg-type]
    (lambda: cross_entropy(Z, [0, 0], [1, np.nan, 1]), "weight[1]: nan is not a finite number"),
    (lambda: cross_entropy(Z, [0, 0], [1, 1, np.inf]), "weight[2]: inf is not a finite number"),
    (lambda: cross_entropy(Z, [0, 0], [1, 1]), "weight: 3 classes need 3 weights, not shape (2,)"),
    (lambda: cross_entropy(Z, [0, 0], label_smoothing=1.5), "label_smoothing: 1.5 is not between"),
    (lambda: cross_entropy(Z, [0, 0], label_smoothing=-0.1), "label_smoothing: -0.1 is not"),
    (lambda: cross_entropy(Z, [0, 0], reduction="batchmean"), "reduction: 'batchmean' is none of"),
    (lambda: nll_loss(Z, [[0.0, 1, 0]] * 2), "target: nll_loss takes class indices"),
    (
        lambda: binary_cross_entropy_with_logits([0.5, 1], [1, 0], [1, np.inf]),
        "weight[1]: inf is not a finite number",
    ),
    (
        lambda: binary_cross_entropy_with_logits([0.5, 1], [1, 0], pos_weight=[1, 1, 1]),
        "pos_weight: its shape (3,) cannot be broadcast to that of the input, (2,)",
    ),
    (lambda: js_div([0.5, 0.5], [0.5, 0.25, 0.25]), "q: its shape (3,) is not that of p, (2,)"),
    (lambda: kl_div(-0.5, 0.5), "log_probs: a single number has no classes"),
]


@pytest.mark.parametrize(("call", "message"), REFUSED, ids=[message for _, message in REFUSED])
def test_the_message_names_the_argument_and_the_place(
    call: Callable[[], object], message: str
) -> None:
    with pytest.raises((ValueError, IndexError)) as told:
        call()
    assert str(told.value).startswith(message)


def test_a_label_that_is_the_number_of_classes_may_be_counted_from_1() -> None:
    with pytest.raises(IndexError) as told:
        cross_entropy(Z, [0, 3])
    assert told.value.hint == "labels count from 0; are these 1-based?"  # type: ignore[attr-defined]
    with pytest.raises(IndexError) as told:
        cross_entropy(Z, [0, 4])
    assert not told.value.hint  # type: ignore[attr-defined]


def test_numbers_of_any_type_are_taken() -> None:
    expected = cross_entropy([[0.5, 2.0, 1.0]], [1])
    rows: list[Any] = [[Fraction(1, 2), 2, 1], [Decimal("0.5"), Decimal(2), Decimal(1)]]
    for row in rows:
        assert cross_entropy([row], [np.uint8(1)]) == expected
    assert cross_entropy([[0.5, 2.0, 1.0]], np.array([1], dtype=object).astype(float)) == expected
    assert softmax([True, False]).tolist() == softmax([1, 0]).tolist()
