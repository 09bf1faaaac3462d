"""Each part: the wrong number is built here, in plain NumPy, and must be named first."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.diagnosis.made import Array, Input, at, case, first, made, named, nll, smoothed, softmax

GIVEN = made()
Z, Y, W = GIVEN.logits, GIVEN.labels, GIVEN.weight
N, C = Z.shape
LOSSES = nll(Z, Y)
P = softmax(Z)
LOG_P = np.log(P)


def test_the_cross_entropy_itself() -> None:
    assert first(case(Z, Y), LOSSES.mean()) == "the cross-entropy, as ce computes it"


POSITIVE = np.abs(Z) + 0.01

READINGS = {
    "read as probabilities": (POSITIVE, -np.log(at(POSITIVE, Y)).mean()),
    "read as log-probabilities": (Z, -at(Z, Y).mean()),
    "with the softmax applied twice": (Z, nll(P, Y).mean()),
    "with a sigmoid instead of the softmax": (Z, np.log1p(np.exp(-at(Z, Y))).mean()),
    "with the softmax taken over the samples instead of the classes": (
        Z,
        -np.log(at(softmax(Z, axis=0), Y)).mean(),
    ),
    "with one softmax over all numbers": (Z, -np.log(at(np.exp(Z) / np.exp(Z).sum(), Y)).mean()),
    "divided by their sums": (
        POSITIVE,
        -np.log(at(POSITIVE / POSITIVE.sum(axis=1, keepdims=True), Y)).mean(),
    ),
    "without the logarithm, as NLLLoss of probabilities gives it": (Z, -at(P, Y).mean()),
}


@pytest.mark.parametrize("name", READINGS)
def test_a_reading_of_logits(name: str) -> None:
    values, number = READINGS[name]
    assert first(case(values, Y), number) == name


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("read as logits, with a softmax of the probabilities", nll(P, Y).mean()),
        ("without the logarithm, as NLLLoss of probabilities gives it", -at(P, Y).mean()),
    ],
)
def test_a_reading_of_probabilities(name: str, number: float) -> None:
    assert first(case(P, Y, kind="probs"), number) == name


def test_probabilities_that_are_divided_by_their_sums() -> None:
    rows = P * np.linspace(0.5, 1.5, N)[:, np.newaxis]
    number = -np.log(at(rows / rows.sum(axis=1, keepdims=True), Y)).mean()
    assert first(case(rows, Y, kind="probs"), number) == "divided by their sums"


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("with a softmax of their probabilities", nll(P, Y).mean()),
        ("without the logarithm, as NLLLoss of probabilities gives it", -at(P, Y).mean()),
    ],
)
def test_a_reading_of_log_probabilities(name: str, number: float) -> None:
    assert first(case(LOG_P, Y, kind="log_probs"), number) == name


def test_log_probabilities_that_are_read_as_probabilities() -> None:
    assert first(case(LOG_P, Y, kind="log_probs"), math.nan) == "read as probabilities"


def test_another_axis_of_images() -> None:
    images = np.random.default_rng(1).normal(size=(4, 3, 6))
    labels = np.arange(24).reshape(4, 6) % 3
    over_last = softmax(images, axis=2)
    number = -np.log(np.take_along_axis(over_last, labels[:, np.newaxis], 1)).mean()
    rows = images.transpose(0, 2, 1).reshape(24, 3)
    name = "with the softmax taken over dimension 2 instead of the classes"
    assert first(case(rows, labels.ravel(), grid=(4, 6)), number) == name


LOGARITHMS = {
    "with logarithms to base 2": LOSSES.mean() / math.log(2),
    "with logarithms to base 10": LOSSES.mean() / math.log(10),
    "without the minus sign": -LOSSES.mean(),
}


@pytest.mark.parametrize("name", LOGARITHMS)
def test_a_logarithm(name: str) -> None:
    assert first(case(Z, Y), LOGARITHMS[name]) == name


def test_a_natural_logarithm_where_bits_are_asked() -> None:
    assert first(case(Z, Y, base="2"), LOSSES.mean()) == "with natural logarithms"


def _binary(p: Array) -> float:
    q = np.eye(C)[Y]
    return float(-(q * np.log(p) + (1 - q) * np.log(1 - p)).mean())


def _swapped() -> float:
    q = np.clip(np.eye(C)[Y], 1e-7, 1 - 1e-7)
    return float(-(np.clip(P, 1e-7, 1 - 1e-7) * np.log(q)).sum(axis=1).mean())


def test_every_label_s_column() -> None:
    labels = np.where(Y == 0, 1, Y)
    name = "at log_p[:, y], so that N × N numbers were averaged"
    assert first(case(Z, labels), -LOG_P[:, labels].mean()) == name


def test_one_class_further() -> None:
    labels = Y % (C - 1)
    assert first(case(Z, labels), nll(Z, labels + 1).mean()) == "at the class after the label"


PICKS = {
    "at the class before the label": -at(LOG_P, Y - 1).mean(),
    "added once per class": C * LOSSES.mean(),
    "added over every class": -LOG_P.sum(axis=1).mean(),
    "at the largest value instead of the label": -LOG_P.max(axis=1).mean(),
    "as the binary cross-entropy of each class": _binary(P),
    "with a sigmoid instead of the softmax, as the binary cross-entropy of each class": _binary(
        1 / (1 + np.exp(-Z))
    ),
    "with probabilities clipped at 1e-7, with target and prediction swapped": _swapped(),
}


@pytest.mark.parametrize("name", PICKS)
def test_a_pick(name: str) -> None:
    assert first(case(Z, Y), PICKS[name]) == name


def test_a_one_hot_product_with_a_class_that_is_impossible() -> None:
    logits = POSITIVE.copy()
    logits[:, 0] = np.where(Y == 0, logits[:, 0], -np.inf)
    name = "with a one-hot product in which 0·∞ is nan"
    assert first(case(logits, Y), math.nan) == name


SOFT = softmax(np.random.default_rng(2).normal(size=(N, C)))


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("at the largest class of the soft target", nll(Z, SOFT.argmax(axis=1)).mean()),
        ("less the target's entropy", (SOFT * (np.log(SOFT) - LOG_P)).sum(axis=1).mean()),
        ("divided by samples times classes", -(SOFT * LOG_P).mean()),
    ],
)
def test_a_soft_target(name: str, number: float) -> None:
    assert first(case(Z, soft=SOFT), number) == name


def _smoothing(q: Array) -> float:
    return float(-(q * LOG_P).sum(axis=1).mean())


EPS = GIVEN.eps
HOT = np.eye(C)[Y]
SMOOTHINGS = {
    "with the label smoothing left out": LOSSES.mean(),
    "with ε spread over C − 1 classes": _smoothing(np.where(HOT == 1, 1 - EPS, EPS / (C - 1))),
    "with 1 − ε at the label and ε/C at the others": _smoothing(
        np.where(HOT == 1, 1 - EPS, EPS / C)
    ),
    "with ε/C added to the whole target": _smoothing(HOT + EPS / C),
}


@pytest.mark.parametrize("name", SMOOTHINGS)
def test_a_smoothing(name: str) -> None:
    assert first(case(Z, Y, label_smoothing=EPS), SMOOTHINGS[name]) == name


WY = W[Y]
WEIGHTINGS = {
    "with the weights left out": LOSSES.mean(),
    "as the plain mean of the weighted losses": (WY * LOSSES).mean(),
    "with the weights applied twice": (WY**2 * LOSSES).sum() / WY.sum(),
    "with the weights squared": (WY**2 * LOSSES).sum() / (WY**2).sum(),
}


@pytest.mark.parametrize("name", WEIGHTINGS)
def test_a_weighting(name: str) -> None:
    assert first(case(Z, Y, weight=W), WEIGHTINGS[name]) == name


S = np.round(np.random.default_rng(3).uniform(0.2, 2.0, N), 2)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("with the weights left out", LOSSES.mean()),
        ("with the class weights left out", (S * LOSSES).sum() / S.sum()),
        ("with the sample weights left out", (WY * LOSSES).sum() / WY.sum()),
        ("as the plain mean of the weighted losses", (S * WY * LOSSES).mean()),
    ],
)
def test_weights_of_classes_and_samples(name: str, number: float) -> None:
    assert first(case(Z, Y, weight=W, sample_weight=S), number) == name


def test_the_label_s_weight_on_the_whole_smoothed_loss() -> None:
    losses = -(smoothed(Y, C, EPS) * LOG_P).sum(axis=1)
    number = (WY * losses).sum() / WY.sum()
    name = "with the label's weight on the whole smoothed loss"
    assert first(case(Z, Y, weight=W, label_smoothing=EPS), number) == name


def test_soft_targets_over_the_sum_of_their_weights() -> None:
    number = -(W * SOFT * LOG_P).sum() / (W * SOFT).sum()
    assert first(case(Z, soft=SOFT, weight=W), number) == "divided by the sum of the weights"


KEPT = GIVEN.ignored != Y


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("with the ignored rows in the denominator", LOSSES[KEPT].sum() / N),
        ("with the ignored rows taken like all others", LOSSES.mean()),
    ],
)
def test_ignored_rows(name: str, number: float) -> None:
    assert first(case(Z, Y, ignore_index=GIVEN.ignored), number) == name


def _batches(size: int) -> list[float]:
    return [float(LOSSES[at : at + size].mean()) for at in range(0, N, size)]


REDUCTIONS = {
    "summed over the samples": LOSSES.sum(),
    "divided by samples times classes": LOSSES.sum() / (N * C),
    "exponentiated, as a perplexity": math.exp(LOSSES.mean()),
    "as the mean of the means of batches of 16": np.mean(_batches(16)),
    "as the mean of the means of batches of 32": np.mean(_batches(32)),
    "as the sum of the means of batches of 16": np.sum(_batches(16)),
}


@pytest.mark.parametrize("name", REDUCTIONS)
def test_a_reduction(name: str) -> None:
    assert first(case(Z, Y), float(REDUCTIONS[name])) == name


def test_a_mean_where_a_sum_is_asked() -> None:
    assert first(case(Z, Y, reduction="sum"), LOSSES.mean()) == "averaged over the samples"


def test_equal_batches_of_unequal_weight() -> None:
    means = [(WY * LOSSES)[at : at + 10].sum() / WY[at : at + 10].sum() for at in range(0, N, 10)]
    name = "as the mean of the means of batches of 10"
    assert first(case(Z, Y, weight=W), float(np.mean(means))) == name


@pytest.mark.parametrize(
    ("name", "temperature"),
    [
        ("with the temperature left out", 1.0),
        ("with the logits multiplied by the temperature", 1 / 2.5),
    ],
)
def test_a_temperature(name: str, temperature: float) -> None:
    number = nll(Z / temperature, Y).mean()
    assert first(case(Z, Y, temperature=2.5), number) == name


SURE = made(scale=12.0)


@pytest.mark.parametrize(
    ("written", "eps"),
    [
        ("1e-7", 1e-7),
        ("1e-15", 1e-15),
        ("1.2e-7", 2.0**-23),
        ("2.2e-16", 2.0**-52),
        ("1e-12", 1e-12),
    ],
)
def test_clipping(written: str, eps: float) -> None:
    logits = SURE.logits * 4
    p = np.clip(softmax(logits), eps, 1 - eps)
    name = f"with probabilities clipped at {written}"
    assert first(case(logits, SURE.labels), -np.log(at(p, SURE.labels)).mean()) == name


@pytest.mark.parametrize("eps", ["1e-7", "1e-8", "1e-9", "1e-10", "1e-12", "1e-15"])
def test_an_eps_that_is_added(eps: str) -> None:
    logits = SURE.logits * 4
    number = -np.log(at(softmax(logits), SURE.labels) + float(eps)).mean()
    assert first(case(logits, SURE.labels), number) == f"with {eps} added to the probabilities"


def _narrow(values: Array, labels: Array, width: type[np.floating]) -> float:
    """In float32, with what goes in and out rounded to a width."""
    z = values.astype(width).astype(np.float32)
    d = z - z.max(axis=1, keepdims=True)
    log_p = d - np.log(np.exp(d).sum(axis=1, keepdims=True))
    kept = log_p.astype(width).astype(np.float32)
    mean = -kept[np.arange(len(labels)), labels.astype(int)].mean()
    return float(np.asarray(mean).astype(width))


def _to_bfloat16(values: Array) -> Array:
    """Rounded to 8 bits by the exponent of each number."""
    _, exponents = np.frexp(values)
    unit = np.ldexp(1.0, exponents - 8)
    result: Array = np.round(values / unit) * unit
    return result


def test_float32() -> None:
    number = _narrow(Z, Y.astype(float), np.float32)
    assert first(case(Z, Y), number, ".17g") == "in float32"


def _half_case(step: int) -> Any:
    return case((np.arange(300) * step % 13 / 7).reshape(100, 3) - 0.3, np.arange(100) % 3)


# torch 2.13.0 on the CPU, z = (torch.arange(300) * step % 13 / 7).reshape(100, 3) - 0.3,
# y = torch.arange(100) % 3: F.cross_entropy(z.to(dtype), y), that with
# reduction="none" and .mean() after it, and F.cross_entropy(z.to(dtype).float(), y).
HALVES = {
    "in float16": (9, 1.2158203125),
    "in float16, the losses summed in float32": (9, 1.216796875),
    "from values rounded to float16": (9, 1.2167139053344727),
    "in bfloat16": (5, 1.203125),
    "in bfloat16, the losses summed in float32": (5, 1.2109375),
    "from values rounded to bfloat16": (5, 1.20844304561615),
}


@pytest.mark.parametrize("name", HALVES)
def test_half_precision_as_pytorch_computes_it(name: str) -> None:
    step, number = HALVES[name]
    assert first(_half_case(step), number, ".9g") == name


def test_a_loss_that_float64_rounds_to_0() -> None:
    assert first(case([[40.0, 0.0]], [0]), 0.0, ".0f") == "as float64 PyTorch rounds it"


def test_the_textbook_s_overflow() -> None:
    name = "with exp(z)/Σexp(z) written out"
    assert first(case([[800.0, 3.0]], [0]), math.nan) == name


def test_float16_overflows() -> None:
    found = named(case([[70000.0, 3.0], [1.0, 2.0]], [0, 1]), math.nan).candidates
    assert "in float16" in {one.name for one in found if one.matches}


def test_labels_from_1_are_told() -> None:
    one_based = case(Z, Y)._replace(one_based=True)
    assert first(one_based, LOSSES.mean()) == "with 1 taken from each label"


def test_another_input_is_as_good() -> None:
    other: Input = made(samples=60, classes=7, seed=5)
    number = nll(softmax(other.logits), other.labels).mean()
    assert first(case(other.logits, other.labels), number) == "with the softmax applied twice"


def test_every_digit_where_float32_was_asked_for() -> None:
    certain = case([[20.0, 0.0], [21.0, 0.0], [22.0, 0.5]], [0, 0, 0])
    number = np.log1p(np.exp([-20.0, -21.0, -21.5])).mean()
    assert first(certain._replace(arithmetic="float32"), number) == "in float64 with every digit"


def test_a_logarithm_that_is_taken_twice() -> None:
    with np.errstate(invalid="ignore"):
        number = -np.log(at(np.log(softmax(POSITIVE)), Y)).mean()
    assert np.isnan(number)
    assert first(case(POSITIVE, Y), number) == "with the logarithm taken twice"
