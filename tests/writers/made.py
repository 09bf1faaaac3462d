"""Samples for the tests of writers, and the way back: what was written, read again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from xentcli import readers, writers
from xentcli.model import Answer, AnyArray, Batch, Origin, Rows
from xentcli.readers.interface import Opened, Request
from xentcli.readers.sources.source import source_of
from xentcli.writers.interface import Stream

shared_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
SUFFIX = {"csv": "csv", "tsv": "tsv", "jsonl": "jsonl"}
FLOATS = st.floats(width=64, allow_subnormal=True) | st.sampled_from(
    [0.0, -0.0, 5e-324, -5e-324, 1e308, 1e16, 1e-5, float("nan"), float("inf"), float("-inf")]
)
# No header has a lone \r in it or surrogates, nor spaces around that are not meant.
NAMES = st.text(
    st.sampled_from("abcXYZ0, ;|\t\"'\n<b>*_`&[]{}é🦊")
    | st.characters(exclude_categories=["C", "Z"]),
    min_size=1,
    max_size=6,
).map(lambda name: f"x{name}z")


@st.composite
def numbers(draw: st.DrawFn, largest: int = 4) -> AnyArray:
    """Values of some samples in some classes."""
    count, classes = draw(st.integers(1, largest)), draw(st.integers(1, largest))
    flat = draw(st.lists(FLOATS, min_size=count * classes, max_size=count * classes))
    return np.array(flat).reshape(count, classes)


def batch_of(values: Any, **more: Any) -> Batch:
    """Typed samples."""
    return Batch(
        np.asarray(values, dtype=np.float64), "logits", Origin("--logits", "typed"), **more
    )


def stream_of(batch: Batch, field: Any = "probs", **more: Any) -> Stream:
    """What is known of those samples before the first one."""
    values = batch.values
    axis = 1 if values.ndim > 1 else 0
    names = batch.classes or tuple(map(str, range(values.shape[axis])))
    header = batch.rows and batch.rows._replace(cells=[])
    return Stream(
        field,
        names,
        **{
            "each": True,
            "has_labels": batch.labels is not None,
            "rows": header,
            "dimensions": max(0, values.ndim - 2),
            "single": values.ndim == 1,
        }
        | more,
    )


def written(format: str, batch: Batch, answer: Answer, **more: Any) -> bytes:
    """The samples with their answers, as a format has them."""
    known = writers.format_named(format)
    more = {"delimiter": known.delimiter} | more
    writer, stream = known.writer, stream_of(batch, answer.field, **more)
    return writer.start(stream) + writer.rows(batch, answer, stream)


def read_again(folder: Path, format: str, data: bytes, request: Request) -> tuple[Opened, Batch]:
    """What was written, as the reader of that format has it."""
    path = folder / f"again.{SUFFIX[format]}"
    path.write_bytes(data)
    opened = readers.open_input(source_of(str(path)), request)
    (batch,) = (opened.reader.read(chunk) for chunk in opened.chunks.in_order())
    return opened, batch


def rows_of(header: list[str], cells: list[list[str]], values_at: list[int]) -> Rows:
    """A CSV's rows as its reader passes them on."""
    return Rows(
        tuple(name.encode() for name in header),
        [[cell.encode() for cell in row] for row in cells],
        tuple(values_at),
        b",",
        b"\n",
    )


def same_bits(left: AnyArray, right: AnyArray) -> bool:
    """Whether all numbers are the same, the signs of zeros included; one nan is as any other."""
    left, right = np.asarray(left), np.asarray(right)
    nan = np.isnan(left) & np.isnan(right)
    same = nan | (left.view(np.int64) == right.view(np.int64))
    return left.shape == right.shape and bool(same.all())
