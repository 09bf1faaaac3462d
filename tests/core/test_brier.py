"""The Brier score by its definition, with its digits where a label is all but certain."""

from __future__ import annotations

import mpmath
import numpy as np
import pytest
from numpy.typing import NDArray

from xentcli.core import brier, loss, odds
from xentcli.core.settings import check_settings
from xentcli.core.softmax import softmax
from xentcli.core.target import Target

Floats = NDArray[np.float64]


def scores(logits: Floats, labels: NDArray[np.int64], temperature: float = 1.0) -> Floats:
    options = check_settings(None, logits.shape[1], temperature=temperature)
    found = loss.from_logits(logits, Target(labels=labels), options, with_brier=True)
    assert found.brier is not None
    return found.brier


@pytest.mark.parametrize("shape", [(50, 3, 1), (7, 10, 5), (20, 64, 1), (3, 200, 4), (9, 1, 1)])
@pytest.mark.parametrize("temperature", [1.0, 2.5])
def test_it_is_the_squared_distance_from_the_label(
    shape: tuple[int, int, int], temperature: float
) -> None:
    rng = np.random.default_rng(5)
    logits = rng.normal(0, 4, shape)
    labels = rng.integers(0, shape[1], (shape[0], shape[2]))
    probs = softmax(logits, 1, temperature=temperature)
    hot = np.moveaxis(np.eye(shape[1])[labels], -1, 1)
    expected = ((probs - hot) ** 2).sum(axis=1)
    found = scores(logits, labels, temperature=temperature)
    np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(brier.of_probs(probs, labels), expected, rtol=1e-12, atol=1e-15)


def test_the_loss_beside_it_is_the_one_without_it() -> None:
    rng = np.random.default_rng(6)
    logits, labels = rng.normal(0, 4, (30, 12, 2)), rng.integers(-1, 12, (30, 2))
    target, options = Target(labels=labels), check_settings(None, 12, ignore_index=-1)
    with_it = loss.from_logits(logits, target, options, with_brier=True)
    without = loss.from_logits(logits, target, options)
    assert np.array_equal(with_it.loss, without.loss)
    assert without.brier is None
    assert with_it.brier is not None
    assert (with_it.brier[labels == -1] == 0.0).all()
    assert (with_it.brier[labels != -1] > 0.0).all()


@pytest.mark.parametrize("row", [[40.0, 0.0], [90.0, 0.0, 50.0], [3.0, 3.0], [0.0, 1e-9]])
def test_every_digit_of_a_certain_label(row: list[float]) -> None:
    with mpmath.workdps(200):
        powers = [mpmath.exp(mpmath.mpf(z)) for z in row]
        probs = [power / mpmath.fsum(powers) for power in powers]
        exact = (1 - probs[0]) ** 2 + mpmath.fsum(p**2 for p in probs[1:])
        expected = float(exact)
    found = scores(np.array(row)[np.newaxis, :, np.newaxis], np.zeros((1, 1), dtype=np.int64))
    assert found[0, 0] == pytest.approx(expected, rel=1e-14)


def test_a_row_without_a_softmax_has_no_score() -> None:
    logits = np.array([[np.inf, 0.0], [np.nan, 0.0], [-np.inf, 0.0]])[:, :, np.newaxis]
    found = scores(logits, np.zeros((3, 1), dtype=np.int64))[:, 0]
    assert np.isnan(found[:2]).all()
    assert found[2] == 2.0


def test_a_position_does_not_depend_on_those_around_it() -> None:
    rng = np.random.default_rng(8)
    logits, labels = rng.normal(0, 4, (11, 70, 3)), rng.integers(0, 70, (11, 3))
    probs = softmax(logits, 1)
    together, given = scores(logits, labels), brier.of_probs(probs, labels)
    for at in np.ndindex(labels.shape):
        alone = logits[at[0], :, at[1]][np.newaxis, :, np.newaxis]
        label = labels[at].reshape(1, 1)
        assert scores(alone, label)[0, 0] == together[at]
        row = probs[at[0], :, at[1]][np.newaxis, :, np.newaxis]
        assert brier.of_probs(row, label)[0, 0] == given[at]


def test_of_a_question_it_is_the_square_of_what_is_missing() -> None:
    found_odds = odds.odds_of_logits(np.array([40.0, -40.0, 0.0, 0.5]))
    found = brier.of_questions(found_odds.yes, found_odds.no, np.array([1.0, 0.0, 1.0, 0.25]))
    tiny = np.exp(-40.0) / (1 + np.exp(-40.0))
    assert found[:2] == pytest.approx([tiny**2] * 2, rel=1e-12)
    assert found[2] == 0.25
    assert found[3] == pytest.approx((1 / (1 + np.exp(-0.5)) - 0.25) ** 2, rel=1e-13)
