"""What may befall a worker: each stands for the work on a partition, and does it if it can."""

from __future__ import annotations

import os
import pickle
import random
import signal
import time
from pathlib import Path
from typing import Any

from xentcli.readers.interface import Chunk, Span
from xentcli.run.cluster import _do_work

# A worker that is held by a test which has failed goes on after so many.
MOST_SECONDS = 300.0


def _read(chunk: bytes) -> Chunk:
    found: Chunk = pickle.loads(chunk)
    return found


def _file_of(chunk: bytes) -> Path:
    data = _read(chunk).data
    assert isinstance(data, Span)
    return Path(data.path)


def _wait_to_go_on(file: Path) -> None:
    end = time.monotonic() + MOST_SECONDS
    while not file.with_name("go on").exists() and time.monotonic() < end:
        time.sleep(0.01)


def at_some_time(version: str, work: bytes, chunk: bytes) -> Any:
    """The work, some time sooner or later."""
    time.sleep(random.Random(_read(chunk).number).random() / 10)
    return _do_work(version, work, chunk)


def slowly(version: str, work: bytes, chunk: bytes) -> Any:
    """The work, after a while."""
    time.sleep(0.3)
    return _do_work(version, work, chunk)


def held(version: str, work: bytes, chunk: bytes) -> Any:
    """The work, when there is a sign to go on; and a sign that it has begun."""
    file = _file_of(chunk)
    file.with_name("begun").touch()
    _wait_to_go_on(file)
    return _do_work(version, work, chunk)


def killed_once(version: str, work: bytes, chunk: bytes) -> Any:
    """The work; but the first worker that comes to the fourth partition is killed over it."""
    sign = _file_of(chunk).with_name("killed")
    if _read(chunk).number == 3 and not sign.exists():
        sign.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return _do_work(version, work, chunk)


def killed_always(version: str, work: bytes, chunk: bytes) -> Any:
    """The work; but every worker that comes to the second partition is killed over it, when there
    is a sign to go on."""
    if _read(chunk).number == 1:
        _wait_to_go_on(_file_of(chunk))
        os.kill(os.getpid(), signal.SIGKILL)
    return _do_work(version, work, chunk)
