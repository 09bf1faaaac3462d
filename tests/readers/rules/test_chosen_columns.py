"""Labels and soft targets of second files as these are written: what is read of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.faults.running import run_inside

TWO = "a,b\n1,2\n2,1\n"
LOSSES = {0: 1.3132616875182228, 1: 0.31326168751822286}


def losses(folder: Path, *asked: str) -> list[float]:
    found = run_inside(["ce", *asked, "--reduction", "none", "-q"], folder)
    assert (found.code, found.stderr) == (0, "")
    return [float(line) for line in found.stdout.split()]


@pytest.mark.parametrize(
    "text",
    [
        "sep=;\nlabel;x\n0;1\n0;2\n",
        "sep=;\n\nlabel;x\n0;1\n0;2\n",
        "label;x\n0;1\n\n0;2\n",
        "label\n0\n0\n",
        "0\n0\n",
        "\ufefflabel\n0\n0",
        '"label"\n"0"\n0\n',
    ],
)
@pytest.mark.parametrize("size", ["1", "1000"])
def test_labels_of_a_text(text: str, size: str, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text(TWO)
    (tmp_path / "y.csv").write_text(text, encoding="utf-8")
    asked = ["ce", "z.csv", "--labels-from", "y.csv", "--reduction", "none", "-q"]
    found = run_inside(asked, tmp_path, environment={"XENT_BLOCK_BYTES": size})
    assert found.stderr == ""
    assert [float(line) for line in found.stdout.split()] == [LOSSES[0], LOSSES[1]]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("y.jsonl", '"b"\n"b"\n'),
        ("y.jsonl", '1\n\n"1"\n'),
        ("y.jsonl", '{"label": "b"}\n{"label": 1}\n'),
        ("y.json", '["b", "b"]'),
        ("y.json", "[1, 1]"),
        ("y.json", '{"labels": ["b", "b"]}'),
        ("y.json", '[{"label": 1}, {"label": "b"}]'),
    ],
)
def test_labels_of_json(name: str, content: str, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text(TWO)
    (tmp_path / name).write_text(content)
    assert losses(tmp_path, "z.csv", "--labels-from", name) == [LOSSES[1], LOSSES[0]]


@pytest.mark.parametrize("lines", [True, False])
def test_labels_of_positions(lines: bool, tmp_path: Path) -> None:
    samples: list[Any] = [[[1, 2, 5], [3, 1, 1]], [[1, 2, 0], [0, 1, 4]]]
    labels: list[Any] = [[0, 1, 1], [1, 1, 0]]
    suffix = "jsonl" if lines else "json"
    for name, values in (("z", samples), ("y", labels)):
        text = "".join(f"{value}\n" for value in values) if lines else json.dumps(values)
        (tmp_path / f"{name}.{suffix}").write_text(text)
    (tmp_path / "both.json").write_text(json.dumps({"logits": samples, "labels": labels}))
    apart = losses(tmp_path, f"z.{suffix}", "--labels-from", f"y.{suffix}")
    assert len(apart) == 6
    assert apart == losses(tmp_path, "both.json")


@pytest.mark.parametrize(
    "labels",
    ["0,1,1,1,0,1", "[[0,1],[1,1],[0,1]]", "[[[0,1]],[[1,1]],[[0,1]]]", "[[0,1,1,1,0,1]]"],
)
def test_typed_labels_of_positions_are_flat_or_in_lists(labels: str, tmp_path: Path) -> None:
    values = [[[1, 2], [3, 1], [0, 0]], [[5, 3], [1, 2], [4, 1]], [[0, 1], [2, 4], [1, 5]]]
    (tmp_path / "z.json").write_text(json.dumps(values))
    both = {"logits": values, "labels": [[0, 1], [1, 1], [0, 1]]}
    (tmp_path / "both.json").write_text(json.dumps(both))
    assert losses(tmp_path, "z.json", "--labels", labels) == losses(tmp_path, "both.json")


@pytest.mark.parametrize("targets", ["0.25,0.75", "[0.25,0.75]", "[[0.25,0.75]]"])
def test_typed_soft_targets_of_one_sample(targets: str, tmp_path: Path) -> None:
    found = losses(tmp_path, "--logits", "1,2", "--target", targets)
    assert found == [0.25 * LOSSES[0] + 0.75 * LOSSES[1]]


def test_soft_targets_have_their_classes_where_the_values_have_them(tmp_path: Path) -> None:
    values, targets = [[[1, 2], [3, 1], [0, 4]]], [[[0, 1], [0.5, 0.5], [0.25, 0.75]]]
    for name, found in (("z", values), ("t", targets)):
        (tmp_path / f"{name}.json").write_text(json.dumps(found))
    last = losses(tmp_path, "z.json", "--targets-from", "t.json", "--class-axis", "-1")
    for name, found in (("z", values), ("t", targets)):
        second = [[list(row) for row in zip(*sample, strict=True)] for sample in found]
        (tmp_path / f"{name}.json").write_text(json.dumps(second))
    assert last == losses(tmp_path, "z.json", "--targets-from", "t.json")
    assert len(last) == 3


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('"a"\n["b"]\n', "y.jsonl:2: $: expected a label, found a list"),
        ('"a"\n{"label": 1}\n', "y.jsonl:2: $: expected a label, found an object"),
        ('"a"\ntrue\n', "y.jsonl:2: $: expected a label, found true"),
        ('\n\n"a"\n"c"\n', 'y.jsonl:4: $: "c" is not a class index, nor the name of a class'),
    ],
)
def test_a_line_that_is_no_label(content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text(TWO)
    (tmp_path / "y.jsonl").write_text(content)
    found = run_inside(["ce", "z.csv", "--labels-from", "y.jsonl"], tmp_path)
    assert found.code == 1
    assert found.stderr.splitlines()[0] == f"xent: {message}"


@pytest.mark.parametrize("asked", ["2", "truth", "t*"])
def test_the_label_column_is_named_or_numbered(asked: str, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text(TWO)
    (tmp_path / "y.csv").write_text("other,truth,label\n5,0,7\n6,1,8\n")
    named = ["--label-col", asked]
    if asked == "t*":
        found = run_inside(["ce", "z.csv", "--labels-from", "y.csv", *named], tmp_path)
        assert found.stderr.startswith('xent: --label-col: y.csv:1 has no column "t*"')
        return
    assert losses(tmp_path, "z.csv", "--labels-from", "y.csv", *named) == [LOSSES[0]] * 2


@pytest.mark.parametrize(("asked", "expected"), [("1", 1), ("2", 0), ("3", 1)])
def test_the_first_column_has_the_number_1(asked: str, expected: int, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text("a,b\n1,2\n")
    (tmp_path / "y.csv").write_text("p,q,r\n1,0,1\n")
    found = losses(tmp_path, "z.csv", "--labels-from", "y.csv", "--label-col", asked)
    assert found == [LOSSES[expected]]


@pytest.mark.parametrize("asked", ["0", "4"])
def test_a_number_of_no_column(asked: str, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text(TWO)
    (tmp_path / "y.csv").write_text("other,truth,label\n5,0,7\n6,1,8\n")
    found = run_inside(["ce", "z.csv", "--labels-from", "y.csv", "--label-col", asked], tmp_path)
    assert found.code == 2
    assert found.stderr.startswith(f'xent: --label-col: y.csv:1 has no column "{asked}"')


@pytest.mark.parametrize(
    ("content", "path"),
    [
        ('["b", true]', "$[1]"),
        ('{"labels": ["b", true]}', "$.labels[1]"),
        ('[["b"], [true]]', "$[1][0]"),
    ],
)
def test_where_in_a_document_a_label_is_none(content: str, path: str, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text(TWO)
    (tmp_path / "y.json").write_text(content)
    found = run_inside(["ce", "z.csv", "--labels-from", "y.json"], tmp_path)
    assert found.code == 1
    assert found.stderr.startswith(f"xent: y.json: {path}: expected a label, found true")


def test_a_word_above_names_is_a_header_and_counts_as_a_line(tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text(TWO)
    (tmp_path / "y.csv").write_text("species\na\na\n")
    assert losses(tmp_path, "z.csv", "--labels-from", "y.csv") == [LOSSES[0], LOSSES[1]]
    (tmp_path / "y.csv").write_text("species\na\ncow\n")
    found = run_inside(["ce", "z.csv", "--labels-from", "y.csv"], tmp_path)
    assert found.code == 1
    assert found.stderr.startswith('xent: y.csv:3:1: "cow" is not a class index')
