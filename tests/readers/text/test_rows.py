"""The rows of a block are read at once or one by one: the samples are the same, and so is what is
passed on of the rows, in whichever form."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.readers.opening import WANTED, listed, only, opened, told
from tests.readers.test_at_once import answers_of
from xentcli.model import Batch, Rows
from xentcli.readers.interface import KeepRows, OnError, Request
from xentcli.readers.text import fast as at_once
from xentcli.readers.text import rows as reading
from xentcli.readers.text.records import count_line_ends

SOFT = WANTED._replace(logit_cols="a,b", target_cols="ta,tb", weight_col="w")
BLOCKS: dict[str, tuple[bytes, Request]] = {
    "numbers": (b"a,b,c,label\n1.5,2,3,0\n-3,0.25,1,2\n0,0,0,1\n", WANTED),
    "many numbers": (b"a,b,label\n" + b"1.5,2,0\n-3,0.25,1\n" * 9, WANTED),
    "numbers around": (
        b"id,n,a,b,c,label,e\n7,1,2,3,4,0,5\n10,2,3,4,6,1,60\n",
        WANTED._replace(logit_cols="a,b,c"),
    ),
    "numbers between tabs": (b"a\tb\tlabel\n1.5\t2\t0\n-3\t0.25\t1\n", WANTED),
    "values alone": (b"a,b,c\n1,2,3\n4,5,6\n", Request()),
    "values at the end": (b"id,label,a,b,c\n7,0,2,3,4\n10,1,3,4,5\n", WANTED),
    "long numbers": (b"id,a,b,label\n" + b"9" * 40 + b",1,2,0\n7,3,4,1\n", WANTED),
    "a line end that is missing": (b"a,b,label\n1.5,2,0", WANTED),
    "lines of Windows": (b"a,b,label\r\n1.5,2,0\r\n-3,0.25,1\r\n", WANTED),
    "words around": (b"t,u,a,b,c,label,v\nx,y,1,2,3,0,z\nlonger than,,3,4,5,1,\n", WANTED),
    "a word before": (b"t,a,b,c,label\nx,1,2,3,0\ny,3,4,5,1\n", WANTED),
    "words before, values at the end": (b"t,u,label,a,b\nx,y,0,1,2\nxx,yy,1,3,4\n", WANTED),
    "words, a line end that is missing": (b"t,a,b,label\nx,1,2,0", WANTED),
    "words in lines of Windows": (b"t,a,b,label\r\nx,1,2,0\r\ny,3,4,1\r\n", WANTED),
    "words in two lines": (b't,a,b,label\n"x\ny",1,2,0\nz,3,4,1\n"\n\n",5,6,1\n', WANTED),
    "words in two lines at the end": (b'a,b,label,t\n1,2,0,"x\ny"\n3,4,1,z\n', WANTED),
    "words between tabs": (b"t\ta\tb\tlabel\nx\t1\t2\t0\ny\t3\t4\t1\n", WANTED),
    "values apart": (b"a,label,b,t,c,d\n1,0,2,x,3,4\n5,1,6,y,7,8\n", WANTED),
    "values apart in lines of Windows": (b"a,t,b,label\r\n1,x,2,0\r\n3,y,4,1\r\n", WANTED),
    "values in another order": (
        b"t,c,a,b,label\nx,1,2,3,0\ny,3,4,5,1\n",
        WANTED._replace(logit_cols="a,b,c"),
    ),
    "words that are empty": (b"t,u,a,b,label\n,x,1,2,0\n,y,3,4,1\n", WANTED),
    "words that end with a zero byte": (b"t,a,b,label\nx\0,1,2,0\nyyy,3,4,1\n", WANTED),
    "names of classes": (b"cat,dog,label\n1,2,dog\n3,1,cat\n", WANTED),
    "a label that is ignored": (b"t,a,b,label\nx,1,2,-100\ny,1,2,0\n", WANTED),
    "soft targets and weights": (
        b"a,b,ta,tb,w\n1.5,2,0.5,0.5,1\n-3,0.25,0,1,0\n0,0,1,0,2\n",
        SOFT,
    ),
    "soft targets beside words": (
        b"t,w,a,u,b,tb,ta\nx,1,2,y,3,0.25,0.75\nx,0,4,y,5,0,1\n",
        SOFT,
    ),
    "numbers in quotes": (b'a,b,label\n"1","2",0\n3,"4","1"\n', WANTED),
    "words in quotes": (b't,a,b,label\n"x ""y"", z",1,2,0\n"",3,4,1\n', WANTED),
    "a mark of comments that is not there": (
        b"a,b,label\n1,2,0\n3,4,1\n",
        WANTED._replace(comment="#"),
    ),
    "probabilities": (b"a,b,label\n0,1,0\n1,0,1\n0.25,0.75,1\n", WANTED._replace(kind="probs")),
    "groups": (b"a,b,label,g\n1,2,0,x\n3,1,1,y\n5,2,0,x\n", WANTED._replace(by="g")),
    "groups of numbers": (b"n,a,b,label\n7,1,2,0\n8,3,1,1\n7,3,1,1\n", WANTED._replace(by="n")),
}
FORMS: tuple[KeepRows | None, ...] = (None, "lines", "around", "cells")


def numbers_of(batch: Batch) -> list[Any]:
    """The numbers of the samples, their groups and their lines."""
    arrays = (batch.values, batch.labels, batch.targets, batch.sample_weight)
    found = [None if array is None else listed(array) for array in arrays]
    groups = batch.grouping and [batch.grouping.names[at] for at in batch.grouping.at]
    assert batch.target_from is None or list(batch.target_from.lines) == list(
        batch.values_from.lines
    )
    return [*found, groups, np.asarray(batch.values_from.lines).tolist(), batch.lines]


def check_passed_on(rows: Rows, keep: KeepRows, cells: list[list[bytes]]) -> None:
    """The rows are in the form that was asked for, or in cells where they cannot be."""
    join, at = rows.delimiter.join, rows.values_at
    if keep == "lines" and not any(b"\n" in cell for row in cells for cell in row):
        assert rows.text == b"".join(join(row) + b"\n" for row in cells)
    elif keep == "around" and at == tuple(range(at[0], at[-1] + 1)):
        heads = [join(row[: at[0]]) for row in cells] if at[0] else None
        tails = [join(row[at[-1] + 1 :]) for row in cells] if at[-1] < len(cells[0]) - 1 else None
        assert rows.around == (heads, tails)
    else:
        assert (rows.text, rows.around) == (None, None)
        assert rows.cells == cells


@pytest.mark.parametrize("fast", ["0", "1"])
@pytest.mark.parametrize("keep", FORMS)
@pytest.mark.parametrize("what", BLOCKS)
def test_at_once_is_as_good_as_one_by_one(
    what: str, keep: KeepRows | None, fast: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, request = BLOCKS[what]
    monkeypatch.setenv("XENT_FAST", fast)
    (tmp_path / "a.csv").write_bytes(content)
    asked = request._replace(keep_rows=keep)
    with monkeypatch.context() as slow:
        slow.setattr(reading, "read_at_once", lambda *given: None)
        expected = only(tmp_path / "a.csv", asked)
    whole = answers_of(monkeypatch, reading, "read_at_once")
    found = only(tmp_path / "a.csv", asked)
    assert whole == [True]
    assert numbers_of(found) == numbers_of(expected)
    assert found.lines == count_line_ends(content.partition(b"\n")[2])
    assert (found.rows is None) == (keep is None)
    if found.rows is not None and keep is not None:
        assert expected.rows is not None
        check_passed_on(found.rows, keep, expected.rows.cells)
        assert found.rows._replace(text=None, around=None, cells=[]) == expected.rows._replace(
            cells=[]
        )


NUMBERS = ("numbers around", "numbers between tabs", "long numbers", "groups of numbers")


@pytest.mark.parametrize("keep", FORMS)
@pytest.mark.parametrize("what", NUMBERS)
def test_numbers_alone_are_read_once(
    what: str, keep: KeepRows | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, request = BLOCKS[what]
    (tmp_path / "a.csv").write_bytes(content)
    again = answers_of(monkeypatch, at_once, "_read_numbers_among_words")
    found = only(tmp_path / "a.csv", request._replace(keep_rows=keep))
    assert len(found.values) == content.count(b"\n") - 1
    assert again == []


@pytest.mark.parametrize("keep", ["lines", "around", None])
def test_of_numbers_not_every_cell_is_looked_for(
    keep: KeepRows | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content, request = BLOCKS["numbers around"]
    (tmp_path / "a.csv").write_bytes(content)
    looked_for = answers_of(monkeypatch, at_once, "_find_bounds")
    found = only(tmp_path / "a.csv", request._replace(keep_rows=keep))
    assert len(found.values) == 2
    assert looked_for == []


def test_the_line_ends_of_windows_in_a_cell_are_passed_on(tmp_path: Path) -> None:
    content = b't,a,b,label\r\n"x\r\ny",1,2,0\r\nz,3,4,1\r\n'
    (tmp_path / "a.csv").write_bytes(content)
    found = only(tmp_path / "a.csv", WANTED._replace(keep_rows="cells"))
    assert found.rows is not None
    assert [row[0] for row in found.rows.cells] == [b'"x\r\ny"', b"z"]
    assert found.rows.newline == b"\r\n"
    assert list(found.values_from.lines) == [2, 4]


UNUSABLE = b'a,b,label,t\n1,2,0,"u\nv"\n1,x,0,y\n\n3,4,1,z\n5\n"6",7,0,w\n'


def test_rows_that_cannot_be_used_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(UNUSABLE)
    found = only(tmp_path / "a.csv", WANTED._replace(on_error="skip", keep_rows="cells"))
    assert found.values.tolist() == [[1, 2], [3, 4], [6, 7]]
    assert [fault.place.line for fault in found.faults] == [4, 7]
    assert list(found.values_from.lines) == [2, 6, 8]
    # Their numbers are those among all samples.
    assert listed(found.kept) == [0, 2, 4]
    assert found.unread == ()
    assert found.rows is not None
    assert [row[-1] for row in found.rows.cells] == [b'"u\nv"', b"z", b"w"]


def test_rows_that_cannot_be_used_become_nan(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(UNUSABLE)
    found = only(tmp_path / "a.csv", WANTED._replace(on_error="nan", keep_rows="cells"))
    assert np.isnan(found.values).all(axis=1).tolist() == [False, True, False, True, False]
    assert [fault.place.line for fault in found.faults] == [4, 7]
    assert list(found.values_from.lines) == [2, 4, 6, 7, 8]
    assert found.unread == (1, 3)
    assert found.kept is None
    # A row that is too short is filled up.
    assert found.rows is not None
    assert found.rows.cells[3] == [b"5", b"", b"", b""]


@pytest.mark.parametrize("on_error", ["skip", "nan"])
def test_nothing_is_said_of_rows_that_can_be_used(on_error: OnError, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b,label\n1,2,0\n\n3,4,1\n")
    found = only(tmp_path / "a.csv", WANTED._replace(on_error=on_error))
    assert (found.unread, found.kept, found.faults) == ((), None, ())


@pytest.mark.parametrize("ignored", [-100, 0])
def test_what_stands_in_a_row_that_is_nan(ignored: int, tmp_path: Path) -> None:
    """Nothing that hides the nan, or of which more is said: a label that is not ignored, a soft
    target that sums to 1, a weight of 1."""
    (tmp_path / "a.csv").write_bytes(b"a,b,ta,tb,w,label\n1,x,1,0,5,0\n1,2,1,0,5,1\n")
    asked = SOFT._replace(on_error="nan", ignore_index=ignored)
    found = only(tmp_path / "a.csv", asked)
    assert listed(found.targets) == [[0.5, 0.5], [1, 0]]
    assert listed(found.sample_weight) == [1, 5]
    found = only(tmp_path / "a.csv", asked._replace(target_cols=None))
    assert listed(found.labels) == [1 if ignored == 0 else 0, 1]


@pytest.mark.parametrize(
    ("rows", "ids"),
    [
        (b"x,1,2,0\ny,3,4,1\nz,5,6,0\n", "xyz"),
        (b"x,1,2,0\r\ny,3,4,1\r\nz,5,6,0\r\n", "xyz"),
        (b"x,1,2,0\ry,3,4,1\rz,5,6,0\n", "xyz"),
        (b"x,1,2,0\r\ny,3,4,1\rz,5,6,0\n", "xyz"),
        (b"\n\nx,1,2,0\n\ny,3,4,1\n\nz,5,6,0\n", "xyz"),
        (b'"x\n\n",1,2,0\n"y",3,4,1\nz,5,6,0\n', ["x\n\n", "y", "z"]),
        (b'"x\r\n",1,2,0\n"y",3,4,1\nz,5,6,0\n', ["x\r\n", "y", "z"]),
    ],
)
def test_the_ids_of_some_samples(rows: bytes, ids: Sequence[str], tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"id,a,b,label\n" + rows)
    found = opened(tmp_path / "a.csv")
    assert found.has_ids
    (chunk,) = found.chunks.in_order()
    batch = found.reader.read(chunk)
    for samples in ([0, 1, 2], [2], [1, 0]):
        assert found.reader.ids(chunk, batch, samples) == [ids[at] for at in samples]


def test_a_row_that_ends_before_its_id_has_none(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b,id,label\n1,2,x,0\n3,4\n5\n7,8,y,0\n")
    found = opened(tmp_path / "a.csv", WANTED._replace(on_error="nan"))
    (chunk,) = found.chunks.in_order()
    batch = found.reader.read(chunk)
    assert found.reader.ids(chunk, batch, range(4)) == ["x", "", "", "y"]


# A blank before a number is unusual: every row is then read by itself.
@pytest.mark.parametrize("blank", ["", " "])
@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ("0,1,0,1,0", None),
        ("1,0,1,0,1", None),
        ("0.25,nan,1.5,0.5,2.5", None),
        # A computed probability may exceed 1 by rounding.
        ("0,1.0000000009,0,1,1", None),
        ("0,1.0000000011,0,1,1", 2),
        ("-1e-300,1,0,1,1", 1),
        ("0,inf,0,1,1", 2),
        ("0,1,-1e-300,1,1", 3),
        ("0,1,0,inf,1", 4),
        ("0,1,0,nan,1", 4),
        ("0,1,0,1,-1e-300", 5),
        ("0,1,0,1,inf", 5),
        ("0,1,0,1,nan", 5),
    ],
)
def test_what_numbers_may_be(row: str, wrong: int | None, blank: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(f"a,b,ta,tb,w\n{blank}0.5,0.5,0.5,0.5,1\n{row}\n")
    request = SOFT._replace(kind="probs")
    if wrong is None:
        found = only(path, request)
        assert found.targets is not None
        assert found.sample_weight is not None
        numbers = [*found.values[1], *found.targets[1], found.sample_weight[1]]
        assert np.array_equal(numbers, list(map(float, row.split(","))), equal_nan=True)
    else:
        assert told(path, request).startswith(f"a.csv:3:{wrong}: column")


@pytest.mark.parametrize("blank", ["", " "])
def test_a_label_is_read_alike_in_every_row(blank: str, tmp_path: Path) -> None:
    labels = ["0", "1", "-100", "1.0", "a", " b"]
    rows = "".join(f"{blank}1,2,{label}\n" for label in labels)
    (tmp_path / "a.csv").write_text("a,b,label\n" + rows)
    assert listed(only(tmp_path / "a.csv").labels) == [0, 1, -100, 1, 0, 1]
