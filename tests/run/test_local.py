"""Where the work is done when workers cannot be had, or die."""

from __future__ import annotations

import multiprocessing
import sys
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.faults.running import run_inside
from tests.ways import SMALL_BLOCKS
from xentcli.errors import DataError
from xentcli.readers.interface import Chunk
from xentcli.run import workers as local
from xentcli.run.chunk import Outcome
from xentcli.run.order import Submit, Work

ROWS = b"a,b,label\n" + b"1,2,0\n3,1,1\n" * 200


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), ImportError("semaphores")])
def test_without_workers_it_is_done_here(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def none_left(work: Work[Any], count: int) -> Iterator[Submit[Any]]:
        raise error
        yield

    (tmp_path / "a.csv").write_bytes(ROWS)
    expected = run_inside(["ce", "a.csv", "-q"], tmp_path)
    monkeypatch.setattr(local, "processes", none_left)
    asked = ["ce", "a.csv", "-q", "--jobs", "2"]
    assert run_inside(asked, tmp_path, environment=SMALL_BLOCKS) == expected


@pytest.mark.parametrize(("platform", "most"), [("win32", 61), ("linux", 100)])
def test_no_more_processes_than_a_system_can_wait_for(
    platform: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert [local.most_processes(count) for count in (2, 100)] == [2, most]


def test_nobody_waits_for_the_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "PATIENCE", 0.01)
    worker = multiprocessing.get_context("spawn").Process(target=int)
    worker.start()
    worker.kill()
    worker.join()
    with pytest.raises(BrokenExecutor):
        local._result(Future(), worker.is_alive)
    finished: Future[object] = Future()
    finished.set_result(7)
    assert local._result(finished, worker.is_alive) == 7


def repeated(chunk: Chunk) -> Outcome:
    """As many letters as a chunk says, or a fault."""
    if chunk.first < 0:
        raise DataError("a fault")
    return Outcome(text=b"x" * chunk.first, samples=chunk.first)


@pytest.mark.parametrize("forks", [True, False])
def test_rows_come_back_whole_however_long_they_are(
    forks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not forks:
        monkeypatch.setattr(local, "_may_fork", lambda: False)
    monkeypatch.setattr(local, "SLOT_BYTES", 1 << 16)
    little, most = local.LITTLE_TEXT, local.SLOT_BYTES
    lengths = [0, 1, little - 1, little, most - 1, most, most + 1, 3 * most] * 2
    with local.processes(repeated, 2) as submit:
        # Faults, and what nobody asks for, take no slot away from what is alive.
        for number in range(8):
            with pytest.raises(DataError):
                submit(Chunk(number, -1, 0, b""))()
        dropped = [submit(Chunk(number, most, 0, b"")) for number in range(3)]
        waiting = [submit(Chunk(number, length, 0, b"")) for number, length in enumerate(lengths)]
        for length, awaited in zip(lengths, waiting, strict=True):
            assert awaited() == repeated(Chunk(0, length, 0, b""))
    del dropped
