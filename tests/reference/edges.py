"""The corners: empty and ignored input, non-finite values, one class, ties, refused calls."""

import itertools
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crossed import REDUCTIONS, Case

INF, NAN = np.inf, np.nan
ROWS = np.array([[1.0, 2.0, 3.0], [0.5, -1.0, 0.25]])
ZERO_FIRST = np.array([0.0, 1.0, 2.0])
NOT_FINITE = {
    "minus infinity": [-INF, 1.0, 2.0],
    "two minus infinities": [-INF, 1.0, -INF],
    "plus infinity": [INF, 1.0, 2.0],
    "two plus infinities": [INF, INF, 2.0],
    "both infinities": [-INF, INF, 2.0],
    "nan": [NAN, 1.0, 2.0],
    "all minus infinity": [-INF, -INF, -INF],
    "all nan": [NAN, NAN, NAN],
}
PLAIN = {
    "ties": [5.0, 5.0, 5.0],
    "two tied at the top": [2.0, 2.0, -1.0],
    "two tied below": [-1.0, 2.0, -1.0],
    "signed zeros": [0.0, -0.0, -0.0],
    "thousands": [1e4, 1e4 - 1, -1e4],
    "overflow": [710.0, 709.0, 708.0],
    "underflow": [-746.0, -745.0, -747.0],
    "largest": [1e308, 5e307, -5e307],
    "smallest": [5e-324, 0.0, -5e-324],
}
EMPTY_SHAPES = ((0, 4), (2, 4, 0), (2, 4, 0, 2), (0, 4, 2))


def edge_cases() -> Iterator[Case]:
    """Yield every corner."""
    yield from probability_cases()
    yield from axis_cases()
    yield from row_cases()
    yield from soft_row_cases()
    yield from given_log_prob_cases()
    yield from empty_cases()
    yield from ignored_cases()
    yield from zero_weight_cases()
    yield from one_class_cases()
    yield from refused_cases()


def probability_cases() -> Iterator[Case]:
    """Yield softmax and log_softmax of single rows that are not finite, tied or extreme."""
    for function in ("softmax", "log_softmax"):
        for name, row in (NOT_FINITE | PLAIN | {"one class": [3.0], "one nan": [NAN]}).items():
            yield probability(f"{function} of {name}", function, np.array(row), -1)
        mixed = np.array(list(NOT_FINITE.values()))
        yield probability(f"{function} of rows that are not finite", function, mixed, 1)
        yield probability(f"{function} of no rows", function, np.zeros((0, 3)), 1)
        yield probability(f"{function} of columns of nothing", function, np.zeros((2, 3, 0)), 1)


def axis_cases() -> Iterator[Case]:
    """Yield softmax and log_softmax along each axis of an array."""
    logits = np.linspace(-3.0, 4.0, 24).reshape(2, 3, 4) ** 2
    for function, axis in itertools.product(("softmax", "log_softmax"), range(-3, 3)):
        yield probability(f"{function} along axis {axis}", function, logits, axis)


def row_cases() -> Iterator[Case]:
    """Yield cross_entropy of index labels with one peculiar row among ordinary ones."""
    rows = NOT_FINITE | PLAIN
    for (name, row), label in itertools.product(rows.items(), (0, 1)):
        logits = np.array([row, *ROWS.tolist()])
        for reduction in ("none", "mean"):
            arguments = {"logits": logits, "target": labels(label, 2, 0), "reduction": reduction}
            yield cross_entropy(f"{name}, label {label}, {reduction}", arguments)
    for name in ("minus infinity", "nan", "plus infinity"):
        logits = np.array([NOT_FINITE[name], *ROWS.tolist()])
        arguments = {"logits": logits, "target": labels(1, 2, 0), "reduction": "none"}
        yield cross_entropy(f"{name}, smoothed", {**arguments, "label_smoothing": 0.1})
        yield cross_entropy(f"{name}, hot", {**arguments, "temperature": 3.0})
        yield cross_entropy(f"{name}, weighted", {**arguments, "weight": ZERO_FIRST})


def soft_row_cases() -> Iterator[Case]:
    """Yield cross_entropy of soft targets that put mass on every class of a peculiar row."""
    target = np.array([[0.5, 0.25, 0.25], [0.0, 1.0, 0.0]])
    for (name, row), reduction in itertools.product((NOT_FINITE | PLAIN).items(), REDUCTIONS):
        logits = np.array([row, ROWS[0]])
        arguments = {"logits": logits, "target": target, "reduction": reduction}
        yield cross_entropy(f"soft target, {name}, {reduction}", arguments)
    arguments = {"logits": ROWS, "target": target}
    yield cross_entropy("soft target, unused negative ignore", {**arguments, "ignore_index": -1})
    yield cross_entropy("soft target, all zero unnormalised", {**arguments, "target": ROWS * 0})


def given_log_prob_cases() -> Iterator[Case]:
    """Yield nll_loss of numbers that no log_softmax gives: it picks them all the same."""
    log_probs = np.array([[0.5, -INF, 0.0], [NAN, INF, -1.0], [-2.0, NAN, -0.0]])
    for target, reduction in itertools.product(([0, 1, 2], [1, 2, 0], [2, 0, 1]), REDUCTIONS):
        arguments = {"log_probs": log_probs, "target": labels(*target), "reduction": reduction}
        yield Case(f"nll_loss given {target}, {reduction}", "nll_loss", arguments)


def empty_cases() -> Iterator[Case]:
    """Yield the losses of no samples at all."""
    for shape, reduction in itertools.product(EMPTY_SHAPES, REDUCTIONS):
        target = np.zeros((shape[0], *shape[2:]), np.int64)
        name = f"no samples, shape {shape}, {reduction}"
        options = {"target": target, "reduction": reduction}
        empty = np.zeros(shape)
        yield cross_entropy(name, {"logits": empty, **options})
        yield cross_entropy(f"{name}, soft", {"logits": empty, **options, "target": empty})
        yield Case(f"nll_loss of {name}", "nll_loss", {"log_probs": empty, **options})


def ignored_cases() -> Iterator[Case]:
    """Yield the losses of samples that are all ignored, or all but one."""
    for target, reduction in itertools.product(([-100, -100], [-100, 2]), REDUCTIONS):
        name = f"ignored {target}, {reduction}"
        options = {"target": labels(*target), "reduction": reduction}
        yield nll(name, options)
        for smoothing in (0.0, 0.1, 1.0):
            arguments = {"logits": ROWS, **options, "label_smoothing": smoothing}
            yield cross_entropy(f"{name}, smoothing {smoothing}", arguments)
        weighted = {"logits": ROWS, **options, "weight": ZERO_FIRST}
        yield cross_entropy(f"{name}, weighted", weighted)
    for reduction in REDUCTIONS:
        single = {"target": np.array(-100), "reduction": reduction}
        yield cross_entropy(f"the one sample ignored, {reduction}", {"logits": ROWS[0], **single})


def zero_weight_cases() -> Iterator[Case]:
    """Yield losses whose kept labels all weigh nothing, so that the mean is 0/0."""
    for target, reduction in itertools.product(([0, 0], [0, -100]), REDUCTIONS):
        options = {"target": labels(*target), "reduction": reduction, "weight": ZERO_FIRST}
        name = f"weightless {target}, {reduction}"
        yield nll(name, options)
        for smoothing in (0.0, 0.5):
            arguments = {"logits": ROWS, **options, "label_smoothing": smoothing}
            yield cross_entropy(f"{name}, smoothing {smoothing}", arguments)


def one_class_cases() -> Iterator[Case]:
    """Yield cross_entropy where there is nothing to choose from."""
    logits = np.array([[1.0], [-2.0]])
    for reduction, smoothing in itertools.product(REDUCTIONS, (0.0, 0.5)):
        options = {"logits": logits, "reduction": reduction, "label_smoothing": smoothing}
        name = f"one class, {reduction}, smoothing {smoothing}"
        yield cross_entropy(name, {**options, "target": labels(0, 0)})
        yield cross_entropy(f"{name}, soft", {**options, "target": np.ones((2, 1))})


def refused_cases() -> Iterator[Case]:
    """Yield calls that PyTorch refuses, and so must everybody."""
    soft = np.array([[0.25, 0.25, 0.5]] * 2)
    calls: dict[str, dict[str, Any]] = {
        "label beyond the classes": {"target": labels(0, 3)},
        "negative label": {"target": labels(0, -1)},
        "default label where another is ignored": {"target": labels(-100, 0), "ignore_index": 5},
        "soft target with a class to ignore": {"target": soft, "ignore_index": 2},
        "too few labels": {"target": labels(0)},
        "too few soft targets": {"target": soft[:1]},
        "weight too short": {"target": labels(0, 1), "weight": np.ones(2)},
        "weight too long": {"target": labels(0, 1), "weight": np.ones(4)},
        "unknown reduction": {"target": labels(0, 1), "reduction": "median"},
    }
    for name, options in calls.items():
        yield cross_entropy(f"refused: {name}", {"logits": ROWS, **options})
        if options["target"].ndim == 1:
            yield nll(f"refused: {name}", options)


def probability(name: str, function: str, logits: NDArray[np.float64], axis: int) -> Case:
    """Return a case of softmax or log_softmax."""
    return Case(name, function, {"logits": logits, "axis": axis})


def cross_entropy(name: str, arguments: dict[str, Any]) -> Case:
    """Return a case of cross_entropy."""
    return Case(f"cross_entropy of {name}", "cross_entropy", arguments)


def nll(name: str, options: dict[str, Any]) -> Case:
    """Return a case of nll_loss on two ordinary rows."""
    return Case(f"nll_loss of {name}", "nll_loss", {"log_probs": -(ROWS**2), **options})


def labels(*indices: int) -> NDArray[np.int64]:
    """Return index targets."""
    return np.array(indices, np.int64)
