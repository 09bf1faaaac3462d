"""The weight of a sample: it multiplies its loss, its share of the denominator, its gradient."""

from __future__ import annotations

import numpy as np

from xentcli.calculation.interface import Problem
from xentcli.core.layout import Array
from xentcli.core.loss import Losses


def weighted(found: Losses, problem: Problem) -> Losses:
    """Losses in nats, multiplied by the sample weights and converted to the unit asked for."""
    with np.errstate(over="ignore"):
        each = found.loss / problem.calculation.log_base
    if problem.weight is None:
        return found._replace(loss=each)
    weight = problem.weight.reshape(-1, 1)
    with np.errstate(invalid="ignore"):
        # A weight of 0 leaves the sample out, even if its loss is infinite.
        each = np.where((weight == 0) & ~np.isnan(each), 0.0, weight * each)
    root = None if found.root is None else weight * found.root
    return Losses(each, weight * found.share, root)


def weighted_shares(share: Array, problem: Problem) -> Array:
    """Shares of the denominator, multiplied by the sample weights."""
    return share if problem.weight is None else share * problem.weight.reshape(-1, 1)


def weighted_gradients(gradients: Array, problem: Problem) -> Array:
    """Gradients in nats, multiplied by the sample weights and converted to the unit asked for."""
    if problem.weight is not None:
        # + 0.0: a weight of 0 makes no −0.
        gradients = gradients * problem.weight.reshape(-1, 1, 1) + 0.0
    return gradients / problem.calculation.log_base


def factors(problem: Problem) -> Array | None:
    """What multiplies each sample's loss in nats; None where it is 1."""
    base = problem.calculation.log_base
    if problem.weight is None:
        return None if base == 1.0 else np.full(len(problem.positions), 1.0 / base)
    return problem.weight / base
