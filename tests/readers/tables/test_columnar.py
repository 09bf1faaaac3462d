"""Tables of columns from Parquet and Arrow IPC files."""

from __future__ import annotations

import datetime
import decimal
import gc
import gzip
import io
import pickle
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.running import run_inside
from tests.readers.opening import WANTED, batches, listed, only, opened, told
from xentcli.errors import DataError, UsageError, XentError
from xentcli.readers.interface import Request
from xentcli.readers.typed import read_typed_labels, read_typed_targets

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

FORMS = ["parquet", "arrow", "arrows"]
NUMBERS = [
    *(pa.int8(), pa.int16(), pa.int32(), pa.int64()),
    *(pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
    *(pa.float16(), pa.float32(), pa.float64(), pa.decimal128(9, 2)),
    pa.dictionary(pa.int8(), pa.float64()),
]


def content_of(table: Any, form: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    if form == "parquet":
        pq.write_table(table, stream, **options)
    else:
        new = pa.ipc.new_file if form == "arrow" else pa.ipc.new_stream
        with new(stream, table.schema) as writer:
            writer.write_table(table)
    return stream.getvalue()


def written(folder: Path, table: Any, form: str = "parquet", **options: Any) -> Path:
    path = folder / f"a.{form}"
    path.write_bytes(content_of(table, form, **options))
    return path


rows = st.lists(st.tuples(st.floats(), st.floats(), st.integers(0, 1)), min_size=1, max_size=20)


@given(rows=rows, form=st.sampled_from(FORMS), in_lists=st.booleans(), packed=st.booleans())
def test_numbers_come_back_to_the_bit(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[float, float, int]],
    form: str,
    in_lists: bool,
    packed: bool,
) -> None:
    values = np.array([row[:2] for row in rows])
    labels = [row[2] for row in rows]
    columns = {"logits": values.tolist()} if in_lists else {"a": values[:, 0], "b": values[:, 1]}
    content = content_of(pa.table({**columns, "label": labels}), form)
    path = tmp_path_factory.mktemp("table") / f"a.{form}"
    path.write_bytes(gzip.compress(content) if packed else content)
    batch = only(path)
    assert batch.values.tobytes() == values.tobytes()
    assert listed(batch.labels) == labels


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("type", NUMBERS, ids=str)
def test_every_type_of_number(tmp_path: Path, type: Any, form: str) -> None:
    kinds = {pa.types.is_decimal: decimal.Decimal, pa.types.is_float16: np.float16}
    kind = next((kind for is_kind, kind in kinds.items() if is_kind(type)), int)
    numbers = [kind(1), kind(0)]
    column = pa.array(numbers, type if not pa.types.is_dictionary(type) else pa.float64())
    column = column.dictionary_encode() if pa.types.is_dictionary(type) else column
    table = pa.table({"a": column, "b": column, "label": column})
    if form == "parquet" and pa.types.is_dictionary(type):
        table = table.cast(pa.schema([(name, pa.float64()) for name in table.schema.names]))
    batch = only(written(tmp_path, table, form))
    assert batch.values.tolist() == [[1, 1], [0, 0]]
    assert listed(batch.labels) == [1, 0]
    if pa.types.is_floating(type):
        assert batch.values.dtype == f"float{type.bit_width}"


def test_decimals_are_the_nearest_floats(tmp_path: Path) -> None:
    texts = ["0.1", "123456789.123456789", "-0.000000001", "987654321987654321.987654321"]
    column = pa.array([decimal.Decimal(text) for text in texts], pa.decimal128(38, 9))
    batch = only(written(tmp_path, pa.table({"a": column, "b": column})), Request())
    assert batch.values[:, 0].tolist() == [float(text) for text in texts]


LISTS = [pa.list_(pa.float32()), pa.large_list(pa.float64()), pa.list_(pa.int64(), 2)]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("type", LISTS, ids=str)
@pytest.mark.parametrize("name", ["logits", "probs", "log_probs"])
def test_a_column_of_lists(tmp_path: Path, type: Any, form: str, name: str) -> None:
    column = pa.array([[0, 1], [1, 0]], type)
    targets = pa.array([[0.25, 0.75], [1, 0]])
    path = written(tmp_path, pa.table({"id": [7, 8], name: column, "targets": targets}), form)
    found = opened(path)
    batch = next(batches(found))
    assert (found.kind, found.class_count, found.has_targets) == (name, 2, True)
    assert batch.values.tolist() == [[0, 1], [1, 0]]
    assert listed(batch.targets) == targets.to_pylist()


def test_lists_by_name(tmp_path: Path) -> None:
    table = pa.table({"z": [[1.0, 2]], "logits": [[3.0, 4]], "probs": [[0.5, 0.5]], "y": [1]})
    path = written(tmp_path, table)
    assert only(path, WANTED._replace(logits_key="z")).values.tolist() == [[1, 2]]
    assert only(path, WANTED._replace(logit_cols="logits")).values.tolist() == [[3, 4]]
    assert told(path) == 'a.parquet: the columns "logits" and "probs" could both be meant'
    request = WANTED._replace(logit_cols="probs", kind="logits")
    assert told(path, request) == '--input logits: the column in a.parquet is "probs"'


@pytest.mark.parametrize("encoded", [True, False])
def test_labels_that_are_names(tmp_path: Path, encoded: bool) -> None:
    names = pa.array(["dog", "cat", "dog"])
    table = pa.table(
        {"logit_cat": [1.0] * 3, "logit_dog": [2.0] * 3, "y": names.dictionary_encode()}
        if encoded
        else {"logit_cat": [1.0] * 3, "logit_dog": [2.0] * 3, "y": names}
    )
    assert listed(only(written(tmp_path, table)).labels) == [1, 0, 1]
    message = 'a.parquet: row 1: column "y": "dog" is not a class index, nor the name of a class'
    assert told(tmp_path / "a.parquet", WANTED._replace(classes=("a", "b"))) == message


def bad(**columns: Any) -> Any:
    return pa.table({"c1": [1.0, 2.0, 3.0], "c2": [4.0, 5.0, 6.0], **columns})


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"c2": [1.0, None, 2.0]}, 'row 2: column "c2": the value is missing'),
        ({"c2": pa.nulls(3)}, 'row 1: column "c2": the value is missing'),
        ({"label": [0, 1, None]}, 'row 3: column "label": the value is missing'),
        ({"label": [0, 2, 1]}, 'row 2: column "label": label 2 is out of range for 2 classes'),
        ({"label": [0, 1.5, 1]}, 'row 2: column "label": 1.5 is not a class index'),
        ({"label": ["0", "x", "1"]}, 'row 2: column "label": "x" is not a class index'),
        ({"label": [True, False, True]}, 'column "label": its type is bool, not labels'),
        ({"label": [0] * 3, "w": [1, -1.0, 1]}, 'row 2: column "w": the weight -1.0 is not'),
        ({"label": [0] * 3, "w": ["a"] * 3}, 'column "w": its type is string, not numbers'),
    ],
)
def test_faults_have_their_place(tmp_path: Path, form: str, columns: Any, message: str) -> None:
    path = written(tmp_path, bad(**columns), form)
    request = WANTED._replace(weight_col="w" if "w" in columns else None)
    assert told(path, request).startswith(f"a.{form}: {message}")


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ([[1.0, 2], None], 'row 2: column "logits": the value is missing'),
        ([[1.0, 2], [1.0]], 'row 2: column "logits": a list of 1, where the first has 2'),
        ([[1.0, 2], [1.0, None]], 'row 2: column "logits": value 2 of the list is missing'),
        ([[], [1.0]], 'column "logits": a sample without values'),
        ([None, None], "it has no rows to count the classes in"),
    ],
)
def test_lists_that_do_not_fit(tmp_path: Path, lists: Any, message: str) -> None:
    column = pa.array(lists, pa.list_(pa.float64()))
    path = written(tmp_path, pa.table({"logits": column, "label": [0, 0]}))
    assert told(path) == f"a.parquet: {message}"


def test_soft_targets_and_probabilities_out_of_range(tmp_path: Path) -> None:
    path = written(tmp_path, bad(t1=[0, 0, -1.0], t2=[1.0, 1, 2]))
    request = WANTED._replace(target_cols="t1,t2", logit_cols="c1,c2")
    message = 'row 3: column "t1": soft target -1.0 is not a probability (0 or more)'
    assert told(path, request) == f"a.parquet: {message}"
    message = 'row 1: column "c2": 4.0 is not a probability (0 to 1)'
    request = Request(kind="probs", logit_cols="c1,c2")
    assert told(path, request) == f"a.parquet: {message}"


def test_nan_is_a_value(tmp_path: Path) -> None:
    batch = only(
        written(tmp_path, pa.table({"a": [np.nan, 1], "b": [np.inf, None]})).parent / "a.parquet",
        WANTED._replace(on_error="skip"),
    )
    assert np.isnan(batch.values[0, 0])
    assert len(batch.values) == 1


@pytest.mark.parametrize("form", FORMS)
def test_rows_that_are_skipped_or_nan(tmp_path: Path, form: str) -> None:
    table = bad(c2=[4.0, None, 6.0], label=[0, 1, 5], s=["a", 'b"', "c,d"], w=[1, 2, 3])
    path = written(tmp_path, table, form)
    request = WANTED._replace(weight_col="w", keep_rows="cells", keep_records="whole")
    skipped = only(path, request._replace(on_error="skip"))
    assert skipped.values.tolist() == [[1, 4]]
    assert (listed(skipped.labels), listed(skipped.sample_weight)) == ([0], [1])
    assert listed(skipped.values_from.lines) == [1]
    assert [str(fault.place) for fault in skipped.faults] == [f"a.{form}: row {n}" for n in (2, 3)]
    assert [fault.row for fault in skipped.faults] == [b'2.0,,1,"b""",2', b'3.0,6.0,5,"c,d",3']
    assert [fault.value for fault in skipped.faults] == ["", "5"]
    assert skipped.rows is not None
    assert skipped.rows.cells == [[b"1.0", b"4.0", b"0", b"a", b"1"]]
    assert skipped.records == [{"c1": 1.0, "c2": 4.0, "label": 0, "s": "a", "w": 1}]
    as_nan = only(path, request._replace(on_error="nan"))
    assert np.isnan(as_nan.values).all(axis=1).tolist() == [False, True, True]
    assert listed(as_nan.labels) == [0, 0, 0]
    assert len(as_nan.faults) == 2
    assert as_nan.rows is not None
    assert len(as_nan.rows.cells) == 3


def test_typed_labels_follow_the_rows_that_are_left(tmp_path: Path) -> None:
    path = written(tmp_path, bad(c2=[4.0, None, 6.0]))
    request = WANTED._replace(attached=read_typed_labels(["0,0,1"]), on_error="skip")
    assert listed(only(path, request).labels) == [0, 1]
    request = WANTED._replace(attached=read_typed_targets(["0,1;1,0;0.5,0.5"]), on_error="skip")
    assert listed(only(path, request).targets) == [[0, 1], [0.5, 0.5]]
    message = told(path, WANTED._replace(attached=read_typed_labels(["0,0"]), on_error="skip"))
    assert message == "--label: 2 labels, but a.parquet has more samples"


def test_rows_and_records_of_every_kind(tmp_path: Path) -> None:
    moment = datetime.datetime(2026, 1, 31, 12, 30, tzinfo=datetime.UTC)
    table = pa.table(
        {
            "no, 1": pa.array([b"\xff", None]),
            "logits": [[1.0, 0.1], [1e-300, float("inf")]],
            "flag": [True, None],
            "day": [moment.date(), None],
            "at": pa.array([1], pa.timestamp("ns")).take(pa.array([0, None])),
            "price": pa.array([decimal.Decimal("0.10"), None]),
            "nested": [{"a": [1, None]}, None],
            "half": pa.array([0.1, None], pa.float32()),
            "name": pa.array(['a"b', "c\nd"]).dictionary_encode(),
        }
    )
    batch = only(written(tmp_path, table), Request(keep_rows="cells", keep_records="whole"))
    rows, records = batch.rows, batch.records
    assert rows is not None
    assert records is not None
    half = float(np.float32(0.1))
    assert rows.header[:4] == (b'"no, 1"', b"0", b"1", b"flag")
    assert rows.values_at == (1, 2)
    assert rows.cells[0] == [
        *(b"\\xff", b"1.0", b"0.1", b"true", b"2026-01-31", b"1970-01-01 00:00:00.000000001"),
        *(b"0.10", b'"{""a"": [1, null]}"', repr(half).encode(), b'"a""b"'),
    ]
    assert rows.cells[1] == [b"", b"1e-300", b"inf", *[b""] * 6, b'"c\nd"']
    assert records[0]["nested"] == {"a": [1, None]}
    assert (records[0]["price"], records[0]["flag"], records[0]["half"]) == (0.1, True, half)
    header = opened(tmp_path / "a.parquet", Request(keep_rows="cells")).rows
    assert header is not None
    assert header.header == rows.header


def test_the_index_of_pandas_is_no_class(tmp_path: Path) -> None:
    table = pa.table({"a": [1.0], "b": [2.0], "__index_level_0__": [3]})
    assert opened(written(tmp_path, table), Request()).classes == ("a", "b")
    described = b'{"index_columns": ["b", {"kind": "range"}], "columns": []}'
    table = table.replace_schema_metadata({b"pandas": described})
    assert opened(written(tmp_path, table), Request()).classes == ("a",)


def test_names_that_parquet_would_take_for_paths(tmp_path: Path) -> None:
    table = pa.table({"a": [1.0], "a.b": [2.0], "c": [0]})
    request = WANTED._replace(logit_cols="a,a.b", label_col="c")
    assert only(written(tmp_path, table), request).values.tolist() == [[1, 2]]


@pytest.mark.parametrize("form", FORMS)
def test_chunks_are_small_and_counted(tmp_path: Path, form: str) -> None:
    count = 300_000
    values = {f"c{n}": np.arange(count, dtype=float) + n for n in range(4)}
    table = pa.table({**values, "label": np.arange(count) % 4})
    path = written(
        tmp_path, table, form, **({"row_group_size": count} if form == "parquet" else {})
    )
    found = opened(path)
    chunks = list(found.chunks.in_order())
    assert len(chunks) >= 3
    assert all(len(pickle.dumps(chunk)) < 6 << 20 for chunk in chunks)
    read = [found.reader.read(chunk) for chunk in chunks]
    assert [batch.first for batch in read] == [chunk.first for chunk in chunks]
    assert np.concatenate([batch.values for batch in read])[:, 0].tolist() == values["c0"].tolist()
    assert np.concatenate([b.values_from.lines for b in read]).tolist() == list(range(1, count + 1))


def test_a_huge_row_group_is_not_held_whole(tmp_path: Path) -> None:
    count = 4_000_000
    values = {f"c{n}": np.random.default_rng(n).random(count) for n in range(2)}
    path = written(tmp_path, pa.table(values), row_group_size=count)
    gc.collect()
    found, before, peak, rows = opened(path, Request()), pa.total_allocated_bytes(), 0, 0
    for chunk in found.chunks.in_order():
        rows += len(found.reader.read(chunk).values)
        peak = max(peak, pa.total_allocated_bytes() - before)
    assert rows == count
    assert peak < 40 << 20 < path.stat().st_size


def test_a_copy_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copies = tmp_path / "copies"
    copies.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(copies))
    path = tmp_path / "a.parquet"
    path.write_bytes(gzip.compress(content_of(bad(), "parquet")))
    found = opened(path, Request())
    assert len(list(copies.iterdir())) == 1
    assert len(list(batches(found))) == len(list(batches(found))) == 1
    del found
    gc.collect()
    assert list(copies.iterdir()) == []
    path.write_bytes(gzip.compress(b"PAR1"))
    told(path)
    assert list(copies.iterdir()) == []


def test_no_rows(tmp_path: Path) -> None:
    table = pa.table({"a": pa.array([], pa.float64()), "b": pa.array([], pa.float64())})
    for form in FORMS:
        found = opened(written(tmp_path, table, form), Request())
        assert found.class_count == 2
        assert sum(len(batch.values) for batch in batches(found)) == 0


CONTENTS = {form: content_of(bad(label=[0, 1, 0], s=["a", "b", "c"]), form) for form in FORMS}


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_a_file_that_is_cut_short(tmp_path: Path, form: str) -> None:
    path = tmp_path / f"a.{form}"
    for length in range(0, len(CONTENTS[form]), 7):
        path.write_bytes(CONTENTS[form][:length])
        assert told(path).startswith(path.name)


@given(form=st.sampled_from(FORMS), content=st.binary(max_size=200))
def test_garbage_is_told(
    tmp_path_factory: pytest.TempPathFactory, form: str, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("garbage") / f"a.{form}"
    path.write_bytes(content)
    with suppress(XentError):
        list(batches(opened(path)))


def test_a_missing_file(tmp_path: Path) -> None:
    assert told(tmp_path / "a.parquet") == "a.parquet: cannot read it: no such file or directory"


def test_without_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, bad())
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UsageError, match="reading Parquet and Arrow needs the package") as raised:
        opened(path)
    assert raised.value.hint == "pip install 'xentcli[arrow]'"


def test_no_other_class_axis(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="the samples of a table are its rows"):
        opened(written(tmp_path, bad()), Request(class_axis=0))
    with pytest.raises(DataError, match="no column of numbers"):
        opened(written(tmp_path, pa.table({"a": ["x"]})), Request())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("wrong", ["twice", "missing", "a label"])
def test_what_is_wrong_in_a_second_table_is_told_with_its_row(
    form: str, wrong: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("id,a,b\nx,1,2\ny,3,1\nz,1,1\n")
    ids = {"twice": ["x", "y", "z", "z"], "missing": ["x", "y", "z", None]}.get(wrong, list("xyzu"))
    labels = ["a", "b", "a", "b"] if wrong != "a label" else ["b", "a", "fox", "a"]
    content = content_of(pa.table({"id": ids, "label": labels}), form)
    name = "s.parquet" if form == "parquet" else "s.arrow"
    (tmp_path / name).write_bytes(content)
    found = run_inside(["ce", "a.csv", "--labels-from", name], tmp_path)
    message = {
        "twice": 'row 4: column "id": the id "z" stands twice, first in row 3',
        "missing": 'row 4: column "id": the id is missing',
        "a label": 'row 3: "fox" is not a class index, nor the name of a class',
    }[wrong]
    assert found.stderr.splitlines()[0] == f"xent: {name}: {message}"
