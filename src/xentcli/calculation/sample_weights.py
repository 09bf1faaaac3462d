"""Multiplies losses, shares of the denominator and gradients by the weights of the samples."""

from __future__ import annotations

import numpy as np

from xentcli.calculation.interface import Problem
from xentcli.core.layout import Array
from xentcli.core.loss import Losses


def weight_losses(found: Losses, problem: Problem) -> Losses:
    """Multiply losses in nats by the sample weights, and convert them to the unit of --base."""
    with np.errstate(over="ignore"):
        each = found.loss / problem.calculation.log_base
    if problem.weight is None:
        return found._replace(loss=each)
    weight = problem.weight.reshape(-1, 1)
    with np.errstate(invalid="ignore"):
        # A weight of 0 leaves the sample out, even if its loss is infinite.
        each = np.where((weight == 0) & ~np.isnan(each), 0.0, weight * each)
    root = None if found.root is None else weight * found.root
    return found._replace(loss=each, share=weight * found.share, root=root)


def weight_shares(share: Array, problem: Problem) -> Array:
    """Multiply shares of the denominator by the sample weights."""
    return share if problem.weight is None else share * problem.weight.reshape(-1, 1)


def weight_gradients(gradients: Array, problem: Problem) -> Array:
    """Multiply gradients in nats by the sample weights, and convert them to the unit of --base."""
    if problem.weight is not None:
        weight = problem.weight.reshape(-1, 1, 1)
        with np.errstate(invalid="ignore", over="ignore", under="ignore"):
            # + 0.0: a weight of 0 makes no −0.
            product = gradients * weight + 0.0
        # A weight of 0 leaves the sample out, even if its gradient is infinite.
        np.copyto(product, 0.0, where=(weight == 0.0) & np.isinf(gradients))
        gradients = product
    return gradients / problem.calculation.log_base


def loss_factors(problem: Problem) -> Array | None:
    """The factor of each sample's loss in nats: its weight, divided by the logarithm of the base.
    None if it is 1 for all."""
    base = problem.calculation.log_base
    if problem.weight is None:
        return None if base == 1.0 else np.full(len(problem.positions), 1.0 / base)
    return problem.weight / base
