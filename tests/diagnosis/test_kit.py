"""What every part says about itself, and how parts are put together."""

from __future__ import annotations

import numpy as np
import pytest

from tests.diagnosis.made import case, made, softmax
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes import batches
from xentcli.diagnosis.mistakes.part import Part
from xentcli.diagnosis.search import search as searching
from xentcli.diagnosis.search.choices import Formula, Kit, kits, parts_of
from xentcli.diagnosis.search.matching import order_formulas
from xentcli.diagnosis.search.search import Depth, Search

GIVEN = made()
Z, Y, W = GIVEN.logits, GIVEN.labels, GIVEN.weight
SOFT = softmax(Z[::-1])
CASES = {
    "logits": case(Z, Y),
    "every option": case(
        Z,
        Y,
        weight=W,
        sample_weight=np.arange(1.0, 41.0),
        label_smoothing=0.1,
        ignore_index=2,
        temperature=2.0,
    ),
    "soft": case(Z, soft=SOFT, weight=W, sample_weight=np.arange(1.0, 41.0)),
    "probs": case(softmax(Z), Y, kind="probs"),
    "log-probs": case(np.log(softmax(Z)), Y, kind="log_probs", base="2", reduction="sum"),
}


def kit_of(of: Case) -> Kit:
    (kit,) = kits([of])
    return kit


def departures(formula: Formula) -> int:
    return sum(map(bool, formula))


def departing(of: Case) -> list[Part]:
    return [one.part for choices in kit_of(of) for one in choices[1:]]


@pytest.mark.parametrize("name", CASES)
def test_every_departure_is_explained(name: str) -> None:
    for part in departing(CASES[name]):
        assert all((part.key, part.phrase, part.explanation, part.apart)), part.key
        assert part.rank > 0
        assert any(part.fix), part.key
        assert not part.phrase.endswith(".")
        assert all(not fix.endswith(".") for fix in part.fix)


@pytest.mark.parametrize("name", CASES)
def test_no_two_parts_have_the_same_name(name: str) -> None:
    parts = departing(CASES[name])
    assert len({part.key for part in parts}) == len(parts)
    assert len({part.phrase for part in parts}) == len(parts)


@pytest.mark.parametrize("name", CASES)
def test_each_kind_has_its_own_choices(name: str) -> None:
    for kind, choices in zip(Kit._fields, kit_of(CASES[name]), strict=True):
        types = {type(one).__name__.lower() + "s" for one in choices}
        assert types == {kind}


def test_parts_of_one_handwritten_formula_go_together() -> None:
    """“read as probabilities, added once per class” comes before what is as rare but by no hand."""
    kit = kit_of(CASES["logits"])
    found = order_formulas([Search(CASES["logits"], kit).values(Depth(2))], kit)
    for place, departures in enumerate(found.departures[:500]):
        parts = found.at(place).parts
        less = 2 if departures == 2 and all(part.by_hand for part in parts) else 0
        assert found.rank[place] == sum(part.rank for part in parts) - less


@pytest.mark.parametrize("name", CASES)
def test_a_search_in_two_parts_is_the_same_search(name: str) -> None:
    search = Search(CASES[name], kit_of(CASES[name]))
    whole = search.values(Depth(2))
    apart = search.values(Depth(1)) | search.values(Depth(2, 2))
    assert whole.keys() == apart.keys()
    np.testing.assert_equal(list(whole.values()), [apart[one] for one in whole])
    assert {departures(one) for one in whole} == {0, 1, 2}
    assert len(set(whole)) == len({parts_of(one, search.kit) for one in whole})


def test_three_departures_of_common_mistakes_alone() -> None:
    search = Search(CASES["logits"], kit_of(CASES["logits"]))
    deep = search.values(Depth(3, 3, 6))
    assert deep
    for formula in deep:
        assert departures(formula) == 3
        assert sum(part.rank for part in parts_of(formula, search.kit)) <= 6


@pytest.mark.parametrize("name", ["every option", "soft"])
def test_without_room_to_keep_anything_the_search_is_the_same(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kit = kit_of(CASES[name])
    keeps = Search(CASES[name], kit).values(Depth(1))
    monkeypatch.setattr(searching, "MOST_KEPT", 0)
    assert keeps == pytest.approx(Search(CASES[name], kit).values(Depth(1)), rel=0, nan_ok=True)


@pytest.mark.parametrize(("samples", "tried"), [(36, True), (360, False)])
def test_unusual_sizes_of_batches_are_tried_where_they_are_few(samples: int, tried: bool) -> None:
    given = made(samples)
    of = case(given.logits, given.labels, ignore_index=2)
    phrases = [one.part.phrase for one in batches.choices(of)]
    assert ("as the mean of the means of batches of 9" in phrases) == tried
    assert "as the mean of the means of batches of 8" in phrases
