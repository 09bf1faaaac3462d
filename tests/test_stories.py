"""The five worked stories come out to the digit, through the installed command."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.conftest import ROOT, Xent

STORY_1 = "12.3,-5.2,31.4"
STORY_3 = (
    "0.13807842,0.76510708,0.09681451; 0.31698662,0.26993158,0.4130818;"
    " 0.46864621,0.01320047,0.51815332"
)
STORY_4 = (
    ".9826,1.0630,-.4096; -.6213,.2511,.5659; .5662,.7360,-.6783;"
    " -.4638,-1.4961,-1.0877; 1.8186,-.2998,.1128"
)


def answer(xent: Xent, *arguments: str) -> str:
    ran = xent(*arguments, "--quiet")
    assert (ran.returncode, ran.stderr) == (0, "")
    return ran.stdout.rstrip("\n")


def rounded(answer: str, digits: int = 4) -> list[list[float]]:
    return [
        [round(float(cell), digits) for cell in line.split(",")] for line in answer.splitlines()
    ]


def test_story_1_softmax(xent: Xent) -> None:
    probs = map(float, answer(xent, "softmax", "--logits", STORY_1).split(","))
    assert [f"{p:.8e}" for p in probs] == ["5.06961984e-09", "1.27298111e-16", "9.99999995e-01"]


@pytest.mark.parametrize("command", ["ce", "nll"])
@pytest.mark.parametrize(
    ("label", "loss"),
    [("0", "19.100000005069617"), ("1", "36.60000000506962"), ("2", "5.069619976769893e-09")],
)
def test_story_1_loss(xent: Xent, command: str, label: str, loss: str) -> None:
    assert answer(xent, command, "--logits", STORY_1, "--label", label) == loss


def test_story_1_textbook_loses_digits(xent: Xent) -> None:
    arguments = ("ce", "--logits", STORY_1, "--label", "2", "--method", "textbook")
    assert answer(xent, *arguments) == "5.069619958913665e-09"


@pytest.mark.parametrize(
    ("dtype", "printed"),
    [
        # torch.nn.functional.cross_entropy, torch 2.13.0: 19.1000, 36.6000, 0. in float32;
        # 19.1094, 36.5938, 0. in float16.
        ("float32", ["19.1000", "36.6000", "0.0000"]),
        ("float16", ["19.1094", "36.5938", "0.0000"]),
    ],
)
def test_story_1_at_the_width_of_a_framework(xent: Xent, dtype: str, printed: list[str]) -> None:
    width = np.dtype(dtype).type
    given = ("ce", "--logits", STORY_1, "--dtype", dtype, "--label")
    losses = [width(answer(xent, *given, label)) for label in "012"]
    assert [f"{loss:.4f}" for loss in losses] == printed


def test_story_2_textbook_exponentials(xent: Xent) -> None:
    ran = xent("ce", "--logits", "1,2,3", "--label", "0", "--method", "textbook", "-f", "json")
    (steps,) = json.loads(ran.stdout)["steps"]
    shown = {step["name"]: step["value"] for step in steps}
    assert [round(e, 4) for e in shown["exp"]] == [2.7183, 7.3891, 20.0855]
    assert round(shown["sum"], 4) == 30.1929
    assert [round(p, 4) for p in shown["softmax"]] == [0.0900, 0.2447, 0.6652]


@pytest.mark.parametrize(
    ("label", "loss", "gradient"),
    [
        ("0", 2.4076, [-0.9100, 0.2447, 0.6652]),
        ("1", 1.4076, [0.0900, -0.7553, 0.6652]),
        ("2", 0.4076, [0.0900, 0.2447, -0.3348]),
    ],
)
def test_story_2_one_sample(xent: Xent, label: str, loss: float, gradient: list[float]) -> None:
    given = ("--logits", "1,2,3", "--label", label)
    assert rounded(answer(xent, "ce", *given)) == [[loss]]
    assert rounded(answer(xent, "grad", *given)) == [gradient]


@pytest.mark.parametrize("given", [("--labels", "2,1,0"), ("--targets", "0,0,1;0,1,0;1,0,0")])
def test_story_2_three_samples(xent: Xent, given: tuple[str, str]) -> None:
    arguments = ("--logits", "1,2,3;1,2,3;1,2,3", *given)
    assert rounded(answer(xent, "ce", *arguments)) == [[1.4076]]
    assert rounded(answer(xent, "grad", *arguments)) == [
        [0.0300, 0.0816, -0.1116],
        [0.0300, -0.2518, 0.2217],
        [-0.3033, 0.0816, 0.2217],
    ]


def test_story_2_through_log_softmax_and_nll(xent: Xent) -> None:
    rows = xent("log-softmax", "--logits", "1,2,3;1,2,3;1,2,3", "--format", "csv").stdout
    ran = xent("nll", "-", "--input", "log-probs", "--labels", "2,1,0", "-q", stdin=rows)
    assert rounded(ran.stdout) == [[1.4076]]


def test_story_3_both_numbers(xent: Xent) -> None:
    ran = xent("ce", "--logits", STORY_3, "--labels", "0,1,2", "--quiet")
    assert rounded(ran.stdout) == [[1.1484]]
    assert "are they probabilities?" in ran.stderr
    wrong = ("ce", "--probs", STORY_3, "--labels", "0,1,2", "--reduction", "sum")
    assert rounded(answer(xent, *wrong), 3) == [[3.947]]


def test_story_3_is_diagnosed(xent: Xent) -> None:
    given = ("diagnose", "--logits", STORY_3, "--labels", "0,1,2", "--got", "3.947")
    assert answer(xent, *given) == (
        "3.947 is the textbook −log p of these rows read as probabilities, added once per class. "
        "Read as logits, as PyTorch does, the cross-entropy is 1.1484."
    )
    found = json.loads(xent(*given, "--format", "json").stdout)
    best = found["candidates"][0]
    assert best["name"] == "read as probabilities, added once per class"
    assert (best["matches"], best["departures"]) == (True, 2)
    assert round(best["value"], 3) == 3.947


def test_story_4_three_ways(xent: Xent) -> None:
    labels = ("--labels", "1,0,1,1,1")
    assert rounded(answer(xent, "ce", "--logits", STORY_4, *labels)) == [[1.4904]]
    for first, kind in (("softmax", "probs"), ("log-softmax", "log-probs")):
        rows = xent(first, "--logits", STORY_4, "--format", "csv").stdout
        ran = xent("nll", "-", "--input", kind, *labels, "-q", stdin=rows)
        assert rounded(ran.stdout) == [[1.4904]]


# torch.nn.functional.nll_loss of torch.log_softmax(…, 1) in float64, torch 2.13.0, with
# weight=[2, 1, 3] and ignore_index=0.
STORY_5_ROWS = "[[0.2,-1.3,0.8],[1.1,0.4,-0.6],[-0.9,0.3,2.0],[0.5,0.5,0.5]]"
STORY_5_IMAGES = (
    "[[[[0.1,0.2],[0.3,0.4]],[[1.0,-1.0],[0.5,-0.5]],[[0.0,2.0],[-2.0,1.0]]],"
    "[[[2.0,1.0],[0.0,-1.0]],[[0.3,0.6],[0.9,1.2]],[[-0.7,0.7],[0.2,-0.2]]]]"
)


@pytest.mark.parametrize(
    ("logits", "labels", "losses", "mean"),
    [
        (
            STORY_5_ROWS,
            "0,1,2,1",
            [0.0, 1.2183584771574498, 0.6397808023605855, 1.0986122886681098],
            0.591350313637229,
        ),
        (
            STORY_5_IMAGES,
            "[[[0,1],[2,1]],[[2,2],[0,1]]]",
            [
                *(0.0, 3.1948148204542766, 9.426849411096153, 2.0720760052791331),
                *(8.769164330423571, 3.5402968375218167, 0.0, 0.3055711953891378),
            ],
            2.2757310500136743,
        ),
    ],
)
def test_story_5_weights_and_ignored(
    xent: Xent, logits: str, labels: str, losses: list[float], mean: float
) -> None:
    given: tuple[str, ...] = ("nll", "--logits", logits, "--labels", labels)
    given += ("--weight", "2,1,3", "--ignore-index", "0", "--reduction")
    each = [float(line) for line in answer(xent, *given, "none").splitlines()]
    assert each == pytest.approx(losses, rel=1e-14)
    assert float(answer(xent, *given, "sum")) == pytest.approx(sum(losses), rel=1e-14)
    assert float(answer(xent, *given, "mean")) == pytest.approx(mean, rel=1e-14)


@pytest.mark.parametrize("command", ["ce", "nll"])
def test_a_tiny_loss_keeps_its_digits(xent: Xent, command: str) -> None:
    assert answer(xent, command, "--logits", "40,0", "--label", "0") == "4.248354255291589e-18"


def test_a_tiny_gradient_keeps_its_digits(xent: Xent) -> None:
    gradient = answer(xent, "grad", "--logits", "40,0", "--label", "0")
    assert gradient == "-4.248354255291589e-18,4.248354255291589e-18"


def test_story_7_perplexity(xent: Xent) -> None:
    # PyTorch 2.13, float64, z and y from texts.json:
    #   F.cross_entropy(z.reshape(-1, 7), y.reshape(-1))                  2.3844791771603315
    #   F.cross_entropy(z[:, :-1].reshape(-1, 7), y[:, 1:].reshape(-1))   1.2347730734345868
    #   each text: 1.2629700226682536, 1.2607292144847642, 1.1796596367863903, their mean 1.23445…;
    #   the sum over ln 2 and the 24 bytes: 1.5587258659588894.
    texts, axis = str(ROOT / "examples" / "texts.json"), ("--class-axis", "-1")
    assert float(answer(xent, "ce", texts, *axis)) == pytest.approx(2.3844791771603315, rel=1e-14)
    shifted = ("ce", texts, *axis, "--shift")
    assert float(answer(xent, *shifted)) == pytest.approx(1.2347730734345868, rel=1e-14)
    more = ("--by", "sample", "--format", "json", "--rows", "0")
    found = json.loads(xent(*shifted, *more).stdout)
    losses = [group["loss"] for group in found["groups"]]
    expected = [1.2629700226682536, 1.2607292144847642, 1.1796596367863903]
    assert losses == pytest.approx(expected, rel=1e-14)
    assert found["mean_of_means"] == pytest.approx(1.2344529579798027, rel=1e-14)
    responses = str(ROOT / "examples" / "responses.jsonl")
    ran = xent("nll", responses, "--bytes", "24", "--format", "json", "--no-steps")
    told = json.loads(ran.stdout)
    assert told["result"] == pytest.approx(1.2347730734345868, rel=1e-14)
    assert told["bits_per_byte"] == pytest.approx(1.5587258659588894, rel=1e-14)
