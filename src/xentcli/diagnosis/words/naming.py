"""What the arrays are called in the lines to write, and the numbers in them."""

from __future__ import annotations

from xentcli.core.layout import Array
from xentcli.diagnosis.case import Case

# Longer weights are called w.
MOST_WEIGHTS = 6


def name_of(case: Case) -> str:
    """z, p or log_p."""
    return {"logits": "z", "probs": "p", "log_probs": "log_p"}[case.kind]


def values_of(case: Case) -> str:
    """The values, divided by the temperature where there is one."""
    temperature = case.settings.temperature
    return name_of(case) if temperature == 1.0 else f"{name_of(case)} / {number_of(temperature)}"


def number_of(value: float) -> str:
    """A number as people write it."""
    return f"{value:.12g}"


def written_weights(weight: Array | None) -> str:
    """The weights as a list; w where they are too many to be written out."""
    if weight is None or len(weight) > MOST_WEIGHTS:
        return "w"
    return "[" + ", ".join(repr(value) for value in weight.tolist()) + "]"


def in_base(call: str, case: Case, log: str) -> str:
    """A loss in nats in the base that was asked for."""
    return call if case.base == "e" else f"{call} / {log}({case.base})"


def reduced(losses: str, case: Case, weight: str = "", whole: str = "") -> str:
    """The mean or sum of losses that are one expression; weighted, divided by the whole weight."""
    if weight:
        total = f"({weight} * {losses}).sum()"
        return total if case.settings.reduction == "sum" else f"{total} / {whole}"
    return f"({losses}).{'sum' if case.settings.reduction == 'sum' else 'mean'}()"
