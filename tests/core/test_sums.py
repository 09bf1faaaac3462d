"""Sums of rows: the order of the additions depends on nothing but their number."""

from __future__ import annotations

import math

import numpy as np
import pytest

from xentcli.core.sums import sum_along_rows

LENGTHS = [1, 8, 8191, 8192, 8193, 20_000, 50_257]


@pytest.mark.parametrize("length", LENGTHS)
def test_a_row_alone_and_in_company(length: int) -> None:
    rows = np.random.default_rng(length).normal(size=(5, length))
    expected = sum_along_rows(rows)
    for row, total in zip(rows, expected, strict=True):
        assert sum_along_rows(row) == total
        assert sum_along_rows(row[np.newaxis])[0] == total
        assert math.isclose(total, math.fsum(row), abs_tol=1e-11)
    wide = np.repeat(rows, 2, axis=0)[::2]
    assert (sum_along_rows(wide) == expected).all()


def test_long_rows_are_added_in_pieces_as_long_as_numpys_buffer() -> None:
    row = np.random.default_rng(3).normal(size=20_000)
    pieces = [np.add.reduce(row[start : start + 8192]) for start in range(0, row.size, 8192)]
    assert sum_along_rows(row) == np.add.reduce(np.array(pieces))


def test_any_axis_and_width() -> None:
    values = np.ones((3, 9000, 2), np.float32)
    found = sum_along_rows(values, 1)
    assert found.dtype == np.float32
    assert found.shape == (3, 2)
    assert (found == 9000).all()
