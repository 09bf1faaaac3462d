"""What is found about an input, with the rows that it concerns."""

from __future__ import annotations

import math

import numpy as np

from tests.diagnosis.made import case, made, softmax
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.findings import findings
from xentcli.diagnosis.printed_number import parse_number
from xentcli.model.diagnosis import Finding

GIVEN = made()
Z, Y = GIVEN.logits, GIVEN.labels


def only(of: Case, name: str, seen: str = "") -> Finding:
    """The one finding of that name."""
    (found,) = [
        one for one in findings(of, parse_number(seen) if seen else None) if one.name == name
    ]
    return found


def names(of: Case, seen: str = "") -> list[str]:
    return [one.name for one in findings(of, parse_number(seen) if seen else None)]


def test_ordinary_logits_are_not_remarkable() -> None:
    assert names(case(Z, Y)) == []


def test_rows_that_sum_to_1() -> None:
    found = only(case(softmax(Z), Y), "probabilities")
    assert found.samples == len(Y)
    assert found.rows == (0, 1, 2, 3, 4)
    assert names(case(softmax(Z), Y, kind="probs")) == []


def test_whole_numbers_that_happen_to_sum_to_1() -> None:
    assert "probabilities" not in names(case([[1, 0, 0], [0, 0, 1]], [0, 1]))


def test_log_probabilities() -> None:
    assert only(case(np.log(softmax(Z)), Y), "log-probabilities").samples == len(Y)
    assert names(case(np.log(softmax(Z)), Y, kind="log_probs")) == []


def test_probabilities_that_do_not_sum_to_1() -> None:
    rows = softmax(Z)
    rows[3] *= 1.5
    found = only(case(rows, Y, kind="probs"), "not-normalised")
    assert (found.rows, found.evidence) == ((3,), "the first sums to 1.5")


def test_soft_targets_that_do_not_sum_to_1() -> None:
    targets = softmax(Z)
    targets[7] *= 2
    assert only(case(Z, soft=targets), "targets-not-normalised").rows == (7,)


def test_cells_that_are_not_finite() -> None:
    rows = Z.copy()
    rows[2, 1], rows[9, 0] = math.nan, math.inf
    found = only(case(rows, Y), "not-finite")
    assert (found.rows, found.evidence) == ((2, 9), "nan at sample 2, class 1")


def test_a_class_that_is_impossible_is_a_log_probability() -> None:
    assert "not-finite" not in names(case([[0.0, -math.inf]], [0], kind="log_probs"))


def test_labels_that_count_from_1() -> None:
    found = only(case(Z, Y)._replace(one_based=True), "one-based-labels")
    assert found.rows == tuple(np.flatnonzero(Y == 4)[:5])


def test_classes_that_never_occur() -> None:
    labels = np.where(Y == 3, 0, Y)
    assert only(case(Z, labels), "classes-never-seen").evidence == "class 3"
    assert "classes-never-seen" not in names(case(Z[:2], [0, 1]))


def test_labels_that_may_count_from_1() -> None:
    labels = np.maximum(Y, 1)
    assert "count from 1?" in only(case(Z, labels), "classes-never-seen").message


def test_ignored_rows() -> None:
    found = only(case(Z, Y, ignore_index=2), "ignored")
    assert found.samples == int((Y == 2).sum())
    assert found.evidence == f"{found.samples} of 40 rows"


def test_every_row_is_ignored() -> None:
    assert "the mean is nan" in only(case(Z, np.full(40, -100)), "ignored").message


def test_rows_that_float32_and_float64_round_to_0() -> None:
    rows = [[20.0, 0.0], [40.0, 0.0], [1.0, 0.0]]
    found = only(case(rows, [0, 0, 0]), "saturated")
    assert found.rows == (0, 1)
    assert "in float64 for 1 of them" in found.message


def test_exponentials_that_overflow() -> None:
    found = only(case([[89.0, 1.0], [710.0, 1.0], [88.0, 1.0]], [1, 1, 1]), "overflow")
    assert found.rows == (0, 1)
    assert "in float64 for 1 of them" in found.message


def test_constant_rows() -> None:
    rows = Z.copy()
    rows[5] = 0.25
    found = only(case(rows, Y), "constant")
    assert (found.rows, found.evidence) == ((5,), "the loss of a label is ln 5 = 1.6094")


def test_rows_that_are_all_alike() -> None:
    assert only(case(np.tile(Z[0], (40, 1)), Y), "all-rows-alike").samples == 40


def test_the_floor_of_a_double_softmax() -> None:
    """A perfect classifier whose softmax goes through cross_entropy's own."""
    floor = math.log(math.e + 4) - 1
    assert "double-softmax-floor" in names(case(Z, Y), f"{floor + 0.001:.4f}")
    assert "double-softmax-floor" not in names(case(Z, Y), f"{floor + 0.1:.4f}")
    assert "double-softmax-floor" not in names(case(Z, Y), f"{floor - 0.1:.4f}")
