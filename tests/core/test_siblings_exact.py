"""The promise of digits of the sibling losses, against results computed in 460 digits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from xentcli.core import bce, entropy, js, kl
from xentcli.core.distribution import Distribution, distribution, gradient_of_each, loss_of_each
from xentcli.core.settings import Settings

REFERENCE = Path(__file__).parents[1] / "reference" / "exact_siblings.json"
RELATIVE = 1e-13
SMALLEST_PROMISED = 1e-300
FEW_DENORMALS = 2e-323
# The bound of a divergence, in units of 1 + Σ t·|log t − log p|; above the other 13 digits.
DIVERGENCE = 4e-16
DIGITS_FROM = 1e-2

Array = NDArray[np.float64]
Case = dict[str, Any]

CASES: list[Case] = json.loads(REFERENCE.read_text(encoding="utf-8"))["cases"]
QUESTIONS = [case for case in CASES if "value" in case]
PAIRS = [case for case in CASES if "values" in case]


def question(case: Case) -> tuple[float, float | None]:
    """Return a question's loss and, of a logit, the gradient."""
    value, target = np.array([case["value"]]), np.array([case["target"]])
    positive = case.get("pos_weight")
    settings = Settings(
        pos_weight=None if positive is None else np.array(positive),
        gamma=case.get("gamma", 0.0),
        alpha=case.get("alpha"),
    )
    loss = float(bce.losses(value, target, case["kind"], settings)[0])
    if case["kind"] == "probs":
        return loss, None
    return loss, float(bce.gradients_by_logits(value, target, settings)[0])


def error(got: float, right: float) -> float:
    """Return by how many times the promise of 13 digits was missed."""
    if got == right:
        return 0.0
    bound = RELATIVE * abs(right)
    if abs(right) < SMALLEST_PROMISED:
        bound += FEW_DENORMALS
    return abs(got - right) / bound


@pytest.mark.parametrize("options", ["plain", "focal"])
def test_digits_of_questions(options: str) -> None:
    missed = []
    for case in QUESTIONS:
        if ("gamma" in case) != (options == "focal"):
            continue
        loss, grad = question(case)
        if error(loss, float(case["loss"])) > 1.0:
            missed.append(f"{case['name']}: {loss!r} instead of {case['loss']!r}")
        # Two terms of opposite sign meet where the target is soft: their digits, not their sum's.
        soft = 0.0 < case["target"] < 1.0
        right = case.get("grad")
        if grad is None or right is None:
            continue
        if soft and abs(grad - right) <= 4e-16 * max(1.0, case.get("pos_weight", 1.0)):
            continue
        if error(grad, right) > 1.0:
            missed.append(f"{case['name']}: gradient {grad!r} instead of {right!r}")
    assert missed == []


def of_pair(case: Case, axis: int) -> Distribution:
    """Return a pair as a block of one sample."""
    values, target = np.array(case["values"]), np.array(case["target"])
    given = distribution(np.expand_dims(values, 1 - axis), case["kind"], axis)
    return given._replace(target=np.expand_dims(target, 1 - axis))


@pytest.mark.parametrize("axis", [0, 1])
def test_digits_of_divergences(axis: int) -> None:
    missed = []
    for case in PAIRS:
        given, bound = of_pair(case, axis), DIVERGENCE * (1.0 + float(case["size"]))
        for name, compute in (("kl", kl.divergences), ("js", js.divergences)):
            got, right = float(compute(given)[0]), float(case[name])
            absolute = abs(got - right)
            if got != right and not (
                absolute <= bound and (right < DIGITS_FROM or absolute <= RELATIVE * right)
            ):
                missed.append(f"{case['name']}: {name} {got!r} instead of {right!r}")
    assert missed == []


def test_digits_of_entropies() -> None:
    missed = []
    for case in PAIRS:
        got, right = float(entropy.entropies(of_pair(case, 1))[0]), float(case["entropy"])
        if error(got, right) > 1.0:
            missed.append(f"{case['name']}: {got!r} instead of {right!r}")
    assert missed == []


def test_digits_of_gradients() -> None:
    missed = []
    for case in PAIRS:
        if "js_grad" not in case:
            continue
        values, target = (np.reshape(case[key], (1, -1, 1)) for key in ("values", "target"))
        for name, compute in (
            ("js_grad", js.gradients_by_logits),
            ("entropy_grad", entropy.gradients_by_logits),
        ):
            got = gradient_of_each(values, target, 1.0, compute).ravel()
            if not np.abs(got - case[name]).max() <= 4e-16 * (1.0 + np.log(len(got))):
                missed.append(f"{case['name']}: {name} {got} instead of {case[name]}")
    assert missed == []


def test_a_tiny_jensen_shannon_divergence_has_digits() -> None:
    """The terms of either half cancel to 16 digits, and its root is what people print."""
    near = [case for case in PAIRS if "next" in case["name"] and case["kind"] == "probs"]
    assert near
    for case in near:
        got = float(js.divergences(of_pair(case, 1))[0])
        assert got == pytest.approx(float(case["js"]), rel=1e-7)
        assert 0.0 < got < 1e-15


@pytest.mark.parametrize("classes", [3, 64])
def test_a_divergence_does_not_depend_on_its_batch(classes: int) -> None:
    rng = np.random.default_rng(11)
    logits = rng.normal(0.0, 3.0, (50, classes, 1))
    target = rng.dirichlet(np.ones(classes), 50)[..., np.newaxis]
    for compute in (kl.divergences, js.divergences):
        together = loss_of_each(logits, target, "logits", 1.0, compute)
        for at in (0, 7, 49):
            part = slice(at, at + 1)
            alone = loss_of_each(logits[part], target[part], "logits", 1.0, compute)
            np.testing.assert_array_equal(alone, together[part])
