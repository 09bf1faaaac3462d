"""What the rounding of d = (z − m)/T took from it, m being the maximum of the sample.

At T = 1 the error is a double itself, and there is but one: whichever of the formulas below is
valid for an element gives the same bits. With d rounded,

    |m| ≥ |z|:  z − (d + m)        |z| ≥ |m|:  −m − (d − z)        always: the two-sum.

Source: Dekker, "A floating-point technique for extending the available precision", Numer. Math. 18,
1971 (fast two-sum, two-product); Knuth, The Art of Computer Programming 2, 4.2.2 (two-sum).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xentcli.core.exact import two_product, two_sum
from xentcli.core.layout import Array, Buffers, across

# Up to this share of a block's elements are mended one by one.
_FEW = 16
# Above this z − m may overflow, and the formulas meet infinities.
_HUGE = 2.0**1022


def shift_error(
    logits: Array,
    largest: Array,
    shifted: Array,
    axis: int,
    temperature: float = 1.0,
    buffers: Buffers | None = None,
) -> Array:
    """What ``shifted`` lost: (z − m)/T = d + lost, up to the rounding of ``lost``; 0 where z is
    infinite."""
    buffers = buffers or Buffers()
    peak = across(largest, axis)
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        if temperature != 1.0:
            return _finite(_scaled_error(logits, peak, shifted, temperature))
        lost: Array = np.add(shifted, peak, out=buffers.array("lost", logits.shape))
        np.subtract(logits, lost, out=lost)
        beyond = np.less(logits, -peak, out=buffers.mask("beyond", logits.shape))
        count = np.count_nonzero(beyond)
        if count * _FEW > logits.size or (np.abs(largest) > _HUGE).any():
            part = np.subtract(shifted, logits, out=buffers.array("rest", logits.shape))
            np.subtract(shifted, part, out=lost)
            np.subtract(logits, lost, out=lost)
            np.add(part, peak, out=part)
            return _finite(np.subtract(lost, part, out=lost))
        if count:
            _mend(lost, beyond, logits, largest, shifted, axis)
    return lost


def error_at(logits: Array, largest: Array, shifted: Array, temperature: float) -> Array:
    """The same for one logit of each sample."""
    with np.errstate(invalid="ignore", over="ignore", under="ignore"):
        if temperature != 1.0:
            return _finite(_scaled_error(logits, largest, shifted, temperature))
        part = shifted - logits
        return _finite((logits - (shifted - part)) - (part + largest))


def _mend(
    lost: Array,
    beyond: NDArray[np.bool_],
    logits: Array,
    largest: Array,
    shifted: Array,
    axis: int,
) -> None:
    """The error where z < −m, and so |z| ≥ |m|, element by element."""
    at = np.flatnonzero(beyond)
    peak = largest[at % logits.shape[1] if axis == 0 else at // logits.shape[1]]
    lost.reshape(-1)[at] = _finite(-peak - (shifted.reshape(-1)[at] - logits.reshape(-1)[at]))


def _scaled_error(logits: Array, peak: Array, shifted: Array, temperature: float) -> Array:
    apart, lost = two_sum(logits, -peak)
    product, rounding = two_product(shifted, temperature)
    error: Array = ((apart - product) - rounding + lost) / temperature
    return error


def _finite(lost: Array) -> Array:
    # An infinite logit has no rounding error, but ∞ − ∞ on the way to it.
    finite = np.isfinite(lost)
    if not finite.all():
        np.copyto(lost, 0.0, where=~finite)
    return lost


def nothing_lost(lost: Array) -> bool:
    """Whether every error is 0, as nearly always for numbers that were float32 once."""
    return not (lost.reshape(-1)[:64].any() or lost.any())
