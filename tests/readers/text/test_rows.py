"""The rows of a block are read at once or one by one: the samples are the same, and so is what is
passed on of the rows, in whichever form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.readers.opening import WANTED, listed, only
from tests.readers.test_at_once import answers_of
from xentcli.model import Batch, Rows
from xentcli.readers.interface import KeepRows, Request
from xentcli.readers.text import rows as reading
from xentcli.readers.text.records import count_line_ends

SOFT = WANTED._replace(logit_cols="a,b", target_cols="ta,tb", weight_col="w")
BLOCKS: dict[str, tuple[bytes, Request]] = {
    "numbers": (b"a,b,c,label\n1.5,2,3,0\n-3,0.25,1,2\n0,0,0,1\n", WANTED),
    "many numbers": (b"a,b,label\n" + b"1.5,2,0\n-3,0.25,1\n" * 9, WANTED),
    "numbers around": (b"id,n,a,b,c,label,e\n7,1,2,3,4,0,5\n10,2,3,4,6,1,60\n", WANTED),
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
