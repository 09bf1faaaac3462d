"""Finite logits that are further apart than a double can say."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from xentcli import cross_entropy

FAR = [1e308, -1e308, 1e308]


def exact(logits: list[float], terms: list[float]) -> float:
    """Σ v_c·(max − z_c) + log n·Σ v_c, n being how many are the maximum."""
    most = Fraction(max(logits))
    apart = sum((Fraction(v) * (most - Fraction(z)) for v, z in zip(terms, logits, strict=True)))
    return float(apart) + math.log(logits.count(max(logits))) * math.fsum(terms)


@pytest.mark.parametrize("smoothing", [1e-300, 1e-10, 0.5])
@pytest.mark.parametrize("weight", [None, [1.0, 0.25, 3.0]])
def test_a_smoothed_label(smoothing: float, weight: list[float] | None) -> None:
    kept = 1 - smoothing
    q = [kept + smoothing / 3, smoothing / 3, smoothing / 3]
    terms = [w * t for w, t in zip(weight or [1.0] * 3, q, strict=True)]
    found = cross_entropy(np.array([FAR]), [0], weight, reduction="sum", label_smoothing=smoothing)
    assert float(found) == pytest.approx(exact(FAR, terms), rel=1e-14)


def test_a_soft_target_among_others() -> None:
    targets = np.array([[0.5, 0.125, 0.375], [0.25, 0.25, 0.5]])
    found = np.asarray(cross_entropy(np.array([FAR, [0.0] * 3]), targets, reduction="none"))
    assert found[0] == pytest.approx(exact(FAR, targets[0].tolist()), rel=1e-14)
    assert found[1] == pytest.approx(math.log(3), rel=1e-15)


def test_what_is_infinite_stays_so() -> None:
    assert cross_entropy(np.array([[1e308, -np.inf]]), np.array([[0.5, 0.5]])) == math.inf
    assert cross_entropy(np.array([[1e308, -1e308]]), [1]) == math.inf
