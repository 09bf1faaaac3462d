"""``--scheduler local``, a cluster that is there for one command; and what a terminal shows."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cluster.clusters import Cluster
from tests.conftest import BIN, ROOT, Xent, environment, wait_for
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
@pytest.mark.parametrize("after", [1.0, 3.5])
def test_ctrl_c_reaches_its_processes_too(after: float, tmp_path: Path) -> None:
    """While it starts, and while it works."""
    header, end, rows = FILES["plain.csv"].partition(b"\n")
    (tmp_path / "a.csv").write_bytes(header + end + rows * 30)
    process = subprocess.Popen(
        [str(BIN / "xent"), "ce", "a.csv", "--scheduler", "local", "--jobs", "1"],
        cwd=tmp_path,
        env=environment(XENT_PARTITION_BYTES="10"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    time.sleep(after)
    os.killpg(process.pid, signal.SIGINT)
    assert process.communicate(timeout=20) == (b"", b"")
    assert process.returncode == 130
    wait_for(lambda: not _group(process.pid))
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def _group(number: int) -> list[str]:
    """The processes of a group that have not ended."""
    states = [path.read_text() for path in Path("/proc").glob("[0-9]*/stat") if path.exists()]
    fields = [state.rpartition(")")[2].split() for state in states]
    return [field[0] for field in fields if int(field[2]) == number and field[0] != "Z"]


SLOWLY = """
from tests.cluster import at_work
from xentcli.run import cluster
from xentcli.cli import main

cluster._do_work = at_work.slowly
main.script()
"""


def test_progress_counts_partitions(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(FILES["plain.csv"])
    command = [sys.executable, "-c", SLOWLY, "ce", "a.csv", "-q", "--scheduler", cluster.address]
    env = environment(PYTHONPATH=str(ROOT), XENT_PARTITION_BYTES="60")
    shown = run_on_terminal(command, tmp_path, 120, env)
    assert shown.code == 0
    assert " partitions, " in shown.text
    assert " rows, " in shown.text
    # The bar goes, the answer stays.
    answer = run_inside(["ce", "a.csv", "-q"], tmp_path).stdout.decode()
    assert shown.text.endswith(f"\x1b[2K{answer}")
