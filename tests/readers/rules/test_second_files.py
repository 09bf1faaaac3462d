"""Labels and soft targets of a second file, matched by ids: of whatever format either file is, in
blocks of any size, in any number of jobs, the answer is that of one file with everything in it."""

from __future__ import annotations

import json
import math
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
from xentcli.readers.arrays import arrays

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


@pytest.mark.parametrize(
    "second", ["id,label\n9,1\n7,0\n", "ID,answer\n9,1\n7,0\n", "id,Label,x\n9,1,5\n7,0,5\n"]
)
def test_names_in_any_case_and_the_only_other_column(second: str, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text("Id,a,b\n7,2,0\n 9 ,0,2\n")
    (tmp_path / "y.csv").write_text(second)
    found = run(tmp_path, "ce z.csv --labels-from y.csv -q")
    assert found == Answered(0, b"0.1269280110429725\n", "")


@pytest.mark.parametrize("here", ["", "Unnamed: 0", "...1"])
@pytest.mark.parametrize("there", ["", "Unnamed: 0", "...1"])
def test_an_index_without_a_name_serves_if_it_is_unique(
    here: str, there: str, tmp_path: Path
) -> None:
    (tmp_path / "z.csv").write_text(f"{here},a,b\n1,2,0\n0,0,2\n")
    (tmp_path / "y.csv").write_text(f"{there},label\n0,1\n1,0\n")
    (tmp_path / "twice.csv").write_text(f"{there},label\n0,0\n0,1\n")
    asked = "ce z.csv --logit-cols a,b --labels-from {} -q"
    assert run(tmp_path, asked.format("y.csv")).stdout == b"0.1269280110429725\n"
    found = run(tmp_path, asked.format("twice.csv"))
    assert found.stdout == b"0.1269280110429725\n"
    assert found.stderr == (
        "xent: note: twice.csv: its rows are matched by position: its column without a name has "
        '"0" twice (--on names one, --by-position says that it is so)\n'
    )


@pytest.mark.parametrize(("first", "second"), [("parquet", "parquet"), ("csv", "parquet")])
def test_the_index_of_a_table_of_pandas(first: str, second: str, tmp_path: Path) -> None:
    """It stands behind the other columns, with a name that is none."""
    name = "__index_level_0__" if first == "parquet" else ""
    logits = [{"a": 2.0, "b": 0.5, name: 7}, {"a": 0.5, "b": 2.0, name: 9}]
    if first == "csv":
        logits = [{name: record.pop(name), **record} for record in logits]
    found = [{"label": 1, "__index_level_0__": 9}, {"label": 0, "__index_level_0__": 7}]
    (tmp_path / f"z.{first}").write_bytes(FORMATS[first](logits))
    (tmp_path / f"y.{second}").write_bytes(FORMATS[second](found))
    asked = f"ce z.{first} --labels-from y.{second} -q"
    right, wrong = math.log1p(math.exp(-1.5)), math.log1p(math.exp(1.5))
    assert float(run(tmp_path, asked).stdout) == pytest.approx(right, rel=1e-15)
    by_position = run(tmp_path, f"{asked} --by-position")
    assert by_position.stderr == ""
    assert float(by_position.stdout) == pytest.approx(wrong, rel=1e-15)


@pytest.mark.parametrize("form", ["csv", "json", "parquet"])
@pytest.mark.parametrize("named", ["", "--on ' id'"])
def test_blanks_around_the_names_of_columns_do_not_count(
    named: str, form: str, tmp_path: Path
) -> None:
    (tmp_path / "z.csv").write_text(" id ,a,b\n7,2,0\n9,0,2\n")
    labels = [{"id ": 9, " label ": 1, "other": "x"}, {"id ": 7, " label ": 0, "other": "x"}]
    (tmp_path / f"y.{form}").write_bytes(FORMATS[form](labels))
    found = run(tmp_path, f"ce z.csv --labels-from y.{form} --logit-cols a,b -q {named}")
    assert found == Answered(0, b"0.1269280110429725\n", "")


@pytest.mark.parametrize("here", ["", "Unnamed: 1", " "])
@pytest.mark.parametrize("there", ["", "Unnamed: 0"])
def test_only_the_first_column_is_an_index_without_a_name(
    here: str, there: str, tmp_path: Path
) -> None:
    (tmp_path / "z.csv").write_text(f"a,{here},b\n2,9,0\n0,7,2\n")
    (tmp_path / "y.csv").write_text(f"{there},label\n7,1\n9,0\n")
    found = run(tmp_path, "ce z.csv --logit-cols a,b --labels-from y.csv -q")
    assert found.stdout == b"2.1269280110429727\n"
    reason = "z.csv:1 does not begin with a column without a name"
    assert f"y.csv: its rows are matched by position: {reason} (--on names one" in found.stderr


def test_a_column_by_itself_has_labels_even_if_it_is_called_id(tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text("a,b\n2,0\n0,2\n")
    (tmp_path / "y.jsonl").write_text('{"id": 0}\n{"id": 1}\n')
    found = run(tmp_path, "ce z.csv --labels-from y.jsonl -q")
    assert found == Answered(0, b"0.1269280110429725\n", "")


def test_other_ids_than_those_that_an_option_names_are_no_labels(tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text("code,a,b\n7,2,0\n9,0,2\n")
    (tmp_path / "y.csv").write_text("id,code,answer\n1,9,1\n0,7,0\n")
    found = run(tmp_path, "ce z.csv --logit-cols a,b --labels-from y.csv --on code -q")
    assert found == Answered(0, b"0.1269280110429725\n", "")


@pytest.mark.parametrize(("first", "loss"), [("cow", 0.1269280110429725), ("dog", None)])
def test_a_header_is_no_name_of_classes_that_an_option_gives(
    first: str, loss: float | None, tmp_path: Path
) -> None:
    (tmp_path / "z.csv").write_text("p,q\n2,0\n0,2\n")
    (tmp_path / "y.csv").write_text(f"{first}\ncat\ndog\n")
    found = run(tmp_path, "ce z.csv --classes cat,dog --labels-from y.csv -q")
    if loss is None:
        assert found.stderr == "xent: y.csv: 3 labels for 2 samples\n"
    else:
        assert (float(found.stdout), found.stderr) == (loss, "")


@pytest.mark.parametrize(("named", "classes"), [("--label-col truth", 2), ("", 3)])
def test_a_column_called_as_the_named_label_is_no_class(
    named: str, classes: int, tmp_path: Path
) -> None:
    (tmp_path / "z.csv").write_text("id,a,b,truth\n7,0.5,0.5,0.5\n")
    (tmp_path / "y.csv").write_text("id,truth\n7,0\n")
    found = run(tmp_path, f"ce z.csv --labels-from y.csv -q {named}")
    assert float(found.stdout) == pytest.approx(math.log(classes), rel=1e-15)


def test_the_labels_can_be_the_ids(tmp_path: Path) -> None:
    """Where --on says so; else they are matched by position."""
    (tmp_path / "z.csv").write_text("id,a,b\n1,2,0\n0,0,2\n")
    (tmp_path / "y.csv").write_text("id,label\n0,1\n1,0\n")
    asked = "ce z.csv --labels-from y.csv --label-col id -q"
    assert run(tmp_path, asked) == Answered(0, b"0.1269280110429725\n", "")
    assert run(tmp_path, f"{asked} --on id") == Answered(0, b"2.1269280110429727\n", "")


@pytest.mark.parametrize("form", ["csv", "jsonl", "json"])
def test_a_long_integer_is_not_the_float_that_is_nearest_to_it(form: str, tmp_path: Path) -> None:
    (tmp_path / f"z.{form}").write_bytes(FORMATS[form]([{"id": 10**20, "a": 2, "b": 0}]))
    (tmp_path / "y.csv").write_text(f"id,label\n1e+20,1\n{10**20},0\n")
    found = run(tmp_path, f"ce z.{form} --labels-from y.csv -q")
    assert (found.code, found.stdout) == (0, b"0.1269280110429725\n")


def test_soft_targets_called_by_long_numbers_that_count_up(tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text("id,a,b\n7,2,0\n")
    (tmp_path / "t.csv").write_text("id,9999999999,10000000000\n7,1,0\n")
    found = run(tmp_path, "ce z.csv --targets-from t.csv -q")
    assert found == Answered(0, b"0.1269280110429725\n", "")


@pytest.mark.parametrize("names", ["1,+2", "1,0_2", "1,2.0"])
def test_soft_targets_are_counted_by_digits_alone(names: str, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text("id,0,1\n7,2,0\n")
    (tmp_path / "t.csv").write_text(f"id,{names}\n7,1,0\n")
    found = run(tmp_path, "ce z.csv --targets-from t.csv -q")
    assert found.code == 1
    assert 'it has no column of the class "0", but of others' in found.stderr


@pytest.mark.parametrize("names", ["id,label", "id,answer", ",answer", "Unnamed: 0,answer"])
def test_by_position_whatever_ids_there_are(names: str, tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text("id,a,b\n7,2,0\n9,0,2\n")
    (tmp_path / "y.csv").write_text(f"{names}\n9,1\n7,0\n")
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


@pytest.mark.parametrize("option", ["labels", "targets"])
@pytest.mark.parametrize("form", ["csv", "jsonl", "parquet"])
def test_a_sample_without_a_partner_is_nan_on_request(
    form: str, option: str, tmp_path: Path
) -> None:
    """Its row of the second file, of which there is only one, is that of no sample."""
    records = [{"id": 7, "a": 2.5, "b": 0}, {"id": 9, "a": 0.5, "b": 2}]
    (tmp_path / f"z.{form}").write_bytes(FORMATS[form](records))
    (tmp_path / "labels.csv").write_text("id,label\n9,1\n")
    (tmp_path / "targets.csv").write_text("id,b,a\n9,1,0\n")
    asked = f"ce z.{form} --{option}-from {option}.csv --on-error nan -f json"
    found = json.loads(run(tmp_path, asked).stdout)
    steps = [{step["name"]: step["value"] for step in sample} for sample in found["steps"]]
    assert steps[0]["target"] == ["NaN", "NaN"]
    assert steps[1]["target"] == [0, 1]
    assert (steps[0]["loss"], found["result"], found["denominator"]) == ("NaN", "NaN", 2)


@pytest.mark.parametrize("header", ["id,label", "id,a,b"])
@pytest.mark.parametrize("first", ["csv", "jsonl", "parquet"])
def test_in_a_second_file_of_a_header_alone_no_sample_has_a_partner(
    first: str, header: str, tmp_path: Path
) -> None:
    (tmp_path / f"z.{first}").write_bytes(FORMATS[first]([{"id": 7, "a": 2.5, "b": 0}]))
    (tmp_path / "y.csv").write_text(f"{header}\n")
    option = "--labels-from" if "label" in header else "--targets-from"
    found = run(tmp_path, f"ce z.{first} {option} y.csv -q")
    assert (found.code, found.stdout) == (1, b"")
    assert found.stderr.endswith(': y.csv has no id "7"\n')
    found = run(tmp_path, f"ce z.{first} {option} y.csv -q --on-error nan")
    assert (found.code, found.stdout) == (3, b"nan\n")


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


# Where the seventh row of a second file stands, and its first soft target.
SEVENTH = {
    "csv": ("t.csv:8", 't.csv:8:2: column "a"'),
    "jsonl": ("t.jsonl:7: $", "t.jsonl:7: $.a"),
    "json": ("t.json: row 7", 't.json: row 7: column "a"'),
    "parquet": ("t.parquet: row 7", 't.parquet: row 7: column "a"'),
    "lists.jsonl": ("t.lists.jsonl:7: $.targets", "t.lists.jsonl:7: $.targets[0]"),
    "lists.parquet": ("t.lists.parquet: row 7", 't.lists.parquet: row 7: column "targets[0]"'),
    "npz": ("t.npz: targets[6]", "t.npz: targets[6, 0]"),
}
SMALL = {"XENT_BLOCK_BYTES": "24", "XENT_JOBS": "1"}


def put_records(folder: Path, name: str, records: Records) -> None:
    """Writes records of an id and the columns a and b, or the list of both under a key."""
    stem, _, form = name.partition(".")
    lists = [[record["a"], record["b"]] for record in records]
    key = "targets" if stem == "t" else "logits"
    if form == "npz":
        ids = np.array([record["id"] for record in records])
        put(folder / name, {"id": ids, key: np.array(lists)})
        return
    if form.startswith("lists"):
        records = [{"id": one["id"], key: two} for one, two in zip(records, lists, strict=True)]
    (folder / name).write_bytes(FORMATS[form.rpartition(".")[2]](records))


@pytest.mark.parametrize("first", ["csv", "jsonl", "json", "parquet", "npz"])
@pytest.mark.parametrize("second", SEVENTH)
def test_a_bad_soft_target_is_placed_in_its_own_row(
    first: str, second: str, tmp_path: Path
) -> None:
    """Whatever row of the first file it is for, and whichever of its blocks that is in."""
    put_records(tmp_path, f"z.{first}", [{"id": id, "a": 0.5, "b": 1.5} for id in range(8)])
    targets = [{"id": id, "a": 0.5, "b": 0.5} for id in reversed(range(8))]
    asked = ["ce", f"z.{first}", "--targets-from", f"t.{second}", "-q"]
    of_row, of_number = SEVENTH[second]
    targets[6]["b"] = 0.25
    put_records(tmp_path, f"t.{second}", targets)
    told = run_inside(asked, tmp_path, environment=SMALL).stderr
    assert told == f"xent: warning: {of_row}: the soft target does not sum to 1\n"
    targets[6]["a"] = -0.5
    put_records(tmp_path, f"t.{second}", targets)
    told = run_inside(asked, tmp_path, environment=SMALL).stderr
    assert told == f"xent: {of_number}: soft target -0.5 is not a probability (0 or more)\n"


@pytest.mark.parametrize("second", SEVENTH)
def test_so_it_is_for_a_typed_sample(second: str, tmp_path: Path) -> None:
    put_records(tmp_path, f"t.{second}", [{"id": 1, "a": -0.5, "b": 1.5}])
    asked = f"ce --logits 1,2 --targets-from t.{second} --by-position"
    found = run(tmp_path, asked)
    said = "soft target -0.5 is not a probability (0 or more)"
    place = SEVENTH[second][1]
    for seventh, first in ((":8:", ":2:"), (":7:", ":1:"), ("row 7", "row 1"), ("[6,", "[0,")):
        place = place.replace(seventh, first)
    assert found == Answered(1, b"", f"xent: {place}: {said}\n")


@pytest.mark.parametrize("second", ["csv", "json", "npz"])
@pytest.mark.parametrize("first", ["csv", "npz"])
def test_a_label_that_is_none_is_placed_in_its_own_row(
    first: str, second: str, tmp_path: Path
) -> None:
    put_records(tmp_path, f"z.{first}", [{"id": id, "a": 0.5, "b": 1.5} for id in range(8)])
    ids, labels = list(reversed(range(8))), [0, 1, 0, 1, 0, 1, 7, 1]
    if second == "npz":
        put(tmp_path / "y.npz", {"id": np.array(ids), "labels": np.array(labels)})
    else:
        records = [{"id": id, "label": one} for id, one in zip(ids, labels, strict=True)]
        (tmp_path / f"y.{second}").write_bytes(FORMATS[second](records))
    told = run(tmp_path, f"ce z.{first} --labels-from y.{second}").stderr
    place = {"csv": "y.csv:8:2", "json": "y.json: row 7", "npz": "y.npz: label 7"}[second]
    assert told.startswith(f"xent: {place}: label 7 is out of range")


@pytest.mark.parametrize("first", ["csv", "jsonl", "parquet", "npy"])
@pytest.mark.parametrize(
    ("second", "place"),
    [
        ("t.csv", "t.csv:8"),
        ("t.npy", "t.npy: [6]"),
        ("t.json", "t.json: $[6]"),
        (None, "--target, sample 7"),
    ],
)
@pytest.mark.parametrize("skipped", [False, True])
def test_so_it_is_by_position(
    first: str,
    second: str | None,
    place: str,
    skipped: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(arrays, "CHUNK_BYTES", 48)
    values = [[0.5, 0.5]] * 4 + [[1.5 if skipped else 0.5, 0.5]] + [[0.5, 0.5]] * 3
    targets = [[0.5, 0.5]] * 6 + [[0.5, 0.25], [0.5, 0.5]]
    if first == "npy":
        np.save(tmp_path / "z.npy", np.array(values))
    else:
        records = [{"a": a, "b": b} for a, b in values]
        (tmp_path / f"z.{first}").write_bytes(FORMATS[first](records))
    typed = ";".join(f"{a},{b}" for a, b in targets)
    np.save(tmp_path / "t.npy", np.array(targets))
    (tmp_path / "t.json").write_text(json.dumps(targets))
    (tmp_path / "t.csv").write_bytes(csv([{"a": a, "b": b} for a, b in targets]))
    asked = ["ce", f"z.{first}", "--input", "probs", "-q", "--on-error", "skip"]
    asked += ["--target", typed] if second is None else ["--targets-from", second]
    told = run_inside(asked, tmp_path, environment=SMALL).stderr
    assert f"xent: warning: {place}: the soft target does not sum to 1\n" in told


@pytest.mark.parametrize("apart", [False, True])
@pytest.mark.parametrize("block", ["24", "1000"])
def test_a_soft_target_that_is_shifted_keeps_its_place(
    apart: bool, block: str, tmp_path: Path
) -> None:
    """It is scored with the row before it."""
    targets = [(0.5, 0.5)] * 6 + [(0.5, 0.25), (0.5, 0.5)]
    values = [{"a": 0.5, "b": 1.5, "g": "x"}] * 8
    found = [{"t": a, "u": b} for a, b in targets]
    if apart:
        (tmp_path / "t.csv").write_bytes(csv(found))
        asked = "ce z.csv --targets-from t.csv"
    else:
        values = [one | two for one, two in zip(values, found, strict=True)]
        asked = "ce z.csv --logit-cols a,b --target-cols t,u"
    (tmp_path / "z.csv").write_bytes(csv(values))
    environment = {"XENT_BLOCK_BYTES": block, "XENT_JOBS": "1"}
    asked = f"{asked} --shift --by g -q"
    told = run_inside(shlex.split(asked), tmp_path, environment=environment).stderr
    source = "t.csv" if apart else "z.csv"
    assert told == f"xent: warning: {source}:8: the soft target does not sum to 1\n"


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


def test_classes_counted_from_0_and_from_1_are_in_the_order_of_their_numbers(
    tmp_path: Path,
) -> None:
    (tmp_path / "z.csv").write_text("c_0,c_1\n1,2\n")
    (tmp_path / "t.csv").write_text("t_1,t_2\n0.25,0.75\n")
    found = run(tmp_path, "ce z.csv --targets-from t.csv -q")
    assert found == run(tmp_path, "ce --logits 1,2 --target 0.25,0.75 -q")
    assert found.code == 0, found.stderr


def put_named_documents(folder: Path, classes: Sequence[str]) -> None:
    """Soft targets of two samples, as xent answers and as a document that names its classes."""
    (folder / "z.csv").write_text("a,b,c\n1,2,3\n0,1,0\n")
    (folder / "q.csv").write_text(f"{','.join(classes)}\n3,1,2\n0,0,1\n")
    answered = run(folder, "softmax q.csv -f json")
    (folder / "own.json").write_bytes(answered.stdout)
    document = {"classes": classes, "targets": json.loads(answered.stdout)["result"]}
    (folder / "named.json").write_text(json.dumps(document))


@pytest.mark.parametrize("name", ["own.json", "named.json"])
@pytest.mark.parametrize("command", ["kl", "js"])
def test_the_classes_of_a_document_say_what_its_soft_targets_are_of(
    command: str, name: str, tmp_path: Path
) -> None:
    put_named_documents(tmp_path, ["c", "a", "b"])
    found = run(tmp_path, f"{command} z.csv --targets-from {name} -q")
    assert float(found.stdout) == pytest.approx(0.0, abs=1e-15)


@pytest.mark.parametrize("name", ["own.json", "named.json"])
def test_classes_of_a_document_that_are_others_are_refused(name: str, tmp_path: Path) -> None:
    put_named_documents(tmp_path, ["c", "a", "d"])
    assert run(tmp_path, f"kl z.csv --targets-from {name} -q") == Answered(
        1,
        b"",
        f'xent: {name}: it has no column of the class "b", but of others\n'
        'hint: its columns are "c", "a", "d"\n',
    )


def test_a_wrong_soft_target_is_placed_where_it_stands_in_the_document(tmp_path: Path) -> None:
    """The classes of the logits are in another order."""
    (tmp_path / "z.csv").write_text("a,b,c\n1,2,3\n")
    document = {"classes": ["c", "a", "b"], "targets": [[-0.5, 0.5, 1]]}
    (tmp_path / "t.json").write_text(json.dumps(document))
    found = run(tmp_path, "ce z.csv --targets-from t.json -q")
    said = "soft target -0.5 is not a probability (0 or more)"
    assert found == Answered(1, b"", f"xent: t.json: $.targets[0][0]: {said}\n")
