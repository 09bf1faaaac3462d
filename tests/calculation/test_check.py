"""``grad --check``: a gradient that is right agrees with the differences, and one that is not does
not, whatever the loss; and the samples that were compared are counted."""

from __future__ import annotations

import numpy as np
import pytest

from tests.calculation.asked import EVERY, Asked
from xentcli.calculation import check
from xentcli.calculation.answers import compute_answer
from xentcli.calculation.check import check_gradients, describe_check, merge_checks
from xentcli.errors import DataError
from xentcli.model import Check

OF_LOGITS = [asked for asked in EVERY if asked.kind == "logits"]


@pytest.mark.parametrize("asked", OF_LOGITS, ids=lambda asked: asked.loss)
def test_a_gradient_agrees_with_the_differences(asked: Asked) -> None:
    batch, problem = asked.batch()._replace(first=10), asked.problem("grad")
    gradients = compute_answer(batch, problem, 4.0).gradients
    assert gradients is not None
    found = check_gradients(batch, problem, gradients, 4.0)
    counted = 6 if asked.soft or asked.loss == "entropy" else 5
    assert (found.samples, found.entries) == (counted, 3 * counted)
    assert found.largest < 1e-10
    wrong = gradients.copy()
    at = np.argmax(np.abs(gradients[1, :, 0]))
    wrong[1, at, 0] *= 1.001
    found = check_gradients(batch, problem, wrong, 4.0)
    assert found.largest == pytest.approx(1e-3, rel=1e-6)
    assert found.sample == 11


def test_what_is_not_finite_is_not_compared() -> None:
    asked = OF_LOGITS[0]
    values = asked.values().copy()
    values[0, 1, 0], values[2, 0, 1] = np.inf, np.nan
    batch = asked.batch()._replace(values=values)
    problem = asked.problem("grad")._replace(positions=values)
    found = check_gradients(batch, problem, np.zeros(values.shape), 1.0)
    assert (found.samples, found.entries) == (3, 9)


@pytest.mark.parametrize(("most", "samples"), [(1, 1), (36, 1), (72, 2), (143, 3), (1000, 6)])
def test_so_many_samples_as_there_is_time_for(
    most: int, samples: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = next(one for one in OF_LOGITS if one.soft)
    problem = asked.problem("grad")
    monkeypatch.setattr(check, "MOST_EXPONENTIALS", most)
    found = check_gradients(asked.batch(), problem, np.zeros((3, 3, 2)), 1.0)
    assert found.samples == samples


def test_two_checks_are_one() -> None:
    near, far = Check(2, 6, 1e-9, 1), Check(3, 9, 1e-3, 4)
    assert merge_checks(near, far) == merge_checks(far, near) == Check(5, 15, 1e-3, 4)
    undefined = Check(1, 3, np.nan, 7)
    merged = merge_checks(near, undefined)
    assert merged is not None
    assert (merged.samples, merged.sample) == (3, 7)
    assert merge_checks(None, None) is None


def test_in_words() -> None:
    assert describe_check(Check()).startswith("no sample could be checked")
    words = describe_check(Check(1, 3, 2.5e-14, 0))
    assert "within 2.5e-14" in words
    assert "(1 sample, 3 entries)" in words


def test_where_the_focal_loss_has_no_slope_nothing_is_compared() -> None:
    asked = next(one for one in OF_LOGITS if one.loss == "ce" and one.settings.gamma == 1.0)
    asked = asked._replace(settings=asked.settings._replace(gamma=0.5))
    values = asked.values().copy()
    values[1, :, 0] = 0.0, 80.0, 0.0
    batch = asked.batch()._replace(values=values, first=4)
    problem = asked.problem("grad")._replace(positions=values)
    with pytest.raises(DataError, match="p_t is 1 at sample 5, where"):
        check_gradients(batch, problem, np.zeros(values.shape), 1.0)
    for gamma in (0.0, 1.0, 1.5):
        smooth = asked._replace(settings=asked.settings._replace(gamma=gamma))
        problem = smooth.problem("grad")._replace(positions=values)
        assert check_gradients(batch, problem, np.zeros(values.shape), 1.0).samples == 5


def test_of_samples_that_are_equally_right_the_first_is_named() -> None:
    asked = next(one for one in OF_LOGITS if one.loss == "entropy" and one.weighs_samples)
    problem = asked.problem("grad")._replace(weight=np.zeros(3))
    found = check_gradients(asked.batch(), problem, np.zeros((3, 3, 2)), 1.0)
    assert (found.samples, found.largest, found.sample) == (6, 0.0, 0)
