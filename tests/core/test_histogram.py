"""The histogram of losses counts each loss once, between edges that do not depend on the data."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from xentcli.calculation.survey import MOST_BINS, make_bins
from xentcli.core.histogram import EDGES, NOTHING, counts

losses = st.lists(st.one_of(st.floats(-1.0), st.just(float("nan"))))


@given(losses)
def test_each_loss_is_counted_in_its_bin(values: list[float]) -> None:
    found = counts(np.array(values, dtype=np.float64))
    expected = [0] * len(NOTHING)
    for value in values:
        if np.isnan(value):
            expected[-1] += 1
        elif value == np.inf:
            expected[-2] += 1
        else:
            expected[sum(edge <= value for edge in EDGES)] += 1
    assert found == tuple(expected)


@given(losses)
def test_what_is_shown_are_all_of_them(values: list[float]) -> None:
    shown = make_bins(counts(np.array(values, dtype=np.float64)))
    assert sum(one.samples for one in shown) == len(values)
    # Those below, inf and nan have a line each.
    assert len(shown) <= MOST_BINS + 3
    assert all(one.samples for one in (shown[:1] + shown[-1:]))


def test_edges_are_round_numbers() -> None:
    assert EDGES[:4] == (1e-18, 2e-18, 5e-18, 1e-17)
    assert EDGES[-3:] == (1e4, 2e4, 5e4)
