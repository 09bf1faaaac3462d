"""Pipes that break, streams that are closed, signals: exit codes, silence, and no file half
written."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import BIN, PATIENCE, environment, run_shell, wait_for
from xentcli.readers.text.records import BLOCK_BYTES

fcntl = pytest.importorskip("fcntl")
pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")

XENT = str(BIN / "xent")
ROW = b"1,2,0\n"
# More than xent reads at a time, so that it has something to write before the input ends.
BLOCK_AND_MORE = b"a,b,label\n" + ROW * (2 * BLOCK_BYTES // len(ROW))
SMALL = b"a,b,label\n" + ROW * 3

Process = subprocess.Popen[bytes]


@contextmanager
def started(command: str, folder: Path) -> Iterator[Process]:
    """A command whose standard input is a pipe that stays open."""
    with subprocess.Popen(
        [XENT, *shlex.split(command)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment(),
        # A group of its own, and Ctrl-C as a shell leaves it.
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def fed(process: Process, content: bytes) -> None:
    """Hand over some input, and wait until it was taken."""
    stdin = process.stdin
    assert stdin is not None
    stdin.write(content)
    stdin.flush()
    wait_for(lambda: not unread(stdin.fileno()) and waits(process))


def waits(process: Process) -> bool:
    """Whether it does nothing, for a while, but wait for more: a signal in the middle of an import
    would be told by Python as well."""
    stat = Path(f"/proc/{process.pid}/stat")
    if not stat.exists():
        return True
    states = []
    for _ in range(4):
        states.append(stat.read_text().rpartition(")")[2].split()[0])
        time.sleep(0.02)
    return set(states) == {"S"}


def unread(descriptor: int) -> int:
    size = fcntl.ioctl(descriptor, termios.FIONREAD, bytes(4))
    return int.from_bytes(size, sys.byteorder)


def has_begun(folder: Path) -> bool:
    """Whether some of an answer has been written, beside the file that it will be."""
    return any(path.stat().st_size for path in folder.glob("*.part"))


def ended(process: Process) -> tuple[int, bytes, bytes]:
    stdout, stderr = process.communicate(timeout=PATIENCE)
    return process.returncode, stdout, stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.csv").write_bytes(SMALL)
    (tmp_path / "big.csv").write_bytes(BLOCK_AND_MORE)
    return tmp_path


SPOKEN = {
    "rows": "softmax a.csv --format csv",
    "many rows": "softmax big.csv --format csv",
    "a table": "ce a.csv",
    "JSON": "softmax a.csv --format json",
    "a number": "ce a.csv --quiet",
    "help": "--help",
    "a command's help": "ce --help",
    "the version": "--version",
}


@pytest.mark.parametrize("command", SPOKEN.values(), ids=SPOKEN.keys())
def test_a_reader_that_went_away(command: str, folder: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        ran = subprocess.run(
            [XENT, *shlex.split(command)],
            stdin=subprocess.DEVNULL,
            stdout=writing,
            stderr=subprocess.PIPE,
            cwd=folder,
            env=environment(),
            timeout=PATIENCE,
            check=False,
        )
    finally:
        os.close(writing)
    assert (ran.returncode, ran.stderr) == (141, b"")


def test_a_reader_that_goes_away_in_the_middle(folder: Path) -> None:
    with started("softmax big.csv --format csv", folder) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"a,b,label\n"
        process.stdout.close()
        assert process.wait(PATIENCE) == 141
        assert process.stderr is not None
        assert process.stderr.read() == b""


signals = pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)


@signals
@pytest.mark.parametrize("command", ["ce --quiet", "softmax - -f csv", "softmax - -f json", "grad"])
def test_a_signal_while_standard_input_is_read(
    number: int, code: int, command: str, tmp_path: Path
) -> None:
    with started(command, tmp_path) as process:
        fed(process, SMALL)
        process.send_signal(number)
        assert ended(process) == (code, b"", b"")


@signals
@pytest.mark.parametrize("old", [None, "what was there before\n"])
def test_a_signal_while_a_file_is_written(
    number: int, code: int, old: str | None, tmp_path: Path
) -> None:
    out = tmp_path / "out.csv"
    if old is not None:
        out.write_text(old)
    with started("softmax - --format csv -o out.csv", tmp_path) as process:
        fed(process, BLOCK_AND_MORE)
        wait_for(lambda: has_begun(tmp_path))
        process.send_signal(number)
        assert ended(process) == (code, b"", b"")
    assert [path.name for path in tmp_path.iterdir()] == ([] if old is None else ["out.csv"])
    if old is not None:
        assert out.read_text() == old


def test_the_old_file_outlives_a_kill(tmp_path: Path) -> None:
    out = tmp_path / "out.csv"
    out.write_text("what was there before\n")
    with started("softmax - --format csv -o out.csv", tmp_path) as process:
        fed(process, BLOCK_AND_MORE)
        wait_for(lambda: has_begun(tmp_path))
        process.kill()
        assert ended(process) == (-signal.SIGKILL, b"", b"")
    assert out.read_text() == "what was there before\n"


@pytest.mark.parametrize("command", SPOKEN.values(), ids=SPOKEN.keys())
def test_standard_output_that_is_closed(command: str, folder: Path) -> None:
    ran = run_shell(f"xent {command} >&-", folder)
    assert ran.returncode == 1
    assert ran.stderr.startswith("xent: standard output: ")
    assert ran.stderr.count("\n") == 1


@pytest.mark.parametrize("command", SPOKEN.values(), ids=SPOKEN.keys())
def test_a_full_disk(command: str, folder: Path) -> None:
    ran = run_shell(f"xent {command} > /dev/full", folder)
    sentence = "xent: standard output: cannot write it: no space left on device\n"
    assert (ran.returncode, ran.stderr) == (1, sentence)


def test_standard_output_that_is_closed_does_not_matter_to_a_file(folder: Path) -> None:
    ran = run_shell("xent ce a.csv --quiet -o out.txt >&-", folder)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert (folder / "out.txt").read_text() == "1.3132616875182228\n"


def test_standard_error_that_is_closed_does_not_matter(folder: Path) -> None:
    ran = run_shell("xent ce a.csv --quiet 2>&-", folder)
    assert (ran.returncode, ran.stdout) == (0, "1.3132616875182228\n")


@pytest.mark.parametrize(
    ("command", "code"),
    [
        ("ce none.csv", 1),
        ("ce --nonsense", 2),
        ("ce a.csv --target 1,2 --label 0", 2),
        ("ce a.csv --on-error skip --rejects a.csv", 2),
    ],
)
def test_the_exit_code_of_a_fault_that_cannot_be_told(
    command: str, code: int, folder: Path
) -> None:
    ran = run_shell(f"xent {command} 2>&-", folder)
    assert (ran.returncode, ran.stdout) == (code, "")


def test_a_warning_that_cannot_be_told_does_not_matter(folder: Path) -> None:
    for redirection in ("2>&-", "2>/dev/full"):
        ran = run_shell(f"xent ce --logits 1,2 --target 0.5,0.2 -q {redirection}", folder)
        assert (ran.returncode, ran.stdout.count("\n")) == (0, 1)


def test_standard_input_that_is_closed(folder: Path) -> None:
    ran = run_shell("xent ce - <&-", folder, None)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "xent: standard input: it is closed\n"


def test_neither_a_file_nor_standard_input(folder: Path) -> None:
    ran = run_shell("xent ce <&-", folder, None)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith("xent: ce needs logits: ")


def test_standard_input_that_is_closed_does_not_matter_to_a_file(folder: Path) -> None:
    ran = run_shell("xent ce a.csv --quiet <&-", folder, None)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "1.3132616875182228\n", "")


@pytest.mark.parametrize("command", ["softmax", "log-softmax", "nll", "ce", "grad"])
def test_a_terminal_is_not_waited_for(command: str, folder: Path) -> None:
    terminal, user = pty.openpty()
    try:
        ran = run_shell(f"xent {command}", folder, user)
    finally:
        os.close(terminal)
        os.close(user)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"xent: {command} needs logits: ")
    assert f'hint: xent {command} --logits "12.3,-5.2,31.4"' in ran.stderr


@pytest.mark.parametrize("quoted", [False, True])
def test_standard_input_of_any_length_is_as_good_as_a_file(quoted: bool, tmp_path: Path) -> None:
    row = b'1,"2,\n""3""",-4.5,0\n' if quoted else b"1,2,-4.5,0\n"
    content = b"a,note,b,label\n" + row * 120_000 + b"0,0,1,1\n"
    (tmp_path / "a.csv").write_bytes(content)
    command = "softmax {} --format csv --logit-cols a,b"
    from_file = run_shell("xent " + command.format("a.csv"), tmp_path)
    from_pipe = run_shell("cat a.csv | xent " + command.format("-"), tmp_path)
    assert from_file.returncode == from_pipe.returncode == 0
    assert from_pipe.stdout == from_file.stdout
    assert from_file.stdout.count("\n") == content.count(b"\n")
