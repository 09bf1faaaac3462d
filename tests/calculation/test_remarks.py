"""Which input is remarked on, and what several remarks with one sentence come to."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

from xentcli.calculation.answers import problem_of
from xentcli.calculation.commands import COMMANDS, Calculation
from xentcli.calculation.remarks import (
    IN_ORDER,
    INFINITE,
    PROBS_NOT_1,
    TARGET_NOT_1,
    find_remarks,
    looks_of,
    merge_remarks,
    remarks_on_looks,
)
from xentcli.core.settings import Settings
from xentcli.errors import Place
from xentcli.model import Batch, Kind, Origin, Remark

ROWS = [[0.25, 0.75], [1.0, 0.0], [0.5, 0.5]]


def place_at(number: int) -> Place:
    return Place("x", number + 1)


def found(
    values: list[list[float]], command: str = "ce", kind: Kind = "logits"
) -> tuple[Remark, ...]:
    targets: dict[str, Any] = {}
    if command == "bce":
        targets["targets"] = np.zeros(np.shape(values))
    labels = np.zeros(len(values), int)
    batch = Batch(np.array(values), kind, Origin("x", "array"), labels=labels, **targets)
    problem = problem_of(batch, Calculation(COMMANDS[command], Settings()))
    return remarks_on_looks(looks_of(problem, place_at), 7)


@pytest.mark.parametrize("command", ["ce", "nll", "kl", "js", "grad"])
def test_probabilities_taken_for_logits(command: str) -> None:
    (one,) = found(ROWS, command)
    assert one.message.startswith("the logits are 0 or more and sum to 1; are they probabilities?")
    assert (one.place, one.samples) == (place_at(0), 7)


def test_a_probability_of_0_may_come_first() -> None:
    assert len(found([[0.0, 1.0], *ROWS])) == 1


@pytest.mark.parametrize(
    "values",
    [
        [*ROWS, [0.5, 0.75]],
        [*ROWS, [-0.5, 1.5]],
        [[-0.5, 1.5], *ROWS],
        [*ROWS, [np.nan, 0.5]],
        # A label as it is, which logits may be.
        [[1.0, 0.0], [0.0, 1.0]],
        [[1.0], [1.0]],
    ],
)
def test_these_may_be_logits(values: list[list[float]]) -> None:
    assert found(values) == ()


def test_where_nothing_is_remarked_on() -> None:
    assert found(ROWS, "entropy") == found(ROWS, "bce") == found(ROWS, "ce", "probs") == ()
    assert remarks_on_looks((), 0) == ()


def test_rows_that_do_not_sum_to_1_and_logarithms_above_0() -> None:
    calculation = Calculation(COMMANDS["ce"], Settings())
    kinds: tuple[tuple[Kind, list[list[float]], str], ...] = (
        ("probs", [[0.5, 0.5], [0.5, 0.25], [0.0, 1.0]], "the probabilities do not sum to 1"),
        ("log_probs", [[-0.5, -1.0], [-0.5, 0.5], [0.0, 1e-10]], "a log-probability is above 0"),
    )
    for kind, values, message in kinds:
        batch = Batch(np.array(values), kind, Origin("x", "array"), labels=np.zeros(3, int))
        ((_, told, which),) = find_remarks(problem_of(batch, calculation))
        assert told.startswith(message)
        assert which.ravel().tolist() == [False, True, False]


def test_remarks_with_the_same_sentence_are_one() -> None:
    known = [Remark(TARGET_NOT_1, place_at(1), 2), Remark(INFINITE, place_at(3), 4)]
    more = [Remark(INFINITE, place_at(9), 5), Remark(PROBS_NOT_1, place_at(8), 1)]
    merged = (known[0], more[1], Remark(INFINITE, place_at(3), 9))
    assert merge_remarks(known, more) == merged


def test_remarks_are_told_in_one_order_whichever_sample_comes_first() -> None:
    remarks = [Remark(message, place_at(at)) for at, message in enumerate(IN_ORDER)]
    for shuffled in itertools.permutations(remarks):
        merged: tuple[Remark, ...] = ()
        for remark in shuffled:
            merged = merge_remarks(merged, [remark])
        assert merged == tuple(remarks)
