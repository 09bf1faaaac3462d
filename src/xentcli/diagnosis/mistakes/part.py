"""What a part of a formula says about itself."""

from __future__ import annotations

from typing import NamedTuple

# Ranks: what is met every week, now and then, seldom, hardly ever.
OFTEN, SOMETIMES, SELDOM, HARDLY = 1, 2, 3, 4


class Fix(NamedTuple):
    """What cures a mistake, library by library; empty where the library cannot make it."""

    pytorch: str = ""
    numpy: str = ""
    keras: str = ""
    sklearn: str = ""


class Part(NamedTuple):
    """One way of doing one step: its key, a phrase for a sentence, its formula, what it is.

    ``formula`` has braces where the formula of the step before it goes. ``by_hand`` says that only
    a formula that is written out can have it. ``apart`` is the input that tells it from the rest.
    """

    key: str
    phrase: str = ""
    formula: str = "{}"
    explanation: str = ""
    rank: int = 0
    by_hand: bool = False
    fix: Fix = Fix()
    apart: str = ""
