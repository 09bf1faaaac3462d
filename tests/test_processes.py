"""A large file is shared among processes; however the command ends, all of them end with it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import BIN, PATIENCE, environment, group_members, wait_for

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]

MEBIBYTE = 1 << 20
MOST_MEBIBYTES = 220


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file that takes some seconds without the extra."""
    path = tmp_path_factory.mktemp("processes") / "large.csv"
    row = "{:.6f},{:.6f},{:.6f},{:.6f},{}\n"
    rows = "".join(
        row.format(n % 97 / 7, -(n % 89) / 9, n % 83 / 11, -(n % 79) / 13, n % 4)
        for n in range(200_000)
    )
    path.write_text("a,b,c,d,label\n" + rows * 4, encoding="ascii")
    return path


# The command where it cannot be copied: its workers are new processes of Python.
SPAWNING = """
from xentcli.cli import main
from xentcli.run import workers

workers._may_fork = lambda: False
main.script()
"""


@contextmanager
def running(
    *arguments: str, program: tuple[str, ...] = (str(BIN / "xent"),), **settings: str
) -> Iterator[subprocess.Popen[bytes]]:
    """The command in a process group of its own."""
    process = subprocess.Popen(
        [*program, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(XENT_JOBS="2", XENT_FAST="0", **settings),
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def children(process: subprocess.Popen[bytes]) -> list[int]:
    """The processes that it has started."""
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    with contextlib.suppress(OSError):
        return [int(number) for number in path.read_text().split()]
    return []


def ends_with(process: subprocess.Popen[bytes], code: int) -> str:
    _, stderr = process.communicate(timeout=PATIENCE)
    assert process.returncode == code
    wait_for(lambda: not group_members(process.pid))
    return stderr.decode()


def test_many_jobs_give_the_answer_of_one(large: Path) -> None:
    answers = set()
    for jobs, fast in (("1", "1"), ("2", "1"), ("3", "1"), ("2", "0")):
        ran = subprocess.run(
            [str(BIN / "xent"), "ce", str(large), "--format", "json", "--threads", jobs],
            capture_output=True,
            env=environment(XENT_FAST=fast),
            timeout=PATIENCE,
            check=True,
        )
        assert ran.stderr == b""
        answers.add(ran.stdout)
    assert len(answers) == 1


# The rows of the usual blocks fit into what is mapped for them, those of large ones do not.
@pytest.mark.parametrize("block", ["", str(9 << 19)])
def test_many_jobs_write_the_rows_of_one(large: Path, tmp_path: Path, block: str) -> None:
    written = []
    for jobs in ("1", "2"):
        out = tmp_path / jobs
        asked = ["softmax", str(large), "--format", "csv", "-o", str(out), "--jobs", jobs]
        settings = environment(XENT_FAST="1", XENT_BLOCK_BYTES=block)
        subprocess.run([str(BIN / "xent"), *asked], env=settings, timeout=PATIENCE, check=True)
        written.append(out.read_bytes())
    assert written[0] == written[1]
    assert written[0].count(b"\n") == 1 + 800_000


# Ctrl-C and a hangup reach the whole group.
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_a_signal_ends_all(large: Path, tmp_path: Path, name: str) -> None:
    number = signal.Signals[name]
    out = tmp_path / "out.csv"
    out.write_text("old")
    arguments = ("softmax", str(large), "--format", "csv", "-o", str(out))
    with running(*arguments) as process:
        wait_for(lambda: len(children(process)) == 2)
        os.killpg(process.pid, number)
        assert ends_with(process, 128 + number) == ""
    assert out.read_text() == "old"
    assert list(tmp_path.iterdir()) == [out]


# Ctrl-C and a hangup are sent to all of them by the terminal, SIGTERM by whoever ends the group.
@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP", "SIGTERM"])
def test_a_signal_ends_those_that_have_just_started(large: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / "out.csv"
    arguments = ("softmax", str(large), "--format", "csv", "-o", str(out))
    number = signal.Signals[name]
    with running(*arguments, program=(sys.executable, "-c", SPAWNING)) as process:
        # The workers, and what Python tracks their semaphores with.
        wait_for(lambda: len(children(process)) == 3)
        os.killpg(process.pid, number)
        assert ends_with(process, 128 + number) == ""
    assert list(tmp_path.iterdir()) == []


def test_a_killed_worker_is_told(large: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    with running("softmax", str(large), "--format", "csv", "-o", str(out)) as process:
        wait_for(lambda: len(children(process)) == 2)
        os.kill(children(process)[0], signal.SIGKILL)
        said = ends_with(process, 1)
    assert said.startswith("xent: a worker process came to a sudden end")
    assert list(tmp_path.iterdir()) == []


def test_workers_end_with_a_killed_command(large: Path) -> None:
    with running("ce", str(large), "--quiet") as process:
        wait_for(lambda: len(children(process)) == 2)
        process.kill()
        process.wait()
        wait_for(lambda: not group_members(process.pid))


def test_workers_end_with_the_reader_of_a_pipe(large: Path) -> None:
    with running("softmax", str(large), "--format", "csv") as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        process.stdout = None
        assert ends_with(process, 141) == ""


def test_a_late_fault_ends_all(large: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_bytes(large.read_bytes() + b"1,2,x,4,0\n")
    with running("ce", str(bad), "--quiet") as process:
        said = ends_with(process, 1)
    assert said.startswith(f'xent: {bad}:800002:3: column "c": cannot read "x" as a number')


@pytest.mark.parametrize(
    "command", ["ce --quiet", "softmax --format csv", "ce --reduction none --format csv"]
)
def test_all_processes_together_have_a_limit(large: Path, command: str) -> None:
    most = 0
    with running(*command.split(), str(large), "-o", os.devnull) as process:
        while process.poll() is None:
            most = max(most, sum(map(resident, (process.pid, *children(process)))))
            time.sleep(0.005)
        assert process.returncode == 0
    assert 0 < most <= MOST_MEBIBYTES * MEBIBYTE


def resident(number: int) -> int:
    with contextlib.suppress(OSError):
        pages = Path(f"/proc/{number}/statm").read_text().split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    return 0
