"""Real input: a classifier's logits for 899 handwritten digits."""

from __future__ import annotations

import os
import subprocess

import pytest

from tests.conftest import ROOT, Xent, environment

DIGITS = ROOT / "examples" / "digits.csv"

# On the rows of examples/digits.csv:
#   sklearn.metrics.log_loss(labels, scipy.special.softmax(logits, axis=1), labels=range(10))
#     scikit-learn 1.9.1, SciPy 1.17.1                                   0.1338845570685284
#   torch.nn.functional.cross_entropy(torch.tensor(logits), torch.tensor(labels))
#     torch 2.13.0, float64                                              0.13388455706852836
LOG_LOSS = 0.1338845570685284
TORCH = 0.13388455706852836


def test_loss_of_scikit_learn_and_pytorch(xent: Xent) -> None:
    ran = xent("ce", str(DIGITS), "--quiet")
    assert abs(float(ran.stdout) / LOG_LOSS - 1) < 1e-15
    assert abs(float(ran.stdout) / TORCH - 1) < 1e-15


@pytest.mark.skipif(os.name != "posix", reason="a pipeline of POSIX")
def test_the_three_hardest_digits() -> None:
    command = (
        "xent ce digits.csv --reduction none --format csv"
        " | sort -t, -k13 -g | tail -3 | cut -d, -f1"
    )
    ran = subprocess.run(
        ["sh", "-c", command],
        capture_output=True,
        text=True,
        cwd=DIGITS.parent,
        env=environment(),
        check=True,
    )
    assert ran.stdout.split() == ["1553", "1662", "1264"]


def test_rows_are_passed_on_byte_for_byte(xent: Xent) -> None:
    ran = xent("ce", str(DIGITS), "--reduction", "none", "--format", "csv")
    lines = [line.rpartition(",")[0] for line in ran.stdout.splitlines()]
    assert lines == DIGITS.read_text().splitlines()


def test_log_softmax_then_nll_is_ce(xent: Xent) -> None:
    rows = xent("log-softmax", str(DIGITS), "--format", "csv").stdout
    piped = xent("nll", "-", "--input", "log-probs", "--quiet", stdin=rows)
    assert piped.stdout == xent("ce", str(DIGITS), "--quiet").stdout
