"""The entropy of a distribution, and the two parts of a cross-entropy: CE = H(q) + KL(q‖p).

    H(p) = −Σ_c p_c·log p_c

A term whose p is 0 is 0. Nothing is normalised. exp H is the number of equally likely classes that
have the same entropy; ln C is the largest H of C classes whose probabilities sum to 1.

Source: Shannon, "A mathematical theory of communication", Bell Syst. Tech. J. 27, 1948.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xentcli.core import elementary
from xentcli.core.distribution import Distribution, as_probs
from xentcli.core.exact import sum_along
from xentcli.core.layout import Array, across, as_positions
from xentcli.core.loss import terms
from xentcli.core.softmax import sum_over_classes
from xentcli.core.target import warn_if_rows_unnormalised


def entropy_of(target: Array, axis: int) -> Array:
    """H(q) = −Σ q·log q in nats; a term whose q is 0 is 0."""
    return sum_along(terms(target, elementary.log(target)), axis)


def divergence(target: Array, log_probs: Array, axis: int) -> Array:
    """KL(q‖p) = Σ q·(log q − log p) in nats."""
    with np.errstate(invalid="ignore"):
        difference = log_probs - elementary.log(target)
    return sum_over_classes(terms(target, difference), axis)


def lowest_loss(weighted: Array, axis: int) -> Array:
    """The smallest that −Σ v·log p can be over all p, for v = w·q; it is reached at p = v/Σv.

    Without weights it is H(q). A loss with label smoothing cannot go below it.
    """
    total = sum_over_classes(weighted, axis)
    with np.errstate(invalid="ignore"):
        best = elementary.log(weighted) - np.expand_dims(elementary.log(total), axis)
    return sum_over_classes(terms(weighted, best), axis)


def entropies(given: Distribution) -> Array:
    """H(p) of each sample of a block, in nats."""
    return sum_along(terms(given.probs, given.log_probs), given.axis)


def gradients_by_logits(given: Distribution) -> Array:
    """∂H/∂(z/T) = −p·(log p + H); 0 where p is 0."""
    products = 0.0 - terms(given.probs, given.log_probs)
    total = across(sum_along(products, given.axis), given.axis)
    with np.errstate(under="ignore", invalid="ignore"):
        # − p·log p − p·H, where Σ p·log p is −H.
        result: Array = given.probs * total - products
    return result


def entropy(probs: ArrayLike, axis: int = -1) -> np.float64 | NDArray[np.float64]:
    """The entropy H(p) = −Σ p·log p of each row, in nats.

    Args:
        probs: probabilities of any shape, C of them along ``axis``; they are not normalised.
        axis: the axis of the classes.

    Returns:
        A float64 scalar for a single row, else an array without the axis.

    Raises:
        ValueError: where ``probs`` are not probabilities, or ``axis`` is not one of their axes.

    Source: Shannon (1948); ``torch.distributions.Categorical.entropy``, which normalises.

    >>> entropy([0.5, 0.25, 0.25])
    np.float64(1.0397207708399179)
    """
    given = _probs(probs, axis)
    rows = entropy_of(given, axis % given.ndim)
    return rows[()] if rows.ndim == 0 else rows


def entropy_grad(probs: ArrayLike, axis: int = -1) -> NDArray[np.float64]:
    """The gradient of the sum of :func:`xentcli.entropy` by the probabilities: −(log p + 1).

    Args: as for :func:`xentcli.entropy`.

    Returns:
        float64, of the shape of ``probs``; inf where p is 0.

    Raises:
        ValueError: as :func:`xentcli.entropy`.

    Source: Shannon (1948) and its derivative.

    >>> entropy_grad([0.5, 0.5]).round(6).tolist()
    [-0.306853, -0.306853]
    """
    result: Array = -(elementary.log(_probs(probs, axis)) + 1.0)
    return result


def _probs(probs: ArrayLike, axis: int) -> Array:
    given = as_probs(probs, "probs")
    as_positions(given, axis, "probs")
    # The warning names the user's line, which is two calls up.
    warn_if_rows_unnormalised(given, axis, "probs", stacklevel=4)
    return given
