"""Error-free transformations: the rounding error of one operation, itself a double.

Source: Knuth, The Art of Computer Programming 2, 4.2.2 (two-sum); Dekker, "A floating-point
technique for extending the available precision", Numer. Math. 18, 1971 (two-product).
"""

from __future__ import annotations

import numpy as np

from xentcli.core.layout import Array, Buffers

# 2**27 + 1 cuts a double of 53 bits into two halves whose products are exact.
_SPLITTER = 134217729.0


def two_sum(a: Array, b: Array | float) -> tuple[Array, Array]:
    """Return a + b, rounded, and the error: the two add up to a + b exactly."""
    total = a + b
    part = total - a
    return total, (a - (total - part)) + (b - part)


def two_sum_in(a: Array, b: Array, buffers: Buffers, name: str) -> tuple[Array, Array]:
    """Return the same as two_sum does, as arrays of ``buffers`` under that name."""
    total, error = (buffers.array(f"{name}{part}", a.shape) for part in ("", ", rest"))
    (part,) = buffers.scratch(1, a.shape)
    np.add(a, b, total)
    np.subtract(total, a, part)
    np.subtract(total, part, error)
    np.subtract(a, error, error)
    np.subtract(b, part, part)
    np.add(error, part, error)
    return total, error


def two_product(a: Array, b: Array | float) -> tuple[Array, Array]:
    """Return a · b, rounded, and the error: they add up to a · b, barring over- and underflow."""
    product = a * b
    a_high, a_low = _split(a)
    b_high, b_low = _split(b)
    error = ((a_high * b_high - product) + a_high * b_low + a_low * b_high) + a_low * b_low
    return product, error


def two_square(a: Array) -> tuple[Array, Array]:
    """Return a², rounded, and the error: the two add up to a², barring over- and underflow."""
    square = a * a
    high, low = _split(a)
    error = ((high * high - square) + 2.0 * (high * low)) + low * low
    return square, error


def _split(a: Array | float) -> tuple[Array | float, Array | float]:
    scaled = _SPLITTER * a
    high = scaled - (scaled - a)
    return high, a - high


def sum_along(values: Array, axis: int) -> Array:
    """Return Σ along an axis, as if rounded once unless nearly everything cancels.

    >>> sum_along(np.array([[1.0, 1e100, 1.0, -1e100]]), 1).tolist()
    [2.0]
    """
    total, rest = sum_with_rest(values, axis)
    with np.errstate(invalid="ignore", over="ignore"):
        result: Array = total + rest
    return result


def sum_with_rest(values: Array, axis: int) -> tuple[Array, Array]:
    """Return Σ along an axis, pairwise, and the sum of the errors of its additions.

    The order of the additions depends only on how many terms there are.
    """
    high = np.moveaxis(values, axis, 0)
    low = np.zeros(high.shape)
    with np.errstate(invalid="ignore", over="ignore"):
        while len(high) > 1:
            half, odd = len(high) // 2, len(high) % 2
            total, error = two_sum(high[odd : half + odd], high[half + odd :])
            # An infinite sum has no rounding error, but ∞ − ∞ has made it nan.
            error = np.where(np.isfinite(total), error, 0.0)
            rest = low[odd : half + odd] + low[half + odd :] + error
            high = np.concatenate((high[:odd], total))
            low = np.concatenate((low[:odd], rest))
    return high[0], low[0]
