"""A signal at any moment, during the imports too, ends the command: without a word, and with
nothing half-written."""

from __future__ import annotations

import os
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import BIN, PATIENCE, environment, run_python

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="sends signals")

OLD = b"old\n"
# How many more are sent if none has met the command at work.
MORE_SIGNALS = 100
# Blocks so small that a short file is shared among processes.
SETTINGS = {"XENT_BLOCK_BYTES": "50000", "XENT_FAST": "0"}
COMMANDS = (
    "ce a.csv --jobs 2 -o out",
    "softmax a.csv --format csv --jobs 2 -o out",
    "grad a.csv --format csv -o out",
    "diagnose small.csv --got 1.5 -o out",
    "ce small.csv --save page.html -o out",
    "ce a.npy --labels-from y.csv -o out",
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Inputs that are shared among processes, and that are not."""
    import numpy as np

    path = tmp_path_factory.mktemp("signals")
    small = "a,b,label\n" + "1,2,0\n3,1,1\n" * 10
    (path / "small.csv").write_text(small)
    (path / "a.csv").write_text("a,b,label\n" + "1.25,2.5,0\n3.5,1.125,1\n" * 20_000)
    np.save(path / "a.npy", np.ones((1000, 3)))
    (path / "y.csv").write_text("label\n" + "1\n" * 1000)
    return path


def signalled(folder: Path, command: str, number: signal.Signals, after: float) -> int:
    """The exit code after a signal at that time; what must not be there is looked for."""
    out = folder / "out"
    out.write_bytes(OLD)
    process = subprocess.Popen(
        [str(BIN / "xent"), *command.split()],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env=environment(**SETTINGS),
    )
    time.sleep(after)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=PATIENCE)
    told = (command, number, after, stdout, stderr)
    if is_start_of_python(number, process.returncode, stderr):
        return process.returncode
    # Before the first line of the command it is ended by what a signal does by itself.
    assert process.returncode in (0, 128 + number, -number), told
    assert (stdout, stderr) == (b"", b""), told
    names = {path.name for path in folder.iterdir()}
    assert names <= {"small.csv", "a.csv", "a.npy", "y.csv", "out", "page.html"}, told
    if process.returncode:
        assert out.read_bytes() == OLD or process.returncode == 128 + number, told
    (folder / "page.html").unlink(missing_ok=True)
    return process.returncode


# A signal after the last line of a block, before what cleans up behind it is called.
IN_BETWEEN = """
import contextlib, os, signal, sys
from xentcli.cli import main

block = sys.argv.pop(1)
leave = contextlib._GeneratorContextManager.__exit__

def leave_late(self, *given):
    if self.gen.__name__ == block:
        os.kill(os.getpid(), signal.SIGTERM)
    return leave(self, *given)

contextlib._GeneratorContextManager.__exit__ = leave_late
main.script()
"""


@pytest.mark.parametrize("block", ["open_outputs", "start_workers"])
@pytest.mark.parametrize("command", ["ce small.csv", "softmax a.csv --format csv --jobs 2"])
def test_a_signal_between_a_block_and_its_cleaning_up(
    block: str, command: str, folder: Path
) -> None:
    before = {path.name for path in folder.iterdir()}
    asked = [block, *command.split(), "-o", "new"]
    ran = run_python(IN_BETWEEN, *asked, folder=folder, **SETTINGS)
    assert (ran.returncode, ran.stdout, ran.stderr) == (143, "", "")
    assert {path.name for path in folder.iterdir()} == before


def is_start_of_python(number: signal.Signals, code: int, stderr: bytes) -> bool:
    """Whether Ctrl-C came before the program could say what to do then, while Python started or
    looked for it, which nothing can help: what Python says then names no file of the program but
    those two that are run until then, and the exit code is not that of the program's own end."""
    return (
        number == signal.SIGINT
        and b"KeyboardInterrupt" in stderr
        and not re.search(rb"/xentcli/(?!__(init|main)__\.py)", stderr)
        and code != 128 + number
    )


def lengths(folder: Path) -> dict[str, float]:
    """How long each command takes here and now."""
    found = {}
    for command in COMMANDS:
        start = time.monotonic()
        subprocess.run(
            [str(BIN / "xent"), *command.split()],
            cwd=folder,
            env=environment(**SETTINGS),
            check=command.startswith("ce"),
            capture_output=True,
        )
        found[command] = time.monotonic() - start
    return found


def signals_at_random(folder: Path, count: int, seed: int) -> None:
    chance, codes = random.Random(seed), set[int]()
    for tried in range(count + MORE_SIGNALS):
        # A machine becomes slower and faster, and then all of a few signals come too soon or late.
        if tried >= count and codes & {129, 130, 143}:
            return
        if tried % 100 == 0 or tried == count:
            took = lengths(folder)
        command = chance.choice(COMMANDS)
        number = chance.choice((signal.SIGTERM, signal.SIGINT, signal.SIGHUP))
        codes.add(signalled(folder, command, number, chance.random() * took[command]))
    assert codes & {129, 130, 143}


@pytest.mark.slow
def test_five_hundred_signals_at_random_moments(folder: Path) -> None:
    signals_at_random(folder, int(os.environ.get("XENT_SIGNALS", "500")), 1)


def test_some_signals_at_random_moments(folder: Path) -> None:
    signals_at_random(folder, 8, 2)


def ignore_signals() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP"])
def test_what_the_caller_ignores_is_ignored_from_the_start(name: str) -> None:
    """Ctrl-C of what a shell runs in the background, a hangup below nohup."""
    process = subprocess.Popen(
        [str(BIN / "xent"), "softmax", "-q"],
        preexec_fn=ignore_signals,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
    )
    for _ in range(20):
        process.send_signal(signal.Signals[name])
        time.sleep(0.02)
    found = process.communicate(b"[[1, 2]]", timeout=PATIENCE)
    assert (process.returncode, *found) == (0, b"0.2689414213699951,0.7310585786300049\n", b"")


SWALLOWED = """
import os, signal, sys
from xentcli.cli import main
from xentcli.run import pipeline

class Swallows:
    def __del__(self):
        os.kill(os.getpid(), signal.{number})
        for _ in range(1000):
            pass

run = pipeline.run

def swallowing(*given):
    Swallows()
    import time
    for _ in range(6000):
        time.sleep(0.01)
    return run(*given)

pipeline.run = swallowing
main.script()
"""


@pytest.mark.parametrize(("number", "code"), [("SIGTERM", 143), ("SIGINT", 130), ("SIGHUP", 129)])
def test_a_signal_that_a_finalizer_swallows(folder: Path, number: str, code: int) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", SWALLOWED.format(number=number), "ce", "small.csv"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (ran.returncode, ran.stdout, ran.stderr) == (code, b"", b"")
