"""Files of an S3 bucket, of which each worker reads its own part."""

from __future__ import annotations

import gzip
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pytest

from tests.cluster.clusters import Cluster, on_cluster, started
from tests.cluster.test_equality import table
from tests.conftest import ROOT
from tests.contents import npy
from tests.faults.running import run_inside
from tests.readers.sources.buckets import CREDENTIALS, Bucket, served_bucket, served_web
from tests.readers.tables.test_columnar import content_of
from tests.test_ways import CELLS, FILES, LABELS

pytest.importorskip("moto")
pytest.importorskip("s3fs")

pytestmark = [pytest.mark.xdist_group("cluster"), pytest.mark.slow]


class Place(NamedTuple):
    """A bucket, and a cluster whose workers reach it."""

    bucket: Bucket
    cluster: Cluster


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with (
        served_bucket() as bucket,
        started(
            tmp_path_factory.mktemp("elsewhere"), env={**bucket.env, "XENT_BLOCK_BYTES": "80"}
        ) as cluster,
    ):
        yield Place(bucket, cluster)


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("a.csv", "ce {} --format json"),
        ("a.csv", "grad {} --format csv"),
        ("a.csv.gz", "ce {} --top 3 --format json"),
        ("a.jsonl", "softmax {} --format jsonl"),
        ("a.parquet", "ce {} --by label --format json"),
        ("a.npy", "ce {} -q --label " + ",".join(map(str, LABELS))),
        ("part-?.csv", "softmax {} --format csv"),
        ("part-?.csv", "diagnose {} --got 7.1234567"),
    ],
)
def test_an_answer_is_the_same(name: str, command: str, place: Place, tmp_path: Path) -> None:
    content = {
        "a.csv": FILES["broken-last.csv"],
        "a.csv.gz": gzip.compress(FILES["plain.csv"]),
        "a.jsonl": FILES["lists.jsonl"],
        "a.parquet": table("parquet"),
        "a.npy": npy(CELLS),
    }
    files = {name: content[name]} if name in content else {}
    for part in () if files else ("part-1.csv", "part-2.csv", "part-3.csv"):
        files[part] = FILES["plain.csv"]
    folder = f"{command.split()[0]}-{len(files)}"
    for key, found in files.items():
        (tmp_path / key).write_bytes(found)
        place.bucket.put(f"{folder}/{key}", found)
    here = run_inside(command.format(name).split(), tmp_path)
    url = f"s3://bucket/{folder}/{name}"
    there = on_cluster(place.cluster, command.format(url).split(), tmp_path, env=place.bucket.env)
    assert there == here
    assert here.code == (1 if "--got" in command else 0)


def test_a_fault_in_the_third_file(place: Place, tmp_path: Path) -> None:
    for number in (1, 2, 3):
        bad = b"1,x,3,0\n" if number == 3 else b""
        place.bucket.put(f"bad/{number}.csv", FILES["plain.csv"] + bad)
    asked = ["softmax", "s3://bucket/bad/*.csv", "-q", "-o", "out/"]
    found = on_cluster(place.cluster, asked, tmp_path, env=place.bucket.env)
    assert (found.code, found.stdout) == (1, b"")
    line = FILES["plain.csv"].count(b"\n") + 1
    told = f'xent: s3://bucket/bad/3.csv:{line}:2: column "b": cannot read "x" as a number\n'
    assert found.stderr.startswith(told)
    assert not list(tmp_path.iterdir())


def test_a_worker_that_may_not_read(place: Place, cluster: Cluster, tmp_path: Path) -> None:
    """The client's credentials are its own: nothing of them is sent or told."""
    url = place.bucket.put("mine.csv", FILES["plain.csv"])
    found = on_cluster(cluster, ["ce", url, "-q"], tmp_path, env=place.bucket.env)
    assert found.code == 1
    assert found.stdout == b""
    assert not any(secret in found.stderr for secret in CREDENTIALS.values())
    assert found.stderr.startswith("xent: s3://bucket/mine.csv: cannot read it")


def always(version: str) -> Callable[[int], str]:
    return lambda requests: version


@pytest.mark.parametrize("name", ["a.csv.gz", "a.parquet"])
def test_a_file_that_is_replaced_between_two_runs(
    name: str, cluster: Cluster, tmp_path: Path
) -> None:
    """A worker lives longer than a file."""
    answers = set()
    with served_web() as web:
        for label in (0, 1):
            if name == "a.parquet":
                columns = {"a": [1.0, 2.0], "b": [5.0, 0.0], "label": [label] * 2}
                content = content_of(pa.table(columns), "parquet")
            else:
                content = gzip.compress(b"a,b,label\n1,5,%d\n" % label)
            (tmp_path / name).write_bytes(content)
            web.version = always(str(label))
            there = on_cluster(cluster, ["ce", web.put(name, content), "-q"], tmp_path)
            assert there == run_inside(["ce", name, "-q"], tmp_path)
            answers.add(there.stdout)
    assert len(answers) == 2


def test_what_the_docs_say_of_buckets(place: Place, tmp_path: Path) -> None:
    for number in (1, 2):
        place.bucket.put(f"part-{number}.csv", FILES["plain.csv"])
        place.bucket.put(f"part-{number}.parquet", table("parquet"))
    page = (ROOT / "docs" / "cluster.md").read_text(encoding="utf-8")
    commands = [line for line in page.splitlines() if line.startswith("xent") and "s3://" in line]
    assert len(commands) == 3
    for command in commands:
        asked = shlex.split(command)[1:]
        at = asked.index("--scheduler")
        assert asked[at + 1] == "tcp://host:8786"
        del asked[at : at + 2]
        asked = [word.replace("source", "label") for word in asked]
        found = on_cluster(place.cluster, asked, tmp_path, env=place.bucket.env)
        assert (found.code, found.stderr) == (0, "")
    assert (tmp_path / "probs" / "_SUCCESS").exists()
