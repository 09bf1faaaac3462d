"""A Dask cluster on this machine beside the local engine: walls, what a partition costs, what comes
to the client, and what follows for a cluster of a hundred workers."""

from __future__ import annotations

import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks import data
from benchmarks.tables import Line, Table, ratio, summary
from benchmarks.timing import ENVIRONMENT, agree, alternate, processes, seconds, xent

BIN = Path(sys.executable).parent
PATIENCE = 30.0
# A partition so small that reading it takes no time beside handing it out.
TINY = 2_000
MODEL_WORKERS, MODEL_BYTES, MODEL_PARTITION = 100, 10e12, 64 << 20


def measure(runs: int, quick: bool) -> list[Table]:
    """Whole commands on 1 GB; then the same answer with ever more partitions, and more rows."""
    rows = 100_000 if quick else 10_000_000
    path = data.plain(rows, 10)
    with cluster(1) as one, cluster(2) as two, cluster(4) as four:
        commands = [
            xent("xent --jobs 1", "ce", path, "-q", "--jobs", "1"),
            xent("xent --jobs 2", "ce", path, "-q", "--jobs", "2"),
            xent("xent, 1 worker", "ce", path, "-q", "--scheduler", one),
            xent("xent, 2 workers", "ce", path, "-q", "--scheduler", two),
            xent("xent, 4 workers", "ce", path, "-q", "--scheduler", four),
        ]
        found = processes(commands, runs, size=path.stat().st_size, peaks=False)
        agree(found.answers)
        targets = [
            *ratio(found.rounds, "xent, 1 worker", "xent --jobs 1"),
            *ratio(found.rounds, "xent, 2 workers", "xent --jobs 2"),
        ]
        title = f"CSV, {rows} rows x 10 classes, whole commands"
        overhead = partitions(two, runs)
        sent = traffic(two, [path, data.plain(max(1, rows // 10), 10)])
    size = path.stat().st_size
    per_worker = size / statistics.median(found.rounds["xent, 1 worker"])
    each = statistics.median(overhead.rounds)
    return [
        Table(title, found.lines, targets),
        overhead.table,
        sent,
        model(per_worker, each),
    ]


class Overhead(NamedTuple):
    """What handing out a partition takes, in seconds, round by round, and how that is shown."""

    table: Table
    rounds: list[float]


def partitions(scheduler: str, runs: int) -> Overhead:
    """The same small file in a few partitions and in hundreds."""
    path = data.plain(10_000, 10)
    size = path.stat().st_size
    few = xent("few", "ce", path, "-q", "--scheduler", scheduler)
    many = xent("many", "ce", path, "-q", "--scheduler", scheduler, XENT_PARTITION_BYTES=str(TINY))
    rounds = alternate({each.name: partial(seconds, each) for each in (few, many)}, runs)
    count = size // TINY
    each = [
        (with_many - with_few) / count
        for with_many, with_few in zip(rounds["many"], rounds["few"], strict=True)
    ]
    lines = [
        Line("1 partition", {"wall s": statistics.median(rounds["few"])}),
        Line(f"{count} partitions", {"wall s": statistics.median(rounds["many"])}),
    ]
    target = summary("a partition takes", [1000 * seconds for seconds in each], unit="ms")
    return Overhead(Table("What a partition costs, 2 workers", lines, [target]), each)


def traffic(scheduler: str, paths: list[Path]) -> Table:
    """The bytes that come to the client for a mean, for files of different lengths that are cut
    into as many partitions."""
    lines = []
    for path in paths:
        size = path.stat().st_size
        with counting(scheduler) as (address, counted):
            subprocess.run(
                [str(BIN / "xent"), "ce", str(path), "-q", "--scheduler", address],
                env={**ENVIRONMENT, "XENT_PARTITION_BYTES": str(size // 16 + 1)},
                stdout=subprocess.DEVNULL,
                check=True,
            )
        lines.append(Line(f"{size / 1e6:.0f} MB in 16 partitions", {"bytes": counted[0]}))
    return Table("What comes to the client for a mean", lines)


def model(per_worker: float, each: float) -> Table:
    """A hundred workers and 10 TB, from the figures above."""
    count = MODEL_BYTES / MODEL_PARTITION
    reading = MODEL_BYTES / (MODEL_WORKERS * per_worker)
    handing_out = count * each
    lines = [
        Line("reading and computing, shared by 100 workers", {"s": reading}),
        Line("handing out 149 thousand partitions of 64 MiB", {"s": handing_out}),
        Line("together, one after the other", {"s": reading + handing_out}),
    ]
    return Table("Model: 10 TB of CSV, 100 workers", lines)


@contextmanager
def cluster(workers: int) -> Iterator[str]:
    """A scheduler and workers of one thread each, as processes; gives the scheduler's address."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        file = folder / "scheduler.json"
        quiet = ["--no-dashboard", "--scheduler-file", str(file)]
        _started(stack, folder, ["scheduler", "--host", "127.0.0.1", "--port", "0", *quiet])
        _until(file.exists)
        for _ in range(workers):
            _started(stack, folder, ["worker", "--nthreads", "1", "--no-nanny", *quiet])
        from distributed import Client

        with Client(scheduler_file=str(file), set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=PATIENCE)
            address: str = client.scheduler.address
        yield address


def _started(stack: ExitStack, folder: Path, words: list[str]) -> None:
    process = subprocess.Popen(
        [str(BIN / "dask"), *words],
        cwd=folder,
        env=ENVIRONMENT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    stack.callback(process.wait)
    stack.callback(process.terminate)


def _until(there: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not there():
        if time.monotonic() > end:
            raise TimeoutError("the scheduler did not start")
        time.sleep(0.05)


@contextmanager
def counting(scheduler: str) -> Iterator[tuple[str, list[int]]]:
    """An address that leads to the scheduler, and how many bytes have come from there."""
    host, port = scheduler.removeprefix("tcp://").split(":")
    counted = [0]
    with closing(socket.create_server(("127.0.0.1", 0))) as server:

        def serve() -> None:
            while True:
                try:
                    near, _ = server.accept()
                except OSError:
                    return
                far = socket.create_connection((host, int(port)))
                threading.Thread(target=_passed, args=(near, far, None), daemon=True).start()
                threading.Thread(target=_passed, args=(far, near, counted), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield f"tcp://127.0.0.1:{server.getsockname()[1]}", counted


def _passed(source: socket.socket, target: socket.socket, counted: list[int] | None) -> None:
    try:
        while piece := source.recv(1 << 16):
            if counted is not None:
                counted[0] += len(piece)
            target.sendall(piece)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        # One side is gone: so is the other's interest.
        return
