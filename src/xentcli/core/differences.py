"""The gradient once more, from nothing but the loss: fourth-order central differences.

    ℓ'(z_c) ≈ (8·(ℓ(z_c+h) − ℓ(z_c−h)) − (ℓ(z_c+2h) − ℓ(z_c−2h))) / 12h

The loss is evaluated in the longest floating type that the machine has (80 bits on x86), by a
formula of its own, so that an error in the gradient or in the softmax beneath it cannot hide.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xentcli.core.layout import Array

Long = NDArray[np.longdouble]

# With 64 bits of mantissa rounding costs about 1e-19/h and the formula's own error is h**4/30;
# where the longest type is a double (1e-16/h), a longer step balances the two.
STEP = 2.0**-10 if np.finfo(np.longdouble).nmant > 52 else 2.0**-7


class Differences(NamedTuple):
    """∂ℓ/∂z and T·∂²ℓ/∂z² of a sample, class by class."""

    first: Array
    second: Array


def central_differences(logits: Array, weighted: Array, temperature: float = 1.0) -> Differences:
    """The derivatives of one sample's ℓ = −Σ v_c·log p_c, for logits and v = w·q of shape (C)."""
    long = logits.astype(np.longdouble)
    target = weighted.astype(np.longdouble)
    # The step is taken in z/T, where the loss bends, not in z.
    step = np.longdouble(STEP) * np.longdouble(temperature)
    steps = np.eye(len(long), dtype=np.longdouble) * step

    def losses(times: int) -> Long:
        return _losses(long + times * steps, target, temperature)

    above, below = losses(1), losses(-1)
    first = (8 * (above - below) - (losses(2) - losses(-2))) / (12 * step)
    second = (above + below - 2 * losses(0)) / (step * np.longdouble(STEP))
    return Differences(first.astype(np.float64), second.astype(np.float64))


def _losses(logits: Long, target: Long, temperature: float) -> Long:
    """ℓ of each row, the maximum's term kept out of the sum."""
    z = logits / np.longdouble(temperature)
    rows = np.arange(len(z))
    largest = np.argmax(z, axis=1)
    shifted = z - z[rows, largest][:, np.newaxis]
    exponentials = np.exp(shifted)
    exponentials[rows, largest] = 0
    log_sum = np.log1p(exponentials.sum(axis=1))
    log_probs = shifted - log_sum[:, np.newaxis]
    kept: Long = np.where(target == 0, np.longdouble(0), -target * log_probs).sum(axis=1)
    return kept
