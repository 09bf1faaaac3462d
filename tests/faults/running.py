"""Runs ``xent`` within the process of the tests, which is faster than a process a command."""

from __future__ import annotations

import io
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from xentcli.cli import main
from xentcli.readers.sources import source
from xentcli.run import signals


class Answered(NamedTuple):
    """What a command returned and printed."""

    code: int
    stdout: bytes
    stderr: str


def run_inside(
    arguments: Sequence[str],
    folder: Path,
    stdin: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> Answered:
    """The command, run in a folder; an exception that it does not tell in a sentence comes out."""
    stdout, stderr = (
        io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2)
    )
    with _standard_input(stdin), _state_kept(environment or {}), _within(folder):
        with mock.patch.multiple(sys, stdout=stdout, stderr=stderr):
            code = main.main(list(arguments))
        return Answered(code, _written(stdout), _written(stderr).decode())


def _written(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    buffer = stream.buffer
    assert isinstance(buffer, io.BytesIO)
    return buffer.getvalue()


@contextmanager
def _standard_input(content: bytes) -> Iterator[None]:
    source._open_once.cache_clear()
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.seek(0)
        with io.TextIOWrapper(file) as stdin, mock.patch.object(sys, "stdin", stdin):
            yield
    source._open_once.cache_clear()


@contextmanager
def _state_kept(environment: Mapping[str, str]) -> Iterator[None]:
    """What a command changes in its process: how signals are handled; what changes a command."""
    options = [name for name in os.environ if name.startswith("XENT_")]
    numbers = (*signals.ENDING, signal.SIGALRM)
    handlers = [signal.getsignal(number) for number in numbers]
    hooks = sys.unraisablehook, threading.excepthook
    try:
        with mock.patch.dict(os.environ):
            for name in options:
                del os.environ[name]
            os.environ.update(environment)
            yield
    finally:
        for number, handler in zip(numbers, handlers, strict=True):
            signal.signal(number, handler)
        sys.unraisablehook, threading.excepthook = hooks


@contextmanager
def _within(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
