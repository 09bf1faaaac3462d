"""Which key, column or class is meant, where there is more than one that it could be."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from tests.faults.running import run_inside
from xentcli.readers.rules.numbers_labels import without_common_prefix

RECORDS = [
    {"logits": [1, 2], "label": 1, "y": 0, "t": [0.5, 0.5]},
    {"logits": [3, 1], "label": 0, "y": 1, "t": [0.25, 0.75]},
]
# log(1 + e^-1) and log(1 + e^-2): what logits one and two apart lose where they are right.
NEAR, FAR = math.log1p(math.exp(-1)), math.log1p(math.exp(-2))


def result(folder: Path, *asked: str) -> float:
    found = run_inside([*asked, "-q"], folder)
    assert (found.code, found.stderr) == (0, "")
    return float(found.stdout)


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", (NEAR + FAR) / 2),
        ("--label-col y", (1 + NEAR + 2 + FAR) / 2),
        ("--label-key y", (1 + NEAR + 2 + FAR) / 2),
        ("--target-cols t", (0.5 + NEAR + 1.5 + FAR) / 2),
        ("--label-col t", (0.5 + NEAR + 1.5 + FAR) / 2),
    ],
)
def test_an_option_names_the_key_of_the_target(
    options: str, expected: float, lines: bool, tmp_path: Path
) -> None:
    text = "\n".join(map(json.dumps, RECORDS)) if lines else json.dumps(RECORDS)
    name = "a.jsonl" if lines else "a.json"
    (tmp_path / name).write_text(text)
    assert result(tmp_path, "ce", name, *options.split()) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    "more", [{"schema": {"version": 1}}, {"data": [1, 2]}, {"columns": ["a"]}, {"index": [0]}]
)
def test_a_key_of_pandas_beside_logits_is_no_table(more: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(more | {"logits": [[1, 2]], "labels": [1]}))
    assert result(tmp_path, "ce", "a.json") == pytest.approx(NEAR, rel=1e-14)


@pytest.mark.parametrize(
    ("logits", "labels", "expected"),
    [
        ([[1, -2]], [1, 0], (NEAR + FAR) / 2),
        ([[1, -2]], [[1, 0]], (NEAR + FAR) / 2),
        ([1], [1], NEAR),
        ([1], 1, NEAR),
        ([[1], [-2]], [1, 0], (NEAR + FAR) / 2),
    ],
)
def test_the_answers_to_the_questions_of_one_sample(
    logits: Any, labels: Any, expected: float, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"logits": logits, "labels": labels}))
    assert result(tmp_path, "bce", "a.json") == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("weight", ["b=3", "a=1,b=3", "b=3;c=1"])
def test_a_class_without_a_weight_has_1(weight: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b,c,label\n1,2,3,0\n3,1,2,1\n5,1,0,2\n")
    by_name = result(tmp_path, "ce", "a.csv", "--weight", weight)
    assert by_name == result(tmp_path, "ce", "a.csv", "--weight", "1,3,1")


@pytest.mark.parametrize("label", ["9007199254740993", "9007199254740993.0"])
def test_an_ignored_label_is_that_one_alone(label: str, tmp_path: Path) -> None:
    """2**53 + 1, which no float is, is not 2**53."""
    (tmp_path / "a.csv").write_text(f"a,b,label\n1,2,1\n1,2,{label}\n")
    lines = (f'{{"logits": [1, 2], "label": {text}}}\n' for text in ("1", label))
    (tmp_path / "a.jsonl").write_text("".join(lines))
    for given in (["a.csv"], ["a.jsonl"], ["--logits", "1,2", "--label", label]):
        asked = ["ce", *given, "--ignore-index", str(2**53)]
        found = run_inside(asked, tmp_path, environment={"XENT_FAST": "1"})
        assert (found.code, found.stdout) == (1, b""), given


@pytest.mark.parametrize(
    ("written", "passed"),
    [
        ("-Infinity", '"-Infinity"'),
        ("NaN", '"NaN"'),
        ('"Infinity"', '"Infinity"'),
        (r'[Infinity, "\"NaN"]', r'["Infinity", "\"NaN"]'),
        ('"NaN"', '"NaN"'),
    ],
)
def test_a_word_for_no_number_is_passed_on_as_text(
    written: str, passed: str, tmp_path: Path
) -> None:
    (tmp_path / "a.jsonl").write_text(f'{{"x": {written}, "logits": [1,2], "label": 1}}\n')
    found = run_inside(["ce", "a.jsonl", "--reduction", "none", "-f", "jsonl"], tmp_path)
    (line,) = found.stdout.decode().splitlines()
    assert line.startswith(f'{{"x": {passed}, "logits": [1,2], "label": 1, "loss": 0.31326')


@pytest.mark.parametrize("key", ["sample", "k"])
def test_samples_are_groups_where_no_key_is_called_so(key: str, tmp_path: Path) -> None:
    line = '{"%s": "x", "logits": [[1, 2], [3, 1]], "label": [1, 0]}\n'
    (tmp_path / "a.jsonl").write_text((line % key) * 2)
    found = run_inside(["ce", "a.jsonl", "--by", "sample", "-f", "jsonl"], tmp_path)
    groups = [json.loads(line)["sample"] for line in found.stdout.splitlines()]
    assert groups == (["x"] if key == "sample" else ["0", "1"])


@pytest.mark.parametrize(
    ("value", "name"),
    [
        ('"\u00e9"', "\u00e9"),
        ('["\u00e9"]', '["\u00e9"]'),
        ("1.50", "1.5"),
        ("true", "true"),
        ("null", ""),
    ],
)
def test_a_group_has_the_name_that_json_has_for_its_value(
    value: str, name: str, tmp_path: Path
) -> None:
    line = f'{{"g": {value}, "logits": [1, 2], "label": 1}}\n'
    (tmp_path / "a.jsonl").write_text(line, encoding="utf-8")
    found = run_inside(["ce", "a.jsonl", "--by", "g", "-f", "jsonl"], tmp_path)
    assert json.loads(found.stdout)["g"] == name


@pytest.mark.parametrize(
    ("header", "classes"),
    [
        ("loss_a,b,loss", {"loss_a", "b"}),
        ("loss_a,b,LOSS", {"loss_a", "b"}),
        ("a,b,loss", {"a", "b"}),
        ("a,b,loss_x,loss_y", {"a", "b"}),
    ],
)
def test_what_is_called_a_loss_is_a_class_but_at_the_end(
    header: str, classes: set[str], tmp_path: Path
) -> None:
    width = header.count(",") + 1
    (tmp_path / "a.csv").write_text(f"{header}\n{','.join(['1.5'] * width)}\n")
    found = run_inside(["softmax", "a.csv", "-f", "json"], tmp_path)
    assert set(json.loads(found.stdout)["classes"]) == classes


@pytest.mark.parametrize(
    ("names", "shorter"),
    [
        ("logit_cat logit_dog", "cat dog"),
        ("z.1.a z.1.b", "a b"),
        ("_a _b", "a b"),
        ("p_a p_a", "a a"),
        ("p_a p_a_b", "a a_b"),
        ("a a_b", "a a_b"),
        ("cat cow", "cat cow"),
        ("_a b", "_a b"),
        ("x-a x_b", "x-a x_b"),
        ("logit_cat", "logit_cat"),
    ],
)
def test_a_prefix_is_what_all_names_share_up_to_a_mark(names: str, shorter: str) -> None:
    assert without_common_prefix(names.split()) == tuple(shorter.split())


@pytest.mark.parametrize(
    ("names", "more", "id"),
    [
        ("id,code", "", "7"),
        ("code,ID", "", "8"),
        ("index,id", "", "8"),
        ("row,code", "--by row", "7"),
        ("id,row", "--logit-cols id,a,b", "8"),
        ("name,code", "", None),
    ],
)
def test_the_id_of_the_hardest_sample(
    names: str, more: str, id: str | None, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(f"{names},a,b,label\n7,8,0.5,1.5,0\n")
    asked = ["ce", "a.csv", "--logit-cols", "a,b", "--top", "1", "-f", "json", *more.split()]
    (hardest,) = json.loads(run_inside(asked, tmp_path).stdout)["hardest"]
    assert hardest.get("id") == id


def test_a_list_has_no_keys_to_name(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text("[1, 2]\n")
    found = run_inside(["ce", "a.jsonl", "--label-key", "y"], tmp_path)
    assert found.stderr == "xent: a.jsonl:1: $: expected an object, found a list\n"


def test_lines_of_one_position(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"logits": [[1], [2]], "label": [1]}\n')
    assert result(tmp_path, "ce", "a.jsonl") == pytest.approx(NEAR, rel=1e-14)


def test_the_record_of_a_second_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,a,b\n7,1,2\n9,2,1\n")
    second = [{"id": 9, "label": 1}, {"id": 7, "label": 5}]
    (tmp_path / "s.json").write_text(json.dumps(second))
    found = run_inside(["ce", "a.csv", "--labels-from", "s.json"], tmp_path)
    assert found.stderr.startswith("xent: s.json: row 2: label 5 is out of range")
