"""Several files are one input: their samples follow one another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.faults.running import run_inside
from tests.readers.opening import listed
from xentcli import readers
from xentcli.errors import DataError, Place
from xentcli.model import Remark
from xentcli.readers.interface import Opened, Request, Span
from xentcli.readers.several import expand_names, join
from xentcli.readers.sources import remote
from xentcli.readers.sources.source import source_of
from xentcli.readers.typed import read_typed_labels

HEADER = "a,b,label\n"
LABELS = Request(wanted="labels")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def opened(name: str, request: Request = LABELS) -> Opened:
    return readers.open_input(source_of(name), request)


def put(folder: Path, **contents: str) -> None:
    for name, content in contents.items():
        (folder / f"{name}.csv").write_text(content, encoding="utf-8")


class TestNames:
    def test_a_pattern_gives_its_files_sorted(self, folder: Path) -> None:
        put(folder, b="", a="", c="")
        assert expand_names(["*.csv"]) == ["a.csv", "b.csv", "c.csv"]
        assert expand_names(["[ab].csv", "?.csv"]) == ["a.csv", "b.csv", "a.csv", "b.csv", "c.csv"]

    def test_a_pattern_of_folders(self, folder: Path) -> None:
        (folder / "x" / "y").mkdir(parents=True)
        put(folder / "x" / "y", a="")
        assert expand_names(["**/*.csv"]) == ["x/y/a.csv"]

    def test_a_file_whose_name_looks_like_a_pattern(self, folder: Path) -> None:
        (folder / "a[1].csv").write_text("")
        put(folder, a1="")
        assert expand_names(["a[1].csv"]) == ["a[1].csv"]

    def test_a_file_that_is_not_there_is_left_to_who_opens_it(self, folder: Path) -> None:
        assert expand_names(["none.csv", "-"]) == ["none.csv", "-"]

    @pytest.mark.parametrize("scheme", ["http", "https", "HTTPS"])
    def test_a_question_mark_in_a_name_of_the_web_is_no_pattern(self, scheme: str) -> None:
        name = f"{scheme}://example.org/a.csv?of=[1]&all=*"
        assert expand_names([name]) == [name]

    def test_a_pattern_of_a_store(self, monkeypatch: pytest.MonkeyPatch) -> None:
        names = ["s3://bucket/a.csv", "s3://bucket/b.csv"]
        monkeypatch.setattr(remote, "list_matching", {"s3://bucket/*.csv": names}.__getitem__)
        assert expand_names(["s3://bucket/*.csv", "s3://bucket/c.csv"]) == [
            *names,
            "s3://bucket/c.csv",
        ]

    def test_a_pattern_without_a_file(self, folder: Path) -> None:
        with pytest.raises(DataError, match="no file matches"):
            expand_names(["*.csv"])


class TestSamples:
    def test_follow_one_another(self, folder: Path) -> None:
        put(folder, a=HEADER + "1,2,0\n3,4,1\n", b=HEADER + "5,6,1\n", c=HEADER)
        found = join([opened(name) for name in ("a.csv", "b.csv", "c.csv", "a.csv")])
        batches = [found.reader.read(chunk) for chunk in found.chunks.in_order()]
        values = [row for batch in batches for row in batch.values.tolist()]
        assert values == [[1, 2], [3, 4], [5, 6], [1, 2], [3, 4]]
        labels = [label for batch in batches for label in listed(batch.labels)]
        assert labels == [0, 1, 1, 0, 1]
        assert (found.source, found.files) == ("a.csv and 3 more", 4)

    @pytest.mark.parametrize("block", ["8", "1000"])
    def test_are_numbered_through(
        self, block: str, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XENT_BLOCK_BYTES", block)
        put(folder, a=HEADER + "1,2,0\n3,4,1\n" * 3, b=HEADER, c=HEADER + "5,6,1\n" * 4)
        found = join([opened(name) for name in ("b.csv", "a.csv", "b.csv", "c.csv")])
        chunks = list(found.chunks.in_order())
        batches = [found.reader.read(chunk) for chunk in chunks]
        counts = [len(batch.values) for batch in batches]
        assert [batch.first for batch in batches] == [sum(counts[:at]) for at in range(len(counts))]
        assert sum(counts) == 10
        assert [chunk.number for chunk in chunks] == list(range(len(chunks)))
        assert (len(chunks) > 4) == (block == "8")

    def test_have_the_remarks_of_all_files_once(self, folder: Path) -> None:
        put(folder, a=HEADER + "1,2,0\n")
        first, second, third = (Remark(word, Place("a.csv")) for word in ("one", "two", "three"))
        found = [
            opened("a.csv")._replace(remarks=remarks)
            for remarks in ((first, second), (second, third), (first,))
        ]
        assert join(found).remarks == (first, second, third)

    @pytest.mark.parametrize("names", ["ab", "ba", "aac", "abc", "cb"])
    def test_are_passed_on_with_one_delimiter(self, names: str, folder: Path) -> None:
        marks = {"a": ",", "b": ";", "c": "|"}
        for name, mark in marks.items():
            put(folder, **{name: (HEADER + f"1,{ord(name)},0\n").replace(",", mark)})
        files = [f"{name}.csv" for name in names]
        asked = ["ce", *files, "--reduction", "none", "-f", "csv"]
        found = run_inside(asked, folder).stdout.decode()
        header, *rows = (line.split(marks[names[0]]) for line in found.splitlines())
        assert header == ["a", "b", "label", "loss"]
        assert [row[:3] for row in rows] == [["1", str(ord(name)), "0"] for name in names]

    def test_are_divided_where_all_files_can_be(self, folder: Path) -> None:
        put(folder, a="a,b\n1,2\n3,4\n", b="a,b\n5,6\n7,8\n")
        (folder / "c.json").write_text('[{"a": 3, "b": 4}]')
        request = LABELS._replace(wanted="none")
        texts = [opened(name, request) for name in ("a.csv", "b.csv")]
        chunks = list(join(texts).chunks.partitions(4) or ())
        assert [(chunk.number, chunk.file) for chunk in chunks] == [(0, 0), (1, 0), (2, 1), (3, 1)]
        assert join([*texts, opened("c.json", request)]).chunks.partitions(4) is None
        numbered = [texts[0], texts[1]._replace(numbered=True)]
        assert join(numbered).chunks.partitions(4) is None

    @pytest.mark.parametrize("by_sequence", [True, False])
    def test_are_grouped_by_their_file_where_each_is_a_sequence(
        self, by_sequence: bool, folder: Path
    ) -> None:
        put(folder, a="a,b,label,g\n1,2,0,x\n", b="a,b,label,g\n5,6,1,x\n")
        for by, names in (("g", ["x", "x"]), (None, [None, None])):
            inputs = [opened(name, LABELS._replace(by=by)) for name in ("a.csv", "b.csv")]
            found = join([one._replace(by_sequence=by_sequence) for one in inputs])
            batches = [found.reader.read(chunk) for chunk in found.chunks.in_order()]
            groupings = [batch.grouping for batch in batches]
            if by_sequence and by is not None:
                names = ["a.csv: x", "b.csv: x"]
            assert [one and one.names[0] for one in groupings] == names

    def test_can_be_gone_through_twice(self, folder: Path) -> None:
        put(folder, a=HEADER + "1,2,0\n", b=HEADER + "5,6,1\n")
        found = join([opened("a.csv"), opened("b.csv")])
        assert [len(list(found.chunks.in_order())) for _ in range(2)] == [2, 2]

    def test_have_chunks_with_numbers_of_their_own(self, folder: Path) -> None:
        put(folder, a=HEADER + "1,2,0\n", b=HEADER + "5,6,1\n")
        found = join([opened("a.csv"), opened("b.csv")])
        assert [(chunk.number, chunk.file) for chunk in found.chunks.in_order()] == [(0, 0), (1, 1)]

    def test_are_read_where_all_of_them_can_be(self, folder: Path) -> None:
        put(folder, a="a,b\n1,2\n", b="a,b\n5,6\n")
        (folder / "c.json").write_text('[{"a": 3, "b": 4}]')
        request = LABELS._replace(wanted="none")
        texts = [opened(name, request) for name in ("a.csv", "b.csv")]
        assert join(texts).workers == texts[0].workers == "processes"
        assert join([*texts, opened("c.json", request)]).workers is None

    def test_have_the_size_of_all_files_together(self, folder: Path) -> None:
        put(folder, a="a,b\n1,2\n", b="a,b\n5,6\n10,11\n")
        (folder / "c.json").write_text('[{"a": 3, "b": 4}]')
        request = LABELS._replace(wanted="none")
        texts = [opened(name, request) for name in ("a.csv", "b.csv")]
        assert join(texts).size == len("a,b\n1,2\n" + "a,b\n5,6\n10,11\n")
        assert join([*texts, opened("c.json", request)]).size is None

    def test_are_read_in_spans_where_a_file_is_large(
        self, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XENT_BLOCK_BYTES", "8")
        put(folder, small=HEADER + "1,2,0\n", large=HEADER + "3,4,1\n" * 20)
        small, large = (opened(name) for name in ("small.csv", "large.csv"))
        assert join([small, small]).chunks.spans() is None
        for inputs in ([small, large], [large, large]):
            found = join(inputs).chunks.spans()
            assert found is not None
            chunks = list(found)
            assert [chunk.number for chunk in chunks] == list(range(len(chunks)))
            assert any(isinstance(chunk.data, Span) for chunk in chunks)
            parts = [part for chunk in chunks for part in join(inputs).reader.parts(chunk)]
            count = sum(len(join(inputs).reader.read(part).values) for part in parts)
            assert count == (21 if small in inputs else 40)

    def test_keep_the_lines_of_their_own_files(self, folder: Path) -> None:
        put(folder, a=HEADER + "1,2,0\n", b=HEADER + "5,6,1\n1,x,0\n")
        found = join([opened("a.csv"), opened("b.csv")])
        with pytest.raises(DataError, match=r'b\.csv:3:2: column "b": cannot read "x"'):
            list(map(found.reader.read, found.chunks.in_order()))

    def test_are_matched_with_labels_that_stand_apart(self, folder: Path) -> None:
        put(folder, a="a,b\n1,2\n3,4\n", b="a,b\n5,6\n", c="a,b\n7,8\n")
        request = LABELS._replace(attached=read_typed_labels(["0,1,1,0"]))
        found = join([opened(name, request) for name in ("a.csv", "b.csv", "c.csv")])
        batches = [found.reader.read(chunk) for chunk in found.chunks.in_order()]
        assert [listed(batch.labels) for batch in batches] == [[0, 1], [1], [0]]
        assert [batch.first for batch in batches] == [0, 2, 3]

    def test_of_one_file_are_that_file(self, folder: Path) -> None:
        put(folder, a=HEADER + "1,2,0\n")
        alone = opened("a.csv")
        assert join([alone]) is alone

    @pytest.mark.parametrize("named", ["a.csv", "c.json"])
    def test_with_names_of_classes_and_without(self, named: str, folder: Path) -> None:
        put(folder, a="a,b,label\n1,2,0\n")
        document = {"logits": [[3, 4]], "labels": [1]}
        (folder / "b.json").write_text(json.dumps(document))
        (folder / "c.json").write_text(json.dumps({**document, "classes": ["a", "b"]}))
        with pytest.raises(DataError) as caught:
            join([opened(named), opened("b.json")])
        assert caught.value.message == f'its classes have no names, those of {named} are "a", "b"'
        with pytest.raises(DataError) as caught:
            join([opened("b.json"), opened(named)])
        assert caught.value.message == 'its classes are "a", "b", those of b.json have no names'
        assert caught.value.hint == "--classes names the classes of all files, in their order"
        request = LABELS._replace(classes=("x", "y"))
        joined = join([opened("b.json", request), opened(named, request)])
        assert joined.classes == ("x", "y")


@pytest.mark.parametrize(
    ("second", "message"),
    [
        ("a,c,label\n1,2,0\n", 'header differs from that of a.csv: column 2 is "c", there "b"'),
        ("b,a,label\n1,2,0\n", 'header differs from that of a.csv: column 1 is "b", there "a"'),
        ("a,b,c,label\n1,2,3,0\n", 'column 3 is "c", there "label"'),
        ("a,b\n1,2\n", 'column 3 is nothing, there "label"'),
    ],
)
def test_files_that_do_not_belong_together(second: str, message: str, folder: Path) -> None:
    put(folder, a=HEADER + "1,2,0\n", b=second)
    with pytest.raises(DataError, match=message) as caught:
        join([opened("a.csv"), opened("b.csv")])
    assert str(caught.value).startswith("b.csv: ")


@pytest.mark.parametrize(
    ("count", "told"),
    [
        (5, '"c0", "c1", "c2", "c3", "c4"'),
        (6, '"c0", "c1", "c2", "c3", "c4", …'),
    ],
)
def test_classes_that_differ_are_told_up_to_five(count: int, told: str, folder: Path) -> None:
    put(folder, a=HEADER + "1,2,0\n")
    record = {f"c{at}": at for at in range(count)} | {"label": 0}
    (folder / "b.json").write_text(json.dumps([record]))
    with pytest.raises(DataError) as caught:
        join([opened("a.csv"), opened("b.json")])
    assert caught.value.message == (
        f'its classes differ from those of a.csv: {told}, there "a", "b"'
    )


@pytest.mark.parametrize("second", ["label,a,b\n0,1,2\n", "a,b,label,note\n1,2,0,x\n"])
def test_rows_that_are_passed_on_have_one_header(second: str, folder: Path) -> None:
    put(folder, a=HEADER + "1,2,0\n", b=second)
    request = LABELS._replace(keep_rows="cells")
    with pytest.raises(DataError, match=r"its header differs from that of a\.csv: column"):
        join([opened("a.csv", request), opened("b.csv", request)])


def test_each_sample_has_the_id_of_its_own_file(folder: Path) -> None:
    put(folder, one="id,a,b,label\nx,1,2,0\ny,3,1,1\n", two="id,a,b,label\nu,5,2,0\nv,3,7,1\n")
    found = run_inside(["ce", "one.csv", "two.csv", "--top", "4", "-f", "csv"], folder)
    rows = [line.split(",")[:4] for line in found.stdout.decode().splitlines()[1:]]
    assert sorted(rows) == [
        ["0", "one.csv", "2", "x"],
        ["1", "one.csv", "3", "y"],
        ["2", "two.csv", "2", "u"],
        ["3", "two.csv", "3", "v"],
    ]
