"""Runs ``xent`` as a person does: a command in a process of its own, with its own streams."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests import forks

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
# A process hangs if it takes so many seconds: many times what any needs on a slow and busy machine.
PATIENCE = 300.0

# Whoever runs the tests in the background of a shell has them ignore Ctrl-C, with nohup a hangup,
# and so would every process under test. A handler is not handed on to them.
signal.signal(signal.SIGINT, signal.default_int_handler)
if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) == signal.SIG_IGN:
    signal.signal(signal.SIGHUP, lambda number, frame: None)

# Programs that are run by hand where torch, mpmath or pandas is installed.
collect_ignore_glob = ["reference/*", "files/*"]

KEPT = (
    *("HOME", "TMPDIR", "LD_LIBRARY_PATH"),
    *("NPY_DISABLE_CPU_FEATURES", "COVERAGE_PROCESS_CONFIG"),
)

Ran = subprocess.CompletedProcess[str]
Xent = Callable[..., Ran]


def needs_posix() -> None:
    """Leaves a module of tests out, at its import, where there is no POSIX."""
    if os.name != "posix":
        pytest.skip("needs the shell and the signals of POSIX", allow_module_level=True)


def environment(**more: str) -> dict[str, str]:
    """The environment of a process under test: nothing of the tester's terminal in it.

    With NPY_DISABLE_CPU_FEATURES set, all tests run as on a processor without those instructions;
    below ``coverage run`` every process is measured.
    """
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    path = os.pathsep.join([str(BIN), os.environ.get("PATH", "")])
    return kept | {"PATH": path, "LC_ALL": "C.UTF-8", "PYTHONWARNINGS": "error"} | more


def run_python(program: str, *arguments: str, folder: Path | None = None, **env: str) -> Ran:
    """Runs a program of Python in a process of its own, and gives what it printed."""
    return _run([sys.executable, "-c", program, *arguments], folder, environment(**env))


def run_shell(command: str, folder: Path, stdin: int | None = subprocess.DEVNULL) -> Ran:
    """A command as the shell runs it, with the shell's redirections."""
    return _run(["sh", "-c", command], folder, environment(), stdin=stdin)


def _run(
    command: list[str],
    folder: Path | None,
    env: dict[str, str],
    **streams: Any,
) -> Ran:
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=folder,
        env=env,
        timeout=PATIENCE,
        check=False,
        **streams,
    )


def wait_for(what: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.01)


def group_members(group: int) -> list[int]:
    """The processes of a group that have not ended, by what Linux says of them."""
    members = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        # Any of them may end while they are looked at.
        with contextlib.suppress(OSError):
            state, _, number = path.read_text().rpartition(")")[2].split()[:3]
            if int(number) == group and state != "Z":
                members.append(int(path.parent.name))
    return members


@pytest.fixture(scope="session")
def quick() -> Iterator[Path]:
    """A folder with an ``xent`` that starts quickly, where processes can be copied."""
    if os.name != "posix":
        yield BIN
        return
    with forks.quick_commands(environment()) as folder:
        yield folder


@pytest.fixture
def quick_path(quick: Path) -> str:
    """What PATH must be for the ``xent`` that starts quickly."""
    return os.pathsep.join([str(quick), environment()["PATH"]])


@pytest.fixture
def xent(quick: Path, tmp_path: Path) -> Xent:
    """Runs the command in a folder of its own and gives what it printed."""
    return _runs(quick / "xent", tmp_path)


@pytest.fixture
def started_xent(tmp_path: Path) -> Xent:
    """The same by the installed command, for what depends on how a process starts."""
    return _runs(BIN / "xent", tmp_path)


def _runs(program: Path, folder: Path) -> Xent:
    def run(*arguments: str, stdin: str = "", **env: str) -> Ran:
        return _run([str(program), *arguments], folder, environment(**env), input=stdin)

    return run


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-cases",
        action="store_true",
        help="write what the commands print as what is expected; then read the diff",
    )


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first, so that no process waits for another at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


# The same examples on every machine and every time.
settings.register_profile(
    "repeatable",
    derandomize=True,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("repeatable")
