"""Threads for the blocks of a large array, one for each core that this process may use.

Threads are enough, because NumPy releases Python's lock while it computes. The result of a block
depends only on the block, so neither the number of threads nor their order changes it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

# An array of fewer numbers is finished before a thread would have started.
WORTH_THREADS = 1 << 18
# How many shares of the work there are for each thread: where the machine holds one thread up, the
# others take the shares that are left.
_SHARES = 8


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


def shared(
    task: Callable[[Sequence[Item]], Outcome], items: Sequence[Item], threads: int
) -> list[Outcome]:
    """Run ``task`` on consecutive shares of the items, and return the results in their order.

    With one thread, the caller's own, there is a single share.
    """
    if threads <= 1 or len(items) <= 1:
        return [task(items)]
    from concurrent.futures import ThreadPoolExecutor

    size = -(-len(items) // (threads * _SHARES))
    shares = [items[start : start + size] for start in range(0, len(items), size)]
    # np.errstate holds for its own thread only.
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
