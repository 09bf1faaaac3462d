"""Documents and lines: their labels and soft targets."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.faults.running import run_inside
from tests.readers.opening import WANTED, listed, only, opened, told
from xentcli.errors import XentError
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
    # As everywhere, blanks around a name are no part of it.
    blanks = {**document, "classes": ["cat", " dog "], "labels": [" dog ", "cat"]}
    assert read(tmp_path, blanks).classes == ("cat", "dog")
    assert listed(read(tmp_path, blanks).labels) == [1, 0]
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


NO_NAMES = {
    "1 name for 2 classes": ["cat"],
    "3 names for 2 classes": ["cat", "dog", "fox"],
    '"cat" is the name of two classes': ["cat", " cat"],
    '"1" could be meant as an index': ["1", "0"],
    '"2.5" could be meant as an index': ["cat", "2.5"],
    '"1" could be meant as an index, too': ["cat", 1],
}


@pytest.mark.parametrize(("wrong", "classes"), NO_NAMES.items())
def test_what_cannot_be_the_names_of_the_classes_is_told(
    tmp_path: Path, wrong: str, classes: list[Any]
) -> None:
    document = {"classes": classes, "logits": [[1, 2], [3, 1]], "labels": [1, 0]}
    found = read(tmp_path, document)
    assert found.classes == ()
    assert listed(found.labels) == [1, 0]
    (remark,) = opened(tmp_path / "a.json").remarks
    assert remark.message.startswith(f"{wrong.removesuffix(', too')}, so they are not taken")
    assert str(remark.place) == "a.json: $.classes"
    named = opened(tmp_path / "a.json", WANTED._replace(classes=("x", "y")))
    assert named.remarks == ()


@pytest.mark.parametrize("classes", [["0", "1"], [1, 2, 3], "ab", {"0": "cat"}, []])
def test_what_names_nothing_is_passed_over(tmp_path: Path, classes: Any) -> None:
    document = {"classes": classes, "logits": [[1, 2], [3, 1]], "labels": [1, 0]}
    assert read(tmp_path, document).classes == ()
    assert opened(tmp_path / "a.json").remarks == ()


def test_a_label_that_such_a_list_names_is_refused_with_the_list(tmp_path: Path) -> None:
    document = {"classes": ["cat", "dog", "fox"], "logits": [[1, 2], [3, 1]]}
    path = tmp_path / "a.json"
    path.write_text(json.dumps({**document, "labels": [0, "dog"]}))
    refused = "a.json: $.classes: 3 names for 2 classes"
    assert told(path) == refused
    # A command without labels has nothing to refuse.
    assert only(path, Request()).classes == ()
    path.write_text(json.dumps(document))
    (tmp_path / "y.csv").write_text("label\ndog\ncat\n")
    (tmp_path / "t.csv").write_text("dog,cat\n1,0\n0,1\n")
    for second in ("--labels-from y.csv", "--targets-from t.csv"):
        ran = run_inside(["ce", "a.json", *second.split()], tmp_path)
        assert ran.code == 1
        assert ran.stderr.startswith(f"xent: {refused}\n")


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


@pytest.mark.parametrize("depth", [30, 31])
def test_values_have_at_most_thirty_axes(depth: int, tmp_path: Path) -> None:
    text = "[" * depth + "1.5, 2.5" + "]" * depth
    for name in ("a.json", "a.jsonl"):
        (tmp_path / name).write_text(text)
        axes = depth - (name == "a.json")
        if depth == 31:
            assert told(tmp_path / name, Request()).endswith("$: lists nested more than 30 deep")
        else:
            assert opened(tmp_path / name, Request(class_axis=-1)).dimensions == axes - 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [(True, "true"), (False, "false"), (None, "null"), ({}, "an object"), ("1", '"1"')],
)
def test_a_value_that_is_no_number_is_shown(value: Any, shown: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps([[1, 2], [3, value]]))
    said = told(tmp_path / "a.json", Request())
    assert said == f"a.json: $[1][1]: cannot read {shown} as a number"
    (tmp_path / "a.json").write_text(json.dumps([[1, 2], value]))
    said = told(tmp_path / "a.json", Request())
    assert said == f"a.json: $[1]: expected a list of 2, found {shown}"


@pytest.mark.parametrize(
    ("logits", "targets", "expected"),
    [
        # Of a single sample the soft targets need no list around them, of one class they are none.
        ([[1, 2]], [0.5, 0.5], [[0.5, 0.5]]),
        ([[1, 2]], [0, 1], [[0, 1]]),
        ([[[1, 2], [3, 4], [5, 6]]], [[[1, 0], [0, 1], [0, 0]]], [[[1, 0], [0, 1], [0, 0]]]),
        ([[1], [2]], [[0.5], [1]], [[0.5], [1]]),
    ],
)
def test_targets_of_few_samples(logits: Any, targets: Any, expected: Any, tmp_path: Path) -> None:
    found = read(tmp_path, {"logits": logits, "targets": targets})
    assert (listed(found.targets), found.labels) == (expected, None)


@pytest.mark.parametrize(
    ("logits", "targets"),
    [([[1]], [0]), ([[1], [2]], [0, 0]), ([[[1, 2, 3], [4, 5, 6]]], [[0, 1, 1]])],
)
def test_labels_of_few_samples(logits: Any, targets: Any, tmp_path: Path) -> None:
    found = read(tmp_path, {"logits": logits, "targets": targets})
    assert (listed(found.labels), found.targets) == (targets, None)
    assert listed(read(tmp_path, {"logits": logits, "labels": targets}).labels) == targets


@pytest.mark.parametrize(
    ("document", "message"),
    [
        # What is called labels has no shares.
        (
            {"logits": [[1, 2]], "labels": [[0.5, 0.5]]},
            "$.labels[0]: cannot read a list as a label",
        ),
        ({"logits": [[1, 2]], "labels": [0, 1]}, "$.labels: 2 labels for 1 sample"),
        ({"logits": [[1, 2], [3, 4]], "labels": [0]}, "$.labels: 1 label for 2 samples"),
        ({"logits": [[1, 2], [3, 4]], "labels": 0}, "$.labels: 1 label for 2 samples"),
        (
            {"logits": [[[1, 2], [3, 4], [5, 6]]], "labels": [0]},
            "$.labels[0]: expected a list of 2 labels, found 0",
        ),
        (
            {"logits": [[[1, 2], [3, 4], [5, 6]]], "labels": [[0, 1, 1]]},
            "$.labels[0]: 3 labels for 2 samples",
        ),
        (
            {"logits": [[1, 2], [3, 4]], "targets": [[1, 0]]},
            "$.targets: soft targets of shape (1, 2) for values of shape (2, 2)",
        ),
        (
            {"logits": [[1, 2], [3, 4]], "targets": [[1, 0, 0], [0, 1, 0]]},
            "$.targets: soft targets of shape (2, 3) for values of shape (2, 2)",
        ),
        ({"logits": [[1, 2]], "labels": [True]}, "$.labels[0]: cannot read true as a label"),
        ({"logits": [[]]}, "$.logits: a sample without values"),
    ],
)
def test_what_does_not_fit(document: Any, message: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert told(tmp_path / "a.json") == f"a.json: {message}"


def test_labels_that_fit_the_last_axis_have_a_hint(tmp_path: Path) -> None:
    hint = "the labels fit if the classes are the last axis: --class-axis -1"
    samples = [[[1, 2], [3, 4], [5, 6]]] * 2
    for labels, hinted in (([[0, 1, 1]] * 2, True), ([[0, 1, 1]], False), ([[0], [1]], False)):
        (tmp_path / "a.json").write_text(json.dumps({"logits": samples, "labels": labels}))
        with pytest.raises(XentError) as raised:
            opened(tmp_path / "a.json")
        assert raised.value.hint == (hint if hinted else "")


@pytest.mark.parametrize(
    ("document", "key", "asked", "kind"),
    [
        ([[0.5, 0.5]], None, None, "logits"),
        ([[0.5, 0.5]], None, "probs", "probs"),
        ({"probs": [[0.5, 0.5]]}, None, None, "probs"),
        ({"probs": [[0.5, 0.5]]}, "probs", None, "probs"),
        ({"log_probs": [[0.5, 0.5]]}, "log_probs", None, "log_probs"),
        ({"probs": [[0.5, 0.5]], "logits": [[1, 2]]}, "probs", None, "probs"),
        ({"z": [[0.5, 0.5]], "logits": [[1, 2]]}, "z", None, "logits"),
        ({"z": [[0.5, 0.5]]}, "z", "probs", "probs"),
        # --logits-key says which numbers, --input what they are.
        ({"logits": [[0.5, 0.5]]}, "logits", "probs", "probs"),
    ],
)
def test_what_the_values_are_their_key_or_an_option_says(
    document: Any, key: str | None, asked: Any, kind: str, tmp_path: Path
) -> None:
    batch = read(tmp_path, document, Request(logits_key=key, kind=asked))
    assert (batch.kind, batch.values.tolist()) == (kind, [[0.5, 0.5]])


@pytest.mark.parametrize(
    ("by", "document", "names"),
    [
        ("g", {"logits": [[1, 2], [3, 4]], "g": ["u", 7]}, ("u", "7")),
        ("sample", {"logits": [[1, 2], [3, 4]], "sample": ["u", "v"]}, ("u", "v")),
        ("sample", {"logits": [[1, 2], [3, 4]]}, None),
        ("sample", [[1, 2], [3, 4]], None),
    ],
)
def test_the_groups_of_samples(
    by: str, document: Any, names: tuple[str, ...] | None, tmp_path: Path
) -> None:
    grouping = read(tmp_path, document, Request(by=by)).grouping
    assert opened(tmp_path / "a.json", Request(by=by)).by == ("" if names is None else by)
    assert (None if grouping is None else grouping.names) == names


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"logits": [[1, 2]]}, '--by: a.json has no key "g"'),
        ([[1, 2]], '--by: a.json has no key "g"'),
        ({"logits": [[1, 2]], "g": 5}, "a.json: $.g: expected a list of 1 value, found 5"),
        ({"logits": [[1, 2]], "g": {}}, "a.json: $.g: expected a list of 1 value, found an object"),
        ({"logits": [[1, 2]], "g": []}, "a.json: $.g: expected a list of 1 value, found 0 values"),
        ({"logits": [[1, 2]], "g": "u"}, 'a.json: $.g: expected a list of 1 value, found "u"'),
    ],
)
def test_the_groups_are_a_list_with_a_value_for_each_sample(
    document: Any, message: str, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text(json.dumps(document))
    assert told(tmp_path / "a.json", Request(by="g")) == message


@pytest.mark.parametrize(
    ("text", "is_hinted"),
    [
        ("[1, 2]\n[3, 4]\n", True),
        ("[1, 2]\n\n[3, 4]\n", True),
        ("[1, 2] [3, 4]\n", False),
        ("[1, 2,\n", False),
        ('{"logits":\nx', False),
    ],
)
def test_json_lines_under_the_name_of_a_document_are_hinted_at(
    text: str, is_hinted: bool, tmp_path: Path
) -> None:
    (tmp_path / "a.json").write_text(text)
    with pytest.raises(XentError, match="not JSON: ") as raised:
        opened(tmp_path / "a.json", Request(input_format="json"))
    hint = "is it JSON Lines, a value a line? --input-format jsonl"
    assert raised.value.hint == (hint if is_hinted else "")


@pytest.mark.parametrize(
    ("logits", "labels"), [([[1, 2, 3]], [0, 1, 1]), ([[1, 2, 3]], [[0, 1, 1]]), ([[1]], [1])]
)
def test_questions_of_a_single_sample_need_no_list_around_their_labels(
    logits: Any, labels: Any, tmp_path: Path
) -> None:
    request = WANTED._replace(questions=True, ignore_index=0)
    found = read(tmp_path, {"logits": logits, "labels": labels}, request)
    assert np.ravel(listed(found.labels)).tolist() == np.ravel(labels).tolist()
    several = {"logits": [*logits, *logits], "labels": [*np.ravel(labels).tolist()]}
    if len(logits[0]) > 1:
        (tmp_path / "a.json").write_text(json.dumps(several))
        assert told(tmp_path / "a.json", request).startswith("a.json: $.labels: 3 labels for 2")


@pytest.mark.parametrize("option", ["--weight-col n", "--bytes-col n"])
def test_records_of_a_list_have_a_number_a_sample_as_lines_have(
    tmp_path: Path, option: str
) -> None:
    records = [
        {"logits": [1, 2], "label": 0, "n": 3},
        {"logits": [2, 1], "label": 1, "n": 5},
    ]
    (tmp_path / "a.json").write_text(json.dumps(records))
    (tmp_path / "a.jsonl").write_text("".join(f"{json.dumps(one)}\n" for one in records))
    ran = [
        run_inside(["ce", name, *option.split(), "-f", "json", "--no-steps"], tmp_path)
        for name in ("a.json", "a.jsonl")
    ]
    whole, lines = (json.loads(one.stdout) for one in ran)
    assert [one.code for one in ran] == [0, 0], ran
    for key in ("result", "denominator", "bits_per_byte"):
        assert whole.get(key) == lines.get(key)
