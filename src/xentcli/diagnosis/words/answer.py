"""The answer in a sentence, how likely it is chance, and what was not tried."""

from __future__ import annotations

from collections.abc import Sequence

from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.part import (
    HARDLY,
    LONE_GUESS,
    OFTEN,
    SELDOM,
    SOMETIMES,
    USUAL_GUESS,
)
from xentcli.diagnosis.printed_number import PrintedNumber
from xentcli.diagnosis.search.choices import Kit
from xentcli.diagnosis.search.matching import TriedFormula
from xentcli.diagnosis.words.formula import distinct, formula_asked_for, join_texts, noun, reference
from xentcli.model import NamedTuple

# From this chance on, the answer says that a match may be chance.
WORTH_A_WORD = 0.01
# A single departure is likely in itself: there the warning comes later.
WORTH_A_WORD_OF_ONE = 0.2


class Words(NamedTuple):
    """What the sentences need: the kit, a run, and its numbers.

    ``losses`` are those that the user asked for, ``texts`` the numbers as they were typed, and
    ``digits`` is how many decimals are shown.
    """

    kit: Kit
    case: Case
    losses: Sequence[float]
    texts: Sequence[str]
    digits: int


def describe_match(words: Words, best: TriedFormula) -> str:
    """Say which formula gives the numbers, and what the loss asked for is."""
    is_what = noun(best.formula, words.kit, words.case)
    start = f"{join_texts(words.texts)} {_are(words)} {is_what}"
    if not best.departures:
        return f"{start}, as {_who(words.case)} computes it."
    if not best.parts:
        return f"{start}. The labels count from 1, where PyTorch counts from 0."
    return f"{start}.{_question(best)} {_reference(words, best)}"


def describe_near_match(words: Words, best: TriedFormula, got: Sequence[PrintedNumber]) -> str:
    """Say which formula misses the numbers by their last digit only."""
    is_what = noun(best.formula, words.kit, words.case)
    pairs = list(zip(best.values, got, strict=True))
    values = [distinct(value, one.text, _decimals(one)) for value, one in pairs]
    missed = [one.text for _, one in pairs]
    number = "it" if len(got) == 1 else "them"
    return (
        f"{join_texts(missed)} {_are(words)} not reached exactly; {join_texts(values)} "
        f"{_are(words)} {is_what}. If you cut {number} or worked {number} out by hand, that is it."
        f"{_question(best)} {_reference(words, best)}"
    )


def describe_no_match(words: Words, depth: int) -> str:
    """Say that no formula gives the numbers."""
    which = f"up to {depth} departures" if depth > 1 else "one departure"
    return (
        f"No formula with {which} from the {words.case.loss_name} gives {join_texts(words.texts)}. "
        + reference(
            formula_asked_for(words.kit),
            words.kit,
            words.case,
            words.losses,
            words.texts,
            words.digits,
        )
    )


class Limits(NamedTuple):
    """The largest inputs in which two and three departures are tried, and their sums of ranks."""

    size_of_two: int
    size_of_three: int
    rank_of_two: int
    rank_of_three: int


def describe_limits(case: Case, depth: int, size: int, limits: Limits) -> list[str]:
    """Say what the search did not try, where it has found nothing."""
    said = []
    if depth == 1:
        said.append(
            f"In more than {limits.size_of_two:,} numbers two departures at a time are not looked "
            "for; a part of the rows, with its own number, shows the same mistakes."
        )
    asked = [] if case.settings.weight is not None else ["class weights (--weight)"]
    asked.append("an ignored label (--ignore-index)")
    were = "were" if len(asked) > 1 else "was"
    given = f"{join_texts(asked)} that {were} not given; " if case.question != "bce" else ""
    guesses = "the usual constants of label smoothing, temperature, focal loss and accumulation"
    said.append(
        f"Not tried: {given}constants other than {guesses}; rows in another order; three "
        f"departures at a time {_which_three(size, limits)}."
    )
    if depth > 1:
        said.append(
            f"Departures are ranked: {OFTEN} is met every week, {SOMETIMES} now and then, {SELDOM} "
            f"seldom, {HARDLY} hardly ever, {USUAL_GUESS} to {LONE_GUESS} is a constant that was "
            f"not given. Two whose ranks add up to more than {limits.rank_of_two} were not tried."
        )
    return said


def _which_three(size: int, limits: Limits) -> str:
    if size > limits.size_of_three:
        return f"in more than {limits.size_of_three:,} numbers"
    return f"whose ranks add up to more than {limits.rank_of_three}"


def caveat(best: TriedFormula, share: float | None, got: Sequence[PrintedNumber]) -> str:
    """Say how many numbers would match by chance; nothing where they are few."""
    least = WORTH_A_WORD if best.tier > 1 else WORTH_A_WORD_OF_ONE
    if share is None or not best.departures or share < least:
        return ""
    digits = join_texts([str(one.digits) for one in got])
    digits += " digit" if digits == "1" else " digits"
    numbers = "numbers" if len(got) == 1 else f"sets of {len(got)} numbers"
    often = f"about 1 in {round(1 / share)}" if share < 2 / 3 else "most"
    return (
        f"This may be chance: {often} {numbers} of {digits} would match some formula as simple as "
        "this. More digits, or the number of another run (--got twice), would settle it."
    )


def _are(words: Words) -> str:
    return "is" if len(words.texts) == 1 else "are"


def _decimals(one: PrintedNumber) -> int:
    """Return how many decimals the number was printed with, at least one."""
    _, _, after = one.text.lower().partition("e")[0].partition(".")
    return max(1, len(after))


def _who(case: Case) -> str:
    if case.question != "ce":
        return case.question
    return "PyTorch" if case.kind == "logits" and case.base == "e" else "ce"


def _question(best: TriedFormula) -> str:
    """Ask the user about constants that were not given."""
    guesses = [part.phrase for part in best.parts if part.is_guess]
    if not guesses:
        return ""
    return f" Was it computed {join_texts(guesses)}? That was not given here."


def _reference(words: Words, best: TriedFormula) -> str:
    return reference(best.formula, words.kit, words.case, words.losses, words.texts, words.digits)
