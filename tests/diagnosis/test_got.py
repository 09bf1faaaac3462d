"""How far a formula may be from a number, as it was printed."""

from __future__ import annotations

import math

import pytest

from xentcli.diagnosis.printed_number import parse_number
from xentcli.errors import UsageError


@pytest.mark.parametrize(
    ("text", "value", "tolerance", "digits"),
    [
        ("3.947", 3.947, 0.0005, 4),
        ("3.9470", 3.947, 0.00005, 5),
        ("-0.25", -0.25, 0.005, 2),
        ("1e-3", 1e-3, 0.5e-3, 1),
        ("5.0664e-09", 5.0664e-09, 0.5e-13, 5),
        ("19", 19.0, 0.5, 2),
        (".5", 0.5, 0.05, 1),
        ("19.", 19.0, 0.5e-4, 2),
        ("0", 0.0, 0.0, 1),
        ("-0.", 0.0, 0.0, 1),
        ("0.0", 0.0, 0.0, 1),
        ("0.0000", 0.0, 0.5e-4, 1),
        ("tensor(1.1484)", 1.1484, 0.5e-4, 5),
        ("tensor(1.1484, grad_fn=<NllLossBackward0>)", 1.1484, 0.5e-4, 5),
        ("np.float64(1.1484)", 1.1484, 0.5e-4, 5),
        ("1.148410411910884", 1.148410411910884, 1.148410411910884e-12, 16),
        (" 2.5 ", 2.5, 0.05, 2),
    ],
)
def test_a_number_as_it_was_printed(text: str, value: float, tolerance: float, digits: int) -> None:
    found = parse_number(text)
    assert (found.value, found.digits) == (value, digits)
    assert found.tolerance == pytest.approx(tolerance, rel=1e-12)


def test_a_tolerance_of_one_s_own() -> None:
    assert parse_number("3.947", 0.1).tolerance == 0.1


@pytest.mark.parametrize("text", ["nan", "NaN", "tensor(nan)"])
def test_nan(text: str) -> None:
    assert math.isnan(parse_number(text).value)


@pytest.mark.parametrize(("text", "value"), [("inf", math.inf), ("-Infinity", -math.inf)])
def test_infinity(text: str, value: float) -> None:
    assert parse_number(text).value == value


@pytest.mark.parametrize("text", ["", "x", "1,5", "1_000", "--", "0x1p3", ".", "e5", "٣", "1e400"])
def test_no_number(text: str) -> None:
    with pytest.raises(UsageError, match="--got"):
        parse_number(text)
