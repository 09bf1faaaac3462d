"""One input written in two ways, by files, keys and options that are seldom met: one answer."""

from __future__ import annotations

import json
import math
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.contents import npy, npz
from tests.faults.running import run_inside

RECORDS = [
    {"id": "x", "logits": [1, 2], "label": 1, "t": [0.5, 0.5], "w": 0.5},
    {"id": "y", "logits": [3, 1], "label": 1, "t": [0.25, 0.75], "w": 2},
]
SPLIT = {
    "columns": ["id", "a", "b", "ta", "tb"],
    "data": [["x", 1, 2, 0.5, 0.5], ["y", 3, 1, 0.25, 0.75]],
}
TYPED = "--logits 1,2;3,1"
BY_HAND = f"ce {TYPED} --label 1,1"
SOFT = f"ce {TYPED} --target 0.5,0.5;0.25,0.75"
WEIGHTED = "ce w.csv --weight-col w"


FILES: Mapping[str, bytes] = {
    "w.csv": b"a,b,label,w\n1,2,1,0.5\n3,1,1,2\n",
    "records.json": json.dumps(RECORDS).encode(),
    "split.json": json.dumps(SPLIT).encode(),
    "schema.json": b'{"schema": {"0": 1, "1": 3}, "data": {"0": 2, "1": 1}}',
    "plain.csv": b"id,a,b\nx,1,2\ny,3,1\n",
    "quoted.csv": b'id,a,b\n"x",1,2\n"y",3,1\n',
    "headed.csv": b"label,0,1\n1,1.0,2.0\n1,3.0,1.0\n",
    "names.csv": b"label,a,b\nb,1,2\nb,3,1\n",
    "blanks.txt": b"a   b label\n 1 2  1\n3 1   1",
    "s.csv": b"id,p,label\ny,0,1\nx,0,1\n",
    "t.csv": b"id,a,b\ny,0.25,0.75\nx,0.5,0.5\n",
    "swapped.csv": b"id,b,a\ny,0.75,0.25\nx,0.5,0.5\n",
    "from1.csv": b"1,2\n0.5,0.5\n0.25,0.75\n",
    "s.npz": npz(labels=[1, 1], id=["y", "x"]),
    "one.npy": npy([[[1.0, 3.0], [2.0, 1.0]]]),
    "soft.npy": npy([[[0.5, 0.25], [0.5, 0.75]]]),
    "yes.csv": b"prediction,label\n0.5,1\n-2,0\n",
}


class Same(NamedTuple):
    """Two commands with one answer."""

    one: str
    other: str


SAME = {
    "weights of records": Same("ce records.json --weight-col w", WEIGHTED),
    "typed labels of records": Same("ce records.json --label 1,1", BY_HAND),
    "typed targets of records": Same("ce records.json --target 0.5,0.5;0.25,0.75", SOFT),
    "targets of records by ids": Same("ce records.json --targets-from t.csv", SOFT),
    "records without labels": Same("softmax records.json", f"softmax {TYPED}"),
    "records by a key": Same("softmax records.json --logits-key logits", f"softmax {TYPED}"),
    "target columns of a table": Same("ce split.json --logit-cols a,b --target-cols ta,tb", SOFT),
    "typed targets of a table": Same(
        "ce split.json --logit-cols a,b --target 0.5,0.5;0.25,0.75", SOFT
    ),
    "a table without labels": Same("softmax split.json --logit-cols a,b", f"softmax {TYPED}"),
    "columns called schema and data": Same("softmax schema.json", f"softmax {TYPED}"),
    "a label's column by its number": Same(
        "ce plain.csv --labels-from s.csv --label-col 3", BY_HAND
    ),
    "labels of an archive by ids": Same("ce plain.csv --labels-from s.npz", BY_HAND),
    "ids in quotes": Same("ce quoted.csv --labels-from s.csv --label-col label", BY_HAND),
    "targets by ids": Same("ce plain.csv --targets-from t.csv", SOFT),
    "targets by ids in another order": Same("ce plain.csv --targets-from swapped.csv", SOFT),
    "targets whose columns count from 1": Same(
        "ce plain.csv --targets-from from1.csv --classes 0,1 --by-position", SOFT
    ),
    "a header of numbers and a label": Same("ce headed.csv", BY_HAND),
    "labels that are names": Same("ce names.csv", BY_HAND),
    "blanks without a last line end": Same("ce blanks.txt", BY_HAND),
    "lists in several options": Same("softmax --logits [1,2] --logits [[3,1]]", f"softmax {TYPED}"),
    "a last semicolon": Same("softmax --logits 1,2;3,1;", f"softmax {TYPED}"),
    "weights in a list": Same(f"{BY_HAND} --weight [1,3]", f"{BY_HAND} --weight 1,3"),
    "weights as NumPy prints them": Same(
        f"{BY_HAND} --weight '[1. 3.]'", f"{BY_HAND} --weight 1,3"
    ),
    "the print of a number": Same(
        "bce --logits tensor(0.5) --label 1", "bce --logits 0.5 --label 1"
    ),
    "targets of the positions of one sample": Same("ce one.npy --targets-from soft.npy", SOFT),
    "a prediction": Same("bce yes.csv", "bce --logits 0.5;-2 --label 1,0"),
}


@pytest.mark.parametrize("what", SAME)
def test_two_ways_to_say_the_same(what: str, tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    one, other = (run_inside([*shlex.split(command), "-q"], tmp_path) for command in SAME[what])
    assert (one.code, other.code) == (0, 0), one.stderr + other.stderr
    assert one.stdout == other.stdout


def test_the_hardest_of_several_files_have_their_ids(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("id,a,b,label\nx,1,2,1\ny,5,1,1\n")
    (tmp_path / "b.csv").write_text("id,a,b,label\nz,7,1,1\nv,1,2,1\n")
    found = run_inside(["ce", "a.csv", "b.csv", "--top", "3", "-f", "json"], tmp_path)
    hardest = json.loads(found.stdout)["hardest"]
    assert [(one["id"], one["sample"], one["file"]) for one in hardest] == [
        ("z", 2, "b.csv"),
        ("y", 1, "a.csv"),
        ("x", 0, "a.csv"),
    ]


def test_groups_that_are_no_text_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b,label,g\n1,2,1,\xff\n1,2,1,\xfe\n3,1,1,\xff\n")
    found = run_inside(["ce", "a.csv", "--by", "g", "-f", "jsonl"], tmp_path)
    groups = [json.loads(line) for line in found.stdout.splitlines()]
    assert [(one["g"], one["samples"]) for one in groups] == [("\\xfe", 1), ("\\xff", 2)]


def test_a_name_of_a_class_in_a_second_file_puts_a_column_in_doubt(tmp_path: Path) -> None:
    """``time`` is seldom a class; where a label says so, it is asked for."""
    (tmp_path / "a.csv").write_text("a,b,time\n1.5,2,3\n3,1,4\n")
    (tmp_path / "s.csv").write_text("label\ntime\na\n")
    found = run_inside(["ce", "a.csv", "--labels-from", "s.csv"], tmp_path)
    assert found.code == 2
    assert 'the column "time" has a class\'s name, but seldom is a class' in found.stderr


@pytest.mark.parametrize(("word", "cell"), [("NaN", "nan"), ("-Infinity", "-inf"), ("null", "")])
def test_a_word_for_no_number_is_a_cell(word: str, cell: str, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(f'{{"x": {word}, "logits": [1, 2], "label": 1}}\n')
    found = run_inside(["ce", "a.jsonl", "--reduction", "none", "-f", "csv"], tmp_path)
    header, row = found.stdout.decode().splitlines()
    assert header == "x,0,1,label,loss"
    assert row.startswith(f"{cell},1,2,1,")
    assert float(row.rpartition(",")[2]) == pytest.approx(math.log1p(math.exp(-1)), rel=1e-14)
