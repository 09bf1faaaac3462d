"""The formulas as introductions write them: p = exp(z)/Σ exp(z), then log p, then −Σ q·log p.

They serve for comparison only: exp overflows above z = 709.78, p rounds to 1 and
its logarithm to 0, and a probability that underflows to 0 makes 0·log 0 = nan.
"""

from __future__ import annotations

import numpy as np

from xentcli.core import elementary
from xentcli.core.layout import Array
from xentcli.core.sums import sum_along_rows


def exponential(logits: Array, temperature: float = 1.0) -> Array:
    """exp(z/T) without the shift by the maximum; inf where it overflows."""
    with np.errstate(over="ignore", under="ignore"):
        scaled = logits / temperature
    return elementary.exp(scaled)


def softmax(exponentials: Array, axis: int) -> Array:
    """exp(z) / Σ exp(z); inf/inf is nan."""
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        result: Array = exponentials / np.expand_dims(sum_along_rows(exponentials, axis), axis)
    return result


def log(probs: Array) -> Array:
    """log p; −inf where p underflowed to 0."""
    return elementary.log(probs)


def terms(weighted: Array, log_probs: Array) -> Array:
    """−w·q·log p of every class; here 0·(−inf) is nan."""
    with np.errstate(invalid="ignore"):
        result: Array = -(weighted * log_probs)
    return result + 0.0


def difference(probs: Array, weighted: Array, axis: int) -> Array:
    """p·Σ(w·q) − w·q, with the digits that cancel lost."""
    result: Array = probs * np.expand_dims(sum_along_rows(weighted, axis), axis) - weighted
    return result
