"""Numbers beyond the range of doubles, for products that are within it again.

exp(−800) is no double, but 1e300·exp(−800) is; so is 1e-300 times a number beyond 1.8e308.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xentcli.core.elementary import exp
from xentcli.core.exact import two_product
from xentcli.core.layout import Array
from xentcli.core.sums import sum_along_rows
from xentcli.model import NamedTuple

# A result below LEAST times its largest factor may have lost digits. Where no factor is above LARGE
# that does not matter: the result itself is then below LEAST, or nearly.
LEAST, LARGE = 1e-300, 1e6
# exp of less is 0, whatever weight it is multiplied by.
LEAST_EXPONENT = -1e6
# ln 2 as the sum of two doubles.
_LN2, _LN2_REST = 0.6931471805599453, 2.3190468138462996e-17
# An exponent below that of any number but 0.
_FAR_BELOW = -(2**40)


class Wide(NamedTuple):
    """Numbers m·2^k with an integer k of any size."""

    mantissa: Array
    exponent: NDArray[np.int64]

    def times(self, *others: Wide) -> Wide:
        """The product."""
        mantissa, exponent = self
        for other in others:
            mantissa, carried = np.frexp(mantissa * other.mantissa)
            exponent = exponent + other.exponent + carried
        return Wide(mantissa, exponent)

    def over(self, other: Wide) -> Wide:
        """The quotient."""
        mantissa, carried = np.frexp(self.mantissa / other.mantissa)
        return Wide(mantissa, self.exponent - other.exponent + carried)

    def plus(self, other: Wide) -> Wide:
        """The sum."""
        nothing, other_nothing = self.mantissa == 0.0, other.mantissa == 0.0
        exponent = np.maximum(
            np.where(nothing, other.exponent, self.exponent),
            np.where(other_nothing, self.exponent, other.exponent),
        )
        mantissa, carried = np.frexp(_in_units(self, exponent) + _in_units(other, exponent))
        return Wide(mantissa, exponent + carried)

    def sum_of_rows(self) -> Wide:
        """The sum of each row."""
        exponent = np.where(self.mantissa == 0.0, _FAR_BELOW, self.exponent).max(axis=1)
        total = sum_along_rows(_in_units(self, exponent[:, np.newaxis]))
        mantissa, carried = np.frexp(total)
        return Wide(mantissa, exponent + carried)

    @property
    def column(self) -> Wide:
        """The numbers, one a row, as a column that broadcasts over rows."""
        return Wide(self.mantissa[:, np.newaxis], self.exponent[:, np.newaxis])

    @property
    def value(self) -> Array:
        """The numbers as doubles, which may overflow to ±inf or underflow to 0."""
        return _in_units(self, 0)


def _in_units(numbers: Wide, exponent: NDArray[np.int64] | int) -> Array:
    """The numbers divided by 2^exponent, as doubles."""
    bounded = np.clip(numbers.exponent - exponent, -5000, 5000)
    with np.errstate(over="ignore", under="ignore"):
        result: Array = np.ldexp(numbers.mantissa, bounded.astype(np.int32))
    return result


def wide(values: Array | float) -> Wide:
    """Return doubles as wide numbers."""
    mantissa, exponent = np.frexp(values)
    return Wide(mantissa, np.asarray(exponent, dtype=np.int64))


def wide_exp(values: Array, lost: Array | float = 0.0) -> Wide:
    """exp(values + lost), where the values are at most 0.

    >>> float(wide_exp(np.array(-2000.0)).times(wide(2.0**1000), wide(2.0**1000)).value)
    2.958199923221943e-267
    """
    bounded = np.maximum(values, LEAST_EXPONENT)
    # The rounding error of a number below the bound is not that of the bound.
    lost = np.where(values < LEAST_EXPONENT, 0.0, lost)
    power = np.rint(bounded / _LN2)
    product, rounding = two_product(power, _LN2)
    rest = (bounded - product) - rounding
    found = wide(exp(rest, lost - power * _LN2_REST))
    return Wide(found.mantissa, found.exponent + power.astype(np.int64))


def choose(condition: NDArray[np.bool_], one: Wide, other: Wide) -> Wide:
    """Return the numbers of ``one`` where the condition holds, and of ``other`` elsewhere."""
    return Wide(
        np.where(condition, one.mantissa, other.mantissa),
        np.where(condition, one.exponent, other.exponent),
    )


def power(log_base: Array, lost: Array | float, exponent: float) -> Wide:
    """exp(exponent·(log_base + lost)): a power of a base from 0 to 1, given by its logarithm."""
    if exponent == 0.0:
        return wide(np.ones(log_base.shape))
    product, rounding = two_product(np.maximum(log_base, LEAST_EXPONENT), exponent)
    lost = np.where(log_base < LEAST_EXPONENT, 0.0, lost)
    return wide_exp(product, rounding + exponent * lost)


def in_doubt(found: Array, most: Array) -> NDArray[np.bool_]:
    """Return where a result overflowed or may have lost digits; ``most`` is its largest factor."""
    wrong: NDArray[np.bool_] = np.isinf(found)
    if (most > LARGE).any():
        wrong = wrong | ((np.abs(found) < LEAST * most) & (most > LARGE))
    return wrong
