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


LISTS = {
    "--by g": "these are the totals of groups that xent wrote, and have no logits",
    "--by label": "these are the totals of groups that xent wrote, and have no logits",
    "--top 2": "this is a list of the hardest samples that xent wrote, and has no logits",
    "--bytes 9": "this is a total that xent wrote, and has no logits",
    "--no-steps": "this is a total that xent wrote, and has no logits",
}


@pytest.mark.parametrize("form", ["csv", "tsv"])
@pytest.mark.parametrize("options", LISTS)
def test_what_has_no_logits_is_refused(options: str, form: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,a,b,g,label\n7,1,2.5,x,0\n8,3,1,y,1\n9,0.5,0,x,1\n")
    file = f"out.{form}"
    written = run_inside(["ce", "a.csv", *options.split(), "-o", file], tmp_path)
    assert written.code == 0
    for command in ("softmax", "entropy", "ce --label 0", "bce --label 0", "diagnose --label 0"):
        found = run_inside([*command.split(), file], tmp_path)
        assert (found.code, found.stdout) == (1, b"")
        assert found.stderr == f"xent: {file}:1: {LISTS[options]}\n"


HARDEST = {
    "several files": ("ce a.csv a.csv --top 2", b"a,b,label\n1,2.5,0\n3,1,1\n"),
    "positions": ("ce a.json --label 0,1,1,0 --top 2", b"[[[1,2],[3,4]],[[0,1],[5,2]]]"),
    "questions": ("bce a.csv --logit-cols a,b --target-cols s,t --top 2", b"a,b,s,t\n1,2,0,1\n"),
    "tokens": ("nll a.json --top 2", b'{"tokens": ["x", "y"], "token_logprobs": [-0.5, -1.5]}'),
}


@pytest.mark.parametrize("case", HARDEST)
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_a_list_of_the_hardest_samples_is_refused(case: str, form: str, tmp_path: Path) -> None:
    command, content = HARDEST[case]
    (tmp_path / command.split()[1]).write_bytes(content)
    file = f"out.{form}"
    assert run_inside([*command.split(), "-o", file], tmp_path).code == 0
    found = run_inside(["softmax", file], tmp_path)
    assert (found.code, found.stdout) == (1, b"")
    assert (
        "this is a list of the hardest samples that xent wrote, and has no logits" in found.stderr
    )
