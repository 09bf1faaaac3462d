"""Which columns are classes: what each rule says of a header and the first rows under it."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.readers.opening import WANTED, only, opened
from xentcli.errors import XentError
from xentcli.readers.interface import Opened, Request

NO_LABEL = Request()


class Header(NamedTuple):
    """A text, the classes that are seen in it, the columns of numbers that are left out and told,
    and what else the note says."""

    why: str
    text: str
    classes: str
    left_out: str = ""
    said: str = ""
    request: Request = WANTED


HEADERS = (
    Header("pandas' index has no name", ",a,b,label\n0,1.5,2.5,0\n", "a,b"),
    Header("pandas' index, read back", "Unnamed: 0,a,b,label\n0,1.5,2.5,0\n", "a,b"),
    Header("R's row names", '"","a","b","label"\n"1",1.5,2.5,0\n', "a,b"),
    Header("R's row names, read back", "...1,a,b,label\n1,1.5,2.5,0\n", "a,b"),
    Header("a nameless column in the middle", "a,,b,label\n1.5,7,2.5,0\n", "a,b", "column 2"),
    Header("an id of a plain name", "ID,a,b,label\n7,1.5,2.5,0\n", "a,b"),
    Header("two ids", "id,index,a,b,label\n7,1,1.5,2.5,0\n", "a,b", "id,index"),
    Header("an id of its own name", "image_id,a,b,label\n7,1.5,2.5,0\n", "a,b", "image_id"),
    Header("an id in capitals", "IMAGE_ID,a,b,label\n7,1.5,2.5,0\n", "a,b", "IMAGE_ID"),
    Header("an id in a camel's case", "imageId,a,b,label\n7,1.5,2.5,0\n", "a,b", "imageId"),
    Header("a class called # in a CSV", "#,b,label\n0.5,2.5,0\n", "#,b"),
    Header("COVID is no id", "COVID,FLU,label\n1.5,2.5,0\n", "COVID,FLU"),
    Header("nor is a class that ends in id", "acid,void,label\n1.5,2.5,0\n", "acid,void"),
    Header("classes called by years", "2019,2020,2021,label\n1.5,2.5,3.5,0\n", "2019,2020,2021"),
    Header("time is left out", "money,time,sport,label\n1.5,2.5,3.5,0\n", "money,sport", "time"),
    Header("but words are", "money,time,sport,label\n1.5,noon,3.5,0\n", "money,sport"),
    Header("in capitals as well", "EPOCH,c0,c1,label\n3,1.5,2.5,0\n", "c0,c1", "EPOCH"),
    Header(
        "words are no class, even if a class is called so",
        "money,time,sport\n1.5,noon,3.5\n",
        "money,time",
        request=Request(classes=("money", "time")),
    ),
    Header(
        "a prediction beside a question and a word",
        "a,name,pred,label\n0.5,x,0.7,1\n",
        "a",
        "pred",
        request=WANTED._replace(questions=True),
    ),
    Header(
        "a prediction by itself",
        "pred,label\n0.7,1\n",
        "pred",
        request=WANTED._replace(questions=True),
    ),
    Header(
        "words beside classes that say so",
        "logit_a,logit_b,name,label\n1.5,2.5,x,0\n",
        "logit_a,logit_b",
    ),
    Header(
        "a word called y beside a label that an option names",
        "x,y,z,truth\n1.5,w,3.5,0\n",
        "x,z",
        request=WANTED._replace(label_col="truth"),
    ),
    Header("numbers within names", "c1x,c0x,label\n1.5,2.5,0\n", "c1x,c0x"),
    Header(
        "digits of another script",
        "c\u0661,c\u0660,label\n1.5,2.5,0\n",
        "c\u0661,c\u0660",
    ),
    Header(
        "a stem of another script, in capitals or not",
        "\u0416_1,\u0436_0,label\n1.5,2.5,0\n",
        "\u0436_0,\u0416_1",
        said="in the order of their numbers",
    ),
    Header("numbers from 2 are no run", "c2,c3,x,label\n1.5,2.5,3.5,0\n", "c2,c3,x"),
    Header("no number in any of them, of any stem", "x1,x2,label\n,,0\n", "x1,x2"),
    Header("an empty one beside words", "c0,c1,a,b,label\n,x,1.5,2.5,0\n", "a,b", "c0"),
    Header(
        "beside a usual stem with marks",
        "log-prob_0,log-prob_1,age,label\n-1.5,-2.5,31,0\n",
        "log-prob_0,log-prob_1",
        "age",
    ),
    Header(
        "an empty class that says so, beside one that does not",
        "logit_a,x,logit_b,label\n,1.5,2.5,0\n",
        "logit_a,x,logit_b",
    ),
    Header(
        "nothing beside classes that say so",
        "logit_a,logit_b,notes,label\n1.5,2.5,,0\n",
        "logit_a,logit_b",
        "notes",
    ),
    Header("nothing that says so", "logit_a,b,c,label\n,1.5,2.5,0\n", "b,c", "logit_a"),
    Header(
        "what an option names is not told",
        "a,b,age,label\n1.5,2.5,31,0\n",
        "a,b",
        request=WANTED._replace(logit_cols="a,b"),
    ),
    Header("id within a name", "a_idle,b_ideal,label\n1.5,2.5,0\n", "a_idle,b_ideal"),
    Header("d1 to d3 behind an id", "id,d1,d2,d3\n7,1.5,2.5,3.5\n", "d1,d2,d3", request=NO_LABEL),
    Header("a class called lossy", "label,a,lossy\n0,1.5,2.5\n", "a,lossy"),
    Header(
        "our own losses of questions in capitals",
        "A,B,Loss_A,Loss_B\n1.5,2.5,0,0.3\n",
        "A,B",
        "Loss_A,Loss_B",
        request=NO_LABEL,
    ),
    Header(
        "a label that an option names, beside another",
        "x,y,z,Target\n1.5,2.5,3.5,0\n",
        "x,z",
        "y",
        request=WANTED._replace(label_col="Target"),
    ),
    Header("an epoch beside classes", "epoch,c0,c1,label\n3,1.5,2.5,0\n", "c0,c1", "epoch"),
    Header("a fold and a prediction", "fold,a,b,pred,y\n3,1.5,2.5,1,0\n", "a,b", "fold,pred"),
    Header(
        "numbers tell the order",
        "c1,c10,c2,c3,c4,c5,c6,c7,c8,c9,label\n" + "1.5," * 10 + "0\n",
        "c1,c2,c3,c4,c5,c6,c7,c8,c9,c10",
        said="in the order of their numbers",
    ),
    Header("numbers alone", "0,1,2,label\n5,6,7,0\n", "0,1,2"),
    Header("another column of numbers", "0,1,2,age,label\n5,6,7,31,0\n", "0,1,2", "age"),
    Header("beside a usual stem", "p0,p1,entropy,label\n0.5,0.5,0.7,0\n", "p0,p1", "entropy"),
    Header("words beside any stem", "x1,x2,cat,label\n0.5,0.5,a,0\n", "x1,x2"),
    Header("numbered words beside numbers", "w1,w2,a,b,label\nx,y,1.5,2.5,0\n", "a,b"),
    Header("d1 to d3 are classes", "d1,d2,d3\n1.5,2.5,3.5\n", "d1,d2,d3", request=NO_LABEL),
    Header(
        "our own, of several dimensions",
        "sample,d1,d2,0,1,label\n0,0,1,1.5,2.5,0\n",
        "0,1",
        "sample,d1,d2",
    ),
    Header("our own losses", "a,b,label,loss\n1.5,2.5,0,0.3\n", "a,b", "loss"),
    Header(
        "our own losses of questions",
        "a,b,loss_a,loss_b\n1.5,2.5,0,0.3\n",
        "a,b",
        "loss_a,loss_b",
        request=NO_LABEL,
    ),
    Header(
        "a loss that is not the last",
        "loss,a,b,label\n1.5,2.5,3.5,0\n",
        "loss,a,b",
        said='"loss" is among them',
    ),
    Header(
        "weights are told",
        "a,b,weight,label\n1.5,2.5,3.5,0\n",
        "a,b,weight",
        said='"weight" is among them',
    ),
    Header("c0 has no number", "c0,c1,label\nNA,1.5,0\n", "c0,c1"),
    Header("nor has a", "a,b,label\nNA,1.5,0\n", "a,b"),
    Header("a column of nothing is told", "a,b,notes,label\n1.5,2.5,,0\n2,1,,1\n", "a,b", "notes"),
    Header(
        "beside others that are left out",
        "epoch,a,b,notes,label\n3,1.5,2.5,,0\n",
        "a,b",
        "epoch,notes",
        'left out: "epoch"; left out, empty in the first rows: "notes"',
    ),
    Header("beside any stem", "x1,x2,notes,label\n0.5,0.5,,0\n", "x1,x2", "notes"),
    Header("an id of nothing", "id,a,b,label\n,1.5,2.5,0\n", "a,b"),
    Header("numbers in the names, whatever the cells", "c0,c1,c2,label\n1,,2,0\n", "c0,c1,c2"),
    Header("no number in any of them", "c0,c1,label\n,,0\n", "c0,c1"),
    Header("classes without a value beside others", "c0,c1,x,label\n,,1.5,0\n", "c0,c1", "x"),
    Header(
        "a class that says so",
        "logit_a,logit_b,logit_c,label\n1,2.5,,0\n",
        "logit_a,logit_b,logit_c",
    ),
    Header("notes without a value", "n1,n2,a,b,label\n,,1.5,2.5,0\n", "a,b", "n1,n2"),
    Header("a gap among the numbers", "c0,c1,c3,label\n1.5,2.5,3.5,0\n", "c0,c1,c3"),
    Header(
        "three rows that are counted",
        "n,a,b,label\n0,1.5,2,0\n1,2,3,1\n2,3,4,0\n",
        "a,b",
        "n",
        '"b" holds only integers',
    ),
    Header(
        "two rows may be chance",
        "n,a,b,label\n0,1.5,2.5,0\n1,2,3,1\n",
        "n,a,b",
        said='"n" holds only integers',
    ),
    Header(
        "counted, among integers",
        "n,a,b,label\n1,5,2,0\n2,2,3,1\n3,3,4,0\n",
        "n,a,b",
        said='"n" counts the rows',
    ),
    Header(
        "an age is told",
        "cat,dog,age,label\n1.5,2.5,31,0\n",
        "cat,dog,age",
        said='"age" holds only integers',
    ),
    Header(
        "an id that counts the rows is no class that does",
        "id,a,b,label\n0,1.5,2.5,0\n1,2.5,0.5,1\n2,0.5,1.5,0\n",
        "a,b",
    ),
    Header("integers alone", "a,b,c,label\n1,2,3,0\n4,5,7,1\n9,8,8,2\n", "a,b,c"),
    Header(
        "several of integers",
        "a,b,c,label\n1,2.5,3,0\n",
        "a,b,c",
        said='"a", "c" hold only integers',
    ),
    Header("integers among numbered classes", "c0,c1,label\n1,2.5,0\n", "c0,c1"),
    Header(
        "integers in a class that says so", "logit_a,logit_b,label\n1,2.5,0\n", "logit_a,logit_b"
    ),
    Header("counted, but numbered", "c0,c1,label\n0,5,0\n1,6,1\n2,4,0\n", "c0,c1"),
    Header(
        "two of names that are seldom classes'",
        "a,score,weight,label\n1.5,2.5,3.5,0\n",
        "a,score,weight",
        said='"score", "weight" are among them',
    ),
    Header("only one says that it is a logit", "logit_a,age,label\n1.5,2.5,0\n", "logit_a,age"),
    Header("a number by itself is no run", "c1,age,label\n1.5,2.5,0\n", "c1,age"),
    Header("words of a usual stem", "class1,class2,a,b,label\nx,y,1.5,2.5,0\n", "a,b"),
    Header(
        "numbers of nine digits",
        "c000000001,c000000000,label\n1.5,2.5,0\n",
        "c000000000,c000000001",
        said="in the order of their numbers",
    ),
    Header(
        "longer numbers tell no order",
        "c0000000001,c0000000000,label\n1.5,2.5,0\n",
        "c0000000001,c0000000000",
    ),
    Header("no label", "cat,dog\n1.5,2.5\n", "cat,dog", request=NO_LABEL),
    Header("a label of fractions is none", "x,y,z\n1.5,2.5,3.5\n", "x,z", "y", request=NO_LABEL),
    Header("a nameless end", "a,b,label,\n1.5,2.5,0,\n", "a,b"),
    Header("white space around names", "id, a, b, label\n7,1.5,2.5,0\n", "a,b"),
)

DOUBTS = (
    Header("two stems", "a_1,a_2,b_1,b_2,label\n1,2,3,4,0\n", "could all be classes"),
    Header("an unusual stem", "x1,x2,cat,dog,label\n1,2,3,4,0\n", "could all be classes"),
    Header("logits by name", "logit_a,logit_b,age,label\n1,2,3,0\n", "could both be classes"),
    Header("a label says time", "money,time,label\n1,2,time\n", "has a class's name"),
    Header("a label says Time", "money,TIME,label\n1,2, Time \n", "has a class's name"),
    Header(
        "--classes says Time",
        "a,time,b\n1,2,3\n",
        "has a class's name",
        request=Request(classes=("money", "Time")),
    ),
    Header(
        "--classes says time",
        "a,time,b\n1,2,3\n",
        "has a class's name",
        request=Request(classes=("money", "time")),
    ),
    Header(
        "a label of another name",
        "x,y,z,truth\n1,2,3,0\n",
        "could be a class, or a label",
        request=WANTED._replace(label_col="truth"),
    ),
    Header(
        "in capitals as well",
        "x,Y,z,truth\n1,2,3,0\n",
        "could be a class, or a label",
        request=WANTED._replace(label_col="truth"),
    ),
    Header(
        "a column called class",
        "x,class,z,truth\n1,2,3,0\n",
        "could be a class, or a label",
        request=WANTED._replace(label_col="truth"),
    ),
    Header("nothing but places", "sample,d1,d2\n0,0,1\n", "no column of numbers", request=NO_LABEL),
    Header("nothing but words", "a,b,label\nx,y,0\n", "no column of numbers"),
)


def named(header: Header) -> str:
    return header.why


def said_by(found: Opened) -> str:
    return "".join(remark.message for remark in found.remarks if remark.word == "note")


def check(found: Opened, header: Header) -> None:
    """The classes, what is left out, and that the note tells neither more nor less."""
    assert ",".join(found.classes) == header.classes
    assert ",".join(found.left_out) == header.left_out
    note = said_by(found)
    assert bool(note) == bool(header.left_out or header.said)
    assert header.said in note
    assert all(f'"{name}"' in note for name in found.left_out)


@pytest.mark.parametrize("header", HEADERS, ids=named)
def test_the_classes_of_a_text(header: Header, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(header.text, encoding="utf-8")
    check(opened(tmp_path / "a.csv", header.request), header)


@pytest.mark.parametrize("header", DOUBTS, ids=named)
def test_what_is_in_doubt_is_refused(header: Header, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(header.text, encoding="utf-8")
    with pytest.raises(XentError, match=header.classes) as raised:
        opened(tmp_path / "a.csv", header.request)
    assert "--logit-cols" in raised.value.hint


@pytest.mark.parametrize("header", HEADERS, ids=named)
def test_however_the_text_comes(
    header: Header, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XENT_BLOCK_BYTES", "5")
    content = header.text.encode()
    (tmp_path / "a.csv").write_bytes(content.removesuffix(b"\n"))
    check(opened(tmp_path / "a.csv", header.request), header)
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(content))
    check(opened(tmp_path / "a.csv.gz", header.request), header)


def values_of(text: str) -> list[dict[str, object]]:
    """The rows of a text as records, with numbers as JSON has them."""
    names, *rows = [line.split(",") for line in text.replace('"', "").splitlines()]
    return [dict(zip(names, map(value_of, row), strict=True)) for row in rows]


def value_of(cell: str) -> object:
    try:
        return json.loads(cell) if cell else None
    except ValueError:
        return cell


# JSON has no NA, and a table's column no name twice.
OF_RECORDS = [header for header in HEADERS if "NA" not in header.text and ",\n" not in header.text]


@pytest.mark.parametrize("header", OF_RECORDS, ids=named)
def test_the_classes_of_flat_records(header: Header, tmp_path: Path) -> None:
    lines = [json.dumps(record) + "\n" for record in values_of(header.text)]
    (tmp_path / "a.jsonl").write_text("".join(lines))
    check(opened(tmp_path / "a.jsonl", header.request), header)


@pytest.mark.parametrize("header", OF_RECORDS, ids=named)
def test_the_classes_of_a_table(header: Header, tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow")
    feather = pytest.importorskip("pyarrow.feather")
    # Columns of the types that a reader of the text would give them.
    records = values_of(header.text)
    columns = {
        name: [float(str(v)) if kinds == {int, float} else v for v in values]
        for name in records[0]
        if (values := [record[name] for record in records]) and (kinds := set(map(type, values)))
    }
    feather.write_feather(pa.table(columns), str(tmp_path / "a.feather"))
    check(opened(tmp_path / "a.feather", header.request), header)


@pytest.mark.parametrize("rows", [99, 100])
def test_a_column_that_begins_empty(rows: int, tmp_path: Path) -> None:
    """Its first number must be among the samples that are looked at, whatever the format."""
    classes = ("a", "b") if rows < 100 else ("a",)
    records = [{"a": 1.5, "b": None, "label": 0}] * rows + [{"a": 1.5, "b": 2.5, "label": 0}] * 30
    lines = [json.dumps(record) + "\n" for record in records]
    (tmp_path / "a.jsonl").write_text("".join(lines))
    (tmp_path / "a.json").write_text(json.dumps(records))
    (tmp_path / "a.csv").write_text("a,b,label\n" + "1.5,,0\n" * rows + "1.5,2.5,0\n" * 30)
    assert opened(tmp_path / "a.csv").classes == classes
    assert opened(tmp_path / "a.jsonl").classes == classes
    if rows == 100:
        # It is read whole: of the class, the missing values would be told here.
        assert opened(tmp_path / "a.json").classes == classes
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pa.Table.from_pylist(records)
    for groups in (7, 100, 1000):
        parquet.write_table(table, str(tmp_path / "a.parquet"), row_group_size=groups)
        assert opened(tmp_path / "a.parquet").classes == classes
    parquet.write_table(table, str(tmp_path / "a.parquet"), write_statistics=False)
    assert opened(tmp_path / "a.parquet").classes == classes
    pytest.importorskip("pyarrow.feather").write_feather(table, str(tmp_path / "a.feather"))
    assert opened(tmp_path / "a.feather").classes == classes


def test_a_hundred_samples_are_looked_at(tmp_path: Path) -> None:
    for rows, classes in ((99, ("a", "b")), (100, ("a",))):
        (tmp_path / "a.csv").write_text("a,b,label\n" + "1,x,0\n" * rows + "1,2,0\n")
        assert opened(tmp_path / "a.csv").classes == classes


@pytest.mark.parametrize(
    ("asked", "values"),
    [
        (Request(header=False), [[1.5, 2.5, 0.0], [3.5, 4.5, 1.0]]),
        (WANTED._replace(header=False, label_col="3"), [[1.5, 2.5], [3.5, 4.5]]),
        (Request(header=False, weight_col="2"), [[1.5, 0.0], [3.5, 1.0]]),
        (Request(header=False, by="1"), [[2.5, 0.0], [4.5, 1.0]]),
    ],
)
def test_without_a_header_every_other_column_of_numbers_is_a_class(
    asked: Request, values: list[list[float]], tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("1.5,2.5,0\n3.5,4.5,1\n")
    assert only(tmp_path / "a.csv", asked).values.tolist() == values


FIRST_LINES = (
    ("0.5,0.5\n1.5,2.5\n", (), "the first line is a sample"),
    ("0,1,2\n1.5,2.5,3.5\n", ("0", "1", "2"), "taken for the header"),
    ("1,2,3\n1.5,2.5,3.5\n", ("1", "2", "3"), "taken for the header"),
    ("2,3,4\n1.5,2.5,3.5\n", (), "the first line is a sample"),
    ("3,2,1\n4,5,6\n", (), "the first line is a sample"),
    ("# a,b\n1.5,2.5\n", ("a", "b"), ""),
    ("# 1,2\n4,5\n", ("1", "2"), ""),
    (",0,1\n0,1.5,2.5\n", ("0", "1"), ""),
    ("a,b\n1.5,2.5\n", ("a", "b"), ""),
    ("7\n8\n", (), "the first line is a sample"),
    ("1e0,nan\n1.5,2.5\n", (), "the first line is a sample"),
    ("1.5,2.5,\n3.5,4.5,\n", (), "the first line is a sample"),
)


@pytest.mark.parametrize(("text", "classes", "said"), FIRST_LINES)
def test_the_first_line(text: str, classes: tuple[str, ...], said: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    found = opened(tmp_path / "a.csv", NO_LABEL)
    assert found.classes == classes
    assert said in said_by(found)
    assert bool(said) == bool(said_by(found))


@pytest.mark.parametrize(
    "text", ["1,2,3\n", "1,2,3\n4,5,6\n", "0,1\n0,1\n", "5.1,3.5,setosa\n4.9,3.0,virginica\n"]
)
def test_a_first_line_that_nothing_tells(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(text)
    with pytest.raises(XentError, match="header or a sample") as raised:
        opened(tmp_path / "a.csv", NO_LABEL)
    assert raised.value.hint == "--header or --no-header does"
    headed = opened(tmp_path / "a.csv", Request(header=True))
    assert (headed.header != (), said_by(headed).count("first line")) == (True, 0)
    assert opened(tmp_path / "a.csv", Request(header=False)).header == ()


PARTED = (
    ("a,b\n1.5,2.5\n", [[1.5, 2.5]]),
    ("a;b\n1.5;2.5\n", [[1.5, 2.5]]),
    ("a;b\n1,5;2,5\n", [[1.5, 2.5]]),
    ("1,5;2,5\n3,5;4,5\n", [[1.5, 2.5], [3.5, 4.5]]),
    ("a;b\n1;2\n1,5;2\n", [[1, 2], [1.5, 2]]),
    ("1,5\t2,5\n3,5\t4,5\n", [[1.5, 2.5], [3.5, 4.5]]),
    ("a\tb\n1.5\t2.5\n", [[1.5, 2.5]]),
    ("a|b\n1.5|2.5\n", [[1.5, 2.5]]),
    ("a b\n1.5 2.5\n", [[1.5, 2.5]]),
    ("  a   b\n 1.5   2.5  \n10.5\t 2.5\r\n", [[1.5, 2.5], [10.5, 2.5]]),
    ("# a b\n1.5 2.5\n", [[1.5, 2.5]]),
    ('"a b" "c"\n1.5 2.5\n', [[1.5, 2.5]]),
    ('"a" "b"\n"1" 1.5 2.5\n"7 b" 3.5 4.5\n', [[1.5, 2.5], [3.5, 4.5]]),
    ('"a","b"\n"1",1.5,2.5\n', [[1.5, 2.5]]),
    ("sep=;\na;b\n1,5;2,5\n", [[1.5, 2.5]]),
    ("sep=|\r\na|b\r\n1.5|2.5\r\n", [[1.5, 2.5]]),
    ("a,b,what\n1.5,2.5,one two\n", [[1.5, 2.5]]),
    ("what,a,b\nx;y,1.5,2.5\n", [[1.5, 2.5]]),
)


@pytest.mark.parametrize(("text", "values"), PARTED)
@pytest.mark.parametrize("block", ["3", "1000000"])
def test_what_parts_the_cells(
    text: str,
    values: list[list[float]],
    block: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XENT_BLOCK_BYTES", block)
    (tmp_path / "a.csv").write_bytes(text.encode())
    found = opened(tmp_path / "a.csv", NO_LABEL)
    read = [found.reader.read(chunk).values.tolist() for chunk in found.chunks.in_order()]
    assert [row for rows in read for row in rows] == values
    assert ("decimal mark is a comma" in said_by(found)) == (",5" in text and "," in text)
