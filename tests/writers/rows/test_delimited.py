"""CSV and TSV: cells that stay as they were, numbers that read back to the same bits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.readers.opening import listed
from tests.writers.made import (
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
from xentcli.model import Answer, AnyArray, Report
from xentcli.readers.interface import Request
from xentcli.writers.interface import View
from xentcli.writers.rows import delimited

ROWS = rows_of(
    ["note", "a", "b"],
    [["x,y", "1", "2"], ['"p\t""q"""', "3", "4"], ["u\tv", "5", "6"], ['"', "7", "8"]],
    [1, 2],
)


def test_the_inputs_own_delimiter_leaves_cells_alone() -> None:
    batch = batch_of([[1, 2]] * 4, rows=ROWS._replace(delimiter=b";", newline=b"\r\n"))
    found = written("csv", batch, Answer("loss", np.array([0.5, 1, 2, 3])))
    assert found == (
        b'note;a;b;loss\r\nx,y;1;2;0.5\r\n"p\t""q""";3;4;1.0\r\nu\tv;5;6;2.0\r\n";7;8;3.0\r\n'
    )


def test_another_delimiter_quotes_what_needs_it() -> None:
    batch = batch_of([[1, 2]] * 4, rows=ROWS)
    found = written("tsv", batch, Answer("probs", np.full((4, 2), 0.5)))
    assert found == (
        b'note\ta\tb\nx,y\t0.5\t0.5\n"p\t""q"""\t0.5\t0.5\n"u\tv"\t0.5\t0.5\n"\t0.5\t0.5\n'
    )


def test_text_without_a_header_gets_none() -> None:
    batch = batch_of([[1, 2]], rows=rows_of([], [["1", "2"]], [0, 1]))
    assert written("csv", batch, Answer("probs", np.array([[0.25, 0.75]]))) == b"0.25,0.75\n"


def test_made_rows_have_the_delimiter_that_is_asked_for() -> None:
    batch = batch_of([[1, 2]], classes=("a,b", "c\td"), labels=np.array([1]))
    answer = Answer("loss", np.array([0.5]))
    assert written("tsv", batch, answer) == (
        b'sample\t"a,b"\t"c\td"\tlabel\tloss\n0\t1.0\t2.0\t1\t0.5\n'
    )


@pytest.mark.parametrize(("delimiter", "mark"), [(None, ","), (b"\t", "\t")])
def test_a_reduced_loss_is_one_row(delimiter: bytes | None, mark: str) -> None:
    stream = stream_of(batch_of([[1]]), "loss", each=False, delimiter=delimiter)
    report = Report("ce", "logits", "loss", ("0",), 2, (), 0.1, "mean", 0, 2.0)
    found = b"".join(delimited.end(report, stream, View(), ()))
    expected = "loss,reduction,samples,ignored,denominator\n0.1,mean,2,0,2.0\n"
    assert found.decode() == expected.replace(",", mark)
    assert delimited.start(stream) + delimited.rows(batch_of([[1]]), None, stream) == b""  # type: ignore[arg-type]


@pytest.mark.parametrize("format", ["csv", "tsv"])
@given(values=numbers(), data=st.data())
@shared_folder
def test_what_is_made_reads_back(
    tmp_path: Path, format: str, values: AnyArray, data: st.DataObject
) -> None:
    count, classes = values.shape
    names = tuple(data.draw(st.lists(NAMES, min_size=classes, max_size=classes, unique=True)))
    labels = data.draw(st.lists(st.integers(0, classes - 1), min_size=count, max_size=count))
    batch = batch_of(values, classes=names, labels=np.array(labels))
    found = written(format, batch, Answer("probs", values))
    opened, again = read_again(tmp_path, format, found, Request(wanted="labels"))
    assert opened.classes == names
    assert same_bits(again.values, values)
    assert listed(again.labels) == labels


@pytest.mark.parametrize("format", ["csv", "tsv"])
@given(values=numbers(), notes=st.lists(NAMES, min_size=4, max_size=4))
@shared_folder
def test_what_is_passed_on_reads_back(
    tmp_path: Path, format: str, values: AnyArray, notes: list[str]
) -> None:
    classes = values.shape[1]
    made = batch_of(values, labels=np.zeros(len(values), dtype=np.int64))
    _, first = read_again(
        tmp_path, "csv", written("csv", made, Answer("probs", values)), Request(keep_rows="cells")
    )
    assert first.rows is not None
    quoted = ['"' + note.replace('"', '""') + '"' for note in notes]
    cells = [[*row, note.encode()] for row, note in zip(first.rows.cells, quoted, strict=False)]
    rows = first.rows._replace(header=(*first.rows.header, b"note"), cells=cells)
    found = written(format, first._replace(rows=rows), Answer("grad", -values))
    request = Request(keep_rows="cells", logit_cols=f"2-{classes + 1}")
    _, again = read_again(tmp_path, format, found, request)
    assert same_bits(again.values, -values)
    assert again.rows is not None
    read = [delimited.cell_content(row[-1]).decode() for row in again.rows.cells]
    assert read == notes[: len(values)]
