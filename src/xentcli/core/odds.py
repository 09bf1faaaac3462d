"""The odds of yes/no questions: p = σ(z/T), 1 − p and their logarithms."""

from __future__ import annotations

from typing import Literal

import numpy as np

from xentcli.core.elementary import exp, log, log1p
from xentcli.core.exact import two_product
from xentcli.core.layout import Array
from xentcli.model import NamedTuple

Given = Literal["logits", "probs"]


class Odds(NamedTuple):
    """p and 1 − p of each question, and their logarithms, each right to its last digits."""

    yes: Array
    no: Array
    log_yes: Array
    log_no: Array


def odds_of_logits(logits: Array, temperature: float = 1.0) -> Odds:
    """σ(z/T), 1 − σ(z/T) and their logarithms, from e = exp(−|z/T|)."""
    scaled, lost = scaled_logits(logits, temperature)
    positive = scaled >= 0
    e = exp(-np.abs(scaled), None if lost is None else np.where(positive, -lost, lost))
    rest = log1p(e)
    larger = 1.0 / (1.0 + e)
    smaller = e * larger
    return Odds(
        np.where(positive, larger, smaller),
        np.where(positive, smaller, larger),
        # The minimum of 0 and nan is nan.
        np.minimum(scaled, 0.0) - rest,
        np.minimum(-scaled, 0.0) - rest,
    )


def scaled_logits(logits: Array, temperature: float) -> tuple[Array, Array | None]:
    """Return z/T and its rounding error, which is None for T = 1."""
    if temperature == 1.0:
        return logits, None
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        scaled = logits / temperature
        product, rounding = two_product(scaled, temperature)
        lost = ((logits - product) - rounding) / temperature
    return scaled, np.where(np.isfinite(lost), lost, 0.0)


def odds_of_probs(probs: Array) -> Odds:
    """p, 1 − p, log p and log(1 − p) = log1p(−p)."""
    return Odds(probs, 1.0 - probs, log(probs), log1p(-probs))


def odds_of(values: Array, given: Given, temperature: float = 1.0) -> Odds:
    """The odds of logits or of probabilities."""
    return odds_of_logits(values, temperature) if given == "logits" else odds_of_probs(values)


def miss(odds: Odds, target: Array) -> Array:
    """1 − p_t = p·(1−t) + (1−p)·t, in which nothing cancels."""
    result: Array = odds.yes * (1.0 - target) + odds.no * target
    return result


def hit(odds: Odds, target: Array) -> Array:
    """p_t = p·t + (1−p)·(1−t)."""
    result: Array = odds.yes * target + odds.no * (1.0 - target)
    return result
