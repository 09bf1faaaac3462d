"""Where the machine gives too little memory or too few files, a sentence says so: no traceback, no
waiting for ever."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import BIN, PATIENCE, environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="limits the address space")

COMMANDS = (
    "--version",
    "ce --logits 1,2 --label 0 -q",
    "grad a.csv --format csv -o out",
    "softmax a.csv --format csv --jobs 2 -o out",
    "ce a.csv --save page.html -o out",
    "diagnose a.csv --got 0.3 -q",
    "ce --logits 1,2 --label 0",
)
# XENT_EVERY_AMOUNT=1 has every command try every amount of memory.
EVERY_AMOUNT = "XENT_EVERY_AMOUNT" in os.environ
# The start of Python with so few files ends in a traceback of its own.
START_OF_PYTHON = b"init_import_site"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("limits")
    (path / "a.csv").write_text("a,b,label\n" + "1.25,2.5,0\n3.5,1.125,1\n" * 20_000)
    (path / "few.csv").write_text("a,b,label\n" + "1.25,2.5,0\n3.5,1.125,1\n" * 20)
    return path


def ends_in_a_sentence(folder: Path, limit: str, command: str) -> bytes:
    """What it says under a limit, if it ends well or in a sentence."""
    ran = subprocess.run(
        ["sh", "-c", f'ulimit {limit}; exec "$0" {command}', str(BIN / "xent")],
        cwd=folder,
        # Blocks so small that a short file is shared among processes.
        env=environment(XENT_BLOCK_BYTES="50000"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    if START_OF_PYTHON in ran.stderr:
        return b""
    told = (limit, command, ran.returncode, ran.stderr)
    assert ran.returncode in (0, 1), told
    assert bool(ran.stderr) == bool(ran.returncode), told
    assert b"Traceback" not in ran.stderr, told
    assert b"Exception ignored" not in ran.stderr, told
    assert len(ran.stderr.splitlines()) <= 2, told
    return ran.stderr


@pytest.mark.parametrize("kibibytes", [60_000, 90_000, 100_000, 112_000, 120_000])
@pytest.mark.parametrize("command", [COMMANDS[3], COMMANDS[5]])
def test_little_memory(folder: Path, kibibytes: int, command: str) -> None:
    ends_in_a_sentence(folder, f"-v {kibibytes}", command)


@pytest.mark.parametrize("kibibytes", [130_000, 190_000, 230_000, 250_000])
def test_little_memory_for_arrow(folder: Path, kibibytes: int) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    pq.write_table(pa.table({"a": [1.0], "b": [2.0], "label": [0]}), folder / "a.parquet")
    said = ends_in_a_sentence(folder, f"-v {kibibytes}", "ce a.parquet -q")
    assert said == b"xent: memory is short\nhint: --jobs 1 takes the least of it\n"


@pytest.mark.parametrize("files", [4, 5, 6])
def test_few_files(folder: Path, files: int) -> None:
    said = ends_in_a_sentence(folder, f"-n {files}", COMMANDS[4])
    assert not said or b"too many open files" in said


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_every_amount_of_memory(folder: Path, command: str) -> None:
    # Of two amounts that follow one another each command has one, its neighbour the other.
    first = 50_000 + 4_000 * (COMMANDS.index(command) % 2)
    for kibibytes in range(first, 180_001, 4_000 if EVERY_AMOUNT else 8_000):
        ends_in_a_sentence(folder, f"-v {kibibytes}", command)


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_every_number_of_files(folder: Path, command: str) -> None:
    if command.startswith("diagnose"):
        # How many files it opens is not a matter of rows, of which it tries thousands of formulas.
        command = command.replace("a.csv", "few.csv")
    for files in range(4, 20):
        ends_in_a_sentence(folder, f"-n {files}", command)
