"""A gradient computed from the loss alone, by central differences of fourth order.

    ℓ'(z_c) ≈ (8·(ℓ(z_c+h) − ℓ(z_c−h)) − (ℓ(z_c+2h) − ℓ(z_c−2h))) / 12h

The loss is evaluated in the longest floating type that the machine has (80 bits on x86), by a
formula of its own, so that an error in the gradient or in the softmax beneath it cannot hide.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from xentcli.core.layout import Array
from xentcli.model import NamedTuple

Long = NDArray[np.longdouble]

# The step h balances two errors: that of rounding, about 1e-19/h with 64 bits of mantissa, and that
# of the formula, h**4/30. Where the longest type is a double (1e-16/h), the step is longer.
STEP = 2.0**-10 if np.finfo(np.longdouble).nmant > 52 else 2.0**-7


class Differences(NamedTuple):
    """∂ℓ/∂z and T·∂²ℓ/∂z² of a sample, a number a class."""

    first: Array
    second: Array


def central_differences(logits: Array, weighted: Array, temperature: float = 1.0) -> Differences:
    """Differentiate one sample's ℓ = −Σ v_c·log p_c, for logits and v = w·q of shape (C)."""
    target = weighted.astype(np.longdouble)

    def losses(scaled: Long) -> Long:
        kept: Long = np.where(target == 0, np.longdouble(0), -target * log_softmax(scaled))
        total: Long = kept.sum(axis=1)
        return total

    return differences_of(logits, losses, temperature)


def differences_of(
    logits: Array, losses: Callable[[Long], Long], temperature: float = 1.0
) -> Differences:
    """Differentiate a loss of one sample; ``losses`` returns the loss of each row of z/T."""
    long = logits.astype(np.longdouble)
    # The step is one of z/T, on which the curvature of the loss depends, not of z.
    step = np.longdouble(STEP) * np.longdouble(temperature)
    return _differences(lambda times: long + times * step * np.eye(len(long)), losses, temperature)


def differences_of_each(
    logits: Array, losses: Callable[[Long], Long], temperature: float = 1.0
) -> Differences:
    """Differentiate losses of single numbers; ``losses`` returns the loss of each number z/T."""
    long = logits.astype(np.longdouble)
    step = np.longdouble(STEP) * np.longdouble(temperature)
    return _differences(lambda times: long + times * step, losses, temperature)


def _differences(
    moved: Callable[[int], Long], losses: Callable[[Long], Long], temperature: float
) -> Differences:
    """Compute the differences; ``moved`` returns the logits, moved by so many steps."""
    heat = np.longdouble(temperature)
    step = np.longdouble(STEP) * heat
    twice_below, below, here, above, twice_above = (
        losses(moved(times) / heat) for times in (-2, -1, 0, 1, 2)
    )
    first = (8 * (above - below) - (twice_above - twice_below)) / (12 * step)
    second = (above + below - 2 * here) / (step * np.longdouble(STEP))
    return Differences(first.astype(np.float64), second.astype(np.float64))


def log_softmax(scaled: Long) -> Long:
    """log p of each row, with the maximum's term left out of the sum."""
    rows = np.arange(len(scaled))
    largest = np.argmax(scaled, axis=1)
    shifted = scaled - scaled[rows, largest][:, np.newaxis]
    exponentials = np.exp(shifted)
    exponentials[rows, largest] = 0
    log_sum = np.log1p(exponentials.sum(axis=1))
    result: Long = shifted - log_sum[:, np.newaxis]
    return result


def focal_losses(log_probs: Long, gamma: float) -> Long:
    """(1 − p_t)^γ·(−log p_t) of each log p_t."""
    result: Long = (-np.expm1(log_probs)) ** np.longdouble(gamma) * -log_probs
    return result


def entropies(log_probs: Long) -> Long:
    """−Σ p·log p of each row."""
    result: Long = -(np.exp(log_probs) * log_probs).sum(axis=1)
    return result


def jensen_shannon(log_probs: Long, target: Long) -> Long:
    """½·Σ t·log(t/m) + ½·Σ p·log(p/m) of each row, m being ½(t + p)."""
    probs = np.exp(log_probs)
    mean = (target + probs) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        first = np.where(target > 0, target * np.log(target / mean), 0)
        second = np.where(probs > 0, probs * np.log(probs / mean), 0)
    result: Long = (first + second).sum(axis=1) / 2
    return result


def binary_losses(scaled: Long, target: Long, positive: Long, gamma: float, balance: Long) -> Long:
    """α_t·(1 − p_t)^γ·[−w⁺·t·log σ(z) − (1 − t)·log(1 − σ(z))] of each number."""
    rest = np.log1p(np.exp(-np.abs(scaled)))
    log_yes, log_no = np.minimum(scaled, 0) - rest, np.minimum(-scaled, 0) - rest
    away = np.exp(log_yes) * (1 - target) + np.exp(log_no) * target
    plain = -positive * target * log_yes - (1 - target) * log_no
    result: Long = balance * away ** np.longdouble(gamma) * plain
    return result
