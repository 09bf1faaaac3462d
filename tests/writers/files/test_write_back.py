"""A long file is put on the disk while more of it is written: what the disk says is told at the
end, and nothing of the file depends on it."""

from __future__ import annotations

import errno
import os
import signal
import threading
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import PATIENCE, needs_posix
from xentcli.errors import OutputError
from xentcli.writers.files import write_back
from xentcli.writers.files.file import open_outputs

needs_posix()

PIECES = [b"first\n" * 9, b"second\n" * 9, b"third\n" * 9]


@pytest.fixture(autouse=True)
def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(write_back, "STEP", 50)
    # Not every system has it.
    monkeypatch.setattr(os, "fdatasync", os.fsync, raising=False)


def write(path: Path) -> None:
    """Write the pieces, each when the thread for the one before has ended."""
    others = set(threading.enumerate())
    with open_outputs([]) as outputs:
        sink = outputs.open(str(path))
        for piece in PIECES:
            sink.write(piece)
            for thread in set(threading.enumerate()) - others:
                thread.join(PATIENCE)


def count_calls(monkeypatch: pytest.MonkeyPatch) -> list[frozenset[int]]:
    """The signals that are blocked at each call of fdatasync."""
    calls: list[frozenset[int]] = []

    def fdatasync(descriptor: int) -> None:
        calls.append(frozenset(signal.pthread_sigmask(signal.SIG_BLOCK, ())))
        os.fsync(descriptor)

    monkeypatch.setattr(os, "fdatasync", fdatasync)
    return calls


def watch_descriptors(monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], list[int]]:
    """The descriptors that are duplicates, and all that are closed."""
    made: list[int] = []
    closed: list[int] = []
    dup, close = os.dup, os.close

    def watched_dup(descriptor: int) -> int:
        made.append(dup(descriptor))
        return made[-1]

    def watched_close(descriptor: int) -> None:
        closed.append(descriptor)
        close(descriptor)

    monkeypatch.setattr(os, "dup", watched_dup)
    monkeypatch.setattr(os, "close", watched_close)
    return made, closed


def test_a_long_file_is_put_on_the_disk_in_steps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = count_calls(monkeypatch)
    made, closed = watch_descriptors(monkeypatch)
    write(tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"".join(PIECES)
    # 54, 63 and 54 bytes.
    assert len(calls) == 3
    assert made
    assert Counter(made) <= Counter(closed)


def test_a_short_file_is_put_there_at_the_end_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_back, "STEP", sum(map(len, PIECES)) + 1)
    calls = count_calls(monkeypatch)
    write(tmp_path / "out")
    assert calls == []
    assert (tmp_path / "out").read_bytes() == b"".join(PIECES)


def test_the_thread_takes_no_signals(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = count_calls(monkeypatch)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    write(tmp_path / "out")
    assert {signal.SIGTERM, signal.SIGINT} <= calls[0]
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def test_an_error_that_the_disk_told_once_is_told_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fdatasync", fail)
    path = tmp_path / "out"
    path.write_bytes(b"old\n")
    with pytest.raises(OutputError, match="no space left on device") as told:
        write(path)
    assert str(path) in str(told.value)
    assert path.read_bytes() == b"old\n"
    assert os.listdir(tmp_path) == ["out"]


def test_without_another_thread_the_file_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    made, closed = watch_descriptors(monkeypatch)
    write(tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"".join(PIECES)
    assert made
    assert Counter(made) <= Counter(closed)
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before


def test_a_system_without_fdatasync_waits_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(thread: threading.Thread) -> None:
        raise AssertionError("there is nothing for a thread to do")

    monkeypatch.delattr(os, "fdatasync")
    monkeypatch.setattr(threading.Thread, "start", refuse)
    write(tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"".join(PIECES)
