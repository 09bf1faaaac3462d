"""Workers that come to an end, commands that are broken off: the cluster goes on, and so does the
answer where it can."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import at_work
from tests.cluster.clusters import (
    Cluster,
    joined,
    on_cluster,
    program_with,
    started,
    tasks_of,
    threads_of,
)
from tests.conftest import PATIENCE, ROOT, environment, needs_posix, wait_for
from tests.faults.running import Answered, run_inside
from tests.test_ways import FILES
from xentcli.run import cluster as cluster_of_commands

needs_posix()

pytestmark = [pytest.mark.xdist_group("cluster"), pytest.mark.slow]

ASKED = ["ce", "a.csv", "--top", "3", "--format", "json"]


def put(folder: Path) -> None:
    (folder / "a.csv").write_bytes(FILES["plain.csv"])


@pytest.mark.parametrize("kind", ["--no-nanny", "--nanny"])
def test_a_worker_is_killed_in_the_middle(
    kind: str,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put(tmp_path)
    monkeypatch.setattr(cluster_of_commands, "_do_work", at_work.killed_once)
    with started(tmp_path_factory.mktemp("killed"), kind) as cluster:
        assert on_cluster(cluster, ASKED, tmp_path) == run_inside(ASKED, tmp_path)
        assert (tmp_path / "killed").exists()
        ends = [process.poll() for process in cluster.workers]
        # A nanny starts another one.
        assert ends.count(-signal.SIGKILL) == (kind == "--no-nanny")


def test_a_partition_that_no_worker_survives(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path)
    env = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"}
    folder = tmp_path_factory.mktemp("killed")
    result = cluster_of_commands.Partitions.result

    def go_on(self: Any, future: Any, chunk: Any) -> Any:
        """The first partition is done. Sooner, it could be taken for one that kills its worker."""
        found = result(self, future, chunk)
        (tmp_path / "go on").touch()
        return found

    with started(folder, env=env) as cluster:
        with monkeypatch.context() as patch:
            patch.setattr(cluster_of_commands, "_do_work", at_work.killed_always)
            patch.setattr(cluster_of_commands.Partitions, "result", go_on)
            found = on_cluster(cluster, ASKED, tmp_path)
        end = FILES["plain.csv"].index(b"\n", 12 + 2 * 200) + 1
        start = FILES["plain.csv"].index(b"\n", 12 + 200 - 1) + 1
        assert found == Answered(
            1,
            b"",
            f"xent: a.csv: bytes {start} to {end}: no worker could finish it (the workers that "
            "took it came to a sudden end; was memory short?)\n",
        )
        # The other one is there, and has nothing left to do.
        wait_for(lambda: len(threads_of(cluster)) == 1)
        wait_for(lambda: not tasks_of(cluster))
        assert on_cluster(cluster, ASKED, tmp_path) == run_inside(ASKED, tmp_path)


@pytest.mark.parametrize(
    ("number", "code", "name"),
    [(signal.SIGINT, 130, "ce"), (signal.SIGTERM, 143, "softmax"), (signal.SIGHUP, 129, "ce")],
)
def test_a_signal(number: int, code: int, name: str, cluster: Cluster, tmp_path: Path) -> None:
    with held(tmp_path, cluster, name, "-o", "answer") as process:
        process.send_signal(number)
        assert process.communicate(timeout=PATIENCE) == (b"", b"")
        assert process.returncode == code
        wait_for(lambda: not tasks_of(cluster))
    assert {path.name for path in tmp_path.iterdir()} == {"a.csv", *SIGNS}
    assert on_cluster(cluster, ASKED, tmp_path) == run_inside(ASKED, tmp_path)


# What at_work.held says and waits for.
SIGNS = ("begun", "go on")


@contextmanager
def held(
    folder: Path, cluster: Cluster, name: str, *options: str
) -> Iterator[subprocess.Popen[bytes]]:
    """The command at work on that cluster; no partition is finished before the sign to go on, which
    comes at the end at the latest."""
    put(folder)
    asked = [name, "a.csv", *options, "--scheduler", cluster.address]
    process = subprocess.Popen(
        [sys.executable, "-c", program_with(at_work.held), *asked],
        cwd=folder,
        env=environment(PYTHONPATH=str(ROOT), XENT_PARTITION_BYTES="200"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    begun, go_on = (folder / sign for sign in SIGNS)
    try:
        wait_for(begun.exists)
        yield process
    finally:
        go_on.touch()


def test_without_workers_it_says_so_and_waits(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    put(tmp_path)
    expected = run_inside(["ce", "a.csv", "-q"], tmp_path).stdout
    folder = tmp_path_factory.mktemp("workers")
    with started(folder, workers=1) as cluster:
        with held(tmp_path, cluster, "ce", "-q") as process:
            cluster.workers[0].kill()
            assert process.stderr is not None
            said = process.stderr.readline().decode()
        assert said == f"xent: {cluster.address} has no workers any more; waiting for the next\n"
        with joined(cluster, folder):
            assert process.communicate(timeout=PATIENCE) == (expected, b"")
        assert process.returncode == 0


def test_a_killed_scheduler_is_named(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("scheduler")
    with (
        started(folder, workers=1) as cluster,
        held(tmp_path, cluster, "ce", "-q") as process,
    ):
        assert cluster.scheduler is not None
        cluster.scheduler.kill()
        _, stderr = process.communicate(timeout=PATIENCE)
    assert stderr.decode() == f"xent: {cluster.address}: the scheduler is gone\n"
    assert process.returncode == 1
