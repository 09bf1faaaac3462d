"""Commands on a terminal of a width."""

from __future__ import annotations

import os
import struct
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import IO, NamedTuple

import pytest

from tests.conftest import BIN, PATIENCE, environment

# Whoever imports this module is left out where there are no terminals of POSIX.
fcntl = pytest.importorskip("fcntl")
pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")

# The installed command, unless another is put in its place.
PROGRAM = BIN / "xent"
NO_ENV: Mapping[str, str] = MappingProxyType({})


class Shown(NamedTuple):
    """What a command left behind: its exit code, what stands on the terminal with line ends made
    plain, and its standard error, where that was no terminal."""

    code: int
    text: str
    error: bytes


def on_terminal(
    arguments: Sequence[str], folder: Path, columns: int = 80, env: Mapping[str, str] = NO_ENV
) -> tuple[int, str]:
    """The exit code of xent, and all that stands on a terminal of that width."""
    shown = run_on_terminal([str(PROGRAM), *arguments], folder, columns, environment(**env))
    return shown.code, shown.text


def run_on_terminal(
    command: Sequence[str],
    folder: Path,
    columns: int,
    env: Mapping[str, str],
    error: IO[bytes] | None = None,
) -> Shown:
    """Runs a command; its standard error goes to the terminal too, unless to a file."""
    terminal, user = pty.openpty()
    fcntl.ioctl(user, termios.TIOCSWINSZ, struct.pack("HHHH", 50, columns, 0, 0))
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=user,
        stderr=user if error is None else error,
        cwd=folder,
        env={"TERM": "xterm-256color"} | dict(env),
    ) as process:
        os.close(user)
        shown = b"".join(iter(lambda: _read(terminal), b""))
        code = process.wait(PATIENCE)
    os.close(terminal)
    told = b""
    if error is not None:
        error.seek(0)
        told = error.read()
    return Shown(code, shown.decode().replace("\r\n", "\n"), told)


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 1 << 16)
    except OSError:
        # What Linux says when the last one who wrote has gone.
        return b""
