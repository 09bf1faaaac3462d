"""What is said of a search: its limits, what cannot be told apart, and numbers that look alike."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from tests.diagnosis.made import case
from tests.faults.running import run_inside
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.part import Part
from xentcli.diagnosis.words import ambiguity
from xentcli.diagnosis.words.answer import Limits, describe_limits
from xentcli.diagnosis.words.formula import distinct
from xentcli.diagnosis.words.naming import write_weights

OF_TWO = case([[1.0, 2.0], [3.0, 1.0]], [0, 1])
LIMITS = Limits(size_of_two=1000, size_of_three=100, rank_of_two=8, rank_of_three=5)
OTHERS = [[Part(key, f"with {key}")] for key in ("one", "two", "three", "four", "five")]


def test_a_large_input_is_searched_for_one_departure_alone() -> None:
    said = " ".join(describe_limits(OF_TWO, 1, 1001, LIMITS))
    assert "In more than 1,000 numbers two departures at a time are not looked for" in said
    assert "three departures at a time in more than 100 numbers." in said
    assert "Departures are ranked" not in said


@pytest.mark.parametrize(
    ("size", "which"),
    [(100, "whose ranks add up to more than 5"), (101, "in more than 100 numbers")],
)
def test_which_three_departures_were_not_tried(size: int, which: str) -> None:
    said = " ".join(describe_limits(OF_TWO, 2, size, LIMITS))
    assert f"three departures at a time {which}." in said
    assert "are not looked for" not in said
    assert "more than 8 were not tried" in said


@pytest.mark.parametrize(("count", "more"), [(3, ""), (5, " (nor from 2 more)")])
def test_of_many_formulas_that_are_never_apart_three_are_named(count: int, more: str) -> None:
    (said,) = ambiguity.describe_ties([], OTHERS[:count], OF_TWO)
    assert f"from “with one” or “with two” or “with three”{more}: in every run" in said


@pytest.mark.parametrize(("count", "more"), [(3, ""), (5, " (nor from 2 more)")])
def test_of_many_formulas_that_the_input_cannot_tell_three_are_named(count: int, more: str) -> None:
    (said,) = ambiguity.describe_ambiguities([], OTHERS[:count], [OF_TWO])
    assert f"from “with one” or “with two” or “with three”{more}" in said
    assert "four" not in said


@pytest.mark.parametrize(
    ("of", "is_told"),
    [
        (case([[1.0, 2.0]], [1]), True),
        (case([[1.0, 2.0]], [0]), False),
        (case([[1.0, 2.0]], soft=[[0.0, 1.0]]), False),
    ],
)
def test_only_labels_are_said_to_have_the_largest_value(of: Case, is_told: bool) -> None:
    (said,) = ambiguity.describe_ambiguities([], [[Part("arg-max", "at the largest")]], [of])
    assert ("the label has the largest value in every row" in said) == is_told


@pytest.mark.parametrize(
    ("value", "shown"), [(0.6201, "0.6201"), (0.62004, "0.62004"), (0.6200004, "0.6200004")]
)
def test_a_number_that_looks_like_the_one_got_has_more_decimals(value: float, shown: str) -> None:
    assert distinct(value, "0.6200", 4) == shown


def test_many_weights_are_not_written_out() -> None:
    assert write_weights(np.array([1.0, 2.5])) == "[1.0, 2.5]"
    assert write_weights(np.arange(7.0)) == "w"


KL = "Σ_c q[c]·log softmax(z)[c] − H(q)"


@pytest.mark.parametrize(
    ("rows", "options", "got", "formula"),
    [
        (1, [], "0.0600573", f"(−{KL}) / C"),
        (2, [], "0.336660", f"mean(−{KL}) / C"),
        (2, [], "-0.673320", f"mean(−(−{KL}))"),
        (2, ["--weight-col", "w"], "0.488918", f"sum(w·(−{KL})) / Σs"),
        (2, ["--weight-col", "w"], "-0.380174", "sum(−w·Σ_c (p[c] − q[c])²) / Σs"),
    ],
)
def test_a_difference_has_brackets_in_a_product(
    rows: int, options: list[str], got: str, formula: str, tmp_path: Path
) -> None:
    lines = ["a,b,t_a,t_b,w", "1,2,0.5,0.5,2", "3,1,0.2,0.8,1"]
    (tmp_path / "a.csv").write_text("\n".join(lines[: rows + 1]))
    columns = ["--logit-cols", "a,b", "--target-cols", "t_a,t_b", *options]
    asked = ["diagnose", "a.csv", "--loss", "kl", *columns, "--format", "json", "--got", got]
    found = json.loads(run_inside(asked, tmp_path).stdout)["candidates"]
    assert formula in {one["formula"] for one in found}
