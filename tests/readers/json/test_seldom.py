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


def test_however_deep_a_value_is_that_is_passed_on(tmp_path: Path) -> None:
    codes = set()
    for depth in range(700, 1100, 3):
        value = "[" * depth + "]" * depth
        lines = (f'{{"a": 1, "b": 2, "x": {one}}}\n' for one in ("[]", value))
        (tmp_path / "a.jsonl").write_text("".join(lines))
        found = run_inside(["softmax", "a.jsonl", "-f", "jsonl"], tmp_path)
        codes.add(found.code)
        if found.code == 0:
            assert f'"x": {value}'.encode() in found.stdout
        else:
            assert found.stderr == "xent: a.jsonl:2: it is nested too deeply\n"
    assert codes == {0, 1}
