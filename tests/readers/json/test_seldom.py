"""Documents that are large, values that are nested deeply, and parsers that read otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.running import run_inside
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
