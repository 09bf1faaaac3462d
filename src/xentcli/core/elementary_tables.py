"""The tables of :mod:`xentcli.core.elementary`, worked out in integers: the same on every machine.

They are computed with integers in units of 2**-192, the logarithms in units of 2**-128. An entry is
a pair, a double and its rounding error, which together are right to more than 100 bits. Each table
is made when it is first asked for, in about a millisecond.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from xentcli.core.exact import two_product
from xentcli.core.layout import Array
from xentcli.model import NamedTuple

PLACES = 192
ONE = 1 << PLACES
# Logarithms do not become as small, and need not as many.
LOG_PLACES = 128
LOG_ONE = 1 << LOG_PLACES

# exp is tabulated for every multiple of 1/512 from 0 down to −64.
GRID = 512
REACH = 64
# One more factor serves all other x: exp(64n) for n from −13 to 13, at whose ends exp is 0 and ∞.
FARTHEST = 13

# log z is tabulated for 256 intervals of z from 0.6875 up to 1.375.
FIRST_Z = 0.6875
INTERVALS = 256
INTERVAL_BITS = 44
# The upper parts of ln 2 and log v are multiples of 2**-42: e·ln 2 − log v of them is exact.
CUT = 42


class GridTable(NamedTuple):
    """exp(−i/512) as a double, and its rounding error relative to it.

    The last entry is 0, for every x beyond the table.
    """

    value: Array
    rest: Array


class FarTable(NamedTuple):
    """Entry n + 13 is exp(64n) = value·(1 + rest)·2**exponent, with a value from 1 to 2."""

    value: Array
    rest: Array
    exponent: NDArray[np.int64]


class LogTable(NamedTuple):
    """For each interval of z: v, 1/z rounded to 11 bits, and −log v as the sum of two doubles."""

    reciprocal: Array
    upper: Array
    lower: Array
    ln2_upper: float
    ln2_lower: float


@cache
def grid_table() -> GridTable:
    """Tabulate exp(−i/512) as the product of exp(−a/4) and exp(−b/512), i = 128a + b."""
    coarse, coarse_rest = _powers(_exp(-ONE // 4), 4 * REACH + 1)
    fine, fine_rest = _powers(_exp(-ONE // GRID), GRID // 4)
    rest = np.add.outer(coarse_rest / coarse, fine_rest / fine)
    value = np.empty_like(rest)
    # A few rows at a time: their intermediate results stay in the nearest cache.
    for start in range(0, len(coarse), 16):
        rows = slice(start, start + 16)
        value[rows], error = two_product(coarse[rows, np.newaxis], fine)
        rest[rows] += error / value[rows]
    # The last row goes on beyond exp(−64): its second entry ends the table.
    last = GRID * REACH + 1
    table = GridTable(value.reshape(-1)[: last + 1], rest.reshape(-1)[: last + 1])
    table.value[last] = table.rest[last] = 0.0
    return table


@cache
def far_table() -> FarTable:
    """Tabulate exp(64n) by repeated multiplication, and below n = 0 by division."""
    # exp(−832) is below 2**-1200: it needs more places.
    places = 8 * PLACES
    e, step = _exp(ONE), 1 << places
    for _ in range(REACH):
        step = step * e >> PLACES
    powers = [1 << places]
    for _ in range(FARTHEST):
        powers.append(powers[-1] * step >> places)
    inverses = [(1 << 2 * places) // power for power in powers[:0:-1]]
    lengths = [power.bit_length() - 1 for power in inverses + powers]
    scaled = [
        (power << PLACES) >> length
        for power, length in zip(inverses + powers, lengths, strict=True)
    ]
    value, rest = _pairs(scaled)
    return FarTable(value, rest / value, np.array(lengths) - places)


@cache
def log_table() -> LogTable:
    """Tabulate v and −log v by interval: of the z that share the first 8 bits after the point."""
    first = np.array(FIRST_Z).view(np.int64)
    edges = (first + (np.arange(INTERVALS + 1) << INTERVAL_BITS)).view(np.float64)
    parts = np.rint(2048.0 / (edges[:-1] + edges[1:])).astype(int)
    # In the intervals beside 1, v is 1: log z is near 0 there, and log v must not cancel with it.
    parts[(edges[:-1] == 1.0) | (edges[1:] == 1.0)] = 1024
    logs = _logs_of_1024ths(set(parts.tolist()))
    unit = LOG_ONE >> CUT
    log_v = [-logs[part] for part in parts.tolist()]
    upper = [(log + unit // 2) // unit * unit for log in log_v]
    lower = [log - high for log, high in zip(log_v, upper, strict=True)]
    ln2 = 2 * _artanh(LOG_ONE // 3)
    ln2_upper = ln2 // unit * unit
    return LogTable(
        parts / 1024,
        np.array([high / LOG_ONE for high in upper]),
        np.array([low / LOG_ONE for low in lower]),
        ln2_upper / LOG_ONE,
        (ln2 - ln2_upper) / LOG_ONE,
    )


def _logs_of_1024ths(parts: set[int]) -> dict[int, int]:
    """Compute log(part/1024) of each part, from 1024 upwards and then downwards.

    From one part to the next it is a short step, whose series needs few terms.
    """
    logs = {1024: 0}
    upwards = sorted(part for part in parts if part > 1024)
    downwards = sorted((part for part in parts if part < 1024), reverse=True)
    for way in (upwards, downwards):
        last = 1024
        for part in way:
            # log(a/b) = 2·artanh((a − b)/(a + b))
            logs[part] = logs[last] + 2 * _artanh((part - last) * LOG_ONE // (part + last))
            last = part
    return logs


def _exp(x: int) -> int:
    """exp(x) for |x| ≤ 1, x and the result in units of 2**-192."""
    term, total, n = ONE, ONE, 1
    while term not in (0, -1):
        term = (term * x >> PLACES) // n
        total += term
        n += 1
    return total


def _artanh(x: int) -> int:
    """artanh(x) = x + x³/3 + x⁵/5 + …, x and the result in units of 2**-128."""
    square, power, total, n = x * x >> LOG_PLACES, x, 0, 1
    while power not in (0, -1):
        total += power // n
        power = power * square >> LOG_PLACES
        n += 2
    return total


def _powers(ratio: int, count: int) -> tuple[Array, Array]:
    """Return ratio⁰, ratio¹, ratio², … as doubles and their rounding errors."""
    powers = [ONE]
    for _ in range(count - 1):
        powers.append(powers[-1] * ratio >> PLACES)
    return _pairs(powers)


def _pairs(numbers: list[int]) -> tuple[Array, Array]:
    """Return the nearest doubles, and their rounding errors."""
    # The quotient of two integers is rounded once; a double times a power of two is exact.
    nearest = [number / ONE for number in numbers]
    left = [
        (number - int(double * float(ONE))) / ONE
        for number, double in zip(numbers, nearest, strict=True)
    ]
    return np.array(nearest), np.array(left)
