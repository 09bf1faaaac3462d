"""What a mean of a file says of itself: its standard error, the accuracy of the first five classes,
and the Brier score, against plain NumPy and in every way that the same samples can come."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import xentcli
from tests.faults.running import run_inside
from tests.ways import without_processes
from xentcli.readers.arrays import arrays, pieces

__all__ = ["without_processes"]

pytestmark = pytest.mark.usefixtures("without_processes")

Floats = NDArray[np.float64]
Labels = NDArray[np.int64]
rng = np.random.default_rng(11)
ROWS, CLASSES = 200, 12
LOGITS: Floats = rng.integers(-6, 7, (ROWS, CLASSES)).astype(float)  # with ties
LABELS: Labels = rng.integers(0, CLASSES, ROWS)
LABELS[::7] = -100
KEPT = LABELS >= 0
SEQUENCES: Floats = rng.normal(0, 3, (9, 5, 20))
TOKENS: Labels = rng.integers(0, 5, (9, 20))
for _at in range(9):
    TOKENS[_at, 20 - 2 * _at :] = -100  # unequal lengths, and one whole


def cross_entropies(logits: Floats, labels: Labels) -> Floats:
    return np.asarray(xentcli.cross_entropy(logits, labels, reduction="none"))


def s_over_root_n(losses: Floats) -> float:
    return float(np.std(losses, ddof=1) / math.sqrt(losses.size))


def over_samples(losses: Floats, shares: Floats) -> float:
    """The error of Σ losses / Σ shares, where the rows are independent of one another."""
    kept = shares.sum(axis=1) > 0
    sums, sizes = losses.sum(axis=1)[kept], shares.sum(axis=1)[kept]
    count, mean = len(sums), sums.sum() / sizes.sum()
    residuals = sums - mean * sizes
    return math.sqrt(count / (count - 1) * (residuals**2).sum()) / float(sizes.sum())


def report(folder: Path, *arguments: str, **environment: str) -> dict[str, Any]:
    ran = run_inside([*arguments, "--format", "json"], folder, environment=environment)
    assert ran.code in (0, 3), ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def table(folder: Path, *arguments: str) -> str:
    ran = run_inside(arguments, folder)
    assert ran.code == 0, ran.stderr
    return ran.stdout.decode()


def put_csv(path: Path, logits: Floats = LOGITS, labels: Labels = LABELS) -> str:
    names = [f"z{at}" for at in range(logits.shape[1])]
    lines = [",".join([*names, "label", "half"])]
    for at, (row, label) in enumerate(zip(logits.tolist(), labels.tolist(), strict=True)):
        lines.append(",".join(map(repr, [*row, label])) + f",{'ab'[at % 2]}")
    path.write_text("\n".join(lines) + "\n")
    return path.name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put_csv(tmp_path / "a.csv")
    np.savez(tmp_path / "s.npz", logits=SEQUENCES, labels=TOKENS)
    return tmp_path


def test_the_figures_of_rows(folder: Path) -> None:
    found = report(folder, "ce", "a.csv")
    losses = cross_entropies(LOGITS[KEPT], LABELS[KEPT])
    assert found["standard_error"] == pytest.approx(s_over_root_n(losses), rel=1e-12)
    probs = xentcli.softmax(LOGITS[KEPT])
    hot = np.eye(CLASSES)[LABELS[KEPT]]
    brier = ((probs - hot) ** 2).sum(axis=1).mean()
    assert found["brier_score"] == pytest.approx(brier, rel=1e-12)
    # Of equal logits the first classes come first, as in the accuracy.
    ranks = np.argsort(-LOGITS[KEPT], axis=1, kind="stable")
    assert found["accuracy"] == (ranks[:, 0] == LABELS[KEPT]).mean()
    assert found["top_5_accuracy"] == (ranks[:, :5] == LABELS[KEPT, None]).any(axis=1).mean()
    names = list(found)
    figures = names[names.index("denominator") + 1 : names.index("result")]
    assert figures == [
        "perplexity",
        "accuracy",
        "top_5_accuracy",
        "brier_score",
        "standard_error",
    ]


def test_a_table_and_a_page_say_them(folder: Path) -> None:
    found = report(folder, "ce", "a.csv")
    shown = table(folder, "ce", "a.csv", "--save", "a.html", "--rows", "1")
    page = (folder / "a.html").read_text()
    for name, value in (
        ("standard error", f"± {found['standard_error']:.4f}"),
        ("Brier score", f"{found['brier_score']:.4f}"),
        ("top-5 accuracy", f"{100 * found['top_5_accuracy']:.2f} %"),
    ):
        (line,) = (line for line in shown.splitlines() if line.startswith(name))
        assert line.removeprefix(name).strip() == value
        assert name in page
        assert value in page


@pytest.mark.parametrize("kind", ["probs", "log-probs"])
@pytest.mark.parametrize("command", ["ce", "nll"])
def test_they_are_the_same_of_probabilities(kind: str, command: str, folder: Path) -> None:
    values = (xentcli.softmax if kind == "probs" else xentcli.log_softmax)(LOGITS)
    put_csv(folder / "p.csv", values)
    found = report(folder, command, "p.csv", "--input", kind)
    expected = report(folder, "ce", "a.csv")
    for name in ("standard_error", "brier_score", "top_5_accuracy"):
        assert found[name] == pytest.approx(expected[name], rel=1e-9)


@pytest.mark.parametrize("more", [("--dtype", "float32"), ("--method", "textbook")])
def test_they_are_close_in_other_arithmetic(more: tuple[str, ...], folder: Path) -> None:
    found, expected = report(folder, "ce", "a.csv", *more), report(folder, "ce", "a.csv")
    for name in ("standard_error", "brier_score", "top_5_accuracy"):
        assert found[name] == pytest.approx(expected[name], rel=1e-5)


def test_ten_classes_are_too_few_for_the_first_five(folder: Path) -> None:
    put_csv(folder / "ten.csv", LOGITS[:, :10], np.clip(LABELS, -100, 9))
    assert "top_5_accuracy" not in report(folder, "ce", "ten.csv")
    assert "top-5" not in table(folder, "ce", "ten.csv")


def test_the_positions_of_a_sample_are_taken_together(folder: Path) -> None:
    found = report(folder, "ce", "s.npz")
    kept = TOKENS >= 0
    losses = np.where(kept, cross_entropies(SEQUENCES, TOKENS), 0.0)
    expected = over_samples(losses, kept.astype(float))
    assert found["standard_error"] == pytest.approx(expected, rel=1e-12)
    assert found["standard_error"] != pytest.approx(s_over_root_n(losses[kept]), rel=1e-3)
    assert f"± {expected:.4f} (9 sequences)" in table(folder, "ce", "s.npz", "--rows", "0")
    by_sample = report(folder, "ce", "s.npz", "--by", "sample")
    assert by_sample["standard_error"] == found["standard_error"]
    assert not any("standard_error" in group for group in by_sample["groups"])


def test_a_sample_without_a_label_that_counts_is_none(folder: Path) -> None:
    labels = TOKENS.copy()
    labels[3] = -100
    np.savez(folder / "some.npz", logits=SEQUENCES, labels=labels)
    kept = labels >= 0
    losses = np.where(kept, cross_entropies(SEQUENCES, labels), 0.0)
    found = report(folder, "ce", "some.npz")["standard_error"]
    assert found == pytest.approx(over_samples(losses, kept.astype(float)), rel=1e-12)
    assert "(8 sequences)" in table(folder, "ce", "some.npz", "--rows", "0")


def test_images_are_no_sequences(folder: Path) -> None:
    values = rng.normal(size=(6, 3, 4, 5))
    np.savez(folder / "i.npz", logits=values, labels=rng.integers(0, 3, (6, 4, 5)))
    assert "(6 samples)" in table(folder, "ce", "i.npz", "--rows", "0")


@pytest.mark.parametrize("axis", ["1", "-1"])
def test_samples_in_pieces_give_the_same_bits(
    axis: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = SEQUENCES if axis == "1" else np.ascontiguousarray(SEQUENCES.transpose(0, 2, 1))
    np.savez(folder / "t.npz", logits=values, labels=TOKENS)
    asked = ("ce", "t.npz", "--class-axis", axis)
    whole = report(folder, *asked)
    shifted = report(folder, *asked, "--shift")
    monkeypatch.setattr(pieces, "PIECE_BYTES", 300)
    monkeypatch.setattr(arrays, "CHUNK_BYTES", 800)
    assert report(folder, *asked) == whole
    assert report(folder, *asked, "--shift") == shifted


@pytest.mark.parametrize("block", ["50", "1000", "100000"])
@pytest.mark.parametrize("jobs", ["1", "3"])
def test_blocks_and_jobs_leave_no_trace(block: str, jobs: str, folder: Path) -> None:
    asked = ("ce", "a.csv", "--by", "half")
    found = report(folder, *asked, XENT_BLOCK_BYTES=block, XENT_JOBS=jobs)
    assert found == report(folder, *asked)


def test_each_group_has_the_error_of_its_own_mean(folder: Path) -> None:
    found = report(folder, "ce", "a.csv", "--by", "half")
    half = np.arange(ROWS) % 2
    for at, group in enumerate(found["groups"]):
        own = KEPT & (half == at)
        expected = s_over_root_n(cross_entropies(LOGITS[own], LABELS[own]))
        assert group["standard_error"] == pytest.approx(expected, rel=1e-12)
    header, first, _ = table(folder, "ce", "a.csv", "--by", "half", "-f", "csv").splitlines()
    listed = dict(zip(header.split(","), first.split(","), strict=True))
    assert float(listed["standard_error"]) == found["groups"][0]["standard_error"]


def test_rows_that_are_shifted_are_tokens_of_sequences(folder: Path) -> None:
    names = [f"z{at}" for at in range(5)]
    rows, labels = SEQUENCES.transpose(0, 2, 1), TOKENS.copy()
    labels[labels < 0] = 0
    lines = [",".join([*names, "label", "text"])]
    for at in range(9):
        for row, label in zip(rows[at].tolist(), labels[at].tolist(), strict=True):
            lines.append(",".join(map(repr, row)) + f",{label},t{at}")
    (folder / "rows.csv").write_text("\n".join(lines) + "\n")
    np.savez(folder / "rows.npz", logits=SEQUENCES, labels=labels)
    found = report(folder, "ce", "rows.csv", "--shift", "--by", "text", XENT_BLOCK_BYTES="700")
    expected = report(folder, "ce", "rows.npz", "--shift")
    assert found["result"] == expected["result"]
    assert found["standard_error"] == expected["standard_error"]
    assert not any("standard_error" in group for group in found["groups"])


def put_responses(path: Path, sequences: list[list[float]]) -> None:
    lines = (
        json.dumps({"tokens": ["t"] * len(one), "token_logprobs": [None, *one[1:]]})
        for one in sequences
    )
    path.write_text("\n".join(lines) + "\n")


def test_the_tokens_of_a_server_are_of_their_sequences(folder: Path) -> None:
    sequences = [(-rng.exponential(size=size)).tolist() for size in (4, 9, 2, 7)]
    put_responses(folder / "r.jsonl", sequences)
    padded = np.zeros((4, 9))
    counted = np.zeros((4, 9))
    for at, one in enumerate(sequences):
        padded[at, 1 : len(one)] = [-number for number in one[1:]]
        counted[at, 1 : len(one)] = 1.0
    found = report(folder, "nll", "r.jsonl")
    assert found["standard_error"] == pytest.approx(over_samples(padded, counted), rel=1e-12)
    assert "brier_score" not in found
    assert "(4 sequences)" in table(folder, "nll", "r.jsonl")
    put_responses(folder / "one.jsonl", sequences[:2])
    put_responses(folder / "two.jsonl", sequences[2:])
    both = report(folder, "nll", "one.jsonl", "two.jsonl")
    assert both["standard_error"] == found["standard_error"]
    by_sample = report(folder, "nll", "one.jsonl", "two.jsonl", "--by", "sample")
    assert by_sample["standard_error"] == found["standard_error"]


def test_a_column_of_tokens_is_one_sequence(folder: Path) -> None:
    (folder / "c.csv").write_text("log_prob\n-1.5\n-0.5\n-2.5\n")
    asked = ("nll", "c.csv", "--input", "log-probs")
    assert "standard_error" not in report(folder, *asked, XENT_BLOCK_BYTES="4")


def test_the_questions_about_a_sample_are_taken_together(folder: Path) -> None:
    logits, targets = rng.normal(0, 2, (40, 3)), rng.integers(0, 2, (40, 3))
    lines = ["z0,z1,z2,t0,t1,t2"]
    for row in zip(logits.tolist(), targets.tolist(), strict=True):
        lines.append(",".join(map(repr, [*row[0], *row[1]])))
    (folder / "q.csv").write_text("\n".join(lines) + "\n")
    found = report(folder, "bce", "q.csv", "--logit-cols", "z*", "--target-cols", "t*")
    losses = xentcli.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    expected = over_samples(np.asarray(losses), np.ones((40, 3)))
    assert found["standard_error"] == pytest.approx(expected, rel=1e-12)
    probs = 1 / (1 + np.exp(-logits))
    assert found["brier_score"] == pytest.approx(((probs - targets) ** 2).mean(), rel=1e-12)
    weighted = report(
        folder, "bce", "q.csv", "--logit-cols", "z*", "--target-cols", "t*", "--weight", "1,2,3"
    )
    losses = np.asarray(losses) * [1.0, 2.0, 3.0]
    assert weighted["standard_error"] == pytest.approx(
        over_samples(losses, np.ones((40, 3))), rel=1e-12
    )


@pytest.mark.parametrize("reduction", ["batchmean", "mean"])
def test_divergences_have_one(reduction: str, folder: Path) -> None:
    found = report(folder, "kl", "a.csv", "--reduction", reduction)
    losses = cross_entropies(LOGITS[KEPT], LABELS[KEPT])
    elements = CLASSES if reduction == "mean" else 1
    assert found["standard_error"] == pytest.approx(s_over_root_n(losses) / elements, rel=1e-12)
    assert "brier_score" not in found
    assert "standard_error" in report(folder, "js", "a.csv")
    assert "standard_error" in report(folder, "entropy", "a.csv", "--logit-cols", "z*")


def test_smoothed_and_soft_losses_have_one_in_their_unit(folder: Path) -> None:
    smoothed = report(folder, "ce", "a.csv", "--label-smoothing", "0.1", "--base", "2")
    losses = xentcli.cross_entropy(
        LOGITS[KEPT], LABELS[KEPT], label_smoothing=0.1, reduction="none"
    )
    expected = s_over_root_n(np.asarray(losses)) / math.log(2)
    assert smoothed["standard_error"] == pytest.approx(expected, rel=1e-12)
    # It scores the probabilities by the labels, whatever the loss smooths.
    assert smoothed["brier_score"] == report(folder, "ce", "a.csv")["brier_score"]
    targets = xentcli.softmax(rng.normal(size=(ROWS, CLASSES)))
    np.savez(folder / "soft.npz", logits=LOGITS, targets=targets)
    soft = report(folder, "ce", "soft.npz")
    losses = np.asarray(xentcli.cross_entropy(LOGITS, targets, reduction="none"))
    assert soft["standard_error"] == pytest.approx(s_over_root_n(losses), rel=1e-12)
    assert "brier_score" not in soft


@pytest.mark.parametrize(
    "more",
    [
        ("--reduction", "sum"),
        ("--reduction", "none"),
        ("--weight", ",".join(map(str, range(1, CLASSES + 1)))),
        ("--weight-col", "w"),
    ],
)
def test_a_sum_and_weighted_samples_have_none(more: tuple[str, ...], folder: Path) -> None:
    lines = (folder / "a.csv").read_text().splitlines()
    weighted = [f"{lines[0]},w", *(f"{line},{1 + at % 3}" for at, line in enumerate(lines[1:]))]
    (folder / "w.csv").write_text("\n".join(weighted) + "\n")
    asked = ("ce", "w.csv", "--logit-cols", "z*", *more)
    assert "standard_error" not in report(folder, *asked)
    assert "±" not in table(folder, *asked)


def test_one_sample_and_an_infinite_mean_have_none(folder: Path) -> None:
    (folder / "one.csv").write_text("a,b,label\n1,2,0\n3,4,-100\n")
    assert "standard_error" not in report(folder, "ce", "one.csv")
    (folder / "inf.csv").write_text("a,b,label\n1,2,0\n-inf,4,0\n3,4,1\n")
    assert "standard_error" not in report(folder, "ce", "inf.csv")


def test_rows_that_are_skipped_are_no_samples(folder: Path) -> None:
    lines = (folder / "a.csv").read_text().splitlines()
    lines[5:5] = [lines[5].replace(",", ",x", 1)]
    (folder / "bad.csv").write_text("\n".join(lines) + "\n")
    skipped = report(folder, "ce", "bad.csv", "--on-error", "skip")
    assert skipped["standard_error"] == report(folder, "ce", "a.csv")["standard_error"]
    unread = report(folder, "ce", "bad.csv", "--on-error", "nan")
    assert "standard_error" not in unread


def test_typed_samples_say_their_loss_alone(tmp_path: Path) -> None:
    found = report(tmp_path, "ce", "--logits", "1,2,3; 3,1,2; 0,0,1", "--labels", "0,1,2")
    assert "standard_error" not in found
    assert "brier_score" not in found


def test_a_label_among_equal_logits_counts_as_in_the_accuracy(tmp_path: Path) -> None:
    # All equal: the first five classes are the first five, as the first is the predicted one.
    put_csv(tmp_path / "ties.csv", np.zeros((CLASSES, CLASSES)), np.arange(CLASSES))
    found = report(tmp_path, "ce", "ties.csv")
    assert found["accuracy"] == 1 / CLASSES
    assert found["top_5_accuracy"] == 5 / CLASSES
