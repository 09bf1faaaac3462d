"""Works out the formulas that stand beside the steps of a sample, in plain NumPy."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

# How what is written is written in Python, in this order.
WRITTEN = (
    (r"^.*ignored$", "0"),
    (r"^(.*) as given$", "z"),
    (r", p_t = p\[y\]$", ""),
    (r", h = .*$", ""),
    (r"^(.*) in float\d+$", r"\1"),
    # The weights of the classes and the sample's; and a step that has one name alone.
    (r"^w, times the sample's (.*)$", r"(w_classes) * \1"),
    (r"^w$", "w_classes"),
    (r"^w⁺$", "w_positive"),
    (r"^t$", "t_given"),
    (r"^.* = onehot\(y\)$", "onehot"),
    (r"^.* = t$", "t_given"),
    (r"\(1−ε\)·onehot\(y\) \+ ε/C", "(1 - ε) * onehot + ε / C"),
    (r"\(1−ε\)·t \+ ε/C", "(1 - ε) * t_given + ε / C"),
    # What stands before the last sign of equality is a name.
    (r"^.* = (?=[^=]*$)", ""),
    (r"^Σe$", "Σ(e)"),
    (r"^log Σe$", "log(Σ(e))"),
    (r"^KL\((.)‖m\)$", r"Σ(term_\1)"),
    (r"KL\((.)‖m\)", r"kl_\1"),
    ("½·?", "0.5·"),
    ("p·Σwq", "p·Σ(w_q)"),
    ("w·q", "w_q"),
    ("p·Σt", "p·Σ(t)"),
    (r"Σ p·h", "Σ(p·h)"),
    (r"Σ terms", "Σ(term)"),
    (r"·terms", "·(term_yes + term_no)"),
    ("log Σe", "log_sum"),
    ("Σe", "total"),
    (r"max z / T", "max(z / T)"),
    (r"max z", "max(z)"),
    (r"(log|ln|exp) (p_t|p|t|H|\d+)", r"log_or_exp_\1(\2)"),
    ("log_or_exp_ln", "log"),
    ("log_or_exp_", ""),
    ("w⁺", "w_positive"),
    ("2t", "2·t"),
    (r"√JS", "(loss / weight_of_sample)**0.5"),
    ("−", "-"),
    ("·", "*"),
    (r"\^", "**"),
)
# Stands for ∞.
HUGE = 1e300
# What a step is called in the formulas of later ones.
NAMES = {
    "shifted": "d",
    "max": "m",
    "exp": "e",
    "sum": "total",
    "softmax": "p",
    "sigmoid": "p",
    "log_softmax": "log_p",
    "weight": "w",
    "pos_weight": "w_positive",
    "balance": "α_t",
    "mean": "m",
}


class Given(NamedTuple):
    """What a sample's formulas are worked out from, beside its steps."""

    values: Array
    label: int | None
    target: Array | None
    settings: Mapping[str, Any]
    denominator: float
    weight: float


def log(x: Array) -> Array:
    """The logarithm, of 0 a number that 0 times is 0."""
    return np.where(x > 0, np.log(np.where(x > 0, x, 1.0)), -HUGE)


def σ(x: Array) -> Array:
    """The probability of yes."""
    return 1.0 / (1.0 + np.exp(-x))


FUNCTIONS: dict[str, Any] = {
    "exp": np.exp,
    "log": log,
    "log1p": np.log1p,
    "max": np.max,
    "Σ": np.sum,
    "σ": σ,
}


def in_python(formula: str) -> str:
    """A formula as Python writes it."""
    for pattern, instead in WRITTEN:
        formula = re.sub(pattern, instead, formula)
    return formula


def names_of(steps: list[dict[str, Any]], given: Given) -> dict[str, Any]:
    """What every name in the formulas stands for, as the steps before say."""
    settings, count = given.settings, given.values.size
    onehot = np.zeros(count)
    if given.label is not None:
        onehot[given.label] = 1.0
    weights = settings.get("weight", np.ones(count))
    names: dict[str, Any] = {
        "z": given.values,
        "T": settings.get("temperature", 1.0),
        "ε": settings.get("label_smoothing", 0.0),
        "γ": settings.get("gamma", 0.0),
        "A": settings.get("alpha", 1.0),
        "C": count,
        "w_classes": weights,
        "w": np.ones(count),
        "w_positive": settings.get("pos_weight", np.ones(count)),
        "onehot": onehot,
        "t_given": onehot if given.target is None else given.target,
        "denominator": given.denominator,
        "weight_of_sample": given.weight,
        **FUNCTIONS,
    }
    for step in steps:
        # 0·(−∞) is 0.
        value = np.clip(np.array(step["value"], dtype=np.float64), -HUGE, HUGE)
        names[NAMES.get(step["name"], step["name"])] = value
    return names


def worked_out(formula: str, steps: list[dict[str, Any]], given: Given) -> Array:
    """The numbers of a step, from those of the steps before it."""
    names = names_of(steps, given)
    if "target" in names:
        names["t"] = names["q"] = names["target"]
        names["w_q"] = names["w"] * names["q"]
    if "p" not in names and "total" in names:
        names["p"] = names["e"] / names["total"]
    if "p" in names:
        if "p_t" not in names:
            names["p_t"] = names["p"][given.label or 0]
        if "total" in names:
            names["s"] = names["total"] - 1.0
        if "term_t" in names:
            names["h"] = 0.5 * log(names["p"] / names["m"])
    elif "e" in names:
        names["s"] = names["e"].sum() - 1.0
    if "term" in names:
        names["H"] = names["term"].sum()
    with np.errstate(divide="ignore", invalid="ignore"):
        found: Array = np.asarray(eval(in_python(formula), {}, names), dtype=np.float64)
    return np.where(abs(found) > HUGE / 10, np.copysign(np.inf, found), found)
