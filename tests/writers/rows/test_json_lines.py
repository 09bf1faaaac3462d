"""JSON Lines: strict JSON, fields that stay as they were, numbers that read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.readers.opening import listed
from tests.writers.made import (
    FLOATS,
    NAMES,
    batch_of,
    numbers,
    read_again,
    rows_of,
    same_bits,
    shared_folder,
    stream_of,
    written,
)
from xentcli.errors import DataError
from xentcli.model import Answer, AnyArray, Batch, Origin, Report
from xentcli.readers.interface import Request
from xentcli.writers.interface import View
from xentcli.writers.rows import json_lines

LABELS = Request(wanted="labels or targets", keep_records="whole", keep_rows="cells")
LOSS = Answer("loss", np.array([0.5]))


def strict(data: bytes) -> list[dict[str, Any]]:
    """Each line as an object; a bare NaN or a key twice is an error."""

    def refuse(name: str) -> None:
        raise AssertionError(name)

    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        assert len(dict(pairs)) == len(pairs)
        return dict(pairs)

    lines = data.decode("utf-8").removesuffix("\n").split("\n")
    return [json.loads(line, parse_constant=refuse, object_pairs_hook=once) for line in lines]


def passed(folder: Path, line: str, answer: Answer) -> str:
    _, batch = read_again(folder, "jsonl", line.encode(), LABELS)
    return written("jsonl", batch, answer).decode()


def test_a_loss_comes_after_the_record(tmp_path: Path) -> None:
    line = '{"id": 7, "logits": [1, 2.50], "loss": "old", "label": "0", "p": 1.10}'
    assert passed(tmp_path, line, LOSS) == (
        '{"id": 7, "logits": [1, 2.50], "label": "0", "p": 1.10, "loss": 0.5}\n'
    )


def test_a_row_takes_the_place_of_the_values(tmp_path: Path) -> None:
    answer = Answer("grad", np.array([[np.nan, -0.0]]))
    line = '{"id": {"a": [NaN, "é"]}, "logits": [1, 2.50], "label": 0}'
    assert passed(tmp_path, line, answer) == (
        '{"id": {"a": ["NaN", "é"]}, "label": 0, "grad": ["NaN", -0.0]}\n'
    )
    flat = '{"id": 7, "a": 1, "b": 2, "label": "b"}'
    assert passed(tmp_path, flat, answer) == '{"id": 7, "label": "b", "grad": ["NaN", -0.0]}\n'


def test_a_list_becomes_a_record(tmp_path: Path) -> None:
    assert passed(tmp_path, "[1, 2.5]", LOSS) == '{"logits": [1.0, 2.5], "loss": 0.5}\n'


def test_half_a_pair_stays_an_escape(tmp_path: Path) -> None:
    line = '{"\\udc00x": "\\ud800", "logits": [1], "label": 0}'
    _, batch = read_again(tmp_path, "jsonl", b'{"k": "\\ud800", "logits": [1]}', LABELS)
    assert written("jsonl", batch, LOSS) == b'{"k": "\\ud800", "logits": [1], "loss": 0.5}\n'
    with pytest.raises(DataError, match="is not Unicode text"):
        passed(tmp_path, line, LOSS)


def test_records_of_python_values_are_written_strictly() -> None:
    records = [{"t": float("inf"), "l": [float("nan"), None], "a": 1.0, "b": 2.0, "s": "é"}]
    batch = Batch(np.array([[1.0, 2.0]]), "logits", Origin("f", "table", names=("a", "b")))
    batch = batch._replace(records=records)
    assert written("jsonl", batch, Answer("probs", np.array([[0.5, 0.5]]))).decode() == (
        '{"t": "Infinity", "l": ["NaN", null], "s": "é", "probs": [0.5, 0.5]}\n'
    )


def test_typed_samples_have_their_number() -> None:
    batch = batch_of([[1, 2]], labels=np.array([1]), first=3)
    expected = '{"sample": 3, "logits": [1.0, 2.0], "label": 1, "loss": 0.5}\n'
    assert written("jsonl", batch, LOSS).decode() == expected
    single = batch_of([1, 2], targets=np.array([0.5, 0.5]))
    assert written("jsonl", single, Answer("loss", np.array(0.5))).decode() == (
        '{"sample": 0, "logits": [1.0, 2.0], "targets": [0.5, 0.5], "loss": 0.5}\n'
    )


@pytest.mark.parametrize(
    ("axis", "expected"),
    [(1, [[1, 2], [3, 4], [5, 6]]), (0, [[1, 2], [3, 4], [5, 6]]), (-1, [[1, 3, 5], [2, 4, 6]])],
)
def test_images_stay_nested(axis: int, expected: list[list[float]]) -> None:
    batch = batch_of([[[1, 2], [3, 4], [5, 6]]], labels=np.array([[0, 2]]))
    found = written("jsonl", batch, Answer("probs", batch.values), class_axis=axis)
    assert strict(found) == [{"sample": 0, "label": [0, 2], "probs": expected}]
    losses = written("jsonl", batch, Answer("loss", np.array([[0.5, 1]])), class_axis=axis)
    assert strict(losses)[0] == {
        "sample": 0,
        "logits": expected,
        "label": [0, 2],
        "loss": [0.5, 1.0],
    }


def text_batch(cells: list[list[str]], header: list[str], at: list[int], values: Any) -> Batch:
    names = tuple(header[one] for one in at) if header else ()
    origin = Origin("f.csv", "text", list(range(2, 2 + len(cells))), tuple(at), names)
    return batch_of(values, rows=rows_of(header, cells, at))._replace(values_from=origin)


def test_rows_of_text_become_flat_records() -> None:
    cells = [
        ["007", ' "q"', '"x, ""y"""', "-1.50", "+.5", ""],
        ["7", "1e5", "nan", "NA", "inf", "0"],
    ]
    header = ["id", "s", '"no,te"', "a", "b", "s"]
    batch = text_batch(cells, header, [3, 4], [[-1.5, 0.5], [np.nan, np.inf]])
    assert written("jsonl", batch, Answer("loss", np.array([0.5, 1]))).decode() == (
        '{"id": "007", "s": " \\"q\\"", "no,te": "x, \\"y\\"", "a": -1.50, "b": 0.5, "s_2": "",'
        ' "loss": 0.5}\n'
        '{"id": 7, "s": 1e5, "no,te": "nan", "a": "NaN", "b": "Infinity", "s_2": 0, "loss": 1.0}\n'
    )
    assert written("jsonl", batch, Answer("probs", np.full((2, 2), 0.5))).decode() == (
        '{"id": "007", "s": " \\"q\\"", "no,te": "x, \\"y\\"", "s_2": "", "probs": [0.5, 0.5]}\n'
        '{"id": 7, "s": 1e5, "no,te": "nan", "s_2": 0, "probs": [0.5, 0.5]}\n'
    )


def test_columns_without_names_have_numbers() -> None:
    batch = text_batch([["1", "x"]], [], [0], [[1]])
    assert written("jsonl", batch, LOSS) == b'{"1": 1, "2": "x", "loss": 0.5}\n'
    nothing = text_batch([], [], [0], np.zeros((0, 1)))
    assert written("jsonl", nothing, Answer("loss", np.zeros(0))) == b""


def test_a_cell_that_is_no_text_is_placed() -> None:
    batch = text_batch([["1", "x"]], ["a", "n"], [0], [[1]])
    assert batch.rows is not None
    batch.rows.cells[0][1] = b"\xff"
    with pytest.raises(DataError, match=r"f\.csv:2:2: the cell is not UTF-8 text"):
        written("jsonl", batch, LOSS)


def test_a_reduced_loss_is_one_record() -> None:
    stream = stream_of(batch_of([[1]]), "loss", each=False)
    report = Report("ce", "logits", "loss", ("0",), 2, (), float("inf"), "mean", 0, 2.0)
    (record,) = strict(b"".join(json_lines.end(report, stream, View(), ())))
    assert record == {
        "loss": "Infinity",
        "reduction": "mean",
        "samples": 2,
        "ignored": 0,
        "denominator": 2.0,
    }


@given(values=numbers(), data=st.data())
@shared_folder
def test_what_is_made_reads_back(tmp_path: Path, values: AnyArray, data: st.DataObject) -> None:
    count, classes = values.shape
    labels = data.draw(st.lists(st.integers(0, classes - 1), min_size=count, max_size=count))
    batch = batch_of(values, labels=np.array(labels))
    losses = Answer("loss", np.array(data.draw(st.lists(FLOATS, min_size=count, max_size=count))))
    found = written("jsonl", batch, losses)
    strict(found)
    _, again = read_again(tmp_path, "jsonl", found, LABELS)
    assert same_bits(again.values, values)
    assert listed(again.labels) == labels
    rows = written("jsonl", again, Answer("log_probs", -values))
    opened, last = read_again(tmp_path, "jsonl", rows, LABELS)
    assert opened.kind == "log_probs"
    assert same_bits(last.values, -values)
    assert listed(last.labels) == labels


@given(values=numbers(), data=st.data())
@shared_folder
def test_text_reads_back_as_records(tmp_path: Path, values: AnyArray, data: st.DataObject) -> None:
    classes = values.shape[1]
    names = tuple(data.draw(st.lists(NAMES, min_size=classes, max_size=classes, unique=True)))
    made = batch_of(values, classes=names, labels=np.zeros(len(values), dtype=np.int64))
    table = written("csv", made, Answer("probs", values))
    _, batch = read_again(tmp_path, "csv", table, LABELS)
    found = written("jsonl", batch, Answer("loss", values[:, 0]))
    strict(found)
    # The losses are numbers too: the classes have to be named.
    request = LABELS._replace(logit_cols=f"2-{classes + 1}")
    opened, again = read_again(tmp_path, "jsonl", found, request)
    assert opened.classes == names
    assert same_bits(again.values, values)
    assert listed(again.labels) == [0] * len(values)
    _, rows = read_again(tmp_path, "jsonl", found, request._replace(keep_records=None))
    for format in ("csv", "tsv"):
        text = written(format, rows, Answer("grad", -values))
        last_opened, last = read_again(tmp_path, format, text, request)
        assert last_opened.classes == names
        assert same_bits(last.values, -values)
