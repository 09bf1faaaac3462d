"""Products of large and small weights with tiny and huge losses keep their digits, and so do their
gradients, wherever the result is a double. What is right mpmath says, in 60 digits."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from tests.faults.running import run_inside
from xentcli.core import bce
from xentcli.core.settings import Settings
from xentcli.core.wide import wide, wide_exp

mp: Any = pytest.importorskip("mpmath")

LARGEST, SMALLEST = 1.7e308, 1e-300
LOGITS = (0.5, 600.0, 720.0, 745.5, 800.25, 1300.0, 1e5, 1e25, 3.4e38, 1.25e308)


class Asked(NamedTuple):
    """A yes/no question with everything that its loss is times."""

    logit: float
    target: float
    weight: float
    pos_weight: float
    gamma: float
    alpha: float | None
    temperature: float

    @property
    def settings(self) -> Settings:
        return Settings(
            np.array(self.weight),
            temperature=self.temperature,
            pos_weight=np.array(self.pos_weight),
            gamma=self.gamma,
            alpha=self.alpha,
        )


CASES = [
    Asked(sign * logit, target, weight, positive, gamma, alpha, temperature)
    for at, (sign, logit, target, weight, positive, gamma, alpha, temperature) in enumerate(
        itertools.product(
            (1, -1),
            LOGITS,
            (0.0, 1.0, 0.25, 1 - 2.0**-50),
            (1.0, 1e300, 1e-300),
            (1.0, 1e300, 1e-300),
            (0.0, 2.0, 0.5),
            (None, 0.25),
            (1.0, 0.1),
        )
    )
    if at % 7 == 3
]


def exact(asked: Asked) -> tuple[Any, Any]:
    """The loss and its derivative by the logit."""
    z, t = mp.mpf(asked.logit) / mp.mpf(asked.temperature), mp.mpf(asked.target)
    yes, no = 1 / (1 + mp.exp(-z)), 1 / (1 + mp.exp(z))
    small = mp.log1p(mp.exp(-abs(z)))
    minus_yes, minus_no = (small, abs(z) + small) if z > 0 else (abs(z) + small, small)
    times, miss = mp.mpf(asked.weight), yes * (1 - t) + no * t
    if asked.alpha is not None:
        times *= mp.mpf(asked.alpha) * t + (1 - mp.mpf(asked.alpha)) * (1 - t)
    times *= miss ** mp.mpf(asked.gamma)
    positive, gamma = mp.mpf(asked.pos_weight) * t, mp.mpf(asked.gamma)
    plain = positive * minus_yes + (1 - t) * minus_no
    bend = gamma * (1 - 2 * t) * yes * no / miss
    slope = (1 - t) * yes - positive * no + bend * plain
    return times * plain, times * slope / mp.mpf(asked.temperature)


def test_questions_of_all_sizes() -> None:
    compared = 0
    with mp.workdps(60):
        for asked in CASES:
            logits, targets = np.array([asked.logit]), np.array([asked.target])
            found = (
                bce.losses(logits, targets, "logits", asked.settings)[0],
                bce.gradients_by_logits(logits, targets, asked.settings)[0],
            )
            for number, wanted in zip(map(float, found), exact(asked), strict=True):
                if abs(wanted) > LARGEST:
                    continue
                if abs(wanted) < SMALLEST:
                    assert abs(number) < 2 * SMALLEST, asked
                    continue
                assert abs(number / wanted - 1) < 1e-13, (asked, number, wanted)
                compared += 1
    assert compared > 500


def test_a_weight_a_question_and_a_sample(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("p,q,tp,tq,w\n800,-900,1,0,1e300\n3,-2,1,0,1\n")
    asked = ["bce", "b.csv", "--logit-cols", "p,q", "--target-cols", "tp,tq", "--weight-col", "w"]
    found = run_inside([*asked, "--reduction", "none", "-q", "--weight", "1,1e100"], tmp_path)
    first, second = found.stdout.decode().splitlines()
    with mp.workdps(60):
        wanted = [mp.exp(-800) * mp.mpf(1e300), mp.exp(-900) * mp.mpf(1e300) * mp.mpf(1e100)]
    assert [float(cell) for cell in first.split(",")] == pytest.approx(wanted, rel=1e-13)
    assert [float(cell) for cell in second.split(",")] == pytest.approx(
        [0.04858735157374196, 0.12692801104297263e100], rel=1e-13
    )


@pytest.mark.parametrize("command", ["ce", "kl", "grad", "grad --loss kl"])
def test_a_weight_of_a_tiny_loss_of_classes(tmp_path: Path, command: str) -> None:
    (tmp_path / "a.csv").write_text("a,b,label,w\n800,0,0,1e300\n0,1,0,0\n")
    asked = [*command.split(), "a.csv", "--weight-col", "w", "--reduction", "sum", "-q"]
    numbers = run_inside(asked, tmp_path).stdout.decode().split()[0].split(",")
    with mp.workdps(60):
        wanted = mp.exp(-800) * mp.mpf(1e300)
    assert [abs(float(number)) for number in numbers] == pytest.approx([wanted] * len(numbers))


# Both others far below the first, and one of them next to it, whose slope is not tiny.
LOGITS_OF_CLASSES = [
    *((700.0, 0.0, -3.0), (500.5, 2.0, 1.0), (30.0, 3.0, 2.0)),
    *((3.0, 0.5, -750.0), (0.5, -710.0, -39.0), (0.25, 0.0, -900.0)),
    (0.5, -1e30, -700.0),
]


@pytest.mark.parametrize("gamma", [0.5, 0.25, 1.0])
@pytest.mark.parametrize("logits", LOGITS_OF_CLASSES)
@pytest.mark.parametrize("temperature", [1.0, 0.75])
def test_the_focal_loss_of_a_class(
    tmp_path: Path, gamma: float, logits: tuple[float, ...], temperature: float
) -> None:
    weights = ["--weight", "1e300,1,1", "--gamma", repr(gamma), "--temperature", repr(temperature)]
    asked = ["--logits", ",".join(map(repr, logits)), "--label", "0", "-q", "--reduction", "sum"]
    loss, slopes = (
        [
            float(cell)
            for cell in run_inside([one, *asked, *weights], tmp_path).stdout.decode().split(",")
        ]
        for one in ("ce", "grad")
    )
    with mp.workdps(900):
        z = [mp.mpf(one) / mp.mpf(temperature) for one in logits]
        others = [mp.exp(one - z[0]) for one in z[1:]]
        own = mp.log1p(sum(others))
        p = mp.exp(-own)
        factor = mp.mpf(1e300) * (1 - p) ** mp.mpf(gamma)
        beside = factor * (1 + mp.mpf(gamma) * p * own / (1 - p)) / mp.mpf(temperature)
        wanted = [-beside * (1 - p), *(beside * p * other for other in others)]
        compared = [(loss[0], factor * own), *zip(slopes, wanted, strict=True)]
        for number, right in compared:
            if abs(right) > SMALLEST:
                assert abs(number / right - 1) < 1e-12, (number, right)
            else:
                assert abs(number) <= 2 * SMALLEST, (number, right)


@pytest.mark.parametrize("command", ["ce", "grad"])
@pytest.mark.parametrize("logits", ["3.4e38,1e22,-3", "9e99,1e22,-1e25", "1e25,-1e25,1e24"])
def test_the_focal_loss_of_a_class_far_above_the_others_is_0(
    tmp_path: Path, logits: str, command: str
) -> None:
    weights = ["--weight", "1e300,1,1", "--gamma", "0.5", "--temperature", "0.75"]
    asked = [command, "--logits", logits, "--label", "0", *weights, "--reduction", "sum", "-q"]
    found = run_inside(asked, tmp_path).stdout.decode().split(",")
    assert [abs(float(number)) for number in found] == [0.0] * len(found)


@pytest.mark.parametrize("gamma", ["0", "2"])
@pytest.mark.parametrize("weight", [["--weight", "1e10"], ["--pos-weight", "1e10"]])
def test_a_certain_answer_costs_nothing_whatever_it_weighs(
    tmp_path: Path, gamma: str, weight: list[str]
) -> None:
    (tmp_path / "p.csv").write_text("p,label\n0,0\n1,1\n0,1\n1,0\n")
    asked = ["bce", "p.csv", "--input", "probs", "--gamma", gamma, "--reduction", "none", "-q"]
    assert run_inside([*asked, *weight], tmp_path).stdout == b"0.0\n0.0\ninf\ninf\n"


@pytest.mark.parametrize("logits", ["1,-inf", "1e308,-1e308", "1,-inf,-inf", "1e308,-1e308,0"])
def test_the_focal_loss_of_the_only_class_is_0(tmp_path: Path, logits: str) -> None:
    classes = logits.count(",") + 1
    asked = ["--logits", logits, "--label", "0", "--gamma", "2", "-q"]
    weights = ["--weight", ",".join(["1e10", *["1"] * (classes - 1)])]
    assert run_inside(["ce", *asked, *weights], tmp_path).stdout == b"0.0\n"
    zeros = ",".join(["0.0"] * classes).encode()
    assert run_inside(["grad", *asked, *weights], tmp_path).stdout == zeros + b"\n"


def test_what_no_double_is_stays_none(tmp_path: Path) -> None:
    for command, answer in (
        ("bce --logits -800 --label 1 --weight 1e308 --reduction sum -q", b"inf\n"),
        ("ce --logits 1,nan --label 0 --weight 1e300,1 --gamma 2 --reduction sum -q", b"nan\n"),
    ):
        assert run_inside(command.split(), tmp_path).stdout == answer


def test_exponentials_beyond_doubles() -> None:
    with mp.workdps(60):
        for exponent in (-0.1, -1.0, -745.25, -2000.125, -80_000.75):
            found = wide_exp(np.array([exponent]))
            right = mp.exp(mp.mpf(exponent)) / mp.mpf(2) ** int(found.exponent[0])
            assert abs(mp.mpf(float(found.mantissa[0])) / right - 1) < 3e-16
    large = wide(np.array([2.0**1000]))
    assert large.times(large).over(large).value.tolist() == [2.0**1000]
    assert large.times(large).value.tolist() == [float("inf")]


@pytest.mark.parametrize("gamma", ["0", "2"])
@pytest.mark.parametrize(
    ("z", "weights", "temperature"),
    [
        (0.75, (1e-300, 1e300), 1e-300),
        (-1.5, (1e-305, 1e300), 1e-10),
        (0.75, (1e300, 1e300), 1e300),
    ],
)
def test_a_gradient_whose_factors_leave_the_range(
    tmp_path: Path, gamma: str, z: float, weights: tuple[float, float], temperature: float
) -> None:
    (tmp_path / "z.csv").write_text(f"z,y,w\n{z * temperature!r},1,{weights[1]!r}\n")
    options = ["--weight", repr(weights[0]), "--temperature", repr(temperature), "--gamma", gamma]
    asked = ["grad", "--loss", "bce", "z.csv", "--weight-col", "w", "--reduction", "sum", *options]
    found = float(run_inside([*asked, "--label-col", "y", "-q"], tmp_path).stdout)
    with mp.workdps(50):
        heat, power = mp.mpf(temperature), int(gamma)
        no = 1 / (1 + mp.exp(mp.mpf(z * temperature) / heat))
        right = -(no**power) * (no - power * (1 - no) * mp.log(1 - no))
        right *= mp.mpf(weights[0]) * mp.mpf(weights[1]) / heat
    if abs(right) > LARGEST:
        assert found == -math.inf
    else:
        assert abs(found - right) <= 1e-13 * abs(right) + 2 * SMALLEST, (found, right)


@pytest.mark.parametrize("label", [0, 1, 2])
def test_a_focal_gradient_whose_factors_leave_the_range(tmp_path: Path, label: int) -> None:
    scaled = [0.5, 3.0, -1.25]
    logits = [z * 1e-100 for z in scaled]
    row = ",".join(map(repr, logits))
    (tmp_path / "z.csv").write_text(f"a,b,c,y,w\n{row},{label},1e-150\n")
    asked = ["grad", "z.csv", "--label-col", "y", "--weight-col", "w", "--gamma", "2"]
    options = ["--reduction", "sum", "--temperature", "1e-100", "--weight", "1e300,1e300,1e300"]
    found = run_inside([*asked, *options, "-q"], tmp_path).stdout.decode().split(",")
    with mp.workdps(50):
        each = [mp.exp(mp.mpf(z) / mp.mpf(1e-100)) for z in logits]
        probs = [x / mp.fsum(each) for x in each]
        own, factor = probs[label], mp.mpf(1e300) / mp.mpf(1e-100) * mp.mpf(1e-150)
        slope = (1 - own) ** 2 * (1 - 2 * own * mp.log(own) / (1 - own))
        rights = [factor * slope * (p - (c == label)) for c, p in enumerate(probs)]
    for number, right in zip(found, rights, strict=True):
        assert abs(float(number) / right - 1) < 1e-13, (number, right)


def test_a_weight_of_0_leaves_out_an_infinite_gradient(tmp_path: Path) -> None:
    (tmp_path / "z.csv").write_text("z,y,w\n-1e-10,0.25,0\n")
    asked = ["grad", "--loss", "bce", "z.csv", "--target-cols", "y", "--weight-col", "w"]
    options = ["--gamma", "0.5", "--weight", "1e300", "--temperature", "1e-10"]
    found = run_inside([*asked, *options, "--reduction", "sum", "-q"], tmp_path)
    assert found.stdout == b"0.0\n", found


def test_the_focal_loss_beyond_a_double_times_a_small_weight(tmp_path: Path) -> None:
    rows = ["1e308,-1e308,1,1e-10", "5,9e307,0,1e-10", "0,-inf,1,1e-10", "0,-inf,1,0"]
    (tmp_path / "z.csv").write_text("a,b,label,w\n" + "\n".join(rows) + "\n")
    asked = ["ce", "z.csv", "--weight-col", "w", "--gamma", "2", "--reduction", "none", "-q"]
    for temperature, wanted in (("1", [2e298, 9e297]), ("0.1", [2e299, 9e298])):
        found = run_inside([*asked, "--temperature", temperature], tmp_path)
        losses = [float(line) for line in found.stdout.split()]
        assert losses[:2] == pytest.approx(wanted, rel=1e-15)
        assert losses[2:] == [math.inf, 0.0]
