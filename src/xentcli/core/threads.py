"""Threads for the blocks of a large array, one for each core that this process may use.

Threads are enough, because NumPy releases Python's lock while it computes. The result of a block
depends only on the block, so neither the number of threads nor their order changes it.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

# An array of fewer numbers is finished before threads would have started and got their memory.
WORTH_THREADS = 1 << 21


def threads_for(numbers: int) -> int:
    """Return how many threads pay for an array of so many numbers."""
    return available() if numbers >= WORTH_THREADS else 1


def available() -> int:
    """Return how many cores this process may use, or what the variable XENT_JOBS says."""
    asked = os.environ.get("XENT_JOBS", "")
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def share_out(
    task: Callable[[Iterable[Item]], Outcome], items: Sequence[Item], threads: int
) -> list[Outcome]:
    """Run ``task`` once on each thread, and return the results.

    ``task`` iterates over the items that its thread takes. A thread takes the next item when it is
    done with one: where the machine holds a thread up, the others take more. With one thread,
    the caller's own, ``task`` gets all items in their order.
    """
    threads = min(threads, len(items))
    if threads <= 1:
        return [task(items)]
    from concurrent.futures import ThreadPoolExecutor

    left = deque(items)
    # np.errstate holds for its own thread only.
    state = np.geterr()

    def run() -> Outcome:
        try:
            with np.errstate(**state):
                return task(_take(left))
        except BaseException:
            left.clear()
            raise

    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(run) for _ in range(threads)]
        try:
            return [future.result() for future in futures]
        except BaseException:
            # An interrupt of the program is raised here, not in the threads.
            left.clear()
            raise


def _take(left: deque[Item]) -> Iterator[Item]:
    """Take the items that are left, one after the other, until there are none."""
    while True:
        try:
            yield left.popleft()
        except IndexError:
            return
