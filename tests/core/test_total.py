"""A total is exact: the order, the blocks and the merging leave no trace in it."""

from __future__ import annotations

import math
from functools import reduce
from itertools import pairwise
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xentcli.core.total import ExactSum, Total

finite = st.floats(allow_nan=False, allow_infinity=False, width=64)
moderate = st.floats(-1e300, 1e300, allow_nan=False)


@given(st.lists(moderate, max_size=50), st.data())
def test_any_partition_in_any_order_gives_the_correctly_rounded_sum(
    values: list[float], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(values))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(values)), max_size=5)))
    edges = [0, *cuts, len(values)]
    parts = [shuffled[a:b] for a, b in pairwise(edges)]
    merged = reduce(add, map(ExactSum.of, parts), ExactSum())
    assert merged == ExactSum.of(values)
    assert merged.value == math.fsum(values)


@given(st.lists(finite, max_size=8))
def test_exact_also_where_fsum_overflows_on_the_way(values: list[float]) -> None:
    from fractions import Fraction

    exact = sum(map(Fraction, values), Fraction(0))
    try:
        expected = float(exact)
    except OverflowError:
        expected = math.inf if exact > 0 else -math.inf
    assert ExactSum.of(values).value == expected


def test_denormals_count() -> None:
    assert ExactSum.of([5e-324] * 3 + [2.0**-1021]).value == math.fsum([5e-324] * 3 + [2.0**-1021])


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([math.inf, 1.0], math.inf),
        ([-math.inf, 1.0], -math.inf),
        ([math.inf, -math.inf], math.nan),
        ([math.nan, math.inf], math.nan),
    ],
)
def test_what_is_not_finite_stays_so(values: list[float], expected: float) -> None:
    merged = ExactSum.of(values[:1]) + ExactSum.of(values[1:])
    assert np.array_equal(merged.value, expected, equal_nan=True)
    assert np.array_equal(ExactSum.of(values).value, expected, equal_nan=True)


def test_many_values() -> None:
    values = np.random.default_rng(3).lognormal(sigma=30, size=300_000)
    assert ExactSum.of(values).value == math.fsum(values)


def test_a_mean_over_nothing_is_nan() -> None:
    assert math.isnan(Total().mean)
