"""Dask clusters as people have them: a scheduler and workers, each a process, on loopback."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple
from unittest import mock

from tests.conftest import BIN, PATIENCE, ROOT, environment, wait_for
from tests.faults.running import Answered, run_inside
from xentcli.run import cluster as cluster_of_commands

NO_ENV: Mapping[str, str] = MappingProxyType({})


class Cluster(NamedTuple):
    """Where its scheduler listens, and the processes of its workers and of itself."""

    address: str
    workers: list[subprocess.Popen[bytes]]
    scheduler: subprocess.Popen[bytes] | None = None


@contextmanager
def started(
    folder: Path, *options: str, workers: int = 2, env: Mapping[str, str] = NO_ENV
) -> Iterator[Cluster]:
    """A cluster of as many workers, with these options, whose files are in that folder."""
    file = folder / "scheduler.json"
    command = ["scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard"]
    with _running([*command, "--scheduler-file", str(file)], folder, env) as scheduler:
        wait_for(lambda: file.exists() and file.stat().st_size)
        address = json.loads(file.read_text(encoding="utf-8"))["address"]
        cluster = Cluster(address, [], scheduler)
        with _workers(cluster, folder, options, workers, env):
            wait_for(lambda: len(threads_of(cluster)) == workers)
            yield cluster


@contextmanager
def _workers(
    cluster: Cluster, folder: Path, options: tuple[str, ...], count: int, env: Mapping[str, str]
) -> Iterator[None]:
    if count == 0:
        yield
        return
    with (
        joined(cluster, folder, *options, env=env),
        _workers(cluster, folder, options, count - 1, env),
    ):
        yield


@contextmanager
def joined(
    cluster: Cluster, folder: Path, *options: str, env: Mapping[str, str] = NO_ENV
) -> Iterator[subprocess.Popen[bytes]]:
    """One more worker. It finds the tests' own modules, as some of the work is theirs."""
    command = ["worker", cluster.address, "--host", "127.0.0.1", "--no-dashboard"]
    command += ["--nthreads", "1", "--local-directory", str(folder)]
    if "--nanny" not in options:
        command.append("--no-nanny")
    with _running([*command, *options], folder, env) as process:
        cluster.workers.append(process)
        yield process


@contextmanager
def _running(
    arguments: list[str], folder: Path, env: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            [str(BIN / "dask"), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folder,
            env=environment(PYTHONWARNINGS="ignore", PYTHONPATH=str(ROOT)) | dict(env),
        )
    try:
        yield process
    finally:
        # A nanny takes its worker with it.
        process.terminate()
        try:
            process.wait(PATIENCE)
        finally:
            process.kill()
            process.wait()


# The command, its work on a partition another one.
PROGRAM = """
import xentcli.__main__
from tests.cluster import at_work
from xentcli.run import cluster
from xentcli.cli import main

cluster._do_work = at_work.{}
main.script()
"""


def program_with(work: Callable[..., Any]) -> str:
    """A program of Python that is the command, with that work of at_work on each partition."""
    return PROGRAM.format(work.__name__)


def on_cluster(
    cluster: Cluster,
    arguments: Sequence[str],
    folder: Path,
    stdin: bytes = b"",
    env: Mapping[str, str] = NO_ENV,
) -> Answered:
    """What a command answers there: of a text every few lines are a partition."""
    where = ["--scheduler", cluster.address]
    # A scheduler on a busy machine may take longer to answer than anybody would wait for it.
    with mock.patch.object(cluster_of_commands, "CONNECT_SECONDS", PATIENCE):
        settings = {"XENT_PARTITION_BYTES": "200", **env}
        return run_inside([*arguments, *where], folder, stdin, settings)


def threads_of(cluster: Cluster) -> dict[str, int]:
    """The workers that the scheduler knows, and how many threads each has."""
    from distributed import Client

    with Client(cluster.address, timeout=PATIENCE, set_as_default=False) as client:
        return dict(client.nthreads())


def tasks_of(cluster: Cluster) -> dict[str, str]:
    """The tasks that the scheduler knows, and the state of each."""
    from distributed import Client

    with Client(cluster.address, timeout=PATIENCE, set_as_default=False) as client:
        found: dict[str, str] = client.run_on_scheduler(_states)
        return found


def _states(dask_scheduler: object) -> dict[str, str]:
    tasks = dask_scheduler.tasks  # type: ignore[attr-defined]
    return {key: task.state for key, task in tasks.items()}
