"""The names of arrays in the calls that are advised, and the numbers in them."""

from __future__ import annotations

from xentcli.core.layout import Array
from xentcli.diagnosis.case import Case

# More weights than this are not written out but called w.
MOST_WEIGHTS = 6


def name_of(case: Case) -> str:
    """Return the name of the values: z, p or log_p."""
    return {"logits": "z", "probs": "p", "log_probs": "log_p"}[case.kind]


def values_of(case: Case) -> str:
    """Write the values, divided by the temperature where there is one."""
    temperature = case.settings.temperature
    return name_of(case) if temperature == 1.0 else f"{name_of(case)} / {number_of(temperature)}"


def number_of(value: float) -> str:
    """Write a number as people do."""
    return f"{value:.12g}"


def write_weights(weight: Array | None) -> str:
    """Write the weights as a list; w where they are too many to be written out."""
    if weight is None or len(weight) > MOST_WEIGHTS:
        return "w"
    return "[" + ", ".join(repr(value) for value in weight.tolist()) + "]"


def write_in_base(call: str, case: Case, log: str) -> str:
    """Convert a loss in nats to the base that was asked for."""
    return call if case.base == "e" else f"{call} / {log}({case.base})"


def write_reduction(losses: str, case: Case, weight: str = "", whole: str = "") -> str:
    """Write the mean or sum of losses; a weighted mean is divided by ``whole``."""
    if weight:
        total = f"({weight} * {losses}).sum()"
        return total if case.settings.reduction == "sum" else f"{total} / {whole}"
    return f"({losses}).{'sum' if case.settings.reduction == 'sum' else 'mean'}()"
