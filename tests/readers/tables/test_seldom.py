"""Tables as few programs write them, and files that change while they are read."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.faults.running import run_inside
from tests.readers.opening import WANTED, only, opened, told
from xentcli.errors import DataError
from xentcli.readers.interface import Request
from xentcli.readers.sources.source import Source, version_of
from xentcli.readers.tables import columnar

pa = pytest.importorskip("pyarrow")

from tests.readers.tables.test_columnar import written  # noqa: E402
from xentcli.readers.tables.batches import Table, read_batches  # noqa: E402


def test_numbers_of_a_type_around_another(tmp_path: Path) -> None:
    class Measured(pa.ExtensionType):  # type: ignore[misc, name-defined]
        """Floats that a program calls measured."""

        def __init__(self) -> None:
            super().__init__(pa.float64(), "xentcli.measured")

        def __arrow_ext_serialize__(self) -> bytes:
            return b""

        @classmethod
        def __arrow_ext_deserialize__(cls, storage: Any, serialized: bytes) -> Any:
            return cls()

    pa.register_extension_type(Measured())
    try:
        a = pa.ExtensionArray.from_storage(Measured(), pa.array([1.5, -2.0]))
        path = written(tmp_path, pa.table({"a": a, "b": [0.5, 4.0], "label": [0, 1]}))
        assert only(path).values.tolist() == [[1.5, 0.5], [-2.0, 4.0]]
    finally:
        pa.unregister_extension_type("xentcli.measured")


def test_lists_in_the_column_of_the_label_are_soft_targets(tmp_path: Path) -> None:
    lists = {"logits": [[0.5, 1.0], [2.0, 0.0]], "label": [[0.25, 0.75], [1.0, 0.0]]}
    batch = only(written(tmp_path, pa.table(lists)))
    assert batch.labels is None
    assert batch.targets is not None
    assert batch.targets.tolist() == lists["label"]


def test_a_key_that_no_list_has(tmp_path: Path) -> None:
    path = written(tmp_path, pa.table({"logits": [[0.5, 1.0]], "z": [1.0], "label": [0]}))
    for key in ("z", "scores"):
        said = told(path, WANTED._replace(logits_key=key))
        assert said == "--logits-key: a.parquet has no column of lists of that name"


def test_names_of_rows_that_are_left_out_are_not_looked_up(tmp_path: Path) -> None:
    columns = {"a": [0.5, None, 2.0], "b": [1.0, 2.0, 3.0], "label": ["a", None, "b"]}
    batch = only(written(tmp_path, pa.table(columns)), WANTED._replace(on_error="skip"))
    assert batch.labels is not None
    assert batch.labels.tolist() == [0, 1]
    assert [fault.place.detail for fault in batch.faults] == ["row 2"]


@pytest.mark.parametrize("rows", [99, 100, 350])
def test_a_column_that_counts_the_rows_is_no_class(rows: int, tmp_path: Path) -> None:
    columns = {"n": range(rows), "a": np.linspace(0, 1, rows), "b": np.linspace(1, 0, rows)}
    found = opened(written(tmp_path, pa.table(columns), row_group_size=70), Request())
    assert found.classes == ("a", "b")
    assert found.left_out == ("n",)


@pytest.mark.parametrize("form", ["parquet", "arrow"])
def test_a_table_that_changes_or_goes_while_it_is_read(form: str, tmp_path: Path) -> None:
    path = written(tmp_path, pa.table({"a": [0.5], "b": [1.0]}), form)
    version = version_of(Source(path.name, str(path)))
    table = Table(path.name, str(path), form, version)
    assert [batch.num_rows for batch in read_batches(table, None, 10)] == [1]
    written(tmp_path, pa.table({"a": [0.5] * 9, "b": [1.0] * 9}), form)
    with pytest.raises(DataError, match="changed while"):
        list(read_batches(table, None, 10))
    path.unlink()
    with pytest.raises(DataError, match="cannot read it: no such file or directory"):
        list(read_batches(table._replace(version=None), None, 10))


def test_a_target_above_1_in_a_list_has_its_position(tmp_path: Path) -> None:
    lists = {"logits": [[0.5, 0.5], [0.5, 1.5]], "targets": [[0.0, 1.0], [0.5, 1.5]]}
    written(tmp_path, pa.table(lists))
    found = run_inside(["bce", "a.parquet"], tmp_path)
    said = 'xent: a.parquet: row 2: column "targets[1]": 1.5 is not a target from 0 to 1\n'
    assert (found.code, found.stderr) == (1, said)


@pytest.mark.parametrize("offsets", [[0, 6, 4], [0, 3, 2, 4], [0, -1, 4]])
def test_lists_that_point_outside_their_numbers(offsets: list[int], tmp_path: Path) -> None:
    numbers, places = pa.array([1.0, 2.0, 3.0, 4.0]), pa.array(offsets, pa.int32())
    lists = pa.Array.from_buffers(
        pa.list_(pa.float64()), len(offsets) - 1, [None, places.buffers()[1]], children=[numbers]
    )
    path = written(tmp_path, pa.table({"logits": lists}), "arrow")
    assert told(path, Request()).startswith("a.arrow: cannot read it as Arrow (")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (pa.ArrowInvalid("a page ends too early"), "as Parquet (a page ends too early)"),
        (pa.ArrowInvalid("a page is bad.\nIt ends too early."), "as Parquet (a page is bad)"),
        (OSError("no \x1b[1mmagic\x1b[0m bytes"), "as Parquet (no \\x1b[1mmagic\\x1b[0m bytes)"),
        (MemoryError(), "as Parquet (MemoryError)"),
        (PermissionError(13, "no"), "permission denied"),
    ],
)
def test_what_arrow_says_is_told_in_a_line(
    error: Exception, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise error

    path = written(tmp_path, pa.table({"a": [0.5], "b": [1.0]}))
    monkeypatch.setattr("pyarrow.parquet.ParquetFile", refuse)
    between = " " if message.startswith("as") else ": "
    assert told(path) == f"a.parquet: cannot read it{between}{message}"


def test_the_label_that_is_asked_for_or_stands_alone_is_taken_before_lists_of_targets(
    tmp_path: Path,
) -> None:
    lists = {"logits": [[0.5, 1.0], [2.0, 0.0]], "targets": [[0.25, 0.75], [1.0, 0.0]]}
    for name in ("label", " Label", "gold"):
        path = written(tmp_path, pa.table({**lists, name: [1, 0]}))
        asked = WANTED._replace(label_col=name.strip() if name == "gold" else None)
        batch = only(path, asked)
        assert batch.targets is None
        assert batch.labels is not None
        assert batch.labels.tolist() == [1, 0]
    # A column that is no label does not hide them.
    batch = only(path)
    assert batch.labels is None
    assert batch.targets is not None
    assert batch.targets.tolist() == lists["targets"]


@pytest.mark.parametrize("loaded", [True, False])
def test_before_pyarrow_is_loaded_there_must_be_memory_for_it(
    loaded: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def refuse(mebibytes: int) -> None:
        asked.append(mebibytes)
        raise MemoryError

    path = written(tmp_path, pa.table({"a": [0.5], "b": [1.0]}))
    monkeypatch.setattr(columnar, "check_memory", refuse)
    if loaded:
        assert only(path, Request()).values.tolist() == [[0.5, 1.0]]
    else:
        monkeypatch.delitem(sys.modules, "pyarrow")
        with pytest.raises(MemoryError):
            opened(path, Request())
    assert asked == ([] if loaded else [columnar.TO_LOAD])


@pytest.mark.parametrize(
    ("column", "type"),
    [
        ([0.5, 0.5], "double"),
        (["x", "y"], "string"),
        (pa.nulls(2), "null"),
        ([["x"], ["y"]], "list<element: string>"),
    ],
)
def test_beside_a_list_of_logits_soft_targets_are_a_list(
    column: Any, type: str, tmp_path: Path
) -> None:
    lists = [[0.5, 1.0], [2.0, 0.0]]
    path = written(tmp_path, pa.table({"logits": lists, "t": column, "u": lists}), "arrow")
    said = told(path, WANTED._replace(target_cols="t"))
    shown = type.replace("element", pa.list_(pa.string()).value_field.name)
    assert said == f'a.arrow: column "t": its type is {shown}, not lists of numbers'
    targets = only(path, WANTED._replace(target_cols="u")).targets
    assert targets is not None
    assert targets.tolist() == lists
    path = written(tmp_path, pa.table({"a": [0.5, 1.0], "b": [2.0, 0.0], "label": lists}))
    assert "its type is list<" in told(path)


def test_a_table_without_columns(tmp_path: Path) -> None:
    for form in ("parquet", "arrow"):
        said = told(written(tmp_path, pa.table({}), form))
        assert said == f"a.{form}: no column of numbers to take as logits"
