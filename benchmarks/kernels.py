"""Loss and gradient of arrays in memory, beside SciPy's way and PyTorch's, in one process.

SciPy's way is the one of its users: log_softmax and the label's entry for the loss, softmax less 1
at the label for the gradient. It has one thread; xent and PyTorch have what the machine has. A
float32 array is computed in float32 by the two, and answered to seven digits; xent computes in
float64 whatever it is given. What the exponential alone takes stands beside SciPy's whole.
"""

from __future__ import annotations

import math
import os
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

import xentcli
from benchmarks.data import drawn
from benchmarks.tables import Line, Table, Target, over, summary
from benchmarks.timing import Disagreement, alternate, clocked
from xentcli.core import elementary
from xentcli.core.layout import Buffers

SHAPES = ((2_000_000, 10), (200_000, 100), (40_000, 1000), (800, 50_257))
QUICK = ((20_000, 10), (2_000, 100), (400, 1000), (8, 50_257))
# PyTorch's worker threads spin for a while after their work, on cores that are xent's by then.
REST = 0.02
# The losses of confident rows are about 1e-10, of which the others keep next to nothing.
TOLERANCE = {"float32": 1e-4, "float64": 1e-9}
PEERS = ("scipy", "torch")
ONE_THREAD = "xent on one thread"
# So many exponentials at a time as a near cache holds.
NEAR = 1 << 14

Logits = NDArray[np.floating]
Labels = NDArray[np.int64]
Programs = dict[str, Callable[[], float]]


def measure(runs: int, quick: bool) -> list[Table]:
    """A table of losses, one of gradients, and one of the exponential alone."""
    # Of SciPy's time: never more, and in the mean the half and two thirds.
    return [
        table("Loss", losses, runs, quick, mean=1 / 2),
        table("Gradient", gradients, runs, quick, mean=2 / 3),
        exponentials(runs, quick),
    ]


def table(
    title: str,
    prepare: Callable[[Logits, Labels], Programs],
    runs: int,
    quick: bool,
    mean: float,
) -> Table:
    """All shapes, widths and kinds of logits."""
    lines = []
    ratios: dict[str, dict[str, float]] = {peer: {} for peer in PEERS}
    for rows, classes in QUICK if quick else SHAPES:
        for dtype in ("float32", "float64"):
            for confident in (False, True):
                kind = "confident" if confident else "ordinary"
                name = f"{rows} x {classes} {dtype} {kind}"
                logits, labels = drawn(rows, classes, dtype, confident=confident)
                programs = prepare(logits, labels)
                compare({name: run() for name, run in programs.items()}, TOLERANCE[dtype])
                clocks = {name: partial(rested, run) for name, run in programs.items()}
                clocks[ONE_THREAD] = partial(on_one_thread, programs["xent"])
                line, found = line_of(name, logits, alternate(clocks, runs))
                lines.append(line)
                for peer, ratio in found.items():
                    ratios[peer][name] = ratio
    targets = [
        target
        for peer, limits in (("scipy", (mean, 1.0)), ("torch", (None, None)))
        for target in targets_of(peer, ratios[peer], *limits)
    ]
    missing = [peer for peer in PEERS if not ratios[peer]]
    note = f"; not installed: {', '.join(missing)}" if missing else ""
    return Table(f"{title} of arrays in memory, reduction mean{note}", lines, targets)


def targets_of(
    peer: str, ratios: dict[str, float], mean: float | None, each: float | None
) -> list[Target]:
    """The geometric mean and the largest of the ratios; and the mean where digits are equal."""
    if not ratios:
        return []
    same = [ratio for name, ratio in ratios.items() if "float64" in name]
    return [
        over_all(f"xent / {peer}, geometric mean", geometric_mean(ratios.values()), mean),
        over_all(f"xent / {peer}, geometric mean of the float64 arrays", geometric_mean(same)),
        over_all(f"xent / {peer}, the largest", max(ratios.values()), each),
    ]


def over_all(name: str, value: float, limit: float | None = None) -> Target:
    """A figure of all rounds together, without a spread."""
    return Target(name, value, value, value, limit)


def geometric_mean(ratios: Iterable[float]) -> float:
    """The mean of ratios."""
    return math.exp(statistics.fmean(map(math.log, ratios)))


def line_of(
    name: str, logits: Logits, rounds: dict[str, list[float]]
) -> tuple[Line, dict[str, float]]:
    """A case's figures, and its ratio to each peer that there is."""
    wall = statistics.median(rounds["xent"])
    values = {
        "xent ms": 1e3 * wall,
        "ns/element": 1e9 * wall / logits.size,
        "GB/s": logits.nbytes / 1e9 / wall,
        "one thread, CPU ns/element": 1e9 * statistics.median(rounds[ONE_THREAD]) / logits.size,
    }
    ratios = {}
    for peer in PEERS:
        if peer in rounds:
            ratio = summary("", over(rounds["xent"], rounds[peer]))
            ratios[peer] = ratio.value
            values |= {
                f"{peer} ms": 1e3 * statistics.median(rounds[peer]),
                f"xent / {peer}": ratio.value,
                f"{peer} from": ratio.low,
                f"{peer} to": ratio.high,
            }
    return Line(name, values), ratios


def losses(logits: Logits, labels: Labels) -> Programs:
    """The mean loss by each program."""
    programs: Programs = {"xent": lambda: float(xentcli.cross_entropy(logits, labels))}
    if find_spec("scipy"):
        from scipy.special import log_softmax

        def by_scipy() -> float:
            log_probs = log_softmax(logits, axis=1)
            return float(-log_probs[np.arange(len(labels)), labels].mean())

        programs["scipy"] = by_scipy
    if find_spec("torch"):
        import torch

        given, target = torch.from_numpy(logits), torch.from_numpy(labels)
        programs["torch"] = lambda: float(torch.nn.functional.cross_entropy(given, target))
    return programs


def gradients(logits: Logits, labels: Labels) -> Programs:
    """The mean loss's gradient by each; the answer is the first sample's entry at its label, times
    the samples. PyTorch cannot do without the loss on the way there."""
    first, count = (0, int(labels[0])), len(labels)

    def by_xent() -> float:
        gradient: NDArray[Any] = np.asarray(xentcli.cross_entropy_grad(logits, labels))
        return float(gradient[first]) * count

    programs: Programs = {"xent": by_xent}
    if find_spec("scipy"):
        from scipy.special import softmax

        def by_scipy() -> float:
            gradient = softmax(logits, axis=1)
            gradient[np.arange(count), labels] -= 1
            gradient /= count
            return float(gradient[first]) * count

        programs["scipy"] = by_scipy
    if find_spec("torch"):
        import torch

        given = torch.from_numpy(logits).requires_grad_()
        target = torch.from_numpy(labels)

        def by_torch() -> float:
            given.grad = None
            torch.nn.functional.cross_entropy(given, target).backward()
            assert given.grad is not None
            return float(given.grad[first]) * count

        programs["torch"] = by_torch
    return programs


def compare(answers: dict[str, float], tolerance: float) -> None:
    """Relative for ordinary answers, absolute for tiny ones."""
    for peer in PEERS:
        found = answers.get(peer, answers["xent"])
        if not math.isclose(answers["xent"], found, rel_tol=tolerance, abs_tol=tolerance / 100):
            raise Disagreement(f"xent and {peer}: {answers}")


def rested(run: Callable[[], float]) -> float:
    """The wall time of a call after a pause."""
    time.sleep(REST)
    return clocked(run)


def on_one_thread(run: Callable[[], float]) -> float:
    """The CPU time of a call of xent's on one thread, without that of PyTorch's threads."""
    with environment("XENT_JOBS", "1"):
        start = time.thread_time()
        run()
        return time.thread_time() - start


@contextmanager
def environment(name: str, value: str) -> Iterator[None]:
    """That variable with that value, for a while."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def exponentials(runs: int, quick: bool) -> Table:
    """One exponential an element is the least that a loss takes; beside it SciPy's whole loss."""
    rows, classes = (QUICK if quick else SHAPES)[2]
    double, labels = drawn(rows, classes, "float64")
    single = double.astype(np.float32)
    programs: dict[str, Callable[[], object]] = {
        "xent's exponential": partial(each_part, double, own_exponential()),
        "NumPy's exponential, float64": partial(each_part, double, np.exp),
        "NumPy's exponential, float32": partial(each_part, single, np.exp),
    }
    if find_spec("scipy"):
        programs |= {
            "scipy, whole loss, float64": losses(double, labels)["scipy"],
            "scipy, whole loss, float32": losses(single, labels)["scipy"],
        }
    for run in programs.values():
        run()
    rounds = alternate({name: partial(clocked, run) for name, run in programs.items()}, runs)
    lines = [
        Line(name, {"ns/element": 1e9 * statistics.median(walls) / double.size})
        for name, walls in rounds.items()
    ]
    return Table(f"The exponential alone, one thread, {rows} x {classes}", lines)


Exponential = Callable[[Logits, Logits], object]


def own_exponential() -> Exponential:
    """xent's, with memory that is used again."""
    buffers = Buffers()

    def exponential(x: Logits, out: Logits) -> object:
        return elementary.exp(x, None, np.asarray(out, np.float64), buffers)

    return exponential


def each_part(logits: Logits, exponential: Exponential) -> None:
    """The exponential of numbers that are negative, as shifted logits are, as many as there are
    logits."""
    shifted = -np.abs(logits.reshape(-1)[:NEAR])
    out = np.empty_like(shifted)
    for _ in range(logits.size // shifted.size):
        exponential(shifted, out)
