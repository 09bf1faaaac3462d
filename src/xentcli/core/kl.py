"""The Kullback–Leibler divergence of a prediction p from a target t.

    KL(t‖p) = Σ_c t_c·(log t_c − log p_c)

A term whose t is 0 is 0, and one where t > 0 = p is infinite. Nothing is normalised.

A difference of two logarithms has the rounding errors of both. Where t/p is a normal double its
logarithm is taken instead, and for t near p log1p((t − p)/p), in which t − p is exact. The absolute
error of a divergence is at most 4e-16·(1 + Σ t·|log t − log p|).

Source: Kullback and Leibler, "On information and sufficiency", Ann. Math. Statist. 22, 1951;
``torch.nn.functional.kl_div``.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xentcli.core.distribution import Distribution, as_probs
from xentcli.core.elementary import exp, log, log1p
from xentcli.core.exact import sum_along
from xentcli.core.gradient import scale_of
from xentcli.core.layout import Array, as_float, class_axis
from xentcli.core.loss import divide
from xentcli.core.settings import Reduction, check_reduction
from xentcli.core.target import warn_if_rows_unnormalised
from xentcli.core.total import ExactSum
from xentcli.errors import ArgumentError
from xentcli.model import NamedTuple

REDUCTIONS: tuple[Reduction, ...] = ("batchmean", "mean", "sum", "none")

_LEAST_NORMAL = float(np.finfo(np.float64).smallest_normal)


def log_ratio(target: Array, probs: Array, log_probs: Array) -> Array:
    """log t − log p of each class; −inf where t is 0, nan where p is nan."""
    with np.errstate(all="ignore"):
        away, ratio = target - probs, target / probs
        # What is given as log p may be so large that p is infinite.
        near = (np.abs(away) <= 0.5 * probs) & (probs < np.inf)
        far = ~near & (probs >= _LEAST_NORMAL) & (ratio >= _LEAST_NORMAL) & (ratio < np.inf)
        rest = ~(near | far)
        result = np.empty(target.shape)
        result[near] = log1p(away[near] / probs[near])
        result[far] = log(ratio[far])
        result[rest] = log(target[rest]) - log_probs[rest]
    result[(target == 0.0) & ~np.isnan(log_probs)] = -np.inf
    return result


def terms(target: Array, difference: Array) -> Array:
    """t·(log t − log p) of each class; 0 where t is 0, nan where the difference is nan."""
    with np.errstate(invalid="ignore"):
        product = target * difference
    return np.where(np.isneginf(difference) & (target == 0.0), 0.0, product)


def divergences(given: Distribution) -> Array:
    """KL(t‖p) of each sample of a block, in nats."""
    assert given.target is not None
    difference = log_ratio(given.target, given.probs, given.log_probs)
    return sum_along(terms(given.target, difference), given.axis)


class _Question(NamedTuple):
    """The arguments of :func:`kl_div`, checked."""

    probs: Array
    log_probs: Array
    target: Array
    log_target: Array | None
    reduction: Reduction


def kl_div(
    log_probs: ArrayLike,
    target: ArrayLike,
    *,
    reduction: str = "batchmean",
    log_target: bool = False,
) -> np.float64 | NDArray[np.float64]:
    """The Kullback–Leibler divergence KL(t‖p) = Σ t·(log t − log p), in nats.

    Args:
        log_probs: log p of shape ``(C)``, ``(N, C)`` or ``(N, C, d1 … dk)``.
        target: t, of the same shape; with ``log_target`` its logarithm.
        reduction: ``"batchmean"`` (the sum / N, with N = 1 for a single sample), ``"mean"`` (the
            sum / the number of elements, PyTorch's default), ``"sum"`` or ``"none"``.
        log_target: whether ``target`` holds log t.

    Returns:
        A float64 scalar, or for ``"none"`` the terms, in the shape of the input. The mean of an
        empty input is nan. Where the terms of a tiny divergence cancel, the result may be a
        negative number of about −1e-17.

    Raises:
        ValueError: for anything that cannot be used; the message names argument and position.

    Source: ``torch.nn.functional.kl_div``, whose default is ``reduction="mean"``.

    >>> kl_div([[-0.5, -1.0]], [[0.25, 0.75]])
    np.float64(0.31266485538119165)
    """
    asked = _question(log_probs, target, reduction, log_target)
    if asked.log_target is None:
        difference = log_ratio(asked.target, asked.probs, asked.log_probs)
    else:
        with np.errstate(invalid="ignore"):
            difference = asked.log_target - asked.log_probs
        difference[(asked.target == 0.0) & ~np.isnan(asked.log_probs)] = -np.inf
    elements = terms(asked.target, difference)
    if asked.reduction == "none":
        return elements
    rows = sum_along(elements, class_axis(elements.ndim))
    total = ExactSum.of(rows).value
    return np.float64(divide(total, _denominator(asked)))


def kl_div_grad(
    log_probs: ArrayLike,
    target: ArrayLike,
    *,
    reduction: str = "batchmean",
    log_target: bool = False,
) -> NDArray[np.float64]:
    """The gradient of :func:`xentcli.kl_div` by the log-probabilities: −scale·t.

    Args: as for :func:`xentcli.kl_div`. For ``reduction="none"`` it is the gradient of the sum.

    Returns:
        float64, of the shape of ``log_probs``.

    Raises:
        ValueError: as :func:`xentcli.kl_div`.

    Source: ``torch.nn.functional.kl_div`` and its derivative.

    >>> kl_div_grad([[-1.0, -0.5], [-0.25, -2.0]], [[0.25, 0.75], [1.0, 0.0]]).tolist()
    [[-0.125, -0.375], [-0.5, 0.0]]
    """
    asked = _question(log_probs, target, reduction, log_target)
    # 0 − x rather than −x: no −0.
    result: Array = 0.0 - scale_of(_denominator(asked)) * asked.target
    return result


def _denominator(asked: _Question) -> float:
    shape = asked.target.shape
    counts = {"mean": asked.target.size, "batchmean": shape[0] if len(shape) > 1 else 1}
    return float(counts.get(asked.reduction, 1))


def _question(
    log_probs: ArrayLike, target: ArrayLike, reduction: str, log_target: bool
) -> _Question:
    checked = check_reduction(reduction, REDUCTIONS)
    given = as_float(log_probs, "log_probs").astype(np.float64, copy=False)
    if given.ndim == 0:
        raise ArgumentError("log_probs", "a single number has no classes; give a row of them")
    wanted = as_float(target, "target").astype(np.float64, copy=False)
    if wanted.shape != given.shape:
        raise ArgumentError(
            "target",
            f"its shape {wanted.shape} is not that of the log-probabilities, {given.shape}",
        )
    probs = exp(wanted) if log_target else as_probs(wanted, "target")
    # The warning names the user's line, which is two calls up.
    warn_if_rows_unnormalised(probs, class_axis(given.ndim), "target", stacklevel=4)
    return _Question(exp(given), given, probs, wanted if log_target else None, checked)
