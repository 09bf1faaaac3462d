"""Workers that come to an end, commands that are broken off: the cluster goes on, and so does the
answer where it can."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cluster import at_work
from tests.cluster.clusters import (
    Cluster,
    joined,
    on_cluster,
    started,
    tasks_of,
    threads_of,
)
from tests.conftest import ROOT, environment, needs_posix, wait_for
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
    with started(folder, env=env) as cluster:
        with monkeypatch.context() as patch:
            patch.setattr(cluster_of_commands, "_do_work", at_work.killed_always)
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


# The command, its work slowed down.
SLOWLY = """
from tests.cluster import at_work
from xentcli.run import cluster
from xentcli.cli import main

cluster._do_work = at_work.slowly
main.script()
"""


@pytest.mark.parametrize(
    ("number", "code", "name"), [(signal.SIGINT, 130, "ce"), (signal.SIGTERM, 143, "softmax")]
)
def test_a_signal(number: int, code: int, name: str, cluster: Cluster, tmp_path: Path) -> None:
    put(tmp_path)
    command = [sys.executable, "-c", SLOWLY, name, "a.csv", "--scheduler", cluster.address]
    process = subprocess.Popen(
        [*command, "-o", "answer"],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(ROOT), XENT_PARTITION_BYTES="50"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    wait_for((tmp_path / "begun").exists)
    process.send_signal(number)
    assert process.communicate(timeout=10) == (b"", b"")
    assert process.returncode == code
    time.sleep(1)
    assert tasks_of(cluster) == {}
    (tmp_path / "begun").unlink()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv"]
    assert on_cluster(cluster, ASKED, tmp_path) == run_inside(ASKED, tmp_path)


def slowed(folder: Path, cluster: Cluster) -> subprocess.Popen[bytes]:
    """The command at work on that cluster, each partition slowed down."""
    put(folder)
    process = subprocess.Popen(
        [sys.executable, "-c", SLOWLY, "ce", "a.csv", "-q", "--scheduler", cluster.address],
        cwd=folder,
        env=environment(PYTHONPATH=str(ROOT), XENT_PARTITION_BYTES="200"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    wait_for((folder / "begun").exists)
    return process


def test_without_workers_it_says_so_and_waits(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    put(tmp_path)
    expected = run_inside(["ce", "a.csv", "-q"], tmp_path).stdout
    folder = tmp_path_factory.mktemp("workers")
    with started(folder, workers=1) as cluster:
        process = slowed(tmp_path, cluster)
        cluster.workers[0].kill()
        assert process.stderr is not None
        said = process.stderr.readline().decode()
        assert said == f"xent: {cluster.address} has no workers any more; waiting for the next\n"
        with joined(cluster, folder):
            assert process.communicate(timeout=60) == (expected, b"")
        assert process.returncode == 0


def test_a_killed_scheduler_is_named(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with started(tmp_path_factory.mktemp("scheduler"), workers=1) as cluster:
        process = slowed(tmp_path, cluster)
        assert cluster.scheduler is not None
        cluster.scheduler.kill()
        _, stderr = process.communicate(timeout=60)
    assert stderr.decode() == f"xent: {cluster.address}: the scheduler is gone\n"
    assert process.returncode == 1
