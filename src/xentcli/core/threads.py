"""Spreads the blocks of a large array over the cores that this process may use.

Threads are enough, because NumPy releases Python's lock while it computes. The result of a block
depends only on the block, so neither the number of threads nor their order can be seen in it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

# Below this many numbers the work is done before a thread has started.
WORTH_THREADS = 1 << 18
# Shares of the work per thread: one that is held up by the rest of the machine leaves its share of
# the later ones to the others.
_SHARES = 8


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
    task: Callable[[Sequence[Item]], Outcome], items: Sequence[Item], threads: int
) -> list[Outcome]:
    """``task`` applied to consecutive shares of the items, in order; with 1 thread in the calling
    one."""
    if threads <= 1 or len(items) <= 1:
        return [task(items)]
    from concurrent.futures import ThreadPoolExecutor

    size = -(-len(items) // (threads * _SHARES))
    shares = [items[start : start + size] for start in range(0, len(items), size)]
    # What np.errstate has set here does not reach other threads.
    state = np.geterr()

    def run(share: Sequence[Item]) -> Outcome:
        with np.errstate(**state):
            return task(share)

    with ThreadPoolExecutor(min(threads, len(shares))) as pool:
        futures = [pool.submit(run, share) for share in shares]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
