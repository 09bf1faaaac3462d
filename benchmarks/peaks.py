"""Peak memory of all processes, which must not grow with the rows."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import data
from benchmarks.memory import Peak
from benchmarks.tables import Line, Table, Target, summary
from benchmarks.text import EXPRESSIONS, NARROW, peers
from benchmarks.timing import Command, observed, xent

MIB = 220.0
# Some megabytes come and go with the moment at which the processes are looked at.
GROWTH = 1.05


def measure(runs: int, quick: bool) -> list[Table]:
    """A mean loss, and rows written, of a file and of one ten times as long."""
    sizes = (2_000, 20_000) if quick else (1_000_000, 10_000_000)
    # Small files do not fill one block, and their readers are not all at work.
    growth = None if quick else GROWTH
    lines: list[Line] = []
    targets: list[Target] = []
    with tempfile.TemporaryDirectory(dir=data.folder()) as folder:
        out = Path(folder) / "out.csv"
        for name, words in {
            "xent ce": ("ce", "-q"),
            "xent softmax -o": ("softmax", "--format", "csv", "-o", str(out)),
        }.items():
            peaks = []
            for rows in sizes:
                command = xent(f"{name}, {rows} rows", *words, data.plain(rows, 10))
                peaks.append(highest(command, runs))
                lines.append(line(command.name, peaks[-1]))
            targets += [
                summary(f"{name}, peak RSS", [peaks[1].rss], MIB, "MiB"),
                summary(f"{name}, 10 times the rows / once", [peaks[1].rss / peaks[0].rss], growth),
            ]
    path = data.plain(sizes[0], 10)
    for command in peers(path, [*NARROW, EXPRESSIONS]):
        name = f"{command.name}, {sizes[0]} rows"
        missing = ", ".join(command.missing)
        if missing:
            lines.append(Line(name, note=f"not installed: {missing}"))
        else:
            lines.append(line(name, highest(command, 1)))
    return [Table("Peak memory, the sum over all processes", lines, targets)]


def highest(command: Command, runs: int) -> Peak:
    """The most of several runs: looking every few milliseconds may miss the moment."""
    peaks = [observed(command)[1] for _ in range(runs)]
    return Peak(max(peak.rss for peak in peaks), max(peak.pss for peak in peaks))


def line(name: str, peak: Peak) -> Line:
    """A line of the table."""
    return Line(name, {"peak RSS MiB": peak.rss, "Pss MiB": peak.pss})
