"""exp, log, log1p and expm1: right to about half a unit in the last place, and always the same."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

from tests.conftest import ROOT
from xentcli.core import elementary, layout
from xentcli.core.elementary_tables import GRID, REACH
from xentcli.core.layout import Buffers

Array = NDArray[np.float64]
Function = Callable[..., Array]

PLACES = 120


def exact_log1p(x: Any) -> Any:
    """mpmath's own takes five times as long."""
    return mpmath.log(mpmath.fadd(1, x, exact=True)) if x > -1 else mpmath.log1p(x)


def exact_expm1(x: Any) -> Any:
    """Likewise; as many places more as the subtraction takes away."""
    if not mpmath.isfinite(x) or x == 0:
        return mpmath.expm1(x)
    places = PLACES + max(0, -mpmath.mag(x))
    return mpmath.fsub(mpmath.exp(x, prec=places), 1, prec=places)


FUNCTIONS: dict[str, tuple[Function, Callable[[Any], Any]]] = {
    "exp": (elementary.exp, mpmath.exp),
    "log": (elementary.log, mpmath.log),
    "log1p": (elementary.log1p, exact_log1p),
    "expm1": (elementary.expm1, exact_expm1),
}
BOUND = {"exp": 0.51, "log": 0.51, "log1p": 0.51, "expm1": 0.55}
SUBNORMAL = 0.75


def neighbours(values: Array) -> Array:
    """Each value and the three doubles on either side of it."""
    found = [values]
    for way in (-np.inf, np.inf):
        near = values
        for _ in range(3):
            near = np.nextafter(near, way)
            found.append(near)
    return np.concatenate(found)


def arguments(name: str, count: int) -> Array:
    """Arguments of every size, and those where something changes."""
    rng = np.random.default_rng(len(name))
    powers = 2.0 ** np.arange(-1073, 1023)
    signs = rng.choice([-1.0, 1.0], count)
    if name == "log":
        found = [
            2.0 ** rng.uniform(-1074, 1024, count),
            rng.uniform(0.5, 2.0, count),
            1 + signs * 2.0 ** rng.uniform(-53, -3, count),
            neighbours(1 + rng.integers(-150, 150, count // 8) / 512),
            powers,
        ]
    elif name == "log1p":
        found = [
            2.0 ** rng.uniform(-1074, 1023, count),
            -(2.0 ** rng.uniform(-1074, 0, count)),
            2.0 ** rng.uniform(-60, 4, count),
            2.0 ** rng.uniform(-60, 0, count) - 1,
            neighbours(rng.integers(-150, 400, count // 8) / 512),
            powers,
            -powers[powers < 1],
        ]
    else:
        steps = rng.integers(0, GRID * REACH, count // 8) / GRID
        found = [
            -rng.exponential(8, count),
            rng.uniform(-745, 709, count),
            signs * 2.0 ** rng.uniform(-60, 3, count),
            neighbours(-steps),
            neighbours(-steps - 0.5 / GRID),
            neighbours(np.arange(-11.0, 11.0) * REACH),
            np.concatenate([powers, -powers])[np.abs(np.tile(powers, 2)) < 700],
        ]
    return np.concatenate(found)


def units_off(name: str, x: Array) -> Iterator[tuple[float, float, float]]:
    """Argument, result, and how many units in the last place of the exact result it is off."""
    function, exact = FUNCTIONS[name]
    with mpmath.workprec(PLACES):
        for argument, result in zip(x.tolist(), function(x).tolist(), strict=True):
            right = exact(mpmath.mpf(argument))
            if right == 0 or mpmath.isinf(right):
                off = 0.0 if result == right else np.inf
            else:
                place = max(-1074, right.exp + right.bc - 53)
                off = float(mpmath.ldexp(abs(mpmath.mpf(result) - right), -place))
            yield argument, result, off


def too_far_off(name: str, x: Array) -> list[tuple[float, float, float]]:
    return [
        (argument, result, off)
        for argument, result, off in units_off(name, x)
        if not off <= (BOUND[name] if abs(result) >= 2.0**-1022 else SUBNORMAL)
    ]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_right_to_half_a_unit(name: str) -> None:
    assert too_far_off(name, arguments(name, 500)) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.parametrize("part", range(4))
def test_right_to_half_a_unit_of_many(name: str, part: int) -> None:
    x = arguments(name, 52_000)
    assert x.size >= 200_000
    assert too_far_off(name, x[part::4]) == []


INF, NAN = np.inf, np.nan
SPECIAL: dict[str, tuple[list[float], list[float | None]]] = {
    "exp": ([0.0, -0.0, -INF, INF, NAN, -746.0, 710.0, -64.0], [1, 1, 0, INF, NAN, 0, INF, None]),
    "log": ([1.0, 0.0, -0.0, -1.0, -INF, INF, NAN], [0.0, -INF, -INF, NAN, NAN, INF, NAN]),
    "log1p": ([0.0, -0.0, -1.0, -2.0, -INF, INF, NAN], [0.0, -0.0, -INF, NAN, NAN, INF, NAN]),
    "expm1": ([0.0, -0.0, -INF, INF, NAN, -800.0, 710.0], [0.0, -0.0, -1, INF, NAN, -1, INF]),
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_what_is_no_ordinary_number(name: str) -> None:
    given, expected = SPECIAL[name]
    # Beside ordinary numbers as well as alone.
    for x in (np.array(given), np.array([0.25, *given, 0.5])):
        for argument, result in zip(x.tolist(), FUNCTIONS[name][0](x).tolist(), strict=True):
            right = dict(zip(map(repr, given), expected, strict=True)).get(repr(argument))
            if right is not None:
                assert repr(result) == repr(float(right)), argument


def mixed(name: str, size: int) -> Array:
    """Arguments of every kind, in an order of their own."""
    x = np.concatenate([arguments(name, 3000), np.array(SPECIAL[name][0])])
    return np.random.default_rng(7).choice(x, size)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_an_element_is_the_same_in_any_company(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    function, x = FUNCTIONS[name][0], mixed(name, 40_000)
    expected = function(x)
    for start, stop, step in ((0, 1, 1), (17, 4001, 1), (3, 40_000, 7), (39_000, 0, -3)):
        part = slice(start, stop, step)
        same_bits(function(x[part]), expected[part])
    for size in (1, 2, 3, 5, 17, 63):
        same_bits(function(x[:size]), expected[:size])
    same_bits(function(x.reshape(200, 200).T), expected.reshape(200, 200).T)
    same_bits(function(x.astype(">f8")), expected)
    same_bits(function(x.tolist()), expected)
    monkeypatch.setattr(layout, "ALONE", layout.ALONE._replace(part=100))
    same_bits(function(x), expected)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_results_are_put_where_they_are_wanted(name: str) -> None:
    function, x, buffers = FUNCTIONS[name][0], mixed(name, 10_000), Buffers()
    expected = function(x)
    out = np.empty_like(x)
    assert function(x, out=out, buffers=buffers) is out
    same_bits(out, expected)
    columns = np.empty((100, 100), order="F")
    assert function(x.reshape(100, 100), out=columns, buffers=buffers) is columns
    same_bits(columns, expected.reshape(100, 100))
    kept = x.copy()
    function(kept, out=kept, buffers=buffers)
    same_bits(kept, expected)
    assert function(np.empty((0, 3))).shape == (0, 3)
    assert function(0.25).shape == ()


@pytest.mark.parametrize("name", ["exp", "log1p"])
def test_what_a_double_could_not_hold_is_taken_into_account(name: str) -> None:
    function, exact = FUNCTIONS[name]
    rng = np.random.default_rng(5)
    x = rng.uniform(-200, 20, 500) if name == "exp" else 2.0 ** rng.uniform(-60, 8, 500)
    missing = np.spacing(np.abs(x)) * rng.uniform(-0.5, 0.5, 500)
    with mpmath.workprec(PLACES):
        for one, rest, result in zip(x, missing, function(x, missing), strict=True):
            right = exact(mpmath.mpf(float(one)) + mpmath.mpf(float(rest)))
            assert abs(float(result) - right) <= BOUND[name] * np.spacing(result), (one, rest)


@pytest.mark.parametrize("far", [746.5, 1e9, 1e25, 3.4e38, 1e300, INF])
def test_the_rounding_error_of_a_number_far_outside_changes_nothing(far: float) -> None:
    # Half a unit in the last place of 1e25 is a thousand million.
    missing = far * 2.0**-54 if far < INF else 0.0
    for rest in (missing, -missing):
        assert elementary.exp([-far, far], [rest, rest]).tolist() == [0.0, INF]


@pytest.mark.parametrize("offset", [0.0, 0.3, -17.3, 1e6 / 3, -1e9 / 7, 2.0**45, 1e300, 5e-324])
def test_the_exponential_of_a_difference_before_its_rounding(
    offset: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(11)
    x = rng.normal(size=(60, 90)) * 6 + offset
    x[3, 5:9], x[7] = -INF, x[7] * 1e3
    for axis in (0, 1):
        peak = x.max(axis=axis, keepdims=True)
        out = np.empty_like(x)
        found = elementary.exp_of_difference(x, peak, out, Buffers())
        assert found is out
        peaks = np.broadcast_to(peak, x.shape)
        with mpmath.workprec(PLACES):
            for a, b, e in zip(x.ravel()[::7], peaks.ravel()[::7], found.ravel()[::7], strict=True):
                right = mpmath.exp(mpmath.mpf(float(a)) - mpmath.mpf(float(b)))
                assert abs(float(e) - right) <= 0.76 * np.spacing(float(e)), (a, b)
        assert (found[x == peaks] == 1.0).all()
        with monkeypatch.context() as small:
            small.setattr(layout, "ALONE", layout.ALONE._replace(rows=77))
            again = elementary.exp_of_difference(x, peak, np.empty_like(x), Buffers())
        same_bits(again, found)


def same_bits(found: Array, expected: Array) -> None:
    assert found.shape == expected.shape
    assert found.astype(np.float64).tobytes() == np.ascontiguousarray(expected).tobytes()


def test_the_tables_are_made_when_they_are_needed() -> None:
    program = (
        "import json, xentcli.run.pipeline, xentcli.core.elementary_tables as tables;"
        "print(json.dumps([f.cache_info().currsize"
        " for f in (tables.grid_table, tables.log_table, tables.far_table)]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=os.environ
    )
    assert json.loads(ran.stdout) == [0, 0, 0]


def sources() -> list[Path]:
    return sorted((ROOT / "src").rglob("*.py"))


def test_nothing_is_multiplied_by_blas_or_raised_by_the_c_library() -> None:
    """``@`` and ``**`` have no name that a linter could keep out; a power of constants is exact."""
    found = []
    for path in sources():
        if path.name == "differences.py":
            continue  # In long double, which the linter exempts as well.
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.BinOp | ast.AugAssign):
                continue
            bad = isinstance(node.op, ast.MatMult)
            if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow):
                bad = not (isinstance(node.left, ast.Constant) and node.left.value in (2, 10))
            if bad:
                found.append(f"{path.relative_to(ROOT)}:{node.lineno}: {ast.unparse(node)}")
    assert found == []
