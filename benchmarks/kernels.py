"""Loss and gradient of arrays in memory, beside PyTorch's with its own threads, in one process."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

import xentcli
from benchmarks.data import drawn
from benchmarks.tables import Line, Table, Target, over, summary
from benchmarks.timing import Disagreement, alternate, clocked

SHAPES = ((2_000_000, 10), (200_000, 100), (40_000, 1000), (800, 50_257))
QUICK = ((20_000, 10), (2_000, 100), (400, 1000), (8, 50_257))
# PyTorch's worker threads spin for a while after their work, on cores that are xent's by then.
REST = 0.02
# The losses of confident rows are about 1e-10, of which PyTorch keeps next to nothing.
TOLERANCE = {"float32": 1e-4, "float64": 1e-9}

Logits = NDArray[np.floating]
Labels = NDArray[np.int64]


def measure(runs: int, quick: bool) -> list[Table]:
    """A table of losses, and one of losses with their gradients."""
    # Of every ratio in a table: the loss alone never above 1, with its gradient never above half.
    return [
        table("Loss", losses, runs, quick, each=1.0),
        table("Loss and gradient", gradients, runs, quick, each=0.5),
    ]


def table(
    title: str,
    prepare: Callable[[Logits, Labels], dict[str, Callable[[], float]]],
    runs: int,
    quick: bool,
    each: float,
) -> Table:
    """All shapes, widths and kinds of logits."""
    lines, ratios = [], []
    for rows, classes in QUICK if quick else SHAPES:
        for dtype in ("float32", "float64"):
            for confident in (False, True):
                kind = "confident" if confident else "ordinary"
                logits, labels = drawn(rows, classes, dtype, confident=confident)
                things = prepare(logits, labels)
                compare({name: run() for name, run in things.items()}, TOLERANCE[dtype])
                clocks = {name: partial(rested, run) for name, run in things.items()}
                rounds = alternate(clocks, runs)
                line, found = line_of(f"{rows} x {classes} {dtype} {kind}", logits, rounds)
                lines.append(line)
                ratios += found
    targets = []
    if ratios:
        mean = math.exp(statistics.fmean(map(math.log, ratios)))
        targets = [
            Target("xent / torch, the largest", max(ratios), max(ratios), max(ratios), each),
            Target("xent / torch, geometric mean", mean, mean, mean, 0.5),
        ]
    peer = "" if ratios else "; torch is not installed"
    return Table(f"{title} of arrays in memory, reduction mean{peer}", lines, targets)


def line_of(name: str, logits: Logits, rounds: dict[str, list[float]]) -> tuple[Line, list[float]]:
    """A case's figures, and its ratio where there is a peer."""
    wall = statistics.median(rounds["xent"])
    values = {
        "xent ms": 1e3 * wall,
        "ns/element": 1e9 * wall / logits.size,
        "GB/s": logits.nbytes / 1e9 / wall,
    }
    if "torch" not in rounds:
        return Line(name, values), []
    found = summary("", over(rounds["xent"], rounds["torch"]))
    values |= {
        "torch ms": 1e3 * statistics.median(rounds["torch"]),
        "xent / torch": found.value,
        "from": found.low,
        "to": found.high,
    }
    return Line(name, values), [found.value]


def losses(logits: Logits, labels: Labels) -> dict[str, Callable[[], float]]:
    """The mean loss by each program."""
    things: dict[str, Callable[[], float]] = {
        "xent": lambda: float(xentcli.cross_entropy(logits, labels))
    }
    if find_spec("torch"):
        import torch

        given, target = torch.from_numpy(logits), torch.from_numpy(labels)
        things["torch"] = lambda: float(torch.nn.functional.cross_entropy(given, target))
    return things


def gradients(logits: Logits, labels: Labels) -> dict[str, Callable[[], float]]:
    """The mean loss and its gradient; the answer is the loss and the gradient's first entry."""

    def by_xent() -> float:
        loss = xentcli.cross_entropy(logits, labels)
        gradient: NDArray[Any] = np.asarray(xentcli.cross_entropy_grad(logits, labels))
        return float(loss) + float(gradient[0, 0])

    things: dict[str, Callable[[], float]] = {"xent": by_xent}
    if find_spec("torch"):
        import torch

        given = torch.from_numpy(logits).requires_grad_()
        target = torch.from_numpy(labels)

        def by_torch() -> float:
            given.grad = None
            loss = torch.nn.functional.cross_entropy(given, target)
            loss.backward()
            assert given.grad is not None
            return float(loss.detach()) + float(given.grad[0, 0])

        things["torch"] = by_torch
    return things


def compare(answers: dict[str, float], tolerance: float) -> None:
    """Relative for ordinary losses, absolute for tiny ones."""
    if not math.isclose(
        answers["xent"],
        answers.get("torch", answers["xent"]),
        rel_tol=tolerance,
        abs_tol=tolerance / 100,
    ):
        raise Disagreement(f"xent and torch: {answers}")


def rested(run: Callable[[], float]) -> float:
    """The wall time of a call after a pause."""
    time.sleep(REST)
    return clocked(run)
