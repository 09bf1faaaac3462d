"""The number that the user got, read from its printed form."""

from __future__ import annotations

import math
import re

import numpy as np

from xentcli.errors import UsageError, quoted
from xentcli.model import NamedTuple

# PyTorch prints four decimals, and 3. where they are all 0: half a unit of the fourth.
WHOLE = 0.5e-4
# Even with all digits printed, the last ones may differ: another library adds in another order.
LEAST = 1e-12

# A number with this many digits can be recognised as a float32.
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


class PrintedNumber(NamedTuple):
    """A printed number: its text, its value, and how far from it a formula's value may be.

    ``digits`` is the number of significant digits. ``unit`` is the value of 1 in the last of them,
    or 0 where the user gave a tolerance.
    """

    text: str
    value: float
    tolerance: float
    digits: int
    unit: float = 0.0

    @property
    def is_float32(self) -> bool:
        """Whether this is a float32 printed in full, in its own digits or as a double."""
        narrow = np.float32(self.value)
        if self.unit == 0.0 or self.digits < FLOAT32_DIGITS or not np.isfinite(narrow):
            return False
        return float(narrow) == self.value or float(str(narrow)) == self.value


def parse_number(text: str, tolerance: float | None = None) -> PrintedNumber:
    """Read a printed number; its tolerance is half a unit of its last digit, unless one is given.

    >>> parse_number("3.947").tolerance, parse_number("1e-3").tolerance
    (0.0005, 0.0005)
    >>> parse_number("tensor(19.1000)")
    PrintedNumber(text='19.1000', value=19.1, tolerance=5e-05, digits=6, unit=0.0001)
    """
    if tolerance is not None and not 0 <= tolerance < math.inf:
        raise UsageError(f"--tolerance: {tolerance} is not a finite number from 0 up")
    # A typographic minus sign, and the brackets around a single number.
    written = text.strip().replace("\N{MINUS SIGN}", "-").removeprefix("[").removesuffix("]")
    printed = _PRINTED.fullmatch(written)
    if printed:
        written = printed[1]
    if written.lower() in _NOT_FINITE:
        return PrintedNumber(written, _NOT_FINITE[written.lower()], 0.0, 0)
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
    return PrintedNumber(
        shown, value, max(half, LEAST * abs(value)), max(1, len(significant)), unit
    )


def _half_a_unit(match: re.Match[str], value: float) -> float:
    whole, point, decimals, exponent = match[2], match[3], match[4], int(match[5] or 0)
    half = float(f"5e{exponent - len(decimals) - 1}")
    if value == 0 and len(decimals) < 2:
        # Programs print 0, 0. and 0.0 only for a number that is exactly 0.
        return 0.0
    is_whole = bool(whole and point and not decimals and not match[5])
    return min(half, WHOLE) if is_whole else half
