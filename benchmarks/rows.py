"""Rows out: a loss or the probabilities of every row, read, computed and written as CSV."""

from __future__ import annotations

import itertools
import tempfile
from pathlib import Path

from benchmarks import data
from benchmarks.tables import Table, best, ratio
from benchmarks.text import LEAST, least
from benchmarks.timing import Disagreement, peer, processes, xent

POLARS = ("polars + numpy", "polars expressions")
SCRIPTS = ("polars_rows", "polars_rows_expressions")
# Lines that are compared number by number; of all others only how many there are.
COMPARED = 1000


def measure(runs: int, quick: bool) -> list[Table]:
    """The losses, and the softmax."""
    rows = 20_000 if quick else 1_000_000
    path = data.plain(rows, 10)
    losses = ("ce", path, "--reduction", "none", "--format", "csv")
    softmax = ("softmax", path, "--format", "csv")
    return [
        table("A loss a row", path, "loss", losses, runs, 0.7),
        table("Softmax", path, "softmax", softmax, runs, 1.1),
        json_lines(data.records(rows, 10), softmax, runs),
    ]


def table(
    title: str, path: Path, what: str, words: tuple[str | Path, ...], runs: int, limit: float
) -> Table:
    """xent beside the polars scripts, the same columns written by all."""
    with tempfile.TemporaryDirectory(dir=data.folder()) as folder:
        outputs = {name: Path(folder) / f"{place}.csv" for place, name in enumerate(POLARS)}
        outputs["xent"] = Path(folder) / "xent.csv"
        commands = [
            xent("xent", *words, "-o", outputs["xent"]),
            *(
                peer(name, script, path, outputs[name], what, needs=["polars"])
                for name, script in zip(POLARS, SCRIPTS, strict=True)
            ),
        ]
        option = {"loss": "--losses", "softmax": "--softmax"}[what]
        commands.append(least(LEAST, path, option, str(Path(folder) / "least")))
        found = processes(commands, runs, size=path.stat().st_size)
        compare([outputs[name] for name in outputs if name in found.answers])
    peer_name = best(found.rounds, POLARS)
    targets = [
        *ratio(found.rounds, "xent", peer_name, limit),
        *ratio(found.rounds, LEAST, peer_name),
        *ratio(found.rounds, "xent", LEAST),
    ]
    size = path.stat().st_size / 1e6
    return Table(f"{title}, CSV to CSV, {size:.1f} MB in", found.lines, targets)


def json_lines(path: Path, as_csv: tuple[str | Path, ...], runs: int) -> Table:
    """The softmax of records, beside that of the same numbers as CSV."""
    with tempfile.TemporaryDirectory(dir=data.folder()) as folder:
        out = Path(folder) / "out"
        commands = [
            xent("xent", "softmax", path, "--format", "jsonl", "-o", out),
            xent("xent, CSV to CSV", *as_csv, "-o", out),
        ]
        found = processes(commands, runs, size=path.stat().st_size)
    targets = ratio(found.rounds, "xent", "xent, CSV to CSV", 1.5)
    size = path.stat().st_size / 1e6
    return Table(f"Softmax, JSON Lines to JSON Lines, {size:.1f} MB in", found.lines, targets)


def compare(outputs: list[Path]) -> None:
    """The same columns, the same numbers."""
    for output in outputs[1:]:
        with outputs[0].open() as ours, output.open() as theirs:
            if next(ours) != next(theirs):
                raise Disagreement("the files have different columns")
            for one, other in itertools.islice(zip(ours, theirs, strict=True), COMPARED):
                for a, b in zip(one.split(","), other.split(","), strict=True):
                    if abs(float(a) - float(b)) > 1e-9 * abs(float(a)):
                        raise Disagreement(f"a row differs: {one.strip()} and {other.strip()}")
            if sum(1 for _ in ours) != sum(1 for _ in theirs):
                raise Disagreement("the files have different numbers of rows")
