"""The promise of digits: results of index targets against exact ones, computed in 460 digits."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from xentcli import cross_entropy, cross_entropy_grad, log_softmax, nll_loss, softmax

REFERENCE = Path(__file__).parents[1] / "reference" / "exact_cases.json"
RELATIVE = 1e-13
SMALLEST_PROMISED = 1e-300
SMALLEST_DENORMAL = 5e-324

Array = NDArray[np.float64]
Case = dict[str, Any]


def recorded_cases() -> list[Case]:
    """Return every recorded row."""
    cases: list[Case] = json.loads(REFERENCE.read_text(encoding="utf-8"))["cases"]
    return cases


def exact(case: Case, key: str) -> Array:
    """Return a recorded result as an array; infinity is recorded by name."""
    value = case[key]
    return np.array([float(x) for x in (value if isinstance(value, list) else [value])])


CASES = recorded_cases()


def temperature(case: Case) -> float:
    """Return the row's temperature."""
    return float(case.get("temperature", 1.0))


def losses(case: Case) -> Array:
    """Return the row's loss."""
    return np.atleast_1d(
        cross_entropy(
            case["logits"],
            case["label"],
            case.get("weight"),
            reduction="none",
            temperature=temperature(case),
        )
    )


def nll_losses(case: Case) -> Array:
    """Return the row's loss by way of its log-probabilities."""
    given = log_softmax(case["logits"], temperature=temperature(case))
    loss = nll_loss(given, case["label"], case.get("weight"), reduction="none")
    return np.atleast_1d(loss)


def log_probs(case: Case) -> Array:
    """Return the row's log-probabilities at the recorded positions."""
    return log_softmax(case["logits"], temperature=temperature(case))[case["at"]]


def probs(case: Case) -> Array:
    """Return the row's probabilities at the recorded positions."""
    return softmax(case["logits"], temperature=temperature(case))[case["at"]]


def grads(case: Case) -> Array:
    """Return the gradient of the row's loss at the recorded positions."""
    grad = cross_entropy_grad(
        case["logits"],
        case["label"],
        case.get("weight"),
        reduction="sum",
        temperature=temperature(case),
    )
    return grad[case["at"]]


QUANTITIES: dict[str, tuple[str, Callable[[Case], Array]]] = {
    "loss": ("loss", losses),
    "loss by nll_loss": ("loss", nll_losses),
    "log_probs": ("log_probs", log_probs),
    "probs": ("probs", probs),
    "grad": ("grad", grads),
}


def denormal_bound(case: Case) -> float:
    """Return how far a result below 1e-300 may be off: a unit for each class that is added.

    Denormal exponentials are off by half a unit each, and so is what is made of their sum; weight
    and temperature multiply the error.
    """
    factor = max(1.0, *case.get("weight", [1.0])) / temperature(case)
    return float(SMALLEST_DENORMAL * (len(case["logits"]) + 1) * max(1.0, factor))


def errors(case: Case, quantity: str, got: Array, right: Array) -> Iterator[str]:
    """Yield in words each entry whose error is beyond the promise."""
    assert got.shape == right.shape, f"{case['name']}: {quantity} has shape {got.shape}"
    places = case["at"] if right.size > 1 else [case["label"]]
    for place, ours, theirs in zip(places, got.tolist(), right.tolist(), strict=True):
        bound = RELATIVE * abs(theirs)
        if abs(theirs) < SMALLEST_PROMISED:
            bound += denormal_bound(case)
        if ours != theirs and not abs(ours - theirs) <= bound < np.inf:
            error = abs(ours - theirs) / abs(theirs) if theirs else abs(ours)
            yield (
                f"{case['name']}: {quantity} at class {place} is {ours!r}"
                f" instead of {theirs!r}, error {error:.2g}"
            )


@pytest.mark.parametrize("quantity", QUANTITIES)
def test_digits_of_single_rows(quantity: str) -> None:
    key, compute = QUANTITIES[quantity]
    found = [
        words for case in CASES for words in errors(case, quantity, compute(case), exact(case, key))
    ]
    assert found == []


def batches() -> list[list[Case]]:
    """Return the rows in groups that fit into one call."""
    alike: dict[tuple[int, float, tuple[float, ...]], list[Case]] = defaultdict(list)
    for case in CASES:
        weight = tuple(case.get("weight", ()))
        alike[len(case["logits"]), case.get("temperature", 1.0), weight].append(case)
    return list(alike.values())


@pytest.mark.parametrize("layout", ["rows", "columns"])
def test_digits_of_batches(layout: str) -> None:
    """A row's digits depend neither on the rows beside it nor on where its classes lie."""
    found: list[str] = []
    for cases in batches():
        logits = np.array([case["logits"] for case in cases])
        labels = np.array([case["label"] for case in cases])
        if layout == "columns":
            logits, labels = logits.T[np.newaxis], labels[np.newaxis]
        for quantity, per_row in batch_results(logits, labels, cases[0]).items():
            for case, row in zip(cases, per_row, strict=True):
                got = np.atleast_1d(row if row.ndim == 0 else row[case["at"]])
                found += errors(case, quantity, got, exact(case, quantity))
    assert found == []


def batch_results(logits: Array, labels: NDArray[np.int64], alike: Case) -> dict[str, Array]:
    """Return each quantity of a batch, a row a sample, for shapes (N, C) and (1, C, N)."""
    weight, heat = alike.get("weight"), temperature(alike)
    by_class = {
        "log_probs": log_softmax(logits, axis=1, temperature=heat),
        "probs": softmax(logits, axis=1, temperature=heat),
        "grad": cross_entropy_grad(logits, labels, weight, reduction="sum", temperature=heat),
    }
    rows = {name: values if values.ndim == 2 else values[0].T for name, values in by_class.items()}
    loss = cross_entropy(logits, labels, weight, reduction="none", temperature=heat)
    return {"loss": np.ravel(loss), **rows}
