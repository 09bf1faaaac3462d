"""What is true of the sibling losses whatever the numbers."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

import xentcli
from xentcli.core import bce, elementary, focal, js, kl
from xentcli.core.settings import Settings

Array = NDArray[np.float64]

LN_2 = math.log(2.0)
SMALLEST_NORMAL = float(np.finfo(np.float64).smallest_normal)
# Rows of 70 classes take longer to draw than to compute.
few = settings(max_examples=30)
shapes = st.tuples(st.integers(1, 5), st.sampled_from([1, 2, 3, 10, 64, 70]))


@st.composite
def questions(draw: st.DrawFn, limit: float = 40.0) -> tuple[Array, Array]:
    """Logits and targets from 0 to 1."""
    shape = draw(shapes)
    logits = draw(arrays(np.float64, shape, elements=st.floats(-limit, limit)))
    return logits, draw(arrays(np.float64, shape, elements=st.floats(0.0, 1.0)))


@st.composite
def distributions(draw: st.DrawFn, count: int = 2) -> list[Array]:
    """Rows of probabilities, some of them 0."""
    shape, made = draw(shapes), []
    for _ in range(count):
        shares = draw(arrays(np.float64, shape, elements=st.sampled_from([0.0, 1e-9, 0.1, 1.0, 3])))
        shares[:, 0] += 1e-3
        made.append(shares / shares.sum(axis=1, keepdims=True))
    return made


@few
@given(questions())
def test_a_yes_of_z_is_a_no_of_minus_z(question: tuple[Array, Array]) -> None:
    logits, _ = question
    yes = xentcli.binary_cross_entropy_with_logits(logits, np.ones(logits.shape))
    no = xentcli.binary_cross_entropy_with_logits(-logits, np.zeros(logits.shape))
    assert yes == no


@few
@given(questions())
def test_two_classes_say_what_one_question_does(question: tuple[Array, Array]) -> None:
    """The softmax of [0, z] is the sigmoid of z, so cross-entropy of two columns is that of one."""
    logits, target = question
    flat, hot = logits.ravel(), np.round(target).ravel()
    pairs = np.stack([np.zeros(flat.shape), flat], axis=1)
    ce = xentcli.cross_entropy(pairs, hot.astype(int), reduction="none")
    bce = xentcli.binary_cross_entropy_with_logits(flat, hot, reduction="none")
    np.testing.assert_allclose(bce, ce, rtol=1e-15, atol=1e-323)


@few
@given(questions(limit=5.0), st.sampled_from([0.0, 0.5, 2.0, 3.3]))
def test_the_gradient_is_that_of_the_loss(question: tuple[Array, Array], gamma: float) -> None:
    logits, target = question
    settings = Settings(pos_weight=np.array(1.5), gamma=gamma, alpha=0.25)
    step = 2.0**-8

    def loss(change: float) -> Array:
        return bce.losses(logits + change, target, "logits", settings)

    first = (8 * (loss(step) - loss(-step)) - (loss(2 * step) - loss(-2 * step))) / (12 * step)
    gradient = bce.gradients_by_logits(logits, target, settings)
    np.testing.assert_allclose(gradient, first, atol=1e-8)


@few
@given(questions(limit=800.0), st.floats(0.0, 10.0))
def test_the_focal_factor_is_from_0_to_1(question: tuple[Array, Array], gamma: float) -> None:
    logits, _ = question
    loss = np.asarray(
        xentcli.binary_cross_entropy_with_logits(logits, logits > 0, reduction="none")
    )
    factor = focal.factor_of_loss(loss, gamma)
    assert (factor >= 0.0).all()
    assert (factor <= 1.0).all()


@settings(max_examples=200)
@given(st.floats(-760.0, 0.0), st.one_of(st.floats(5e-324, 1.0), st.floats(0.3, 3.0)))
def test_log_t_less_log_p_has_every_digit(log_p: float, times: float) -> None:
    """Whatever the sizes of t and p, and where p is no normal double: but next to t, its logarithm
    knows more than p itself."""
    p = float(elementary.exp(log_p))
    target = min(times * p, 1.0) if times >= 0.3 else times
    assume(target > 0.0)
    by_itself = p >= SMALLEST_NORMAL or abs(target - p) <= 0.5 * p
    with mpmath.workdps(40):
        exact = mpmath.log(mpmath.mpf(p)) if by_itself else mpmath.mpf(log_p)
        right = mpmath.log(mpmath.mpf(target)) - exact
    found = kl.log_ratio(np.array([target]), np.array([p]), np.array([log_p]))
    # Where logarithms are subtracted, each is right to half a unit in its last place.
    subtracted = not (p >= SMALLEST_NORMAL and SMALLEST_NORMAL <= target / p < math.inf)
    bound = 5e-16 * abs(right) + (1.2e-13 if subtracted else 0.0)
    assert abs(found[0] - right) <= bound


@few
@given(distributions())
def test_a_divergence_is_not_negative(pair: list[Array]) -> None:
    first, second = pair
    with np.errstate(divide="ignore"):
        log_second = np.log(second)
    assert xentcli.kl_div(log_second, first, reduction="sum") >= -1e-14
    rows = np.asarray(xentcli.js_div(first, second, reduction="none"))
    assert (rows >= 0.0).all()
    assert (rows <= LN_2 + 1e-15).all()


@few
@given(distributions())
def test_the_jensen_shannon_divergence_minds_no_order(pair: list[Array]) -> None:
    first, second = pair
    assert xentcli.js_div(first, second) == xentcli.js_div(second, first)
    assert xentcli.js_div(first, first) == 0.0


@few
@given(distributions())
def test_its_root_is_a_distance(pair: list[Array]) -> None:
    first, second = pair
    third = 0.5 * (first + second)
    ways = [(first, second), (first, third), (third, second)]
    whole, *parts = (np.sqrt(xentcli.js_div(p, q, reduction="none")) for p, q in ways)
    assert (whole <= sum(parts) + 1e-12).all()


@few
@given(distributions(count=1))
def test_entropy_is_from_0_to_the_logarithm_of_the_classes(alone: list[Array]) -> None:
    (probs,) = alone
    rows = np.asarray(xentcli.entropy(probs))
    assert (rows >= 0.0).all()
    assert (rows <= math.log(probs.shape[1]) + 1e-14).all()


@few
@given(distributions())
def test_cross_entropy_is_entropy_and_divergence(pair: list[Array]) -> None:
    target, probs = pair
    log_probs = xentcli.log_softmax(np.log(probs + 1e-3))
    whole = xentcli.cross_entropy(log_probs, target, reduction="sum")
    parts = np.sum(xentcli.entropy(target)) + xentcli.kl_div(log_probs, target, reduction="sum")
    assert parts == pytest.approx(whole, rel=1e-13, abs=1e-13)


@few
@given(distributions())
def test_the_gradient_of_js_is_that_of_the_divergence(pair: list[Array]) -> None:
    first, second = (0.9 * each + 0.1 / each.shape[1] for each in pair)
    gradient = xentcli.js_div_grad(first, second, reduction="sum")
    at, step = (0, first.shape[1] - 1), 2.0**-13

    def divergence(change: float) -> float:
        moved = first.copy()
        moved[at] += change
        return float(np.sum(js.elements(moved, second)))

    slope = (divergence(step) - divergence(-step)) / (2 * step)
    assert slope == pytest.approx(gradient[at], abs=1e-3)


def test_a_logit_that_is_nan_is_nan_whatever_its_weight() -> None:
    losses = xentcli.binary_cross_entropy_with_logits(
        [math.nan, 1.0], [1, 0], weight=[0.0, 1.0], reduction="none"
    )
    assert np.isnan(np.asarray(losses)).tolist() == [True, False]


def test_rows_that_do_not_sum_to_one_are_warned_of() -> None:
    with pytest.warns(UserWarning, match="target: the row of sample 1 sums to 1.5, not 1"):
        xentcli.kl_div([[-1.0, -1.0]] * 2, [[0.5, 0.5], [0.5, 1.0]])
    with pytest.warns(UserWarning, match="q: the row sums to 0.5, not 1"):
        xentcli.js_div([0.5, 0.5], [0.25, 0.25])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: xentcli.binary_cross_entropy([0.5, 1.5], [1, 0]), r"probs\[1\]: 1.5 is not"),
        (lambda: xentcli.binary_cross_entropy_with_logits([0.5], [-100]), r"target\[0\]: -100.0"),
        (lambda: xentcli.binary_cross_entropy_with_logits([0.5], [1, 0]), "target: its shape"),
        (lambda: xentcli.kl_div([0.5], [0.5, 0.5]), "target: its shape"),
        (lambda: xentcli.kl_div([0.5], [1.0], reduction="all"), "is none of batchmean, mean"),
        (lambda: xentcli.js_div([0.5, 0.5], [0.5, -0.5]), r"q\[1\]: -0.5 is not a probability"),
        (lambda: xentcli.js_div(0.5, 0.5), "a single number has no classes"),
        (lambda: xentcli.entropy([math.nan, 1.0]), r"probs\[0\]: nan is not a probability"),
        (lambda: xentcli.entropy([[0.5, 0.5]], 2), "2 is no axis"),
    ],
)
def test_what_cannot_be_used_is_named(call: object, message: str) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=message):
        call()


def test_the_smallest_probability_where_the_other_is_0() -> None:
    tiny = 5e-324
    for pair in (([tiny, 1.0], [0.0, 1.0]), ([0.0, 1.0], [tiny, 1.0])):
        assert 0.0 <= xentcli.js_div(*pair, reduction="sum") <= tiny
        halves = xentcli.js_div_grad(*pair, reduction="sum")
        assert halves[0] == (0.5 * js.LARGEST if pair[0][0] else -math.inf)
