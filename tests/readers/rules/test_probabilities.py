"""Probabilities from files of every format: how far beyond 1 rounding may take them."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.readers.opening import WANTED, only, told
from xentcli.readers.rules.numbers_labels import ROUNDING

PROBS = WANTED._replace(kind="probs")


def in_npy(values: list[float]) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array([values]))
    return stream.getvalue()


def in_parquet(values: list[float]) -> bytes:
    pa = pytest.importorskip("pyarrow")
    stream = io.BytesIO()
    columns = {f"c{at}": [value] for at, value in enumerate(values)}
    pytest.importorskip("pyarrow.parquet").write_table(pa.table(columns), stream)
    return stream.getvalue()


def in_text(values: list[float]) -> bytes:
    header = ",".join(f"c{at}" for at in range(len(values)))
    return f"{header}\n{','.join(map(repr, values))}\n".encode()


FORMATS: dict[str, Callable[[list[float]], bytes]] = {
    "csv": in_text,
    "json": lambda values: json.dumps([dict(zip("abc", values, strict=False))]).encode(),
    "jsonl": lambda values: json.dumps(values).encode() + b"\n",
    "npy": in_npy,
    "parquet": in_parquet,
}


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("value", [0.0, 5e-324, 1.0, 1 + ROUNDING])
def test_of_these_one_may_be(form: str, value: float, tmp_path: Path) -> None:
    path = tmp_path / f"a.{form}"
    path.write_bytes(FORMATS[form]([0.5, value]))
    assert only(path, PROBS).values.tolist() == [[0.5, value]]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("value", [-5e-324, math.nextafter(1 + ROUNDING, 2), math.inf])
def test_of_these_none(form: str, value: float, tmp_path: Path) -> None:
    path = tmp_path / f"a.{form}"
    path.write_bytes(FORMATS[form]([0.5, value]))
    assert f"{value!r} is not a probability (0 to 1)" in told(path, PROBS)


@pytest.mark.parametrize("fast", ["0", "1"])
@pytest.mark.parametrize("form", ["csv", "jsonl", "flat.jsonl", "parquet", "npy"])
@pytest.mark.parametrize("value", [-0.5, 1.5])
def test_rows_with_one_that_is_none_are_left_out(
    form: str, value: float, fast: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XENT_FAST", fast)
    rows = [[0.25, 0.75], [0.5, value], [value, 0.5], [0.75, 0.25]]
    path = tmp_path / f"a.{form}"
    if form == "npy":
        np.save(path, np.array(rows))
    elif form == "parquet":
        pa = pytest.importorskip("pyarrow")
        table = pa.table(dict(zip("ab", zip(*rows, strict=True), strict=True)))
        pytest.importorskip("pyarrow.parquet").write_table(table, path)
    elif form == "csv":
        path.write_text("a,b\n" + "".join(f"{a},{b}\n" for a, b in rows))
    else:
        shown = [{"a": a, "b": b} for a, b in rows] if form == "flat.jsonl" else rows
        path.write_text("".join(f"{json.dumps(one)}\n" for one in shown))
    found = only(path, PROBS._replace(on_error="skip"))
    assert found.values.tolist() == [rows[0], rows[3]]
    assert len(found.faults) == 2
    assert all(f"{value} is not a probability" in fault.message for fault in found.faults)
