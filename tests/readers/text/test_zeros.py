"""Zeros keep their signs, whichever package reads the numbers of a block."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.readers.opening import WANTED, only

ROWS = 9


@pytest.mark.parametrize("fast", ["0", "1"])
@pytest.mark.parametrize("zero", ["-0", "-0.0", "0", "-0e5"])
@pytest.mark.parametrize("at", [0, 1, 2])
@pytest.mark.parametrize("note", ["", ",x"])
def test_in_every_column(
    fast: str, zero: str, at: int, note: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XENT_FAST", fast)
    cells = ["1.5", "2.5", "3.5"]
    cells[at] = zero
    rows = f"{','.join(cells)},1{note}\n" * ROWS
    (tmp_path / "a.csv").write_text(f"a,b,c,label{note and ',note'}\n{rows}")
    values = only(tmp_path / "a.csv", WANTED).values
    assert values[:, at].tolist() == [0.0] * ROWS
    assert np.signbit(values[:, at]).tolist() == [zero.startswith("-")] * ROWS
