"""Runs the work in this process, in threads, in processes, or on a cluster."""

from __future__ import annotations

import contextlib
import os
import signal
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
    Awaited,
    Done,
    Found,
    Submit,
    Task,
    Work,
    lost_worker,
    share_work,
    work_here,
)

if TYPE_CHECKING:
    from concurrent.futures import Future

Sent = TypeVar("Sent")

# Chunks under way beyond one a worker: a worker that is done has the next one at once.
AHEAD = 2
# More processes than these cannot be waited for on Windows.
MOST_ON_WINDOWS = 61


# Is called with how many samples and bytes are done.
Tell = Callable[[int, int], None]


class Run(Protocol):
    """Runs a task over the chunks of an input, wherever that is."""

    def __call__(self, task: Task[Found], opened: Opened, tell: Tell) -> Generator[Done[Found]]: ...


@contextmanager
def start_workers(asked: Asked) -> Iterator[Run]:
    """What runs the tasks of a command: this process, threads, processes, or a cluster."""
    scheduler, jobs = asked.running.scheduler, asked.running.jobs or available()
    if scheduler is None:
        yield partial(_run_here, jobs)
        return
    from xentcli.run import cluster

    with cluster.connect(scheduler, jobs) as client:
        if not client.nthreads():
            print_message(f"{scheduler} has no workers yet; waiting for the first")
        yield partial(cluster.outcomes, client)


def _run_here(jobs: int, task: Task[Found], opened: Opened, tell: Tell) -> Generator[Done[Found]]:
    for done in outcomes(task.work, opened, jobs):
        tell(done.outcome.samples, done.outcome.size)
        yield done


def outcomes(work: Work[Found], opened: Opened, jobs: int) -> Generator[Done[Found]]:
    """The outcomes of an input's chunks, in order.

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
    before: Done[Found] | None = None
    if opened.size is None:
        # Nobody knows how much there will be: a pipe, or compressed data.
        for before in work_here(work, islice(chunks, BLOCKS_OF_A_LARGE_FILE)):
            yield before
        following = next(chunks, None)
        if following is None:
            return
        chunks = chain([following], chunks)
    pool = processes if opened.workers == "processes" else threads
    with ExitStack() as stack:
        submit: Submit[Found] | None = None
        # No more processes, threads, files or semaphores may be to be had: then it is done here.
        with contextlib.suppress(OSError, ImportError, MemoryError, RuntimeError):
            submit = stack.enter_context(pool(work, jobs))
        if submit is None:
            yield from work_here(work, chunks, before)
        else:
            yield from share_work(work, chunks, submit, jobs + AHEAD, before)


@contextmanager
def threads(work: Work[Found], count: int) -> Iterator[Submit[Found]]:
    """Submit chunks to threads: for input whose reading releases Python's lock."""
    from concurrent.futures import ThreadPoolExecutor

    executor = ThreadPoolExecutor(count)

    def submit(chunk: Chunk) -> Awaited[Found]:
        try:
            return executor.submit(work, chunk).result
        except RuntimeError:
            # No thread is to be had for it.
            return partial(work, chunk)

    try:
        yield submit
    finally:
        executor.shutdown(cancel_futures=True)


@contextmanager
def processes(work: Work[Found], count: int) -> Iterator[Submit[Found]]:
    """Submit chunks to processes: for input whose reading holds Python's lock. However this process
    ends, they end with it."""
    if _may_fork():
        from xentcli.run.forked import forked

        with forked(work, count, AHEAD) as submit:
            yield submit
    else:
        with _spawned(work, most_processes(count)) as submit:
            yield submit


@contextmanager
def _spawned(work: Work[Found], count: int) -> Iterator[Submit[Found]]:
    """The same by processes that begin anew, as they do where none can be copied."""
    import multiprocessing
    from concurrent.futures import BrokenExecutor, ProcessPoolExecutor

    # Asked for by name: what Python takes by itself differs from system to system.
    context = multiprocessing.get_context("spawn")
    executor = ProcessPoolExecutor(count, context, _begin, (work,))
    known = set(multiprocessing.active_children())
    before = set(threading.enumerate())
    try:
        with signals.hold():
            executor.submit(_started)
        workers = set(multiprocessing.active_children()) - known

        def are_there() -> bool:
            """The workers, and the thread that hands the work to them; the one that it has for
            itself, which writes, is a daemon."""
            threads = set(threading.enumerate()) - before
            return any(not thread.daemon for thread in threads) and all(
                worker.is_alive() for worker in workers
            )

        yield lambda chunk: partial(_result, executor.submit(_at_work, chunk), are_there)
    except BrokenExecutor:
        raise lost_worker() from None
    finally:
        # They hold nothing that would have to be put in order. Nor is there anything to wait for:
        # a result that is cut off in the middle would never end.
        for process in set(multiprocessing.active_children()) - known:
            process.terminate()
            process.join()
        executor.shutdown(wait=False, cancel_futures=True)
        for thread in set(threading.enumerate()) - before:
            # It sees that they are gone. What comes next may want to copy a process of one thread.
            thread.join(PATIENCE)


def most_processes(count: int) -> int:
    """As many processes as are asked for, or as the system allows."""
    return min(count, MOST_ON_WINDOWS) if sys.platform == "win32" else count


def _result(future: Future[Sent], are_there: Callable[[], bool]) -> Sent:
    """Wait for a worker's result. Neither a worker that dies while it sends one nor a dead thread
    of the executor is noticed by the executor itself, so both are asked for."""
    from concurrent.futures import BrokenExecutor, wait

    while not wait([future], PATIENCE).done:
        if not are_there() and not wait([future], PATIENCE).done:
            raise BrokenExecutor
    return future.result()


def _may_fork() -> bool:
    """Whether this process has a single thread. A forked process has one thread and a copy of every
    lock: those that other threads held would never be released."""
    if sys.platform != "linux" or not hasattr(os, "memfd_create"):
        return False
    if "xentcli.readers.sources.remote" in sys.modules:
        from xentcli.readers.sources import remote

        remote.stop_thread()
    with contextlib.suppress(OSError):
        return len(os.listdir("/proc/self/task")) == 1
    return False


_work: Work[Any] | None = None


def _begin(work: Work[Any]) -> None:
    """The start of a worker process."""
    import multiprocessing

    global _work
    _work = work
    # Ctrl-C reaches all processes of a terminal; this one's end is its parent's affair.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals.ENDING)
    parent = multiprocessing.parent_process()
    if parent is not None:
        # Without a thread for it, it ends when its parent does not ask for more.
        with contextlib.suppress(RuntimeError):
            threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: Any) -> None:
    parent.join()
    os._exit(1)


def _started() -> None:
    """A task that does nothing: the executor starts its processes with the first one."""


def _at_work(chunk: Chunk) -> Any:
    assert _work is not None
    return _work(chunk)
