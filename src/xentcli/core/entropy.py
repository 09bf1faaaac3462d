"""What a cross-entropy is made of: CE = H(q) + KL(q‖p), and how low it can get."""

from __future__ import annotations

import numpy as np

from xentcli.core import elementary
from xentcli.core.layout import Array
from xentcli.core.loss import terms
from xentcli.core.softmax import sum_over_classes


def entropy(target: Array, axis: int) -> Array:
    """H(q) = −Σ q·log q in nats, a term with q = 0 being 0."""
    return sum_over_classes(terms(target, elementary.log(target)), axis)


def divergence(target: Array, log_probs: Array, axis: int) -> Array:
    """KL(q‖p) = Σ q·(log q − log p) in nats."""
    with np.errstate(invalid="ignore"):
        difference = log_probs - elementary.log(target)
    return sum_over_classes(terms(target, difference), axis)


def lowest_loss(weighted: Array, axis: int) -> Array:
    """The least that −Σ v·log p can be over all p, for v = w·q: reached at p = v/Σv.

    Without weights that is H(q); with label smoothing the loss cannot go below it.
    """
    total = sum_over_classes(weighted, axis)
    with np.errstate(invalid="ignore"):
        best = elementary.log(weighted) - np.expand_dims(elementary.log(total), axis)
    return sum_over_classes(terms(weighted, best), axis)
