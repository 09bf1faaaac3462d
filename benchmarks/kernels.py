"""Loss and gradient of arrays in memory, in one process, beside SciPy's way (its log_softmax or
softmax, and a pick) and PyTorch's with its own threads."""

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
PEERS = ("scipy", "torch")
QUICK = ((20_000, 10), (2_000, 100), (400, 1000), (8, 50_257))
# PyTorch's worker threads spin for a while after their work, on cores that are xent's by then.
REST = 0.02
# The losses of confident rows are about 1e-10, of which PyTorch keeps next to nothing.
TOLERANCE = {"float32": 1e-4, "float64": 1e-9}

Logits = NDArray[np.floating]
Labels = NDArray[np.int64]


def measure(runs: int, quick: bool) -> list[Table]:
    """A table of losses, and one of losses with their gradients."""
    # Twice and one and a half times as fast as SciPy's way on the whole; slower on no array.
    return [
        table("Loss", losses, runs, quick, mean=1 / 2),
        table("Loss and gradient", gradients, runs, quick, mean=1 / 1.5),
    ]


def table(
    title: str,
    prepare: Callable[[Logits, Labels], dict[str, Callable[[], float]]],
    runs: int,
    quick: bool,
    mean: float,
) -> Table:
    """All shapes, widths and kinds of logits."""
    lines: list[Line] = []
    ratios: dict[str, list[float]] = {name: [] for name in PEERS}
    for rows, classes in QUICK if quick else SHAPES:
        for dtype in ("float32", "float64"):
            for confident in (False, True):
                kind = "confident" if confident else "ordinary"
                logits, labels = drawn(rows, classes, dtype, confident=confident)
                things = prepare(logits, labels)
                compare({name: run() for name, run in things.items()}, TOLERANCE[dtype])
                clocks = {name: partial(rested, run) for name, run in things.items()}
                rounds = alternate(clocks, runs)
                lines.append(line_of(f"{rows} x {classes} {dtype} {kind}", logits, rounds))
                for peer, found in ratios.items():
                    if peer in rounds:
                        found.append(summary("", over(rounds["xent"], rounds[peer])).value)
    targets = [
        target
        for peer, limits in (("scipy", (mean, 1.0)), ("torch", (None, None)))
        for target in of_all(peer, ratios[peer], *limits)
    ]
    missing = [peer for peer in PEERS if not ratios[peer]]
    without = f"; not installed: {', '.join(missing)}" if missing else ""
    return Table(f"{title} of arrays in memory, reduction mean{without}", lines, targets)


def of_all(peer: str, ratios: list[float], mean: float | None, each: float | None) -> list[Target]:
    """The geometric mean of the ratios of all arrays, and the largest."""
    if not ratios:
        return []
    whole = math.exp(statistics.fmean(map(math.log, ratios)))
    return [
        Target(f"xent / {peer}, geometric mean", whole, whole, whole, mean),
        Target(f"xent / {peer}, the largest", max(ratios), max(ratios), max(ratios), each),
    ]


def line_of(name: str, logits: Logits, rounds: dict[str, list[float]]) -> Line:
    """A case's figures, and its ratios to the peers that there are."""
    wall = statistics.median(rounds["xent"])
    values = {
        "xent ms": 1e3 * wall,
        "ns/element": 1e9 * wall / logits.size,
        "GB/s": logits.nbytes / 1e9 / wall,
    }
    for peer in PEERS:
        if peer in rounds:
            values |= {
                f"{peer} ms": 1e3 * statistics.median(rounds[peer]),
                f"xent / {peer}": summary("", over(rounds["xent"], rounds[peer])).value,
            }
    return Line(name, values)


def losses(logits: Logits, labels: Labels) -> dict[str, Callable[[], float]]:
    """The mean loss by each program."""
    things: dict[str, Callable[[], float]] = {
        "xent": lambda: float(xentcli.cross_entropy(logits, labels))
    }
    if find_spec("scipy"):
        from scipy.special import log_softmax

        at = np.arange(len(labels))
        things["scipy"] = lambda: -float(log_softmax(logits, axis=1)[at, labels].mean())
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
    if find_spec("scipy"):
        from scipy.special import log_softmax, softmax

        at = np.arange(len(labels))

        def by_scipy() -> float:
            loss = -log_softmax(logits, axis=1)[at, labels].mean()
            gradient = softmax(logits, axis=1)
            gradient[at, labels] -= 1
            gradient /= len(labels)
            return float(loss) + float(gradient[0, 0])

        things["scipy"] = by_scipy
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
    own = answers["xent"]
    for answer in answers.values():
        if not math.isclose(own, answer, rel_tol=tolerance, abs_tol=tolerance / 100):
            raise Disagreement(f"the answers differ: {answers}")


def rested(run: Callable[[], float]) -> float:
    """The wall time of a call after a pause."""
    time.sleep(REST)
    return clocked(run)
