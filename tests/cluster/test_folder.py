"""An answer as a folder of files, one a partition."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster.clusters import Cluster, on_cluster
from tests.conftest import Xent
from tests.faults.fault import GOOD
from tests.faults.running import Answered, run_inside
from tests.test_ways import FILES
from xentcli.errors import OutputError
from xentcli.writers.files.folder import open_folder, open_part

pytestmark = [pytest.mark.xdist_group("cluster"), pytest.mark.slow]


def joined(folder: Path) -> bytes:
    """The parts as one file; that is all that may be there."""
    *parts, mark = sorted(folder.iterdir(), key=lambda path: (path.name == "_SUCCESS", path.name))
    assert (mark.name, mark.read_bytes()) == ("_SUCCESS", b"")
    suffix = parts[0].suffix
    assert [part.name for part in parts] == [f"part-{at:06d}{suffix}" for at in range(len(parts))]
    return b"".join(part.read_bytes() for part in parts)


@pytest.mark.parametrize(
    ("command", "suffix"),
    [
        ("softmax broken.csv --format csv", "csv"),
        ("log-softmax broken.csv --format tsv", "tsv"),
        ("grad broken.csv --format jsonl", "jsonl"),
        ("softmax broken.csv --quiet", "txt"),
        ("ce broken.csv broken.csv --reduction none --format csv", "csv"),
        ("nll flat.jsonl --reduction none --format jsonl", "jsonl"),
        ("softmax header.csv --format csv", "csv"),
        ("softmax - --format csv", "csv"),
    ],
)
def test_the_parts_are_the_answer(
    command: str, suffix: str, cluster: Cluster, tmp_path: Path
) -> None:
    for name in ("broken.csv", "flat.jsonl"):
        (tmp_path / name).write_bytes(FILES[name])
    (tmp_path / "header.csv").write_bytes(b"a,b\n")
    asked = command.split()
    stdin = FILES["plain.csv"] if "-" in asked else b""
    here = run_inside(asked, tmp_path, stdin)
    assert here.code == 0
    found = on_cluster(cluster, [*asked, "-o", "out/"], tmp_path, stdin)
    assert found == here._replace(stdout=b"")
    assert joined(tmp_path / "out") == here.stdout
    parts = list((tmp_path / "out").glob(f"part-*.{suffix}"))
    assert len(parts) > 3 or asked[1] in ("header.csv", "-")


def test_a_folder_that_is_there_and_empty(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(FILES["plain.csv"])
    (tmp_path / "out").mkdir()
    asked = ["softmax", "a.csv", "--format", "csv"]
    assert on_cluster(cluster, [*asked, "-o", "out"], tmp_path).code == 0
    assert joined(tmp_path / "out") == run_inside(asked, tmp_path).stdout


def test_a_folder_that_is_not_empty(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(GOOD)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine").touch()
    found = on_cluster(cluster, ["softmax", "a.csv", "-q", "-o", "out/"], tmp_path)
    assert found == Answered(
        2,
        b"",
        "xent: -o out/: the folder is not empty\n"
        "hint: the answer is all that is in it; name another one\n",
    )
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["mine"]


@pytest.mark.parametrize("there", [True, False])
def test_of_a_run_that_fails_nothing_stays(there: bool, cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(FILES["plain.csv"] + b"1,2,x,0\n")
    if there:
        (tmp_path / "out").mkdir()
    asked = ["softmax", "a.csv", "-q"]
    found = on_cluster(cluster, [*asked, "-o", "out/"], tmp_path)
    assert found == run_inside([*asked, "-o", "out"], tmp_path) if not there else found.code == 1
    assert (tmp_path / "out").exists() == there
    assert not there or not list((tmp_path / "out").iterdir())


def test_after_the_end_a_worker_finds_no_place_to_write(tmp_path: Path) -> None:
    with open_folder(str(tmp_path), "csv") as folder:
        folder.write(b"1,2\n")
    before = sorted(tmp_path.iterdir())
    with pytest.raises(OutputError, match="no such file"), open_part(str(tmp_path)):
        pass
    assert sorted(tmp_path.iterdir()) == before


def test_a_part_that_is_missing_at_the_end_undoes_the_others(tmp_path: Path) -> None:
    def write() -> None:
        with open_folder(str(tmp_path / "out"), "csv") as folder:
            folder.write(b"1,2\n")
            folder.add_part("what nobody wrote")

    with pytest.raises(OutputError):
        write()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "command",
    [
        "ce a.csv --format csv",
        "softmax a.csv",
        "softmax a.csv --format json",
        "softmax a.csv --format markdown",
    ],
)
def test_what_cannot_be_joined(command: str, cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(GOOD)
    found = on_cluster(cluster, [*command.split(), "-o", "out/"], tmp_path)
    assert found == Answered(
        2,
        b"",
        "xent: -o out/: a folder holds rows, and there are none to write\n"
        "hint: --format csv, tsv or jsonl, of each sample (--reduction none)\n",
    )
    assert not (tmp_path / "out").exists()


def test_a_folder_without_a_cluster(xent: Xent, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(GOOD)
    ran = xent("softmax", "a.csv", "-q", "-o", "out/")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == (
        "xent: -o out/: a folder is written by the workers of a cluster, a file each\n"
        "hint: --scheduler local starts one on this machine\n"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_folder_elsewhere(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(GOOD)
    found = on_cluster(cluster, ["softmax", "a.csv", "-q", "-o", "s3://bucket/out/"], tmp_path)
    assert (found.code, found.stdout) == (2, b"")
    assert found.stderr.startswith("xent: -o s3://bucket/out/: answers are not written to a URL\n")
