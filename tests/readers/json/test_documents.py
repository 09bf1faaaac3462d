"""Documents and lines: their labels and soft targets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.faults.running import run_inside
from tests.readers.opening import WANTED, listed, only, told
from xentcli.model import Batch, Origin
from xentcli.readers.interface import Attached, Request


def read(folder: Path, document: Any, request: Request = WANTED) -> Batch:
    (folder / "a.json").write_text(json.dumps(document))
    return only(folder / "a.json", request)


@pytest.mark.parametrize(
    ("logits", "targets"),
    [
        ([[1, 2, 3]], [2]),
        ([[1, 2, 3], [4, 5, 6]], [2, 0]),
        ([[1, 2], [3, 4]], [1, 0]),
        ([[[1, 2], [3, 4]]], [[1, 0]]),
        ([[[1, 2], [3, 4]], [[5, 6], [7, 8]]], [[1, 0], [0, 1]]),
    ],
)
def test_targets_without_an_axis_of_classes_are_indices(
    tmp_path: Path, logits: list[Any], targets: list[Any]
) -> None:
    found = read(tmp_path, {"logits": logits, "targets": targets})
    assert found.targets is None
    assert listed(found.labels) == targets


@pytest.mark.parametrize(
    ("logits", "targets", "expected"),
    [
        ([[1, 2, 3]], [0.25, 0.5, 0.25], [[0.25, 0.5, 0.25]]),
        ([[1, 2]], [[0.5, 0.5]], [[0.5, 0.5]]),
        ([[1, 2], [3, 4]], [[1, 0], [0.5, 0.5]], [[1, 0], [0.5, 0.5]]),
        ([[[1, 2], [3, 4]]], [[[1, 0], [0, 1]]], [[[1, 0], [0, 1]]]),
    ],
)
def test_targets_with_an_axis_of_classes_are_soft(
    tmp_path: Path, logits: list[Any], targets: list[Any], expected: list[Any]
) -> None:
    found = read(tmp_path, {"logits": logits, "targets": targets})
    assert found.labels is None
    assert listed(found.targets) == expected


@pytest.mark.parametrize(
    ("targets", "at", "wrong"),
    [
        ([0.5, -0.5], "[1]", "-0.5"),
        ([-0.5, 1.5], "[0]", "-0.5"),
        ([0.5, "Infinity"], "[1]", "inf"),
        ([1, "NaN"], "[1]", "nan"),
    ],
)
def test_a_line_with_soft_targets_that_are_none(
    tmp_path: Path, targets: list[Any], at: str, wrong: str
) -> None:
    record = json.dumps({"logits": [1, 2], "targets": targets})
    (tmp_path / "a.jsonl").write_text(f'{{"logits": [1, 2], "targets": [0, 1]}}\n{record}\n')
    assert told(tmp_path / "a.jsonl") == (
        f"a.jsonl:2: $.targets{at}: soft target {wrong} is not a probability (0 or more)"
    )


@pytest.mark.parametrize("class_axis", [1, 2, -1])
def test_targets_from_elsewhere_have_their_classes_where_the_lines_do(
    class_axis: int, tmp_path: Path
) -> None:
    values = np.arange(12.0).reshape(2, 3, 2)
    targets = np.random.default_rng(1).dirichlet([1, 1, 1], (2, 2)).swapaxes(1, 2)
    last = class_axis != 1
    lines, apart = (one.swapaxes(1, 2) if last else one for one in (values, targets))
    (tmp_path / "a.jsonl").write_text("".join(f"{sample}\n" for sample in lines.tolist()))
    attached = Attached(None, apart, Origin("--targets", "typed"), 2)
    request = WANTED._replace(attached=attached, class_axis=class_axis)
    found = only(tmp_path / "a.jsonl", request)
    assert found.values.tolist() == values.tolist()
    assert listed(found.targets) == targets.tolist()


def test_the_classes_of_a_document_name_its_labels(tmp_path: Path) -> None:
    document = {"classes": ["cat", "dog"], "logits": [[1, 2], [3, 1]], "labels": ["dog", "cat"]}
    found = read(tmp_path, document)
    assert found.classes == ("cat", "dog")
    assert listed(found.labels) == [1, 0]
    # Indices are labels as before.
    assert listed(read(tmp_path, {**document, "labels": [1, 0]}).labels) == [1, 0]


def test_the_classes_of_a_document_are_found_in_a_second_file(tmp_path: Path) -> None:
    document = {"classes": ["cat", "dog"], "logits": [[1, 2], [3, 1]]}
    (tmp_path / "a.json").write_text(json.dumps(document))
    (tmp_path / "t.csv").write_text("dog,cat\n0.75,0.25\n0.25,0.75\n")
    words = ["ce", "a.json", "--targets-from", "t.csv", "-q"]
    named = run_inside([*words, "--classes", "cat,dog"], tmp_path)
    assert run_inside(words, tmp_path) == named
    assert run_inside([*words, "--classes", "dog,cat"], tmp_path) != named


@pytest.mark.parametrize(
    "classes",
    [["cat"], ["cat", "dog", "fox"], ["cat", "cat"], ["1", "0"], ["cat", "2.5"], ["cat", 1], "ab"],
)
def test_what_cannot_be_the_names_of_the_classes_is_passed_over(
    tmp_path: Path, classes: Any
) -> None:
    found = read(tmp_path, {"classes": classes, "logits": [[1, 2], [3, 1]], "labels": [1, 0]})
    assert found.classes == ()
    assert listed(found.labels) == [1, 0]


def test_the_command_line_names_the_classes_first(tmp_path: Path) -> None:
    document = {"classes": ["cat", "dog"], "logits": [[1, 2], [3, 1]], "labels": ["fox", "owl"]}
    found = read(tmp_path, document, WANTED._replace(classes=("fox", "owl")))
    assert found.classes == ("fox", "owl")
    assert listed(found.labels) == [0, 1]


@pytest.mark.parametrize(("header", "classes"), [("cat,dog", ("cat", "dog")), ("0,1", ())])
def test_what_xent_answered_has_its_classes_again(
    header: str, classes: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(f"{header}\n1.5,2.5\n3.5,0.5\n")
    answered = run_inside(["softmax", "a.csv", "--header", "--format", "json"], tmp_path)
    (tmp_path / "b.json").write_bytes(answered.stdout)
    assert only(tmp_path / "b.json").classes == classes
    named = WANTED._replace(classes=("x", "y"))
    assert only(tmp_path / "b.json", named).classes == ("x", "y")
