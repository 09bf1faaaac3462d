"""Where the work is done: on this machine, or on a cluster."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from xentcli.core.threads import available
from xentcli.options.groups import Asked
from xentcli.readers.interface import Opened
from xentcli.run import workers as local
from xentcli.run.messages import told
from xentcli.run.order import Done, Task

# Is told how many samples and bytes are done.
Told = Callable[[int, int], None]
Run = Callable[[Task, Opened, Told], Generator[Done]]


@contextmanager
def runner(asked: Asked) -> Iterator[Run]:
    """What does the work that a command line asks for."""
    scheduler, jobs = asked.running.scheduler, asked.running.jobs or available()
    if scheduler is None:
        yield partial(_here, jobs)
        return
    from xentcli.run import cluster

    with cluster.connected(scheduler, jobs) as client:
        if not client.nthreads():
            told(f"{scheduler} has no workers yet; waiting for the first")
        yield partial(cluster.outcomes, client)


def _here(jobs: int, task: Task, opened: Opened, tell: Told) -> Generator[Done]:
    for done in local.outcomes(task.work, opened, task.follows, jobs):
        outcome: Any = done.outcome
        tell(outcome.samples, outcome.size)
        yield done
