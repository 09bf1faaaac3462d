"""The diagnosis: the formulas that give the user's numbers, and findings about the input."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from xentcli.diagnosis.case import Case
from xentcli.diagnosis.findings import PROBABILITIES, findings
from xentcli.diagnosis.mistakes.reading import PROBS
from xentcli.diagnosis.printed_number import PrintedNumber
from xentcli.diagnosis.search.choices import Formula, Kit, kits
from xentcli.diagnosis.search.matching import (
    SAME,
    Matches,
    Trial,
    TriedFormula,
    chance,
    find_coinciding,
    find_matches,
    order_formulas,
)
from xentcli.diagnosis.search.search import Depth, Search
from xentcli.diagnosis.search.ties import Ties
from xentcli.diagnosis.words import answer
from xentcli.diagnosis.words.advice import advice
from xentcli.diagnosis.words.ambiguity import QUIET, describe_ambiguities, describe_ties
from xentcli.diagnosis.words.formula import (
    explanation,
    formula_asked_for,
    join_texts,
    name,
    write_formula,
)
from xentcli.errors import counted, rounded
from xentcli.model import NamedTuple
from xentcli.model.diagnosis import Candidate, Diagnosis, Finding

# Inputs up to this many numbers are searched for two mistakes at a time, and for three.
MOST_FOR_TWO = 1_000_000
MOST_FOR_THREE = 100_000
# The largest sum of ranks of two mistakes together, and of three. Three are reported only where the
# chance of such a match is at most CHANCE_OF_THREE.
RANK_OF_TWO = 8
RANK_OF_THREE = 5
CHANCE_OF_THREE = 0.05
LIMITS = answer.Limits(MOST_FOR_TWO, MOST_FOR_THREE, RANK_OF_TWO, RANK_OF_THREE)
# Of formulas with the same value, this many are compared on a second, made-up run.
MOST_TIED = 50
# Of formulas that do not match, and differ by no more than this, only one is listed.
UNSEEN = 1e-5


class SearchResult(NamedTuple):
    """The result of the search: the formulas tried, those that match, and the most departures."""

    trial: Trial
    matches: Matches
    depth: int


# A formula that overflows or is nan may be the user's: NumPy need not warn of it.
@np.errstate(all="ignore")
def diagnose(
    cases: Sequence[Case], got: Sequence[PrintedNumber], most: int = 10, digits: int = 4
) -> Diagnosis:
    """Find the formulas behind the numbers got, one a case, and list at most ``most`` of them."""
    found = _findings(cases, got)
    hint = _describe_as_probabilities(cases, found, digits)
    values = tuple(one.value for one in got)
    if not got:
        losses = tuple(_loss_asked_for(case) for case in cases)
        nothing = Diagnosis((), cases[0].kind, losses, _describe_findings(found), hint)
        return nothing._replace(findings=found, loss_name=cases[0].loss_name)
    # Where several numbers were got from one input, its case comes several times.
    known = {id(case): Search(case, kit) for case, kit in zip(cases, kits(cases), strict=True)}
    searches = [known[id(case)] for case in cases]
    kit = searches[0].kit
    looked = _search(searches, got)
    places = looked.matches.places
    losses = looked.trial.at(0).values
    result = Diagnosis(values, cases[0].kind, losses, "", loss_name=cases[0].loss_name)
    result = result._replace(findings=found)
    result = result._replace(candidates=_list_candidates(looked, values, kit, cases[0], most))
    words = answer.Words(kit, cases[0], losses, [one.text for one in got], digits)
    if not places:
        sentence = answer.describe_no_match(words, looked.depth)
        size = sum(case.values.size for case in cases)
        said = (*answer.describe_limits(cases[0], looked.depth, size, LIMITS), *hint)
        return result._replace(sentence=sentence, notes=said)
    best = looked.trial.at(places[0])
    is_near = places[0] in looked.matches.nearly
    share = chance(looked.trial, places[0], got, nearly=is_near)
    sentence = (
        answer.describe_near_match(words, best, got)
        if is_near
        else answer.describe_match(words, best)
    )
    caveat = answer.caveat(best, share, got)
    return result._replace(
        sentence=sentence,
        notes=(*_write_notes(looked, got, cases, kit, caveat), *hint),
        advice=advice(best.parts, cases[0]) if best.departures else (),
        chance=share,
        caveat=caveat,
    )


def _loss_asked_for(case: Case) -> float:
    """Return the loss that was asked for; nan where ``ce`` refuses labels that count from 1."""
    if case.loss is not None or case.one_based:
        return math.nan if case.loss is None else case.loss
    (kit,) = kits([case])
    return Search(case, kit).values(Depth(0))[formula_asked_for(kit)]


def _search(searches: Sequence[Search], got: Sequence[PrintedNumber]) -> SearchResult:
    cases, kit = [search.case for search in searches], searches[0].kit
    size = sum(case.values.size for case in cases)
    base = int(cases[0].one_based)
    depth = 2 if size <= MOST_FOR_TWO else 1
    runs = _values(searches, Depth(2, 0, RANK_OF_TWO) if depth == 2 else Depth(1))
    for run, case in zip(runs, cases, strict=True):
        if case.loss is not None:
            # The number that the command itself prints, to the last bit.
            run[formula_asked_for(kit)] = case.loss
    tried = order_formulas(runs, kit, base)
    found = find_matches(tried, got)
    if found.places or size > MOST_FOR_THREE:
        return SearchResult(tried, found, depth)
    more = _values(searches, Depth(3, 3, RANK_OF_THREE))
    deeper = order_formulas([run | three for run, three in zip(runs, more, strict=True)], kit, base)
    found = find_matches(deeper, got)
    shares = [chance(deeper, at, got) for at in found.places]
    likely = [
        at
        for at, share in zip(found.places, shares, strict=True)
        if share is not None and share <= CHANCE_OF_THREE
    ]
    return (
        SearchResult(deeper, Matches(likely), 3) if likely else SearchResult(tried, Matches([]), 2)
    )


def _values(searches: Sequence[Search], depth: Depth) -> list[dict[Formula, float]]:
    found = {id(search): search.values(depth) for search in dict.fromkeys(searches)}
    return [found[id(search)] for search in searches]


def _findings(cases: Sequence[Case], got: Sequence[PrintedNumber]) -> tuple[Finding, ...]:
    seen: Sequence[PrintedNumber | None] = got or [None] * len(cases)
    once = {id(case): (case, one) for case, one in zip(cases, seen, strict=True)}
    return tuple(found for case, one in once.values() for found in findings(case, one))


def _describe_as_probabilities(
    cases: Sequence[Case], found: Sequence[Finding], digits: int
) -> tuple[str, ...]:
    """Return a sentence with the cross-entropy of logits that seem to be probabilities."""
    if sum(one.name == PROBABILITIES for one in found) < len({id(case) for case in cases}):
        return ()
    losses = []
    each = list({id(case): case for case in cases}.values())
    for case, kit in zip(each, kits(each), strict=True):
        simple = Search(case, kit).values(Depth(1))
        as_probs = next(at for at, one in enumerate(kit.readings) if one is PROBS)
        losses.append(simple[(as_probs, *formula_asked_for(kit)[1:])])
    shown = join_texts([rounded(loss, digits) for loss in losses])
    return (f"If the rows are probabilities, as they seem to be, the cross-entropy is {shown}.",)


def _list_candidates(
    looked: SearchResult, got: Sequence[float], kit: Kit, case: Case, most: int
) -> tuple[Candidate, ...]:
    """List the formulas that match, then the simple ones that come nearest, each number once."""
    trial, matches = looked.trial, looked.matches.places
    simple = [
        at
        for at in np.flatnonzero(trial.tier <= 1 + case.one_based).tolist()
        if not any(part.key in QUIET for part in trial.at(at).parts)
    ]
    distinct = list(matches)
    for at in simple:
        if at not in matches and not _fits_any(trial, at, distinct):
            distinct.append(at)
    nearest = sorted(distinct[len(matches) :], key=lambda at: _distance(trial.at(at), got))
    return tuple(
        _make_candidate(trial.at(at), at in matches, got, kit, case)
        for at in [*matches, *nearest][:most]
    )


def _fits_any(trial: Trial, at: int, others: Sequence[int]) -> bool:
    """Whether a formula's values are those of one of the others, but for UNSEEN."""
    values, beside = trial.values[at], trial.values[np.asarray(others, dtype=np.intp)]
    same = np.abs(values - beside) <= UNSEEN * np.abs(beside)
    same |= (values == beside) | (np.isnan(values) & np.isnan(beside))
    return bool(same.all(axis=1).any())


def _distance(one: TriedFormula, got: Sequence[float]) -> float:
    worst = max(abs(value - wanted) for value, wanted in zip(one.values, got, strict=True))
    return math.inf if math.isnan(worst) else worst


def _make_candidate(
    one: TriedFormula, matches: bool, got: Sequence[float], kit: Kit, case: Case
) -> Candidate:
    return Candidate(
        name(one.formula, kit, case),
        write_formula(one.formula, kit, case),
        one.values,
        tuple(_difference(*pair) for pair in zip(one.values, got, strict=True)),
        matches,
        one.departures,
        explanation(one.parts, case) or f"what {case.question} gives with these options",
    )


def _difference(value: float, wanted: float) -> float:
    both_nan = math.isnan(value) and math.isnan(wanted)
    return 0.0 if value == wanted or both_nan else value - wanted


def _describe_findings(found: Sequence[Finding]) -> str:
    if not found:
        return "Nothing about this input is remarkable."
    are = "is" if len(found) == 1 else "are"
    return f"{counted(len(found), 'thing')} about this input {are} worth a look."


def _find_tied(looked: SearchResult, others: Sequence[int], kit: Kit, case: Case) -> list[int]:
    """Return those of the formulas that give the same number as the best one in every run."""
    best, ties = looked.matches.places[0], Ties(case, kit)
    chosen = looked.trial.at(best).formula
    return [
        at
        for at in others[:MOST_TIED]
        if np.allclose(looked.trial.values[at], looked.trial.values[best], rtol=SAME, atol=0.0)
        and ties.never_apart(chosen, looked.trial.at(at).formula)
    ]


def _write_notes(
    looked: SearchResult, got: Sequence[PrintedNumber], cases: Sequence[Case], kit: Kit, caveat: str
) -> list[str]:
    places = looked.matches.places
    best = looked.trial.at(places[0])
    # Most further steps leave a 0, a nan or an infinity as it is: many formulas give it.
    says_much = all(np.isfinite(one.value) and one.value for one in got)
    same = find_coinciding(looked.trial, places[0]) if says_much else []
    others = [at for at in places[1:] if at not in same and at not in looked.matches.nearly]
    tied = _find_tied(looked, [*same, *others], kit, cases[0]) if says_much else []
    same, others = ([at for at in some if at not in tied] for some in (same, others))
    said = describe_ties(best.parts, [looked.trial.at(at).parts for at in tied], cases[0])
    said += describe_ambiguities(best.parts, [looked.trial.at(at).parts for at in same], cases)
    if others:
        more = "more digits or another run" if says_much else "another run"
        count = len(others)
        said.append(
            f"{counted(count, 'other formula')}, no simpler, {'gives' if count == 1 else 'give'} "
            f"{join_texts([one.text for one in got])} too; {more} would tell."
        )
    return [*said, caveat] if caveat else said
