"""``--scheduler local``, a cluster that is there for one command; and what a terminal shows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cluster import at_work
from tests.cluster.clusters import Cluster, program_with
from tests.conftest import PATIENCE, ROOT, Xent, environment, group_members, wait_for
from tests.faults.running import run_inside
from tests.terminals import run_on_terminal
from tests.test_ways import FILES

pytestmark = [
    pytest.mark.xdist_group("cluster"),
    pytest.mark.slow,
]


def test_it_leaves_the_answer_alone(started_xent: Xent, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(FILES["broken.csv"])
    asked = ["softmax", "a.csv", "--format", "csv"]
    here = started_xent(*asked)
    small = {"XENT_PARTITION_BYTES": "700"}
    found = started_xent(*asked, "--scheduler", "local", "--jobs", "2", "-o", "out/", **small)
    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")
    parts = sorted((tmp_path / "out").glob("part-*.csv"))
    assert len(parts) > 2
    assert b"".join(part.read_bytes() for part in parts) == here.stdout.encode()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "out"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("name", ["SIGINT", "SIGHUP"])
@pytest.mark.parametrize("when", ["importing", "starting", "working"])
def test_what_ends_a_command_reaches_its_processes_too(
    when: str, name: str, tmp_path: Path
) -> None:
    """Ctrl-C, and a hangup of the terminal."""
    number = signal.Signals[name]
    (tmp_path / "a.csv").write_bytes(FILES["plain.csv"])
    arguments = ["ce", "a.csv", "--scheduler", "local", "--jobs", "1"]
    process = subprocess.Popen(
        # The work waits for a sign that never comes.
        [sys.executable, "-c", program_with(at_work.held), *arguments],
        cwd=tmp_path,
        env=environment(PYTHONPATH=str(ROOT), XENT_PARTITION_BYTES="200"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    if when == "importing":
        wait_for(lambda: b"numpy" in Path(f"/proc/{process.pid}/maps").read_bytes())
    elif when == "starting":
        wait_for(lambda: len(group_members(process.pid)) > 1)
    else:
        wait_for((tmp_path / "begun").exists)
    os.killpg(process.pid, number)
    assert process.communicate(timeout=PATIENCE) == (b"", b"")
    assert process.returncode == 128 + number
    wait_for(lambda: not group_members(process.pid))
    assert {path.name for path in tmp_path.iterdir()} <= {"a.csv", "begun"}


def test_progress_counts_partitions(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(FILES["plain.csv"])
    program = program_with(at_work.slowly)
    command = [sys.executable, "-c", program, "ce", "a.csv", "-q", "--scheduler", cluster.address]
    env = environment(PYTHONPATH=str(ROOT), XENT_PARTITION_BYTES="60")
    shown = run_on_terminal(command, tmp_path, 120, env)
    assert shown.code == 0
    assert " partitions, " in shown.text
    assert " rows, " in shown.text
    # The bar goes, the answer stays.
    answer = run_inside(["ce", "a.csv", "-q"], tmp_path).stdout.decode()
    assert shown.text.endswith(f"\x1b[2K{answer}")
