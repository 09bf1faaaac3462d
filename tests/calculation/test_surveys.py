"""--by and --top: each group is what its rows are alone, and the hardest are the hardest."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from numpy.typing import NDArray

import xentcli
from tests.conftest import ROOT, Xent
from tests.faults.running import run_inside
from xentcli.calculation import survey
from xentcli.core.histogram import NOTHING
from xentcli.core.total import Total
from xentcli.run.chunk import Outcome, merge

ROWS, CLASSES = 400, 4
rng = np.random.default_rng(6)
LOGITS: NDArray[np.float64] = rng.normal(0, 9, (ROWS, CLASSES)).round(3)
LABELS: NDArray[np.int64] = rng.integers(0, CLASSES, ROWS)
GROUPS = [f"group {n}" if n else "" for n in rng.integers(0, 6, ROWS)]
IDS = [f"id-{n}" for n in rng.permutation(ROWS)]
LOSSES: NDArray[np.float64] = np.asarray(xentcli.cross_entropy(LOGITS, LABELS, reduction="none"))


def as_csv() -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["id", "group", "a", "b", "c", "d", "label"])
    for row in zip(IDS, GROUPS, LOGITS.tolist(), LABELS.tolist(), strict=True):
        writer.writerow([row[0], row[1], *row[2], row[3]])
    return text.getvalue().encode()


def as_json_lines() -> bytes:
    lines = (
        json.dumps({"id": name, "group": group, "logits": values, "label": label})
        for name, group, values, label in zip(
            IDS, GROUPS, LOGITS.tolist(), LABELS.tolist(), strict=True
        )
    )
    return "\n".join(lines).encode()


def as_parquet() -> bytes:
    columns = {"id": IDS, "group": GROUPS} | {
        name: LOGITS[:, at] for at, name in enumerate(("a", "b", "c", "d"))
    }
    content = io.BytesIO()
    pa.parquet.write_table(pa.table(columns | {"label": LABELS}), content)
    return content.getvalue()


FILES = {"a.csv": as_csv(), "a.jsonl": as_json_lines(), "a.parquet": as_parquet()}


@pytest.fixture(params=FILES)
def file(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The same samples in a file of each kind."""
    name: str = request.param
    (tmp_path / name).write_bytes(FILES[name])
    return name


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_group_is_what_its_rows_are_alone(reduction: str, file: str, xent: Xent) -> None:
    ran = xent("ce", file, "--by", "group", "--reduction", reduction, "--format", "json")
    found = {group["value"]: group for group in json.loads(ran.stdout)["groups"]}
    assert list(found) == sorted(set(GROUPS))
    for name, group in found.items():
        rows = np.array([one == name for one in GROUPS])
        alone = xentcli.cross_entropy(LOGITS[rows], LABELS[rows], reduction=reduction)
        hits = LOGITS[rows].argmax(axis=1) == LABELS[rows]
        assert group["loss"] == alone
        assert (group["samples"], group["ignored"]) == (rows.sum(), 0)
        assert group["accuracy"] == hits.mean()
        mean = xentcli.cross_entropy(LOGITS[rows], LABELS[rows])
        assert group["perplexity"] == pytest.approx(np.exp(mean), rel=1e-15)


def test_the_hardest_are_the_hardest(file: str, xent: Xent) -> None:
    ran = xent("ce", file, "--top", "7", "--format", "json")
    hardest = json.loads(ran.stdout)["hardest"]
    order = np.argsort(-LOSSES, kind="stable")[:7].tolist()
    assert [one["sample"] for one in hardest] == order
    assert [one["id"] for one in hardest] == [IDS[at] for at in order]
    assert [one["loss"] for one in hardest] == [LOSSES[at] for at in order]
    # The lists of JSON Lines give their classes no names.
    names: list[int | str] = list(range(CLASSES)) if file == "a.jsonl" else list("abcd")
    assert [one["label"] for one in hardest] == [names[at] for at in LABELS[order]]
    predicted = LOGITS[order].argmax(axis=1)
    assert [one["predicted"] for one in hardest] == [names[at] for at in predicted]
    if file != "a.parquet":
        first = 2 if file == "a.csv" else 1
        assert [one["line"] for one in hardest] == [at + first for at in order]


def test_more_hardest_than_samples_are_all_samples(file: str, xent: Xent) -> None:
    ran = xent("ce", file, "--top", "1000", "--format", "csv")
    losses = [float(row["loss"]) for row in csv.DictReader(io.StringIO(ran.stdout))]
    assert losses == sorted(LOSSES.tolist(), reverse=True)


@pytest.mark.parametrize("command", ["--by group --format csv", "--top 9 --format jsonl", ""])
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_blocks_and_jobs_change_nothing(
    jobs: str, command: str, file: str, xent: Xent, tmp_path: Path
) -> None:
    whole = xent("ce", file, "--rows", "0", *command.split())
    pieces = xent(
        "ce", file, "--rows", "0", "--jobs", jobs, *command.split(), XENT_BLOCK_BYTES="500"
    )
    assert pieces.stdout == whole.stdout
    assert (whole.returncode, whole.stderr) == (0, "")


def test_ignored_samples_are_in_their_group_and_never_hard(xent: Xent, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("g,a,b,label\nx,1,9,0\nx,0,0,1\ny,5,1,0\n", encoding="utf-8")
    ran = xent(
        *("ce", "a.csv", "--by", "g", "--top", "3", "--format", "json", "--ignore-index", "0")
    )
    found = json.loads(ran.stdout)
    assert [group["ignored"] for group in found["groups"]] == [1, 1]
    assert found["groups"][1]["loss"] == "NaN"
    assert [one["sample"] for one in found["hardest"]] == [1]


def test_weights_count_in_each_group(xent: Xent, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("g,w,a,b,label\nx,2,1,2,0\nx,1,3,1,1\n", encoding="utf-8")
    ran = xent(
        *("ce", "a.csv", "--by", "g", "--weight-col", "w", "--weight", "1,3", "--format", "json")
    )
    (group,) = json.loads(ran.stdout)["groups"]
    losses = np.asarray(xentcli.cross_entropy([[1.0, 2.0], [3.0, 1.0]], [0, 1], reduction="none"))
    assert group["denominator"] == 5.0
    assert group["loss"] == pytest.approx((2 * losses[0] + 3 * losses[1]) / 5, rel=1e-15)


def test_soft_targets_have_groups_without_accuracy(xent: Xent, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("g,a,b,p,q\nx,1,2,0.5,0.5\ny,1,2,1,0\n", encoding="utf-8")
    ran = xent(
        *("ce", "a.csv", "--logit-cols", "a,b", "--target-cols", "p,q", "--by", "g"),
        *("--format", "csv"),
    )
    assert ran.stdout.splitlines()[0].endswith(",denominator,perplexity")
    assert len(ran.stdout.splitlines()) == 3


def test_images_have_a_place_in_each_sample(xent: Xent, tmp_path: Path) -> None:
    images = {"logits": [[[1, 2], [3, 1]], [[0, 9], [0, 0]]], "labels": [[0, 1], [1, 1]]}
    (tmp_path / "a.json").write_text(json.dumps(images), encoding="utf-8")
    ran = xent("ce", "a.json", "--top", "1", "--format", "jsonl")
    assert json.loads(ran.stdout)["sample"] == 1
    assert json.loads(ran.stdout)["d1"] == 1


def test_too_many_groups_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(FILES["a.csv"])
    monkeypatch.setattr(survey, "MOST_GROUPS", ROWS - 1)
    found = run_inside(["ce", "a.csv", "--by", "id"], tmp_path)
    assert (found.code, found.stdout) == (1, b"")
    assert found.stderr == (
        "xent: a.csv: --by id: more than 399 different values\n"
        "hint: is every value another, as in a column of ids? --top lists single samples\n"
    )
    monkeypatch.setattr(survey, "MOST_GROUPS", ROWS)
    assert run_inside(["ce", "a.csv", "--by", "id", "--format", "csv"], tmp_path).code == 0


def test_digits_by_label_and_by_number_are_one(xent: Xent) -> None:
    file = str(ROOT / "examples" / "digits.csv")
    named = xent("ce", file, "--by", "label", "--format", "csv").stdout
    assert xent("ce", file, "--by", "12", "--format", "csv").stdout == named


def test_outcomes_can_be_joined_again() -> None:
    wanted = survey.SurveyRequest("a.csv", top=2, by="g")
    job: Any = SimpleNamespace(survey=wanted, worked_count=0)
    pieces = [
        Outcome(survey=survey.Sums(NOTHING, {0: Total(samples=n)}, {"x": Total(samples=n)}, ()))
        for n in (2, 3)
    ]
    first, again = merge(job, pieces), merge(job, pieces)
    assert first == again
    assert first.survey is not None
    assert first.survey.groups["x"].samples == 5
    assert [one.survey and one.survey.classes[0].samples for one in pieces] == [2, 3]


def test_a_row_that_could_not_be_read_belongs_to_no_class(xent: Xent) -> None:
    rows = "a,b,label\n1,2,0\n1,oops,1\n1,2,x\n"
    ran = xent("ce", "--on-error", "nan", "--top", "1", "--rows", "0", stdin=rows)
    assert "a  " in ran.stdout
    assert re.search(
        r"mean loss of each class\na  █+ 1.3133  1 sample, 0.0 % right\n\n", ran.stdout
    )


def test_of_several_files_the_hardest_say_which(xent: Xent, tmp_path: Path) -> None:
    for name, loss in (("a.csv", 1), ("b.csv", 5)):
        (tmp_path / name).write_text(f"p,q,label\n0,{loss},0\n", encoding="utf-8")
    ran = xent("ce", "a.csv", "b.csv", "--top", "2", "--format", "csv")
    found = list(csv.DictReader(io.StringIO(ran.stdout)))
    assert [(row["file"], row["line"]) for row in found] == [("b.csv", "2"), ("a.csv", "2")]
