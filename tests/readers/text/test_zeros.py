"""Zeros keep their signs, whichever package reads the numbers of a block."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.readers.opening import WANTED, only


@pytest.mark.parametrize("fast", ["0", "1"])
@pytest.mark.parametrize("zero", ["-0", "-0.0", "0", "-0e5"])
@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("note", ["", ",x"])
@pytest.mark.parametrize("labels", ["000000000", "010101010", "111111111"])
@pytest.mark.parametrize("row", [0, 8])
def test_in_every_column(
    fast: str,
    zero: str,
    at: int,
    note: str,
    labels: str,
    row: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XENT_FAST", fast)
    rows = [["1.5", "2.5", "3.5", label] for label in labels]
    rows[row][at] = zero
    text = "".join(f"{','.join(cells)}{note}\n" for cells in rows)
    (tmp_path / "a.csv").write_text(f"a,b,c,label{note and ',note'}\n{text}")
    values = only(tmp_path / "a.csv", WANTED).values
    assert values.tolist() == [[float(cell) for cell in cells[:3]] for cells in rows]
    assert np.argwhere(np.signbit(values)).tolist() == ([[row, at]] if zero[0] == "-" else [])
