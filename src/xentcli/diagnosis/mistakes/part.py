"""A part of a formula: its names in key, phrase and formula, how common it is, and its cure."""

from __future__ import annotations

from xentcli.model import NamedTuple

# Ranks: a mistake is met every week, now and then, seldom, or hardly ever. One that is met hardly
# ever counts as two.
OFTEN, SOMETIMES, SELDOM, HARDLY = 1, 2, 3, 4
# A constant that the user did not give, as a label smoothing of 0.1: usual values, and others.
USUAL_GUESS, GUESS = 5, 6
# A guess so unlikely that it is tried without any other departure.
LONE_GUESS = 8

# The input that tells formulas apart which agree where all labels are the same.
SEVERAL_CLASSES = "give samples of several classes"


class Fix(NamedTuple):
    """How to correct a mistake in each library; empty where it cannot be made there."""

    pytorch: str = ""
    numpy: str = ""
    keras: str = ""
    sklearn: str = ""


class Part(NamedTuple):
    """One way to do one step of a formula.

    ``phrase`` is its name within a sentence. ``formula`` has braces in the place of the formula of
    the step before. ``rank`` says how common it is. ``by_hand``: only a formula written out by hand
    can have it. ``apart`` asks for an input that tells it from the other parts. ``is_guess``: it
    has a constant that the user did not give, and is put to the user as a question. A formula with
    this part also has one of the parts whose keys are in ``needs``, if there are any, and no part
    whose key or kind is in ``excludes``.
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
        """How many mistakes it counts as."""
        return 2 if self.is_guess or self.rank >= HARDLY else 1
