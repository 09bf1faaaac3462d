"""Softmax cross-entropy straight from its definition, in arithmetic that cannot round visibly.

Nothing here is clever on purpose: every formula is the one in a textbook, and 460 decimal digits
leave more than 100 good ones after 1 - p for the smallest p that a float64 can hold.
"""

import math
from collections.abc import Sequence
from fractions import Fraction

import mpmath  # type: ignore[import-untyped, unused-ignore]
from mpmath import mpf

DIGITS = 460
mpmath.mp.dps = DIGITS

SMALLEST_EXPONENT = -1076
"""Numbers below 2 to this power are nearer to 0 than to the smallest float64."""


def scaled(logits: Sequence[float], temperature: float = 1.0) -> list[mpf]:
    """Return (z - max z) / T."""
    exact = [mpf(logit) for logit in logits]
    top = max(exact)
    return [(logit - top) / mpf(temperature) for logit in exact]


def probs(logits: Sequence[float], temperature: float = 1.0) -> list[mpf]:
    """Return softmax(z / T)."""
    powers = [mpmath.exp(value) for value in scaled(logits, temperature)]
    total = sum(powers)
    return [power / total for power in powers]


def log_probs(logits: Sequence[float], temperature: float = 1.0) -> list[mpf]:
    """Return log softmax(z / T)."""
    values = scaled(logits, temperature)
    log_total = mpmath.log(sum(mpmath.exp(value) for value in values))
    return [value - log_total for value in values]


def smoothed(target: int | Sequence[float], classes: int, smoothing: float = 0.0) -> list[mpf]:
    """Return q: the target, one-hot if it is an index, mixed with the uniform distribution."""
    hot = target if not isinstance(target, int) else [float(c == target) for c in range(classes)]
    return [(1 - mpf(smoothing)) * mpf(value) + mpf(smoothing) / classes for value in hot]


def loss(
    logits: Sequence[float], q: Sequence[mpf], weight: Sequence[float], temperature: float = 1.0
) -> mpf:
    """Return the sum over the classes of -w q log p, where a term with w q = 0 is 0."""
    terms = [
        -mpf(w) * share * log_prob
        for w, share, log_prob in zip(weight, q, log_probs(logits, temperature), strict=True)
        if w * share != 0
    ]
    return sum(terms, mpf(0))


def grad(
    logits: Sequence[float], q: Sequence[mpf], weight: Sequence[float], temperature: float = 1.0
) -> list[mpf]:
    """Return the derivative of `loss` by each logit: (p sum(w q) - w q) / T."""
    pull = [mpf(w) * share for w, share in zip(weight, q, strict=True)]
    total = sum(pull)
    return [
        (prob * total - own) / mpf(temperature)
        for prob, own in zip(probs(logits, temperature), pull, strict=True)
    ]


def nearest(exact: mpf) -> float:
    """Return the float64 nearest to an exact value, ties to even, denormals and inf included."""
    if not mpmath.isfinite(exact):
        return float(exact)
    if exact == 0 or mpmath.frexp(exact)[1] < SMALLEST_EXPONENT:
        return 0.0
    try:
        return float(as_fraction(exact))
    except OverflowError:
        return math.copysign(math.inf, exact)


def as_fraction(exact: mpf) -> Fraction:
    """Return the same number as a fraction.

    The way through a fraction is there because Python rounds the quotient of two integers once;
    a direct conversion rounds denormals twice.
    """
    mantissa, exponent = exact.man_exp
    signed = -mantissa if exact < 0 and mantissa > 0 else mantissa
    return Fraction(int(signed)) * Fraction(2) ** int(exponent)
