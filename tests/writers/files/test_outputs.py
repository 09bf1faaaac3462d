"""All that a command writes is opened before it reads, and appears together or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from unittest import mock

import pytest

from tests.conftest import BIN, PATIENCE, environment
from tests.faults.running import run_inside

ROWS = b"a,b,label\n1,2,0\n3,4,1\n5,x,1\n"
OUTPUTS = ["-o", "o", "--save", "s.html", "--rejects", "r.csv"]
EVERYTHING = ["ce", "a.csv", "--on-error", "skip", *OUTPUTS]


@pytest.mark.skipif(sys.platform == "win32", reason="reads from a pipe that stays open")
@pytest.mark.parametrize(
    "options", [["-o", "none/o"], ["--save", "none/s.html"], ["--rejects", "none/r.csv"]]
)
@pytest.mark.parametrize("command", ["ce", "diagnose"])
def test_what_cannot_be_written_is_told_before_anything_is_read(
    tmp_path: Path, command: str, options: list[str]
) -> None:
    process = subprocess.Popen(
        [str(BIN / "xent"), command, "-", "--on-error", "skip", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env=environment(),
    )
    # Standard input is left open.
    assert process.wait(timeout=PATIENCE) == 1
    stdout, stderr = process.communicate()
    assert stdout == b""
    assert stderr.decode() == f"xent: {options[1]}: cannot write it: no such file or directory\n"


def test_all_appear(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(ROWS)
    assert run_inside(EVERYTHING, tmp_path).code == 3
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "o", "r.csv", "s.html"]


@pytest.mark.parametrize("last", ["o", "s.html", "r.csv"])
def test_if_one_gets_no_name_none_does(tmp_path: Path, last: str) -> None:
    (tmp_path / "a.csv").write_bytes(ROWS)
    (tmp_path / "o").write_bytes(b"old")
    replace = os.replace

    def failing(source: str, target: str) -> None:
        # Putting an old file back is no failure.
        if target.endswith(last) and b"old" not in Path(source).read_bytes():
            raise OSError(28, "No space left on device")
        replace(source, target)

    with mock.patch.object(os, "replace", failing):
        found = run_inside(EVERYTHING, tmp_path)
    assert found.code == 1
    assert found.stderr.endswith(f"xent: {last}: cannot write it: no space left on device\n")
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "o"]
    assert (tmp_path / "o").read_bytes() == b"old"


@pytest.mark.parametrize("length", [200, 245, 255])
def test_a_long_name(tmp_path: Path, length: int) -> None:
    (tmp_path / "a.csv").write_bytes(ROWS)
    name = "é" * (length // 2)
    found = run_inside(["softmax", "a.csv", "--on-error", "skip", "-o", name], tmp_path)
    assert found.code == 3
    assert sorted(os.listdir(tmp_path)) == ["a.csv", name]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full")
def test_a_full_disk_leaves_all_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(ROWS)
    (tmp_path / "o").write_bytes(b"old")
    (tmp_path / "s.html").symlink_to("/dev/full")
    found = run_inside(EVERYTHING, tmp_path)
    assert found.code == 1
    assert "xent: s.html: cannot write it: no space left on device" in found.stderr
    assert (tmp_path / "o").read_bytes() == b"old"
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "o", "s.html"]


@pytest.mark.parametrize("command", ["ce", "grad", "nll"])
def test_none_appears_where_no_answer_is_defined(tmp_path: Path, command: str) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b,label\nx,2,0\n3,y,1\n")
    found = run_inside([command, *EVERYTHING[1:]], tmp_path)
    assert found.code == 1
    assert found.stderr.endswith("the mean is undefined\nhint: --reduction sum gives 0 there\n")
    assert os.listdir(tmp_path) == ["a.csv"]
