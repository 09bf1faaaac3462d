"""Runs the work in this process, in threads, in processes, or on a cluster."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import chain, islice
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from xentcli.core.threads import available
from xentcli.options.asked import Asked
from xentcli.readers.interface import Chunk, Opened
from xentcli.run import signals
from xentcli.run.messages import print_message
from xentcli.run.order import (
    PATIENCE,
    FinishedChunk,
    Result,
    Submit,
    Task,
    Wait,
    Work,
    lost_worker,
    share_work,
    work_here,
)

if TYPE_CHECKING:
    from concurrent.futures import Future

Value = TypeVar("Value")

# Chunks under way beyond one for each worker, so that a worker that is done finds its next one.
AHEAD = 2
# Windows cannot wait for more processes than these.
MOST_ON_WINDOWS = 61

# Is called with the numbers of samples and bytes that are done.
ReportProgress = Callable[[int, int], None]


class RunTask(Protocol):
    """Runs a task over the chunks of an input and yields their outcomes, wherever the work is
    done."""

    def __call__(
        self, task: Task[Result], opened: Opened, report: ReportProgress
    ) -> Generator[FinishedChunk[Result]]: ...


@contextmanager
def start_workers(asked: Asked) -> Iterator[RunTask]:
    """Get ready to run the tasks of a command: on this machine, or on a cluster that is connected
    for as long as the command runs."""
    scheduler, jobs = asked.running.scheduler, asked.running.jobs or available()
    if scheduler is None:
        yield partial(_run_on_this_machine, jobs)
        return
    from xentcli.run import cluster

    with cluster.connect(scheduler, jobs) as client:
        waits = not client.nthreads()
        if waits:
            print_message(f"{scheduler} has no workers yet; waiting for the first")
        yield partial(cluster.run_task, client, said_to_wait=waits)


def _run_on_this_machine(
    jobs: int, task: Task[Result], opened: Opened, report: ReportProgress
) -> Generator[FinishedChunk[Result]]:
    for done in run_work(task.work, opened, jobs):
        report(done.outcome.samples, done.outcome.size)
        yield done


def run_work(work: Work[Result], opened: Opened, jobs: int) -> Generator[FinishedChunk[Result]]:
    """Work on the chunks of an input and yield their outcomes, in order.

    For a small input no worker is started. Whether a file is read in spans depends on the file
    alone, so that the blocks are the same for any number of jobs.
    """
    spans = opened.chunks.spans()
    chunks = opened.chunks.in_order() if spans is None else spans
    if jobs == 1 or opened.workers is None:
        yield from work_here(work, chunks)
        return
    from xentcli.readers.text.spans import BLOCKS_OF_A_LARGE_FILE, is_large

    if opened.size is not None and not is_large(opened.size):
        yield from work_here(work, chunks)
        return
    before: FinishedChunk[Result] | None = None
    if opened.size is None:
        # A pipe, or compressed data: how much there is to read is not known, so workers are started
        # only if there is more than a small input has.
        for before in work_here(work, islice(chunks, BLOCKS_OF_A_LARGE_FILE)):
            yield before
        following = next(chunks, None)
        if following is None:
            return
        chunks = chain([following], chunks)
    start = start_processes if opened.workers == "processes" else start_threads
    with ExitStack() as stack:
        submit: Submit[Result] | None = None
        # The system may allow no more processes, threads, files or semaphores. Then the work is
        # done in this process.
        with contextlib.suppress(OSError, ImportError, MemoryError, RuntimeError):
            submit = stack.enter_context(start(work, jobs))
        if submit is None:
            yield from work_here(work, chunks, before)
        else:
            yield from share_work(work, chunks, submit, jobs + AHEAD, before)


@contextmanager
def start_threads(work: Work[Result], count: int) -> Iterator[Submit[Result]]:
    """Start threads to which chunks can be submitted: for input whose reading releases Python's
    global lock."""
    from concurrent.futures import ThreadPoolExecutor

    executor = ThreadPoolExecutor(count)

    def submit(chunk: Chunk) -> Wait[Result]:
        try:
            return executor.submit(work, chunk).result
        except RuntimeError:
            # No thread can be started for it: whoever waits for it does the work.
            return partial(work, chunk)

    try:
        yield submit
    finally:
        executor.shutdown(cancel_futures=True)


@contextmanager
def start_processes(work: Work[Result], count: int) -> Iterator[Submit[Result]]:
    """Start processes to which chunks can be submitted: for input whose reading holds Python's
    global lock. However this process ends, they end with it."""
    if _may_fork():
        from xentcli.run.forked import fork_workers

        with fork_workers(work, count, AHEAD) as submit:
            yield submit
    else:
        with _spawn(work, limit_processes(count)) as submit:
            yield submit


@contextmanager
def _spawn(work: Work[Result], count: int) -> Iterator[Submit[Result]]:
    """Start workers as new processes of Python, where this process cannot be forked."""
    import multiprocessing
    from concurrent.futures import BrokenExecutor, ProcessPoolExecutor

    signals.start_tracker()
    # Python's default start method differs from system to system.
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(count, context, _initialize_worker, (work,))
    other_processes = set(multiprocessing.active_children())
    other_threads = set(threading.enumerate())
    workers: set[Any] = set()

    def start(function: Callable[..., Value], *given: Any) -> Future[Value]:
        """Submit a call to the executor, which starts its processes one by one with the first."""
        with signals.hold():
            future = executor.submit(function, *given)
        workers.update(set(multiprocessing.active_children()) - other_processes)
        return future

    try:
        start(_do_nothing)

        def are_alive() -> bool:
            """Whether all workers are alive, and the thread of the executor that hands work to
            them. Its other thread, which writes to their queue, is a daemon."""
            threads = set(threading.enumerate()) - other_threads
            return any(not thread.daemon for thread in threads) and all(
                worker.is_alive() for worker in workers
            )

        yield lambda chunk: partial(_wait_for_result, start(_do_work, chunk), are_alive)
    except BrokenExecutor:
        raise lost_worker() from None
    finally:
        # Workers can be killed at any time: they hold nothing that has to be closed or written.
        # Waiting for them could last for ever: a result that is cut off in the middle never ends.
        # A gentler signal is held back until a worker has started.
        for process in set(multiprocessing.active_children()) - other_processes:
            process.kill()
            process.join()
        executor.shutdown(wait=False, cancel_futures=True)
        for thread in set(threading.enumerate()) - other_threads:
            # The executor's threads end as the workers are gone. Only a process with a single
            # thread can be forked, which the next command in it may want to do.
            thread.join(PATIENCE)


def limit_processes(count: int) -> int:
    """As many processes as are asked for, or as the system allows."""
    return min(count, MOST_ON_WINDOWS) if sys.platform == "win32" else count


def _wait_for_result(future: Future[Value], are_alive: Callable[[], bool]) -> Value:
    """Wait for a worker's result, and raise an error if the workers are gone. The executor itself
    notices neither a worker that dies while it sends a result nor the death of its own thread."""
    from concurrent.futures import BrokenExecutor, wait

    while not wait([future], PATIENCE).done:
        if not are_alive() and not wait([future], PATIENCE).done:
            raise BrokenExecutor
    return future.result()


def _may_fork() -> bool:
    """Whether this process can be forked: on Linux, with a single thread. A forked process has one
    thread and a copy of every lock, and a lock that another thread held would never be released."""
    if sys.platform != "linux" or not hasattr(os, "memfd_create"):
        return False
    if "xentcli.readers.sources.remote" in sys.modules:
        from xentcli.readers.sources import remote

        remote.stop_thread()
    with contextlib.suppress(OSError):
        return len(os.listdir("/proc/self/task")) == 1
    return False


_work: Work[Any] | None = None


def _initialize_worker(work: Work[Any]) -> None:
    """Set up a worker process before its first chunk."""
    import multiprocessing

    global _work
    _work = work
    signals.leave_to_parent()
    parent = multiprocessing.parent_process()
    if parent is not None:
        # If no thread can be started for it, it ends when its parent sends no more work.
        with contextlib.suppress(RuntimeError):
            threading.Thread(target=_exit_after, args=(parent,), daemon=True).start()


def _exit_after(parent: Any) -> None:
    """End this process as soon as its parent has ended."""
    parent.join()
    os._exit(1)


def _do_nothing() -> None:
    """Do nothing: the executor starts its processes when it is given the first function to run."""


def _do_work(chunk: Chunk) -> Any:
    assert _work is not None
    return _work(chunk)
