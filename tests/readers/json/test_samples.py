"""Single lines of JSON Lines: which are samples, what is told of others, and what becomes of them
where they are left out or set to nan."""

from __future__ import annotations

import json
import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.faults.running import run_inside
from tests.readers.opening import WANTED, batches, listed, only, opened, told
from xentcli.errors import DataError
from xentcli.model import Origin
from xentcli.readers.interface import Attached, Request
from xentcli.readers.typed import read_typed_labels

INF = float("inf")
NAN = float("nan")


def lines(folder: Path, *values: Any) -> Path:
    path = folder / "a.jsonl"
    texts = (value if isinstance(value, str) else json.dumps(value) for value in values)
    path.write_text("".join(f"{text}\n" for text in texts))
    return path


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("[1, 2", "each line is a value of its own"),
        ("[1, 2 \t", "each line is a value of its own"),
        ("[1, 2,", "each line is a value of its own"),
        ("[1 2]", ""),
        ("[1, 2] 3", ""),
        ("[1, x]", ""),
    ],
)
def test_a_line_that_ends_too_early_may_be_a_document(line: str, hint: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        list(batches(opened(lines(tmp_path, [1, 2], line), Request())))
    assert raised.value.hint == hint


@pytest.mark.parametrize(
    ("value", "shown"),
    [(True, "true"), (False, "false"), (None, "null"), ("1", '"1"'), ([1], "a list")],
)
def test_a_value_of_flat_records_is_a_number(value: Any, shown: str, tmp_path: Path) -> None:
    path = lines(tmp_path, {"a": 1, "b": 2}, {"a": value, "b": 2})
    assert told(path, Request()) == f"a.jsonl:2: $.a: cannot read {shown} as a number"
    path = lines(tmp_path, [1, 2], [1, value])
    said = told(path, Request())
    if value == [1]:
        assert said == "a.jsonl:2: $[1]: cannot read a list as a number"
    else:
        assert said == f"a.jsonl:2: $[1]: cannot read {shown} as a number"


LARGEST = "1.7976931348623157e308"


@pytest.mark.parametrize("form", ['{{"a": {}, "b": 2}}', '{{"logits": [{}, 2]}}', "[{}, 2]"])
@pytest.mark.parametrize("number", [LARGEST, f"-{LARGEST}", str(2**1023), "5e-324"])
def test_a_number_may_be_as_large_as_a_float(number: str, form: str, tmp_path: Path) -> None:
    path = lines(tmp_path, form.format(number))
    assert only(path, Request()).values.tolist() == [[float(number), 2]]
    (tmp_path / "b.json").write_text(f"[[{number}, 2]]")
    assert only(tmp_path / "b.json", Request()).values.tolist() == [[float(number), 2]]


@pytest.mark.parametrize("form", ['{{"a": {}, "b": 2}}', '{{"logits": [{}, 2]}}', "[{}, 2]"])
@pytest.mark.parametrize("number", ["1e309", "-1e309", str(2**1024), str(-(10**400))])
def test_a_number_that_no_float_can_be(number: str, form: str, tmp_path: Path) -> None:
    path = lines(tmp_path, form.format(number))
    assert told(path, Request()).endswith(": the number is too large for a 64-bit float")


@pytest.mark.parametrize(
    ("line", "kind", "at"),
    [
        ({"probs": [0.5, 1.5]}, None, "$.probs[1]"),
        ({"probs": [1.5]}, None, "$.probs[0]"),
        ({"probs": [[0.5, 0.5], [0.5, -1]]}, None, "$.probs[1][1]"),
        ({"a": 1.5, "b": 0.5}, "probs", "$.a"),
        ([0.5, 1.5], "probs", "$[1]"),
        ([1.5], "probs", "$[0]"),
        ([[0.5, 0.5], [0.5, 1.5]], "probs", "$[1][1]"),
    ],
)
def test_what_is_no_probability_has_its_place(
    line: Any, kind: Any, at: str, tmp_path: Path
) -> None:
    said = told(lines(tmp_path, line), Request(kind=kind))
    assert said.startswith(f"a.jsonl:1: {at}: ")
    assert said.endswith(" is not a probability (0 to 1)")


@pytest.mark.parametrize("line", [{"probs": [0, 1]}, {"a": 0, "b": 1}])
def test_numbers_in_rows_are_as_they_were(line: Any, tmp_path: Path) -> None:
    batch = only(lines(tmp_path, line), Request(kind="probs", keep_rows="cells"))
    assert batch.rows is not None
    assert batch.rows.cells == [[b"0", b"1"]]


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ([1, 2], [1], "$: 1 value, where the first sample has 2"),
        ([1, 2], [[1, 2]], "$: values of shape (1, 2), where the first sample has (2,)"),
        ([[1, 2]], [1, 2], "$: values of shape (2,), where the first sample has (1, 2)"),
        ([[1, 2]], [[1, 2, 3]], "$: values of shape (1, 3), where the first sample has (1, 2)"),
        ([[1, 2], [3, 4]], [[1, 2], [3]], "$[1]: 1 value, where the first list here has 2"),
        ([[1, 2], [3, 4]], [[1, 2], 3], "$[1]: expected a list of 2, found 3"),
        ([[[1], [2]]], [[[1], 2]], "$[0][1]: expected a list of 1, found 2"),
        ([[[1], [2]]], [[[1], [2, 3]]], "$[0][1]: 2 values, where the first list here has 1"),
    ],
)
def test_samples_have_one_shape(first: Any, second: Any, message: str, tmp_path: Path) -> None:
    assert told(lines(tmp_path, first, second), Request()) == f"a.jsonl:2: {message}"


@pytest.mark.parametrize(
    ("label", "message"),
    [
        (True, "cannot read true as a label"),
        (False, "cannot read false as a label"),
        (None, "cannot read null as a label"),
        ([0], "cannot read a list as a label"),
        (-1, "label -1 is out of range for 2 classes (0 to 1)"),
        (2, "label 2 is out of range for 2 classes (0 to 1)"),
        (0.5, "0.5 is not a class index"),
        ("x", '"x" is not a class index'),
    ],
)
def test_a_label_is_the_index_of_a_class(label: Any, message: str, tmp_path: Path) -> None:
    path = lines(tmp_path, {"logits": [1, 2], "label": 0}, {"logits": [1, 2], "label": label})
    assert told(path) == f"a.jsonl:2: $.label: {message}"


@pytest.mark.parametrize("value", [-5e-324, -1.0, INF, NAN])
def test_of_these_none_is_a_share_or_a_weight(value: float, tmp_path: Path) -> None:
    record = {"a": 1, "b": 2, "t": 0.5, "u": value}
    shown = value if math.isfinite(value) else f"{value}"
    path = lines(tmp_path, record)
    said = told(path, WANTED._replace(logit_cols="a,b", target_cols="t,u"))
    share = f"soft target {shown} is not a probability (0 or more)"
    assert said == f"a.jsonl:1: $.u: {share}"
    said = told(path, Request(logit_cols="a,b", weight_col="u"))
    assert said == f"a.jsonl:1: $.u: the weight {shown} is not a finite number from 0 up"
    path = lines(tmp_path, {"logits": [[1, 2], [3, 4]], "targets": [[0.5, 0.5], [0.5, value]]})
    assert told(path) == f"a.jsonl:1: $.targets[1][1]: {share}"


@pytest.mark.parametrize("value", [0.0, 5e-324, 0.5, 1.0, 7.0])
def test_of_these_each_is_a_share_or_a_weight(value: float, tmp_path: Path) -> None:
    path = lines(tmp_path, {"a": 1, "b": 2, "t": 0.5, "u": value})
    batch = only(path, WANTED._replace(logit_cols="a,b", target_cols="t,u", weight_col="u"))
    assert listed(batch.targets) == [[0.5, value]]
    assert listed(batch.sample_weight) == [value]
    path = lines(tmp_path, {"logits": [1, 2], "targets": [0.5, value]})
    assert listed(only(path).targets) == [[0.5, value]]


def test_labels_that_fit_the_last_axis_have_a_hint(tmp_path: Path) -> None:
    path = lines(tmp_path, {"logits": [[1, 2], [3, 4], [5, 6]], "label": [0, 1, 1]})
    with pytest.raises(DataError) as raised:
        list(batches(opened(path)))
    assert str(raised.value) == "a.jsonl:1: $.label: 3 labels for 2 samples"
    assert raised.value.hint == ("the labels fit if the classes are the last axis: --class-axis -1")


BAD = [
    '{"id": "u", "a": 1, "b": 2, "g": "x"}',
    '{"id": "v", "a": "?", "b": 2, "g": 7}',
    "[1, 2]",
    "x",
]


@pytest.mark.parametrize("on_error", ["skip", "nan"])
def test_lines_that_are_set_to_nan_keep_what_can_be_read_of_them(
    on_error: Any, tmp_path: Path
) -> None:
    path = lines(tmp_path, *BAD, '{"id": 5, "a": 3, "b": 4, "g": "x"}')
    request = Request(logit_cols="a,b", by="g", on_error=on_error)
    found = opened(path, request)
    (chunk,) = found.chunks.in_order()
    batch = found.reader.read(chunk)
    grouping = batch.grouping
    assert grouping is not None
    groups = [grouping.names[at] for at in grouping.at]
    ids = found.reader.ids(chunk, batch, list(range(len(batch.values))))
    if on_error == "skip":
        assert (groups, ids) == (["x", "x"], ["u", "5"])
    else:
        assert (groups, ids) == (["x", "7", "", "", "x"], ["u", "v", "", "", "5"])
        assert batch.unread == (1, 2, 3)
    assert [fault.place.line for fault in batch.faults] == [2, 3, 4]


def test_ids_of_lines_that_are_far_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XENT_BLOCK_BYTES", "60")
    records = [{"id": f"s{at}", "a": at, "b": 0.5} for at in range(9)]
    found = opened(lines(tmp_path, *records), Request(logit_cols="a,b"))
    chunks = list(found.chunks.in_order())
    assert len(chunks) > 2
    for chunk in chunks:
        batch = found.reader.read(chunk)
        ids = found.reader.ids(chunk, batch, [len(batch.values) - 1, 0])
        assert ids == [f"s{chunk.first + chunk.samples - 1}", f"s{chunk.first}"]


@pytest.mark.parametrize("labels", [True, False])
def test_a_block_without_a_sample_is_none(
    labels: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of each block all lines may be left out; those of the next one keep their own labels."""
    monkeypatch.setenv("XENT_BLOCK_BYTES", "1")
    path = lines(tmp_path, [1, 2], [1, "x"], "x", [3, 4])
    targets = np.array([[1.0, 0.0], [0.5, 0.5], [0.5, 0.5], [0.0, 1.0]])
    typed = Attached(None, targets, Origin("--targets", "typed"), 4)
    apart = read_typed_labels(["1,0,0,0"]) if labels else typed
    request = WANTED._replace(attached=apart, on_error="skip")
    read = list(batches(opened(path, request)))
    assert [len(batch.values) for batch in read] == [1, 0, 0, 1]
    assert [len(batch.faults) for batch in read] == [0, 1, 1, 0]
    if labels:
        assert [listed(batch.labels) for batch in read] == [[1], [], [], [0]]
    else:
        assert [listed(batch.targets) for batch in read] == [[[1, 0]], [], [], [[0, 1]]]


@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_the_label_of_an_earlier_line_is_told_before_a_later_line(
    on_error: Any, tmp_path: Path
) -> None:
    path = lines(tmp_path, [0.5, 2.5], [1.5, 3.5], [None, 4.5])
    request = WANTED._replace(on_error=on_error, attached=read_typed_labels(["0,2,5"]))
    said = "label 2 is out of range for 2 classes (0 to 1)"
    assert told(path, request) == f"--label, value 2: {said}"
    right = request._replace(attached=read_typed_labels(["0,1,5"]))
    if on_error == "skip":
        assert listed(only(path, right).labels) == [0, 1]
    else:
        assert told(path, right) == "a.jsonl:3: $[0]: cannot read null as a number"


def test_an_id_that_is_written_otherwise_is_hinted_at(tmp_path: Path) -> None:
    lines(tmp_path, {"id": 7.0, "a": 0.5, "b": 1.5})
    (tmp_path / "y.csv").write_text("id,label\n7,0\n8,1\n")
    asked = ["ce", "a.jsonl", "--labels-from", "y.csv"]
    found = run_inside(asked, tmp_path)
    assert found.stderr == (
        'xent: a.jsonl:1: $.id: y.csv has no id "7.0"\nhint: it has "7": ids are compared as text\n'
    )


def test_a_line_with_an_id_of_the_first_row_has_its_label(tmp_path: Path) -> None:
    path = lines(tmp_path, {"id": "u", "a": 0.5, "b": 1.5}, {"id": "v", "a": 0.5, "b": 1.5})
    (tmp_path / "y.csv").write_text("id,label\nv,1\nu,0\n")
    found = run_inside(["ce", path.name, "--labels-from", "y.csv", "-q"], tmp_path)
    assert (found.code, found.stdout) == (0, b"0.8132616875182228\n")


@pytest.mark.parametrize(
    ("keep", "is_told"),
    [
        ({}, False),
        ({"keep_records": "whole"}, False),
        ({"keep_records": "whole", "keep_rows": "cells"}, False),
        ({"keep_rows": "cells"}, True),
    ],
)
def test_only_a_table_needs_the_same_keys_in_each_line(
    keep: dict[str, Any], is_told: bool, tmp_path: Path
) -> None:
    path = lines(tmp_path, {"logits": [1, 2], "n": 1}, {"logits": [3, 4], "m": 1})
    request = Request(**keep)
    if is_told:
        assert told(path, request).startswith('a.jsonl:2: the first record has no key "m"')
    else:
        batch = only(path, request)
        assert batch.values.tolist() == [[1, 2], [3, 4]]
        assert batch.rows is None


@pytest.mark.parametrize(
    ("line", "kind", "place"),
    [
        ({"log_probs": [-1, 0.5]}, [], "$.log_probs"),
        ({"z": [-1, 0.5]}, ["--logits-key", "z"], "$.z"),
        ({"a": -1, "b": 0.5}, [], "$"),
        ([-1, 0.5], [], "$"),
    ],
)
def test_a_warning_has_the_place_of_its_line(
    line: Any, kind: list[str], place: str, tmp_path: Path
) -> None:
    lines(tmp_path, line)
    asked = ["nll", "a.jsonl", "--label", "0", "--input", "log-probs", "-q", *kind]
    said = f"xent: warning: a.jsonl:1: {place}: a log-probability is above 0; are these logits?"
    assert said in run_inside(asked, tmp_path).stderr


@pytest.mark.parametrize(
    ("good", "bad", "named"),
    [
        (
            {"logits": [1, 2, 3], "targets": [0.5, 0.5, 0]},
            {"logits": [1, 2, "x"], "targets": [0.5, 0.5, 0]},
            [],
        ),
        (
            {"a": 1, "b": 2, "t": 0.5, "u": 0.5, "w": 1},
            {"a": 1, "b": "x", "t": 0.5, "u": 0.5, "w": 0},
            ["--logit-cols", "a,b", "--target-cols", "t,u", "--weight-col", "w"],
        ),
    ],
)
def test_of_a_target_that_is_set_to_nan_nothing_is_said(
    good: Any, bad: Any, named: list[str], tmp_path: Path
) -> None:
    lines(tmp_path, good, bad)
    asked = ["ce", "a.jsonl", "--on-error", "nan", "--reduction", "none", "-q", *named]
    found = run_inside(asked, tmp_path)
    assert found.stdout.endswith(b"\nnan\n")
    (said,) = found.stderr.splitlines()
    assert said.startswith("xent: 1 row set to nan; the first: a.jsonl:2: ")


# Rounded to 53 bits, the first is the largest float, the second is beyond it.
LAST, BEYOND = int(sys.float_info.max) + 1, int(sys.float_info.max) + 2**970
FORMS = {
    "a.json": '[[{}, 1], ["NaN", 2]]',
    "records.json": '[{{"logits": [{}, 1]}}, {{"logits": ["NaN", 2]}}]',
    "lists.jsonl": '[{}, 1]\n["NaN", 2]\n',
    "beside.jsonl": '["NaN", {}]\n[1, 2]\n',
    "records.jsonl": '{{"logits": [{}, 1]}}\n',
    "flat.jsonl": '{{"a": {}, "b": "NaN"}}\n',
    "a.csv": "a,b\n{},1\nnan,2\n",
}


@pytest.mark.parametrize("name", FORMS)
def test_an_integer_is_too_large_where_it_rounds_to_infinity(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(FORMS[name].format(LAST))
    values = only(tmp_path / name, Request()).values
    assert np.nanmax(values) == sys.float_info.max
    (tmp_path / name).write_text(FORMS[name].format(BEYOND))
    assert told(tmp_path / name, Request()).endswith("too large for a 64-bit float")
