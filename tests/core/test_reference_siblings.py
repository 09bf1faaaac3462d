"""The sibling losses against PyTorch and SciPy, where their recorded answers are right."""

from __future__ import annotations

import json
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import xentcli
from tests.core.test_reference_torch import Case, decoded, difference, differences_from, is_refused
from xentcli.core import bce
from xentcli.core.settings import Settings

REFERENCE = Path(__file__).parents[1] / "reference" / "sibling_cases.json"
RELATIVE = 1e-12
# PyTorch adds a product with the logit to a logarithm, and so is off by some units in the last
# place of the logit, times the weight; SciPy, which normalises, by some of 1.
ROUNDING_OF_ONE = 2.0**-50
FUNCTIONS = [
    "binary_cross_entropy_with_logits",
    "binary_cross_entropy",
    "sigmoid_focal_loss",
    "kl_div",
    "js_div",
    "entropy",
]
ANSWERED_OTHERWISE = [
    "kl-default-reduction",
    "kl-one-sample",
    "zero-at-minus-infinity",
    "cut-at-minus-100",
    "tiny-loss",
]
REFUSED = ["target-outside"]


def recorded_cases() -> list[Case]:
    """Return every recorded case with its arrays."""
    return [decoded(case) for case in json.loads(REFERENCE.read_text(encoding="utf-8"))["cases"]]


CASES = recorded_cases()
PLAIN = [case for case in CASES if "deviation" not in case]


def focal(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the focal loss and its gradient, which the commands have and the API has not."""
    logits, target = arguments["logits"], arguments["target"]
    settings = Settings(gamma=arguments["gamma"], alpha=arguments.get("alpha"))
    losses = bce.losses(logits, target, "logits", settings)
    grad = bce.gradients_by_logits(logits, target, settings)
    reduction = arguments["reduction"]
    reduced = {"none": losses, "sum": losses.sum(), "mean": losses.mean()}
    return {
        "value": reduced[reduction],
        "grad": grad / grad.size if reduction == "mean" else grad,
    }


def answers(case: Case) -> dict[str, Any]:
    """Return xentcli's value and, of what was recorded with one, gradient."""
    function, options = case["function"], dict(case["arguments"])
    if function == "sigmoid_focal_loss":
        return focal(options)
    names = ("logits", "probs", "log_probs", "p", "q", "target")
    first = [options.pop(name) for name in names if name in options]
    compute: Callable[..., Any] = getattr(xentcli, function)
    gradient: Callable[..., Any] = getattr(xentcli, f"{function}_grad")
    with warnings.catch_warnings():
        if "unnormalised" in case["name"]:
            warnings.simplefilter("ignore", UserWarning)
        return {"value": compute(*first, **options), "grad": gradient(*first, **options)}


def rounding(case: Case) -> float:
    """Return the absolute error that the recorded answer may have by its own rounding."""
    arguments = case["arguments"]
    largest = 1.0
    for name in ("logits", "weight", "pos_weight"):
        values = np.abs(np.asarray(arguments.get(name, 1.0)))
        finite = values[np.isfinite(values) & (values < 1e6)]
        largest *= max(1.0, float(finite.max())) if finite.size else 1.0
    # A sum has the errors of all its terms.
    given = next(iter(arguments.values()))
    terms = given.size if arguments.get("reduction") == "sum" else 1
    return ROUNDING_OF_ONE * largest * max(1, terms)


def differences(case: Case, expected: Mapping[str, Any], absolute: float) -> Iterator[str]:
    """Yield the ways in which xentcli's value and gradient differ from expected ones."""
    return differences_from(answers(case), expected, case["name"], absolute)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_agrees(function: str) -> None:
    cases = [case for case in PLAIN if case["function"] == function and not is_refused(case)]
    assert cases
    assert [words for case in cases for words in differences(case, case, rounding(case))] == []


def test_there_are_many_cases() -> None:
    counts = Counter(case["function"] for case in CASES)
    assert set(counts) == set(FUNCTIONS)
    assert counts.total() >= 400


@pytest.mark.parametrize(
    "case", [case for case in PLAIN if is_refused(case)], ids=lambda case: case["name"]
)
def test_refuses_what_pytorch_refuses(case: Case) -> None:
    with pytest.raises(ValueError):
        answers(case)


@pytest.mark.parametrize("key", REFUSED)
def test_refuses_what_means_nothing(key: str) -> None:
    for case in CASES:
        if case.get("deviation") == key:
            with pytest.raises(ValueError, match="is not a target from 0 to 1"):
                answers(case)


@pytest.mark.parametrize("key", ANSWERED_OTHERWISE)
def test_deviates_where_the_formula_says_so(key: str) -> None:
    cases = [case for case in CASES if case.get("deviation") == key]
    assert cases
    for case in cases:
        found = list(differences(case, case["ours"], 0.0))
        assert found == [], f"PyTorch gives {case['value']}, gradient {case['grad']}"


def test_the_recorded_deviations_are_deviations() -> None:
    for case in (case for case in CASES if "deviation" in case and "raises" not in case["ours"]):
        words = [
            difference(case[quantity], case["ours"][quantity], 1e-9, 0.0)
            for quantity in ("value", "grad")
        ]
        assert any(words), f"PyTorch gives this as well: {case['name']}"


# A row of the table in docs/pytorch.md each: a recorded call, what PyTorch gives, what we do.
DEVIATIONS = {
    "kl-default-reduction: kl_div": ("0.0563", "0.1688"),
    "kl-one-sample: kl_div [0.25, 0.25, 0.5]": ("0.0578", "0.1733"),
    "zero-at-minus-infinity: kl_div [0.0, 0.5, 0.5, 0.0, 0.25, 0.75] reduction=sum": (
        "nan",
        "0.1438",
    ),
    "zero-at-minus-infinity: binary_cross_entropy_with_logits {'logits': [inf]": ("nan", "0.0000"),
    "target-outside: binary_cross_entropy_with_logits, 1.5": ("0.4189", "ValueError"),
    "cut-at-minus-100: binary_cross_entropy {'probs': [0.0], 'target': [1.0]}": ("100.0000", "inf"),
    "tiny-loss: binary_cross_entropy_with_logits {'logits': [-40.0]": ("0.0000", "0.0000"),
}


@pytest.mark.parametrize("name", DEVIATIONS)
def test_pytorchs_value_beside_ours(name: str) -> None:
    (case,) = [case for case in CASES if case["name"].startswith(name)]
    if "raises" in case["ours"]:
        with pytest.raises(ValueError):
            answers(case)
        ours = case["ours"]["raises"]
    else:
        ours = f"{float(answers(case)['value']):.4f}"
    assert (f"{float(case['value']):.4f}", ours) == DEVIATIONS[name]


def test_a_tiny_loss_is_not_zero_as_pytorchs_is() -> None:
    (case,) = [case for case in CASES if "'logits': [-40.0]" in case["name"]]
    assert (float(case["value"]), float(answers(case)["value"])) == (0.0, 4.248354255291589e-18)


def test_a_gradient_is_not_cut_as_pytorchs_is() -> None:
    (case,) = [case for case in CASES if "{'probs': [0.0], 'target': [0.0]}" in case["name"]]
    assert (case["grad"].tolist(), answers(case)["grad"].tolist()) == ([0.0], [1.0])


def test_kl_of_pytorchs_default_is_its_mean() -> None:
    """PyTorch's kl_div divides by the number of elements, which is no divergence of anything."""
    log_probs, target = np.log([[0.5, 0.5], [0.9, 0.1]]), np.array([[0.25, 0.75], [0.5, 0.5]])
    a_row, an_element = (
        xentcli.kl_div(log_probs, target),
        xentcli.kl_div(log_probs, target, reduction="mean"),
    )
    assert a_row == pytest.approx(2 * an_element, rel=1e-15)
