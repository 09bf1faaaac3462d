"""The number that somebody got, as it was printed."""

from __future__ import annotations

import math
import re

import numpy as np

from xentcli.errors import UsageError, quoted
from xentcli.model import NamedTuple

# What PyTorch prints as 3. is whole in all of its four decimals.
WHOLE = 0.5e-4
# A number with all its digits may still differ in the last ones: sums are taken in another order.
LEAST = 1e-12

# So many digits and more tell a float32 from other numbers.
FLOAT32_DIGITS = 7

_NUMBER = r"([+-]?)([0-9]*)(\.?)([0-9]*)(?:[eE]([+-]?[0-9]{1,4}))?"
# tensor(1.1484, grad_fn=<NllLossBackward0>), np.float64(1.1484)
_PRINTED = re.compile(r"(?:[A-Za-z_][\w.]*\(\s*)([^,()\s]+)\s*(?:,.*)?\)", re.DOTALL)
_NOT_FINITE = {
    "nan": math.nan,
    "inf": math.inf,
    "+inf": math.inf,
    "-inf": -math.inf,
    "infinity": math.inf,
    "+infinity": math.inf,
    "-infinity": -math.inf,
}


class Got(NamedTuple):
    """The text, the number, and how far a formula may be from it; ``digits`` are significant.

    ``unit`` is one of the last printed digit, 0 where a tolerance was given in its place.
    """

    text: str
    value: float
    tolerance: float
    digits: int
    unit: float = 0.0

    @property
    def is_float32(self) -> bool:
        """Whether that is how a number of 32 bits is printed, in its own digits or as a double."""
        narrow = np.float32(self.value)
        if self.unit == 0.0 or self.digits < FLOAT32_DIGITS or not np.isfinite(narrow):
            return False
        return float(narrow) == self.value or float(str(narrow)) == self.value


def parse_got(text: str, tolerance: float | None = None) -> Got:
    """A number with half a unit of its last digit, unless a tolerance is given.

    >>> parse_got("3.947").tolerance, parse_got("1e-3").tolerance
    (0.0005, 0.0005)
    >>> parse_got("tensor(19.1000)")
    Got(text='19.1000', value=19.1, tolerance=5e-05, digits=6, unit=0.0001)
    """
    if tolerance is not None and not 0 <= tolerance < math.inf:
        raise UsageError(f"--tolerance: {tolerance} is not a finite number from 0 up")
    # The minus sign of a page, and the brackets around a lone number.
    written = text.strip().replace("\N{MINUS SIGN}", "-").removeprefix("[").removesuffix("]")
    printed = _PRINTED.fullmatch(written)
    if printed:
        written = printed[1]
    if written.lower() in _NOT_FINITE:
        return Got(written, _NOT_FINITE[written.lower()], 0.0, 0)
    match = re.fullmatch(_NUMBER, written)
    if match is None or not (match[2] or match[4]):
        raise UsageError(
            f"--got: cannot read {quoted(text)} as a number",
            hint="give it as it was printed: --got 3.947",
        )
    value = float(written)
    if math.isinf(value):
        raise UsageError(f"--got: {quoted(text)} is too large for a 64-bit float")
    half = _half_a_unit(match, value) if tolerance is None else tolerance
    unit = 2 * half if tolerance is None else 0.0
    significant = (match[2] + match[4]).lstrip("0")
    shown = written.removesuffix(".")
    return Got(shown, value, max(half, LEAST * abs(value)), max(1, len(significant)), unit)


def _half_a_unit(match: re.Match[str], value: float) -> float:
    whole, point, decimals, exponent = match[2], match[3], match[4], int(match[5] or 0)
    half = float(f"5e{exponent - len(decimals) - 1}")
    if value == 0 and len(decimals) < 2:
        # 0, 0. and 0.0 are how programs print a number that is exactly that.
        return 0.0
    is_whole = bool(whole and point and not decimals and not match[5])
    return min(half, WHOLE) if is_whole else half
