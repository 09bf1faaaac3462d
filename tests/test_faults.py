"""What ``xent`` says about everything that can be wrong: the tables are in ``tests/faults``.

Each fault is told in one sentence with its place, on standard error alone, and without a traceback.
"""

from __future__ import annotations

import bz2
import gzip
import lzma
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from tests.conftest import BIN, PATIENCE, environment
from tests.faults.fault import GOOD, Fault
from tests.faults.running import Answered, run_inside

TOPICS = (
    "numbers",
    "records",
    "encodings",
    "packed",
    "columns",
    "labels",
    "second",
    "several",
    "documents",
    "typed",
    "usage",
    "habits",
    "outputs",
    "left_out",
    "diagnosed",
    "siblings",
    "arrays",
    "further",
    "rare",
)


def of_topic(topic: str) -> tuple[Fault, ...]:
    faults: tuple[Fault, ...] = import_module(f"tests.faults.{topic}").FAULTS
    return faults


def listed(*, of_each: int | None = None, topics: Sequence[str] = TOPICS) -> list[ParameterSet]:
    return [
        pytest.param(fault, id=f"{topic}: {fault.name}")
        for topic in topics
        for fault in of_topic(topic)[:of_each]
    ]


def put(files: Mapping[str, bytes], folder: Path) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)


@pytest.mark.parametrize("fault", listed())
def test_a_fault_is_told_in_a_sentence(fault: Fault, tmp_path: Path) -> None:
    put(fault.files, tmp_path)
    found = run_inside(shlex.split(fault.command), tmp_path, fault.stdin)
    assert found.stderr == fault.stderr
    assert (found.code, found.stdout.decode()) == (fault.code, fault.stdout)
    assert {path.name for path in tmp_path.iterdir()} == set(fault.files)


@pytest.mark.parametrize("fault", listed(of_each=2))
def test_the_real_command_says_the_same(fault: Fault, tmp_path: Path) -> None:
    put(fault.files, tmp_path)
    found = real(shlex.split(fault.command), tmp_path, fault.stdin)
    assert found == Answered(fault.code, fault.stdout.encode(), fault.stderr)


def real(arguments: Sequence[str], folder: Path, stdin: bytes = b"") -> Answered:
    ran = subprocess.run(
        [str(BIN / "xent"), *arguments],
        input=stdin,
        capture_output=True,
        cwd=folder,
        env=environment(),
        timeout=PATIENCE,
        check=False,
    )
    return Answered(ran.returncode, ran.stdout, ran.stderr.decode())


@pytest.mark.parametrize("topic", TOPICS)
def test_the_names_of_the_faults_differ(topic: str) -> None:
    names = [fault.name for fault in of_topic(topic)]
    assert len(names) == len(set(names))


NON_FINITE = (
    "nan",
    "NaN",
    "NAN",
    "-nan",
    "inf",
    "-INF",
    "+inf",
    "Infinity",
    "-infinity",
    "INFINITY",
)
FINITE = (".5", "5.", "-.5e-3", "+1E+2", "1e-400", " 7 ", "\t7", '"7"', '" 7 "', "007", "-0")


@pytest.mark.parametrize("cell", [*NON_FINITE, *FINITE])
def test_a_number_in_any_of_its_spellings(cell: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(f"a,b\n1.5,2.5\n3,{cell}\n", encoding="utf-8")
    found = run_inside(["softmax", "a.csv", "--quiet"], tmp_path)
    assert (found.code, found.stderr) == (0, "")
    assert len(found.stdout.splitlines()) == 2


GZIPPED, BZIPPED, XZIPPED = gzip.compress(GOOD, mtime=0), bz2.compress(GOOD), lzma.compress(GOOD)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv.gz", GZIPPED[:-8] + bytes(4) + GZIPPED[-4:]),
        ("a.csv.gz", GZIPPED[:12] + b"\xff\xff\xff" + GZIPPED[15:]),
        ("a.csv.gz", GZIPPED + b"junk"),
        ("a.csv.bz2", BZIPPED[:20] + bytes(2) + BZIPPED[22:]),
        ("a.csv.xz", XZIPPED[:30] + bytes(2) + XZIPPED[32:]),
    ],
    ids=["wrong checksum", "wrong bytes", "junk at the end", "bzip2", "xz"],
)
@pytest.mark.parametrize("command", ["ce", "softmax --format csv", "grad --quiet"])
def test_damage_is_told_in_a_sentence(
    name: str, content: bytes, command: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    found = run_inside([*command.split(), name], tmp_path)
    assert found.code == 1
    assert found.stderr.startswith(f"xent: {name}: the compressed data is damaged")
    assert found.stderr.count("\n") == 1
    assert found.stdout in (b"", b"a,b,c,label\n")


@pytest.mark.parametrize("encoding", ["base64", "hex", "rot13", "zlib"])
def test_an_encoding_that_is_not_of_texts(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(GOOD)
    found = run_inside(["ce", "a.csv", "--encoding", encoding], tmp_path)
    assert found.code == 2
    assert found.stderr.startswith(f'xent: --encoding: there is no encoding "{encoding}"')


# Enough rows that the first have been printed before the last is read.
MANY = b"a,b,label\n" + b"1,1,0\n" * 180_000
LATE = MANY + b"1,x,0\n"
LATE_FAULT = 'xent: a.csv:180002:2: column "b": cannot read "x" as a number\n'


def test_rows_that_were_printed_before_a_fault_stay(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(LATE)
    found = real(["softmax", "a.csv", "--format", "csv"], tmp_path)
    assert (found.code, found.stderr) == (1, LATE_FAULT)
    lines = found.stdout.splitlines(keepends=True)
    assert lines[0] == b"a,b,label\n"
    assert len(lines) > 1000
    assert set(lines[1:]) == {b"0.5,0.5,0\n"}


@pytest.mark.parametrize(
    "command",
    [
        "ce a.csv --quiet",
        "ce a.csv --format json",
        "softmax a.csv --format json",
        "grad a.csv --format csv",
        "softmax a.csv --format csv -o out.csv",
    ],
)
def test_nothing_that_could_be_taken_for_an_answer_before_a_late_fault(
    command: str, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_bytes(LATE)
    found = run_inside(command.split(), tmp_path)
    assert found == Answered(1, b"", LATE_FAULT)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
