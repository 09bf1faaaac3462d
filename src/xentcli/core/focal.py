"""The focal factor, which makes the loss of a sample smaller the better it is predicted.

With p_t the probability of the true answer and a focusing parameter γ ≥ 0, a loss is multiplied by

    (1 − p_t)^γ

Source: Lin, Goyal, Girshick, He and Dollár, "Focal loss for dense object detection", ICCV 2017;
``torchvision.ops.sigmoid_focal_loss``.
"""

from __future__ import annotations

import numpy as np

from xentcli.core.elementary import exp, expm1, log
from xentcli.core.exact import two_product
from xentcli.core.layout import Array


def factor(miss: Array, gamma: float) -> Array:
    """miss^γ for miss = 1 − p_t, as exp(γ·log miss) with the rounding error of that product.

    For γ = 0 it is 1, also where p_t is 1.
    """
    if gamma == 0.0:
        return np.where(np.isnan(miss), np.nan, 1.0)
    with np.errstate(invalid="ignore", over="ignore"):
        product, lost = two_product(log(miss), gamma)
    return exp(product, np.where(np.isfinite(product), lost, 0.0))


def balance(target: Array, alpha: float) -> Array:
    """α_t = A·t + (1 − A)·(1 − t) of yes/no questions with the targets t."""
    result: Array = alpha * target + (1.0 - alpha) * (1.0 - target)
    return result


def miss_of_loss(loss: Array) -> Array:
    """1 − p_t of a loss −log p_t in nats, as −expm1(−loss), in which nothing cancels."""
    return 0.0 - expm1(-loss)


def factor_of_loss(loss: Array, gamma: float) -> Array:
    """(1 − p_t)^γ of an unweighted cross-entropy −log p_t in nats."""
    return factor(miss_of_loss(loss), gamma)


def gradient_factor(loss: Array, gamma: float) -> Array:
    """The quotient of two gradients: that of (1 − p_t)^γ·(−log p_t) by that of −log p_t.

    With ℓ = −log p_t and m = 1 − p_t it is m^γ·(1 + γ·p_t·ℓ/m); 0 where p_t is 1.
    """
    miss = miss_of_loss(loss)
    with np.errstate(invalid="ignore", divide="ignore"):
        # p_t·ℓ is 0 where ℓ is infinite.
        beside = np.where(np.isinf(loss), 0.0, exp(-loss) * loss / miss)
        product = factor(miss, gamma) * (1.0 + gamma * beside)
    return np.where(miss == 0.0, 0.0 if gamma else 1.0, product)
