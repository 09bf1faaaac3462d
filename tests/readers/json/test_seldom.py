"""Documents that are large, values that are nested deeply, and parsers that read otherwise."""

from __future__ import annotations

import bisect
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults.running import Answered, run_inside
from tests.readers.opening import WANTED, opened, told
from xentcli.readers.json import document, parsers

DOCUMENT = '{"logits": [[1, 2], [3, 1]], "labels": [0, 1]}'


@pytest.mark.parametrize(("large", "is_told"), [(len(DOCUMENT), True), (len(DOCUMENT) + 1, False)])
def test_a_large_document_is_told(
    large: int, is_told: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "LARGE", large)
    (tmp_path / "a.json").write_text(DOCUMENT)
    messages = [remark.message for remark in opened(tmp_path / "a.json").remarks]
    message = "one document of 0 MiB is read whole; JSON Lines are streamed"
    assert messages == ([message] if is_told else [])


@pytest.mark.parametrize(("most", "fits"), [(len(DOCUMENT), True), (len(DOCUMENT) - 1, False)])
def test_a_document_may_be_too_large(
    most: int, fits: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "LARGEST", most)
    (tmp_path / "a.json").write_text(DOCUMENT)
    if fits:
        assert opened(tmp_path / "a.json").class_count == 2
    else:
        assert told(tmp_path / "a.json", WANTED) == "a.json: one document of more than 0 MiB"


def test_how_large_a_document_is_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mebibytes = 3
    (tmp_path / "a.json").write_text(DOCUMENT.ljust(mebibytes << 20))
    monkeypatch.setattr(document, "LARGE", mebibytes << 20)
    (remark,) = opened(tmp_path / "a.json").remarks
    assert remark.message == "one document of 3 MiB is read whole; JSON Lines are streamed"
    monkeypatch.setattr(document, "LARGEST", 2 << 20)
    assert told(tmp_path / "a.json", WANTED) == "a.json: one document of more than 2 MiB"


@pytest.mark.parametrize("reads_as_python", [True, False])
def test_a_parser_that_reads_otherwise_is_not_used(
    reads_as_python: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("orjson")
    monkeypatch.setenv("XENT_FAST", "1")
    monkeypatch.setattr(parsers, "simdjson_parser", lambda size: None)
    monkeypatch.setattr(parsers, "_reads_as_python", lambda orjson: reads_as_python)
    assert (parsers.parser_for(1000) is not None) == reads_as_python


@pytest.mark.parametrize(
    "command",
    [
        "softmax a.jsonl -f jsonl",
        "ce a.jsonl --label 0,1 --by x -f csv",
        "ce a.jsonl --labels-from y.csv --on x -q",
    ],
)
def test_however_deep_a_value_is_it_is_taken_or_refused(command: str, tmp_path: Path) -> None:
    (tmp_path / "y.csv").write_text("x,label\nu,0\n")
    taken = refused = 0
    for depth in (3, *range(940, 990), 2000):
        value = "[" * depth + "]" * depth
        lines = (f'{{"a": 1, "b": 2, "x": {one}}}\n' for one in ('"u"', value))
        (tmp_path / "a.jsonl").write_text("".join(lines))
        found = run_inside(command.split(), tmp_path)
        if found.stderr == "xent: a.jsonl:2: it is nested too deeply\n":
            refused += 1
        elif "labels-from" in command:
            taken += found.stderr.startswith('xent: a.jsonl:2: $.x: y.csv has no id "[[[')
        else:
            taken += found.code == 0 and value.encode() in found.stdout
    assert taken
    assert refused
    assert taken + refused == 52


def near_the_deepest(is_read: Callable[[int], bool]) -> list[int]:
    """Depths just below and above that from which on a value can no longer be read."""
    deepest = bisect.bisect_left(range(20_000), True, key=lambda depth: not is_read(depth)) - 1
    return [3, *range(deepest - 5, deepest + 2)]


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize("command", ["softmax a.json -f jsonl", "ce a.json --by x -f csv"])
@pytest.mark.parametrize(
    "document",
    [
        '[{"a": 1, "b": 2, "label": 0, "x": "u"}, {"a": 3, "b": 4, "label": 1, "x": %s}]',
        '[{"logits": [1, 2], "label": 0, "x": "u"}, {"logits": [3, 4], "label": 1, "x": %s}]',
        '{"logits": [[1, 2], [3, 4]], "labels": [0, 1], "x": ["u", %s]}',
    ],
)
def test_of_a_document_too(document: str, command: str, tmp_path: Path) -> None:
    def answered(depth: int) -> Answered:
        (tmp_path / "a.json").write_text(document % nested(depth))
        return run_inside(command.split(), tmp_path)

    unread = "xent: a.json: cannot read it as JSON ("
    for depth in near_the_deepest(lambda depth: not answered(depth).stderr.startswith(unread)):
        found = answered(depth)
        unwritten = found.stderr == "xent: a value is nested too deeply\n"
        assert found.code == 0 or unwritten or found.stderr.startswith(unread)


def test_a_bad_line_may_be_as_deep_as_can_be_read(tmp_path: Path) -> None:
    def answered(depth: int) -> Answered:
        lines = '{"a": 1, "b": 2, "x": "u"}', f'{{"a": "?", "b": 2, "x": {nested(depth)}}}'
        (tmp_path / "a.jsonl").write_text("\n".join(lines))
        asked = "ce a.jsonl --label 0,1 --by x --on-error nan -f csv"
        return run_inside(asked.split(), tmp_path)

    for depth in near_the_deepest(lambda depth: "nested" not in answered(depth).stderr):
        found = answered(depth)
        assert found.code == 3
        assert found.stderr.startswith("xent: 1 row set to nan; the first: a.jsonl:2: ")


@pytest.mark.parametrize("classes", ["cat,dog", "label,dog", "cat,label"])
def test_the_label_of_the_next_line_is_not_put_among_the_classes(
    classes: str, tmp_path: Path
) -> None:
    lines = (
        f'{{"doc": "u", "logits": [{at}, 0.5], "label": {at % 2}, "z": {7 + at}}}\n'
        for at in range(3)
    )
    (tmp_path / "a.jsonl").write_text("".join(lines))
    asked = "ce a.jsonl --shift --by doc --reduction none -f csv --classes"
    found = run_inside([*asked.split(), classes], tmp_path)
    header, *rows = found.stdout.decode().splitlines()
    assert header == f"doc,{classes},label,z,loss"
    assert [row.rpartition(",")[0] for row in rows] == ["u,0,0.5,1,7", "u,1,0.5,0,8"]


@pytest.mark.parametrize("text", ["[{}]", "[{}, {}]", '{"columns": [], "data": [[], []]}'])
def test_a_table_without_columns(text: str, tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text(text)
    assert told(tmp_path / "a.json", WANTED) == "a.json: no column of numbers to take as logits"
    asked = ["ce", "--logits", "1,2", "--targets-from", "a.json"]
    found = run_inside(asked, tmp_path)
    assert (found.code, found.stdout) == (1, b"")
    assert found.stderr.startswith("xent: a.json: no column of numbers to take as soft targets")
