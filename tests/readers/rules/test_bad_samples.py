"""Samples that cannot be used, in every format: what stands in their place, and what stays."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tests.readers.opening import WANTED, listed, only
from tests.readers.tables.test_columnar import content_of
from xentcli.errors import DataError
from xentcli.model import Batch
from xentcli.readers.interface import Request

Columns = dict[str, list[float]]
# The second row has too large a probability, and a weight and soft targets of 0.
VALUES: Columns = {"a": [0.5, 2.0, 0.25], "b": [0.25, 0.25, 0.5], "c": [0.25, 0.5, 0.25]}
NUMBERS: Columns = {"w": [3.0, 0.0, 5.0]}
LABELS: Columns = {"label": [2, 2, 1]}
TARGETS: Columns = {"t0": [0.0, 0.0, 0.5], "t1": [0.5, 0.0, 0.25], "t2": [0.5, 0.0, 0.25]}
FORMATS = ("csv", "jsonl", "parquet")
NUMBERED = (WANTED._replace(weight_col="w"), WANTED._replace(bytes_col="w"))


def batch_of(folder: Path, form: str, columns: Columns, request: Request) -> Batch:
    """The batch of a file of these columns, read as probabilities."""
    path = folder / f"a.{form}"
    rows = list(zip(*columns.values(), strict=True))
    if form == "parquet":
        pa = pytest.importorskip("pyarrow")
        path.write_bytes(content_of(pa.table(columns), form))
    elif form == "jsonl":
        path.write_text(
            "".join(json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows)
        )
    else:
        path.write_text("".join(",".join(map(str, row)) + "\n" for row in [list(columns), *rows]))
    return only(path, request._replace(kind="probs", logit_cols="a,b,c"))


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize(("ignored", "label"), [(-100, 0), (1, 0), (0, 1)])
def test_a_sample_set_to_nan_has_a_label_that_counts(
    form: str, ignored: int, label: int, tmp_path: Path
) -> None:
    """Of the ignored label the loss would be 0, not nan."""
    asked = WANTED._replace(on_error="nan", ignore_index=ignored)
    batch = batch_of(tmp_path, form, VALUES | LABELS, asked)
    assert listed(batch.labels) == [2, label, 1]
    assert all(map(math.isnan, batch.values[1]))


@pytest.mark.parametrize("form", FORMATS)
def test_a_sample_set_to_nan_has_even_soft_targets(form: str, tmp_path: Path) -> None:
    """They sum to 1, so that nobody is warned of them."""
    asked = WANTED._replace(on_error="nan", target_cols="t0,t1,t2")
    batch = batch_of(tmp_path, form, VALUES | TARGETS, asked)
    assert listed(batch.targets) == [[0.0, 0.5, 0.5], [1 / 3] * 3, [0.5, 0.25, 0.25]]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("asked", NUMBERED, ids=["weight", "bytes"])
def test_a_sample_set_to_nan_counts_once(form: str, asked: Request, tmp_path: Path) -> None:
    """Its own weight may be what is wrong with it."""
    columns = VALUES | LABELS | NUMBERS
    batch = batch_of(tmp_path, form, columns, asked._replace(on_error="nan"))
    numbers = batch.sample_weight if asked.weight_col else batch.sample_bytes
    assert listed(numbers) == [3.0, 1.0, 5.0]


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("asked", NUMBERED, ids=["weight", "bytes"])
def test_of_a_sample_left_out_nothing_stays(form: str, asked: Request, tmp_path: Path) -> None:
    columns = VALUES | LABELS | NUMBERS
    batch = batch_of(tmp_path, form, columns, asked._replace(on_error="skip", by="label"))
    numbers = batch.sample_weight if asked.weight_col else batch.sample_bytes
    assert (listed(batch.labels), listed(numbers)) == ([2, 1], [3.0, 5.0])
    assert batch.grouping is not None
    assert [batch.grouping.names[at] for at in batch.grouping.at] == ["2", "1"]
    lines = [2, 4] if form == "csv" else [1, 3]
    assert listed(batch.values_from.lines) == lines


# The second row has a label that is no class, the third too large a probability as well.
LATER: Columns = {"a": [0.5, 0.5, 2.0], "b": [0.25] * 3, "c": [0.25] * 3, "label": [2, 3, 7]}
PLACES = {
    "csv": ('a.csv:3:4: column "label"', 'a.csv:4:1: column "a"'),
    "jsonl": ("a.jsonl:2: $.label", "a.jsonl:3: $.a"),
    "parquet": ('a.parquet: row 2: column "label"', 'a.parquet: row 3: column "a"'),
}


@pytest.mark.parametrize("form", FORMATS)
def test_the_first_bad_sample_is_told(form: str, tmp_path: Path) -> None:
    """Not the first bad number: the probabilities are looked at before the labels."""
    with pytest.raises(DataError) as raised:
        batch_of(tmp_path, form, LATER, WANTED)
    said = "label 3 is out of range for 3 classes (0 to 2)"
    assert str(raised.value) == f"{PLACES[form][0]}: {said}"
    assert raised.value.hint == "labels count from 0; are these 1-based labels?"
    assert raised.value.if_one_based == 3


@pytest.mark.parametrize("form", FORMATS)
def test_each_bad_sample_is_told_once(form: str, tmp_path: Path) -> None:
    """By what is wrong with it first."""
    batch = batch_of(tmp_path, form, LATER, WANTED._replace(on_error="skip"))
    reasons = (
        "label 3 is out of range for 3 classes (0 to 2)",
        "2.0 is not a probability (0 to 1)",
    )
    assert [f"{fault.place}: {fault.message}" for fault in batch.faults] == [
        f"{place}: {reason}" for place, reason in zip(PLACES[form], reasons, strict=True)
    ]
    assert all(fault.row for fault in batch.faults)
