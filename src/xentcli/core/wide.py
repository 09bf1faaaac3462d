"""Numbers beyond the range of doubles, for products that are doubles again.

A weight of 1e300 makes a double of exp(−800), and one of 1e-300 of what is beyond 1.8e308.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xentcli.core.elementary import exp
from xentcli.core.exact import two_product
from xentcli.core.layout import Array
from xentcli.model import NamedTuple

# A result below this times its largest factor has lost digits, or may have; with factors that are
# not LARGE it is below this itself.
LEAST, LARGE = 1e-300, 1e6
# exp of less is nothing, whatever it is multiplied by.
LEAST_EXPONENT = -1e6
# ln 2, and what is missing from it.
_LN2, _LN2_REST = 0.6931471805599453, 2.3190468138462996e-17


class Wide(NamedTuple):
    """Numbers m·2^k whose k has no bounds."""

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

    @property
    def value(self) -> Array:
        """As doubles."""
        bounded = np.clip(self.exponent, -5000, 5000)
        with np.errstate(over="ignore", under="ignore"):
            result: Array = np.ldexp(self.mantissa, bounded.astype(np.int32))
        return result


def wide(values: Array | float) -> Wide:
    """Doubles as such numbers."""
    mantissa, exponent = np.frexp(values)
    return Wide(mantissa, np.asarray(exponent, dtype=np.int64))


def wide_exp(values: Array, lost: Array | float = 0.0) -> Wide:
    """exp(values + lost) of numbers that are at most 0.

    >>> float(wide_exp(np.array(-2000.0)).times(wide(2.0**1000), wide(2.0**1000)).value)
    2.958199923221943e-267
    """
    bounded = np.maximum(values, LEAST_EXPONENT)
    power = np.rint(bounded / _LN2)
    product, rounding = two_product(power, _LN2)
    rest = (bounded - product) - rounding
    found = wide(exp(rest, lost - power * _LN2_REST))
    return Wide(found.mantissa, found.exponent + power.astype(np.int64))


def choose(condition: NDArray[np.bool_], one: Wide, other: Wide) -> Wide:
    """One where the condition holds, else the other."""
    return Wide(
        np.where(condition, one.mantissa, other.mantissa),
        np.where(condition, one.exponent, other.exponent),
    )


def power(log_base: Array, lost: Array | float, exponent: float) -> Wide:
    """exp(exponent·(log_base + lost)) of a base from 0 to 1."""
    if exponent == 0.0:
        return wide(np.ones(log_base.shape))
    product, rounding = two_product(np.maximum(log_base, LEAST_EXPONENT), exponent)
    return wide_exp(product, rounding + exponent * lost)


def in_doubt(found: Array, most: Array) -> NDArray[np.bool_]:
    """Where a result that is at most ``most`` times something overflowed or lost digits."""
    wrong: NDArray[np.bool_] = np.isinf(found)
    if (most > LARGE).any():
        wrong = wrong | ((np.abs(found) < LEAST * most) & (most > LARGE))
    return wrong
