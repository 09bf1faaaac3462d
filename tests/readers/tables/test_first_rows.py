"""What the first rows of a table show of its columns, and which rows have to be read for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.readers.opening import WANTED, opened, told
from xentcli.readers.interface import Request

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

from tests.readers.tables.test_columnar import FORMS, written  # noqa: E402
from xentcli.readers.tables.batches import Table, find_maybe_empty  # noqa: E402


def in_batches(columns: dict[str, Any], rows: int) -> Any:
    """A table that is stored in batches of so many rows."""
    table = pa.table(columns)
    return pa.concat_tables(table.slice(at, rows) for at in range(0, table.num_rows, rows))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("rows_at_once", [30, 70, 100, 200])
@pytest.mark.parametrize(
    ("row", "is_class"), [(0, True), (69, True), (90, True), (99, True), (100, False), (139, False)]
)
def test_a_column_with_one_number_is_a_class_if_it_is_in_the_first_hundred_rows(
    row: int, is_class: bool, rows_at_once: int, form: str, tmp_path: Path
) -> None:
    number = [2.5 if at == row else None for at in range(200)]
    table = in_batches({"s": ["x"] * 200, "a": [1.5] * 200, "b": number}, rows_at_once)
    options = {"row_group_size": rows_at_once} if form == "parquet" else {}
    path = written(tmp_path, table, form, **options)
    assert opened(path, Request()).classes == (("a", "b") if is_class else ("a",))


NULLS = {"a": [None, None, 1.0], "b": [1.0, 2.0, 3.0], "c": [None, None, None]}


@pytest.mark.parametrize(
    ("form", "rows", "options", "columns"),
    [
        # Of a Parquet file the statistics tell, where it has them.
        ("parquet", 1, {}, (0, 2)),
        ("parquet", 2, {}, (0, 2)),
        ("parquet", 3, {}, (2,)),
        ("parquet", 100, {}, (2,)),
        ("parquet", 100, {"write_statistics": False}, (0, 1, 2)),
        ("parquet", 100, {"write_statistics": ["b"]}, (0, 2)),
        ("parquet", 100, {"row_group_size": 2}, (0, 2)),
        ("arrow", 100, {}, (0, 1, 2)),
        ("arrows", 100, {}, (0, 1, 2)),
    ],
)
def test_rows_are_read_only_where_a_column_may_be_empty(
    form: str, rows: int, options: dict[str, Any], columns: tuple[int, ...], tmp_path: Path
) -> None:
    types = {name: pa.float64() for name in NULLS}
    path = written(tmp_path, pa.table(NULLS, pa.schema(types)), form, **options)
    name = "parquet" if form == "parquet" else "arrow"
    assert find_maybe_empty(Table(path.name, str(path), name), rows) == columns


@pytest.mark.parametrize(
    ("numbers", "counts"),
    [
        ([0, 1, 2], True),
        ([1, 2, 3], True),
        ([0, 1], False),
        ([5, 6, 7], False),
        ([-1, 0, 1], False),
        ([2, 3, 4], False),
        ([0, 1, 3], False),
        ([1, 0, 2], False),
        ([0, 1, None], False),
        ([0.0, 1.0, 2.0], False),
    ],
)
# Columns whose names have a point in them are not read one by one.
@pytest.mark.parametrize("names", ["nab", ("x.n", "x.a", "x.b")])
def test_the_first_column_numbers_the_rows_if_it_goes_up_by_one_from_0_or_1(
    names: tuple[str, str, str], numbers: Any, counts: bool, tmp_path: Path
) -> None:
    rows = len(numbers)
    columns = dict(zip(names, (numbers, [0.5] * rows, [1.5] * rows), strict=True))
    found = opened(written(tmp_path, pa.table(columns)), Request())
    assert found.classes == tuple(names[1:] if counts else names)
    assert found.left_out == ((names[0],) if counts else ())


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("other", ["fall", "x.fall"])
@pytest.mark.parametrize(("row", "in_doubt"), [(0, True), (75, True), (99, True), (100, False)])
def test_a_column_in_doubt_may_be_a_class_if_one_of_the_first_labels_names_it(
    row: int, in_doubt: bool, other: str, form: str, tmp_path: Path
) -> None:
    columns = {"of": ["x"] * 140, "step": [0.5] * 140, "rise": [1.5] * 140, other: [2.5] * 140}
    labels = ["step" if at == row else "rise" for at in range(140)]
    path = written(tmp_path, in_batches({**columns, "label": labels}, 70), form)
    if in_doubt:
        said = told(path, WANTED)
        assert said == f'a.{form}: the column "step" has a class\'s name, but seldom is a class'
    else:
        assert opened(path, WANTED).classes == ("rise", other)
