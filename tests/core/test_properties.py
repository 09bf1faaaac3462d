"""What is true of the softmax, the loss and the gradient whatever the numbers."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from xentcli import cross_entropy, cross_entropy_grad, log_softmax, softmax
from xentcli.core.layout import layout_axis
from xentcli.core.odds import odds_of_logits
from xentcli.core.softmax import steps

Array = NDArray[np.float64]
ULP = 2.0**-52

# Around 64 classes the layout of a block changes.
few_or_many = st.sampled_from([1, 2, 3, 10, 63, 64, 65, 200])


@st.composite
def batches(draw: st.DrawFn, limit: float = 50.0) -> tuple[Array, NDArray[np.int64]]:
    rows, classes = draw(st.integers(1, 6)), draw(few_or_many)
    elements = st.floats(-limit, limit, allow_subnormal=False)
    logits = draw(arrays(np.float64, (rows, classes), elements=elements))
    labels = draw(arrays(np.int64, rows, elements=st.integers(0, classes - 1)))
    return logits, labels


@given(batches())
def test_probabilities_sum_to_one(batch: tuple[Array, NDArray[np.int64]]) -> None:
    logits, _ = batch
    assert softmax(logits).sum(axis=1) == pytest.approx(1.0, abs=16 * ULP)


@given(batches(), st.integers(-1000, 1000))
def test_a_common_offset_changes_nothing(
    batch: tuple[Array, NDArray[np.int64]], offset: int
) -> None:
    # Logits that are multiples of 1/8: adding the offset is exact, so the answers are the same.
    logits = np.round(batch[0] * 8) / 8
    np.testing.assert_array_equal(softmax(logits), softmax(logits + offset))
    np.testing.assert_array_equal(log_softmax(logits), log_softmax(logits + offset))


@given(batches())
def test_exp_of_log_softmax_is_softmax(batch: tuple[Array, NDArray[np.int64]]) -> None:
    logits, _ = batch
    spread = 1 + np.ptp(logits)
    np.testing.assert_allclose(np.exp(log_softmax(logits)), softmax(logits), rtol=4 * spread * ULP)


@given(batches())
def test_a_gradient_row_sums_to_zero(batch: tuple[Array, NDArray[np.int64]]) -> None:
    gradient = cross_entropy_grad(*batch, reduction="sum")
    assert gradient.sum(axis=1) == pytest.approx(0.0, abs=32 * ULP)


@given(batches(limit=5.0))
def test_the_gradient_is_that_of_the_loss(batch: tuple[Array, NDArray[np.int64]]) -> None:
    """Fourth-order central differences, whose error is about 1e-12 at this step."""
    logits, labels = batch
    gradient, step = cross_entropy_grad(logits, labels, reduction="sum"), 2.0**-8

    def loss(change: float, at: tuple[int, int]) -> float:
        moved = logits.copy()
        moved[at] += change
        return float(cross_entropy(moved, labels, reduction="sum"))

    for at in ((0, 0), (0, int(labels[0])), (len(logits) - 1, logits.shape[1] - 1)):
        difference = (
            8 * (loss(step, at) - loss(-step, at)) - (loss(2 * step, at) - loss(-2 * step, at))
        ) / (12 * step)
        assert difference == pytest.approx(gradient[at], abs=1e-9)


@given(batches(limit=800.0), st.data())
def test_a_row_does_not_depend_on_its_batch(
    batch: tuple[Array, NDArray[np.int64]], data: st.DataObject
) -> None:
    logits, labels = batch
    losses = cross_entropy(logits, labels, reduction="none")
    gradients = cross_entropy_grad(logits, labels, reduction="sum")
    probs, log_probs = softmax(logits), log_softmax(logits)
    at = data.draw(st.integers(0, len(logits) - 1))
    assert cross_entropy(logits[at], labels[at]) == np.asarray(losses)[at]
    np.testing.assert_array_equal(cross_entropy_grad(logits[at], labels[at]), gradients[at])
    np.testing.assert_array_equal(softmax(logits[at]), probs[at])
    np.testing.assert_array_equal(log_softmax(logits[at]), log_probs[at])


@pytest.mark.parametrize("classes", [3, 10, 63, 64, 1000])
def test_a_row_is_the_same_in_any_block(classes: int) -> None:
    rng = np.random.default_rng(7)
    logits = rng.normal(scale=12, size=(20_000_00 // classes, classes))
    labels = rng.integers(0, classes, len(logits))
    losses = np.asarray(cross_entropy(logits, labels, reduction="none"))
    for at in (0, 1, len(logits) // 2, len(logits) - 1):
        assert cross_entropy(logits[at], labels[at]) == losses[at]
    part = slice(len(logits) // 3, len(logits) // 2)
    again = cross_entropy(logits[part], labels[part], reduction="none")
    np.testing.assert_array_equal(again, losses[part])


@given(batches())
def test_positions_of_an_image_are_rows(batch: tuple[Array, NDArray[np.int64]]) -> None:
    logits, labels = batch
    image = np.broadcast_to(logits[:, :, np.newaxis], (*logits.shape, 3))
    losses = cross_entropy(image, np.stack([labels] * 3, axis=1), reduction="none")
    rows = cross_entropy(logits, labels, reduction="none")
    np.testing.assert_array_equal(losses, np.stack([rows] * 3, axis=1))


@pytest.mark.parametrize("dtype", [None, "float32"])
def test_no_classes_and_a_single_number_as_in_pytorch(dtype: str | None) -> None:
    """torch 2.13.0: softmax(tensor(5.), 0) is 1, its logarithm 0, and of no classes nothing."""
    for axis in (0, -1):
        assert softmax(5.0, axis, dtype=dtype) == 1.0
        assert log_softmax(-7.5, axis, dtype=dtype) == 0.0
        assert np.isnan(softmax(np.nan, axis, dtype=dtype))
        assert softmax(5.0, axis, dtype=dtype).shape == ()
    for function in (softmax, log_softmax):
        for shape, axis in (((0,), 0), ((3, 0), 1), ((0, 3), 0), ((0, 3), 1), ((2, 0, 4), 1)):
            found = function(np.zeros(shape), axis, dtype=dtype)
            assert found.shape == shape
            assert found.dtype == (dtype or "float64")
        for axis in (1, -2):
            with pytest.raises(ValueError, match="axis"):
                function(5.0, axis, dtype=dtype)
            with pytest.raises(ValueError, match="axis"):
                function(np.zeros(0), axis, dtype=dtype)


@given(batches())
def test_a_label_of_weight_0_has_a_gradient_of_0_and_not_of_minus_0(
    batch: tuple[Array, NDArray[np.int64]],
) -> None:
    logits, labels = batch
    gradient = cross_entropy_grad(logits, labels, np.zeros(logits.shape[1]), reduction="sum")
    np.testing.assert_array_equal(gradient, 0.0)
    assert not np.signbit(gradient).any()


@pytest.mark.parametrize("temperature", [1.0, 2.0, 0.7, 1e-3, 1e6])
@pytest.mark.parametrize("classes", [3, 64])
def test_exponentials_are_those_of_the_quotient_before_its_rounding(
    classes: int, temperature: float
) -> None:
    """exp((z − max z)/T) to a unit in its last place, though the quotient itself is rounded."""
    rng = np.random.default_rng(classes)
    logits = rng.uniform(-600.0, 0.0, (20, classes)) * temperature + rng.normal(size=(20, 1)) / 3
    logits[:, 1] = logits.max(axis=1) + 7.3 * temperature
    found = softmax_steps(logits, layout_axis(classes), temperature)
    with mpmath.workdps(40):
        for row, exponentials in zip(logits, found, strict=True):
            peak = mpmath.mpf(float(row.max()))
            for one, exponential in zip(row.tolist(), exponentials.tolist(), strict=True):
                right = mpmath.exp((mpmath.mpf(one) - peak) / mpmath.mpf(temperature))
                assert abs(exponential - right) <= 1.1 * math.ulp(exponential)


def softmax_steps(logits: Array, axis: int, temperature: float) -> Array:
    """The exponentials of each row."""
    block = np.ascontiguousarray(logits.T) if axis == 0 else logits
    found = steps(block, axis, temperature).exponentials
    return found.T if axis == 0 else found


@pytest.mark.parametrize("temperature", [1.0, 2.0, 0.7, 1e-3])
def test_odds_are_those_of_the_quotient_before_its_rounding(temperature: float) -> None:
    """1 − σ(z/T) of a z far above 0, and σ(z/T) of one far below, to a few units."""
    sizes = np.random.default_rng(3).uniform(1.0, 700.0, 50) * temperature
    upper, lower = odds_of_logits(sizes, temperature), odds_of_logits(-sizes, temperature)
    with mpmath.workdps(40):
        for at, size in enumerate(sizes.tolist()):
            right = 1 / (1 + mpmath.exp(mpmath.mpf(size) / mpmath.mpf(temperature)))
            for found in (upper.no[at], lower.yes[at]):
                assert abs(found - right) <= 2.6 * math.ulp(found)
