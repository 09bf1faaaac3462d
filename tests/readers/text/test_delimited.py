"""CSV and TSV as inputs: what is known before the first sample, and how the text is cut."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.readers.opening import listed, only, opened
from xentcli import readers
from xentcli.errors import UsageError
from xentcli.model import Origin
from xentcli.readers.interface import Attached, Opened, Request
from xentcli.readers.rules.ids import index_ids
from xentcli.readers.sources import source
from xentcli.readers.sources.source import Source
from xentcli.readers.text.delimited import TextReader, split_into_cells
from xentcli.readers.text.ids import find_rows, plain_id, plain_ids

LABELS = Request(wanted="labels or targets")
ORIGIN = Origin("y.csv", "text", np.array([2, 3]))
WITH_LABELS = Attached(np.array([0, 1]), None, ORIGIN, 2)
WITH_TARGETS = Attached(None, np.array([[0.5, 0.5], [0, 1]]), ORIGIN, 2)


def put(folder: Path, content: str) -> Path:
    path = folder / "a.csv"
    path.write_text(content, encoding="utf-8")
    return path


@pytest.mark.parametrize("axis", [1, -1])
def test_the_classes_are_the_columns(axis: int, tmp_path: Path) -> None:
    path = put(tmp_path, "a,b,label\n1,2,0\n")
    assert listed(only(path, LABELS._replace(class_axis=axis)).values) == [[1, 2]]


@pytest.mark.parametrize("axis", [0, 2, -2])
def test_the_samples_are_the_rows(axis: int, tmp_path: Path) -> None:
    path = put(tmp_path, "a,b,label\n1,2,0\n")
    message = f"--class-axis {axis}: the samples of a text are its rows"
    with pytest.raises(UsageError, match=message):
        opened(path, LABELS._replace(class_axis=axis))


@pytest.mark.parametrize(
    ("content", "request_", "known"),
    [
        ("a,b\n1,2\n3,4\n", Request(), set()),
        ("a,b,label\n1,2,0\n", LABELS, {"has_labels"}),
        (
            "a,b,t,u\n1,2,0,1\n",
            LABELS._replace(logit_cols="a,b", target_cols="t,u"),
            {"has_targets"},
        ),
        ("a,b\n1,2\n3,4\n", LABELS._replace(attached=WITH_LABELS), {"has_labels", "numbered"}),
        ("a,b\n1,2\n3,4\n", LABELS._replace(attached=WITH_TARGETS), {"has_targets", "numbered"}),
        ("id,a,b\n7,1,2\n", Request(), {"has_ids"}),
        ("id,a,b,label\nx,1,2,0\n", LABELS, {"has_ids", "has_labels"}),
    ],
)
def test_what_is_known_before_the_first_sample(
    content: str, request_: Request, known: set[str], tmp_path: Path
) -> None:
    found = opened(put(tmp_path, content), request_)
    names = ("has_labels", "has_targets", "has_ids", "numbered")
    assert {name for name in names if getattr(found, name)} == known
    assert (found.kind, found.class_count, found.classes) == ("logits", 2, ("a", "b"))
    assert found.size == len(content)
    assert found.header == tuple(content.partition("\n")[0].split(","))


def test_ids_match_the_rows_wherever_they_are(tmp_path: Path) -> None:
    join = index_ids("id", [b"x", b"y"])
    request = LABELS._replace(attached=WITH_LABELS._replace(ids=(join,)))
    found = opened(put(tmp_path, "id,a,b\ny,1,2\nx,3,4\n"), request)
    assert not found.numbered
    assert found.attached is not None
    assert found.attached.join == join


@pytest.mark.parametrize(
    ("cells", "ids"),
    [
        ([b"x", b" y\t"], [b"x", b"y"]),
        ([b"x", b'" y "', b' "z"'], [b"x", b"y", b'"z"']),
        ([b'"a ""b"""', b'c"d'], [b'a "b"', b'c"d']),
        # Only blanks of ASCII stand around an id, whether it is quoted or not.
        (["\xa0x".encode(), '"\xa0x"'.encode()], ["\xa0x".encode()] * 2),
        # They are compared as they are, even if they are no text.
        ([b"\xff", b'"x"'], [b"\xff", b"x"]),
        ([], []),
    ],
)
def test_ids_are_compared_without_what_stands_around_them(
    cells: list[bytes], ids: list[bytes]
) -> None:
    assert plain_ids(cells) == list(map(plain_id, cells)) == ids


def test_an_id_that_is_badly_quoted() -> None:
    for cells in ([b'"x"y'], [b"x", b'"']):
        with pytest.raises(ValueError, match="closing quote"):
            plain_ids(cells)


@pytest.mark.parametrize(
    ("cells", "rows"),
    [
        ([b"x", b"z", b"x"], [0, 2, 0]),
        ([b"y"], [1]),
        # A quote that does not begin a cell is of the id.
        ([b' "z"', b"x"], None),
        ([b'"z"', b" x "], [2, 0]),
        ([b"x", b"w"], None),
        ([b"w"], None),
        ([b"x", b""], None),
        ([b" "], None),
        ([b'"x"x'], None),
    ],
)
def test_the_rows_that_ids_name(cells: list[bytes], rows: list[int] | None, tmp_path: Path) -> None:
    attached = Attached(np.array([0, 1, 0]), None, ORIGIN, 3)
    attached = attached._replace(ids=(index_ids("id", [b"x", b"y", b"z"]),))
    reader = opened(put(tmp_path, "id,a,b\nx,1,2\n"), LABELS._replace(attached=attached)).reader
    assert isinstance(reader, TextReader)
    found = find_rows(reader.layout, cells)
    assert (None if found is None else found.tolist()) == rows


@pytest.mark.parametrize(
    ("content", "given", "classes"),
    [
        (" a ,b\n1,2\n", (), ("a", "b")),
        ("1.5,2\n3,4\n", (), ()),
        ("a,b\n1,2\n", ("cat", "dog"), ("cat", "dog")),
        ("1.5,2\n3,4\n", ("cat", "dog"), ("cat", "dog")),
    ],
)
def test_the_names_of_the_classes(
    content: str, given: tuple[str, ...], classes: tuple[str, ...], tmp_path: Path
) -> None:
    found = opened(put(tmp_path, content), Request(classes=given))
    assert found.classes == classes
    has_header = not content.startswith("1.5")
    assert found.header == (tuple(content.partition("\n")[0].split(",")) if has_header else ())


def test_each_class_has_a_column(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="for 2 columns of logits"):
        opened(put(tmp_path, "a,b\n1,2\n"), Request(classes=("cat", "dog", "fox")))


def test_the_column_that_groups_the_samples(tmp_path: Path) -> None:
    path = put(tmp_path, "a,b,label,g\n1,2,0,x\n")
    assert opened(path, LABELS).by == ""
    assert opened(path, LABELS._replace(by="g")).by == "g"


def remarks(content: str, folder: Path, request: Request = LABELS) -> list[str]:
    return [remark.message for remark in opened(put(folder, content), request).remarks]


@pytest.mark.parametrize("prefix", ["", "logit_", "class "])
def test_classes_that_are_called_by_other_numbers_than_labels(prefix: str, tmp_path: Path) -> None:
    header = ",".join(f"{prefix}{number}" for number in (1, 2, 3))
    columns = "1-3"
    request = LABELS._replace(logit_cols=columns)
    (told,) = remarks(f"{header},label\n1.5,2,3,0\n", tmp_path, request)
    assert told == (
        "the classes are called 1 to 3, but a label that is a number counts the classes from 0"
    )
    # Without a label nobody counts.
    assert remarks(f"{header}\n1.5,2,3\n", tmp_path, Request(logit_cols=columns, header=True)) == []
    # Of names that are no numbers nothing is said, nor of those that count from 0.
    for other in (header.replace("3", "x"), header.translate(str.maketrans("123", "012"))):
        assert remarks(f"{other},label\n1.5,2,3,0\n", tmp_path, request) == []
    # Neither of columns that have no names.
    unnamed = request._replace(label_col="4", header=False)
    assert remarks("1,2,3,0\n", tmp_path, unnamed) == []


def test_what_was_decided_is_told(tmp_path: Path) -> None:
    for content, told in (
        ("1.5,2\n3,4\n", "there is no header"),
        ("a;b\n1,5;2\n", "the decimal mark is a comma"),
        ("a,b,loss\n1,2,3\n", "loss"),
    ):
        assert any(told in message for message in remarks(content, tmp_path, Request()))


def test_only_the_rows_of_a_text_are_split_into_cells(tmp_path: Path) -> None:
    path = put(tmp_path, "a,b,label\n1,2,0\n")
    plain = opened(path, LABELS)
    assert split_into_cells(plain) is plain
    split = split_into_cells(opened(path, LABELS._replace(keep_rows="lines", each=True)))
    (chunk,) = split.chunks.in_order()
    rows = split.reader.read(chunk).rows
    assert rows is not None
    assert rows.cells == [[b"1", b"2", b"0"]]
    (tmp_path / "a.jsonl").write_text('{"logits": [1, 2], "label": 0}\n')
    records = opened(tmp_path / "a.jsonl", LABELS._replace(keep_rows="lines", each=True))
    records = records._replace(rows=rows)
    assert split_into_cells(records) is records


HEADER = "first,second,label\n"
BODY = "1,2,0\n\n\n3,4,1\n5,6,0\n" + "\n" * 7 + "7,8,1\n9,10,0\n"


@pytest.fixture(params=["a file", "standard input"])
def read(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Where a text is read from."""
    source._open_once.cache_clear()
    yield request.param
    source._open_once.cache_clear()


def open_text(content: str, where: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    if where == "a file":
        return opened(put(folder, content), LABELS)
    stream = io.BufferedReader(io.BytesIO(content.encode()))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
    return readers.open_input(Source("standard input", None), LABELS)


@pytest.mark.parametrize("size", [1, 8, 12, 30, 1000])
@pytest.mark.parametrize("before", ["", "\n\n", "\ufeff"])
def test_chunks_follow_one_another(
    read: str, size: int, before: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XENT_BLOCK_BYTES", str(size))
    content = before + HEADER + BODY
    found = open_text(content, read, tmp_path, monkeypatch)
    chunks = list(found.chunks.in_order())
    lines = content.split("\n")
    whole = b"".join(one.data for one in chunks if isinstance(one.data, bytes))
    assert whole.replace(b"\n", b"") == BODY.replace("\n", "").encode()
    assert [chunk.number for chunk in chunks] == list(range(len(chunks)))
    first = 0
    for chunk in chunks:
        batch = found.reader.read(chunk)
        assert chunk.first == first
        assert chunk.samples == len(batch.values) > 0
        assert isinstance(chunk.data, bytes)
        assert chunk.lines == chunk.data.count(b"\n")
        for line, row in zip(batch.values_from.lines, listed(batch.values), strict=True):
            assert lines[line - 1].startswith("{:.0f},{:.0f},".format(*row))
        first += chunk.samples
    assert first == 5
    # The first one may have the header, and what precedes it.
    assert sum(chunk.size for chunk in chunks) <= len(content.encode())


@pytest.mark.parametrize(
    ("request_", "size"), [(LABELS, 400), (LABELS._replace(keep_rows="cells"), 100)]
)
def test_rows_that_are_split_come_in_smaller_blocks(
    request_: Request, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XENT_BLOCK_BYTES", "400")
    path = put(tmp_path, "a,b,label\n" + "10,20,0\n" * 500)
    sizes = [chunk.size for chunk in opened(path, request_).chunks.in_order()]
    assert all(abs(one - size) < 10 for one in sizes[:-1])
    assert sum(sizes) == path.stat().st_size


def test_the_smallest_block_can_be_split(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XENT_BLOCK_BYTES", "1")
    path = put(tmp_path, "a,b,label\n1,2,0\n3,4,1\n")
    chunks = list(opened(path, LABELS._replace(keep_rows="cells")).chunks.in_order())
    assert [chunk.data for chunk in chunks] == [b"1,2,0\n", b"3,4,1\n"]


@pytest.mark.parametrize(
    ("between", "attached", "divided"),
    [(",", None, True), (",", WITH_LABELS, False), ("  ", None, False), ("  ", WITH_LABELS, False)],
)
def test_what_can_be_divided(
    between: str,
    attached: Attached | None,
    divided: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XENT_BLOCK_BYTES", "10")
    content = "a,b\n" + "1,2\n" * 100
    path = put(tmp_path, content.replace(",", between))
    request = LABELS if attached else Request()
    found = opened(path, request._replace(attached=attached)).chunks
    assert (found.spans() is not None) == divided
    assert (found.partitions(20) is not None) == (attached is None)


def test_a_delimiter_beyond_ascii(tmp_path: Path) -> None:
    path = put(tmp_path, 'id¦a¦b¦label\n"q"¦1¦2¦0\næ¦3¦4¦1\n')
    batch = only(path, LABELS._replace(delimiter="¦", keep_rows="cells", each=True))
    assert listed(batch.values) == [[1, 2], [3, 4]]
    assert batch.rows is not None
    assert [row[0].decode() for row in batch.rows.cells] == ['"q"', "æ"]
