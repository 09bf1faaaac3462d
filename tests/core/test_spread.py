"""A standard error is that of the formula, rounded once, whatever pieces the samples came in."""

from __future__ import annotations

import math
from fractions import Fraction
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from xentcli.core.spread import (
    close_pieces,
    piece,
    shift_numbers,
    spread_of,
    spreads_by_group,
    standard_error,
    sums_of_samples,
)
from xentcli.core.total import ExactSum, Spread, Total
from xentcli.run.chunk import Outcome
from xentcli.run.order import shift_outcome

Floats = NDArray[np.float64]
# From losses whose squares no double holds, at either end.
SIZES = [1e-300, 1e-150, 1e-3, 1.0, 1e5, 1e150, 1e250]


def by_the_formula(losses: Floats, sizes: Floats) -> float:
    """√(N/(N−1) · Σ(L − m·n)²) / Σn in fractions, and its root in 200 bits."""
    pairs = zip(losses.tolist(), sizes.tolist(), strict=True)
    kept = [(Fraction(x), Fraction(n)) for x, n in pairs if n]
    whole = sum((n for _, n in kept), start=Fraction(0))
    mean = sum((x for x, _ in kept), start=Fraction(0)) / whole
    squares = sum(((x - mean * n) ** 2 for x, n in kept), start=Fraction(0))
    variance = Fraction(len(kept), len(kept) - 1) * squares / whole**2
    with mpmath.workprec(200):
        return float(mpmath.sqrt(mpmath.mpf(variance.numerator) / variance.denominator))


def error_of(losses: Floats, sizes: Floats) -> float | None:
    return standard_error(ExactSum.of(losses), ExactSum.of(sizes), spread_of(losses, sizes))


@pytest.mark.parametrize("ragged", [False, True])
@pytest.mark.parametrize("size", [*SIZES, None])
def test_it_is_the_formula_rounded_once(size: float | None, ragged: bool) -> None:
    rng = np.random.default_rng(7)
    for count in (2, 3, 10, 200):
        scale = rng.choice(SIZES, count) if size is None else size
        losses = rng.normal(1, 2, count) * scale
        sizes = rng.integers(0, 5, count).astype(float) if ragged else np.ones(count)
        sizes[:2] = 2.0
        losses[sizes == 0] = 0.0
        assert error_of(losses, sizes) == by_the_formula(losses, sizes)


def test_of_equal_samples_it_is_s_over_the_root_of_their_number() -> None:
    losses = np.random.default_rng(1).exponential(size=1000)
    expected = np.std(losses, ddof=1) / math.sqrt(1000)
    assert error_of(losses, np.ones(1000)) == pytest.approx(expected, rel=1e-13)


def test_it_is_the_cluster_robust_error_of_a_regression_on_a_constant() -> None:
    # What statsmodels' OLS(losses, ones).fit(cov_type="cluster", …).bse computes: the bread is
    # 1/n, the meat the squared sums of the residuals of each cluster, times G/(G−1).
    rng = np.random.default_rng(2)
    clusters = np.repeat(np.arange(30), rng.integers(1, 9, 30))
    losses = rng.exponential(size=clusters.size) + rng.normal(0, 0.5, 30)[clusters]
    residuals = np.bincount(clusters, losses - losses.mean())
    expected = math.sqrt(30 / 29 * (residuals**2).sum()) / clusters.size
    sums = np.bincount(clusters, losses).astype(np.float64)
    sizes = np.bincount(clusters).astype(np.float64)
    assert error_of(sums, sizes) == pytest.approx(expected, rel=1e-13)


def test_no_digit_is_lost_where_the_losses_are_nearly_equal() -> None:
    losses = 1.0 + 2.0**-52 * np.array([0.0, 1.0, 2.0])
    assert error_of(losses, np.ones(3)) == by_the_formula(losses, np.ones(3))
    assert error_of(np.full(5, 0.1), np.ones(5)) == 0.0


@pytest.mark.parametrize(
    ("losses", "sizes"),
    [([], []), ([1.5], [1.0]), ([1.5, 0.0], [1.0, 0.0]), ([0.0, 0.0], [0.0, 0.0])],
)
def test_there_is_none_of_fewer_than_two_samples(losses: list[float], sizes: list[float]) -> None:
    assert error_of(np.array(losses), np.array(sizes)) is None


@pytest.mark.parametrize("loss", [math.inf, math.nan])
def test_there_is_none_of_a_mean_that_is_not_finite(loss: float) -> None:
    assert error_of(np.array([1.0, 2.0, loss]), np.ones(3)) is None


@given(
    st.lists(
        st.tuples(st.floats(-1e300, 1e300), st.integers(0, 3), st.integers(0, 2)), max_size=20
    ),
    st.data(),
)
def test_any_partition_and_any_groups_add_up_to_the_same(
    samples: list[tuple[float, int, int]], data: st.DataObject
) -> None:
    losses = np.array([loss for loss, *_ in samples])
    sizes = np.array([float(size) for _, size, _ in samples])
    at = np.array([group for *_, group in samples], dtype=np.intp)
    whole = spread_of(losses, sizes)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(samples)), max_size=3)))
    edges = [0, *cuts, len(samples)]
    parts = (spread_of(losses[a:b], sizes[a:b]) for a, b in pairwise(edges))
    assert sum(parts, start=Spread()) == whole
    assert sum(spreads_by_group(losses, sizes, at).values(), start=Spread()) == whole


def test_the_pieces_of_samples_come_to_the_same_as_the_samples() -> None:
    rng = np.random.default_rng(3)
    losses = rng.exponential(size=(6, 500)) * 10.0 ** rng.integers(-9, 9, (6, 500))
    shares = (rng.random((6, 500)) < 0.8).astype(float)
    losses *= shares
    whole = spread_of(sums_of_samples(losses), shares.sum(axis=1))
    pieces = [
        piece(number, losses[number : number + 1, part], shares[number : number + 1, part])
        for number in range(6)
        for part in (slice(0, 7), slice(7, 300), slice(300, None))
    ]
    assert close_pieces(sum(reversed(pieces), start=Spread())) == whole


def test_pieces_of_samples_further_on_are_no_pieces_of_those_before() -> None:
    ones = np.ones((1, 2))
    first, second = piece(0, ones, ones), piece(0, 3.0 * ones, ones)
    assert close_pieces(first + second).samples == 1
    later = shift_outcome(Outcome(total=Total(spread=second)), samples=1, lines=0).total.spread
    assert close_pieces(first + later) == spread_of(np.array([2.0, 6.0]), np.array([2.0, 2.0]))
    # A column of tokens is one sequence, wherever its parts stand.
    tokens = piece(None, ones, ones)
    assert close_pieces(tokens + shift_numbers(tokens, 5)).samples == 1


@pytest.mark.parametrize("length", [2, 5, 256, 257, 1000])
def test_the_sum_of_a_sample_is_rounded_once_at_every_length(length: int) -> None:
    rng = np.random.default_rng(length)
    losses = rng.normal(size=(4, length)) * 10.0 ** rng.integers(-20, 20, (4, length))
    assert sums_of_samples(losses).tolist() == [math.fsum(row) for row in losses]
    losses[0, :2] = math.inf, 1e308
    assert sums_of_samples(losses)[0] == math.inf
