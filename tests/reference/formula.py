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


def bce(logit: float, target: float, positive: float = 1.0) -> mpf:
    """Return -positive t log sigma(z) - (1 - t) log(1 - sigma(z))."""
    z, t = mpf(logit), mpf(target)
    yes, no = mpmath.log(1 + mpmath.exp(-z)), mpmath.log(1 + mpmath.exp(z))
    return mpf(positive) * t * yes + (1 - t) * no


def bce_of_prob(prob: float, target: float) -> mpf:
    """Return -t log p - (1 - t) log(1 - p), where a term without a share is 0."""
    p, t = mpf(prob), mpf(target)
    logs = ((t, p), (1 - t, 1 - p))
    return sum(
        (-share * (mpmath.log(q) if q else -mpmath.inf) for share, q in logs if share), mpf(0)
    )


def bce_grad(logit: float, target: float, positive: float = 1.0) -> mpf:
    """Return the derivative of `bce` by the logit."""
    p, t = sigmoid(logit), mpf(target)
    return (1 - t) * p - mpf(positive) * t * (1 - p)


def sigmoid(logit: float) -> mpf:
    """Return 1 / (1 + exp(-z))."""
    return 1 / (1 + mpmath.exp(-mpf(logit)))


def focal(logit: float, target: float, gamma: float, alpha: float | None = None) -> mpf:
    """Return alpha_t (1 - p_t)**gamma times the loss."""
    p, t = sigmoid(logit), mpf(target)
    away = p * (1 - t) + (1 - p) * t
    return balance(target, alpha) * mpmath.power(away, mpf(gamma)) * bce(logit, target)


def focal_grad(logit: float, target: float, gamma: float, alpha: float | None = None) -> mpf:
    """Return the derivative of `focal` by the logit."""
    p, t, power = sigmoid(logit), mpf(target), mpf(gamma)
    away = p * (1 - t) + (1 - p) * t
    inner = power * mpmath.power(away, power - 1) * (1 - 2 * t) * p * (1 - p) * bce(logit, target)
    outer = mpmath.power(away, power) * bce_grad(logit, target)
    return balance(target, alpha) * (inner + outer)


def balance(target: float, alpha: float | None) -> mpf:
    """Return alpha t + (1 - alpha)(1 - t), 1 without an alpha."""
    if alpha is None:
        return mpf(1)
    return mpf(alpha) * mpf(target) + (1 - mpf(alpha)) * (1 - mpf(target))


def kl(target: Sequence[mpf], log_probs: Sequence[mpf]) -> mpf:
    """Return the sum of t (log t - log p), where a term without t is 0."""
    return sum(kl_terms(target, log_probs), mpf(0))


def kl_terms(target: Sequence[mpf], log_probs: Sequence[mpf]) -> list[mpf]:
    """Return t (log t - log p) of the classes that have a target."""
    pairs = zip(target, log_probs, strict=True)
    return [t * (mpmath.log(t) - log_p) for t, log_p in pairs if t]


def js(first: Sequence[mpf], second: Sequence[mpf]) -> mpf:
    """Return half of each divergence from the mean of the two."""
    mean = [(p + q) / 2 for p, q in zip(first, second, strict=True)]
    logs = [mpmath.log(m) if m else mpf(0) for m in mean]
    return (kl(first, logs) + kl(second, logs)) / 2


def js_grad(probs: Sequence[mpf], target: Sequence[mpf]) -> list[mpf]:
    """Return the derivative of `js` by the logits of the probabilities."""
    pairs = zip(probs, target, strict=True)
    slopes = [mpmath.log(2 * p / (p + t)) / 2 if p else mpf(0) for p, t in pairs]
    return by_logits(probs, slopes)


def entropy(probs: Sequence[mpf]) -> mpf:
    """Return -sum p log p."""
    return -sum((p * mpmath.log(p) for p in probs if p), mpf(0))


def entropy_grad(probs: Sequence[mpf]) -> list[mpf]:
    """Return the derivative of `entropy` by the logits of the probabilities."""
    return by_logits(probs, [-mpmath.log(p) if p else mpf(0) for p in probs])


def by_logits(probs: Sequence[mpf], slopes: Sequence[mpf]) -> list[mpf]:
    """Return p (g - sum p g): a derivative by probabilities as one by their logits."""
    mean = sum(p * g for p, g in zip(probs, slopes, strict=True))
    return [p * (g - mean) for p, g in zip(probs, slopes, strict=True)]
