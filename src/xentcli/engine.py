"""Runs one piece of work over many chunks and gives the outcomes back in order.

The work (read a chunk, compute, format) and where it runs are handed in: this module knows neither
formats nor mathematics.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    # It imports logging and more, which a single row does not need.
    from concurrent.futures import Executor, Future

Chunk = TypeVar("Chunk")
Outcome = TypeVar("Outcome")


def outcomes(
    work: Callable[[Chunk], Outcome],
    chunks: Iterable[Chunk],
    executor: Executor | None = None,
    ahead: int = 4,
) -> Iterator[Outcome]:
    """The outcome of each chunk, in the order of the chunks.

    Without an executor the work is done here, chunk by chunk. With one, at most ``ahead`` chunks
    are under way, so that memory does not grow with the input.
    """
    if executor is None:
        yield from map(work, chunks)
        return
    under_way: deque[Future[Outcome]] = deque()
    try:
        for chunk in chunks:
            under_way.append(executor.submit(work, chunk))
            if len(under_way) >= ahead:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
    finally:
        for future in under_way:
            future.cancel()
