"""Losses, their shares of the mean and their gradients are those of formulas in plain Python, for
every loss, kind of target and value, and option."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.calculation.asked import EVERY, IGNORED, LABELS, Array, Asked
from xentcli.calculation.answers import compute_answer, problem_of, share_total
from xentcli.calculation.commands import COMMANDS, Calculation
from xentcli.core.settings import Settings
from xentcli.errors import ArgumentError
from xentcli.model import Batch, Origin, Tokens

PLACES = [(sample, position) for sample in range(3) for position in range(2)]


@pytest.mark.parametrize("asked", EVERY, ids=range(len(EVERY)))
def test_losses_and_shares(asked: Asked) -> None:
    problem = asked.problem()
    found = compute_answer(asked.batch(), problem)
    assert found.results is not None
    losses, shares = (
        each.reshape(3, -1, 2) for each in (found.results.losses.loss, found.results.losses.share)
    )
    for at in PLACES:
        row = asked.values()[at[0], :, at[1]].tolist()
        expected = asked.of_position(row, *at)
        np.testing.assert_allclose(losses[at[0], :, at[1]], expected, rtol=1e-12, atol=1e-14)
        np.testing.assert_allclose(shares[at[0], :, at[1]], asked.share(*at), rtol=1e-15)
    # A weight of 0 makes no −0.
    assert not np.signbit(losses[losses == 0.0]).any()
    left_out = 0 if asked.soft or asked.loss == "entropy" else np.count_nonzero(LABELS == IGNORED)
    total, of_shares = found.total, share_total(problem)
    assert (total.samples, total.ignored) == (of_shares.samples, of_shares.ignored) == (6, left_out)
    assert total.weight == of_shares.weight
    assert total.weight.value == pytest.approx(shares.sum(), rel=1e-15)
    assert total.loss.value == pytest.approx(losses.sum(), rel=1e-14)


def slope(asked: Asked, row: list[float], at: tuple[int, int]) -> Array:
    """The gradient of a position's loss by central differences of the plain formula."""
    step, found = 1e-3, []
    for place in range(3):
        moved = []
        for times in (-2, -1, 1, 2):
            other = row.copy()
            other[place] += times * step
            moved.append(sum(asked.of_position(other, *at)))
        found.append((8 * (moved[2] - moved[1]) - (moved[3] - moved[0])) / (12 * step))
    return np.array(found)


@pytest.mark.parametrize(
    "asked", [one for one in EVERY if one.kind == "logits"], ids=lambda one: one.loss
)
def test_gradients(asked: Asked) -> None:
    problem = asked.problem("grad")
    found = compute_answer(asked.batch(), problem, 4.0).gradients
    assert found is not None
    assert not np.signbit(found[found == 0.0]).any()
    scale = 0.25 if asked.settings.averages else 1.0
    for at in PLACES:
        row = asked.values()[at[0], :, at[1]].tolist()
        expected = scale * slope(asked, row, at)
        np.testing.assert_allclose(found[at[0], :, at[1]], expected, rtol=1e-8, atol=1e-9)


def test_as_many_labels_as_classes_are_no_soft_target_of_one_sample() -> None:
    batch = Batch(np.zeros(3), "logits", Origin("x", "array"), labels=np.array([0, 1, 2]))
    with pytest.raises(ArgumentError, match="target: 3 labels for 1 sample"):
        problem_of(batch, Calculation(COMMANDS["ce"], Settings()))


@pytest.mark.parametrize("first_choices", [None, np.array([True, False, True])])
def test_what_a_model_would_have_chosen_is_right_where_it_is_known(
    first_choices: NDArray[np.bool_] | None,
) -> None:
    at = np.arange(3)
    tokens = Tokens(at * 0, at, ("a", "b", "c"), first_choices, at[:0])
    values = np.array([[-1.0], [-2.0], [-0.5]])
    batch = Batch(values, "log_probs", Origin("x", "json"), labels=at * 0, tokens=tokens)
    calculation = Calculation(COMMANDS["nll"], Settings(), want_accuracy=True)
    found = compute_answer(batch, problem_of(batch, calculation))
    assert found.total.loss.value == 3.5
    assert found.total.correct == (0 if first_choices is None else 2)
