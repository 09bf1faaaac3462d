"""The functions against PyTorch: its recorded answers, and its live ones where it is installed."""

import json
import runpy
import warnings
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import xentcli

REFERENCE = Path(__file__).parents[1] / "reference"
RELATIVE = 1e-12
# PyTorch adds the maximum's 1 to the other exponentials before it takes the logarithm, and gets a
# gradient entry as the difference of two products: each is off by some units in the last place of
# 1, times the weight, however small the result. The bound is twice the worst of 6000 random calls.
ROUNDING_OF_ONE = 2.0**-50
TWO_DENORMALS = 1e-323
GROUPS = [
    "softmax",
    "log_softmax",
    "nll_loss mean",
    "nll_loss sum",
    "nll_loss none",
    "cross_entropy index mean",
    "cross_entropy index sum",
    "cross_entropy index none",
    "cross_entropy soft mean",
    "cross_entropy soft sum",
    "cross_entropy soft none",
]
ANSWERED_OTHERWISE = [
    "zero-target-at-minus-infinity",
    "zero-weight-at-minus-infinity",
    "full-smoothing-at-minus-infinity",
    "ignored-row-gradient",
    "tiny-loss",
    "zero-denominator",
]
REFUSED = ["smoothing-out-of-range", "negative-soft-target", "non-integral-label"]
LIVE_BATCHES = 8
LIVE_CONFIGURATIONS = 300

Array = NDArray[Any]
Case = dict[str, Any]


def decoded(value: Any) -> Any:
    """Return what the reference file holds as the arrays and numbers that it stands for."""
    if not isinstance(value, dict):
        return value
    if "data" in value:
        flat = [float(x) if isinstance(x, str) else x for x in value["data"]]
        return np.array(flat, value.get("dtype", "float64")).reshape(value["shape"])
    return {name: decoded(item) for name, item in value.items()}


def recorded_cases() -> list[Case]:
    """Return every recorded case with its arrays."""
    text = (REFERENCE / "torch_cases.json").read_text(encoding="utf-8")
    return [decoded(case) for case in json.loads(text)["cases"]]


CASES = recorded_cases()


def group(case: Case) -> str:
    """Return the function, for a loss with its kind of target and reduction."""
    function, arguments = case["function"], case["arguments"]
    if "target" not in arguments:
        return str(function)
    reduction = arguments.get("reduction", "mean")
    if function == "nll_loss":
        return f"nll_loss {reduction}"
    soft = arguments["target"].shape == arguments["logits"].shape
    return f"cross_entropy {'soft' if soft else 'index'} {reduction}"


def is_refused(case: Case) -> bool:
    """Return whether PyTorch raised an error."""
    return isinstance(case["value"], dict)


def call(name: str, arguments: Mapping[str, Any]) -> Any:
    """Return xentcli's answer; the input and the target go by position."""
    options = dict(arguments)
    first = [options.pop(key) for key in ("logits", "log_probs", "target") if key in options]
    function: Callable[..., Any] = getattr(xentcli, name)
    return function(*first, **options)


def answers(case: Case) -> dict[str, Any]:
    """Return xentcli's value and, for a loss, gradient."""
    function, arguments = case["function"], case["arguments"]
    with warnings.catch_warnings():
        if "unnormalised" in case["name"]:
            warnings.simplefilter("ignore", UserWarning)
        value = call(function, arguments)
        grad = call(f"{function}_grad", arguments) if "target" in arguments else None
    return {"value": value, "grad": grad}


def rounding(case: Case) -> float:
    """Return the absolute error that PyTorch's own rounding may have on a case."""
    weight = np.abs(case["arguments"].get("weight", 1.0))
    return float(ROUNDING_OF_ONE * max(1.0, weight.max()))


def difference(ours: Any, theirs: Array, relative: float, absolute: float) -> str:
    """Return in words where two answers differ, or nothing if they agree."""
    got = np.asarray(ours)
    if got.shape != theirs.shape:
        return f"shape {got.shape} instead of {theirs.shape}"
    if got.dtype != np.float64:
        return f"{got.dtype} instead of float64"
    with np.errstate(invalid="ignore"):
        near = np.abs(got - theirs) <= relative * np.abs(theirs) + absolute
    agrees = (got == theirs) | (np.isnan(got) & np.isnan(theirs)) | (near & np.isfinite(theirs))
    if agrees.all():
        return ""
    at = np.argwhere(~agrees)[0]
    place = tuple(int(i) for i in at)
    return f"{got[place]!r} instead of {theirs[place]!r} at {list(place)}"


def differences_from(
    ours: Mapping[str, Any], expected: Mapping[str, Any], name: str, absolute: float
) -> Iterator[str]:
    """Yield the ways in which a value and a gradient differ from expected ones."""
    for quantity in ("value", "grad"):
        if expected[quantity] is not None:
            words = difference(ours[quantity], expected[quantity], RELATIVE, absolute)
            if words:
                yield f"{name}: {quantity} {words}"


def differences(case: Case, expected: Mapping[str, Any], absolute: float) -> Iterator[str]:
    """Yield the ways in which xentcli's value and gradient differ from expected ones."""
    return differences_from(answers(case), expected, case["name"], absolute)


@pytest.mark.parametrize("name", GROUPS)
def test_agrees_with_pytorch(name: str) -> None:
    cases = [
        case
        for case in CASES
        if group(case) == name and not is_refused(case) and "deviation" not in case
    ]
    assert cases
    assert [words for case in cases for words in differences(case, case, rounding(case))] == []


def test_every_case_is_in_a_group() -> None:
    plain = [case for case in CASES if not is_refused(case) and "deviation" not in case]
    assert {group(case) for case in plain} == set(GROUPS)
    assert {case["deviation"] for case in CASES if "deviation" in case} == {
        *ANSWERED_OTHERWISE,
        *REFUSED,
    }


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if is_refused(case) and "deviation" not in case],
    ids=lambda case: case["name"],
)
def test_refuses_what_pytorch_refuses(case: Case) -> None:
    for name in (case["function"], f"{case['function']}_grad"):
        with pytest.raises((IndexError, ValueError)):
            call(name, case["arguments"])


@pytest.mark.parametrize(
    "case",
    [case for case in CASES if "deviation" in case and "raises" in case["ours"]],
    ids=lambda case: case["name"],
)
def test_refuses_what_means_nothing(case: Case) -> None:
    for name in (case["function"], f"{case['function']}_grad"):
        with pytest.raises(ValueError):
            call(name, case["arguments"])


@pytest.mark.parametrize("key", ANSWERED_OTHERWISE)
def test_deviates_from_pytorch_where_pytorch_is_wrong(key: str) -> None:
    cases = [case for case in CASES if case.get("deviation") == key]
    assert cases
    for case in cases:
        found = list(differences(case, case["ours"], TWO_DENORMALS))
        assert found == [], f"PyTorch gives {case['value']}, gradient {case['grad']}"


@pytest.mark.parametrize(
    "case", [case for case in CASES if "deviation" in case], ids=lambda case: case["name"]
)
def test_the_recorded_deviation_is_one(case: Case) -> None:
    ours = case["ours"]
    if "raises" in ours:
        assert not is_refused(case) or case["value"] != ours
        return
    words = [
        difference(case[quantity], ours[quantity], 1e-9, 0.0)
        for quantity in ("value", "grad")
        if ours[quantity] is not None
    ]
    assert any(words), "PyTorch gives this as well: the deviation is none"


def random_configurations(seed: int) -> Iterator[Case]:
    """Yield calls with every option drawn at random."""
    rng = np.random.default_rng(seed)
    while True:
        function = str(rng.choice(["softmax", "log_softmax", "nll_loss", "cross_entropy"]))
        shape = tuple(int(n) for n in rng.integers(1, 6, rng.integers(1, 6)))
        axis = min(1, len(shape) - 1)
        arguments = random_arguments(function, shape, axis, rng)
        name = f"{function} {shape} {arguments}"
        yield {"name": name, "function": function, "arguments": arguments}


def random_arguments(
    function: str, shape: tuple[int, ...], axis: int, rng: np.random.Generator
) -> dict[str, Any]:
    """Return random arguments for an input of a shape with its classes along an axis."""
    logits = rng.normal(0.0, rng.choice([0.1, 2.0, 10.0]), shape)
    temperature = float(rng.choice([0.25, 1.0, 1.0, 1.7]))
    if function in ("softmax", "log_softmax"):
        along = int(rng.integers(-len(shape), len(shape)))
        return {"logits": logits, "axis": along, "temperature": temperature}
    loss = {"reduction": str(rng.choice(["mean", "sum", "none"]))}
    weight = random_weight(shape[axis], rng)
    options = loss | ({} if weight is None else {"weight": weight})
    labels = {**random_labels(shape, axis, rng), **options}
    if function == "nll_loss":
        return {"log_probs": logits, **labels}
    smoothing = float(rng.choice([0.0, 0.0, 0.05, 0.7, 1.0]))
    smooth = {"logits": logits, "temperature": temperature, "label_smoothing": smoothing}
    if rng.random() < 0.4:
        shares = rng.gamma(0.7, 1.0, shape)
        return {"target": shares / shares.sum(axis, keepdims=True), **options, **smooth}
    return {**labels, **smooth}


def random_weight(classes: int, rng: np.random.Generator) -> Array | None:
    """Return no weight, positive weights, or positive ones and zeros."""
    if rng.random() < 0.3:
        return None
    weight = rng.uniform(0.1, 3.0, classes)
    weight[rng.random(classes) > rng.choice([0.7, 1.0])] = 0.0
    return weight


def random_labels(shape: tuple[int, ...], axis: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return labels, some of them ignored in one of the ways that there are."""
    ignore_index = int(rng.choice([-100, -1, 0, shape[axis] - 1, 255]))
    target = np.asarray(rng.integers(0, shape[axis], shape[:axis] + shape[axis + 1 :]))
    ignored = rng.random(target.shape) < rng.choice([0.0, 0.2, 0.9])
    return {"target": np.where(ignored, ignore_index, target), "ignore_index": ignore_index}


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(LIVE_BATCHES))
def test_agrees_with_pytorch_on_random_calls(seed: int) -> None:
    pytest.importorskip("torch")
    answer = runpy.run_path(str(REFERENCE / "torch_answers.py"))["answer"]
    found: list[str] = []
    for case in islice(random_configurations(seed), LIVE_CONFIGURATIONS):
        value, grad = answer(case["function"], case["arguments"])
        found.extend(differences(case, {"value": value, "grad": grad}, rounding(case)))
    assert found == []
