"""Floats of 8 and 16 bits: the smallest, the largest, and what is no number."""

from __future__ import annotations

import math

import numpy as np
import pytest

from xentcli.readers.arrays.narrow import FLOAT8, widen

# Micikevicius et al., FP8 Formats for Deep Learning (2022), table 1; ONNX for the "uz" ones: the
# largest subnormal, the smallest normal number, and the largest number.
KNOWN: dict[str, dict[int, float]] = {
    "float8_e4m3fn": {
        0x01: 2**-9,
        0x07: 0.875 * 2**-6,
        0x08: 2**-6,
        0x38: 1.0,
        0x7E: 448.0,
        0x7F: math.nan,
        0xFF: math.nan,
        0x80: -0.0,
        0x81: -(2**-9),
        0xFE: -448.0,
    },
    "float8_e5m2": {
        0x01: 2**-16,
        0x03: 0.75 * 2**-14,
        0x04: 2**-14,
        0x3C: 1.0,
        0x7B: 57344.0,
        0x7C: math.inf,
        0xFC: -math.inf,
        0x7D: math.nan,
        0x7F: math.nan,
        0x80: -0.0,
        0xFB: -57344.0,
    },
    "float8_e4m3fnuz": {
        0x01: 2**-10,
        0x07: 0.875 * 2**-7,
        0x08: 2**-7,
        0x40: 1.0,
        0x7F: 240.0,
        0x80: math.nan,
        0xFF: -240.0,
        0x81: -(2**-10),
    },
    "float8_e5m2fnuz": {
        0x01: 2**-17,
        0x03: 0.75 * 2**-15,
        0x04: 2**-15,
        0x40: 1.0,
        0x7F: 57344.0,
        0x80: math.nan,
        0xFF: -57344.0,
    },
    "bfloat16": {
        0x0001: 2**-133,
        0x3F80: 1.0,
        0x4049: 3.140625,
        0x7F80: math.inf,
        0xFF80: -math.inf,
    },
}


@pytest.mark.parametrize("form", KNOWN)
def test_narrow_floats(form: str) -> None:
    width = np.uint16 if form == "bfloat16" else np.uint8
    found = widen(np.array(list(KNOWN[form]), dtype=width), form)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, np.array(list(KNOWN[form].values()), dtype=np.float32))


@pytest.mark.parametrize("form", FLOAT8)
def test_narrow_floats_rise_with_their_bits(form: str) -> None:
    found = widen(np.arange(256, dtype=np.uint8), form)
    for half, sign in ((found[:128], 1), (found[128:], -1)):
        finite = half[np.isfinite(half)]
        assert (np.diff(sign * finite) > 0).all()
        assert not np.signbit(sign * finite[finite != 0]).any()
