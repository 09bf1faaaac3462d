"""Corners where two things meet that each work by themselves."""

from __future__ import annotations

import gzip
import json
import math
import os
import re
from pathlib import Path

import numpy as np
import pytest

from tests.faults.running import run_inside
from tests.ways import without_processes

__all__ = ["without_processes"]

# log(1 + e^-1), the loss of logits one apart.
NEAR = math.log1p(math.exp(-1))


def test_a_large_file_and_a_compressed_one_with_two_jobs(
    tmp_path: Path, without_processes: None
) -> None:
    rows = "".join(f"{at % 7},{at % 5},{at % 3},{at % 3}\n" for at in range(60))
    text = "a,b,c,label\n" + rows
    (tmp_path / "a.csv").write_text(text)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(text.encode()))
    answers = set()
    for jobs, block in (("1", ""), ("2", "40"), ("3", "100")):
        settings = {"XENT_JOBS": jobs, "XENT_BLOCK_BYTES": block}
        command = ["ce", "a.csv", "b.csv.gz", "a.csv", "-f", "json", "--top", "3"]
        answers.add(run_inside(command, tmp_path, environment=settings))
    (found,) = answers
    assert (found.code, json.loads(found.stdout)["samples"]) == (0, 180)


@pytest.mark.parametrize("quoted", ['"5"', '"x"', '""'])
def test_one_byte_between_quotes(tmp_path: Path, quoted: str) -> None:
    (tmp_path / "a.csv").write_text(f't,a,b,label\n{quoted},1,2,0\n{quoted},"3",2,"1"\n')
    for fast in "01":
        command = ["ce", "a.csv", "--logit-cols", "a,b", "--reduction", "none", "-f", "csv"]
        found = run_inside(command, tmp_path, environment={"XENT_FAST": fast})
        assert found.code == 0
        header, first, second = found.stdout.decode().splitlines()
        assert header == "t,a,b,label,loss"
        assert first.startswith(f"{quoted},1,2,0,1.31326")
        assert second.startswith(f'{quoted},"3",2,"1",1.31326')
        # Cell by cell.
        lines = run_inside([*command[:-1], "jsonl"], tmp_path, environment={"XENT_FAST": fast})
        values = [json.loads(line)["t"] for line in lines.stdout.splitlines()]
        assert [str(value) for value in values] == [quoted.strip('"')] * 2


def test_the_class_axis_of_a_typed_row(tmp_path: Path) -> None:
    rows = {
        run_inside(["softmax", "--logits", "1,2,3", "--class-axis", axis, "-q"], tmp_path).stdout
        for axis in ("0", "1", "-1")
    }
    assert len(rows) == 1
    found = run_inside(["softmax", "--logits", "1,2;3,4;5,5", "--class-axis", "-1", "-q"], tmp_path)
    assert found.stdout.splitlines()[2] == b"0.5,0.5"


def test_a_sample_that_is_nan_is_the_hardest(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b,label\n1,2,0\n3,1,-100\n5,x,1\n2,1,0\n")
    command = ["ce", "a.csv", "--on-error", "nan", "--top", "2", "-f", "json"]
    found = run_inside(command, tmp_path)
    assert found.code == 3
    document = json.loads(found.stdout)
    assert document["result"] == "NaN"
    first, second = document["hardest"]
    assert (first["sample"], first["line"], first["loss"]) == (2, 4, "NaN")
    assert (second["sample"], second["line"]) == (0, 2)
    assert second["loss"] == pytest.approx(1 + NEAR)


def test_a_sample_that_is_left_out_keeps_its_number(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b,label\n1,2,0\n5,x,1\n2,9,0\n")
    command = ["ce", "a.csv", "--on-error", "skip", "--top", "1", "-f", "json"]
    (hardest,) = json.loads(run_inside(command, tmp_path).stdout)["hardest"]
    assert (hardest["sample"], hardest["line"]) == (2, 4)


@pytest.mark.parametrize("ignored", [-100, 1])
def test_the_steps_of_an_ignored_sample(tmp_path: Path, ignored: int) -> None:
    command = ["grad", "--logits", "1,2;3,1", "--labels", f"0,{ignored}", "-f", "json"]
    asked = [*command, "--ignore-index", str(ignored)]
    document = json.loads(run_inside(asked, tmp_path).stdout)
    steps = [{step["name"]: step["value"] for step in sample} for sample in document["steps"]]
    assert steps[1]["target"] == steps[1]["grad"] == steps[1]["difference"] == [0.0, 0.0]
    assert steps[1]["loss"] == 0.0
    assert document["denominator"] == steps[0]["scale"] == 1.0
    assert document["result"][1] == [0.0, 0.0]
    assert document["result"][0] == pytest.approx([-1 / (1 + math.exp(-1)), 1 / (1 + math.exp(-1))])


@pytest.mark.parametrize("suffix", ["html", "svg"])
def test_a_page_of_a_soft_target(tmp_path: Path, suffix: str) -> None:
    command = ["ce", "--logits", "1,2,3", "--target", "0.5,0.25,0.25", "--save", f"p.{suffix}"]
    assert run_inside(command, tmp_path).code == 0
    page = (tmp_path / f"p.{suffix}").read_text(encoding="utf-8")
    entropy = -(0.5 * math.log(0.5) + 2 * 0.25 * math.log(0.25))
    assert f"{entropy:.4f}" in page
    assert "1.6576" in page


def test_groups_that_are_not_ascii(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b,g,label\n1,2,é,0\n3,1,日本,1\n", encoding="utf-8")
    found = run_inside(["ce", "a.csv", "--by", "g", "-f", "jsonl"], tmp_path)
    assert '"g": "é"' in found.stdout.decode("utf-8")
    groups = [json.loads(line)["g"] for line in found.stdout.splitlines()]
    assert groups == ["é", "日本"]


def test_the_bars_of_a_page_are_as_long_as_their_probabilities(tmp_path: Path) -> None:
    command = ["ce", "--logits", "1,2", "--label", "0", "--save", "p.html"]
    assert run_inside(command, tmp_path).code == 0
    widths = re.findall(r'class="bar"[^>]*width="([0-9.]+)%"', (tmp_path / "p.html").read_text())
    share = 100 / (1 + math.exp(1))
    assert [float(width) for width in widths[:2]] == pytest.approx([share, 100 - share], abs=0.01)


@pytest.mark.parametrize(
    ("command", "hint"),
    [
        ("ce --logits 1,2,3", "hint: give --label or --target"),
        ("ce --logits 1,2 --label 0 --widht 3", "hint: did you mean --weight?"),
        ("softmax --logits 1 2 3", 'hint: quote the values: --logits "1 2 3"'),
        ("ce none.csv --rejects r.csv", ""),
    ],
)
def test_a_hint_says_what_to_do(tmp_path: Path, command: str, hint: str) -> None:
    found = run_inside(command.split(), tmp_path)
    assert found.code in (1, 2)
    assert found.stderr.endswith(f"{hint}\n" if hint else "that too\n")


def test_quotes_between_runs_of_blanks_keep_theirs(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text('t  a b   label\n"x  y" 1  2 0\n "z" 2 1  1\n')
    found = run_inside(["ce", "a.txt", "--reduction", "none", "-f", "jsonl"], tmp_path)
    records = [json.loads(line) for line in found.stdout.splitlines()]
    assert [record["t"] for record in records] == ["x  y", "z"]
    assert [record["loss"] for record in records] == [
        pytest.approx(1 + NEAR),
        pytest.approx(1 + NEAR),
    ]


def test_a_target_of_one_row_in_lists_belongs_to_the_one_sample(tmp_path: Path) -> None:
    asked = ["ce", "--logits", "1,2", "--target", "[[0.25, 0.75]]", "-q"]
    assert float(run_inside(asked, tmp_path).stdout) == pytest.approx(0.25 + NEAR)


def test_integers_that_do_not_rise_strictly_are_a_sample(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("3,3,5\n1,2,4\n0,7,7\n")
    found = run_inside(["softmax", "a.csv", "-q"], tmp_path)
    assert (found.code, len(found.stdout.splitlines())) == (0, 3)


@pytest.mark.parametrize("weight", ["3", '"3"', " 3"])
def test_weights_of_samples_are_read_however_they_are_written(tmp_path: Path, weight: str) -> None:
    (tmp_path / "a.csv").write_text(f"a,b,label,w\n0,0,0,1\n1,0,0,{weight}\n")
    found = run_inside(["ce", "a.csv", "--weight-col", "w", "-f", "json"], tmp_path)
    answer = json.loads(found.stdout)
    assert (answer["samples"], answer["denominator"]) == (2, 4.0)
    assert answer["result"] == pytest.approx((math.log(2) + 3 * NEAR) / 4)


@pytest.mark.parametrize(("command", "count"), [("ce", 3), ("kl", 3), ("grad", 3), ("bce", 3)])
def test_samples_are_counted_once_whatever_their_columns(
    tmp_path: Path, command: str, count: int
) -> None:
    (tmp_path / "a.csv").write_text("a,b,ta,tb\n0,1,0,1\n1,0,1,0\n2,0,1,0\n")
    asked = [command, "a.csv", "--logit-cols", "a,b", "--target-cols", "ta,tb", "-f", "json"]
    assert json.loads(run_inside(asked, tmp_path).stdout)["samples"] == count


@pytest.mark.parametrize("gamma", [0.5, 2.0])
def test_the_focal_loss_of_probabilities(tmp_path: Path, gamma: float) -> None:
    asked = ["bce", "--probs", "0.9;0.2;0.75", "--target", "1;0;0.25", "--gamma", repr(gamma)]
    found = run_inside([*asked, "--reduction", "none", "-q"], tmp_path)
    expected = []
    for p, t in ((0.9, 1.0), (0.2, 0.0), (0.75, 0.25)):
        away = p * (1 - t) + (1 - p) * t
        plain = -t * math.log(p) - (1 - t) * math.log(1 - p)
        expected.append(away**gamma * plain)
    assert [float(line) for line in found.stdout.split()] == pytest.approx(expected, rel=1e-13)


def test_how_many_bytes_follow_an_array(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((2, 3)))
    with open(tmp_path / "a.npy", "ab") as file:
        file.write(bytes(5))
    found = run_inside(["softmax", "a.npy"], tmp_path)
    assert found.stderr == "xent: a.npy: 5 bytes follow the array; a file holds but one\n"


def test_the_accuracy_of_a_mean(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b,label\n0,1,1\n1,0,1\n2,0,0\n1,3,1\n0,0,-100\n")
    found = run_inside(["ce", "a.csv", "-f", "json"], tmp_path)
    assert json.loads(found.stdout)["accuracy"] == 0.75


@pytest.mark.parametrize("cell", ["\0", "a\0", "\0a", '"\0"', '"a\0"'])
def test_a_zero_byte_in_a_cell_is_passed_on(tmp_path: Path, cell: str) -> None:
    (tmp_path / "a.csv").write_text(f"t,a,b,label\n{cell},1,2,1\nx,1,2,1\n")
    for form in ("csv", "jsonl"):
        asked = ["ce", "a.csv", "--reduction", "none", "-f", form]
        first = run_inside(asked, tmp_path).stdout.decode().splitlines()[form == "csv"]
        if form == "csv":
            assert first.startswith(f"{cell},1,2,1,")
        else:
            assert json.loads(first)["t"] == cell.strip('"')


def test_of_many_columns_left_out_some_are_named(tmp_path: Path) -> None:
    names = [f"x{at}" for at in range(1, 9)]
    header = ",".join(["logit_0", "logit_1", "label", *(f"{name}_a" for name in names)])
    (tmp_path / "a.csv").write_text(f"{header}\n1.5,2,1{',7.5' * len(names)}\n")
    (note,) = run_inside(["ce", "a.csv"], tmp_path).stderr.splitlines()
    shown = '"x1_a", "x2_a", "x3_a", "x4_a", … "x8_a" (8 columns)'
    assert f"left out: {shown}" in note


@pytest.mark.parametrize("block", ["", "40"])
def test_lines_of_positions_are_numbered_through(
    tmp_path: Path, block: str, without_processes: None
) -> None:
    line = '{"logits": [[1, 2], [3, 1]], "label": [1, 0]}\n'
    (tmp_path / "a.jsonl").write_text(line * 30)
    asked = ["ce", "a.jsonl", "--reduction", "none", "-f", "csv"]
    settings = {"XENT_JOBS": "2", "XENT_BLOCK_BYTES": block}
    rows = run_inside(asked, tmp_path, environment=settings).stdout.decode().splitlines()[1:]
    assert [row.split(",")[0] for row in rows] == [str(at // 2) for at in range(60)]


def test_two_short_rows_are_not_taken_for_one(tmp_path: Path) -> None:
    # Beyond the rows by which it is decided which columns hold words.
    (tmp_path / "a.csv").write_text("t,u,a,b,label\n" + "x,y,1,2,1\n" * 120 + "x,y\n1,2,1\n")
    for fast in "01":
        found = run_inside(["ce", "a.csv"], tmp_path, environment={"XENT_FAST": fast})
        assert found.stderr == "xent: a.csv:122:2: 2 cells, where the header has 5\n"


@pytest.mark.skipif(os.name != "posix", reason="there are no such permissions")
@pytest.mark.parametrize("mask", [0o022, 0o027])
def test_a_new_file_is_as_open_as_the_mask_says(tmp_path: Path, mask: int) -> None:
    before = os.umask(mask)
    try:
        run_inside(["ce", "--logits", "1,2", "--label", "1", "-q", "-o", "a.txt"], tmp_path)
    finally:
        os.umask(before)
    assert (tmp_path / "a.txt").stat().st_mode & 0o777 == 0o666 & ~mask
