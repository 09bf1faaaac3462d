"""Text files, whole processes: the mean loss of a CSV by xent and by scripts of its peers."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks import data
from benchmarks.tables import Table, best, ratio
from benchmarks.timing import Command, agree, peer, processes, xent

XENT = "xent"
WITHOUT = "xent without fast"
NARROW = ("polars + numpy", "duckdb SQL", "pandas + scipy", "pandas + torch")
WIDE = ("polars + numpy", "pandas + scipy", "pandas + torch")
EXPRESSIONS = "polars expressions"
LEAST = "least program"
UNCHECKED = "least program, lines unchecked"


def measure(runs: int, quick: bool) -> list[Table]:
    """Plain files of three shapes, a mixed one, and JSON Lines."""
    shrink = 50 if quick else 1
    return [
        plain(1_000_000 // shrink, 10, 0.7, runs, jobs=True),
        plain(20_000 // shrink, 1000, 0.4, runs),
        plain(10_000_000 // shrink, 10, 0.7, runs, without=False),
        mixed(1_000_000 // shrink, runs),
        records(1_000_000 // shrink, runs),
    ]


def plain(
    rows: int, classes: int, limit: float, runs: int, *, jobs: bool = False, without: bool = True
) -> Table:
    """A file of numbers alone, beside every peer that is fit for its width."""
    path = data.plain(rows, classes)
    commands = [xent(XENT, "ce", path, "-q")]
    if without:
        commands.append(xent(WITHOUT, "ce", path, "-q", XENT_FAST="0"))
    if jobs:
        commands += [xent(f"xent --jobs {n}", "ce", path, "-q", "--jobs", str(n)) for n in (1, 2)]
    # A column is an expression in SQL: thousands of them are not what it is made for.
    names = NARROW if classes < 64 else WIDE
    commands += peers(path, [*names, *([EXPRESSIONS] if classes < 64 else [])])
    commands += [least(LEAST, path), least(UNCHECKED, path, "--unchecked")]
    found = processes(commands, runs, size=path.stat().st_size)
    agree(found.answers)
    targets = [
        *ratio(found.rounds, XENT, best(found.rounds, names), limit),
        *ratio(found.rounds, XENT, EXPRESSIONS),
        *ratio(found.rounds, LEAST, best(found.rounds, names)),
        *ratio(found.rounds, UNCHECKED, best(found.rounds, names)),
        *ratio(found.rounds, XENT, LEAST),
        *ratio(found.rounds, WITHOUT, XENT, 6.0),
        *ratio(found.rounds, "xent --jobs 2", "xent --jobs 1"),
    ]
    return Table(titled(f"CSV, {rows} rows x {classes} classes", path), found.lines, targets)


def mixed(rows: int, runs: int) -> Table:
    """An id, quoted text and class names beside the same numbers."""
    bare, path = data.plain(rows, 10), data.mixed(rows)
    commands = [
        xent("xent, mixed", "ce", path, "-q"),
        xent("xent, plain", "ce", bare, "-q"),
        *peers(path, [*NARROW, EXPRESSIONS]),
    ]
    found = processes(commands, runs)
    agree(found.answers)
    targets = [
        *ratio(found.rounds, "xent, mixed", "xent, plain", 3.0),
        *ratio(found.rounds, "xent, mixed", best(found.rounds, NARROW)),
    ]
    title = titled(f"Mixed CSV (id, quoted text, class names), {rows} rows x 10 classes", path)
    return Table(title, found.lines, targets)


def records(rows: int, runs: int) -> Table:
    """JSON Lines, beside the same numbers as CSV."""
    path, same = data.records(rows, 10), data.plain(rows, 10)
    commands = [
        xent(XENT, "ce", path, "-q"),
        xent("xent, the same as CSV", "ce", same, "-q"),
        *peers(path, ["polars + numpy"]),
    ]
    found = processes(commands, runs, size=path.stat().st_size)
    agree(found.answers)
    targets = [
        *ratio(found.rounds, XENT, "xent, the same as CSV", 1.5),
        *ratio(found.rounds, XENT, "polars + numpy"),
    ]
    return Table(titled(f"JSON Lines, {rows} rows x 10 classes", path), found.lines, targets)


def peers(path: Path, names: list[str]) -> list[Command]:
    """The scripts of these names on that file."""
    scripts = {
        "polars + numpy": ("polars_numpy", ["polars", "numpy"]),
        "duckdb SQL": ("duckdb_sql", ["duckdb"]),
        "pandas + scipy": ("pandas_scipy", ["pandas", "scipy"]),
        "pandas + torch": ("pandas_torch", ["pandas", "torch"]),
        EXPRESSIONS: ("polars_expressions", ["polars"]),
    }
    return [peer(name, scripts[name][0], path, needs=scripts[name][1]) for name in names]


def least(name: str, path: Path, *words: str) -> Command:
    """The program that does nothing but read and compute."""
    return Command(
        name, [sys.executable, "-m", "benchmarks.least", str(path), *words], ["simdjson"]
    )


def titled(text: str, path: Path) -> str:
    """With the file's size."""
    return f"{text}, {path.stat().st_size / 1e6:.1f} MB"
