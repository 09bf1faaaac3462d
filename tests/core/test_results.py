"""What comes back: a float64 scalar of one sample or of a sum, else an array of the samples' shape,
whose numbers are those of each sample alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import xentcli

Array = NDArray[np.float64]
# Of C classes behind the first axis, where there is more than one axis.
SHAPES = [(3,), (4, 3), (2, 3, 5), (2, 3, 2, 4), (2, 70, 3)]


def drawn(shape: tuple[int, ...]) -> tuple[Array, Array, NDArray[np.int64]]:
    """Logits, soft targets whose rows sum to 1, and labels."""
    rng = np.random.default_rng(len(shape))
    axis = 1 if len(shape) > 1 else 0
    logits = rng.normal(size=shape)
    soft = xentcli.softmax(rng.normal(size=shape), axis)
    return logits, soft, rng.integers(0, shape[axis], shape[:axis] + shape[axis + 1 :])


def of_classes(logits: Array, soft: Array, labels: Any) -> dict[str, tuple[Any, ...]]:
    """The arguments of each function that has a loss a sample."""
    axis = 1 if logits.ndim > 1 else 0
    return {
        "cross_entropy": (logits, labels),
        "cross_entropy soft": (logits, soft),
        "nll_loss": (xentcli.log_softmax(logits, axis), labels),
        "js_div": (xentcli.softmax(logits, axis), soft),
    }


def function(name: str) -> Callable[..., Any]:
    """The function of that name."""
    found: Callable[..., Any] = getattr(xentcli, name.partition(" ")[0])
    return found


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", of_classes(*drawn((2,))))
def test_a_loss_a_sample(name: str, shape: tuple[int, ...]) -> None:
    logits, soft, labels = drawn(shape)
    found = function(name)(*of_classes(logits, soft, labels)[name], reduction="none")
    assert np.shape(found) == labels.shape
    assert isinstance(found, np.ndarray if labels.ndim else np.float64)
    each = np.asarray(found)
    for at in np.ndindex(labels.shape):
        row = (at[0], slice(None), *at[1:]) if at else ()
        alone = of_classes(logits[row], soft[row], labels[at])[name]
        one = function(name)(*alone, reduction="none")
        assert isinstance(one, np.float64)
        assert one == each[at]


@pytest.mark.parametrize("shape", [(), *SHAPES])
@pytest.mark.parametrize("with_logits", [True, False])
def test_a_loss_a_question(with_logits: bool, shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(4)
    probs, target = np.asarray(rng.random(shape)), np.asarray(rng.random(shape))
    name = "binary_cross_entropy" + "_with_logits" * with_logits
    values: Any = np.log(probs / (1 - probs)) if with_logits else probs
    found: Any = function(name)(values, target, reduction="none")
    assert np.shape(found) == shape
    assert isinstance(found, np.ndarray if shape else np.float64)
    for at in np.ndindex(shape):
        alone = values[at], target[at]
        one: Any = function(name)(*alone, reduction="none")
        assert one == np.asarray(found)[at]


@pytest.mark.parametrize("name", ["binary_cross_entropy", "binary_cross_entropy_with_logits"])
@pytest.mark.parametrize("reduction", ["none", "sum", "mean"])
def test_a_single_question_has_a_scalar(name: str, reduction: str) -> None:
    found = function(name)(0.25, 0.5, weight=2.0, reduction=reduction)
    assert isinstance(found, np.float64)
    assert found == 2.0 * function(name)(0.25, 0.5, reduction=reduction)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("axis", [0, -1])
def test_an_entropy_a_row(shape: tuple[int, ...], axis: int) -> None:
    probs = xentcli.softmax(np.random.default_rng(5).normal(size=shape), axis)
    found = xentcli.entropy(probs, axis)
    rows = np.moveaxis(probs, axis, -1)
    assert np.shape(found) == rows.shape[:-1]
    assert isinstance(found, np.ndarray if rows.ndim > 1 else np.float64)
    for at in np.ndindex(rows.shape[:-1]):
        assert xentcli.entropy(rows[at]) == np.asarray(found)[at]


@pytest.mark.parametrize("reduction", ["mean", "sum"])
@pytest.mark.parametrize("shape", SHAPES)
def test_a_reduced_loss_is_a_scalar(shape: tuple[int, ...], reduction: str) -> None:
    logits, soft, labels = drawn(shape)
    for name, given in of_classes(logits, soft, labels).items():
        each = np.asarray(function(name)(*given, reduction="none"))
        found = function(name)(*given, reduction=reduction)
        assert isinstance(found, np.float64)
        assert found == pytest.approx(each.mean() if reduction == "mean" else each.sum(), rel=1e-14)
