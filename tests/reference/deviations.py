"""Where PyTorch is known wrong: the calls, and the answers that the formulas give instead."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import formula
import numpy as np
from edges import NOT_FINITE, ROWS, ZERO_FIRST, labels
from mpmath import mpf  # type: ignore[import-untyped, unused-ignore]

from crossed import Case

INF = np.inf
IGNORED = -100
RAISES: dict[str, Any] = {"raises": "ValueError"}
BLOCKED = np.array([[-INF, 1.0, 2.0], [1.0, 2.0, 3.0]])


@dataclass(frozen=True)
class Deviation:
    """A case, the short name of what sets it apart from PyTorch, and the right answer."""

    key: str
    case: Case
    ours: dict[str, Any]


def deviations() -> Iterator[Deviation]:
    """Yield all deviations, each kind with its own few cases."""
    yield from zero_targets()
    yield from zero_weights()
    yield from full_smoothing()
    yield from ignored_rows()
    yield from tiny_losses()
    yield from tiny_log_probs()
    yield from zero_denominators()
    yield from refused()


def zero_targets() -> Iterator[Deviation]:
    """Yield soft targets that are 0 where the log-probability is minus infinity."""
    target = np.array([[0.0, 0.5, 0.5], [0.25, 0.25, 0.5]])
    key = "zero-target-at-minus-infinity"
    yield by_formula(key, "one row", {"logits": BLOCKED[0], "target": target[0]})
    for options in reductions():
        yield by_formula(key, "batch", {"logits": BLOCKED, "target": target, **options})
        weighted = {**options, "weight": np.array([1.0, 0.5, 2.0])}
        yield by_formula(key, "weighted", {"logits": BLOCKED, "target": target, **weighted})


def zero_weights() -> Iterator[Deviation]:
    """Yield classes that weigh nothing where the log-probability is minus infinity."""
    key = "zero-weight-at-minus-infinity"
    for options in reductions():
        base = {"logits": BLOCKED, "weight": ZERO_FIRST, **options}
        yield by_formula(key, "label", {**base, "target": labels(0, 1)})
        for smoothing in (0.1, 1.0):
            smoothed = {**base, "target": labels(1, 2), "label_smoothing": smoothing}
            yield by_formula(key, "smoothed elsewhere", smoothed)
        soft = np.array([[0.5, 0.25, 0.25], [0.0, 0.5, 0.5]])
        yield by_formula(key, "soft", {**base, "target": soft})
        yield picked(key, {"log_probs": -np.abs(BLOCKED), **options})


def full_smoothing() -> Iterator[Deviation]:
    """Yield labels at minus infinity whose own share of the target is only the smoothing's."""
    key = "full-smoothing-at-minus-infinity"
    for options in reductions():
        arguments = {"logits": BLOCKED, "target": labels(0, 1), "label_smoothing": 1.0, **options}
        yield by_formula(key, "label", arguments)


def ignored_rows() -> Iterator[Deviation]:
    """Yield ignored rows that are not finite, whose gradient is 0 for all that."""
    key = "ignored-row-gradient"
    for name in ("nan", "plus infinity", "all minus infinity"):
        base = {"logits": np.array([NOT_FINITE[name], ROWS[0]]), "target": labels(IGNORED, 1)}
        for options in reductions():
            yield by_formula(key, name, {**base, **options})
            changed = {"weight": ZERO_FIRST, "label_smoothing": 0.1}
            yield by_formula(key, f"{name}, weighted", {**base, **options, **changed})


def tiny_losses() -> Iterator[Deviation]:
    """Yield losses that round to 0 if 1 is added to the small sum before its logarithm."""
    key = "tiny-loss"
    pair = [40.0, 0.0]
    calls: dict[str, dict[str, Any]] = {
        "40": {"logits": np.array(pair), "target": np.array(0)},
        "40 hot": {"logits": np.array(pair), "target": np.array(0), "temperature": 0.5},
        "690": {"logits": np.array([690.0, 0.0]), "target": np.array(0)},
        "denormal": {"logits": np.array([740.0, 0.0]), "target": np.array(0)},
        "high": {"logits": np.array([1e8 + 64.0, 1e8]), "target": np.array(0)},
        "weighted": {
            "logits": np.array([pair, [0.0, 50.0]]),
            "target": labels(0, 1),
            "weight": np.array([0.25, 3.0]),
        },
    }
    for name, arguments in calls.items():
        for options in reductions():
            yield by_formula(key, name, {**arguments, **options})


def tiny_log_probs() -> Iterator[Deviation]:
    """Yield log-probabilities of certain classes, which are tiny losses with another sign."""
    for row in ([40.0, 0.0], [0.0, -41.0, -50.0], [-700.0, 0.0]):
        case = Case(f"tiny-loss log_softmax {row}", "log_softmax", {"logits": np.array(row)})
        case.arguments["axis"] = -1
        value = [formula.nearest(log_prob) for log_prob in formula.log_probs(row)]
        yield Deviation("tiny-loss", case, {"value": np.array(value), "grad": None})


def zero_denominators() -> Iterator[Deviation]:
    """Yield means whose weights cancel: undefined, while PyTorch divides and gives infinity."""
    key = "zero-denominator"
    options = {"target": labels(0, 1), "weight": np.array([-1.0, 1.0, 0.5])}
    yield by_formula(key, "cancelling weights", {"logits": ROWS, **options})
    grad = np.zeros_like(ROWS)
    grad[[0, 1], [0, 1]] = np.nan
    case = named(key, "cancelling weights", "nll_loss", {"log_probs": -(ROWS**2), **options})
    yield Deviation(key, case, {"value": np.array(np.nan), "grad": grad})


def refused() -> Iterator[Deviation]:
    """Yield arguments that mean nothing, which PyTorch takes or refuses in a way of its own."""
    index, soft = {"target": labels(0, 1)}, {"target": np.array([[0.25, 0.25, 0.5]] * 2)}
    beyond = {"target": np.array([[1.5, -0.25, -0.25], [0.0, 0.0, 1.0]])}
    fractions = np.array([0.5, 1.0])
    for key, detail, arguments in (
        ("smoothing-out-of-range", "index below 0", {**index, "label_smoothing": -0.1}),
        ("smoothing-out-of-range", "index above 1", {**index, "label_smoothing": 1.1}),
        ("smoothing-out-of-range", "soft below 0", {**soft, "label_smoothing": -0.1}),
        ("smoothing-out-of-range", "soft above 1", {**soft, "label_smoothing": 1.1}),
        ("negative-soft-target", "plain", beyond),
        ("negative-soft-target", "smoothed", {**beyond, "label_smoothing": 0.5}),
        ("non-integral-label", "a half", {"target": fractions}),
    ):
        case = named(key, detail, "cross_entropy", {"logits": ROWS, **arguments})
        yield Deviation(key, case, RAISES)
    given = {"log_probs": -(ROWS**2), "target": fractions}
    case = named("non-integral-label", "a half", "nll_loss", given)
    yield Deviation("non-integral-label", case, RAISES)


def reductions() -> Iterator[dict[str, str]]:
    """Yield the option for each reduction."""
    for reduction in ("mean", "sum", "none"):
        yield {"reduction": reduction}


def by_formula(key: str, detail: str, arguments: dict[str, Any]) -> Deviation:
    """Return a case of cross_entropy with the value and gradient of the definition."""
    arguments = {"reduction": "mean", **arguments}
    logits, target = arguments["logits"], arguments["target"]
    value, grad = exact_cross_entropy(
        np.atleast_2d(logits).tolist(),
        (np.atleast_2d(target) if target.shape == logits.shape else target.ravel()).tolist(),
        **{name: arguments[name] for name in arguments if name not in ("logits", "target")},
    )
    if logits.ndim == 1 and arguments["reduction"] == "none":
        value = value[0]
    ours = {"value": np.array(value), "grad": np.array(grad).reshape(logits.shape)}
    return Deviation(key, named(key, detail, "cross_entropy", arguments), ours)


def exact_cross_entropy(
    rows: Sequence[Sequence[float]],
    targets: Sequence[Any],
    weight: Sequence[float] | None = None,
    reduction: str = "mean",
    label_smoothing: float = 0.0,
    temperature: float = 1.0,
) -> tuple[Any, list[list[float]]]:
    """Return the reduced loss and the gradient of its sum."""
    classes = len(rows[0])
    weights = [1.0] * classes if weight is None else [float(w) for w in weight]
    losses, grads, shares = [mpf(0)] * len(rows), [[mpf(0)] * classes] * len(rows), []
    for n, (row, target) in enumerate(zip(rows, targets, strict=True)):
        if target == IGNORED:
            continue
        q = formula.smoothed(target, classes, label_smoothing)
        losses[n] = formula.loss(row, q, weights, temperature)
        grads[n] = formula.grad(row, q, weights, temperature)
        shares.append(mpf(weights[target]) if isinstance(target, int) else mpf(1))
    denominator = sum(shares) if reduction == "mean" else mpf(1)
    gradient = [[divided(entry, denominator) for entry in grad] for grad in grads]
    if reduction == "none":
        return [formula.nearest(loss) for loss in losses], gradient
    return divided(sum(losses), denominator), gradient


def divided(exact: mpf, denominator: mpf) -> float:
    """Return the nearest float64 to a quotient, nan if the denominator is 0."""
    return formula.nearest(exact / denominator) if denominator else math.nan


def picked(key: str, arguments: dict[str, Any]) -> Deviation:
    """Return a case of nll_loss whose first label weighs nothing at minus infinity."""
    log_probs, weight = arguments["log_probs"], ZERO_FIRST
    kept = -weight[1] * log_probs[1, 1]
    grad = np.zeros_like(log_probs)
    grad[1, 1] = -weight[1]
    # The two labels weigh 0 and 1, so that the mean is the sum.
    value = [0.0, kept] if arguments["reduction"] == "none" else kept
    arguments = {**arguments, "weight": weight, "target": labels(0, 1)}
    case = named(key, "label", "nll_loss", arguments)
    return Deviation(key, case, {"value": np.array(value), "grad": grad})


def named(key: str, detail: str, function: str, arguments: Mapping[str, Any]) -> Case:
    """Return a case whose name tells the deviation, the detail and the options."""
    options = " ".join(
        f"{name}={value}"
        for name, value in arguments.items()
        if name in ("reduction", "label_smoothing", "temperature")
    )
    return Case(f"{key}: {function}, {detail}, {options}", function, dict(arguments))
