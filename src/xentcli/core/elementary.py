"""exp, log, log1p and expm1 of doubles, the same to the last bit on every machine.

NumPy has several exp and log and chooses by processor; their last digits differ. These are made of
IEEE additions, multiplications and comparisons, integer operations and table look-ups. Each is a
call of NumPy by itself, so that no compiler can fuse it with another.

exp, −64 ≤ x ≤ 0, with M = 1.5·2**52/512, to which adding x rounds it to a multiple of 1/512:

    k = M − x        h = k − M, and 512·h is the difference of the bits of k and M
    r = x + h        exact, |r| ≤ 2**-10
    exp(x) = T + T·(p + t)     T = exp(−h) and the rest t that its rounding left, from a table
                               p = exp(r) − 1 = r·(c₁ + r·(1/2 + r·(c₃ + r/24)))

Outside that range there is one more factor, exp(64n). The formulas of the logarithms are in
:mod:`xentcli.core.elementary_logarithms`.

Largest errors, in units in the last place: exp, log and log1p 0.51 (a subnormal exp 0.75), expm1
0.55. An element's bits depend on nothing but the element.

Source: P. T. P. Tang, "Table-driven implementation of the exponential function in IEEE
floating-point arithmetic", ACM TOMS 15(2), 1989; the same of the logarithm, 16(4), 1990, and of
expm1, 18(2), 1992. A table that holds its own rounding: glibc's exp.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xentcli.core.elementary_logarithms import write_log, write_log1p
from xentcli.core.elementary_tables import FARTHEST, GRID, REACH, far_table, grid_table
from xentcli.core.exact import two_product, two_sum
from xentcli.core.layout import Array, Buffers, unbuffered
from xentcli.core.rounding import shift_error

# ln b: a number in nats divided by it is that number in logarithms to the base b.
LOG_OF_BASE = {"e": 1.0, "2": 0.6931471805599453, "10": 2.302585092994046}


def _constant(value: float) -> Array:
    # An array without axes: NumPy makes one of a Python number in every call, which takes longer
    # than some of the calls.
    return np.array(value)


M = _constant(1.5 * 2.0**52 / GRID)
_M_BITS = M.view(np.int64)
# The Taylor series of exp(r) − 1 up to r⁵/120, with r⁵ replaced by lower powers: r⁵ minus them is
# the Chebyshev polynomial, the smallest there is between −2**-10 and 2**-10. Error 2**-60.9.
_C1 = _constant(1 - 2.0**-40 * 5 / 1920)
_C2 = _constant(1 / 2)
_C3 = _constant(1 / 6 + 2.0**-20 * 20 / 1920)
_C4 = _constant(1 / 24)
_ONE = _constant(1.0)
_LEAST, _MOST = -float(REACH), 0.0
# exp is 0 below this.
_ZERO = -746.0
# Farther from 0 than this, exp is 0 or infinite.
_FAR = 800.0

Bits = NDArray[np.int64]


def exp(
    x: ArrayLike,
    missing: ArrayLike | None = None,
    out: Array | None = None,
    buffers: Buffers | None = None,
) -> Array:
    """exp(x), or exp(x + missing) where a double could not hold all of x.

    Args:
        x: numbers of any shape.
        missing: the rounding error of x, at most half a unit in its last place.
        out: the array for the result; it may be x.
        buffers: memory for intermediate results.
    """
    return _apply_in_parts(_write_exp, x, missing, out, buffers)


def log(x: ArrayLike, out: Array | None = None, buffers: Buffers | None = None) -> Array:
    """log x; −inf at 0, nan below."""
    return _apply_in_parts(write_log, x, None, out, buffers)


def log1p(
    x: ArrayLike,
    missing: ArrayLike | None = None,
    out: Array | None = None,
    buffers: Buffers | None = None,
) -> Array:
    """log(1 + x), or log(1 + x + missing), as for :func:`exp`; −inf at −1, nan below."""
    return _apply_in_parts(write_log1p, x, missing, out, buffers)


def expm1(x: ArrayLike, out: Array | None = None, buffers: Buffers | None = None) -> Array:
    """exp(x) − 1."""
    return _apply_in_parts(_write_expm1, x, None, out, buffers)


_Part = Callable[[Array, Array | None, Array, Buffers], None]


def _apply_in_parts(
    of_part: _Part,
    x: ArrayLike,
    missing: ArrayLike | None,
    out: Array | None,
    buffers: Buffers | None,
) -> Array:
    """Apply a function to all elements, a few thousand at a time."""
    given = np.asarray(x, np.float64)
    result = np.empty(given.shape) if out is None else out
    buffers = buffers or Buffers()
    flat = np.ascontiguousarray(given).reshape(-1)
    rest = None if missing is None else np.ascontiguousarray(missing, np.float64).reshape(-1)
    in_place = result.flags.c_contiguous
    into = result.reshape(-1) if in_place else np.empty(flat.size)
    at_once = buffers.sizes.part
    with np.errstate(all="ignore"):
        for start in range(0, flat.size, at_once):
            part = slice(start, start + at_once)
            of_part(flat[part], None if rest is None else rest[part], into[part], buffers)
    if not in_place:
        result[...] = into.reshape(result.shape)
    return result


# ---- exp


def _write_exp(x: Array, missing: Array | None, out: Array, buffers: Buffers) -> None:
    # Of numbers with a nan both the minimum and the maximum are nan.
    usual = np.minimum.reduce(x) >= _LEAST and np.maximum.reduce(x) <= _MOST
    if usual:
        at, deep = None, None
    else:
        at = np.flatnonzero(~((x >= _LEAST) & (x <= _MOST)))
        deep = _exp_anywhere(x[at], None if missing is None else missing[at])
    k, p, r = buffers.scratch(3, x.shape)
    np.subtract(M, x, k)
    np.subtract(k, M, r)
    np.add(r, x, r)
    if missing is not None:
        np.add(r, missing, r)
    _finish(k, r, p, out)
    if at is not None:
        out[at] = deep


def _finish(k: Array, r: Array, p: Array, out: Array) -> None:
    """Write T + T·(p + t) to ``out``. k, r and p are overwritten, and ``out`` may be one of them.

    Where k is not near M, as x is outside the table, the result is meaningless and the caller
    replaces it.
    """
    value, rest = grid_table().value, grid_table().rest
    index = k.view(np.int64)
    # ``out`` by position: as a keyword it takes as long as a few hundred elements.
    np.subtract(index, _M_BITS, index)
    np.multiply(r, _C4, p)
    np.add(p, _C3, p)
    np.multiply(p, r, p)
    np.add(p, _C2, p)
    np.multiply(p, r, p)
    np.add(p, _C1, p)
    np.multiply(p, r, p)
    rest.take(index, None, r, "clip")
    np.add(p, r, p)
    value.take(index, None, r, "clip")
    np.multiply(p, r, p)
    np.add(p, r, out)


def exp_of_difference(x: Array, peak: Array, out: Array, buffers: Buffers) -> Array:
    """exp(x − peak) of the exact difference, which is at most 0.

    Let H be the multiple of 1/512 nearest to the peak, d the rounded difference, and h the multiple
    nearest to −d. g = H − h is such a multiple, too, and

        r = (x − g) − (peak − H)

    is x − peak + h, in which x − peak has not been rounded.

    Args:
        x: numbers of shape (n, m).
        peak: one number for each row, (n, 1), or for each column, (1, m).
        out: the array for the result, of the shape of x.
        buffers: memory for intermediate results.
    """
    columns = len(peak) == 1 and (len(x) > 1 or peak.shape[1] > 1)
    with np.errstate(all="ignore"), unbuffered(x.shape[1]):
        shifted_m = np.add(M, peak, out=buffers.array("exp shifted", peak.shape))
        above = np.subtract(shifted_m, M, out=buffers.array("exp above", peak.shape))
        np.subtract(peak, above, out=above)
        # Of numbers with a nan both the minimum and the maximum are nan.
        all_near = (
            np.minimum.reduce(peak, axis=None) > -_LARGEST_PEAK
            and np.maximum.reduce(peak, axis=None) < _LARGEST_PEAK
        )
        for part in _parts(x.shape, buffers.sizes.rows, columns=columns):
            each = (slice(None), part[1]) if columns else (part[0], slice(None))
            given, result = x[part], out[part]
            k, p = buffers.scratch(2, given.shape)
            r = result if result.flags.c_contiguous else buffers.scratch(3, given.shape)[2]
            np.subtract(given, peak[each], k)
            np.subtract(M, k, k)
            all_usual = all_near and np.maximum.reduce(k, axis=None) < _LAST
            np.subtract(shifted_m[each], k, r)
            np.subtract(given, r, r)
            np.subtract(r, above[each], r)
            _finish(k, r, p, result)
            if not all_usual:
                _mend(given, peak[each], result)
    return out


# M − d is below this number, unless d is close to the end of the table, or outside it.
_LAST = M + REACH
# Up to here adding a peak to M rounds it to a multiple of 1/512.
_LARGEST_PEAK = 2.0**40


def _mend(x: Array, peak: Array, out: Array) -> None:
    """Compute again the exponentials that are outside the table, or whose peak is too large."""
    difference, near = x - peak, np.abs(peak) < _LARGEST_PEAK
    # Results of 0 come from masked logits, of which there may be many: they are set at once.
    zero = difference < _ZERO
    np.copyto(out, 0.0, where=zero)
    at = np.nonzero(~(zero | (difference >= _LEAST) & near))
    few, top, d = x[at], np.broadcast_to(peak, x.shape)[at], difference[at]
    out[at] = exp(d, shift_error(few, top, d))


def _parts(shape: tuple[int, ...], at_once: int, *, columns: bool) -> Iterator[tuple[slice, slice]]:
    """Yield the parts of a block of two axes, of about ``at_once`` numbers each.

    A part is whole columns, or else rows, which are cut where a row alone is longer.
    """
    if columns:
        wide = max(1, at_once // shape[0])
        for left in range(0, shape[1], wide):
            yield slice(None), slice(left, left + wide)
        return
    high = max(1, at_once // shape[1])
    for top in range(0, shape[0], high):
        for left in range(0, shape[1], at_once):
            yield slice(top, top + high), slice(left, left + at_once)


def _exp_anywhere(x: Array, missing: Array | None = None) -> Array:
    """exp of any double, also where the result overflows, underflows or is nan."""
    bounded = np.minimum(np.maximum(x, -_FAR), _FAR)
    if missing is not None:
        # Of a number far outside even the rounding error is large, and is not that of the bound.
        missing = np.where(bounded == x, missing, 0.0)
    high, low, exponent = _exp_parts(bounded, missing)
    # In two steps: the first is exact, the second rounds a result that is subnormal.
    first = exponent >> 1
    return (high + low) * _power_of_two(first) * _power_of_two(exponent - first)


def _exp_parts(x: Array, missing: Array | None = None) -> tuple[Array, Array, Bits]:
    """exp(x) = (high + low)·2**exponent for |x| ≤ 800; low is below a unit in high's last place."""
    k = M - x
    r = (k - M) + x
    if missing is not None:
        r = r + missing
    index = k.view(np.int64) - _M_BITS
    # −h = −64·n − i/512
    n, i = index // (GRID * REACH), index % (GRID * REACH)
    near, far = grid_table(), far_table()
    high, error = two_product(
        near.value.take(i, mode="clip"), far.value.take(FARTHEST - n, mode="clip")
    )
    rest = near.rest.take(i, mode="clip") + far.rest.take(FARTHEST - n, mode="clip")
    p = r * (1 + r * (1 / 2 + r * (1 / 6 + r * (1 / 24 + r / 120))))
    return high, high * (p + rest) + error, far.exponent.take(FARTHEST - n, mode="clip")


def _power_of_two(exponent: Bits) -> Array:
    return ((exponent + 1023) << 52).view(np.float64)


# ---- expm1

_NEAR = 2.0**-4
# The series near 0: 1/3! + x/4! + … + x⁸/11!
_FACTORIALS = [_constant(1 / n) for n in (39916800, 3628800, 362880, 40320, 5040, 720, 120, 24, 6)]
_C5 = _constant(120.0)
_THIRD = _constant(1 / 6)
_HALF = _constant(0.5)


def _write_expm1(x: Array, _: Array | None, out: Array, buffers: Buffers) -> None:
    result = buffers.array("expm1", x.shape)
    near = np.less(np.abs(x, result), _NEAR, buffers.mask("near", x.shape))
    count = np.count_nonzero(near)
    if count == x.size:
        _write_expm1_near(x, result, buffers)
    elif count == 0:
        _write_expm1_far(x, result, buffers)
    else:
        for function, which in ((_write_expm1_near, near), (_write_expm1_far, ~near)):
            at = np.flatnonzero(which)
            some = buffers.array("expm1 some", at.shape)
            function(x.take(at), some, buffers)
            result[at] = some
    # expm1(−0) is −0.
    np.copysign(result, x, out)


def _write_expm1_near(x: Array, out: Array, buffers: Buffers) -> None:
    """x + (x²/2 + x²·(x·series))."""
    square, series = buffers.scratch(2, x.shape)
    np.multiply(x, _FACTORIALS[0], series)
    for factor in _FACTORIALS[1:-1]:
        np.add(series, factor, series)
        np.multiply(series, x, series)
    np.add(series, _FACTORIALS[-1], series)
    np.multiply(x, series, series)
    np.multiply(x, x, square)
    np.multiply(square, series, series)
    np.multiply(square, _HALF, square)
    np.add(square, series, series)
    np.add(x, series, out)


def _write_expm1_far(x: Array, out: Array, buffers: Buffers) -> None:
    """(T − 1) + T·(p + t), with the rounding error of T − 1."""
    k, p, r, rest = buffers.scratch(4, x.shape)
    index = k.view(np.int64)
    np.subtract(M, x, k)
    np.subtract(k, M, r)
    np.add(r, x, r)
    np.subtract(index, _M_BITS, index)
    np.divide(r, _C5, p)
    for coefficient in (_C4, _THIRD, _HALF, _ONE):
        np.add(p, coefficient, p)
        np.multiply(p, r, p)
    grid_table().rest.take(index, None, r, "clip")
    np.add(p, r, p)
    grid_table().value.take(index, None, r, "clip")
    np.multiply(p, r, p)
    # T − 1 = out + k
    np.subtract(r, _ONE, out)
    np.subtract(out, r, k)
    np.subtract(out, k, rest)
    np.subtract(r, rest, rest)
    np.add(k, _ONE, k)
    np.subtract(rest, k, k)
    np.add(k, p, k)
    np.add(out, k, out)
    if not (np.minimum.reduce(x) > 1.0 - REACH and np.maximum.reduce(x) <= 0.0):
        at = np.flatnonzero(~((x > 1.0 - REACH) & (x <= 0.0)))
        out[at] = _expm1_anywhere(x[at])


def _expm1_anywhere(x: Array) -> Array:
    high, low, exponent = _exp_parts(np.minimum(np.maximum(x, -REACH), REACH))
    scale = _power_of_two(exponent)
    less_one, error = two_sum(high * scale, -1.0)
    return np.where(np.abs(x) <= REACH, less_one + (error + low * scale), _exp_anywhere(x) - 1.0)
