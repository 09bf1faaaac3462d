"""Where the work is done when workers cannot be had, or die."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.faults.running import run_inside
from tests.ways import SMALL_BLOCKS
from xentcli.errors import DataError, LostWorker
from xentcli.readers.interface import Chunk
from xentcli.run import forked, workers
from xentcli.run.chunk import Outcome
from xentcli.run.order import Submit, Work, share_work

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
    monkeypatch.setattr(workers, "start_processes", none_left)
    asked = ["ce", "a.csv", "-q", "--jobs", "2"]
    assert run_inside(asked, tmp_path, environment=SMALL_BLOCKS) == expected


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_wrong_gradient_is_told_with_the_number_of_its_sample(jobs: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(
        b"a,b,label\n" + b"1,2,0\n" * 20 + b"40,0,0\n" + b"1,2,0\n" * 20
    )
    asked = ["grad", "a.csv", "--check", "-q", "--method", "textbook", "--jobs", jobs]
    found = run_inside(asked, tmp_path, environment=SMALL_BLOCKS)
    assert found.stderr.endswith("of its largest entry, at sample 20\n")


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_losses_of_16_bits_are_added_in_the_order_of_the_samples(jobs: str, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(ROWS)
    asked = ["ce", "a.csv", "-q", "--dtype", "float16", "--reduction", "sum", "--jobs", jobs]
    small = run_inside(asked, tmp_path, environment=SMALL_BLOCKS)
    assert small == run_inside(asked, tmp_path)
    # Half of 400 losses of 1.313 and 2.127.
    assert 600 < float(small.stdout) < 700


@pytest.mark.parametrize(("platform", "most"), [("win32", 61), ("linux", 100)])
def test_no_more_processes_than_a_system_can_wait_for(
    platform: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    assert [workers.limit_processes(count) for count in (2, 100)] == [2, most]


def test_nobody_waits_for_the_dead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "PATIENCE", 0.01)
    worker = multiprocessing.get_context("spawn").Process(target=int)
    worker.start()
    worker.kill()
    worker.join()
    with pytest.raises(BrokenExecutor):
        workers._wait_for_result(Future(), worker.is_alive)
    finished: Future[object] = Future()
    finished.set_result(7)
    assert workers._wait_for_result(finished, worker.is_alive) == 7


def repeated(chunk: Chunk) -> Outcome:
    """As many letters as a chunk says, or a fault."""
    if chunk.first < 0:
        raise DataError("a fault")
    return Outcome(text=b"x" * chunk.first, samples=chunk.first)


# What runs the tests may have threads, of which the copies have no need.
copies = pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
linux = pytest.mark.skipif(sys.platform != "linux", reason="no copies of processes")


@copies
@pytest.mark.parametrize("forks", [pytest.param(True, marks=linux), False])
def test_rows_come_back_whole_however_long_they_are(
    forks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forked, "SLOT_BYTES", 1 << 16)
    monkeypatch.setattr(workers, "_may_fork", lambda: forks)
    most = forked.SLOT_BYTES
    lengths = [0, 1, most // 2, most - 1, most, most + 1, 3 * most] * 2
    with workers.start_processes(repeated, 2) as submit:
        # Faults, and what nobody asks for, take no room away from what is alive.
        for number in range(8):
            with pytest.raises(DataError):
                submit(Chunk(number, -1, 0, b""))()
        dropped = [submit(Chunk(number, most, 0, b"")) for number in range(8)]
        waiting = [submit(Chunk(number, length, 0, b"")) for number, length in enumerate(lengths)]
        for length, awaited in zip(lengths, waiting, strict=True):
            assert awaited() == repeated(Chunk(0, length, 0, b""))
        # Chunks that are longer than the room for them, too.
        for length in (most - 1, most, 3 * most):
            data = b"y" * length
            assert submit(Chunk(0, 3, 0, data))() == repeated(Chunk(0, 3, 0, data))
    del dropped
    assert not multiprocessing.active_children()


def failing(chunk: Chunk) -> Outcome:
    """A bug, or an end without a word."""
    if chunk.first:
        os._exit(3)
    raise ZeroDivisionError("by nothing")


@linux
@copies
def test_a_bug_in_a_worker_is_seen_where_it_is() -> None:
    with forked.fork_workers(failing, 2, 1) as submit:
        awaited = submit(Chunk(0, 0, 0, b""))
        with pytest.raises(ZeroDivisionError) as caught:
            awaited()
    assert "in failing" in str(caught.value.__cause__)


@linux
@copies
def test_it_may_be_started_with_the_ends_of_others_ignored() -> None:
    before = signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    try:
        with forked.fork_workers(repeated, 2, 1) as submit:
            assert submit(Chunk(0, 3, 0, b""))().text == b"xxx"
    finally:
        signal.signal(signal.SIGCHLD, before)


@linux
@copies
def test_nobody_waits_for_a_copy_that_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forked, "PATIENCE", 0.01)
    with forked.fork_workers(failing, 1, 2) as submit:
        awaited = [submit(Chunk(0, 1, 0, b"")) for _ in range(3)]
        with pytest.raises(LostWorker, match="came to a sudden end"):
            awaited[0]()


@linux
@copies
def test_a_lost_worker_is_told_whichever_chunk_it_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forked, "PATIENCE", 0.01)
    here, (waiting, first_is_here) = os.getpid(), os.pipe()

    def die(chunk: Chunk) -> Outcome:
        """The first chunk's outcome; each one after it takes the worker along that has it."""
        if chunk.number and os.getpid() != here:
            os.read(waiting, 1)
            os._exit(3)
        return Outcome(samples=1)

    chunks = [Chunk(number, 0, 0, b"") for number in range(9)]
    pool = forked.fork_workers(die, 2, 2)
    done = share_work(die, chunks, pool.__enter__(), 4)
    try:
        assert next(done).outcome.samples == 1
        # A worker that ended sooner would be told before this.
        os.write(first_is_here, b"12")
        # When its turn comes, the second has another number than when it was handed out.
        with pytest.raises(LostWorker):
            next(done)
    finally:
        # The other one may be gone as well.
        with suppress(LostWorker):
            pool.__exit__(None, None, None)
        os.close(waiting)
        os.close(first_is_here)


@linux
@copies
def test_no_worker_is_started_that_could_open_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    resource = pytest.importorskip("resource")
    monkeypatch.setattr(forked, "FILES_OF_A_WORKER", 1000)
    monkeypatch.setattr(forked.Pool, "start", None)
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = max(map(int, os.listdir("/proc/self/fd")))
    try:
        # Enough for the slots and the pipes.
        resource.setrlimit(resource.RLIMIT_NOFILE, (most + 100, before[1]))
        with pytest.raises(OSError, match="open files"), forked.fork_workers(repeated, 1, 2):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@copies
@pytest.mark.parametrize("forks", [pytest.param(True, marks=linux), False])
def test_a_worker_that_ends_without_a_word_is_told(
    forks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_may_fork", lambda: forks)
    with pytest.raises(LostWorker), workers.start_processes(failing, 1) as submit:
        submit(Chunk(0, 1, 0, b""))()
    assert not multiprocessing.active_children()


def test_a_chunk_for_which_no_thread_can_be_started_is_worked_on_here(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def none_left(*_: object) -> Future[Outcome]:
        raise RuntimeError("can't start new thread")

    with workers.start_threads(repeated, 2) as submit:
        monkeypatch.setattr(ThreadPoolExecutor, "submit", none_left)
        assert submit(Chunk(0, 3, 0, b""))() == repeated(Chunk(0, 3, 0, b""))


def test_a_process_is_copied_only_where_it_is_known_to_have_one_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "memfd_create", print, raising=False)
    threads = ["1"]
    monkeypatch.setattr(os, "listdir", lambda path: threads)
    assert workers._may_fork()
    threads.append("2")
    assert not workers._may_fork()
    threads.pop()
    for platform in ("darwin", "win32"):
        monkeypatch.setattr(sys, "platform", platform)
        assert not workers._may_fork()

    def no_proc(path: str) -> list[str]:
        raise FileNotFoundError(path)

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(os, "listdir", no_proc)
    assert not workers._may_fork()
