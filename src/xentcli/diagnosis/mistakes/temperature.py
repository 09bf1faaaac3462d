"""What the logits are multiplied by before the softmax."""

from __future__ import annotations

from typing import NamedTuple

from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.part import OFTEN, SOMETIMES, Fix, Part


class Temperature(NamedTuple):
    """A part and the factor of the logits."""

    part: Part
    factor: float


_DIVIDE = Fix(
    "F.cross_entropy(z / T, y)",
    "z / T before the log-softmax",
    "z / T before the loss",
    "softmax(z / T, axis=1)",
)
_APART = "give a temperature further from 1"


def choices(case: Case) -> tuple[Temperature, ...]:
    """With a temperature of 1 there is one."""
    temperature = case.settings.temperature
    asked = Temperature(Part("temperature"), 1.0 / temperature)
    if temperature == 1.0:
        return (asked,)
    forgotten = Part(
        "no-temperature",
        "with the temperature left out",
        "{}",
        "the logits are not divided by T",
        OFTEN,
        fix=_DIVIDE,
        apart=_APART,
    )
    multiplied = Part(
        "times-temperature",
        "with the logits multiplied by the temperature",
        "{}",
        "the logits are multiplied by T, not divided",
        SOMETIMES,
        fix=Fix(*(f"{text}, not z * T" for text in _DIVIDE)),
        apart=_APART,
    )
    return (asked, Temperature(forgotten, 1.0), Temperature(multiplied, temperature))
