"""Decodes floats for which NumPy has no dtype: bfloat16, and PyTorch's 8-bit types."""

from __future__ import annotations

import math
from functools import cache

import numpy as np

from xentcli.model import AnyArray, NamedTuple


class Float8(NamedTuple):
    """How an 8-bit float uses its bits: one for the sign, then the exponent, then ``mantissa``
    bits.

    With ``infinite`` the largest exponent stands for inf and nan, as in IEEE 754. With
    ``unsigned_0`` the bits of −0 stand for nan, and there is no inf. Otherwise an exponent and
    mantissa of all ones stand for nan, and there is no inf.
    """

    mantissa: int
    bias: int
    infinite: bool = False
    unsigned_0: bool = False


# Micikevicius et al., FP8 Formats for Deep Learning (2022); the "uz" ones as in ONNX.
FLOAT8 = {
    "float8_e4m3fn": Float8(3, 7),
    "float8_e5m2": Float8(2, 15, infinite=True),
    "float8_e4m3fnuz": Float8(3, 8, unsigned_0=True),
    "float8_e5m2fnuz": Float8(2, 16, unsigned_0=True),
}


def widen(part: AnyArray, form: str) -> AnyArray:
    """Convert numbers of a narrow type, given as unsigned integers of its width, to float32."""
    if form == "bfloat16":
        return (part.astype(np.uint32) << np.uint32(16)).view(np.float32)
    return _values_of_bytes(form)[part]


@cache
def _values_of_bytes(form: str) -> AnyArray:
    return np.array([_decode(byte, FLOAT8[form]) for byte in range(256)], dtype=np.float32)


def _decode(byte: int, form: Float8) -> float:
    sign = -1.0 if byte & 0x80 else 1.0
    bits = byte & 0x7F
    fraction, exponent = bits & ((1 << form.mantissa) - 1), bits >> form.mantissa
    if form.unsigned_0 and byte == 0x80:
        return math.nan
    if form.infinite and bits >> form.mantissa == (0x7F >> form.mantissa):
        return math.nan if fraction else sign * math.inf
    if not form.unsigned_0 and bits == 0x7F:
        return math.nan
    if exponent == 0:
        return sign * math.ldexp(fraction, 1 - form.bias - form.mantissa)
    return sign * math.ldexp(fraction + (1 << form.mantissa), exponent - form.bias - form.mantissa)
