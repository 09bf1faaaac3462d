"""With and without the extra, or simdjson of it, in blocks of any size, in any number of jobs: the
same bytes."""

from __future__ import annotations

import random
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.faults.fault import Fault
from tests.faults.running import Answered
from tests.test_blocks import same
from tests.test_faults import listed, put
from tests.test_fuzz import CSV, JSON_LINES, PLAIN, TSV, damaged
from tests.ways import WAYS, answered, without_processes

__all__ = ["without_processes"]

pytestmark = pytest.mark.usefixtures("without_processes")

OF_TEXT = (
    *("numbers", "records", "encodings", "columns", "labels", "second", "several", "left_out"),
)


@pytest.mark.parametrize(
    "way",
    ["fast", "without simdjson", pytest.param("two jobs", marks=pytest.mark.slow), "three jobs"],
)
@pytest.mark.parametrize("fault", listed(topics=OF_TEXT))
def test_a_fault_is_told_the_same(fault: Fault, way: str, tmp_path: Path) -> None:
    put(fault.files, tmp_path)
    found = answered(way, shlex.split(fault.command), tmp_path, fault.stdin)
    assert found == Answered(fault.code, fault.stdout.encode(), fault.stderr)


ROWS = 40
chance = random.Random(4)
CELLS = [[round(chance.gauss(0, 9), 3) for _ in range(3)] for _ in range(ROWS)]
LABELS = [chance.randrange(3) for _ in range(ROWS)]
NAMES = ("cat", "dog", "fox")


def lines(*columns: Sequence[object], header: str, between: str = ",", end: str = "\n") -> bytes:
    rows = [between.join(map(str, row)) for row in zip(*columns, strict=True)]
    return end.join([header, *rows, ""]).encode()


VALUES = list(zip(*CELLS, strict=True))
QUOTED = [f'"{"word " * (at % 5)}, ""{at}"""' for at in range(ROWS)]
BROKEN = [f'"line {at}\nand, more\n"' if at % 3 else "one" for at in range(ROWS)]
FILES: dict[str, bytes] = {
    "plain.csv": lines(*VALUES, LABELS, header="a,b,c,label"),
    "returns.csv": lines(*VALUES, LABELS, header="a,b,c,label", end="\r\n"),
    "bare-returns.csv": lines(*VALUES, LABELS, header="a,b,c,label", end="\r"),
    "mark.csv": b"\xef\xbb\xbf" + lines(*VALUES, LABELS, header="a,b,c,label"),
    "semicolons.csv": lines(*VALUES, LABELS, header="a;b;c;label", between=";"),
    "tabs.tsv": lines(*VALUES, LABELS, header="a\tb\tc\tlabel", between="\t"),
    "words.csv": lines(
        range(ROWS),
        QUOTED,
        *VALUES,
        [NAMES[y] for y in LABELS],
        header="id,t," + "cat,dog,fox,label",
    ),
    "broken.csv": lines(
        range(ROWS),
        BROKEN,
        *VALUES,
        [NAMES[y] for y in LABELS],
        header="id,t," + "cat,dog,fox,label",
    ),
    "broken-last.csv": lines(*VALUES, LABELS, BROKEN, header="a,b,c,label,t"),
    "broken-returns.csv": lines(*VALUES, LABELS, BROKEN, header="a,b,c,label,t", end="\r\n"),
    "apart.csv": lines(VALUES[0], LABELS, VALUES[1], QUOTED, VALUES[2], header="a,label,b,t,c"),
    "no-end.csv": lines(*VALUES, LABELS, header="a,b,c,label").rstrip(b"\n"),
    "blank.csv": lines(*VALUES, LABELS, header="a,b,c,label").replace(b"\n", b"\n\n"),
    "unusual.csv": lines(
        *VALUES[:2],
        [" .5", "+1", "-0", "5.", "01", "inf", '"7"', "\t2"] * 5,
        LABELS,
        header="a,b,c,label",
    ),
    "row-end.csv": lines(*VALUES[:2], ["9e99", "90e98"] * 20, LABELS, header="a,b,c,label"),
    "negative-zero.csv": lines(*VALUES[:2], ["-0", "-0.0"] * 20, LABELS, header="a,b,c,label"),
    "all-quoted.csv": lines(
        *([f'"{v}"' for v in column] for column in (*VALUES, LABELS)), header='"a","b","c","label"'
    ),
    "blanks-first.csv": b"a,b,c,label\n" + b"\n" * 200 + lines(*VALUES, LABELS, header="")[1:],
    "one.csv": lines(VALUES[0], [0] * ROWS, header="a,label"),
    "lists.jsonl": b"".join(
        b'{"id": %d, "logits": %a, "label": %d}\n' % (at, CELLS[at], LABELS[at])
        for at in range(ROWS)
    ),
    "bare.jsonl": b"".join(b"%a\n" % row for row in CELLS),
    "flat.jsonl": b"".join(
        b'{"a": %a, "b": %a, "c": %a, "label": %d}\n' % (*CELLS[at], LABELS[at])
        for at in range(ROWS)
    ),
    "unusual.jsonl": b"".join(
        b'{"logits": [%s, 2, -0], "s": "{[\\"", "label": %d}\n\n'
        % ([b"1", b"1e2", b"-0.0", b'"NaN"'][at % 4], LABELS[at])
        for at in range(ROWS)
    ),
}
# What stands in one record, or in two lines, that cannot be taken for two.
TRICKS = (
    b'{"b": 2, "a": 2, "label": 0}\n',
    b'{"a": 1, "b": 2, "b" : 3, "label": 0}\n',
    b'{"a": 1, "b": 2, "label": 18446744073709551615}\n',
    b'{"a": 1, "b": [2], "label": 0}\n{"a": 1, "b": 2, "label": "["}\n',
    b'{"a": 1, "b": 2, "label": 0}, {"a": 1, "b": 2, "label": 0}\n',
    b'{"a": 1, "b":\n2, "label": 0}\n',
    # As many braces as lines, of which one begins with none.
    b'{"a": 1, "b": 2, "label": 0}, {"a": 1, "b": 2, "label": 0}\n{"a": 1, "b": 2\n"label": 0}\n',
    b'{"a": 1, "b": true, "label": 0}\n',
    b'{"a": 1, "b": 2, "label": 1.0}\n{"a": 1, "b": 2, "label": "1"}\n',
    b'{"b": 1, "a": 2, "label": 0, "more": {}}\n',
    b'{"a": 1, "b": 2, "b"\r: 3, "label": 0}\n',
    b'{"a": 1, "b": "2", "label": 0}\n',
    b'{"a": 1, "b": null, "label": 0}\n',
    b'{"a": 1, "b": -0, "label": 0}\n',
    b'{"a": 1, "b": 1e400, "label": 0}\n',
    b'{"a": 1, "b": NaN, "label": 0}\n',
    # By one more than the largest float, to which it would be rounded.
    b'{"a": 1, "b": %d, "label": 0}\n' % (int(sys.float_info.max) + 1),
    b'{"a": 18446744073709551616, "b": 36893488147419103233, "label": 0}\n',
)
LIST_TRICKS = (
    b'{"id": [1], "logits": 5, "label": 0}\n',
    b'{"id": "[", "logits": null, "label": 0}\n',
    b'{"id": 1, "logits": [[1, 2]], "label": 0}\n',
    b'{"id": 1, "logits": [1, 2, 3], "label": 0}\n{"id": 1, "logits": [1], "label": 0}\n',
    b'{"id": 1, "logits": [1, 2], "label": 18446744073709551615}\n',
    b'{"id": 1, "logits": [1, 2], "label": 18446744073709551616}\n',
    b'{"id": 1, "logits": [1, 2], "label": 0.0}\n',
    b'{"id": 1, "logits": [1, 2], "logits": [3, 4], "label": 0}\n',
    b'{"id": 1, "logits": [1, 2], "logits"\r: [3, 4], "label": 0}\n',
    b'{"id": "\\"logits\\":", "logits": [1, 2], "label": 0}\n',
    b'{"id": 1, "logits": [1, "2"], "label": 0}\n',
    b'{"id": 1, "logits": [1, "NaN"], "label": 0}\n',
    b'{"id": 1, "logits": [1, true], "label": 0}\n',
    b'{"id": 1, "logits": [1, null], "label": 0}\n',
    b'{"id": 1, "logits": [-0, 18446744073709551617], "label": 0}\n',
    b'{"id": 1, "logits": [1, %d], "label": 0}\n' % (int(sys.float_info.max) + 1),
    b'{"id": 1, "logits": {"0": 1, "1": 2}, "label": 0}\n',
    b'{"id": 1, "logits": "12", "label": 0}\n',
    b'{"id": 1, "logits":\x0c[1, 2], "label": 0}\n',
)
BARE_TRICKS = (
    b"[1, true]\n",
    b"[1, [2]]\n",
    b"[1, -0]\n",
    b"[1], [2]\n",
    b"[1, 2,]\n",
    b"[1, 2]\r\n",
    b"[1, %d]\n" % (int(sys.float_info.max) + 1),
)


@pytest.mark.parametrize(
    ("first", "trick"),
    [(b'{"a": 1, "b": 2, "label": 0}\n', trick) for trick in TRICKS]
    + [(b'{"id": 1, "logits": [1, 2], "label": 0}\n', trick) for trick in LIST_TRICKS]
    + [(b"[1, 2]\n", trick) for trick in BARE_TRICKS],
)
def test_a_trick_in_json_lines_is_seen(first: bytes, trick: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(first + trick + first)
    # Neither prints anything before a fault, however much of the file was read before it.
    asked = ["ce", "a.jsonl", "-q"]
    if first.startswith(b"["):
        asked = ["softmax", "a.jsonl", "--format", "json"]
    exact, *others = (answered(way, asked, tmp_path) for way in WAYS)
    assert all(same(other, exact) for other in others)


def test_records_of_values_alone_are_passed_on_where_an_answer_is_infinite(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"logits": [1e308, -1e308]}\n' * 3)
    for way in WAYS:
        found = answered(way, ["log-softmax", "a.jsonl", "--format", "jsonl"], tmp_path)
        assert found == Answered(0, b'{"log_probs": [0.0, "-Infinity"]}\n' * 3, "")


@pytest.mark.parametrize(
    ("values", "bad", "code"),
    # A label where there should be one for each question; a block whose only row is left out.
    [("1.5, 2", "1.5, 2", 1), ("1.5", "x", 3)],
)
def test_questions_are_left_out_the_same(values: str, bad: str, code: int, tmp_path: Path) -> None:
    lines = (f'{{"logits": [{each}], "label": 0}}\n' for each in (values, bad, values))
    (tmp_path / "a.jsonl").write_text("".join(lines))
    asked = ["bce", "a.jsonl", "--on-error", "skip", "-q"]
    exact, *others = (answered(way, asked, tmp_path) for way in WAYS)
    assert exact.code == code
    assert "left out; the first: a.jsonl:" in exact.stderr
    assert others == [exact] * len(others)


def test_gradients_are_checked_where_all_rows_of_a_block_are_left_out(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b,label\n1.5,2.5,0\nx," + b"2" * 24 + b",0\n1,2.25,1\n")
    asked = ["grad", "a.csv", "--check", "--on-error", "skip", "--format", "csv"]
    exact, *others = (answered(way, asked, tmp_path) for way in WAYS)
    assert exact.code == 3
    assert "(2 samples, 4 entries)" in exact.stderr
    assert others == [exact] * len(others)


@pytest.mark.parametrize("command", ["softmax", "ce --reduction none"])
def test_files_of_several_dialects_are_passed_on_in_the_first(command: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(lines(*VALUES, LABELS, header="a,b,c,label"))
    (tmp_path / "b.tsv").write_bytes(lines(*VALUES, LABELS, header="a\tb\tc\tlabel", between="\t"))
    (tmp_path / "c.csv").write_bytes(lines(*VALUES, LABELS, header="a,b,c,label", end="\r\n"))
    asked = [*command.split(), "a.csv", "b.tsv", "c.csv", "--format", "csv"]
    for way in WAYS:
        found = answered(way, asked, tmp_path)
        assert (found.code, found.stderr) == (0, "")
        assert b"\t" not in found.stdout
        assert b"\r" not in found.stdout
        _, *rest = found.stdout.splitlines()
        assert rest == rest[:ROWS] * 3


COMMANDS = (
    "ce {} --reduction none --format csv",
    "ce {} --quiet",
    "ce {}",
    "softmax {} --format csv",
    "softmax {} --format tsv",
    "log-softmax {} --format jsonl",
    "grad {} --format csv --check",
    "ce {} --reduction none --format jsonl",
)


def asked_of(command: str, name: str) -> list[str]:
    """The command for a file, with what that file needs."""
    asked = command.format(name).split()
    if name == "bare.jsonl" and asked[0] in ("ce", "grad"):
        asked += ["--label", ",".join(map(str, LABELS))]
    if name == "row-end.csv" and "--check" in asked:
        asked.remove("--check")  # Of numbers so large there are no differences.
    if name == "one.csv":
        # One column is a yes/no question.
        asked[:1] = {"ce": ["bce"], "grad": ["grad", "--loss", "bce"]}.get(asked[0], asked[:1])
    if name == "semicolons.csv":
        asked += ["--delimiter", ";"]
    return asked


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("name", FILES)
def test_an_answer_is_the_same(name: str, command: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(FILES[name])
    asked = asked_of(command, name)
    found = {way: answered(way, asked, tmp_path) for way in WAYS}
    exact = found["cell by cell"]
    assert exact.code == 0, exact.stderr
    for way, other in found.items():
        assert other == exact, way


@pytest.mark.parametrize("late", ["1,2", "1,2,x,0", '1,2,3,"0', "1,2,3,7", "1,2,3,1.5", "1,,3,0"])
@pytest.mark.parametrize("before", [b"", b'"quoted\nlines",2,3,0\n'])
@pytest.mark.parametrize("more", ["", "--on-error skip", "--on-error nan --rejects r.csv"])
def test_a_late_fault_is_told_with_its_line(
    late: str, before: bytes, more: str, tmp_path: Path
) -> None:
    content = FILES["plain.csv"]
    if before:
        content += before.replace(b'"quoted\nlines"', b'"1"')
    (tmp_path / "a.csv").write_bytes(content + late.encode() + b"\n" + content[12:])
    asked = ["ce", "a.csv", "--quiet", *more.split()]
    answers = []
    for way in WAYS:
        found = answered(way, asked, tmp_path)
        rejects = tmp_path / "r.csv"
        answers.append((found, rejects.read_bytes() if rejects.exists() else b""))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0][0].code in (1, 3)
    assert f"a.csv:{ROWS + 2 + bool(before)}" in answers[0][0].stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content"),
    [("a.csv", CSV), ("a.csv", PLAIN), ("a.tsv", TSV), ("a.jsonl", JSON_LINES)],
    ids=["csv", "plain", "tsv", "jsonl"],
)
def test_damage_is_met_the_same(name: str, content: bytes, tmp_path: Path) -> None:
    commands = (["ce", name, "--reduction", "none", "--format", "csv"], ["softmax", name, "-q"])
    for at in range(60):
        tried = damaged(content, random.Random(at))
        (tmp_path / name).write_bytes(tried)
        for asked in commands:
            exact, *others = (answered(way, asked, tmp_path) for way in WAYS)
            for other in others:
                assert (other.code, other.stderr) == (exact.code, exact.stderr), tried
                # Rows before a fault may have been printed; how many, the blocks decide.
                longer, shorter = sorted((other.stdout, exact.stdout), key=len, reverse=True)
                assert longer.startswith(shorter), tried
                assert exact.code or longer == shorter, tried


WEIGHTED = b'{"logits": [1, 2], "label": 0, "w": 0.5}\n{"logits": [3, 1], "label": 1, "w": %b}\n'


@pytest.mark.parametrize("weight", [b"2", b"0", b"-1", b"-0.0", b"null", b'"2"', b"1e400", b"NaN"])
@pytest.mark.parametrize("command", ["ce", "ce --reduction none -f jsonl", "grad -f tsv"])
def test_weights_of_json_lines_are_read_the_same(
    weight: bytes, command: str, tmp_path: Path
) -> None:
    (tmp_path / "a.jsonl").write_bytes(WEIGHTED % weight)
    name, *options = command.split()
    asked = [name, "a.jsonl", *options, "--weight-col", "w"]
    exact, *others = (answered(way, asked, tmp_path) for way in WAYS)
    assert exact.code == (0 if weight in (b"2", b"0", b"-0.0") else 1), exact
    assert all(same(other, exact) for other in others)


def test_a_decimal_comma_is_read_the_same(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a;b;label\n1,5;2;0\n0,25;-1e-1;1\n")
    asked = ["ce", "a.csv", "--delimiter", ";", "--decimal", ",", "--reduction", "none", "-q"]
    for way in WAYS:
        found = answered(way, asked, tmp_path)
        assert (found.code, found.stderr) == (0, "")
        assert [round(float(line), 6) for line in found.stdout.split()] == [0.974077, 0.883382]
