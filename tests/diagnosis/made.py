"""Inputs and wrong numbers for the tests, worked out in plain NumPy."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from xentcli.core.settings import Settings
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.diagnose import diagnose
from xentcli.diagnosis.printed_number import parse_number
from xentcli.model.diagnosis import Diagnosis

Array = NDArray[np.float64]


class Input(NamedTuple):
    """Logits and labels, with weights, ε and an ignored class to be used where they are asked."""

    logits: Array
    labels: NDArray[np.int64]
    weight: Array
    eps: float = 0.2
    ignored: int = 2


def made(samples: int = 40, classes: int = 5, seed: int = 0, scale: float = 1.5) -> Input:
    """Logits that are hard enough, every class among the labels."""
    rng = np.random.default_rng(seed)
    logits = scale * rng.normal(size=(samples, classes))
    labels = rng.permutation(np.arange(samples) % classes)
    return Input(logits, labels, np.round(rng.uniform(0.3, 3.0, classes), 2))


def softmax(values: Array, axis: int = 1) -> Array:
    shifted = np.exp(values - values.max(axis=axis, keepdims=True))
    result: Array = shifted / shifted.sum(axis=axis, keepdims=True)
    return result


def at(values: Array, labels: NDArray[np.int64]) -> Array:
    picked: Array = values[np.arange(len(labels)), labels]
    return picked


def nll(values: Array, labels: NDArray[np.int64]) -> Array:
    """−log softmax at each label."""
    return -np.log(at(softmax(values), labels))


def smoothed(labels: NDArray[np.int64], classes: int, eps: float) -> Array:
    return (1 - eps) * np.eye(classes)[labels] + eps / classes


def case(
    values: Any,
    labels: Any = None,
    *,
    soft: Any = None,
    kind: Any = "logits",
    base: str = "e",
    sample_weight: Any = None,
    loss: float | None = None,
    grid: tuple[int, ...] | None = None,
    **options: Any,
) -> Case:
    """A case with the options of ``ce``; what ``ce`` gives is left to the search where not told."""
    rows = np.asarray(values, dtype=np.float64)
    return Case(
        rows,
        kind,
        grid or (len(rows),),
        None if labels is None else np.asarray(labels, dtype=np.int64),
        None if soft is None else np.asarray(soft, dtype=np.float64),
        None if sample_weight is None else np.asarray(sample_weight, dtype=np.float64),
        Settings(**options),
        base,
        "float64",
        loss,
    )


def named(of: Case, number: float, form: str = ".6g") -> Diagnosis:
    """The diagnosis of a number, printed in that form."""
    return diagnose([of], [parse_number(format(number, form))])


def first(of: Case, number: float, form: str = ".6g") -> str:
    """The name of the first formula that gives the number; empty if none does."""
    found = named(of, number, form).candidates[0]
    return found.name if found.matches else ""
