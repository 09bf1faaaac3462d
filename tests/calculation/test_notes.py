"""What is noted beside the steps of the textbook's formulas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.faults.running import run_inside
from xentcli.calculation.softmax_steps import note_on_difference, note_on_overflow
from xentcli.calculation.spread import batch_spread
from xentcli.core.loss import Losses
from xentcli.core.total import Spread
from xentcli.model import Batch, Origin, Tokens

INF, NAN = np.inf, np.nan


@pytest.mark.parametrize(
    ("values", "exact", "note"),
    [
        ([1.0, NAN], [1.0, 2.0], "nan where the stable formula has a value"),
        ([1.0, NAN], [1.0, NAN], ""),
        ([0.0, 1.0], [1.5e-20, 1.0], "0 where the stable formula has 1.5e-20"),
        ([0.0, 1.0], [0.0, 1.0], ""),
        ([1.0, -INF], [1.0, -800.0], "infinite where the stable formula has -800"),
        ([1.0, -INF], [1.0, -INF], ""),
        ([2.0, 4.0], [2.0, 5.0], "off by 2.0e-01 relative"),
        ([2.0, 4.0 + 3e-14], [2.0, 4.0], ""),
        ([2.0, 1e-30], [2.0, 0.0], ""),
    ],
)
def test_how_far_the_textbook_is_off(values: list[float], exact: list[float], note: str) -> None:
    assert note_on_difference(np.array(values), np.array(exact)) == note


@pytest.mark.parametrize(
    ("values", "words"), [([1.0, INF, 0.0], "overflows"), ([1.0, 0.0], "underflows"), ([1.0], "")]
)
def test_where_an_exponential_is_no_double(values: list[float], words: str) -> None:
    assert note_on_overflow(np.array(values)).partition(" ")[0].rstrip(":") == words


def test_a_sample_weight_of_a_tiny_focal_loss(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,b,label,w\n0,-400,0,1e300\n0,1,0,0\n")
    asked = ["a.csv", "--weight-col", "w", "--gamma", "1", "--reduction", "sum", "-q"]
    # e^(−2·400)·1e300, for 1 − p is the loss itself.
    loss, slope = 3.6678745841776878e-48, 2 * 3.6678745841776878e-48
    assert float(run_inside(["ce", *asked], tmp_path).stdout) == pytest.approx(loss, rel=1e-13)
    rows = run_inside(["grad", *asked], tmp_path).stdout.decode().splitlines()
    own, other = map(float, rows[0].split(","))
    assert [-own, other] == pytest.approx([slope, slope], rel=1e-13)


def test_of_no_tokens_there_is_no_spread() -> None:
    nothing = np.zeros(0, dtype=np.intp)
    tokens = Tokens(nothing, nothing, (), None, np.array([0, 1]))
    values = np.zeros((0, 1))
    batch = Batch(values, "log_probs", Origin("x", "json"), labels=nothing, tokens=tokens)
    assert batch_spread(batch, Losses(values, values)) == Spread()


def test_log_probs_that_are_given_are_compared_with_no_softmax(tmp_path: Path) -> None:
    """They need not sum to 1."""
    asked = ["nll", "--log-probs", "-1000,-0.5", "--label", "0", "--method", "textbook"]
    found = run_inside(asked, tmp_path)
    assert found.code == 0
    assert b"off by" not in found.stdout
