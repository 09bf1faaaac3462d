"""Second files in JSON and JSON Lines: their labels and ids, and where each of them stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.faults.running import Answered, run_inside

LOSSES = b"1.3132616875182228\n0.31326168751822286\n"


def answer(folder: Path, name: str, content: str, *more: str) -> Answered:
    (folder / "z.csv").write_text("id,a,b\nu,1,2\n7,1,2\n")
    (folder / name).write_text(content)
    asked = ["ce", "z.csv", "--labels-from", name, "--reduction", "none", "-q", *more]
    return run_inside(asked, folder)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("y.jsonl", '{"id": 7, "label": 1}\n\n{"id": "u", "label": "a"}\n'),
        ("y.jsonl", '\ufeff{"label": 1, "id": "7"}\n{"label": 0, "id": " u "}'),
        ("y.json", '[{"id": 7, "label": 1}, {"id": "u", "label": "a"}]'),
        ("y.json", '{"id": {"0": 7, "1": "u"}, "label": {"0": 1, "1": 0}}'),
        ("y.json", '{"columns": ["label", "id"], "data": [[1, 7], ["a", "u"]]}'),
        ("y.json", '{"id": [7, "u"], "label": [1, "a"]}'),
        ("y.json", '{"id": [7, "u"], "label": [1, 0]}'),
        ("y.json", '{"id": [7, "u"], "gold": [1, 0]}'),
        ("y.json", "[0, 1]"),
        ("y.json", '["a", "b"]'),
        ("y.json", '{"labels": ["a", 1]}'),
        ("y.json", '{"": 5, "labels": ["a", 1]}'),
        ("y.jsonl", "0\n1\n"),
        ("y.jsonl", '\n"a"\n1\n'),
        ("y.jsonl", '"a"\n\n1.0'),
    ],
)
def test_each_row_has_its_label(name: str, content: str, tmp_path: Path) -> None:
    found = answer(tmp_path, name, content)
    assert (found.code, found.stdout) == (0, LOSSES)


@pytest.mark.parametrize("name", ["y.json", "y.jsonl"])
def test_a_second_file_of_one_record(name: str, tmp_path: Path) -> None:
    content = '{"id": "u", "label": 0}'
    (tmp_path / "z.csv").write_text("id,a,b\nu,1,2\n")
    (tmp_path / name).write_text(f"[{content}]" if name == "y.json" else content)
    found = run_inside(["ce", "z.csv", "--labels-from", name, "-q"], tmp_path)
    assert found == Answered(0, b"1.3132616875182228\n", "")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        (
            "y.jsonl",
            '{"id": "u", "label": 0}\n\n{"id": 7, "label": 1}\n{"id": 7, "label": 1}\n',
            'y.jsonl:4: column "id": the id "7" stands twice, first in line 3',
        ),
        (
            "y.json",
            '[{"id": "u", "label": 0}, {"id": 7, "label": 1}, {"id": 7, "label": 1}]',
            'y.json: row 3: column "id": the id "7" stands twice, first in row 2',
        ),
        (
            "y.jsonl",
            '{"id": "u", "label": 0}\n\n{"id": null, "label": 1}\n',
            'y.jsonl:3: column "id": the id is missing',
        ),
        (
            "y.json",
            '[{"id": "u", "label": 0}, {"id": null, "label": 1}]',
            'y.json: row 2: column "id": the id is missing',
        ),
        (
            "y.jsonl",
            '{"id": "u", "label": 0}\n\n{"id": 7, "label": "x"}\n',
            'y.jsonl:3: $.label: "x" is not a class index, nor the name of a class',
        ),
        (
            "y.jsonl",
            '{"label": 0}\n\n{"label": "x"}\n',
            'y.jsonl:3: $.label: "x" is not a class index, nor the name of a class',
        ),
        (
            "y.json",
            '[{"label": 0}, {"label": "x"}]',
            'y.json: row 2: "x" is not a class index, nor the name of a class',
        ),
        (
            "y.jsonl",
            '{"id": "u", "label": 0}\n[7, 1]\n',
            "y.jsonl:2: $: expected an object, found a",
        ),
        ("y.json", '[{"id": "u", "label": 0}, 5]', "y.json: $[1]: expected an object, found 5"),
        (
            "y.jsonl",
            '{"id": "u", "label": 0}\n{"id": 7}\n',
            'y.jsonl:2: $: there is no key "label"',
        ),
        ("y.json", '[{"id": "u", "label": 0}, {"label": 0}]', 'y.json: $[1]: there is no key "id"'),
        (
            "y.jsonl",
            '{"id": "u", "label": 0}\n{"id": true, "label": 0}\n',
            "y.jsonl:2: $.id: expected a text or a number, found true",
        ),
        (
            "y.json",
            '[{"id": "u", "label": 0}, {"id": 7, "label": [0]}]',
            "y.json: $[1].label: expected a text or a number, found a list",
        ),
        (
            "y.json",
            '{"id": {"0": "u", "1": true}, "label": {"0": 0, "1": 1}}',
            'y.json: $.id["1"]: expected a text or a number, found true',
        ),
        ("y.json", '["a", {"b": 1}]', "y.json: $[1]: expected a label, found an object"),
        ("y.json", '{"labels": ["a", [1]]}', "y.json: $.labels[1]: expected a label, found a list"),
        ("y.json", '{"labels": ["a", "x"]}', 'y.json: label 2: "x" is not a class index, nor the'),
        ("y.json", "[1, 5]", "y.json: label 2: label 5 is out of range for 2 classes (0 to 1)"),
        ("y.json", "5", "y.json: $: expected a list or an object, found 5"),
        ("y.json", '"a"', 'y.json: $: expected a list or an object, found "a"'),
        ("y.json", '{"labels": "a"}', 'y.json: $.labels: expected a list of numbers, found "a"'),
        # Where no label is a name, they are numbers, of which none may be missing.
        ("y.json", "[0, null]", "y.json: $[1]: cannot read null as a number"),
        ("y.json", '{"labels": [0, true]}', "y.json: $.labels[1]: cannot read true as a number"),
        ("y.jsonl", '"a"\n[1]\n', "y.jsonl:2: $: expected a label, found a list"),
        (
            "y.jsonl",
            '"a"\n\n"x"\n',
            'y.jsonl:3: $: "x" is not a class index, nor the name of a class',
        ),
        ("y.jsonl", '"a"\n\nx\n', "y.jsonl:3:1: not JSON: expecting value"),
    ],
)
def test_what_is_wrong_has_its_place(name: str, content: str, message: str, tmp_path: Path) -> None:
    found = answer(tmp_path, name, content)
    assert (found.code, found.stdout) == (1, b"")
    assert found.stderr.startswith(f"xent: {message}")


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        ("5", "$.id: expected a list of ids, found 5"),
        ('"u"', '$.id: expected a list of ids, found "u"'),
        ('["u", true]', "$.id[1]: expected an id, found true"),
        ('["u", ["7"]]', "$.id[1]: expected an id, found a list"),
    ],
)
def test_ids_that_a_document_lists(ids: str, message: str, tmp_path: Path) -> None:
    content = f'{{"id": {ids}, "label": [0, 1]}}'
    found = answer(tmp_path, "y.json", content, "--on", "id")
    assert (found.code, found.stdout) == (1, b"")
    assert found.stderr.startswith(f"xent: y.json: {message}")
    assert answer(tmp_path, "y.json", content, "--by-position").stdout == LOSSES


@pytest.mark.parametrize("name", ["y.json", "y.jsonl"])
def test_soft_targets_need_no_ids(name: str, tmp_path: Path) -> None:
    records = ['{"a": 1, "b": 0}', '{"a": 0, "b": 1}']
    content = f"[{', '.join(records)}]" if name == "y.json" else "\n".join(records)
    (tmp_path / "z.csv").write_text("a,b\n1,2\n1,2\n")
    (tmp_path / name).write_text(content)
    asked = ["ce", "z.csv", "--targets-from", name, "--reduction", "none", "-q"]
    assert run_inside(asked, tmp_path).stdout == LOSSES


@pytest.mark.parametrize("second", ["y.csv", "y.jsonl"])
@pytest.mark.parametrize(
    "document",
    [
        '{"id": ["u", 7], "logits": [[1, 2], [1, 2]]}',
        '[{"id": "u", "logits": [1, 2]}, {"id": 7, "logits": [1, 2]}]',
        '[{"id": "u", "a": 1, "b": 2}, {"id": 7, "a": 1, "b": 2}]',
    ],
)
def test_what_a_document_does_not_need_is_told(document: str, second: str, tmp_path: Path) -> None:
    (tmp_path / "z.json").write_text(document)
    (tmp_path / "y.csv").write_text("id,label\n7,1\nother,0\nu,0\n")
    (tmp_path / "y.jsonl").write_text(
        '{"id": 7, "label": 1}\n\n{"id": "other", "label": 0}\n{"id": "u", "label": 0}\n'
    )
    asked = ["ce", "z.json", "--labels-from", second, "--reduction", "none", "-q"]
    note = f'xent: note: {second}:3: 1 of its 3 rows was not needed, that of id "other"\n'
    assert run_inside(asked, tmp_path) == Answered(0, LOSSES, note)
