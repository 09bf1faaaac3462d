"""Outcomes of the pieces of a chunk, put together."""

from __future__ import annotations

import numpy as np

from xentcli.run.chunk import HalfLosses, _merge_halves


def test_losses_of_16_bits_follow_one_another_where_there_are_any() -> None:
    one = HalfLosses(np.array([1.0]), np.array([1.0]), np.array([True]))
    other = HalfLosses(np.array([2.0, 3.0]), np.array([0.0, 1.0]), np.array([False, True]))
    assert _merge_halves(None, None) is None
    assert _merge_halves(one, None) is one
    assert _merge_halves(None, other) is other
    both = _merge_halves(one, other)
    assert both is not None
    assert [field.tolist() for field in both] == [[1, 2, 3], [1, 0, 1], [True, False, True]]
