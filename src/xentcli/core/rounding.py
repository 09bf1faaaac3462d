"""The rounding error of d = (z − m)/T, m being the maximum of the sample.

At T = 1 the error is itself a double, which Knuth's two-sum computes exactly.

Source: Knuth, The Art of Computer Programming 2, 4.2.2 (two-sum); Dekker, "A floating-point
technique for extending the available precision", Numer. Math. 18, 1971 (two-product).
"""

from __future__ import annotations

import math

import numpy as np

from xentcli.core.exact import two_product, two_sum
from xentcli.core.layout import Array, Buffers

# Temperatures whose product with d, and the rounding error of that, are within range.
_LEAST, _MOST = 2.0**-500, 2.0**500


def shift_error(
    logits: Array,
    peak: Array,
    shifted: Array,
    temperature: float = 1.0,
    buffers: Buffers | None = None,
) -> Array:
    """Return ``lost``, the error of ``shifted``: (z − m)/T = d + lost, up to its own rounding.

    It is 0 where z is infinite. ``peak`` holds the maxima, and broadcasts to the logits.
    """
    buffers = buffers or Buffers()
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        if temperature != 1.0:
            lost = _scaled_error(logits, peak, shifted, temperature)
        else:
            part = np.subtract(shifted, logits, out=buffers.array("part", logits.shape))
            lost = np.subtract(shifted, part, out=buffers.array("lost", logits.shape))
            np.subtract(logits, lost, out=lost)
            np.add(part, peak, out=part)
            np.subtract(lost, part, out=lost)
    # An infinite logit has no rounding error, but ∞ − ∞ has made it nan.
    finite = np.isfinite(lost, out=buffers.mask("finite", lost.shape))
    if not finite.all():
        np.copyto(lost, 0.0, where=~finite)
    return lost


def _scaled_error(logits: Array, peak: Array, shifted: Array, temperature: float) -> Array:
    if not _LEAST <= temperature <= _MOST:
        # Multiplied by the same power of two, T is about 1: no product leaves the range of doubles.
        temperature, exponent = math.frexp(temperature)
        logits, peak = np.ldexp(logits, -exponent), np.ldexp(peak, -exponent)
    apart, lost = two_sum(logits, -peak)
    product, rounding = two_product(shifted, temperature)
    error: Array = ((apart - product) - rounding + lost) / temperature
    return error
