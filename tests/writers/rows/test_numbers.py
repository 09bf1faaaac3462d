"""Rows of numbers in a pattern of what stands beside them."""

from __future__ import annotations

import numpy as np
import pytest

from xentcli.writers.rows.numbers import row_pattern


@pytest.mark.parametrize("fast", ["0", "1"])
@pytest.mark.parametrize(
    ("values", "written"),
    [
        (np.array([[1.5, 2.0], [0.25, 4.0]]), b"%s;1.5;2.0|%s;0.25;4.0|"),
        (np.array([[1.5, 2.0]]), b"%s;1.5;2.0|"),
        (np.zeros((0, 2)), b""),
    ],
)
def test_each_row_has_its_cells_and_no_row_has_none(
    values: np.ndarray, written: bytes, fast: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XENT_FAST", fast)
    assert row_pattern(values, b";", b"%s;", b"|") == written
