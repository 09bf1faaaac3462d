"""A total is exact: the order, the blocks and the merging leave no trace in it."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import reduce
from itertools import pairwise
from operator import add

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from xentcli.core.total import UNIT_EXPONENT, ExactSum, sums_by_group

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


def units(values: NDArray[np.float64]) -> int:
    exact = sum(map(Fraction, values.tolist()), Fraction(0)) * 2**UNIT_EXPONENT
    assert exact.denominator == 1
    return int(exact.numerator)


@given(st.binary(max_size=8 * 40), st.integers(1, 500))
def test_any_doubles_at_all(raw: bytes, times: int) -> None:
    values = np.frombuffer(raw[: len(raw) // 8 * 8])
    values = values[np.isfinite(values)]
    assert ExactSum.of(np.tile(values, times)).units == times * units(values)


@given(st.lists(finite, min_size=1, max_size=4), st.integers(1, 40_000))
def test_the_same_numbers_again_and_again(values: list[float], times: int) -> None:
    array = np.array(values)
    assert ExactSum.of(np.repeat(array, times)).units == times * units(array)


@pytest.mark.parametrize("exponents", [(-1080, -1000), (960, 1024), (-1080, 1024), (-60, 4)])
def test_mixed_exponents_and_signs(exponents: tuple[int, int]) -> None:
    rng = np.random.default_rng(11)
    values = np.ldexp(rng.random(20_000) - 0.5, rng.integers(*exponents, 20_000))
    assert ExactSum.of(values).units == units(values)
    assert ExactSum.of(np.abs(values)).units == units(np.abs(values))


@pytest.mark.parametrize("size", [8191, 8193, 65_535, 65_537, 300_000])
@pytest.mark.parametrize("spread", [0.5, 30])
def test_many_values(spread: float, size: int) -> None:
    values = np.random.default_rng(3).lognormal(sigma=spread, size=size)
    assert ExactSum.of(values).value == math.fsum(values)


@given(st.lists(st.tuples(finite, st.integers(0, 5))), st.integers(1, 3000))
def test_groups_are_summed_as_if_alone(pairs: list[tuple[float, int]], times: int) -> None:
    values = np.tile([value for value, _ in pairs], times)
    at = np.tile([group for _, group in pairs], times).astype(np.intp)
    found = sums_by_group(values, at)
    assert set(found) == set(at.tolist())
    for group, total in found.items():
        assert total == ExactSum.of(values[at == group])


def test_a_group_of_what_is_not_finite_leaves_the_others_alone() -> None:
    found = sums_by_group([1.0, np.inf, 2.0, np.nan, 0.5], np.array([0, 1, 0, 2, 1]))
    assert found[0].value == 3.0
    assert found[1].value == np.inf
    assert np.isnan(found[2].value)
