"""What a part of a formula says about itself."""

from __future__ import annotations

from xentcli.model import NamedTuple

# Ranks: what is met every week, now and then, seldom, hardly ever. What is met hardly ever weighs
# as much as two mistakes.
OFTEN, SOMETIMES, SELDOM, HARDLY = 1, 2, 3, 4
# A constant that nobody told, such as a label smoothing of 0.1: the usual values, and the others.
USUAL_GUESS, GUESS = 5, 6
# A guess that goes with nothing else.
LONE_GUESS = 8

# What tells formulas apart that agree where every label is the same.
SEVERAL_CLASSES = "give samples of several classes"


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
    ``is_guess`` says that it has a constant that the input does not name, so that it is told as a
    question. A formula with this part has one of the parts ``needs`` as well, where there are any,
    and none of ``excludes``: keys of parts, or kinds, which then stay as asked.
    """

    key: str
    phrase: str = ""
    formula: str = "{}"
    explanation: str = ""
    rank: int = 0
    by_hand: bool = False
    fix: Fix = Fix()
    apart: str = ""
    is_guess: bool = False
    needs: frozenset[str] = frozenset()
    excludes: frozenset[str] = frozenset()

    @property
    def weight(self) -> int:
        """As how many mistakes it counts."""
        return 2 if self.is_guess or self.rank >= HARDLY else 1
