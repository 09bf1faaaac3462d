"""A .npy file through the command, beside what its parts cost: the kernel, and the start."""

from __future__ import annotations

import numpy as np

import xentcli
from benchmarks import data
from benchmarks.startup import ONE_ROW
from benchmarks.tables import Line, Table, over, summary
from benchmarks.timing import Disagreement, alternate, clocked, observed, seconds, xent


def measure(runs: int, quick: bool) -> list[Table]:
    """The whole process, against the kernel on the same array plus one typed row."""
    rows, classes = (400, 1000) if quick else (40_000, 1000)
    file, labels_file = data.arrays(rows, classes)
    logits, labels = np.load(file), np.load(labels_file)
    whole = xent("xent ce FILE.npy", "ce", file, "--labels-from", labels_file, "-q")
    one = xent("xent ce, one row", *ONE_ROW)
    printed, peak = observed(whole)
    observed(one)
    loss = float(xentcli.cross_entropy(logits, labels))
    if float(printed) != loss:
        raise Disagreement(f"the command answers {printed}, the function {loss}")
    rounds = alternate(
        {
            whole.name: lambda: seconds(whole),
            "kernel alone": lambda: clocked(lambda: xentcli.cross_entropy(logits, labels)),
            one.name: lambda: seconds(one),
        },
        runs,
    )
    lines = [
        Line(name, {"wall s": found.value, "from": found.low, "to": found.high})
        for name, found in ((name, summary("", walls)) for name, walls in rounds.items())
    ]
    parts = [a + b for a, b in zip(rounds["kernel alone"], rounds[one.name], strict=True)]
    ratios = over(rounds[whole.name], parts)
    targets = [
        summary("whole / (kernel + one row)", ratios, 1.5),
        summary("peak RSS", [peak.rss], unit="MiB"),
    ]
    size = file.stat().st_size / 1e6
    return [Table(f".npy, float32, {rows} x {classes}, {size:.1f} MB", lines, targets)]
