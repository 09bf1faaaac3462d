"""The diagnosis: the formulas that give a number, and what is remarkable about the input."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from xentcli.diagnosis.case import Case
from xentcli.diagnosis.findings import PROBABILITIES, findings
from xentcli.diagnosis.mistakes.reading import PROBS
from xentcli.diagnosis.printed_number import Got
from xentcli.diagnosis.search.choices import Formula, Kit, kits
from xentcli.diagnosis.search.matching import Trial, Tried, chance, coinciding, matching, trial
from xentcli.diagnosis.search.search import Depth, Search
from xentcli.diagnosis.words.advice import advice
from xentcli.diagnosis.words.ambiguity import QUIET, notes
from xentcli.diagnosis.words.formula import explanation, listed, name, noun, reference, written
from xentcli.errors import counted, rounded
from xentcli.model import Candidate, Diagnosis, Finding

# Two mistakes at a time are looked for in up to so many numbers, three in up to so many.
MOST_FOR_TWO = 1_000_000
MOST_FOR_THREE = 100_000
# Three mistakes are put together of common ones alone; and they are told only where few numbers of
# as many digits would match any.
RANK_OF_THREE = 6
CHANCE_OF_THREE = 0.05
# From here on it is said that a match may be chance.
WORTH_A_WORD = 0.01
# One departure alone is likely by itself.
WORTH_A_WORD_OF_ONE = 0.2
OPTIONS = (
    "Label smoothing, class weights, an ignored label and a temperature are looked for where they "
    "are given, as to ce: --label-smoothing, --weight, --ignore-index, --temperature."
)
# Formulas that do not match are listed only if they differ by more than this.
UNSEEN = 1e-5


# A formula that overflows, or has no value, is one of those that are looked for.
@np.errstate(all="ignore")
def diagnosed(
    cases: Sequence[Case], got: Sequence[Got], most: int = 10, digits: int = 4
) -> Diagnosis:
    """What is behind the numbers got, one a case; at most so many candidates are listed."""
    found = _found(cases, got)
    hint = _if_probabilities(cases, found, digits)
    losses = tuple(math.nan if case.loss is None else case.loss for case in cases)
    values = tuple(one.value for one in got)
    if not got:
        return Diagnosis((), cases[0].kind, losses, _without_number(found), hint, findings=found)
    # Several numbers of one input are several runs of the same case.
    known = {id(case): Search(case, kit) for case, kit in zip(cases, kits(cases), strict=True)}
    searches = [known[id(case)] for case in cases]
    kit = searches[0].kit
    tried, matches, depth = _looked_for(searches, got)
    tried_first = tried.tried[matches[0]] if matches else None
    texts = [one.text for one in got]
    losses = tried.tried[0].values
    told = Diagnosis(values, cases[0].kind, losses, "", findings=found)
    told = told._replace(candidates=_candidates(tried, matches, values, kit, cases[0], most))
    if tried_first is None:
        sentence = _nothing(texts, depth, kit, cases[0], losses, digits)
        return told._replace(sentence=sentence, notes=(*_depth_in_words(depth), *hint, OPTIONS))
    share = chance(tried, matches[0], got)
    return told._replace(
        sentence=_sentence(tried_first, tried, texts, kit, cases[0], digits),
        notes=(*_notes(tried, matches, got, cases, share), *hint),
        advice=advice(tried_first.parts, cases[0]) if tried_first.departures else (),
        chance=share,
    )


def _looked_for(searches: Sequence[Search], got: Sequence[Got]) -> tuple[Trial, list[int], int]:
    """The formulas tried, those that match, and how many departures were looked at."""
    cases, kit = [search.case for search in searches], searches[0].kit
    size = sum(case.values.size for case in cases)
    base = int(cases[0].one_based)
    depth = 2 if size <= MOST_FOR_TWO else 1
    runs = _values(searches, Depth(depth))
    for run, case in zip(runs, cases, strict=True):
        if case.loss is not None:
            # ``ce``'s own number, to the last bit.
            run[_nothing_departs(kit)] = case.loss
    tried = trial(runs, kit, base)
    found = matching(tried, got)
    if found or size > MOST_FOR_THREE:
        return tried, found, depth
    more = _values(searches, Depth(3, 3, RANK_OF_THREE))
    deeper = trial([run | three for run, three in zip(runs, more, strict=True)], kit, base)
    found = matching(deeper, got)
    shares = [chance(deeper, at, got) for at in found]
    likely = [
        at
        for at, share in zip(found, shares, strict=True)
        if share is not None and share <= CHANCE_OF_THREE
    ]
    return (deeper, likely, 3) if likely else (tried, [], 2)


def _values(searches: Sequence[Search], depth: Depth) -> list[dict[Formula, float]]:
    found = {id(search): search.values(depth) for search in dict.fromkeys(searches)}
    return [found[id(search)] for search in searches]


def _nothing_departs(kit: Kit) -> Formula:
    return (0,) * len(kit)


def _found(cases: Sequence[Case], got: Sequence[Got]) -> tuple[Finding, ...]:
    seen: Sequence[Got | None] = got or [None] * len(cases)
    once = {id(case): (case, one) for case, one in zip(cases, seen, strict=True)}
    return tuple(found for case, one in once.values() for found in findings(case, one))


def _if_probabilities(
    cases: Sequence[Case], found: Sequence[Finding], digits: int
) -> tuple[str, ...]:
    """What the cross-entropy is where logits seem to be probabilities."""
    if sum(one.name == PROBABILITIES for one in found) < len({id(case) for case in cases}):
        return ()
    losses = []
    each = list({id(case): case for case in cases}.values())
    for case, kit in zip(each, kits(each), strict=True):
        simple = Search(case, kit).values(Depth(1))
        as_probs = next(at for at, one in enumerate(kit.readings) if one is PROBS)
        losses.append(simple[(as_probs, *_nothing_departs(kit)[1:])])
    shown = listed([rounded(loss, digits) for loss in losses])
    return (f"If the rows are probabilities, as they seem to be, the cross-entropy is {shown}.",)


def _candidates(
    trial: Trial,
    matches: Sequence[int],
    got: Sequence[float],
    kit: Kit,
    case: Case,
    most: int,
) -> tuple[Candidate, ...]:
    """Those that match, then the simple ones that come nearest, each number once."""
    simple = [
        at
        for at, one in enumerate(trial.tried)
        if one.departures <= 1 + case.one_based and not any(part.key in QUIET for part in one.parts)
    ]
    others = [at for at in simple if at not in matches and not _fits_any(trial, at, matches)]
    others = [at for n, at in enumerate(others) if not _fits_any(trial, at, others[:n])]
    nearest = sorted(others, key=lambda at: _distance(trial.tried[at], got))
    return tuple(
        _candidate(trial.tried[at], at in matches, got, kit, case)
        for at in [*matches, *nearest][:most]
    )


def _fits_any(trial: Trial, at: int, others: Sequence[int]) -> bool:
    """Whether a formula differs from one of these by no more than a width of a float."""
    values = trial.values[at]
    return any(
        bool(np.allclose(values, trial.values[other], rtol=UNSEEN, atol=0, equal_nan=True))
        for other in others
    )


def _distance(one: Tried, got: Sequence[float]) -> float:
    worst = max(abs(value - wanted) for value, wanted in zip(one.values, got, strict=True))
    return math.inf if math.isnan(worst) else worst


def _candidate(one: Tried, matches: bool, got: Sequence[float], kit: Kit, case: Case) -> Candidate:
    return Candidate(
        name(one.formula, kit, case),
        written(one.formula, kit, case),
        one.values,
        tuple(_difference(*pair) for pair in zip(one.values, got, strict=True)),
        matches,
        one.departures,
        explanation(one.parts, case) or "what ce gives with these options",
    )


def _difference(value: float, wanted: float) -> float:
    both_nan = math.isnan(value) and math.isnan(wanted)
    return 0.0 if value == wanted or both_nan else value - wanted


def _sentence(
    best: Tried, trial: Trial, texts: Sequence[str], kit: Kit, case: Case, digits: int
) -> str:
    numbers, verb = listed(texts), "is" if len(texts) == 1 else "are"
    if not best.departures:
        return f"{numbers} {verb} {noun(best.formula, kit, case)}, as {_who(case)} computes it."
    start = f"{numbers} {verb} {noun(best.formula, kit, case)}."
    if not best.parts:
        return f"{start} The labels count from 1, where PyTorch counts from 0."
    losses = trial.tried[0].values
    return f"{start} {reference(best.formula, kit, case, losses, texts, digits)}"


def _who(case: Case) -> str:
    return "PyTorch" if case.kind == "logits" and case.base == "e" else "ce"


def _nothing(
    texts: Sequence[str],
    depth: int,
    kit: Kit,
    case: Case,
    losses: Sequence[float],
    digits: int,
) -> str:
    which = f"up to {depth} departures" if depth > 1 else "one departure"
    return f"No formula with {which} from the cross-entropy gives {listed(texts)}. " + reference(
        _nothing_departs(kit), kit, case, losses, texts, digits
    )


def _depth_in_words(depth: int) -> list[str]:
    if depth > 1:
        return []
    return [
        f"In more than {MOST_FOR_TWO:,} numbers two departures at a time are not looked for; a "
        "part of the rows, with its own number, shows the same mistakes."
    ]


def _without_number(found: Sequence[Finding]) -> str:
    if not found:
        return "Nothing about this input is remarkable."
    are = "is" if len(found) == 1 else "are"
    return f"{counted(len(found), 'thing')} about this input {are} worth a look."


def _notes(
    trial: Trial,
    matches: Sequence[int],
    got: Sequence[Got],
    cases: Sequence[Case],
    share: float | None,
) -> list[str]:
    best = trial.tried[matches[0]]
    # A 0, a nan or an infinity stays what it is in most formulas that go on from there.
    says_much = all(np.isfinite(one.value) and one.value for one in got)
    same = coinciding(trial, matches[0]) if says_much else []
    said = notes(best.parts, [trial.tried[at].parts for at in same], cases)
    others = len([at for at in matches[1:] if at not in same])
    if others:
        more = "more digits or another run" if says_much else "another run"
        said.append(
            f"{counted(others, 'other formula')}, no simpler, {'gives' if others == 1 else 'give'} "
            f"{listed([one.text for one in got])} too; {more} would tell."
        )
    least = WORTH_A_WORD if best.departures > 1 else WORTH_A_WORD_OF_ONE
    if share is not None and best.departures and share >= least:
        said.append(_chance_in_words(share, got))
    return said


def _chance_in_words(share: float, got: Sequence[Got]) -> str:
    digits = listed([str(one.digits) for one in got])
    digits += " digit" if digits == "1" else " digits"
    numbers = "numbers" if len(got) == 1 else f"sets of {len(got)} numbers"
    often = f"about 1 in {round(1 / share)}" if share < 2 / 3 else "most"
    return (
        f"This may be chance: {often} {numbers} of {digits} would match some formula as simple as "
        "this. More digits, or the number of another run (--got twice), would settle it."
    )
