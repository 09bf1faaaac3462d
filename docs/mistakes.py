"""The departures that ``xent diagnose`` looks for, as tables: a row a departure.

Which of them a formula can have depends on the input, so they are gathered over inputs that
together can have all.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator

import numpy as np

from docs.pages import table
from xentcli.core.settings import Settings
from xentcli.diagnosis.case import Case, Question
from xentcli.diagnosis.mistakes.part import HARDLY, OFTEN, SELDOM, SOMETIMES, Part
from xentcli.diagnosis.search.choices import kits
from xentcli.diagnosis.words.formula import KINDS
from xentcli.model import Kind

# What the kinds are called, in the order in which a sentence tells them.
TITLES = {
    "readings": "How the values are read",
    "temperatures": "The temperature",
    "clips": "What is done before the logarithm",
    "logarithms": "The logarithm",
    "picks": "What the rows are measured against",
    "focals": "The focal factor",
    "smoothings": "The label smoothing",
    "weightings": "The weights",
    "ignorings": "The ignored rows",
    "reductions": "From the losses to one number",
    "scales": "What is done to the number",
    "signs": "The sign",
    "arithmetics": "The arithmetic",
}
# How often a part of a rank is met; what is above is a constant that nobody told.
MET = {OFTEN: "often", SOMETIMES: "now and then", SELDOM: "seldom", HARDLY: "hardly ever"}
ASKED_ABOUT = "asked about"

ROWS, CLASSES = 1031, 3
NUMBER = re.compile(r"(?<!\w)\d[\d.]*(?:e-\d+)?(?:, \d+)*")
MOST_LISTED = 6


def tables() -> str:
    """A section a kind, a row a departure."""
    return "\n\n".join(_section(title, _of(kind)) for kind, title in TITLES.items())


def _section(title: str, parts: Iterable[Part]) -> str:
    rows = [
        (phrase, part.explanation, MET.get(part.rank, ASKED_ABOUT)) for phrase, part in _rows(parts)
    ]
    return f"### {title}\n\n{table(('departure', 'what it is', 'met'), rows)}"


def keys() -> set[str]:
    """The keys of all departures."""
    return {part.key for kind in TITLES for part in _of(kind)}


def _of(kind: str) -> list[Part]:
    found: dict[str, Part] = {}
    for case in _cases():
        (kit,) = kits([case])
        for choice in getattr(kit, kind):
            if choice.part.phrase:
                found.setdefault(choice.part.key, choice.part)
    return list(found.values())


def _rows(parts: Iterable[Part]) -> Iterator[tuple[str, Part]]:
    """Parts that differ in their numbers alone are one row, that of the likeliest."""
    families: dict[tuple[str, str], list[Part]] = {}
    for part in parts:
        words = NUMBER.sub("#", part.phrase), NUMBER.sub("#", part.explanation)
        families.setdefault(words, []).append(part)
    for family in families.values():
        first = min(family, key=lambda part: part.rank)
        yield first.phrase + _also(_differences(family, first)), first


def _differences(family: Iterable[Part], first: Part) -> list[set[str]]:
    """What numbers the phrases have in place of the first one's."""
    mine = NUMBER.findall(first.phrase)
    each = [zip(NUMBER.findall(part.phrase), mine, strict=True) for part in family]
    return [found for pairs in each if (found := {one for one, other in pairs if one != other})]


def _also(differences: list[set[str]]) -> str:
    if not differences:
        return ""
    if any(len(found) > 1 for found in differences):
        return " (also with other numbers)"
    numbers = list(dict.fromkeys(number for (number,) in differences))
    between = "; " if any("," in number for number in numbers) else ", "
    more = f"{between}…" if len(numbers) > MOST_LISTED else ""
    return f" (also {between.join(numbers[:MOST_LISTED])}{more})"


def _cases() -> Iterator[Case]:
    """Inputs that together can have every departure."""
    weights = Settings(weight=np.array([2.0, 1.0, 3.0]))
    ignoring = weights._replace(ignore_index=0)
    smoothing = Settings(label_smoothing=0.1)
    for kind in KINDS:
        yield _case(kind)
        yield _case(kind, ignoring, ignored=0)
        yield _case(kind, weights, soft=True)
    yield _case("logits", question="kl")
    yield _case("logits", question="kl", soft=True)
    yield _case("logits", question="bce", grid=(103, 10))
    yield _case("logits", question="bce", grid=(103, 10), question_weight=True)
    yield _case("logits", question="bce", grid=(103, 10), question_weight=True, sample_weight=True)
    yield _case("probs", question="bce", grid=(1030,), soft=True)
    yield _case("logits", Settings(temperature=2.0), classes=2)
    yield _case("logits", smoothing, ignored=-100)
    yield _case("logits", smoothing._replace(weight=weights.weight), sample_weight=True)
    yield _case("logits", grid=(5, 5), ignored=-100)
    yield _case("logits", grid=(4, 5, 2))
    yield _case("logits", grid=(CLASSES,))


def _case(
    kind: Kind,
    settings: Settings = Settings(),  # noqa: B008
    *,
    question: Question = "ce",
    classes: int = CLASSES,
    grid: tuple[int, ...] = (ROWS,),
    soft: bool = False,
    ignored: int | None = None,
    sample_weight: bool = False,
    question_weight: bool = False,
) -> Case:
    classes = 2 if question == "bce" else classes
    rows = math.prod(grid)
    values = np.arange(rows * classes, dtype=float).reshape(rows, classes) % 7 / 3
    labels = np.arange(rows) % classes
    if ignored is not None:
        labels[::4] = ignored
    return Case(
        values=values,
        kind=kind,
        grid=grid,
        labels=None if soft else labels,
        soft=np.full((rows, classes), 1.0 / classes) if soft else None,
        question_weight=np.linspace(1.0, 2.0, rows) if question_weight else None,
        sample_weight=np.linspace(1.0, 2.0, rows) if sample_weight else None,
        settings=settings,
        base="e",
        arithmetic="float64",
        loss=1.0,
        question=question,
        names=("dog", "cat", "fox")[:classes],
    )
