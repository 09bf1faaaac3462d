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
