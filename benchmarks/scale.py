"""Wall time against rows, from a thousand to ten million: what the plot is made of."""

from __future__ import annotations

import statistics

from benchmarks import data
from benchmarks.tables import Line, Table
from benchmarks.text import EXPRESSIONS, NARROW, WITHOUT, XENT, peers
from benchmarks.timing import agree, processes, xent

ROWS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
QUICK = (1_000, 3_000, 10_000)


def measure(runs: int, quick: bool) -> list[Table]:
    """One table: a line a program, a column a number of rows, seconds."""
    walls: dict[str, dict[str, float]] = {}
    notes: dict[str, str] = {}
    for rows in QUICK if quick else ROWS:
        path = data.plain(rows, 10)
        commands = [
            xent(XENT, "ce", path, "-q"),
            xent(WITHOUT, "ce", path, "-q", XENT_FAST="0"),
            *peers(path, [*NARROW, EXPRESSIONS]),
        ]
        found = processes(commands, runs, peaks=False)
        agree(found.answers)
        for line in found.lines:
            column = walls.setdefault(line.name, {})
            if line.name in found.rounds:
                column[str(rows)] = statistics.median(found.rounds[line.name])
            notes[line.name] = line.note
    lines = [Line(name, values, notes[name]) for name, values in walls.items()]
    return [Table("Wall seconds against rows, CSV of 10 classes", lines)]
