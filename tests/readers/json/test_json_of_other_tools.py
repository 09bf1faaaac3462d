"""JSON as pandas, Hugging Face and xent itself write it. Files that these wrote are in
``tests/files``; here are the rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.faults.running import run_inside
from tests.readers.opening import WANTED, batches, listed, opened, told
from xentcli.errors import XentError
from xentcli.model import Batch
from xentcli.readers.interface import Request
from xentcli.readers.typed import read_typed_labels

ROWS = [[1.0, 2.0, 3.0], [3.0, 1.0, 2.0]]
RECORDS: list[dict[str, Any]] = [
    {"cat": 1, "dog": 2, "fox": 3, "label": "fox", "w": 0.5, "id": "a"},
    {"cat": 3, "dog": 1, "fox": 2, "label": "cat", "w": 1.5, "id": "b"},
]
NAMED = Request(wanted="labels or targets", logit_cols="cat,dog,fox")


def read(folder: Path, document: Any, request: Request = WANTED) -> Batch:
    (folder / "a.json").write_text(json.dumps(document))
    (batch,) = batches(opened(folder / "a.json", request))
    return batch


def refused(folder: Path, document: Any, request: Request = WANTED) -> str:
    (folder / "a.json").write_text(json.dumps(document))
    return told(folder / "a.json", request)


def columns_of(records: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        name: {str(at): record[name] for at, record in enumerate(records)} for name in records[0]
    }


ORIENTS: dict[str, Any] = {
    "records": RECORDS,
    "split": {
        "columns": list(RECORDS[0]),
        "index": [0, 1],
        "data": [list(record.values()) for record in RECORDS],
    },
    "table": {
        "schema": {"fields": [{"name": "index"}], "primaryKey": ["index"]},
        "data": [{"index": at, **record} for at, record in enumerate(RECORDS)],
    },
    "index": {str(at): record for at, record in enumerate(RECORDS)},
    "columns": columns_of(RECORDS),
}


@pytest.mark.parametrize("orient", ORIENTS)
def test_every_orient_is_the_same_table(tmp_path: Path, orient: str) -> None:
    request = NAMED._replace(weight_col="w", by="id")
    batch = read(tmp_path, ORIENTS[orient], request)
    assert batch.values.tolist() == ROWS
    assert batch.classes == ("cat", "dog", "fox")
    assert listed(batch.labels) == [2, 0]
    assert listed(batch.sample_weight) == [0.5, 1.5]
    assert batch.grouping is not None
    assert batch.grouping.names == ("a", "b")


PATHS: dict[str, tuple[str, list[Any]]] = {
    "records": ("$[1].dog", [1, "dog"]),
    "split": ("$.data[1][1]", ["data", 1, 1]),
    "table": ("$.data[1].dog", ["data", 1, "dog"]),
    "index": ('$["1"].dog', ["1", "dog"]),
    "columns": ('$.dog["1"]', ["dog", "1"]),
}


@pytest.mark.parametrize("orient", ORIENTS)
def test_a_fault_is_placed_where_it_stands(tmp_path: Path, orient: str) -> None:
    document: Any = json.loads(json.dumps(ORIENTS[orient]))
    path, (*keys, last) = PATHS[orient]
    inner = document
    for key in keys:
        inner = inner[key]
    inner[last] = "x"
    message = f'a.json: {path}: cannot read "x" as a number'
    assert refused(tmp_path, document, NAMED) == message


SIDEWAYS = [
    # The label names the level of the columns.
    ({"r": {"a": 1, "b": 2, "label": 0}, "s": {"a": 3, "b": 4, "label": 1}}, [[1, 2], [3, 4]]),
    ({"a": {"r": 1, "s": 3}, "b": {"r": 2, "s": 4}, "label": {"r": 0, "s": 1}}, [[1, 2], [3, 4]]),
    # Names are columns where the others are numbers.
    ({"0": {"a": 1, "b": 2}, "1": {"a": 3, "b": 4}}, [[1, 2], [3, 4]]),
    ({"a": {"0": 1, "1": 3}, "b": {"0": 2, "1": 4}}, [[1, 2], [3, 4]]),
    # A column of texts.
    ({"a": {"r": 1, "s": 3}, "b": {"r": 2, "s": 4}, "of": {"r": "p", "s": "q"}}, [[1, 2], [3, 4]]),
    ({"r": {"a": 1, "b": 2, "of": "p"}, "s": {"a": 3, "b": 4, "of": "q"}}, [[1, 2], [3, 4]]),
    # Numbers on both: as to_json does it unasked.
    ({"0": {"0": 1, "1": 3}, "1": {"0": 2, "1": 4}}, [[1, 2], [3, 4]]),
]


@pytest.mark.parametrize(("document", "rows"), SIDEWAYS)
def test_which_level_of_keys_has_the_columns(tmp_path: Path, document: Any, rows: Any) -> None:
    labelled = "label" in str(document)
    batch = read(tmp_path, document, WANTED if labelled else Request())
    assert batch.values.tolist() == rows
    remarks = [remark.message for remark in opened(tmp_path / "a.json", Request()).remarks]
    both = list(document) == ["0", "1"] and "0" in document["0"]
    assert any("outer keys are taken for the columns" in message for message in remarks) == both


def test_where_nothing_says_which_level_has_the_columns(tmp_path: Path) -> None:
    document = {"a": {"r": 1, "s": 3}, "b": {"r": 2, "s": 4}}
    message = "the outer keys or the inner ones may be the columns, and nothing says which"
    assert message in refused(tmp_path, document, Request())
    labelled = Request(wanted="labels", label_col="s")
    assert read(tmp_path, {"a": {"r": 1, "t": 2, "s": 0}}, labelled).values.tolist() == [[1, 2]]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ([{"a": 1, "b": 2}, {"a": 1}], '$[1]: there is no key "b", which the first one has'),
        ([{"a": 1, "b": 2}, {"a": 1, "b": 2, "c": 3}], '$[1]: the key "c" is not in the first one'),
        ([{"a": 1, "b": 2}, [1, 2]], "$[1]: expected an object, found a list"),
        ([{"a": 1, "b": 2}, {"a": 1, "b": None}], "$[1].b: cannot read null"),
        ({"columns": ["a", "b"], "data": [[1, 2], [1]]}, "$.data[1]: expected a list of 2"),
        ({"columns": ["a", "b"], "data": []}, "there are no rows"),
        ([{"logits": [1, 2], "label": 0}, {"logits": [1], "label": 0}], "$[1].logits: shape (1,)"),
        ([{"logits": [1, 2], "label": 2}], "$[0].label: label 2 is out of range for 2 classes"),
        ([{"logits": [1, 2], "label": 1}, {"label": 0}], '$[1]: there is no key "logits"'),
        ([{"probs": [0.5, 1.5], "label": 1}], "$[0].probs[1]: 1.5 is not a probability"),
    ],
)
def test_what_is_wrong_with_a_list_or_a_table(tmp_path: Path, document: Any, message: str) -> None:
    assert message in refused(tmp_path, document, WANTED._replace(logit_cols=None))


def test_a_list_of_records_with_lists(tmp_path: Path) -> None:
    records = [{"logits": row, "label": label} for row, label in zip(ROWS, [2, 0], strict=True)]
    batch = read(tmp_path, records)
    assert (batch.values.tolist(), listed(batch.labels)) == (ROWS, [2, 0])
    soft = [{"log_probs": row, "targets": [0, 0.5, 0.5]} for row in ROWS]
    batch = read(tmp_path, soft)
    assert (batch.kind, listed(batch.targets)) == ("log_probs", [[0, 0.5, 0.5]] * 2)
    deep = [{"logits": [[1, 2], [3, 4], [5, 6]], "labels": [2, 0]}]
    assert listed(read(tmp_path, deep).labels) == [[2, 0]]


def scores(*rows: dict[str, float]) -> list[list[dict[str, Any]]]:
    """What a pipeline says: the largest first."""
    return [
        [{"label": label, "score": row[label]} for label in sorted(row, key=row.get, reverse=True)]  # type: ignore[arg-type]
        for row in rows
    ]


PROBS = WANTED._replace(kind="probs")
TWO = scores({"NEG": 0.7, "POS": 0.3}, {"NEG": 0.1, "POS": 0.9})
OTHERS = "its classes are not those of the first sample"
NUMBERED = scores({"LABEL_0": 0.3, "LABEL_1": 0.7}, {"LABEL_0": 0.9, "LABEL_1": 0.1})


def test_scores_of_a_pipeline(tmp_path: Path) -> None:
    names = PROBS._replace(attached=read_typed_labels(["NEG,POS"]))
    batch = read(tmp_path, TWO, names)
    assert (batch.classes, listed(batch.labels)) == (("NEG", "POS"), [0, 1])
    assert batch.values.tolist() == [[0.7, 0.3], [0.1, 0.9]]
    numbers = PROBS._replace(attached=read_typed_labels(["1,0"]))
    assert read(tmp_path, NUMBERED, numbers).values.tolist() == [[0.3, 0.7], [0.9, 0.1]]
    ordered = numbers._replace(classes=("POS", "NEG"))
    assert read(tmp_path, TWO, ordered).values.tolist() == [[0.3, 0.7], [0.9, 0.1]]
    assert read(tmp_path, TWO[0], PROBS._replace(attached=read_typed_labels(["POS"]))).labels == [1]


@pytest.mark.parametrize(
    ("document", "request_", "message"),
    [
        (TWO, WANTED, "scores may be logits or probabilities"),
        (TWO, PROBS._replace(attached=read_typed_labels(["0,1"])), "labels that are numbers mean"),
        ([TWO[0], TWO[1][:1]], PROBS, '$[1]: the score of "NEG" is missing'),
        ([TWO[0], [*TWO[1], {"label": "X", "score": 0.0}]], PROBS, f"$[1]: {OTHERS}"),
        ([TWO[0], [*TWO[1], TWO[1][0]]], PROBS, f"$[1]: {OTHERS}"),
        ([NUMBERED[0][:1]], PROBS, "the scores are of LABEL_1, and some are missing"),
        (
            scores({f"LABEL_{at}": 0.125 for at in (0, 1, 2, 4, 5, 6, 7)}),
            PROBS,
            "the scores are of LABEL_0, LABEL_1, LABEL_2, LABEL_4, LABEL_5, and some are missing",
        ),
        (scores({"A": 1.5, "B": 0.0}), PROBS, '$[0] ("A"): 1.5 is not a probability'),
        (TWO[0] + TWO[1], PROBS, "may be one sample, or the best class of several"),
        ([TWO[0][0]], PROBS, "may be one sample, or the best class of several"),
        (TWO[0], WANTED._replace(kind="logits"), "may be one sample"),
    ],
)
def test_scores_that_are_not_all_there(
    tmp_path: Path, document: Any, request_: Request, message: str
) -> None:
    assert message in refused(tmp_path, document, request_)


COMMANDS = [
    "softmax --logits 1,2,3;3,1,2",
    "log-softmax --logits 1,2,3;3,1,2",
    "softmax --logits 1,2,3",
    "softmax --logits [[[1,2],[3,4],[0,0]],[[1,2],[3,5],[0,0]]]",
    "log-softmax --logits [[[1,2],[3,4],[0,0]]] --class-axis -1",
]


@pytest.mark.parametrize("format", ["json", "jsonl"])
@pytest.mark.parametrize("command", COMMANDS)
def test_own_answers_are_read_back_to_the_bit(tmp_path: Path, command: str, format: str) -> None:
    arguments = command.split()
    written = run_inside([*arguments, "--format", format], tmp_path).stdout
    (tmp_path / f"a.{format}").write_bytes(written)
    axis = int(arguments[-1]) if "--class-axis" in arguments else 1
    (batch,) = batches(opened(tmp_path / f"a.{format}", Request(class_axis=axis)))
    assert batch.kind == ("probs" if arguments[0] == "softmax" else "log_probs")
    quiet = run_inside([*arguments, "--quiet"], tmp_path).stdout.decode()
    answer = [float(text) for text in quiet.replace("\n", ",").split(",") if text]
    assert sorted(batch.values.ravel().tolist()) == sorted(answer)
    with pytest.raises(XentError, match="--input logits"):
        opened(tmp_path / f"a.{format}", Request(class_axis=axis, kind="logits"))


@pytest.mark.parametrize("format", ["json", "jsonl"])
@pytest.mark.parametrize("command", ["grad", "ce", "nll"])
def test_other_own_answers_are_no_input(tmp_path: Path, command: str, format: str) -> None:
    typed = ["--logits", "1,2,3;3,1,2", "--labels", "2,0"]
    written = run_inside([command, *typed, "--format", format], tmp_path).stdout
    (tmp_path / f"a.{format}").write_bytes(written)
    assert "no logits" in told(tmp_path / f"a.{format}", Request())


def test_options_about_columns_need_columns(tmp_path: Path) -> None:
    message = "--logit-cols means nothing for a.json, which is json"
    assert refused(tmp_path, {"logits": ROWS}, NAMED) == message
    message = "--class-axis 0: a table has its samples in its rows"
    assert refused(tmp_path, ORIENTS["index"], NAMED._replace(class_axis=0)) == message
    last = read(tmp_path, ORIENTS["index"], NAMED._replace(class_axis=-1))
    assert last.values.tolist() == ROWS
    message = "--logits-key means nothing for a.json, which is a table"
    assert refused(tmp_path, ORIENTS["split"], Request(logits_key="x")) == message


@pytest.mark.parametrize(
    "document",
    [
        {"data": [[1, 2]]},
        {"columns": ["a", "b"]},
        {"columns": {"a": 1}, "data": [[1, 2]]},
        {"schema": {"fields": []}, "rows": []},
        {"schema": [], "data": [{"a": 1}]},
        {},
        {"a": {"b": 1}, "c": 2},
    ],
)
def test_an_object_that_is_no_table_needs_logits(document: Any, tmp_path: Path) -> None:
    message = 'a.json: $: expected one of "logits", "probs", "log_probs", found none of them'
    assert refused(tmp_path, document, Request()) == message


@pytest.mark.parametrize("name", ["schema", "data", "columns"])
def test_a_column_may_be_called_as_a_part_of_a_table_is(name: str, tmp_path: Path) -> None:
    document = {name: {"0": 1, "1": 3}, "b": {"0": 2, "1": 4}}
    assert read(tmp_path, document, Request()).values.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize("orient", ORIENTS)
def test_rows_of_a_table_are_passed_on_and_have_ids(orient: str, tmp_path: Path) -> None:
    batch = read(tmp_path, ORIENTS[orient], NAMED._replace(keep_records="whole", by="w"))
    assert batch.records == RECORDS
    found = opened(tmp_path / "a.json", NAMED._replace(by="w"))
    assert (found.by, found.has_ids) == ("w", True)
    (chunk,) = found.chunks.in_order()
    assert found.reader.ids(chunk, found.reader.read(chunk), [1, 0]) == ["b", "a"]


def test_a_list_of_records_may_be_grouped(tmp_path: Path) -> None:
    records = [{"logits": row, "label": 0, "g": "x"} for row in ROWS]
    batch = read(tmp_path, records, WANTED._replace(by="g", keep_records="whole"))
    assert batch.records == records
    assert batch.grouping is not None
    assert batch.grouping.names == ("x",)
    assert opened(tmp_path / "a.json", WANTED._replace(by="g")).by == "g"
    assert opened(tmp_path / "a.json", WANTED).by == ""


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ([{"log_probs": [-1, -1]}, {"log_probs": [-1, 0.5]}], "$[1].log_probs"),
        ({"log_probs": [[-1, -1], [-1, 0.5]]}, "$.log_probs[1]"),
        ([{"a": -1.5, "b": -1}, {"a": -1, "b": 0.5}], "row 2"),
    ],
)
def test_a_warning_is_placed_where_it_stands(tmp_path: Path, document: Any, place: str) -> None:
    (tmp_path / "a.json").write_text(json.dumps(document))
    asked = ["nll", "a.json", "-q", "--label", "0,0", "--input", "log-probs"]
    warning = f"xent: warning: a.json: {place}: a log-probability is above 0; are these logits?\n"
    assert run_inside(asked, tmp_path).stderr == warning
