"""Spreads the blocks of a large array over the cores that this process may use.

Threads are enough, because NumPy releases Python's lock while it computes. The result of a block
depends only on the block, so neither the number of threads nor their order can be seen in it.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

# Below this many numbers the work is done before threads have started and have their memory.
WORTH_THREADS = 1 << 21


def threads_for(numbers: int) -> int:
    """How many threads an array of that many numbers is worth."""
    return available() if numbers >= WORTH_THREADS else 1


def available() -> int:
    """How many cores this process may use; the environment variable XENT_JOBS overrides it."""
    asked = os.environ.get("XENT_JOBS", "")
    if asked.isdecimal() and int(asked) > 0:
        return int(asked)
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def shared(
    task: Callable[[Iterable[Item]], Outcome], items: Sequence[Item], threads: int
) -> list[Outcome]:
    """``task`` once on each thread, with the items that come to it; 1 thread is the calling one.

    Each thread takes the next item when it is done with its last, so that one that is held up by
    the rest of the machine leaves more to the others.
    """
    threads = min(threads, len(items))
    if threads <= 1:
        return [task(items)]
    from concurrent.futures import ThreadPoolExecutor

    left = deque(items)
    # What np.errstate has set here does not reach other threads.
    state = np.geterr()

    def run() -> Outcome:
        try:
            with np.errstate(**state):
                return task(_taken(left))
        except BaseException:
            left.clear()
            raise

    with ThreadPoolExecutor(threads) as pool:
        futures = [pool.submit(run) for _ in range(threads)]
        try:
            return [future.result() for future in futures]
        except BaseException:
            # An interrupt comes here, not to the threads.
            left.clear()
            raise


def _taken(left: deque[Item]) -> Iterator[Item]:
    """What is left, one after the other, as long as there is some."""
    while True:
        try:
            yield left.popleft()
        except IndexError:
            return
