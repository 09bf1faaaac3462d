"""Logits so far apart that exp(d) or d is no double, while its product with a weight is."""

from __future__ import annotations

import math
import sys
from fractions import Fraction
from pathlib import Path

import mpmath
import numpy as np
import pytest

from tests.conftest import Xent
from tests.faults.running import run_inside
from xentcli import cross_entropy, cross_entropy_grad, log_softmax, softmax
from xentcli.core.elementary import exp
from xentcli.core.wide import wide_exp

FAR = [1e308, -1e308, 1e308]


def exact(logits: list[float], terms: list[float]) -> float:
    """Σ v_c·(max − z_c) + log n·Σ v_c, n being how many are the maximum."""
    most = Fraction(max(logits))
    apart = sum((Fraction(v) * (most - Fraction(z)) for v, z in zip(terms, logits, strict=True)))
    return float(apart) + math.log(logits.count(max(logits))) * math.fsum(terms)


@pytest.mark.parametrize("smoothing", [1e-300, 1e-10, 0.5])
@pytest.mark.parametrize("weight", [None, [1.0, 0.25, 3.0]])
def test_a_smoothed_label(smoothing: float, weight: list[float] | None) -> None:
    kept = 1 - smoothing
    q = [kept + smoothing / 3, smoothing / 3, smoothing / 3]
    terms = [w * t for w, t in zip(weight or [1.0] * 3, q, strict=True)]
    found = cross_entropy(np.array([FAR]), [0], weight, reduction="sum", label_smoothing=smoothing)
    assert float(found) == pytest.approx(exact(FAR, terms), rel=1e-14)


def test_a_soft_target_among_others() -> None:
    targets = np.array([[0.5, 0.125, 0.375], [0.25, 0.25, 0.5]])
    found = np.asarray(cross_entropy(np.array([FAR, [0.0] * 3]), targets, reduction="none"))
    assert found[0] == pytest.approx(exact(FAR, targets[0].tolist()), rel=1e-14)
    assert found[1] == pytest.approx(math.log(3), rel=1e-15)


def test_what_is_infinite_stays_so() -> None:
    assert cross_entropy(np.array([[1e308, -np.inf]]), np.array([[0.5, 0.5]])) == math.inf
    assert cross_entropy(np.array([[1e308, -1e308]]), [1]) == math.inf


# Logits, label, class weights, temperature.
TINY = [
    ([0.0, -800.0], 0, [1e300, 1.0], 1.0),
    ([3.25, -796.7, -1000.0], 0, [1e305, 1.0, 0.0], 1.0),
    ([-700.3, 0.1, -699.9, -1400.0], 1, [1.0, 1e308, 2.0, 3.0], 1.0),
    ([0.0, -350.1, -360.0], 0, [1e300, 1.0, 1.0], 0.5),
    ([0.0, -1300.0], 0, [1e308, 1.0], 1.0),
    ([0.0, -math.inf, -710.0], 0, [1e10, 1.0, 1.0], 1.0),
    ([5.0, 4.0, -900.0], 0, [1e307, 1.0, 1.0], 1.0),
    ([0.0, -800.0, -900.0], 1, [1.0, 1e300, 1.0], 1.0),
    ([0.0, -2000.0], 0, [1e308, 1.0], 1.0),
    ([0.5, -3.4028234663852886e38, -0.25], 0, [1e300, 1.0, 1.0], 0.7),
    ([0.5, -1e30, -600.0], 0, [1e300, 1.0, 1.0], 0.7),
    ([1e22, 9e99], 1, [1.0, 1e300], 3.0),
]


def exact_gradient(
    logits: list[float], label: int, weight: float, temperature: float
) -> list[float]:
    """(w/T)·(p − onehot y), in 2000 digits."""
    with mpmath.workdps(2000):
        e = [mpmath.exp(mpmath.mpf(z) / temperature) for z in logits]
        each = [x / mpmath.fsum(e) - (c == label) for c, x in enumerate(e)]
        return [float(mpmath.mpf(weight) / temperature * x) for x in each]


def exact_loss(logits: list[float], label: int, weight: float, temperature: float) -> float:
    """−w·log p_y, in 2000 digits."""
    with mpmath.workdps(2000):
        z = [mpmath.mpf(z) / temperature for z in logits]
        return float(weight * (mpmath.log(mpmath.fsum(map(mpmath.exp, z))) - z[label]))


@pytest.mark.parametrize(("logits", "label", "weight", "temperature"), TINY)
def test_a_large_weight_of_a_tiny_loss(
    logits: list[float], label: int, weight: list[float], temperature: float
) -> None:
    given = (np.array([logits]), [label], weight)
    loss = cross_entropy(*given, reduction="sum", temperature=temperature)
    gradient = cross_entropy_grad(*given, reduction="sum", temperature=temperature)[0]
    wanted = exact_loss(logits, label, weight[label], temperature)
    entries = exact_gradient(logits, label, weight[label], temperature)
    assert float(loss) == pytest.approx(wanted, rel=1e-13, abs=5e-324)
    np.testing.assert_allclose(gradient, entries, rtol=1e-13, atol=5e-324)


# What is put in the place of a class that is left out: the least number of a width, or so.
MASKS = [-1e9, -1e30, -65504.0, -3.4028234663852886e38, -1.7976931348623157e308, -math.inf]


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("temperature", [0.7, 0.5, 1.0, 3.0])
def test_a_class_left_out_has_no_share(mask: float, temperature: float) -> None:
    logits, kept = np.array([[0.5, mask, -0.25]] * 2), np.array([[0.5, -0.25]] * 2)
    for function in (softmax, log_softmax):
        found, wanted = (function(z, temperature=temperature) for z in (logits, kept))
        assert found[:, ::2].tolist() == wanted.tolist()
    assert softmax(logits, temperature=temperature)[:, 1].tolist() == [0.0, 0.0]
    assert softmax(logits.T, 0, temperature=temperature)[1].tolist() == [0.0, 0.0]
    gradient = cross_entropy_grad(logits, [0, 2], temperature=temperature)
    wanted = cross_entropy_grad(kept, [0, 1], temperature=temperature)
    assert gradient[:, ::2].tolist() == wanted.tolist()
    assert gradient[:, 1].tolist() == [0.0, 0.0]


# Logits z, a temperature, and z/T of which the softmax is the same: (z − max z)/T or z/T overflows.
OVERFLOWING = [
    ([1.5e160, 2e160, 2e160], 1e-300, [-math.inf, 0.0, 0.0]),
    ([-1e300, -1e300, 1e-5], 1e-300, [-math.inf, -math.inf, 0.0]),
    ([0.5, 5.0, -1e308], 5e-324, [-math.inf, 0.0, -math.inf]),
    ([1e308, -1e308, 9e307], 1e307, [10.0, -10.0, 9.0]),
    ([1.75 * 2.0**1023, -(2.0**1023)], 2.0**1020, [14.0, -8.0]),
    ([3 * 5e-324, 0.0, -5e-324], 2 * 5e-324, [1.5, 0.0, -0.5]),
]


@pytest.mark.parametrize(("logits", "temperature", "scaled"), OVERFLOWING)
@pytest.mark.parametrize("classes", [3, 70])
def test_a_quotient_with_the_temperature_beyond_a_double(
    logits: list[float], temperature: float, scaled: list[float], classes: int
) -> None:
    given, same = (np.array([row + [-math.inf] * (classes - len(row))]) for row in (logits, scaled))
    for function in (softmax, log_softmax):
        np.testing.assert_allclose(
            function(given, temperature=temperature), function(same), rtol=1e-15
        )
    for label in range(len(logits)):
        found = cross_entropy(given, [label], np.ones(classes), temperature=temperature)
        assert float(found) == pytest.approx(float(cross_entropy(same, [label])), rel=1e-15)


def test_a_loss_beyond_a_double_is_infinite_with_weights_too() -> None:
    z = np.array([[-1e308, 1e308, 9e307], [0.0, 1e20, 1.0]])
    for options in ({"temperature": 0.5}, {"temperature": 1e-300}):
        for target in ([0, 0], np.eye(3)[[0, 0]]):
            found = cross_entropy(z, target, [0.5, 2.0, 0.0], reduction="none", **options)  # type: ignore[arg-type]
            assert np.asarray(found)[0] == math.inf
    smoothed = {"label_smoothing": 1.0, "temperature": 0.1}
    assert cross_entropy(z[:1], [1], [1.0, 1.0, 0.0], **smoothed) == math.inf  # type: ignore[arg-type]
    z[0, 2] = math.inf
    found = cross_entropy(z[:1], [1], [1e-300, 1.0, 0.0], reduction="none", label_smoothing=0.5)
    assert np.isnan(found).all()


def test_a_small_weight_of_a_quotient_beyond_a_double() -> None:
    z = np.array([[1.0, 9e307]])
    found = cross_entropy(z, [0], [1e-10, 1.0], reduction="sum", temperature=0.1)
    assert float(found) == pytest.approx(9e298, rel=1e-15)
    found = cross_entropy(z, [1], reduction="sum", temperature=0.1, label_smoothing=1e-20)
    assert float(found) == pytest.approx(4.5e288, rel=1e-14)


# Class weights, temperature and label smoothing: a product of some of them is beyond a double.
FACTORS = [
    ([1e300, 1.0, 1e-300], 1e-300, 0.0),
    ([1e300, 1.0, 1e-300], 1e-10, 0.0),
    ([1e-300, 1e-10, 1e-307], 1e-300, 0.0),
    ([1e-300, 1e-300, 1e-300], 1e-10, 0.1),
    ([1e300, 1e300, 1e300], 1e100, 0.1),
    ([5.8e-309, 1.0, 2.0], 1.0, 0.0),
    ([1e300, 1.0, 1e-300], 1.0, 1e-300),
]


@pytest.mark.parametrize(("weight", "temperature", "smoothing"), FACTORS)
@pytest.mark.parametrize("reduction", ["sum", "mean"])
@pytest.mark.parametrize("label", [0, 1, 2])
def test_a_gradient_whose_factors_leave_the_range(
    weight: list[float], temperature: float, smoothing: float, reduction: str, label: int
) -> None:
    scaled = [0.5, -1.25, 3.0]
    logits = np.array([scaled]) * temperature
    found = cross_entropy_grad(
        logits,
        [label],
        weight,
        reduction=reduction,
        temperature=temperature,
        label_smoothing=smoothing,
    )[0]
    with mpmath.workdps(700):
        heat, e = mpmath.mpf(temperature), mpmath.mpf(smoothing)
        exponentials = [mpmath.exp(mpmath.mpf(float(z)) / heat) for z in logits[0]]
        v = [mpmath.mpf(w) * ((1 - e) * (c == label) + e / 3) for c, w in enumerate(weight)]
        scale = mpmath.mpf(1) if reduction == "sum" else 1 / mpmath.mpf(weight[label])
        total = mpmath.fsum(exponentials)
        entries = [
            float(scale / heat * (x / total * mpmath.fsum(v) - v[c]))
            for c, x in enumerate(exponentials)
        ]
    np.testing.assert_allclose(found, entries, rtol=1e-13, atol=2e-323)


def test_a_large_weight_of_a_certain_target() -> None:
    logits, weight = [0.0, -800.0, -810.0], [1e300, 1.0, 1.0]
    loss = cross_entropy(np.array([logits]), np.array([[1.0, 0, 0]]), weight, reduction="sum")
    gradient = cross_entropy_grad(
        np.array([logits]), np.array([[1.0, 0, 0]]), weight, reduction="sum"
    )
    assert float(loss) == pytest.approx(exact_loss(logits, 0, 1e300, 1.0), rel=1e-13)
    np.testing.assert_allclose(
        gradient[0, 1:], exact_gradient(logits, 0, 1e300, 1.0)[1:], rtol=1e-13
    )


def test_a_small_weight_of_a_loss_beyond_a_double() -> None:
    found = cross_entropy(np.array([[1e308, -1e308]]), [1], [1.0, 1e-10], reduction="sum")
    assert float(found) == pytest.approx(float(2 * Fraction(1e308) * Fraction(1e-10)), rel=1e-15)


MOST = 1.7976931348623157e308


@pytest.mark.parametrize("temperature", [0.5, 0.25, 1e-10, 1e-300])
def test_a_temperature_takes_d_beyond_a_double_and_a_weight_takes_it_back(
    temperature: float,
) -> None:
    z = np.array([[MOST, -MOST, -355.5], [2.5, -MOST, -MOST], [MOST, 0.0, -MOST]])
    weight = temperature * np.array([0.25, 0.125, 0.5])
    for y, wanted in ((2, [0.5, 0.5, 1.0]), (1, [0.25, 0.125, 0.125])):
        found = np.asarray(
            cross_entropy(z, [y] * 3, weight, reduction="none", temperature=temperature)
        )
        assert found == pytest.approx([MOST * share for share in wanted], rel=1e-14)
    # Where the product is beyond a double too, that is what it is, not nan.
    assert cross_entropy(z, [1, 2, 2], reduction="none", temperature=0.1).tolist() == [math.inf] * 3


def test_ignored_samples_and_weights_of_0_are_0() -> None:
    z, weight = np.array([[0.0, -800.0], [0.0, -800.0], [-800.0, 0.0]]), [1e300, 0.0]
    losses = np.asarray(cross_entropy(z, [0, -100, 1], weight, reduction="none"))
    gradients = cross_entropy_grad(z, [0, -100, 1], weight, reduction="none")
    assert losses[0] > 0
    assert losses[1:].tolist() == [0.0, 0.0]
    assert gradients[0, 1] > 0
    assert gradients[1:].tolist() == [[0.0, 0.0]] * 2


def test_the_gradient_of_a_soft_target_and_a_large_weight_of_another_class() -> None:
    weight = [1e300, 1e-300]
    found = cross_entropy_grad(
        np.array([[0.0, -800.0]]), np.array([[0.5, 0.5]]), weight, reduction="sum"
    )
    with mpmath.workdps(700):
        wanted = float(mpmath.exp(-800) * mpmath.mpf(5e299))
    assert found[0].tolist() == pytest.approx([-wanted, wanted], rel=1e-13)


def test_a_sample_does_not_depend_on_those_around_it() -> None:
    chance = np.random.default_rng(1)
    z, labels = np.zeros((50, 3)), np.arange(50) % 2
    z[:, 1:] = -chance.uniform(600, 1400, (50, 2))
    weight = [1e300, 1e5, 1.0]
    together = np.asarray(cross_entropy(z, labels, weight, reduction="none"))
    gradients = cross_entropy_grad(z, labels, weight, reduction="none")
    for at in range(50):
        one = z[at : at + 1], labels[at : at + 1], weight
        assert cross_entropy(*one, reduction="sum") == together[at]
        assert cross_entropy_grad(*one, reduction="sum")[0].tolist() == gradients[at].tolist()


def test_at_the_command_line(xent: Xent, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("a,b,label,w\n0,-800,0,1e300\n1e308,-1e308,1,1e-10\n")
    inline, tiny = (
        "--logits 0,-800 --label 0 --weight 1e300,1 --reduction sum -q",
        3.667874584177687e-48,
    )

    def numbers(command: str) -> list[list[float]]:
        return [
            [float(x) for x in line.split(",")] for line in xent(*command.split()).stdout.split()
        ]

    assert numbers(f"ce {inline}") == [[tiny]]
    assert numbers(f"grad {inline}") == [[-tiny, tiny]]
    assert numbers(f"ce {rows} --weight-col w --reduction none -q") == [
        [tiny],
        [2.0000000000000002e298],
    ]
    assert numbers(f"grad {rows} --weight-col w --reduction sum -q")[0] == [-tiny, tiny]
    (of_base_10,) = numbers("ce --logits 1e308,-1e308 --label 1 --base 10 -q")
    assert of_base_10 == pytest.approx([1e308 / math.log(10) * 2], rel=1e-15)


# Not a power of two: (z − max z)/T is rounded, and the rounding error of a huge number is huge.
@pytest.mark.parametrize("temperature", [3.0, 0.1, 1e-3, 1e-300])
@pytest.mark.parametrize("huge", [1e60, 1e76, 1e80, 1e200, 1e295, 1e308])
def test_a_temperature_of_huge_logits(huge: float, temperature: float) -> None:
    for row, label in (([huge, 0.3], 0), ([-huge, 0.3], 1), ([0.5 * huge, huge], 1)):
        wrong = 1 - label
        assert softmax(row, temperature=temperature)[label] == 1.0
        assert log_softmax(row, temperature=temperature)[label] == 0.0
        assert cross_entropy(row, label, temperature=temperature) == 0.0
        apart = (Fraction(row[label]) - Fraction(row[wrong])) / Fraction(temperature)
        lost = float(apart) if apart < sys.float_info.max else math.inf
        assert cross_entropy(row, wrong, temperature=temperature) == pytest.approx(lost, rel=1e-15)
        gradient = cross_entropy_grad(row, label, temperature=temperature, reduction="sum")
        assert gradient.tolist() == [0.0, 0.0]


def test_logits_that_are_infinite_once_divided() -> None:
    assert softmax([1e10, 2e10], temperature=1e-300).tolist() == [0.0, 1.0]
    assert softmax([-1e308, 1e308], temperature=2.5).tolist() == [0.0, 1.0]


def test_a_huge_power_has_no_rounding_error() -> None:
    huge, lost = np.array([-1e200, 1e200, -1e6 - 0.25]), np.array([1e183, -1e183, 1e-11])
    assert exp(huge, lost).tolist() == [0.0, math.inf, 0.0]
    found = wide_exp(np.array([-1e200]), np.array([1e183]))
    assert np.isfinite(found.mantissa).all()
    assert found.value.tolist() == [0.0]
    focal = "ce --logits 1e80,0.3 --temperature 3 --gamma 2 --label"
    assert [run_number(f"{focal} {label}") for label in (0, 1)] == [0.0, 1e80 / 3]


def test_a_temperature_below_1_of_a_loss_beyond_a_double() -> None:
    smoothed = "ce --logits 0,1.7e308 --label 1 --label-smoothing 1e-10 --temperature 0.001"
    exact = Fraction(1.7e308) * Fraction(1e-10) / 2 / Fraction(0.001)
    assert run_number(smoothed) == pytest.approx(float(exact), rel=1e-15)


def test_a_divergence_whose_log_probabilities_overflow(tmp_path: Path) -> None:
    exact = Fraction(1e308) * (Fraction(0.3) + 2 * Fraction(0.4))
    typed = "kl --logits 1e308,0.3,-1e308 --target 0.3,0.3,0.4"
    assert run_number(typed) == pytest.approx(float(exact), rel=1e-15)
    assert run_number(f"{typed} --base 10") == pytest.approx(float(exact) / math.log(10), rel=1e-15)
    assert run_number("kl --logits=-inf,0.3,-1e308 --target 0.3,0.3,0.4") == math.inf
    rows = tmp_path / "rows.csv"
    rows.write_text("a,b,w,s,t\n1e308,-1e308,1e-3,0,1\n1,2,1e300,.25,.75\n")
    chosen = "--logit-cols a,b --target-cols s,t --weight-col w --reduction none"
    answer = run_inside(["kl", str(rows), "-q", *chosen.split()], tmp_path).stdout.split()
    usual = run_number("kl --logits 1,2 --target 0.25,0.75")
    assert [float(line) for line in answer] == pytest.approx([2e305, usual * 1e300], rel=1e-14)


@pytest.mark.parametrize(
    ("target", "kl", "js"),
    [
        ("0.5,0.5", -400.5 - math.log(2), math.inf),
        ("0,1", -1.0, math.inf),
        ("1,0", -800.0, math.inf),
    ],
)
def test_what_is_given_as_a_log_probability_is_far_above_0(
    target: str, kl: float, js: float
) -> None:
    given = f"--log-probs 800,1 --target {target}"
    assert run_number(f"kl {given}") == pytest.approx(kl, rel=1e-15)
    assert run_number(f"js {given}") == js


def run_number(command: str) -> float:
    """The number that a command of one answer gives."""
    return float(run_inside([*command.split(), "-q"], Path()).stdout)


def test_a_divergence_whose_log_probabilities_are_beyond_a_double(xent: Xent) -> None:
    def divergence(*arguments: str) -> float:
        return float(xent("kl", *arguments, "-q", "--reduction", "none").stdout)

    typed = ("--logits", "9e307,1.5e308,-1.5e308", "--target", "0.5,0.25,0.25")
    assert divergence(*typed) == pytest.approx(1.05e308, rel=1e-15)
    assert divergence(*typed, "--base", "10") == pytest.approx(1.05e308 / math.log(10), rel=1e-15)
    assert divergence(*typed, "--temperature", "0.1") == math.inf
    assert divergence("--logits", "9e307,-inf", "--target", "0.5,0.5") == math.inf


def test_a_row_without_a_softmax_is_nan_and_a_weight_of_0_leaves_out_a_row(
    xent: Xent, tmp_path: Path
) -> None:
    z, options = np.array([[math.inf, 0.0]]), {"label_smoothing": 1e-300}
    assert np.isnan(cross_entropy(z, [0], [0.0, 0.0], reduction="sum", **options))  # type: ignore[arg-type]
    rows = tmp_path / "rows.csv"
    rows.write_text("a,b,label,w\n0,-inf,0,0\n0,1,0,1\n")
    asked = f"ce {rows} --weight-col w --label-smoothing 1e-300 --reduction none -q"
    assert float(xent(*asked.split()).stdout.split()[0]) == 0.0
