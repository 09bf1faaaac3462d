"""What the first line of JSON Lines decides for all lines: where the values, the label, the weight
and the group are, and which axis has the classes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.faults.running import run_inside
from tests.readers.opening import WANTED, batches, listed, only, opened, told
from xentcli.model import Batch
from xentcli.readers.interface import EACH_SEQUENCE, Request
from xentcli.readers.typed import read_typed_labels


def lines(folder: Path, *values: Any) -> Path:
    path = folder / "a.jsonl"
    path.write_text("".join(f"{json.dumps(value)}\n" for value in values))
    return path


def read(folder: Path, *values: Any, request: Request = WANTED) -> Batch:
    return only(lines(folder, *values), request)


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_the_class_axis_counts_the_axis_of_the_lines(dimensions: int, tmp_path: Path) -> None:
    value: Any = 0.5
    for length in (4, 3, 2)[-dimensions:]:
        value = [value] * length
    sizes = (2, 3, 4)[:dimensions]
    path = lines(tmp_path, value)
    for axis in (*range(1, dimensions + 1), *range(-dimensions, 0)):
        at = axis - 1 if axis > 0 else axis
        assert opened(path, Request(class_axis=axis)).class_count == sizes[at]
    for axis in (dimensions + 1, -dimensions - 1):
        said = f"the samples are the lines, of {dimensions} dimensions each"
        assert told(path, Request(class_axis=axis)) == f"--class-axis {axis}: {said}"


@pytest.mark.parametrize("axis", [2, -2])
def test_flat_records_have_one_axis(axis: int, tmp_path: Path) -> None:
    path = lines(tmp_path, {"a": 0.5, "b": 1.5})
    assert only(path, Request(class_axis=-1)).values.tolist() == [[0.5, 1.5]]
    said = f"--class-axis {axis}: the samples are the lines, of 1 dimensions each"
    assert told(path, Request(class_axis=axis)) == said


def test_a_single_class_is_one(tmp_path: Path) -> None:
    assert opened(lines(tmp_path, [0.5]), Request()).class_count == 1
    assert opened(lines(tmp_path, {"logits": [0.5]}), Request()).class_count == 1


@pytest.mark.parametrize(
    ("value", "name"),
    [({"logits": None}, "null"), ({"probs": "x"}, '"x"'), ({"log_probs": True}, "true")],
)
def test_under_the_key_of_the_values_is_a_list(value: Any, name: str, tmp_path: Path) -> None:
    (key,) = value
    said = f"a.jsonl:1: $.{key}: expected a list of numbers, found {name}"
    assert told(lines(tmp_path, value)) == said
    # A number there is one of the values of a flat record, of whatever name.
    assert read(tmp_path, {key: 0.5, "b": 1.5}).values.tolist() == [[0.5, 1.5]]
    # The other keys of values need not be there.
    assert read(tmp_path, {"logits": [0.5, 1.5]}).values.tolist() == [[0.5, 1.5]]


def test_the_first_of_several_bad_lines_is_told(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text("x\ny y\n")
    for request in (Request(), Request(on_error="skip"), Request(on_error="nan")):
        assert told(path, request).startswith("a.jsonl:1:1: not JSON")
    path.write_text('[]\n"y"\n')
    assert told(path, Request(on_error="skip")) == "a.jsonl:1: $: a sample without values"


@pytest.mark.parametrize(
    "named",
    [
        {"logits_key": "z"},
        {"logit_cols": "z"},
        {"weight_col": "z"},
        {"bytes_col": "z"},
        {"by": "z"},
        {"label_key": "z"},
        {"label_col": "z"},
        {"target_cols": "z"},
    ],
)
def test_a_list_has_no_keys_to_name(named: dict[str, Any], tmp_path: Path) -> None:
    path = lines(tmp_path, [0.5, 1.5])
    said = "a.jsonl:1: $: expected an object, found a list"
    assert told(path, WANTED._replace(**named)) == said
    if {"label_key", "label_col", "target_cols"} & set(named):
        # A command that needs no labels does not look at them.
        request = Request(**named)
        assert only(path, request).values.tolist() == [[0.5, 1.5]]


@pytest.mark.parametrize("value", [[[0.5, 1.5]], {"logits": [[0.5, 1.5]]}])
def test_by_sample_needs_no_key_of_that_name(value: Any, tmp_path: Path) -> None:
    request = Request(by=EACH_SEQUENCE)
    found = opened(lines(tmp_path, value), request)
    assert found.by == ""
    assert next(batches(found)).grouping is None


def test_by_sample_takes_the_key_of_that_name_where_there_is_one(tmp_path: Path) -> None:
    values = [{"logits": [[0.5, 1.5]], EACH_SEQUENCE: name} for name in "uvu"]
    found = opened(lines(tmp_path, *values), Request(by=EACH_SEQUENCE))
    assert found.by == EACH_SEQUENCE
    grouping = next(batches(found)).grouping
    assert grouping is not None
    assert grouping.names == ("u", "v")
    assert grouping.at.tolist() == [0, 1, 0]


@pytest.mark.parametrize("field", ["by", "weight_col", "bytes_col", "label_key", "target_cols"])
def test_a_key_that_is_named_must_be_there(field: str, tmp_path: Path) -> None:
    path = lines(tmp_path, {"logits": [0.5, 1.5], "z": 1})
    named: dict[str, Any] = {field: "w"}
    said = told(path, WANTED._replace(**named))
    assert said == 'a.jsonl:1: $: there is no key "w"'


TOTAL = {"loss": [0.5, 1.5], "reduction": 1, "samples": 1, "ignored": 0, "denominator": 1}


@pytest.mark.parametrize("record", [TOTAL, {"grad": [0.5, 1.5]}])
def test_own_output_may_be_read_if_its_key_is_named(record: dict[str, Any], tmp_path: Path) -> None:
    path, key = lines(tmp_path, record), next(iter(record))
    assert "xent wrote" in told(path)
    for request in (WANTED._replace(logits_key=key), WANTED._replace(logit_cols=key)):
        assert only(path, request).values.tolist() == [[0.5, 1.5]]


@pytest.mark.parametrize("wanted", ["labels", "labels or targets", "none"])
@pytest.mark.parametrize("option", ["label_key", "label_col", None])
@pytest.mark.parametrize("name", ["target", "targets", "label"])
def test_what_a_target_is_its_lists_say(
    name: str, option: str | None, wanted: Any, tmp_path: Path
) -> None:
    """Of soft targets a command that takes only labels says that they are no labels, if it is told
    to take them."""
    named: dict[str, Any] = {} if option is None else {option: name}
    request = Request(wanted=wanted, **named)
    record = {"logits": [0.5, 1.5], name: 1}
    labels = None if wanted == "none" else [1]
    batch = read(tmp_path, record, request=request)
    assert (batch.targets, None if labels is None else listed(batch.labels)) == (None, labels)
    soft = lines(tmp_path, {"logits": [0.5, 1.5], name: [0.25, 0.75]})
    if wanted == "none" or (wanted == "labels" and name != "label" and option is None):
        batch = only(soft, request)
        assert (batch.targets, batch.labels) == (None, None)
    elif wanted == "labels" or (name == "label" and option is None):
        assert told(soft, request) == f"a.jsonl:1: $.{name}: cannot read a list as a label"
    else:
        assert listed(only(soft, request).targets) == [[0.25, 0.75]]


def test_labels_from_elsewhere_take_the_place_of_a_key(tmp_path: Path) -> None:
    path = lines(tmp_path, {"logits": [0.5, 1.5], "w": [0.25, 0.75]}, {"logits": [0, 1], "w": 0})
    request = WANTED._replace(attached=read_typed_labels(["1,0"]))
    assert listed(only(path, request).labels) == [1, 0]


def test_a_label_of_flat_records_is_named_by_either_option(tmp_path: Path) -> None:
    record = {"a": 0.5, "b": 1.5, "gold": 1, "other": 0}
    for request in (Request(label_key="gold"), Request(label_col="gold")):
        request = request._replace(wanted="labels", logit_cols="a,b")
        assert listed(read(tmp_path, record, request=request).labels) == [1]


def test_the_kind_of_flat_records_is_asked_for(tmp_path: Path) -> None:
    path = lines(tmp_path, {"a": 0.5, "b": 0.5})
    assert opened(path, Request()).kind == "logits"
    assert opened(path, Request(kind="probs")).kind == "probs"


def test_ids_are_those_of_the_key_with_a_plain_name(tmp_path: Path) -> None:
    for record, has_ids in (
        ({"logits": [0.5, 1.5], "row": 7}, True),
        ({"logits": [0.5, 1.5], "other": 7}, False),
        ({"a": 0.5, "b": 1.5, "id": 7}, True),
    ):
        assert opened(lines(tmp_path, record), Request()).has_ids is has_ids


def test_a_label_is_taken_before_a_target(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"logits": [1, 2], "label": 0, "target": 1}\n')
    found = run_inside(["ce", "a.jsonl", "-q"], tmp_path)
    assert found.stdout == b"1.3132616875182228\n"
    found = run_inside(["ce", "a.jsonl", "-q", "--label-key", "target"], tmp_path)
    assert found.stdout == b"0.31326168751822286\n"
