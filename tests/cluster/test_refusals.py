"""What cannot be done on a cluster is told as it is here; what is wrong with the cluster itself is
told in a sentence."""

from __future__ import annotations

import shlex
import shutil
import socket
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cluster.clusters import Cluster, joined, on_cluster, threads_of
from tests.conftest import ROOT, Xent, run_python, wait_for
from tests.faults.fault import GOOD, Fault
from tests.faults.running import Answered, run_inside
from tests.test_faults import listed, put
from tests.test_ways import FILES
from xentcli import __version__

pytestmark = [pytest.mark.xdist_group("cluster"), pytest.mark.slow]

OF_FILES = ("numbers", "records", "encodings", "packed", "columns", "labels", "documents")


@pytest.mark.parametrize("fault", listed(topics=OF_FILES, of_each=2) + listed(topics=["several"]))
def test_a_fault_is_told_the_same(fault: Fault, cluster: Cluster, tmp_path: Path) -> None:
    put(fault.files, tmp_path)
    # Each line is a partition.
    small = {"XENT_PARTITION_BYTES": "1"}
    found = on_cluster(cluster, shlex.split(fault.command), tmp_path, fault.stdin, small)
    assert found == Answered(fault.code, fault.stdout.encode(), fault.stderr)


@pytest.mark.parametrize("command", ["ce {} -q", "softmax {} -q -o rows.txt", "diagnose {}"])
def test_a_fault_far_behind(command: str, cluster: Cluster, tmp_path: Path) -> None:
    """In the third file, behind line ends within quotes, in a partition of its own."""
    header, _, rows = FILES["broken-last.csv"].partition(b"\n")
    for name, last in (("a.csv", b""), ("b.csv", b""), ("c.csv", b'1,2,3,0,"x\ny"\n1,2,?,0,z\n')):
        (tmp_path / name).write_bytes(header + b"\n" + rows + last + rows)
    asked = command.format("a.csv b.csv c.csv").split()
    found = on_cluster(cluster, asked, tmp_path)
    assert found == run_inside(asked, tmp_path)
    line = 1 + rows.count(b"\n") + 3
    assert (found.code, found.stdout) == (1, b"")
    told = f'xent: c.csv:{line}:3: column "c": cannot read "?" as a number\n'
    assert found.stderr.startswith(told)
    assert not (tmp_path / "rows.txt").exists()


def test_headers_are_compared_before_the_work(cluster: Cluster, tmp_path: Path) -> None:
    """Nothing of the first file is printed."""
    (tmp_path / "a.csv").write_bytes(FILES["plain.csv"])
    (tmp_path / "b.csv").write_bytes(FILES["plain.csv"].replace(b"c,label", b"d,label"))
    found = on_cluster(cluster, ["softmax", "a.csv", "b.csv", "-q"], tmp_path)
    assert found == Answered(
        1,
        b"",
        'xent: b.csv: its header differs from that of a.csv: column 3 is "d", there "c"\n',
    )


def refused(cluster: Cluster, folder: Path, path: Path) -> str:
    """What is said while a worker is there that imports from that path."""
    (folder / "a.csv").write_bytes(GOOD)
    env = {"PYTHONPATH": f"{path}:{ROOT}"}
    with joined(cluster, path, env=env) as worker:
        wait_for(lambda: len(threads_of(cluster)) == 3)
        found = on_cluster(cluster, ["ce", "a.csv"], folder)
        worker.terminate()
        worker.wait()
    wait_for(lambda: len(threads_of(cluster)) == 2)
    assert (found.code, found.stdout) == (1, b"")
    return found.stderr


def test_a_worker_with_another_version(
    cluster: Cluster, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("other")
    shutil.copytree(ROOT / "src" / "xentcli", path / "xentcli")
    (path / "xentcli" / "__init__.py").write_text('__version__ = "0.0.1"\n', encoding="ascii")
    told = refused(cluster, tmp_path, path)
    address, _, rest = told.removeprefix(f"xent: {cluster.address}: its worker ").partition(" ")
    assert address.startswith("tcp://127.0.0.1:")
    assert rest == (
        f"has xentcli 0.0.1, this is {__version__}\n"
        "hint: answers are the same only of the same version\n"
    )


HIDDEN = """
import sys


class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "xentcli":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Hidden())
"""


def test_a_worker_without_xentcli(
    cluster: Cluster, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("without")
    (path / "sitecustomize.py").write_text(HIDDEN, encoding="ascii")
    told = refused(cluster, tmp_path, path)
    address, _, rest = told.removeprefix(f"xent: {cluster.address}: its worker ").partition(" ")
    assert address.startswith("tcp://127.0.0.1:")
    assert rest == (
        "cannot run xentcli (ModuleNotFoundError(\"No module named 'xentcli'\"))\n"
        f"hint: pip install xentcli=={__version__} where it runs\n"
    )


def test_without_the_extra(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(GOOD)
    hidden = (
        "import sys; sys.modules['distributed'] = None; "
        "from xentcli.cli.main import script; script()"
    )
    asked = ["ce", "a.csv", "--scheduler", "local"]
    ran = run_python(hidden, *asked, folder=tmp_path)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == (
        "xent: --scheduler needs the packages dask and distributed\n"
        "hint: pip install 'xentcli[cluster]'\n"
    )


def test_nobody_answers(tmp_path: Path) -> None:
    # The seconds that its import takes are not counted.
    pytest.importorskip("distributed")
    (tmp_path / "a.csv").write_bytes(GOOD)
    # As long as it is bound nobody else gets the port.
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{silent.getsockname()[1]}"
        asked = ["softmax", "a.csv", "-o", "answer.csv", "--scheduler", address]
        start = time.monotonic()
        found = run_inside(asked, tmp_path)
        # Dask by itself tries for 30 seconds.
        assert time.monotonic() - start < 25
    told = (
        f"xent: {address}: no Dask scheduler answered within 10 seconds\n"
        "hint: is it running there? dask scheduler prints its address\n"
    )
    assert found == Answered(1, b"", told)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


ADDRESSES: Mapping[str, str] = {
    "foo": "missing port number in address 'foo'",
    "http://127.0.0.1:1": "unknown address scheme 'http'",
    "tls://127.0.0.1:1": "TLS expects a `ssl_context` argument",
}


@pytest.mark.parametrize("address", ADDRESSES)
def test_what_is_no_address(address: str, xent: Xent, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(GOOD)
    ran = xent("ce", "a.csv", "--scheduler", address)
    assert (ran.returncode, ran.stdout) == (2, "")
    told = f'xent: --scheduler: cannot connect to "{address}" ({ADDRESSES[address]}'
    assert ran.stderr.startswith(told)
    hint = "\nhint: tcp://host:8786, or local for a cluster on this machine\n"
    assert ran.stderr.endswith(hint)


def test_typed_values_need_no_cluster(xent: Xent) -> None:
    ran = xent("softmax", "--logits", "1,2", "--scheduler", "local")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "xent: --scheduler is about FILE; --logits is typed\n"


@pytest.mark.parametrize("size", ["0", "many", "-1"])
def test_a_size_of_partitions_that_is_none(size: str, cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(GOOD)
    found = on_cluster(cluster, ["ce", "a.csv"], tmp_path, env={"XENT_PARTITION_BYTES": size})
    assert found == Answered(
        2, b"", f'xent: XENT_PARTITION_BYTES: "{size}" is not a number of bytes\n'
    )
