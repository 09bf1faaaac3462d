"""log and log1p for :mod:`xentcli.core.elementary`.

With x = z·2**e and z from 0.6875 to 1.375,

    log x = e·ln 2 − log v + log(1 + f)        f = z·v − 1 exactly, v from a table, |f| ≤ 2**-8
"""

from __future__ import annotations

import numpy as np

from xentcli.core.elementary_tables import FIRST_Z, INTERVAL_BITS, INTERVALS, log_table
from xentcli.core.layout import Array, Buffers

_ONE = np.array(1.0)
_FIRST_BITS = np.array(FIRST_Z).view(np.int64)
_MASK = np.array(INTERVALS - 1)
_FRACTION_BITS = np.array(52)
_INTERVAL_BITS = np.array(INTERVAL_BITS)
# z with its lower 21 bits rounded away has 32 left, and v has 11: their product is exact.
_HALF_UNIT, _UPPER_BITS = np.array(1 << 20), np.array(-(1 << 21))
_BIAS = np.array(1023)
_SERIES = [np.array(c) for c in (-1 / 8, 1 / 7, -1 / 6, 1 / 5, -1 / 4, 1 / 3, -1 / 2)]
_LEAST_NORMAL = 2.0**-1022


def write_log(x: Array, _: Array | None, out: Array, buffers: Buffers) -> None:
    if np.minimum.reduce(x) >= _LEAST_NORMAL and np.maximum.reduce(x) < np.inf:
        _write_log_of_sum(x, None, None, None, out, buffers)
        return
    normal = (x >= _LEAST_NORMAL) & (x < np.inf)
    subnormal = (x > 0) & (x < _LEAST_NORMAL)
    others = np.where(x == 0, -np.inf, np.where(x > 0, x, np.nan))[~(normal | subnormal)]
    kept = np.where(normal, x, np.where(subnormal, x * 2.0**54, 1.0))
    _write_log_of_sum(kept, None, None, np.where(subnormal, -54.0, 0.0), out, buffers)
    out[~(normal | subnormal)] = others


def write_log1p(x: Array, missing: Array | None, out: Array, buffers: Buffers) -> None:
    least = np.minimum.reduce(x)
    usual = least > -1.0 and np.maximum.reduce(x) < np.inf
    signs = None if least > 0.0 else x.copy()
    if not usual:
        special = ~((x > -1.0) & (x < np.inf))
        others = np.where(x == -1, -np.inf, np.where(x > 0, x, np.nan))[special]
        x = np.where(special, 0.0, x)
        if missing is not None:
            missing = np.where(special, 0.0, missing)
    u, rest, part = buffers.scratch(3, x.shape)
    # 1 + x = u + rest exactly: the larger of the two first.
    np.add(x, _ONE, u)
    np.maximum(x, _ONE, out=rest)
    np.subtract(u, rest, rest)
    np.minimum(x, _ONE, out=part)
    np.subtract(part, rest, rest)
    _write_log_of_sum(u, rest, missing, None, out, buffers)
    if signs is not None:
        # log1p(−0) is −0.
        np.copysign(out, signs, out)
    if not usual:
        out[special] = others


def _write_log_of_sum(
    u: Array,
    rest: Array | None,
    missing: Array | None,
    more: Array | None,
    out: Array,
    buffers: Buffers,
) -> None:
    """Write log(u + rest + missing) + more·ln 2 to ``out``, for positive, finite and normal u.

    ``rest`` is at most half a unit in the last place of u, and ``missing`` is tiny beside u + rest.
    ``out`` may be any of these arrays.
    """
    table = log_table()
    # The first three are those of log1p.
    _, _, _, index, e, z, v, f, total, high = buffers.scratch(10, u.shape)
    u_bits, at, exponent, z_bits, f_bits, scale = (
        array.view(np.int64) for array in (u, index, e, z, f, total)
    )

    # u = z·2**exponent, and z lies in the interval ``at``.
    np.subtract(u_bits, _FIRST_BITS, at)
    np.right_shift(at, _FRACTION_BITS, exponent)
    np.right_shift(at, _INTERVAL_BITS, at)
    np.bitwise_and(at, _MASK, at)
    np.left_shift(exponent, _FRACTION_BITS, z_bits)
    np.subtract(u_bits, z_bits, z_bits)
    table.reciprocal.take(at, None, v, "clip")

    # z·v − 1 = f + z exactly, by the upper and the lower bits of z.
    np.add(z_bits, _HALF_UNIT, f_bits)
    np.bitwise_and(f_bits, _UPPER_BITS, f_bits)
    np.subtract(z, f, z)
    np.multiply(f, v, f)
    np.subtract(f, _ONE, f)
    np.multiply(z, v, z)
    if rest is not None:
        # rest·v·2**-exponent. 2**-1024 would not be normal, but with so large a u the rest is 0.
        np.subtract(_BIAS, exponent, scale)
        np.maximum(scale, 1, out=scale)
        np.left_shift(scale, _FRACTION_BITS, scale)
        np.multiply(v, total, v)
        if missing is not None:
            np.multiply(missing, v, high)
        np.multiply(v, rest, v)
        np.add(z, v, z)
    # f + z is rounded to v; its rounding error takes the place of z and is called lost.
    np.add(f, z, v)
    np.subtract(v, f, f)
    np.subtract(z, f, z)
    f, lost = v, z
    if missing is not None:
        np.add(lost, high, lost)

    # total is the exact sum of the upper parts of exponent·ln 2 − log v; small is what is left.
    np.copyto(total, exponent)
    if more is not None:
        np.add(total, more, total)
    small, part = e, index
    np.multiply(total, table.ln2_lower, small)
    np.multiply(total, table.ln2_upper, total)
    table.lower.take(at, None, high, "clip")
    np.add(small, high, small)
    table.upper.take(at, None, high, "clip")
    np.add(total, high, total)
    np.add(small, lost, small)
    np.add(total, f, high)
    np.subtract(total, high, total)
    np.add(total, f, total)
    np.add(small, total, small)
    # log(1 + f + lost) = log(1 + f) + lost − f·lost
    np.multiply(f, lost, part)
    np.subtract(small, part, small)
    # log(1 + f) = f + f²·(−1/2 + f·(1/3 − …))
    np.multiply(f, _SERIES[0], part)
    for coefficient in _SERIES[1:-1]:
        np.add(part, coefficient, part)
        np.multiply(part, f, part)
    np.add(part, _SERIES[-1], part)
    np.multiply(f, f, f)
    np.multiply(part, f, part)
    np.add(small, part, small)
    np.add(high, small, out)
