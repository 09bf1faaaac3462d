"""What ``softmax`` and ``log-softmax`` write is read back to the last bit, in every format and
shape."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from tests.faults.running import run_inside
from tests.readers.opening import batches, opened
from xentcli.model import AnyArray, Kind
from xentcli.readers.interface import Request

FORMS = {
    "a.csv": [],
    "a.tsv": [],
    "a.jsonl": [],
    "a.json": [],
    "quiet.csv": ["--quiet"],
    "quiet.txt": ["--quiet"],
}
KINDS: dict[str, Kind] = {"softmax": "probs", "log-softmax": "log_probs"}
# A line a position, classes across; JSON has them as the input had.
FLAT = (".csv", ".tsv", ".txt")
NAMES = ("cat", "dog fox", 'x"y', "é")

logits = hnp.arrays(
    np.float64,
    hnp.array_shapes(min_dims=1, max_dims=4, max_side=4).filter(lambda shape: shape[-1] > 1),
    elements=st.floats(-800, 800) | st.just(-np.inf),
).map(lambda values: np.where(np.isfinite(values).any(-1, keepdims=True), values, 0.0))


def classes_last(values: AnyArray) -> AnyArray:
    """Positions as lines."""
    return np.moveaxis(np.atleast_2d(values), 1, -1).reshape(-1, np.atleast_2d(values).shape[1])


@pytest.mark.parametrize("command", KINDS)
@settings(max_examples=15)
@given(values=logits, named=st.booleans())
@example(values=np.array([[0.0, -np.inf], [-np.inf, 0.0]]), named=False)
@example(values=np.array([0.0, -np.inf]), named=False)
def test_it_is_read_back(command: str, values: AnyArray, *, named: bool) -> None:
    asked = ["--classes", ",".join(NAMES[: values.shape[-1]])] if named else []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # Samples first and classes second, as it is read without --class-axis.
        np.save(folder / "z.npy", np.moveaxis(values, -1, min(1, values.ndim - 1)))
        written = run_inside([command, "z.npy", "--format", "json", *asked], folder)
        whole = np.array(json.loads(written.stdout)["result"], dtype=float)
        for file, options in FORMS.items():
            ran = run_inside([command, "z.npy", "-o", file, *options, *asked], folder)
            assert ran.code == 0, ran.stderr
            said = file.endswith((".json", ".jsonl"))
            found = opened(folder / file, Request(kind=None if said else KINDS[command]))
            assert found.kind == KINDS[command]
            read = np.concatenate([batch.values for batch in batches(found)])
            wanted = classes_last(whole) if file.endswith(FLAT) else whole
            assert (read.shape, read.tobytes()) == (wanted.shape, wanted.tobytes()), file
