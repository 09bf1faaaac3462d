"""The cells of a table: what each becomes where rows are passed on, and which may be labels, soft
targets and weights."""

from __future__ import annotations

import csv
import decimal
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.faults.running import run_inside
from tests.readers.opening import WANTED, listed, only, opened, told
from xentcli.readers.interface import Request
from xentcli.readers.typed import read_typed_labels, read_typed_targets

pa = pytest.importorskip("pyarrow")

from tests.readers.tables.test_columnar import FORMS, NUMBERS, content_of, written  # noqa: E402

INF = float("inf")
NAN = float("nan")


@pytest.mark.parametrize("type", NUMBERS, ids=str)
def test_numbers_of_every_type_are_passed_on_as_they_are(tmp_path: Path, type: Any) -> None:
    kinds = {pa.types.is_decimal: decimal.Decimal, pa.types.is_float16: np.float16}
    kind = next((kind for is_kind, kind in kinds.items() if is_kind(type)), int)
    encoded = pa.types.is_dictionary(type)
    column = pa.array([kind(3), None], type.value_type if encoded else type)
    column = column.dictionary_encode() if encoded else column
    lists = pa.array([[kind(3), kind(0)], [None, kind(7)]], pa.list_(column.type))
    table = pa.table(
        {"a": [0.5, 1.5], "b": [2.5, 3.5], "n": column} | ({} if encoded else {"l": lists})
    )
    path = written(tmp_path, table, "arrow")
    request = Request(logit_cols="a,b", keep_rows="cells", keep_records="whole")
    batch = only(path, request)
    assert batch.rows is not None
    assert batch.records is not None
    whole = not (pa.types.is_floating(type) or encoded)
    shown = "3.00" if pa.types.is_decimal(type) else "3" if whole else "3.0"
    assert [cells[2] for cells in batch.rows.cells] == [shown.encode(), b""]
    number = json.loads(shown)
    assert json.loads(json.dumps([record["n"] for record in batch.records])) == [number, None]
    if not encoded:
        assert [record["l"] for record in batch.records] == [[number, 0], [None, 7]]
        json.dumps(batch.records)


@pytest.mark.parametrize(
    ("column", "cells"),
    [
        ([{"of": "é"}, None], ['"{""of"": ""é""}"', ""]),
        ([["é", "u"], []], ['"[""é"", ""u""]"', "[]"]),
        ([b"\xff\x00", b"u"], ["\\xff\0", "u"]),
        ([True, False], ["true", "false"]),
        (["1,5", ""], ['"1,5"', ""]),
    ],
)
def test_a_cell_of_any_type_is_a_text(column: list[Any], cells: list[str], tmp_path: Path) -> None:
    path = written(tmp_path, pa.table({"a": [0.5, 1.5], "b": [2.5, 3.5], "of": column}))
    rows = only(path, Request(logit_cols="a,b", keep_rows="cells")).rows
    assert rows is not None
    assert [row[2].decode() for row in rows.cells] == cells


TEXTS = [pa.string(), pa.large_string(), pa.dictionary(pa.int8(), pa.string())]


@pytest.mark.parametrize("views", [True, False])
@pytest.mark.parametrize("type", TEXTS, ids=str)
def test_labels_may_be_text_of_every_type(
    type: Any, views: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of views of text the oldest pyarrow that is supported knows nothing."""
    if not views:
        monkeypatch.delattr(pa.types, "is_string_view", raising=False)
    names = pa.array(["b", "a"], type)
    path = written(tmp_path, pa.table({"a": [0.5, 1.5], "b": [2.5, 3.5], "label": names}), "arrow")
    assert listed(only(path).labels) == [1, 0]
    flags = pa.table({"a": [0.5, 1.5], "b": [2.5, 3.5], "label": [True, False]})
    said = told(written(tmp_path, flags, "arrow"))
    assert said == 'a.arrow: column "label": its type is bool, not labels'


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ([[1.0], None], "the value is missing"),
        ([[1.0], []], "a list of 0, where the first has 1"),
        ([[1.0], [2.0, 3.0]], "a list of 2, where the first has 1"),
        ([[1.0], [None]], "value 1 of the list is missing"),
    ],
)
def test_a_list_of_one_class_may_not_be_missing(
    lists: list[Any], message: str, form: str, tmp_path: Path
) -> None:
    column = pa.array(lists, pa.list_(pa.float64()))
    path = written(tmp_path, pa.table({"logits": column}), form)
    assert told(path, Request()) == f'a.{form}: row 2: column "logits": {message}'


@pytest.mark.parametrize("value", [-5e-324, -1.0, INF, -INF, NAN])
def test_of_these_none_is_a_share_or_a_weight(value: float, tmp_path: Path) -> None:
    columns = {"a": [0.5, 1.5], "b": [2.5, 3.5], "t": [0.5, 0.5], "u": [0.5, value]}
    shown = str(value)
    path = written(tmp_path, pa.table(columns))
    said = told(path, WANTED._replace(logit_cols="a,b", target_cols="t,u"))
    share = f"soft target {shown} is not a probability (0 or more)"
    assert said == f'a.parquet: row 2: column "u": {share}'
    said = told(path, Request(logit_cols="a,b", weight_col="u"))
    weight = f"the weight {shown} is not a finite number from 0 up"
    assert said == f'a.parquet: row 2: column "u": {weight}'
    lists = {"logits": [[0.5, 1.5], [2.5, 3.5]], "targets": [[0.5, 0.5], [0.5, value]]}
    said = told(written(tmp_path, pa.table(lists)))
    assert said == f'a.parquet: row 2: column "targets[1]": {share}'


@pytest.mark.parametrize("value", [0.0, 5e-324, 0.5, 1.0, 7.0])
def test_of_these_each_is_a_share_or_a_weight(value: float, tmp_path: Path) -> None:
    columns = {"a": [0.5, 1.5], "b": [2.5, 3.5], "t": [0.5, 0.5], "u": [0.5, value]}
    path = written(tmp_path, pa.table(columns))
    batch = only(path, WANTED._replace(logit_cols="a,b", target_cols="t,u", weight_col="u"))
    assert listed(batch.targets) == [[0.5, 0.5], [0.5, value]]
    assert listed(batch.sample_weight) == [0.5, value]


@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_the_label_of_an_earlier_row_is_told_before_a_later_cell(
    on_error: Any, tmp_path: Path
) -> None:
    path = written(tmp_path, pa.table({"a": [0.5, 1.5, None], "b": [2.5, 3.5, 4.5]}))
    request = WANTED._replace(on_error=on_error, attached=read_typed_labels(["0,2,5"]))
    said = "label 2 is out of range for 2 classes (0 to 1)"
    assert told(path, request) == f"--label, value 2: {said}"
    right = request._replace(attached=read_typed_labels(["0,1,5"]))
    if on_error == "skip":
        assert listed(only(path, right).labels) == [0, 1]
    else:
        assert told(path, right) == 'a.parquet: row 3: column "a": the value is missing'


def test_the_labels_of_each_kind_are_known_before_a_row_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, pa.table({"a": [0.5, 1.5], "b": [2.5, 3.5], "label": [0, 1]}))
    columns = WANTED._replace(logit_cols="a,b")
    for request, kinds in (
        (columns, (True, False)),
        (columns._replace(attached=read_typed_labels(["0,1"])), (True, False)),
        (columns._replace(attached=read_typed_targets(["0,1;1,0"])), (False, True)),
    ):
        found = opened(path, request)
        assert (found.has_labels, found.has_targets) == kinds


def test_an_id_that_is_written_otherwise_is_hinted_at(tmp_path: Path) -> None:
    table = pa.table({"id": [7.0, 8.0], "a": [0.5, 1.5], "b": [2.5, 3.5]})
    (tmp_path / "a.parquet").write_bytes(content_of(table, "parquet"))
    (tmp_path / "y.csv").write_text("id,label\n7,0\n8,1\n")
    found = run_inside(["ce", "a.parquet", "--labels-from", "y.csv"], tmp_path)
    assert found.stderr == (
        'xent: a.parquet: row 1: column "id": y.csv has no id "7.0"\n'
        'hint: it has "7": ids are compared as text\n'
    )


def test_each_sample_has_its_own_id(tmp_path: Path) -> None:
    ids = ["u", "v", "w", "x", "y"]
    values = [0.5, None, 2.5, 3.5, 4.5]
    path = written(tmp_path, pa.table({"id": ids, "a": values, "b": [1.5] * 5}))
    found = opened(path, Request(logit_cols="a,b", on_error="skip"))
    (chunk,) = found.chunks.in_order()
    batch = found.reader.read(chunk)
    assert found.reader.ids(chunk, batch, [3, 0, 1]) == ["y", "u", "w"]


@pytest.mark.parametrize("at", range(5))
@pytest.mark.parametrize("soft", [True, False])
@pytest.mark.parametrize("in_lists", [True, False])
def test_the_label_of_the_next_row_stands_in_the_labels_place(
    in_lists: bool, soft: bool, at: int, tmp_path: Path
) -> None:
    """--shift gives each row the label of the next one, whatever stands before it."""
    values: dict[str, Any] = {"a": [1.0, 2.0, 3.0], "b": [0.5] * 3}
    if in_lists:
        values = {"logits": [[1.0, 0.5], [2.0, 0.5], [3.0, 0.5]]}
    label = [[0.0, 1.0], [1.0, 0.0], [0.25, 0.75]] if soft and in_lists else [0, 1, 0]
    names = [("doc", ["u"] * 3), *values.items(), ("z", [7, 8, 9])]
    place = min(at, len(names))
    columns = dict([*names[:place], ("label", label), *names[place:]])
    written(tmp_path, pa.table(columns))
    logits = "logits" if in_lists else "a,b"
    asked = "ce a.parquet --shift --by doc --reduction none -f csv --logit-cols"
    found = run_inside([*asked.split(), logits], tmp_path)
    rows = list(csv.DictReader(found.stdout.decode().splitlines()))
    first, second = ("0", "1") if in_lists else ("a", "b")
    assert [(row["doc"], row[first], row[second], row["z"]) for row in rows] == [
        ("u", "1.0", "0.5", "7"),
        ("u", "2.0", "0.5", "8"),
    ]
    assert [json.loads(row["label"]) for row in rows] == label[1:]


TIMES = [
    (pa.timestamp("ns"), 1_000_000_001, "1970-01-01 00:00:01.000000001"),
    (pa.timestamp("us", "UTC"), 1_500_000, "1970-01-01 00:00:01.500000Z"),
    (pa.timestamp("s"), 253_402_300_799, "9999-12-31 23:59:59"),
    (pa.duration("ns"), 5, "5"),
    (pa.time64("ns"), 5, "00:00:00.000000005"),
    (pa.date32(), 5, "1970-01-06"),
]


@pytest.mark.parametrize(("type", "number", "text"), TIMES, ids=[str(one[0]) for one in TIMES])
def test_times_are_the_same_text_wherever_they_stand(
    type: Any, number: int, text: str, tmp_path: Path
) -> None:
    time, struct = pa.array([number, None], type), pa.struct([("u", type), ("v", pa.float64())])
    columns = {
        "alone": time,
        "again": time.dictionary_encode(),
        "list": pa.array([[number, None], None], pa.list_(type)),
        "coded": pa.ListArray.from_arrays([0, 2, 2], time.dictionary_encode()),
        "pair": pa.array([[number, number], None], pa.list_(type, 2)),
        "struct": pa.array([{"u": number, "v": 0.5}, None], struct),
        "map": pa.array([[("k", number)], None], pa.map_(pa.string(), type)),
        "deep": pa.array([[{"u": number, "v": None}], []], pa.large_list(struct)),
    }
    table = pa.table({"a": [0.5, 1.5], "b": [2.5, 3.5], **columns})
    request = Request(logit_cols="a,b", keep_records="whole", keep_rows="cells")
    batch = only(written(tmp_path, table, "arrow"), request)
    assert batch.records is not None
    first, second = ({name: record[name] for name in columns} for record in batch.records)
    assert first == {
        "alone": text,
        "again": text,
        "list": [text, None],
        "coded": [text, None],
        "pair": [text, text],
        "struct": {"u": text, "v": 0.5},
        "map": [["k", text]],
        "deep": [{"u": text, "v": None}],
    }
    assert second == dict.fromkeys(columns, None) | {"deep": [], "coded": []}
    assert batch.rows is not None
    assert batch.rows.cells[0][2].decode() == text
    assert [cells[4] for cells in batch.rows.cells][1] == b""


def test_an_interval_has_three_numbers(tmp_path: Path) -> None:
    type = pa.month_day_nano_interval()
    columns = {
        "v": pa.array([(1, 2, 3), None], type),
        "w": pa.array([[(1, 2, 3)], []], pa.list_(type)),
    }
    table = pa.table({"a": [0.5, 1.5], "b": [2.5, 3.5], **columns})
    request = Request(logit_cols="a,b", keep_records="whole")
    batch = only(written(tmp_path, table, "arrow"), request)
    assert batch.records is not None
    assert [(record["v"], record["w"]) for record in batch.records] == [
        ([1, 2, 3], [[1, 2, 3]]),
        (None, []),
    ]


@pytest.mark.parametrize("command", ["softmax", "ce --reduction none"])
@pytest.mark.parametrize("names", ["s,a,b,s,label,s_2", "a,a,b,b,label,b", "s,a,a,t,label,a"])
def test_columns_of_one_name_are_fields_of_several(
    names: str, command: str, tmp_path: Path
) -> None:
    """As they are where a text has such columns."""
    columns = [["x", "y"], [0.5, 1.5], [2.5, 3.5], ["u", "v"], [0, 1], ["p", "q"]]
    table = pa.Table.from_arrays([pa.array(column) for column in columns], names.split(","))
    written(tmp_path, table)
    rows = (",".join(map(str, row)) for row in zip(*columns, strict=True))
    (tmp_path / "a.csv").write_text("\n".join([names, *rows]))
    asked = [*command.split(), "-f", "jsonl", "--logit-cols", "2,3"]
    of_table, of_text = (run_inside([*asked, f"a.{form}"], tmp_path) for form in ("parquet", "csv"))
    assert of_table.code == of_text.code == 0
    # A field more than the columns that are not the answer's own: the answer.
    fields = [list(json.loads(line)) for line in of_table.stdout.splitlines()]
    assert all(len(one) == (5 if command == "softmax" else 7) for one in fields)
    assert of_table.stdout == of_text.stdout
