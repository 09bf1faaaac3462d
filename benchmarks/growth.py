"""Wall time against rows, from a thousand to a hundred million: what the plot is made of.

Files up to ten million rows go to every program. The hundred million come to xent through a pipe,
as a file of them would take 10 GB.
"""

from __future__ import annotations

import math
import statistics
import subprocess
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from benchmarks import data, memory
from benchmarks.tables import Line, Table, Target, summary
from benchmarks.text import EXPRESSIONS, NARROW, WITHOUT, XENT, peers
from benchmarks.timing import ENVIRONMENT, Disagreement, agree, clocked, processes, xent

ROWS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
QUICK = (1_000, 3_000, 10_000)
# Takes a minute and more a round with all programs; it needs no more than one.
LONG = 10_000_000
# So many copies of a file, one after the other, come through the pipe.
COPIES = 100
PIPED = "xent, from a pipe"


def measure(runs: int, quick: bool) -> list[Table]:
    """A line a program, a column a number of rows, seconds; and how xent's grow."""
    walls: dict[str, dict[str, float]] = {}
    notes: dict[str, str] = {}
    answers: dict[int, float] = {}
    counts = QUICK if quick else ROWS
    for rows in counts:
        path = data.plain(rows, 10)
        commands = [
            xent(XENT, "ce", path, "-q"),
            xent(WITHOUT, "ce", path, "-q", XENT_FAST="0"),
            *peers(path, [*NARROW, EXPRESSIONS]),
        ]
        found = processes(commands, 1 if rows >= LONG else runs, peaks=False)
        agree(found.answers)
        answers[rows] = float(found.answers[XENT])
        for line in found.lines:
            column = walls.setdefault(line.name, {})
            if line.name in found.rounds:
                column[str(rows)] = statistics.median(found.rounds[line.name])
            notes[line.name] = line.note
    copied = counts[-2]
    many = copied * COPIES
    wall, peak = piped(data.plain(copied, 10), answers[copied])
    walls[PIPED], notes[PIPED] = {str(many): wall}, ""
    lines = [Line(name, values, notes[name]) for name, values in walls.items()]
    # Small files are start-up and nothing else.
    grown = [] if quick else slopes(walls, counts, many)
    return [
        Table("Wall seconds against rows, CSV of 10 classes", lines, grown),
        Table(
            f"{many} rows from a pipe",
            [Line(PIPED, {"wall s": wall, "peak RSS MiB": peak.rss, "Pss MiB": peak.pss})],
        ),
    ]


def slopes(walls: dict[str, dict[str, float]], counts: Sequence[int], many: int) -> list[Target]:
    """What a million more rows take, on from each number of rows."""
    own = {int(rows): wall for rows, wall in (walls[XENT] | walls[PIPED]).items()}
    found = []
    for less, more in zip(counts[-3:], [*counts[-2:], many], strict=True):
        slope = 1e6 * (own[more] - own[less]) / (more - less)
        found.append(summary(f"a million rows, from {less} to {more}", [slope], unit="s"))
    return found


def piped(path: Path, expected: float) -> tuple[float, memory.Peak]:
    """The wall time over a file's rows many times, the memory, and whether the mean is theirs."""
    peaks: list[memory.Peak] = []
    wall = clocked(partial(run_piped, path, expected, peaks))
    return wall, peaks[0]


def run_piped(path: Path, expected: float, peaks: list[memory.Peak]) -> None:
    """One run; its memory is added to the list."""
    words = [*xent(PIPED, "ce", "-", "-q").words]
    with subprocess.Popen(
        words, env=ENVIRONMENT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        peak, watcher = memory.watched(process)
        assert process.stdin is not None
        assert process.stdout is not None
        header, _, body = path.read_bytes().partition(b"\n")
        process.stdin.write(header + b"\n")
        for _ in range(COPIES):
            process.stdin.write(body)
        process.stdin.close()
        printed = process.stdout.read()
        process.wait()
    watcher.join()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words, printed, b"")
    if not math.isclose(float(printed), expected, rel_tol=1e-15):
        raise Disagreement(f"{PIPED}: {printed.decode()} of copies, {expected} of the file")
    peaks.append(peak)
