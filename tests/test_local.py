"""Where the work is done when workers cannot be had, or die."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.running import run_inside
from tests.ways import SMALL_BLOCKS
from xentcli import local
from xentcli.engine import Submit, Work

ROWS = b"a,b,label\n" + b"1,2,0\n3,1,1\n" * 200


@pytest.mark.parametrize("error", [OSError(24, "Too many open files"), ImportError("semaphores")])
def test_without_workers_it_is_done_here(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def none_left(work: Work, count: int) -> Iterator[Submit]:
        raise error
        yield

    (tmp_path / "a.csv").write_bytes(ROWS)
    expected = run_inside(["ce", "a.csv", "-q"], tmp_path)
    monkeypatch.setattr(local, "processes", none_left)
    asked = ["ce", "a.csv", "-q", "--jobs", "2"]
    assert run_inside(asked, tmp_path, environment=SMALL_BLOCKS) == expected


def test_nobody_waits_for_the_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "PATIENCE", 0.01)
    worker = multiprocessing.get_context("spawn").Process(target=int)
    worker.start()
    worker.kill()
    worker.join()
    with pytest.raises(BrokenExecutor):
        local._result(Future(), [worker])
    finished: Future[object] = Future()
    finished.set_result(7)
    assert local._result(finished, [worker]) == 7
