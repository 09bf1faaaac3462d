"""Labels and soft targets of a second file, matched by ids: of whatever format either file is, in
blocks of any size, in any number of jobs, the answer is that of one file with everything in it."""

from __future__ import annotations

import json
import random
import shlex
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.contents import npz
from tests.faults.running import Answered, run_inside
from tests.readers.tables.test_columnar import content_of
from tests.ways import WAYS, answered, without_processes
from xentcli.model import AnyArray

__all__ = ["without_processes"]

pytestmark = pytest.mark.usefixtures("without_processes")

ROWS = 30
CLASSES = ("cat", "dog", "fox")
chance = random.Random(8)
VALUES = [[round(chance.gauss(0, 3), 3) for _ in CLASSES] for _ in range(ROWS)]
LABELS = [chance.choice(CLASSES) for _ in range(ROWS)]
TARGETS = [[0.25, 0.5, 0.25], [0.125, 0.125, 0.75], [1.0, 0.0, 0.0]] * (ROWS // 3)
# Of several lengths: within eight bytes, beyond them, and beyond what is compared as it is.
IDS: dict[str, list[Any]] = {
    "numbers": [7 + 3 * at for at in range(ROWS)],
    "words": [f"image {at:04}, \u00e9" for at in range(ROWS)],
    "paths": [f"/data/{'deeper/' * (at % 13)}{at}.jpg" for at in range(ROWS)],
}
Records = Sequence[dict[str, Any]]


def csv(records: Records, between: str = ",") -> bytes:
    rows: list[Iterable[object]] = [list(record.values()) for record in records]
    rows.insert(0, list(records[0]))
    return "".join(between.join(map(cell, row)) + "\n" for row in rows).encode()


def cell(value: object) -> str:
    return f'"{value}"' if "," in str(value) else str(value)


def parquet(records: Records, form: str = "parquet") -> bytes:
    columns = {name: [record[name] for record in records] for name in records[0]}
    return content_of(pa.table(columns), form)


FORMATS: dict[str, Callable[[Records], bytes]] = {
    "csv": csv,
    "tsv": lambda records: csv(records, "\t"),
    "jsonl": lambda records: b"".join(json.dumps(one).encode() + b"\n" for one in records),
    "json": lambda records: json.dumps(records).encode(),
    "parquet": parquet,
    "arrow": lambda records: parquet(records, "arrow"),
}


def first(ids: Sequence[Any]) -> list[dict[str, Any]]:
    return [{"id": id, **dict(zip(CLASSES, VALUES[at], strict=True))} for at, id in enumerate(ids)]


def labels(ids: Sequence[Any]) -> list[dict[str, Any]]:
    found = [{"id": id, "label": LABELS[at]} for at, id in enumerate(ids)]
    return random.Random(3).sample(found, len(found))


def targets(ids: Sequence[Any]) -> list[dict[str, Any]]:
    """Soft targets with their classes in another order."""
    order = (2, 0, 1)
    found = [{"id": id, **{CLASSES[c]: TARGETS[at][c] for c in order}} for at, id in enumerate(ids)]
    return random.Random(4).sample(found, len(found))


def whole(with_targets: bool) -> list[dict[str, Any]]:
    records = first(IDS["numbers"])
    for at, record in enumerate(records):
        if with_targets:
            record.update({f"t{c}": TARGETS[at][c] for c in range(3)})
        else:
            record["label"] = LABELS[at]
    return records


def run(folder: Path, asked: str) -> Answered:
    return run_inside(shlex.split(asked), folder)


@pytest.fixture(scope="module")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The losses of the one file."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "labels.csv").write_bytes(csv(whole(False)))
    (folder / "targets.csv").write_bytes(csv(whole(True)))
    columns = "--logit-cols cat,dog,fox"
    return {
        "labels": run(folder, "ce labels.csv --reduction none -q").stdout,
        "targets": run(
            folder, f"ce targets.csv {columns} --target-cols t0,t1,t2 --reduction none -q"
        ).stdout,
    }


@pytest.mark.parametrize("kind", IDS)
@pytest.mark.parametrize("form", FORMATS)
def test_formats(form: str, kind: str, wanted: dict[str, bytes], tmp_path: Path) -> None:
    ids = IDS[kind]
    (tmp_path / f"z.{form}").write_bytes(FORMATS[form](first(ids)))
    for other, content in FORMATS.items():
        (tmp_path / f"y.{other}").write_bytes(content(labels(ids)))
        (tmp_path / f"t.{other}").write_bytes(content(targets(ids)))
        found = run(tmp_path, f"ce z.{form} --labels-from y.{other} --reduction none -q")
        assert found == Answered(0, wanted["labels"], ""), other
        found = run(tmp_path, f"ce z.{form} --targets-from t.{other} --reduction none -q")
        assert found == Answered(0, wanted["targets"], ""), other


@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
@pytest.mark.parametrize(
    "asked",
    [
        "ce z.{form} --labels-from y.csv --format json",
        "ce z.{form} --labels-from y.csv --reduction none --format csv",
        "grad z.{form} --targets-from t.csv --format csv",
        "ce z.{form} --labels-from short.csv --on-error skip --reduction none --format jsonl",
        "ce z.{form} --labels-from short.csv --on-error nan --reduction none -q",
        "ce z.{form} --labels-from short.csv -q",
        "diagnose z.{form} --labels-from y.csv",
    ],
)
def test_ways(asked: str, form: str, tmp_path: Path) -> None:
    ids = IDS["words"]
    records = first(ids)
    (tmp_path / f"z.{form}").write_bytes(FORMATS[form]([*records, *records[:5]]))
    (tmp_path / "y.csv").write_bytes(csv([*labels(ids), {"id": "none", "label": "fox"}]))
    (tmp_path / "t.csv").write_bytes(csv(targets(ids)))
    (tmp_path / "short.csv").write_bytes(csv(labels(ids)[4:]))
    given = shlex.split(asked.format(form=form))
    exact, *others = (answered(way, given, tmp_path) for way in WAYS)
    assert all(other == exact for other in others)
    code = {"short.csv -q": 1, "--on-error": 3}
    assert exact.code == next((code[word] for word in code if word in asked), 0), exact.stderr
    if " y.csv" in asked:
        assert 'xent: note: y.csv:32: 1 of its 31 rows was not needed, that of id "none"' in (
            exact.stderr
        )


def test_repeated_in_the_first_it_gets_the_same_label_each_time(tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text("id,a,b\n7,2,0\n9,0,2\n7,2,0\n")
    (tmp_path / "y.csv").write_text("id,label\n9,1\n7,0\n")
    found = run(tmp_path, "ce z.csv --labels-from y.csv --reduction none -q")
    assert found == Answered(0, b"0.1269280110429725\n" * 3, "")


@pytest.mark.parametrize("second", ["id,label\n9,1\n7,0\n", "ID,answer\n9,1\n7,0\n"])
def test_names_in_any_case_and_the_only_other_column(second: str, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text("Id,a,b\n7,2,0\n 9 ,0,2\n")
    (tmp_path / "y.csv").write_text(second)
    found = run(tmp_path, "ce z.csv --labels-from y.csv -q")
    assert found == Answered(0, b"0.1269280110429725\n", "")


def test_an_index_without_a_name_serves_if_it_is_unique(tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text(",a,b\n1,2,0\n0,0,2\n")
    (tmp_path / "y.csv").write_text(",label\n0,1\n1,0\n")
    (tmp_path / "twice.csv").write_text(",label\n0,0\n0,1\n")
    asked = "ce z.csv --logit-cols a,b --labels-from {} -q"
    assert run(tmp_path, asked.format("y.csv")).stdout == b"0.1269280110429725\n"
    found = run(tmp_path, asked.format("twice.csv"))
    assert found.stdout == b"0.1269280110429725\n"
    assert "its rows are matched by position" in found.stderr


def test_by_position_whatever_ids_there_are(tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text("id,a,b\n7,2,0\n9,0,2\n")
    (tmp_path / "y.csv").write_text("id,label\n9,1\n7,0\n")
    found = run(tmp_path, "ce z.csv --labels-from y.csv --by-position -q")
    assert found == Answered(0, b"2.1269280110429727\n", "")


def test_a_column_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text("code,a,b,id\n7,2,0,1\n9,0,2,2\n")
    (tmp_path / "y.csv").write_text("id,code,label,truth\n1,9,0,1\n2,7,1,0\n")
    asked = "ce z.csv --labels-from y.csv --on code --label-col truth -q"
    assert run(tmp_path, asked) == Answered(0, b"0.1269280110429725\n", "")


@pytest.mark.parametrize(
    ("second", "loss"),
    [
        ("breed\n0\n1\n", b"0.1269280110429725\n"),
        ("breed\ncat\ndog\n", b"0.1269280110429725\n"),
        ("dog\ncat\n", b"2.1269280110429727\n"),
    ],
)
def test_a_single_column_has_a_header_if_its_first_cell_is_no_label(
    second: str, loss: bytes, tmp_path: Path
) -> None:
    (tmp_path / "z.csv").write_text("logit_cat,logit_dog\n2,0\n0,2\n")
    (tmp_path / "y.csv").write_text(second)
    assert run(tmp_path, "ce z.csv --labels-from y.csv -q") == Answered(0, loss, "")


def test_typed_logits_are_matched_by_position(tmp_path: Path) -> None:
    (tmp_path / "y.csv").write_text("id,label\n9,1\n7,0\n")
    found = run(tmp_path, 'ce --logits "2,0;0,2" --labels-from y.csv -q')
    assert found.stdout == b"2.1269280110429727\n"
    assert "its rows are matched by position: no column of --logits is called" in found.stderr


def test_a_bad_soft_target_of_typed_logits_is_placed_in_its_own_column(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("b,a\n-1,2\n0.5,0.5\n")
    found = run(tmp_path, 'ce --logits "1,2;3,4" --classes a,b --targets-from t.csv -q')
    said = 't.csv:2:1: column "b": soft target -1.0 is not a probability (0 or more)'
    assert (found.code, found.stdout) == (1, b"")
    assert said in found.stderr


def test_lists_of_soft_targets(tmp_path: Path) -> None:
    (tmp_path / "z.jsonl").write_text('{"id": 7, "logits": [2, 0]}\n{"id": 9, "logits": [0, 2]}\n')
    (tmp_path / "t.jsonl").write_text(
        '{"id": "9", "targets": [0, 1]}\n{"id": "7", "targets": [1, 0]}\n'
    )
    found = run(tmp_path, "ce z.jsonl --targets-from t.jsonl -q")
    assert found == Answered(0, b"0.1269280110429725\n", "")


def test_records_with_lists(tmp_path: Path) -> None:
    (tmp_path / "z.json").write_text('[{"id": 7, "logits": [2, 0]}, {"id": 9, "logits": [0, 2]}]')
    (tmp_path / "y.json").write_text('{"id": {"0": 9, "1": 7}, "label": {"0": 1, "1": 0}}')
    found = run(tmp_path, "ce z.json --labels-from y.json -q")
    assert found == Answered(0, b"0.1269280110429725\n", "")


def test_a_document_with_a_list_of_ids(tmp_path: Path) -> None:
    (tmp_path / "z.json").write_text('{"id": [7, 9], "logits": [[2, 0], [0, 2]]}')
    (tmp_path / "y.csv").write_text("id,label\n9,1\n7,0\n")
    found = run(tmp_path, "ce z.json --labels-from y.csv -q")
    assert found == Answered(0, b"0.1269280110429725\n", "")


LOGITS = [[1.5, 2.5], [3, 2], [0, 1]]
SMALL_IDS = [4, 2, 9]
Content = str | dict[str, AnyArray]
FIRST_FILES: dict[str, Content] = {
    "csv": "id,cat,dog\n4,1.5,2.5\n2,3,2\n9,0,1\n",
    "json": json.dumps({"id": SMALL_IDS, "logits": LOGITS}),
    "npz": {"logits": np.array(LOGITS), "id": np.array(SMALL_IDS)},
    "text.npz": {"logits": np.array(LOGITS), "id": np.array([str(id) for id in SMALL_IDS])},
}
SECOND_FILES: dict[str, Content] = {
    "names.json": json.dumps({"id": [9, 4, 2], "label": ["dog", "dog", "cat"]}),
    "numbers.json": json.dumps({"id": [9, 4, 2], "labels": [1, 1, 0]}),
    "soft.json": json.dumps({"id": [9, 4, 2], "targets": [[0, 1], [0, 1], [1, 0]]}),
    "numbers.npz": {"id": np.array([9, 4, 2]), "labels": np.array([1, 1, 0])},
    "soft.npz": {"id": np.array([9, 4, 2]), "targets": np.array([[0.0, 1], [0, 1], [1, 0]])},
    "text.npz": {"id": np.array(["9", "4", "2"]), "labels": np.array([1, 1, 0])},
    "bytes.npz": {"id": np.array([b"9", b"4", b"2"]), "labels": np.array([1, 1, 0])},
    "only.npz": {"id": np.array([9, 4, 2]), "what": np.array([1, 1, 0])},
    "numbers.csv": "id,label\n9,1\n4,1\n2,0\n",
}


def put(path: Path, content: Content) -> None:
    """Writes a text, or the arrays of an archive."""
    if isinstance(content, str):
        path.write_text(content)
    else:
        np.savez(path, **content)  # type: ignore[arg-type]


@pytest.mark.parametrize("first", FIRST_FILES)
@pytest.mark.parametrize("second", SECOND_FILES)
def test_ids_of_documents_and_archives(first: str, second: str, tmp_path: Path) -> None:
    put(tmp_path / f"z.{first}", FIRST_FILES[first])
    put(tmp_path / second, SECOND_FILES[second])
    option = "--targets-from" if second.startswith("soft") else "--labels-from"
    classes = "" if first == "csv" else " --classes cat,dog"
    found = run(tmp_path, f"ce z.{first} {option} {second} -q{classes}")
    assert found == Answered(0, b"0.31326168751822286\n", "")


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("id,label\n4,1\n2,0\n", 'z.npz: id[2]: y.csv has no id "9"'),
        ("id,label\n4,1\n2,0\n4,1\n9,1\n", 'the id "4" stands twice'),
        ("id,label\n4,1\n2.0,0\n9,1\n", 'it has "2.0": ids are compared as text'),
    ],
)
def test_an_archives_ids_without_a_partner(second: str, said: str, tmp_path: Path) -> None:
    put(tmp_path / "z.npz", FIRST_FILES["npz"])
    (tmp_path / "y.csv").write_text(second)
    found = run(tmp_path, "ce z.npz --labels-from y.csv")
    assert found.code == 1
    assert said in found.stderr


def test_an_array_by_itself_has_no_ids(tmp_path: Path) -> None:
    put(tmp_path / "z.csv", FIRST_FILES["csv"])
    np.save(tmp_path / "y.npy", np.array([1, 0, 1]))
    found = run(tmp_path, "ce z.csv --labels-from y.npy -q")
    assert found == Answered(0, b"0.31326168751822286\n", "")
    found = run(tmp_path, "ce z.csv --labels-from y.npy --on id")
    assert found.stderr.startswith('xent: --on: y.npy has no column "id"')


def test_ids_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    put(tmp_path / "z.csv", FIRST_FILES["csv"])
    put(tmp_path / "y.npz", {"id": np.array([4j, 2j, 9j]), "labels": np.array([1, 0, 1])})
    found = run(tmp_path, "ce z.csv --labels-from y.npz -q")
    assert (found.code, found.stdout) == (1, b"")
    assert found.stderr == (
        'xent: y.npz: "id" is in z.csv:1 too, and here it is not taken for ids '
        "(its dtype is complex128, not integers or real floats)\n"
        "hint: --by-position goes without ids\n"
    )
    assert run(tmp_path, "ce z.csv --labels-from y.npz --on id").code == 1
    put(tmp_path / "without.csv", "cat,dog\n1.5,2.5\n3,2\n0,1\n")
    found = run(tmp_path, "ce without.csv --labels-from y.npz -q")
    assert found.stdout == b"0.31326168751822286\n"
    assert found.stderr.startswith(
        'xent: note: y.npz: its rows are matched by position: "id" is not taken for ids '
    )
    assert run(tmp_path, "ce z.csv --labels-from y.npz --by-position -q").stderr == ""


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("y.json", '["dog", "cat", "dog"]'),
        ("y.json", '{"labels": [["dog"], ["cat"], ["dog"]]}'),
        ("y.json", '{"labels": ["1", 0, "dog"]}'),
        ("y.jsonl", '"dog"\n"cat"\n"dog"\n'),
        ("y.jsonl", "1\n0\n1\n"),
    ],
)
def test_names_in_json(name: str, content: str, tmp_path: Path) -> None:
    put(tmp_path / "z.csv", FIRST_FILES["csv"])
    (tmp_path / name).write_text(content)
    found = run(tmp_path, f"ce z.csv --labels-from {name} -q")
    assert found == Answered(0, b"0.31326168751822286\n", "")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("y.json", '["dog", "fish", "dog"]', 'y.json: label 2: "fish" is not a class index'),
        ("y.json", '["dog", null, "dog"]', "y.json: $[1]: expected a label, found null"),
        (
            "y.json",
            '[["dog", "cat"], ["dog"]]',
            "y.json: $[1]: 1 value, where the first list here has 2",
        ),
        ("y.json", '["dog", ["cat", "dog"]]', "y.json: $[1]: expected a label, found a list"),
        ("y.jsonl", '"dog"\n"fish"\n"dog"\n', 'y.jsonl:2: $: "fish" is not a class index'),
        ("y.json", '["dog"]', "y.json: 1 label, but z.csv has more samples"),
    ],
)
def test_names_in_json_that_are_none(name: str, content: str, said: str, tmp_path: Path) -> None:
    put(tmp_path / "z.csv", FIRST_FILES["csv"])
    (tmp_path / name).write_text(content)
    found = run(tmp_path, f"ce z.csv --labels-from {name}")
    assert found.code == 1
    assert said in found.stderr


@pytest.mark.parametrize(("key", "code"), [("y1", 0), ("y2", 0), ("y3", 2)])
@pytest.mark.parametrize("name", ["y.npz", "y.json"])
def test_a_key_of_the_labels_may_be_named(name: str, key: str, code: int, tmp_path: Path) -> None:
    labels = {"y1": [0, 1], "y2": [1, 0]}
    content = (
        npz(y1=labels["y1"], y2=labels["y2"]) if name == "y.npz" else json.dumps(labels).encode()
    )
    (tmp_path / name).write_bytes(content)
    (tmp_path / "a.csv").write_text("a,b\n2.5,0\n0.5,2\n")
    asked = ["ce", "a.csv", "--labels-from", name, "--label-col", key, "-q"]
    found = run_inside(asked, tmp_path)
    assert found.code == code
    if code:
        message = f'xent: --label-col: {name} has no key "y3"\n'
        assert found.stderr == message + 'hint: the keys are "y1", "y2"\n'
    else:
        typed = ",".join(map(str, labels[key]))
        assert found.stdout == run_inside(["ce", "a.csv", "--label", typed, "-q"], tmp_path).stdout
