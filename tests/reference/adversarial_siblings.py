"""Questions and pairs of distributions that tempt an implementation to lose digits."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from adversarial import floats, generator

LOGITS = (0.0, 1e-300, 1e-8, 0.5, 3.7, 20.0, 36.7, 37.0, 40.0, 80.0, 200.0, 500.0, 690.0)
DENORMAL_LOGITS = (708.5, 730.0, 745.0, 746.0, 1e4)
TARGETS = (0.0, 1.0, 0.25, 0.9, 1e-10, 1.0 - 2.0**-53)
PROBS = (0.0, 5e-324, 1e-300, 1e-10, 0.1, 0.5, 0.9, 1.0 - 1e-10, 1.0 - 2.0**-53, 1.0)
GAMMAS = (0.5, 1.0, 2.0, 5.3)
FOCAL_LOGITS = (0.0, 1e-8, 0.5, 3.7, 20.0, 40.0, 100.0)
SPREADS = (0.0, 0.01, 1.0, 5.0, 30.0)
CLASSES = (2, 3, 10, 63, 64)
APART = ("drawn", "same", "rounded", "next", "near", "sparse")
KINDS = ("logits", "probs", "log_probs")


@dataclass(frozen=True)
class Question:
    """One yes/no question: a logit or a probability, a target, and the options if there are any."""

    name: str
    kind: str
    value: float
    target: float
    pos_weight: float | None = None
    gamma: float | None = None
    alpha: float | None = None


@dataclass(frozen=True)
class Pair:
    """A prediction, given as logits, probabilities or log-probabilities, and a target."""

    name: str
    kind: str
    values: tuple[float, ...]
    target: tuple[float, ...]


def questions() -> Iterator[Question]:
    """Yield logits and probabilities at both ends, each with every target."""
    for target in TARGETS:
        for size in LOGITS + DENORMAL_LOGITS:
            for logit in (size, -size):
                yield Question(f"logit {logit:g}, target {target}", "logits", logit, target)
        for prob in PROBS:
            yield Question(f"probability {prob}, target {target}", "probs", prob, target)
    for logit in (-40.0, -1.0, 2.0, 40.0):
        for target in (0.0, 1.0, 0.3):
            name = f"logit {logit:g}, target {target}, weighted"
            yield Question(name, "logits", logit, target, pos_weight=3.5)
    for gamma in GAMMAS:
        for size in FOCAL_LOGITS:
            for logit, target in ((size, 1.0), (-size, 1.0), (size, 0.0), (size, 0.3)):
                name = f"logit {logit:g}, target {target}, gamma {gamma}"
                yield Question(name, "logits", logit, target, gamma=gamma)
                yield Question(f"{name}, alpha", "logits", logit, target, gamma=gamma, alpha=0.25)


def pairs() -> Iterator[Pair]:
    """Yield predictions of every spread with targets far from them, near, next to them, and the
    same."""
    for spread in SPREADS:
        for classes in CLASSES:
            for apart in APART:
                kind = KINDS[len(f"{spread}{classes}{apart}") % 3]
                yield pair(spread, classes, apart, kind)
    for kind in KINDS:
        for apart in APART[:4]:
            yield pair(1.0, 1000 if kind == "logits" else 200, apart, kind)
            yield pair(2.0, 3, apart, kind)
    yield Pair("no probability where there is a target", "probs", (0.0, 1.0), (0.5, 0.5))
    yield Pair("nothing where there is nothing", "probs", (0.0, 0.25, 0.75), (0.0, 0.5, 0.5))
    yield Pair("one hot", "logits", (40.0, 0.0, -3.0), (1.0, 0.0, 0.0))
    yield Pair("log-probabilities that underflow", "log_probs", (-800.0, -1e-300), (0.5, 0.5))


def pair(spread: float, classes: int, apart: str, kind: str) -> Pair:
    """Return a prediction and a target that far from it."""
    name = f"spread {spread}, {classes} classes, {apart}, {kind}"
    rng = generator(name)
    logits = rng.normal(0.0, spread, classes)
    log_probs = logits - logits.max()
    log_probs -= np.log(np.exp(log_probs).sum())
    probs = np.exp(log_probs)
    if apart in ("drawn", "sparse"):
        target = rng.gamma(0.5, 1.0, classes)
        target[0] = 0.0 if apart == "sparse" else target[0]
        target /= target.sum()
    else:
        noise = {"same": 0.0, "rounded": 2.0**-52, "next": 1e-9, "near": 1e-2}[apart]
        target = np.abs(probs * (1.0 + noise * rng.normal(0.0, 1.0, classes)))
    given = {"logits": logits + 1e3, "probs": probs, "log_probs": log_probs}[kind]
    return Pair(name, kind, floats(given), floats(target))
