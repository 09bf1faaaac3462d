"""URLs as files: the answer is that of the same file on this machine."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.conftest import BIN, PATIENCE, Xent, environment
from tests.contents import npy, npz
from tests.readers.sources.buckets import ALONE, Bucket, Web, served_bucket, served_web
from xentcli.readers.text.spans import BLOCKS_A_SPAN

pytest.importorskip("moto")
pytest.importorskip("s3fs")

# Small enough that a file of some kilobytes is read in several spans.
SMALL = {"XENT_BLOCK_BYTES": "1500"}
VALUES = np.random.default_rng(1).normal(size=(900, 3)).round(4)
LABELS = np.arange(900) % 3

pytestmark = pytest.mark.slow


def table() -> bytes:
    """A line end within quotes has a span begin in the middle of a record."""
    rows = [f"{a},{b},{c},{y}," for (a, b, c), y in zip(VALUES.tolist(), LABELS, strict=True)]
    rows[100] += '"' + "said\n" * 2000 + '"'
    return "\n".join(["a,b,c,label,note", *rows, ""]).encode()


def records() -> bytes:
    rows = zip(VALUES.tolist(), LABELS.tolist(), strict=True)
    return "".join(f'{{"logits": {row}, "label": {y}}}\n' for row, y in rows).encode()


def document() -> bytes:
    return f'{{"logits": {VALUES.tolist()}, "labels": {LABELS.tolist()}}}'.encode()


def columns(form: str = "parquet", noise: int = 0) -> bytes:
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    found: dict[str, object] = {
        "a": VALUES[:, 0],
        "b": VALUES[:, 1],
        "c": VALUES[:, 2],
        "label": LABELS,
    }
    texts = np.random.default_rng(2).integers(0, 1 << 62, (len(LABELS), noise))
    found["note"] = [" ".join(map(str, row)) for row in texts.tolist()]
    stream = io.BytesIO()
    if form == "parquet":
        pq.write_table(pa.table(found), stream, row_group_size=300)
    else:
        with pa.ipc.new_file(stream, pa.table(found).schema) as writer:
            writer.write_table(pa.table(found))
    return stream.getvalue()


MADE: dict[str, Callable[[], bytes]] = {
    "x.csv": table,
    "x.csv.gz": lambda: gzip.compress(table()),
    "x.csv.bz2": lambda: bz2.compress(table()),
    "x.jsonl": records,
    "x.json": document,
    "x.npz": lambda: npz(logits=VALUES, labels=LABELS),
    "x.parquet": columns,
    "x.arrow": lambda: columns("arrow"),
}


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with served_bucket() as found:
        yield found


@pytest.fixture(scope="module")
def one_web() -> Iterator[Web]:
    with served_web() as found:
        yield found


@pytest.fixture
def web(one_web: Web) -> Iterator[Web]:
    one_web.reset()
    yield one_web
    one_web.answers.set()


def answers_alike(xent: Xent, folder: Path, name: str, url: str, jobs: int, **env: str) -> None:
    """A line a row, so that each number of the answer counts."""
    asked = ["ce", "--reduction", "none", "--format", "csv", "--jobs"]
    (folder / name).write_bytes(MADE[name]())
    here, there = xent(*asked, "1", name, **env), xent(*asked, str(jobs), url, **env)
    said = there.stderr.replace(url, name)
    assert (there.stdout, said, there.returncode) == (here.stdout, here.stderr, 0)
    assert there.stdout.count("\n") > 900


@pytest.mark.parametrize("name", ["x.csv", "x.csv.gz", "x.jsonl", "x.npz", "x.parquet"])
def test_s3(bucket: Bucket, xent: Xent, tmp_path: Path, name: str) -> None:
    url = bucket.put(f"same/{name}", MADE[name]())
    answers_alike(xent, tmp_path, name, url, jobs=2, **SMALL, **bucket.env)


@pytest.mark.parametrize("name", ["x.csv.bz2", "x.jsonl", "x.json", "x.arrow"])
def test_the_web(web: Web, xent: Xent, tmp_path: Path, name: str) -> None:
    url = web.put(name, MADE[name]())
    answers_alike(xent, tmp_path, name, url, jobs=1, **SMALL)


@pytest.mark.parametrize("name", ["x.csv", "x.parquet"])
def test_a_server_that_sends_only_whole_files(
    web: Web, xent: Xent, tmp_path: Path, name: str
) -> None:
    web.gives_ranges = False
    url = web.put(name, MADE[name]())
    answers_alike(xent, tmp_path, name, url, jobs=2, **SMALL)


def test_a_file_url_is_a_file(xent: Xent, tmp_path: Path) -> None:
    (tmp_path / "my logits.csv").write_bytes(table())
    url = f"file://{tmp_path}/my%20logits.csv"
    assert xent("ce", url).stdout == xent("ce", str(tmp_path / "my logits.csv")).stdout
    refused = xent("ce", url, "-o", "my logits.csv")
    assert (refused.returncode, "it is also the input" in refused.stderr) == (2, True)


def test_a_span_is_one_request(web: Web, xent: Xent) -> None:
    content = b"a,b,label\n" + b"1.5,2.5,0\n" * 5000
    url = web.put("x.csv", content)
    assert xent("ce", "-q", "--jobs", "1", url, XENT_BLOCK_BYTES="2000").returncode == 0
    parts = [asked[2:] for asked in web.asked if asked.method == "GET"]
    # Elsewhere only the beginning was asked for, and where the spans end.
    span = 2000 * BLOCKS_A_SPAN
    spans = [(start, end) for start, end in parts if start % span == 10]
    starts = range(10, len(content), span)
    assert spans == [(start, min(start + span, len(content))) for start in starts]
    # 4009, 8009 …: the byte before a span's end, from which the end of the line is looked for.
    assert all(start % span == 9 for start, _ in parts if start > 10 and start % span != 10)


def test_only_the_columns_that_are_needed_are_fetched(web: Web, xent: Xent) -> None:
    content = columns(noise=50)
    assert len(content) > 400_000
    assert xent("ce", "-q", web.put("x.parquet", content)).returncode == 0
    fetched = [asked.end - asked.start for asked in web.asked if asked.method == "GET"]
    # The first bytes and the last, each time the file is opened, and three row groups.
    assert sum(fetched[-3:]) < 30_000
    assert all(size <= 1 << 16 for size in fetched[:-3])


def test_several_files_by_a_pattern(bucket: Bucket, xent: Xent) -> None:
    for part in (2, 0, 1):
        bucket.put(f"parts/part-{part}.csv", f"a,b,label\n{part},0,0\n".encode())
    bucket.put("parts/other.csv", b"nothing\n")
    ran = xent("softmax", "s3://bucket/parts/part-*.csv", "--format", "csv", **bucket.env)
    first = [line.split(",")[0][:5] for line in ran.stdout.splitlines()]
    assert (first, ran.stderr) == (["a", "0.5", "0.731", "0.880"], "")
    bucket.put("parts/part-3.csv", b"a,b,label\n1,2,7\n")
    ran = xent("ce", "s3://bucket/parts/part-*.csv", **bucket.env)
    place = "s3://bucket/parts/part-3.csv:2:3"
    assert ran.stderr.startswith(f'xent: {place}: column "label": label 7 is')
    ran = xent("ce", "s3://bucket/parts/*.tsv", **bucket.env)
    assert (ran.stderr, ran.returncode) == ("xent: s3://bucket/parts/*.tsv: no file matches\n", 1)


def test_labels_from_elsewhere(bucket: Bucket, web: Web, xent: Xent, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(table())
    labels = bucket.put("labels/y.npy", npy(LABELS))
    classes = ("--logit-cols", "a,b,c")
    here = xent("ce", "-q", "x.csv", *classes)
    there = xent("ce", "-q", "x.csv", *classes, "--labels-from", labels, **bucket.env)
    assert (there.stdout, there.stderr) == (here.stdout, "")
    soft = web.put("soft.csv", b"a,b,c\n" + b"0,1,0\n" * 900)
    assert xent("ce", "-q", "x.csv", "--logit-cols", "a,b,c", "--targets-from", soft).stdout


def test_a_file_that_changes(web: Web, xent: Xent) -> None:
    url = web.put("x.csv", table())
    web.version = lambda requests: "first" if requests < 8 else "second"
    ran = xent("ce", url, "--logit-cols", "a,b,c", "--jobs", "1", **SMALL)
    assert (ran.stdout, ran.returncode) == ("", 1)
    assert ran.stderr == f"xent: {url}: it has changed while it was read\n"


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (403, "access is denied (HTTP 403)"),
        (500, "its server failed (HTTP 500)"),
    ],
)
def test_what_a_server_refuses(web: Web, xent: Xent, status: int, reason: str) -> None:
    web.status = status
    address = web.put("x.csv", b"").removeprefix("http://")
    ran = xent("ce", f"http://ada:hunter2@{address}?X-Amz-Signature=c0ffee")
    assert ran.stderr == f"xent: http://{address}: cannot read it: {reason}\n"
    assert (ran.stdout, ran.returncode) == ("", 1)


def test_what_is_not_in_a_bucket(bucket: Bucket, xent: Xent) -> None:
    bucket.put("a/b.csv", b"a,b\n1,2\n")
    for url, reason in [
        ("s3://not-there/none.csv", "no such bucket (NoSuchBucket)"),
        ("s3://bucket/a", "it is a directory"),
    ]:
        ran = xent("softmax", url, **bucket.env)
        assert ran.stderr.splitlines()[0] == f"xent: {url}: cannot read it: {reason}"
        assert ran.returncode == 1


def test_no_credentials(bucket: Bucket, xent: Xent) -> None:
    url = bucket.put("a.csv", b"a,b\n1,2\n")
    ran = xent("softmax", url, HOME="/nonexistent", AWS_ENDPOINT_URL=bucket.endpoint, **ALONE)
    assert ran.stderr.startswith(f"xent: {url}: cannot read it: no credentials were found\nhint: ")
    assert ran.returncode == 1


def test_hosts_that_do_not_answer(xent: Xent) -> None:
    ran = xent("ce", "http://127.0.0.1:1/a.csv")
    place = "xent: http://127.0.0.1:1/a.csv: cannot read it:"
    assert ran.stderr == f"{place} the connection was refused\n"
    ran = xent("ce", "s3://bucket/a.csv", AWS_ENDPOINT_URL="http://127.0.0.1:1", **ALONE)
    assert "secret" not in ran.stderr
    assert (ran.stderr.count("xent: s3://bucket/a.csv: cannot read it:"), ran.returncode) == (1, 1)


def test_secrets_are_in_no_answer(web: Web, xent: Xent, tmp_path: Path) -> None:
    address = web.put("x.csv", table()).removeprefix("http://")
    url = f"http://ada:hunter2@{address}?X-Amz-Signature=c0ffee&token=deadbeef"
    ran = xent("diagnose", url, "--got", "1", "--format", "json")
    assert '"matches"' in ran.stdout
    printed = ran.stdout + ran.stderr
    for page in ("p.html", "p.svg"):
        assert xent("ce", url, "--save", page).returncode == 0
        printed += (tmp_path / page).read_text(encoding="utf-8")
    assert not [part for part in ("ada", "hunter2", "c0ffee", "deadbeef") if part in printed]
    web.files["/x.csv"] = b"a,b,label\n1,2,7\n"
    assert xent("ce", url).stderr.startswith(f'xent: http://{address}:2:3: column "label": label 7')


BLOCKED = "import sys\nfor name in {}:\n    sys.modules[name] = None\n"


@pytest.mark.parametrize(
    ("url", "missing", "hint"),
    [
        ("s3://bucket/a.csv", "s3fs", "'xentcli[s3]'"),
        ("https://example.org/a.csv", "aiohttp", "'xentcli[cluster]'"),
        ("https://example.org/a.csv", "fsspec", "'xentcli[cluster]'"),
        ("s3://bucket/a.csv", "fsspec", "'xentcli[s3]'"),
        ("gs://bucket/a.csv", "gcsfs", "gcsfs"),
    ],
)
def test_missing_packages(xent: Xent, tmp_path: Path, url: str, missing: str, hint: str) -> None:
    (tmp_path / "sitecustomize.py").write_text(BLOCKED.format([missing]), encoding="utf-8")
    ran = xent("ce", url, PYTHONPATH=str(tmp_path))
    scheme = url.partition("//")[0]
    assert ran.stderr == (
        f"xent: {url}: reading {scheme}// needs the package {missing}\nhint: pip install {hint}\n"
    )
    assert ran.returncode == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["foo://ada:hunter2@x/a"], "foo://x/a: nothing here can read foo://"),
        (["simplecache::s3://b/a"], "simplecache::s3://b/a: URLs in a chain (::) are not read"),
        (["file://x/a"], "file://x/a: what stands right after file:// is the name of a machine"),
        (["x.csv", "-o", "s3://b/a?t=1"], "-o s3://b/a: answers are not written to a URL"),
    ],
)
def test_what_is_no_file(xent: Xent, tmp_path: Path, arguments: list[str], message: str) -> None:
    (tmp_path / "x.csv").write_bytes(table())
    ran = xent("ce", *arguments)
    assert (ran.stderr.splitlines()[0], ran.returncode) == (f"xent: {message}", 2)
    assert not ran.stdout


@pytest.mark.skipif(os.name != "posix", reason="sends a signal of POSIX")
def test_ctrl_c_does_not_wait_for_a_server(web: Web, tmp_path: Path) -> None:
    url = web.put("x.csv", table())
    web.answers.clear()
    with subprocess.Popen(
        [str(BIN / "xent"), "ce", url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        cwd=tmp_path,
    ) as running:
        assert web.met.wait(PATIENCE)
        running.send_signal(signal.SIGINT)
        out, err = running.communicate(timeout=PATIENCE)
    assert (running.returncode, out, err) == (130, b"", b"")


def test_a_reader_that_goes_away(web: Web, tmp_path: Path) -> None:
    url = web.put("x.csv", table() + table().partition(b"\n")[2] * 20)
    with subprocess.Popen(
        [
            *(str(BIN / "xent"), "softmax", url, "--logit-cols", "a,b,c"),
            *("--format", "csv", "--jobs", "2"),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(**SMALL),
        cwd=tmp_path,
    ) as running:
        assert running.stdout is not None
        running.stdout.readline()
        running.stdout.close()
        assert running.stderr is not None
        assert (running.stderr.read(), running.wait(PATIENCE)) == (b"", 141)


def test_a_local_file_needs_no_fsspec(xent: Xent, tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_bytes(table())
    blocked = BLOCKED.format(["fsspec", "xentcli.readers.sources.remote"])
    (tmp_path / "sitecustomize.py").write_text(blocked, encoding="utf-8")
    assert xent("ce", "-q", "x.csv", PYTHONPATH=str(tmp_path), **SMALL).returncode == 0
