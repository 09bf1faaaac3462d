"""How the temperature scales the logits, and the loss."""

from __future__ import annotations

from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.part import GUESS, OFTEN, SOMETIMES, USUAL_GUESS, Fix, Part
from xentcli.model import NamedTuple


class Temperature(NamedTuple):
    """A part, the factor of the logits, and the factor of the loss."""

    part: Part
    factor: float
    scale: float = 1.0


_DIVIDE = Fix(
    "F.cross_entropy(z / T, y)",
    "z / T before the log-softmax",
    "z / T before the loss",
    "softmax(z / T, axis=1)",
)
_APART = "give a temperature further from 1"
# The usual values where the user gave none, and rarer ones.
USUAL = (0.07, 0.1, 2.0, 4.0)
OTHERS = (0.05, 0.2, 0.5, 3.0, 5.0, 10.0, 20.0)


def _make_guess(temperature: float, *, squared: bool = False) -> Temperature:
    shown = f"{temperature:g}"
    more = ", the loss multiplied by T²" if squared else ""
    rank = USUAL_GUESS if temperature in USUAL else GUESS
    return Temperature(
        Part(
            f"temperature-{shown}" + ("-squared" if squared else ""),
            f"with a temperature of {shown}{more}",
            f"{shown}²·{{}}" if squared else "{}",
            f"the logits are divided by {shown}"
            + (", and the loss is multiplied by its square, as in distillation" if squared else "")
            + "; no temperature was asked for",
            rank,
            fix=Fix(
                "F.cross_entropy(z, y), without a temperature",
                "z itself, not z / T",
                "z itself, not z / T",
                "softmax(z, axis=1), not of z / T",
            ),
            apart="give the number of another run",
            is_guess=True,
        ),
        1.0 / temperature,
        temperature * temperature if squared else 1.0,
    )


GUESSED = (
    *map(_make_guess, (*USUAL, *OTHERS)),
    *(_make_guess(one, squared=True) for one in (*USUAL, *OTHERS) if one > 1),
)


def choices(case: Case) -> tuple[Temperature, ...]:
    """Return the mistakes with the T asked for; where none is, the usual values as guesses."""
    temperature = case.settings.temperature
    asked = Temperature(Part("temperature"), 1.0 / temperature)
    if temperature == 1.0:
        return (asked, *GUESSED) if case.kind == "logits" else (asked,)
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
    squared = Part(
        "temperature-squared",
        "with the loss multiplied by T²",
        "T²·{}",
        "distillation multiplies the loss by T², so that its gradients keep their size",
        SOMETIMES,
        fix=Fix(*["the loss without the factor T ** 2"] * 4),
        apart=_APART,
    )
    return (
        asked,
        Temperature(forgotten, 1.0),
        Temperature(multiplied, temperature),
        Temperature(squared, 1.0 / temperature, temperature * temperature),
    )
