"""Batches of positions with every kind of target, and what each loss is of them in plain Python."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from xentcli.calculation.answers import problem_of
from xentcli.calculation.commands import COMMANDS, Base, Calculation
from xentcli.calculation.interface import Problem
from xentcli.core.settings import Settings
from xentcli.model import Batch, Kind, Origin

Array = NDArray[np.float64]
Row = Sequence[float]

IGNORED = -100
# Three samples of two positions; one of them is ignored.
LOGITS = np.random.default_rng(8).normal(size=(3, 3, 2)).round(3) * 2
LABELS = np.array([[2, 0], [1, IGNORED], [0, 1]])
SOFT = np.random.default_rng(9).multinomial(64, [0.5, 0.3, 0.2], (3, 2)).transpose(0, 2, 1) / 64
SAMPLE_WEIGHTS = np.array([2.0, 0.5, 0.0])
WEIGHT = np.array([1.0, 2.0, 0.25])


class Asked(NamedTuple):
    """A loss with its options, and whether its targets are soft."""

    loss: str
    soft: bool = False
    kind: Kind = "logits"
    settings: Settings = Settings()
    base: Base = "e"
    weighs_samples: bool = False

    def values(self) -> Array:
        """The logits, or the probabilities that they make, or their logarithms."""
        if self.kind == "logits":
            return LOGITS
        e = np.exp(LOGITS)
        probs: Array = 1 / (1 + 1 / e) if self.loss == "bce" else e / e.sum(axis=1, keepdims=True)
        return probs if self.kind == "probs" else np.log(probs)

    def batch(self) -> Batch:
        targets: dict[str, Any] = {"targets": SOFT} if self.soft else {"labels": LABELS}
        weight = SAMPLE_WEIGHTS if self.weighs_samples else None
        return Batch(
            self.values(), self.kind, Origin("x", "array"), sample_weight=weight, **targets
        )

    def problem(self, command: str = "") -> Problem:
        """The problem of the loss, or of its gradient."""
        loss = COMMANDS[self.loss]
        calculation = Calculation(
            COMMANDS[command] if command else loss,
            self.settings,
            base=self.base,
            gradient_of=loss if command else None,
            weighs_samples=self.weighs_samples,
        )
        return problem_of(self.batch(), calculation)

    def target(self, sample: int, position: int) -> Row | None:
        """t of a position; None of an ignored one."""
        if self.soft or self.loss == "entropy":
            found: list[float] = SOFT[sample, :, position].tolist()
            return found
        label = LABELS[sample, position]
        return None if label == IGNORED else [float(at == label) for at in range(3)]

    def times(self, sample: int) -> float:
        """What a loss in nats is multiplied by."""
        weight = float(SAMPLE_WEIGHTS[sample]) if self.weighs_samples else 1.0
        return weight / {"e": 1.0, "2": math.log(2), "10": math.log(10)}[self.base]

    def share(self, sample: int, position: int) -> float:
        """What a position, or each of its questions, adds to the denominator."""
        weight = float(SAMPLE_WEIGHTS[sample]) if self.weighs_samples else 1.0
        target = self.target(sample, position)
        if target is None:
            return 0.0
        if self.loss == "ce" and self.settings.weight is not None and not self.soft:
            weight *= float(self.settings.weight[LABELS[sample, position]])
        if self.loss == "kl" and self.settings.reduction == "mean":
            weight *= 3.0
        if self.loss == "kl" and self.settings.reduction == "batchmean":
            # One a sample, for the first of its positions that counts.
            return weight if position == 0 else 0.0
        return weight

    def of_position(self, row: Row, sample: int, position: int) -> list[float]:
        """The loss of a position, or of each of its questions, in the unit that is asked for."""
        target = self.target(sample, position)
        if target is None:
            return [0.0]
        nats = _of_questions if self.loss == "bce" else _of_classes
        return [self.times(sample) * one for one in nats(self, row, target)]


def _of_classes(asked: Asked, row: Row, target: Row) -> list[float]:
    settings = asked.settings
    if asked.kind == "logits":
        warm = [z / settings.temperature for z in row]
        log_sum = math.log(math.fsum(math.exp(z) for z in warm))
        log_p = [z - log_sum for z in warm]
    else:
        log_p = [math.log(p) if asked.kind == "probs" else p for p in row]
    p = [math.exp(each) for each in log_p]
    if asked.loss == "entropy":
        return [-sum(a * b for a, b in zip(p, log_p, strict=True))]
    if asked.loss == "kl":
        return [sum(t * (math.log(t) - b) for t, b in zip(target, log_p, strict=True) if t)]
    if asked.loss == "js":
        mean = [(t + a) / 2 for t, a in zip(target, p, strict=True)]
        of_target = sum(t * math.log(t / m) for t, m in zip(target, mean, strict=True) if t)
        of_probs = sum(a * math.log(a / m) for a, m in zip(p, mean, strict=True))
        return [(of_target + of_probs) / 2]
    smoothing = settings.label_smoothing
    q = [(1 - smoothing) * t + smoothing / len(row) for t in target]
    weight = [1.0] * len(row) if settings.weight is None else settings.weight.tolist()
    loss = -sum(w * t * b for w, t, b in zip(weight, q, log_p, strict=True))
    certain = sum(t * a for t, a in zip(target, p, strict=True))
    return [loss * (1 - certain) ** settings.gamma if settings.gamma else loss]


def _of_questions(asked: Asked, row: Row, target: Row) -> list[float]:
    settings, found = asked.settings, []
    for at, (value, t) in enumerate(zip(row, target, strict=True)):
        p = 1 / (1 + math.exp(-value / settings.temperature)) if asked.kind == "logits" else value
        positive = 1.0 if settings.pos_weight is None else float(settings.pos_weight[at])
        loss = -positive * t * math.log(p) - (1 - t) * math.log(1 - p)
        loss *= (1 - p * t - (1 - p) * (1 - t)) ** settings.gamma
        if settings.alpha is not None:
            loss *= settings.alpha * t + (1 - settings.alpha) * (1 - t)
        found.append(loss * (1.0 if settings.weight is None else float(settings.weight[at])))
    return found


def _each_with() -> list[Asked]:
    plain = Settings()
    ways: dict[tuple[str, bool], list[Settings]] = {
        ("ce", False): [
            plain._replace(label_smoothing=0.25, weight=WEIGHT),
            plain._replace(gamma=1.0),
            plain._replace(gamma=2.0, weight=WEIGHT),
        ],
        ("ce", True): [plain._replace(weight=WEIGHT, label_smoothing=0.5)],
        ("kl", False): [plain._replace(reduction="batchmean")],
        ("kl", True): [plain._replace(reduction="batchmean")],
        ("js", False): [],
        ("js", True): [],
        ("entropy", False): [],
        ("bce", True): [
            plain._replace(weight=WEIGHT, pos_weight=WEIGHT[::-1]),
            plain._replace(gamma=1.0, alpha=0.25),
            plain._replace(gamma=0.5, pos_weight=WEIGHT, alpha=0.75),
        ],
    }
    found = []
    for (loss, soft), settings in ways.items():
        for each in (plain, *settings, plain._replace(temperature=0.7)):
            found += [
                Asked(loss, soft, "logits", each),
                Asked(loss, soft, "logits", each, "2", True),
            ]
        kinds: tuple[Kind, ...] = ("probs",) if loss == "bce" else ("probs", "log_probs")
        found += [Asked(loss, soft, kind, each) for kind in kinds for each in (plain, *settings)]
    return found


EVERY = _each_with()
