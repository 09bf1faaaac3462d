"""The Jensen–Shannon divergence of two distributions, t and p.

    m = ½(t + p)      JS(t, p) = ½·KL(t‖m) + ½·KL(p‖m)

It is from 0 to ln 2 where both sum to 1; its square root is a distance. Nothing is normalised.

With u = (t − p)/(t + p) a class adds ½·m·[(1+u)·log(1+u) + (1−u)·log(1−u)], whose two parts nearly
cancel where u is small. There the bracket is summed as its series u² + u⁴/6 + u⁶/15 + …: so no
divergence is negative, and the root of a tiny one has its digits.

Source: Lin, "Divergence measures based on the Shannon entropy", IEEE Trans. Inf. Theory 37, 1991;
``scipy.spatial.distance.jensenshannon``, which is the root, of normalised rows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xentcli.core.distribution import Distribution, as_probs
from xentcli.core.elementary import log, log1p
from xentcli.core.exact import sum_along
from xentcli.core.gradient import scale_of
from xentcli.core.layout import Array, across, class_axis
from xentcli.core.loss import reduce_by_count
from xentcli.core.settings import Reduction, check_reduction
from xentcli.core.target import warn_if_rows_unnormalised
from xentcli.errors import ArgumentError

# ln 2
LARGEST = 0.6931471805599453

# For u² below this the series is summed; the first term left out is 2e-19 of the sum.
_SMALL = 1 / 64
# The coefficients of u^(2k), 1 / (k·(2k−1)), from the highest power down.
_SERIES = [1 / (k * (2 * k - 1)) for k in range(10, 1, -1)]


def skew(target: Array, probs: Array) -> Array:
    """u = (t − p)/(t + p), from −1 to 1; 0 where both are 0."""
    with np.errstate(invalid="ignore", over="ignore"):
        quotient = (target - probs) / (target + probs)
    return np.where((target == 0.0) & (probs == 0.0), 0.0, quotient)


def log_to_mean(values: Array, others: Array) -> Array:
    """log(v/m) for m = ½(v + w), as log1p(u) where v is near w; 0 where both are 0."""
    u = skew(values, others)
    near = np.abs(u) <= 0.5
    result = log1p(np.where(near, u, 0.0))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        # Half of the smallest double would be 0: the quotient is doubled instead.
        result[~near] = log(2.0 * (values[~near] / (values[~near] + others[~near])))
    return result


def terms(values: Array, others: Array) -> Array:
    """v·log(v/m) of each class, the terms of KL(v‖m); 0 where v is 0."""
    ratio = log_to_mean(values, others)
    with np.errstate(invalid="ignore"):
        product = values * ratio
    return np.where((values == 0.0) & ~np.isnan(others), 0.0, product)


def elements(target: Array, probs: Array) -> Array:
    """Return what each class adds to the divergence; it is never negative."""
    skewed = skew(target, probs)
    squared = skewed * skewed
    series = np.zeros(squared.shape)
    for coefficient in _SERIES:
        series = (series + coefficient) * squared
    near = 0.25 * (target + probs) * (squared + series * squared)
    far = 0.5 * (terms(target, probs) + terms(probs, target))
    # ½·p·log(p/m), the larger part, is infinite where p is.
    far = np.where(np.isinf(probs) & ~np.isnan(target), np.inf, far)
    return np.where(squared < _SMALL, near, far)


def divergences(given: Distribution) -> Array:
    """JS(t, p) of each sample of a block, in nats."""
    assert given.target is not None
    return sum_along(elements(given.target, given.probs), given.axis)


def gradients_by_logits(given: Distribution) -> Array:
    """∂JS/∂(z/T) = p·(h − Σ p·h) for h = ½·log(p/m); 0 where p is 0."""
    assert given.target is not None
    halves = 0.5 * terms(given.probs, given.target)
    total = sum_along(halves, given.axis)
    with np.errstate(under="ignore", invalid="ignore"):
        result: Array = halves - given.probs * across(total, given.axis)
    return result


def _slopes(probs: Array, others: Array) -> Array:
    """½·log(p/m), and at p = 0 its limit: −∞, or ½·ln 2 where the other is 0 as well."""
    return np.where(others == 0.0, 0.5 * LARGEST, 0.5 * log_to_mean(probs, others))


def js_div(
    p: ArrayLike, q: ArrayLike, *, reduction: str = "mean"
) -> np.float64 | NDArray[np.float64]:
    """The Jensen–Shannon divergence ½·KL(p‖m) + ½·KL(q‖m) with m = ½(p + q), in nats.

    Args:
        p: probabilities of shape ``(C)``, ``(N, C)`` or ``(N, C, d1 … dk)``.
        q: probabilities of the same shape.
        reduction: ``"mean"`` (over the rows), ``"sum"``, or ``"none"`` for one number a row.

    Returns:
        A float64 scalar or an array, from 0 to ln 2 where the rows sum to 1. The mean over no
        rows is nan.

    Raises:
        ValueError: for anything that cannot be used; the message names argument and position.

    Source: Lin (1991); the square of ``scipy.spatial.distance.jensenshannon`` for rows that sum
    to 1.

    >>> js_div([1.0, 0.0], [0.0, 1.0])
    np.float64(0.6931471805599453)
    """
    first, second, checked = _question(p, q, reduction)
    axis = class_axis(first.ndim)
    rows = sum_along(elements(first, second), axis)
    return reduce_by_count(rows, checked)


def js_div_grad(p: ArrayLike, q: ArrayLike, *, reduction: str = "mean") -> NDArray[np.float64]:
    """The gradient of :func:`xentcli.js_div` by p: scale·½·log(p/m) for m = ½(p + q).

    Args: as for :func:`xentcli.js_div`. For ``reduction="none"`` it is the gradient of the sum.

    Returns:
        float64, of the shape of ``p``; −inf where p is 0 and q is not.

    Raises:
        ValueError: as :func:`xentcli.js_div`.

    Source: Lin (1991) and its derivative.

    >>> js_div_grad([0.5, 0.5], [0.25, 0.75]).round(6).tolist()
    [0.143841, -0.111572]
    """
    first, second, checked = _question(p, q, reduction)
    rows = first.size // first.shape[class_axis(first.ndim)] if first.size else 0
    result: Array = scale_of(float(rows) if checked == "mean" else 1.0) * _slopes(first, second)
    return result


def _question(p: ArrayLike, q: ArrayLike, reduction: str) -> tuple[Array, Array, Reduction]:
    checked = check_reduction(reduction)
    first, second = as_probs(p, "p"), as_probs(q, "q")
    if first.ndim == 0:
        raise ArgumentError("p", "a single number has no classes; give a row of them")
    if second.shape != first.shape:
        raise ArgumentError("q", f"its shape {second.shape} is not that of p, {first.shape}")
    for values, argument in ((first, "p"), (second, "q")):
        # The warning names the user's line, which is two calls up.
        warn_if_rows_unnormalised(values, class_axis(values.ndim), argument, stacklevel=4)
    return first, second, checked
