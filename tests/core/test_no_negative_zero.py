"""Where a loss or an entry of a gradient is nothing, it is 0, which no reader takes for less."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import xentcli
from xentcli.core import bce
from xentcli.core.settings import Settings

Array = NDArray[np.float64]
INF = np.inf
# One class certain, all alike, and what makes a step on the way infinite.
ROWS = np.array([[0.0, -INF], [0.0, -800.0], [900.0, -900.0], [1.0, 1.0], [-INF, 2.0], [0.0, 1.0]])
WEIGHTS = [None, [0.0, 1.0], [1.0, 0.0], [0.0, 0.0], [1e300, 0.0], [1e300, 1.0]]


def negative_zeros(values: Any) -> int:
    found = np.asarray(values)
    return int(np.count_nonzero((found == 0.0) & np.signbit(found)))


@pytest.mark.parametrize("smoothing", [0.0, 0.25, 1.0])
@pytest.mark.parametrize("temperature", [1.0, 0.5])
@pytest.mark.parametrize("layout", [(0, 2), (2, 64)])
def test_of_classes(smoothing: float, temperature: float, layout: tuple[int, int]) -> None:
    rows = np.pad(ROWS, ((0, 0), (0, layout[1] - 2)), constant_values=-INF)
    soft = np.zeros(rows.shape)
    soft[:, 0] = 1.0
    targets: list[Array] = [np.zeros(6, int), np.ones(6, int), np.array([0, -100] * 3), soft]
    for weight, target in itertools.product(WEIGHTS, targets):
        filled = None if weight is None else [*weight, *[0.0] * (layout[1] - 2)]
        options: dict[str, Any] = {"label_smoothing": smoothing, "temperature": temperature}
        for reduction in ("none", "sum"):
            given = (rows, target, filled)
            loss = xentcli.cross_entropy(*given, reduction=reduction, **options)
            assert negative_zeros(loss) == 0, (weight, target)
            gradient = xentcli.cross_entropy_grad(*given, reduction=reduction, **options)
            assert negative_zeros(gradient) == 0, (weight, target)


@pytest.mark.parametrize("weight", WEIGHTS)
def test_of_log_probabilities(weight: list[float] | None) -> None:
    log_probs = xentcli.log_softmax(ROWS)
    for target in ([0] * 6, [1] * 6, [0, -100] * 3):
        given = (log_probs, target, weight)
        assert negative_zeros(xentcli.nll_loss(*given, reduction="none")) == 0
        assert negative_zeros(xentcli.nll_loss_grad(*given, reduction="sum")) == 0


@pytest.mark.parametrize("gamma", [0.0, 0.5, 2.0])
@pytest.mark.parametrize("alpha", [None, 0.0, 0.25, 1.0])
def test_of_questions(gamma: float, alpha: float | None) -> None:
    logits, target = (
        each.ravel()
        for each in np.meshgrid([0.0, 1.0, -1.0, 800.0, -800.0, INF, -INF], [0.0, 0.5, 1.0])
    )
    for weight, positive in itertools.product([0.0, 1.0, 1e300], [0.0, 1.0, 1e300]):
        settings = Settings(
            np.array(weight), pos_weight=np.array(positive), gamma=gamma, alpha=alpha
        )
        losses = bce.losses(logits, target, "logits", settings)
        assert negative_zeros(losses) == 0, settings
        assert negative_zeros(bce.gradients_by_logits(logits, target, settings)) == 0, settings


def test_of_distributions() -> None:
    rows = [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    for first, second in itertools.product(rows, rows):
        with np.errstate(divide="ignore"):
            log_probs = np.log(first)
        assert negative_zeros(xentcli.kl_div(log_probs, second, reduction="none")) == 0
        assert negative_zeros(xentcli.kl_div_grad(log_probs, second)) == 0
        assert negative_zeros(xentcli.js_div(first, second, reduction="none")) == 0
        assert negative_zeros(xentcli.js_div_grad(first, second)) == 0
        assert negative_zeros(xentcli.entropy(first)) == 0
