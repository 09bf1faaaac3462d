"""Ranking, coincidence, chance, and how much a match says."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

import xentcli
from tests.diagnosis.made import at, case, first, made, named, nll, softmax
from tests.faults.running import run_inside
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.diagnose import diagnose
from xentcli.diagnosis.printed_number import parse_number
from xentcli.diagnosis.search.choices import kits
from xentcli.diagnosis.search.matching import find_matches, order_formulas
from xentcli.diagnosis.search.search import Depth, Search

STORY_3 = [
    [0.13807842, 0.76510708, 0.09681451],
    [0.31698662, 0.26993158, 0.4130818],
    [0.46864621, 0.01320047, 0.51815332],
]
GIVEN = made()
Z, Y = GIVEN.logits, GIVEN.labels
LOSSES = nll(Z, Y)


def test_story_3() -> None:
    found = diagnose([case(STORY_3, [0, 1, 2])], [parse_number("3.947")])
    assert found.sentence == (
        "3.947 is the textbook −log p of these rows read as probabilities, added once per class. "
        "Read as logits, as PyTorch does, the cross-entropy is 1.1484."
    )
    best, second, *others = found.candidates
    assert (best.name, best.departures) == ("read as probabilities, added once per class", 2)
    assert second.name == "read as probabilities, summed over the samples"
    assert best.matches
    assert second.matches
    assert not any(one.matches for one in others)
    assert found.notes[0] == (
        "This input cannot tell “added once per class” from “summed over the samples”: there are "
        "as many samples as classes. To tell them apart, give another number of samples."
    )


def test_ce_s_own_number_departs_in_nothing() -> None:
    loss = float(xentcli.cross_entropy(Z, Y))
    found = named(case(Z, Y, loss=loss), loss, ".17g")
    assert found.candidates[0].values == (loss,)
    assert found.candidates[0].departures == 0
    assert found.sentence.endswith("is the cross-entropy of these rows, as PyTorch computes it.")
    assert not found.advice


P = softmax(Z)
W = GIVEN.weight
WY = W[Y]
PAIRS = {
    "with the softmax applied twice, summed over the samples": nll(P, Y).sum(),
    "with logarithms to base 2, summed over the samples": LOSSES.sum() / math.log(2),
    "without the logarithm, as NLLLoss of probabilities gives it, without the minus sign": at(
        P, Y
    ).mean(),
    "with logarithms to base 2, without the minus sign": -LOSSES.mean() / math.log(2),
    "at the class before the label, summed over the samples": nll(Z, Y - 1).sum(),
    "with the softmax applied twice, at the class before the label": nll(P, Y - 1).mean(),
    "summed over the samples, without the minus sign": -LOSSES.sum(),
}


@pytest.mark.parametrize("name", PAIRS)
def test_two_departures(name: str) -> None:
    assert first(case(Z, Y), float(PAIRS[name])) == name


def test_two_departures_of_weights_and_reading() -> None:
    number = (WY * nll(P, Y)).mean()
    name = "with the softmax applied twice, as the plain mean of the weighted losses"
    assert first(case(Z, Y, weight=W), number) == name


def test_three_departures_are_found_where_the_digits_carry() -> None:
    number = nll(P, Y).sum() / math.log(2)
    name = "with the softmax applied twice, with logarithms to base 2, summed over the samples"
    assert first(case(Z, Y), number, ".10g") == name


def test_few_digits_do_not_carry_three_departures() -> None:
    names = [named(case(Z, Y), number, ".2g") for number in (17.3, 0.031, 940.0)]
    assert all(one.departures < 3 for found in names for one in found.candidates if one.matches)


def test_no_formula() -> None:
    found = named(case(Z, Y), 0.777123456, ".9g")
    assert not any(one.matches for one in found.candidates)
    assert found.sentence.startswith("No formula with up to 2 departures")
    distances = [abs(one.differences[0]) for one in found.candidates]
    assert distances == sorted(distances)
    assert not found.advice


def test_one_sample_cannot_tell_a_mean_from_a_sum() -> None:
    found = named(case(Z[:1], Y[:1]), LOSSES[0])
    assert found.candidates[0].departures == 0
    assert any(
        "“summed over the samples”" in note and "there is one sample" in note
        for note in found.notes
    )


def test_one_sample_cannot_tell_its_weight() -> None:
    found = named(case(Z[:1], Y[:1], weight=W), LOSSES[0])
    assert any("in its mean the weight cancels" in note for note in found.notes)


def test_equal_weights_cannot_be_told_from_none() -> None:
    labels = np.zeros(len(Y), dtype=np.int64)
    found = named(case(Z, labels, weight=W), nll(Z, labels).mean())
    assert any("these samples have equal weights" in note for note in found.notes)


def test_labels_that_are_all_the_largest() -> None:
    labels = Z.argmax(axis=1)
    found = named(case(Z, labels), nll(Z, labels).mean())
    assert any("the label has the largest value in every row" in note for note in found.notes)


def test_a_second_run_settles_what_one_leaves_open() -> None:
    other = made(samples=5, classes=3, seed=4)
    rows = np.abs(other.logits) + 0.01
    second = -np.log(at(rows, other.labels))
    runs = [case(STORY_3, [0, 1, 2]), case(rows, other.labels)]
    found = diagnose(runs, [parse_number("3.947"), parse_number(f"{second.sum():.4f}")])
    assert [one.name for one in found.candidates if one.matches] == [
        "read as probabilities, summed over the samples"
    ]
    assert found.sentence.startswith("3.947 and ")


def test_several_numbers_of_one_input_must_all_hold() -> None:
    same = case(Z, Y)
    wanted = [parse_number(f"{LOSSES.mean():.3g}"), parse_number(f"{LOSSES.mean():.6g}")]
    assert diagnose([same, same], wanted).candidates[0].matches
    wanted = [parse_number(f"{LOSSES.mean():.6g}"), parse_number(f"{LOSSES.sum():.6g}")]
    assert not diagnose([same, same], wanted).candidates[0].matches


def test_a_match_that_may_be_chance_says_so() -> None:
    of = case(Z, Y)
    (kit,) = kits([of])
    two = [
        value
        for formula, value in Search(of, kit).values(Depth(2, 2)).items()
        if 1.0 < value < 10.0
    ]
    said = 0
    for value in two[:400:40]:
        found = diagnose([of], [parse_number(f"{value:.3g}")])
        best = found.candidates[0]
        if best.departures == 2 and (found.chance or 0.0) >= 0.01:
            said += 1
            assert any("This may be chance: " in note for note in found.notes)
    assert said > 2


RANDOM = {
    "three probabilities": case(STORY_3, [0, 1, 2]),
    "one row": case([[12.3, -5.2, 31.4]], [0]),
    "40 rows": case(Z, Y),
    "40 rows, every option": case(Z, Y, weight=W, label_smoothing=0.1, ignore_index=2),
    "1000 rows": case(made(1000, 10).logits, made(1000, 10).labels),
}
DRAWS = {
    "0 to 10": lambda rng, near: rng.uniform(0, 10),
    "0.01 to 10, even in logarithms": lambda rng, near: 10 ** rng.uniform(-2, 1),
    "around the loss": lambda rng, near: near * 2 ** rng.uniform(-1, 1),
}


@pytest.mark.parametrize("given", RANDOM)
@pytest.mark.parametrize("draw", DRAWS)
def test_random_numbers_are_not_explained(given: str, draw: str) -> None:
    """Of 1000 random numbers of 4 digits at most 2 % are given by one usual mistake."""
    of = RANDOM[given]
    (kit,) = kits([of])
    simple = order_formulas([Search(of, kit).values(Depth(1))], kit)
    rng = np.random.default_rng(7)
    near = abs(simple.values[0, 0])
    numbers = [parse_number(f"{DRAWS[draw](rng, near):.4g}") for _ in range(1000)]
    found = [find_matches(simple, [number]) for number in numbers]
    in_first_class = [
        any(simple.tier[at] <= 1 for at in one.places if at not in one.nearly) for one in found
    ]
    assert sum(in_first_class) <= 20
    # Of numbers that were cut or worked by hand as few are explained.
    assert sum(bool(one.nearly) for one in found) <= 20


def test_the_chance_is_what_random_numbers_find() -> None:
    of = case(Z, Y)
    (kit,) = kits([of])
    everything = order_formulas([Search(of, kit).values(Depth(2))], kit)
    from xentcli.diagnosis.search.matching import chance

    rng = np.random.default_rng(8)
    last = len(everything.values) - 1
    numbers = [parse_number(f"{rng.uniform(1.5, 6.0):.3g}") for _ in range(2000)]
    matched = np.mean([bool(find_matches(everything, [number]).places) for number in numbers])
    told = chance(everything, last, [parse_number("3.00")])
    assert told == pytest.approx(matched, abs=0.05)


def test_images_are_searched_by_position() -> None:
    images = np.random.default_rng(1).normal(size=(4, 3, 6))
    labels = np.arange(24).reshape(4, 6) % 3
    rows = images.transpose(0, 2, 1).reshape(24, 3)
    of = case(rows, labels.ravel(), grid=(4, 6))
    loss = float(xentcli.cross_entropy(images, labels))
    assert first(of, loss) == "the cross-entropy, as ce computes it"


@pytest.mark.parametrize("of", [case(Z, Y), case(Z, Y, weight=W, ignore_index=2)])
def test_formulas_are_written_out(of: Case) -> None:
    (kit,) = kits([of])
    from xentcli.diagnosis.words.formula import write_formula

    for formula in Search(of, kit).values(Depth(2)):
        text = write_formula(formula, kit, of)
        assert "−−" not in text
        assert "{" not in text
        assert text.count("(") == text.count(")")


def test_what_to_write_fits_the_shape(tmp_path: Path) -> None:
    images = np.random.default_rng(0).normal(size=(3, 2, 4))
    labels = np.zeros((3, 2), dtype=int).tolist()
    content = json.dumps({"logits": images.tolist(), "labels": labels})
    (tmp_path / "a.json").write_text(content)
    asked = ["diagnose", "a.json", "--class-axis", "-1", "--got", "1", "--format", "json"]
    found = json.loads(run_inside(asked, tmp_path).stdout)
    calls = {one["library"]: one["call"] for one in found["advice"]}
    assert calls["PyTorch"] == "F.cross_entropy(z.movedim(-1, 1), y)"
    scope = {"z": images, "y": np.array(labels), "C": 4, "np": np}
    *before, answer = calls["NumPy"].replace("scipy.special.", "").split("; ")
    scope["log_softmax"] = lambda z, axis: z - np.log(np.exp(z).sum(axis, keepdims=True))
    for line in before:
        exec(line, scope)
    assert eval(answer, scope) == pytest.approx(found["loss"], rel=1e-12)
