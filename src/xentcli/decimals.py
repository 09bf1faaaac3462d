"""Numbers rounded for the eye."""

from __future__ import annotations

import math


def rounded(value: float, digits: int) -> str:
    """A number for the eye: decimals where they say something, else a power of ten."""
    if math.isnan(value) or math.isinf(value):
        return str(value)
    if value == 0:
        return "0"
    if float(f"1e-{digits}") <= abs(value) < 1e6:
        return f"{value:.{digits}f}"
    return f"{value:.{digits}e}"
