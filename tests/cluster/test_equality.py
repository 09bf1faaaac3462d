"""What workers elsewhere answer is what this machine answers, byte for byte."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.cluster import at_work
from tests.cluster.clusters import Cluster, on_cluster, started
from tests.contents import npy, npz
from tests.faults.running import Answered, run_inside
from tests.readers.tables.test_columnar import content_of
from tests.test_ways import CELLS, COMMANDS, FILES, LABELS, VALUES, asked_of, lines
from xentcli.run import cluster as cluster_of_commands

pytestmark = [pytest.mark.xdist_group("cluster"), pytest.mark.slow]

pa = pytest.importorskip("pyarrow")


def check_same(cluster: Cluster, asked: list[str], folder: Path, stdin: bytes = b"") -> Answered:
    """The answer, which must be the same here and there."""
    here = run_inside(asked, folder, stdin)
    assert on_cluster(cluster, asked, folder, stdin) == here
    return here


@pytest.mark.parametrize(("at", "name"), list(enumerate(FILES)))
def test_a_text_in_partitions_of_a_few_lines(
    at: int, name: str, cluster: Cluster, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(FILES[name])
    # Each command meets several files, each file two commands.
    for command in (COMMANDS[at % len(COMMANDS)], COMMANDS[(at + 3) % len(COMMANDS)]):
        assert check_same(cluster, asked_of(command, name), tmp_path).code == 0


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("no-end.csv", 1),
        ("broken-last.csv", 40),
        ("broken-last.csv", 700),
        ("broken-last.csv", 10_000),
        ("flat.jsonl", 90),
    ],
)
def test_partitions_of_any_size(name: str, size: int, cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(FILES[name])
    asked = ["ce", name, "--top", "3", "--format", "json"]
    found = on_cluster(cluster, asked, tmp_path, env={"XENT_PARTITION_BYTES": str(size)})
    assert found == run_inside(asked, tmp_path)


def table(form: str) -> bytes:
    columns = dict(zip("abc", VALUES, strict=True)) | {"label": LABELS}
    options = {"row_group_size": 7} if form == "parquet" else {}
    return content_of(pa.table(columns), form, **options)


OTHERS: dict[str, Callable[[], bytes]] = {
    "a.csv.gz": lambda: gzip.compress(FILES["plain.csv"]),
    "a.jsonl.gz": lambda: gzip.compress(FILES["lists.jsonl"]),
    "utf-16.csv": lambda: FILES["plain.csv"].decode().encode("utf-16"),
    "a.parquet": lambda: table("parquet"),
    "a.parquet.gz": lambda: gzip.compress(table("parquet")),
    "a.arrow": lambda: table("arrow"),
    "a.npy": lambda: npy(CELLS),
    "a.npy.gz": lambda: gzip.compress(npy(CELLS)),
    "a.npz": lambda: npz(packed=True, logits=CELLS, labels=LABELS),
    "a.json": lambda: json.dumps({"logits": CELLS, "labels": LABELS}).encode(),
}


@pytest.mark.parametrize("name", OTHERS)
def test_files_of_other_kinds(name: str, cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(OTHERS[name]())
    labels = [] if name.startswith("a.npy") else ["--label", ",".join(map(str, LABELS))]
    for asked in (
        ["ce", name, "--format", "json"],
        ["grad", name, "--reduction", "sum", "--format", "jsonl"],
    ):
        given = asked + (labels if asked[0] == "ce" or not labels else [])
        if name.startswith("a.npy"):
            given += ["--label", ",".join(map(str, LABELS))]
        assert check_same(cluster, given, tmp_path).code == 0


@pytest.mark.parametrize(
    "command",
    [
        "softmax a.csv",
        "log-softmax a.csv -q",
        "nll a.csv",
        "ce a.csv --format tsv",
        "ce a.csv --save a.html",
        "grad a.csv --format json",
        "grad a.csv --label-smoothing 0.1 --weight 1,2,3 --format jsonl",
        "diagnose a.csv --got 7.1234567",
        "diagnose a.csv",
        "diagnose a.csv b.csv --got 7.1234567 --got 0.5",
        "ce a.csv b.csv --by label",
        "ce a.csv b.csv --by label --format csv",
        "ce a.csv --top 3 --format jsonl",
        "ce a.csv --top 7 --format json --reduction sum",
        "ce a.csv a.jsonl a.csv -q",
        "ce a.jsonl a.parquet --format json",
        "softmax [ab].csv --format csv",
        "ce a.csv b.csv --labels-from y.csv --label-col label --reduction none --format csv",
        "ce a.parquet --labels-from y.npy -q",
        "ce a.jsonl --targets-from t.csv -q",
        "ce - --format json",
        "grad - --format csv",
        "diagnose -",
    ],
)
def test_a_command(command: str, cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(FILES["plain.csv"])
    (tmp_path / "b.csv").write_bytes(FILES["returns.csv"])
    (tmp_path / "a.jsonl").write_bytes(FILES["flat.jsonl"])
    (tmp_path / "a.parquet").write_bytes(table("parquet"))
    count = 2 if "b.csv" in command else 1
    (tmp_path / "y.csv").write_bytes(lines(LABELS * count, header="label"))
    np.save(tmp_path / "y.npy", np.array(LABELS))
    (tmp_path / "t.csv").write_bytes(
        lines(*[[1 / 4] * 40, [1 / 2] * 40], [1 / 4] * 40, header="a,b,c")
    )
    stdin = FILES["plain.csv"] if "-" in command.split() else b""
    found = check_same(cluster, command.split(), tmp_path, stdin)
    assert found.code == (1 if "--got" in command else 0), found.stderr


@pytest.mark.parametrize(
    "command",
    [
        "bce a.csv --target-cols t_* --by by --gamma 2 --format json",
        "kl a.csv --logit-cols a,b,c --target-cols t_* --reduction none --format csv",
    ],
)
def test_a_sibling_loss(command: str, cluster: Cluster, tmp_path: Path) -> None:
    """A number a question, or one a sample, of soft targets."""
    targets = [[1 / 4] * 40, [1 / 2] * 40, [1 / 4] * 40]
    header = "a,b,c,t_a,t_b,t_c,by"
    (tmp_path / "a.csv").write_bytes(lines(*VALUES, *targets, LABELS, header=header))
    found = check_same(cluster, command.split(), tmp_path)
    assert found.code == 0, found.stderr


@pytest.mark.parametrize("name", ["z.csv", "z.jsonl", "z.parquet"])
@pytest.mark.parametrize(
    "command",
    [
        "ce {} --labels-from y.csv --format json",
        "ce {} --labels-from y.csv --reduction none --format csv",
        "grad {} --targets-from t.csv --format csv",
        "ce {} --labels-from short.csv --on-error skip --format json",
        "ce {} --labels-from short.csv",
    ],
)
def test_a_second_file_by_ids(command: str, name: str, cluster: Cluster, tmp_path: Path) -> None:
    """The workers find the rows of a file that only the client can read."""
    ids = random.Random(2).sample(range(100, 1000), len(LABELS))
    columns = {"id": ids} | dict(zip("abc", VALUES, strict=True))
    shuffled = random.Random(5).sample(list(zip(ids, LABELS, strict=True)), len(ids))
    if name == "z.parquet":
        (tmp_path / name).write_bytes(content_of(pa.table(columns), "parquet", row_group_size=7))
    elif name == "z.csv":
        (tmp_path / name).write_bytes(lines(*columns.values(), header="id,a,b,c"))
    else:
        rows = zip(*columns.values(), strict=True)
        records = (json.dumps(dict(zip(columns, row, strict=True))) + "\n" for row in rows)
        (tmp_path / name).write_text("".join(records))
    more = [*shuffled, (1, 0)]
    (tmp_path / "y.csv").write_bytes(lines(*zip(*more, strict=True), header="id,label"))
    (tmp_path / "short.csv").write_bytes(lines(*zip(*shuffled[3:], strict=True), header="id,label"))
    soft = [[int(label == at) for _, label in shuffled] for at in (2, 1, 0)]
    (tmp_path / "t.csv").write_bytes(lines([id for id, _ in shuffled], *soft, header="id,c,b,a"))
    found = check_same(cluster, command.format(name).split(), tmp_path)
    assert found.code == (0 if "short" not in command else 3 if "skip" in command else 1)
    assert ("1 of its 41 rows was not needed" in found.stderr) == (" y.csv" in command)


@pytest.mark.parametrize("how", ["--on-error skip", "--on-error nan"])
@pytest.mark.parametrize("command", ["ce {} --format json", "softmax {} --format csv"])
def test_rows_that_are_left_out(how: str, command: str, cluster: Cluster, tmp_path: Path) -> None:
    header, end, rows = FILES["broken-last.csv"].partition(b"\n")
    (tmp_path / "a.csv").write_bytes(header + end + (b"1,x,3,0,\n" + rows) * 3)
    asked = [*command.format("a.csv").split(), *how.split(), "--rejects", "r.csv"]
    here = run_inside(asked, tmp_path)
    rejects = (tmp_path / "r.csv").read_bytes()
    (tmp_path / "r.csv").unlink()
    assert on_cluster(cluster, asked, tmp_path) == here
    assert here.code == 3
    assert (tmp_path / "r.csv").read_bytes() == rejects
    assert rejects.count(b"\n") == 4


def many_rows(count: int) -> bytes:
    chance = random.Random(7)
    rows = (f"{chance.gauss(0, 9)},{chance.gauss(0, 1e-9)},{at % 2}\n" for at in range(count))
    return b"a,b,label\n" + "".join(rows).encode()


def test_hundreds_of_partitions_become_one_on_the_workers(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More than FAN_IN of FAN_IN: outcomes of outcomes of outcomes."""
    (tmp_path / "a.csv").write_bytes(many_rows(300))
    fetched: list[int] = []
    result = cluster_of_commands.Partitions.result

    def counting(self: object, future: object, chunk: object) -> object:
        found: object = result(self, future, chunk)  # type: ignore[arg-type]
        fetched.append(isinstance(found, tuple) and len(found))
        return found

    monkeypatch.setattr(cluster_of_commands.Partitions, "result", counting)
    asked = ["ce", "a.csv", "--top", "4", "--format", "json"]
    small = {"XENT_PARTITION_BYTES": "10"}
    assert on_cluster(cluster, asked, tmp_path, env=small) == run_inside(asked, tmp_path)
    *facts, outcome = fetched
    assert len(facts) == 300 > cluster_of_commands.FAN_IN**2
    assert set(facts) == {3}
    assert outcome > 3


def test_outcomes_that_come_in_any_order(
    cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "broken.csv").write_bytes(FILES["broken.csv"])
    monkeypatch.setattr(cluster_of_commands, "_do_work", at_work.at_some_time)
    check_same(cluster, ["softmax", "broken.csv", "--format", "csv"], tmp_path)


def test_workers_with_several_threads(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (tmp_path / "a.csv").write_bytes(many_rows(50))
    (tmp_path / "a.jsonl").write_bytes(FILES["lists.jsonl"])
    folder = tmp_path_factory.mktemp("threads")
    with started(folder, "--nthreads", "4", workers=1, env={"XENT_FAST": "1"}) as cluster:
        for asked in (
            ["softmax", "a.csv", "--format", "csv"],
            ["ce", "a.csv", "--format", "json"],
            ["ce", "a.jsonl", "--reduction", "none", "--format", "jsonl"],
        ):
            check_same(cluster, asked, tmp_path)


@pytest.mark.parametrize("asked", [["json"], ["jsonl", "--reduction", "none"]])
def test_a_shift_across_blocks(asked: list[str], cluster: Cluster, tmp_path: Path) -> None:
    rows = [f"s{at // 7},{at % 5 - 2},{at % 3},{at % 2}" for at in range(50)]
    (tmp_path / "a.csv").write_text("seq,c0,c1,label\n" + "\n".join(rows))
    asked = ["ce", "a.csv", "--shift", "--by", "seq", "--format", *asked]
    small = {"XENT_BLOCK_BYTES": "60"}
    found = on_cluster(cluster, asked, tmp_path, env=small)
    assert found == run_inside(asked, tmp_path)
    assert found.code == 0
