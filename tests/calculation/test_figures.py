"""Figures of many samples: which there are, and what is left as the textbook has it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tests.faults.running import run_inside
from xentcli.calculation.survey import _mean_of_means
from xentcli.core.total import ExactSum, Total


@pytest.mark.parametrize("reduction", ["sum", "none"])
@pytest.mark.parametrize("command", ["ce", "nll", "kl", "js"])
def test_of_ignored_samples_alone_there_is_no_accuracy(
    command: str, reduction: str, tmp_path: Path
) -> None:
    asked = ["--logits", "1,2;3,4", "--labels", "-100,-100", "--reduction", reduction]
    ran = run_inside([command, *asked, "--format", "json", "--steps"], tmp_path)
    document = json.loads(ran.stdout)
    assert (document["samples"], document["ignored"]) == (2, 2)
    assert document["result"] == ([0.0, 0.0] if reduction == "none" else 0.0)
    assert "accuracy" not in document
    shown = run_inside([command, *asked], tmp_path)
    assert (shown.code, "accuracy" in shown.stdout.decode()) == (0, False)


@pytest.mark.parametrize("way", [["--method", "textbook"], ["--dtype", "float32"]])
@pytest.mark.parametrize("focal", [[], ["--gamma", "1"]])
def test_a_large_weight_does_not_bring_back_digits_that_were_to_be_lost(
    way: list[str], focal: list[str], tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text("a,b,label,w\n0,-800,0,1e300\n0,3,1,1\n")
    asked = ["grad", "a.csv", "--weight-col", "w", "--reduction", "sum", "-q", *focal]
    assert run_inside([*asked, *way], tmp_path).stdout.startswith(b"0.0,0.0\n")
    if not focal:
        stable = run_inside(asked, tmp_path).stdout.decode().split()[0].split(",")
        assert all(0.0 < abs(float(one)) < 1.0 for one in stable)


def test_a_focal_loss_of_a_loss_that_is_1_and_of_one_that_is_0(tmp_path: Path) -> None:
    given = ["ce", "--log-probs", "-1,-0.4586751453870819", "--label", "0", "--gamma", "1", "-q"]
    assert float(run_inside(given, tmp_path).stdout) == pytest.approx(1 - math.exp(-1), rel=1e-15)
    certain = ["--logits", "800,0", "--label", "0", "--gamma", "0.5", "-q"]
    assert run_inside(["ce", *certain], tmp_path).stdout == b"0.0\n"
    assert run_inside(["grad", *certain], tmp_path).stdout == b"0.0,0.0\n"
    by_textbook = ["--logits", "60,0", "--label", "0", "--gamma", "0.5", "--method", "textbook"]
    assert run_inside(["ce", *by_textbook, "-q"], tmp_path).stdout == b"0.0\n"


def test_a_mean_of_means_is_shown_where_it_is_another() -> None:
    def sequence(loss: float, tokens: float) -> Total:
        return Total(ExactSum.of([loss]), ExactSum.of([tokens]))

    one, same, longer, empty = sequence(2, 2), sequence(6, 2), sequence(8, 4), sequence(0, 0)
    assert _mean_of_means([one, longer, empty]) == (1.0 + 2.0) / 2
    # Of sequences of one length, of means that are alike, and of a single one it is the mean.
    assert _mean_of_means([one, same]) is None
    assert _mean_of_means([one, sequence(4, 4)]) is None
    assert _mean_of_means([longer, empty]) is None


def test_steps_of_tokens_stand_at_their_sequences_and_positions(tmp_path: Path) -> None:
    records = [
        {"token_logprobs": [None, -1.0 - at, -2.0 - at], "tokens": ["a", "b", "c"]}
        for at in range(3)
    ]
    lines = [json.dumps({"choices": [{"logprobs": record}]}) for record in records]
    (tmp_path / "t.jsonl").write_text("\n".join(lines) + "\n")
    ran = run_inside(["nll", "t.jsonl", "--steps", "--rows", "9", "--format", "table"], tmp_path)
    assert ran.code == 0, ran.stderr
    told = ran.stdout.decode()
    for sequence in range(3):
        for position in (1, 2):
            assert f"sequence {sequence}, position {position} ·" in told


def test_a_divergence_of_labels_keeps_the_digits_of_a_tiny_loss_times_a_large_weight(
    tmp_path: Path,
) -> None:
    """The loss alone is below the smallest normal double, and has few digits."""
    (tmp_path / "a.csv").write_text("a,b,label,w\n0,-740,0,1e300\n")
    asked = ["a.csv", "--weight-col", "w", "--reduction", "sum", "-q"]
    found = run_inside(["kl", *asked], tmp_path)
    assert found == run_inside(["ce", *asked], tmp_path)
    assert float(found.stdout) == pytest.approx(4.188739880048e-22, rel=1e-12)
