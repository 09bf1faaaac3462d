"""Formulas of questions, sequences, focal losses and other scores: built here in plain NumPy, each
must be named first."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from tests.diagnosis.made import Array, at, case, first, made, nll, softmax
from xentcli.diagnosis.case import Case, as_questions

pytestmark = pytest.mark.slow

GIVEN = made(samples=30, classes=4, seed=5)
Z, Y, W = GIVEN.logits, GIVEN.labels, GIVEN.weight
N, C = Z.shape
LOSSES = nll(Z, Y)
P = softmax(Z)
LOG_P = np.log(P)
HOT = np.eye(C)[Y]
SIGMOID = 1 / (1 + np.exp(-Z))


def _binary(p: Array, gamma: float = 0.0, alpha: float | None = None, yes: float = 1.0) -> Array:
    """The binary cross-entropy of each row and class, against the one-hot target."""
    p_t = np.where(HOT == 1, p, 1 - p)
    balance = 1.0 if alpha is None else np.where(HOT == 1, alpha, 1 - alpha)
    result: Array = balance * np.where(HOT == 1, yes, 1.0) * (1 - p_t) ** gamma * -np.log(p_t)
    return result


def _focal(gamma: float) -> Array:
    result: Array = (1 - at(P, Y)) ** gamma * LOSSES
    return result


SMOOTH = 0.9 * LOSSES + 0.1 * -LOG_P.mean(axis=1)
MEAN = LOSSES.mean()
OF_LOGITS = {
    "as the binary cross-entropy of each class, summed over the classes": _binary(P).sum(1).mean(),
    "with a sigmoid instead of the softmax, as the binary cross-entropy summed over the classes": (
        _binary(SIGMOID).sum(1).mean()
    ),
    "with a sigmoid instead of the softmax, as the binary cross-entropy of each class, with the "
    "positive terms weighted 3 times": _binary(SIGMOID, yes=3.0).mean(),
    "as a focal loss with γ = 2": _focal(2.0).mean(),
    "as a focal loss with γ = 2 and α = 0.25": 0.25 * _focal(2.0).mean(),
    "as a focal loss with γ = 0.2": _focal(0.2).mean(),
    "as a focal loss with γ = 5": _focal(5.0).mean(),
    "with the focal factor of γ = 2 on the mean": (1 - math.exp(-MEAN)) ** 2 * MEAN,
    "with a sigmoid instead of the softmax, as the binary cross-entropy summed over the classes, "
    "as a focal loss with γ = 2 and α = 0.25": _binary(SIGMOID, 2.0, 0.25).sum(1).mean(),
    "with the labels shifted, each row at the next row's label": nll(Z[:-1], Y[1:]).mean(),
    "with the labels shifted, each row at the label of the row before": nll(Z[1:], Y[:-1]).mean(),
    "with the labels shifted twice, each row at the next row's label but one": (
        nll(Z[:-2], Y[2:]).mean()
    ),
    "exponentiated as 2 to the loss in nats": 2**MEAN,
    "as the mean of exp(loss), the rows' own perplexities": np.exp(LOSSES).mean(),
    "as the mean of the perplexities of batches of 8": np.mean(
        [math.exp(LOSSES[start : start + 8].mean()) for start in range(0, N, 8)]
    ),
    "divided by N + 1": LOSSES.sum() / (N + 1),
    "divided by N − 1": LOSSES.sum() / (N - 1),
    "divided by N + 1, exponentiated, as a perplexity": math.exp(LOSSES.sum() / (N + 1)),
    "divided by N again, so by N²": MEAN / N,
    "divided by 8, as by the steps of an accumulated gradient": MEAN / 8,
    "multiplied by 16, as by the steps of an accumulated gradient": MEAN * 16,
    "with a label smoothing of 0.1": SMOOTH.mean(),
    "with the softmax applied twice, with a label smoothing of 0.1": (
        0.9 * nll(P, Y) + 0.1 * -np.log(softmax(P)).mean(axis=1)
    ).mean(),
    "with a temperature of 0.07": nll(Z / 0.07, Y).mean(),
    "with a temperature of 4, the loss multiplied by T²": 16 * nll(Z / 4, Y).mean(),
    "with the columns in reversed order": nll(Z, C - 1 - Y).mean(),
    "as the Brier score, the squared error summed over the classes": ((P - HOT) ** 2).sum(1).mean(),
    "as the mean squared error": ((P - HOT) ** 2).mean(),
    "as the logarithm of the mean probability": -math.log(at(P, Y).mean()),
    "as the error rate, the share of rows whose largest value is not the label's": (
        (Z.argmax(1) != Y).mean()
    ),
}


@pytest.mark.parametrize("name", OF_LOGITS)
def test_a_formula_of_logits(name: str) -> None:
    assert first(case(Z, Y), float(OF_LOGITS[name]), ".7g") == name


def test_the_means_of_the_classes() -> None:
    labels = np.where(np.arange(N) < 16, 0, Y)
    losses = nll(Z, labels)
    number = np.mean([losses[labels == label].mean() for label in range(C)])
    name = "as the mean of the means of each class, as balanced class weights give it"
    assert first(case(Z, labels), float(number), ".7g") == name


GRID = (5, 6)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        (
            "summed over the positions of each sequence, averaged over the first dimension",
            LOSSES.sum() / 5,
        ),
        (
            "as the mean of the perplexities of each sequence",
            np.exp(LOSSES.reshape(GRID).mean(1)).mean(),
        ),
        (
            "with the labels shifted, each row at the next row's label",
            nll(
                Z.reshape(5, 6, C)[:, :-1].reshape(-1, C), Y.reshape(GRID)[:, 1:].reshape(-1)
            ).mean(),
        ),
        (
            "with the labels in transposed order, positions before samples",
            nll(Z, Y.reshape(GRID).T.reshape(-1)[np.arange(N)]).mean(),
        ),
    ],
)
def test_a_formula_of_sequences(name: str, number: float) -> None:
    assert first(case(Z, Y, grid=GRID), float(number), ".7g") == name


@pytest.mark.parametrize("class_axis", [1, -1])
def test_a_reshape_in_place_of_a_permute(class_axis: int) -> None:
    rows = Z.reshape(5, 6, C)
    if class_axis == 1:
        mixed = np.moveaxis(rows, -1, 1).reshape(-1, C)
    else:
        mixed = np.moveaxis(rows.reshape(5, C, 6), 1, -1).reshape(-1, C)
    of = case(Z, Y, grid=GRID)._replace(class_axis=class_axis)
    name = "reshaped without a permute, so that the axes mix"
    assert first(of, float(nll(mixed, Y).mean()), ".7g") == name


def test_both_directions_of_a_square() -> None:
    square = made(samples=6, classes=6, seed=3).logits
    diagonal = np.arange(6)
    number = (nll(square, diagonal).mean() + nll(square.T.copy(), diagonal).mean()) / 2
    name = "as the symmetric mean of both directions, rows and columns"
    assert first(case(square, diagonal), float(number), ".7g") == name


def test_columns_sorted_by_their_names() -> None:
    of = case(P, Y, kind="probs")._replace(names=("dog", "cat", "eel", "ant"))
    # ant, cat, dog, eel: class 0, dog, is read at the third column.
    places = np.array([2, 1, 3, 0])
    name = "with the columns in the sorted order of the class names"
    assert first(of, float(-LOG_P[np.arange(N), places[Y]].mean()), ".7g") == name


def test_two_columns_that_are_swapped() -> None:
    labels = Y % 2
    name = "with the two columns swapped, the classes in reversed order"
    assert first(case(Z[:, :2], labels), float(nll(Z[:, :2], 1 - labels).mean()), ".7g") == name


def test_the_smoothing_of_ignored_rows() -> None:
    labels = np.where(np.arange(N) % 3 == 0, -100, Y)
    kept = labels != -100
    number = (0.8 * LOSSES[kept].sum() + 0.2 * -LOG_P.mean(1).sum()) / kept.sum()
    name = "with the ignored rows' share of the smoothing counted"
    assert first(case(Z, labels, label_smoothing=0.2), float(number), ".7g") == name


def test_negative_weights() -> None:
    weight = np.array([1.0, -0.5, 2.0, 0.25])
    number = (weight[Y] * LOSSES).mean()
    name = "as the plain mean of the weighted losses"
    assert first(case(Z, Y, weight=weight), float(number), ".7g") == name


SURE = made(scale=12.0)


@pytest.mark.parametrize(
    ("name", "clip"),
    [
        ("with probabilities clipped at 0.05", lambda p: np.clip(p, 0.05, 0.95)),
        ("with probabilities clipped at 1e-3", lambda p: np.clip(p, 1e-3, 1 - 1e-3)),
        ("with probabilities clipped at 1e-10", lambda p: np.clip(p, 1e-10, 1 - 1e-10)),
        (
            "with probabilities clipped at 1 − (1 − 1e-15)",
            lambda p: 1 - np.clip(1 - p, 1e-15, 1 - 1e-15),
        ),
        (
            "with probabilities clipped at 1e-7 and 1e-7 added",
            lambda p: np.clip(p, 1e-7, 1 - 1e-7) + 1e-7,
        ),
        ("with 1e-5 added to the probabilities", lambda p: p + 1e-5),
    ],
)
def test_a_clip(name: str, clip: Any) -> None:
    logits = SURE.logits * 4
    number = -np.log(at(clip(softmax(logits)), SURE.labels)).mean()
    assert first(case(logits, SURE.labels), float(number), ".8g") == name


POSITIVE = np.abs(Z) + 0.01


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("divided by their sums", POSITIVE / POSITIVE.sum(1, keepdims=True)),
        (
            "divided by their sums, with probabilities clipped at 1e-7",
            np.clip(Z / Z.sum(1, keepdims=True), 1e-7, 1 - 1e-7),
        ),
        (
            "clipped at 1e-7 and then divided by their sums",
            np.clip(Z, 1e-7, 1 - 1e-7) / np.clip(Z, 1e-7, 1 - 1e-7).sum(1, keepdims=True),
        ),
    ],
)
def test_rows_divided_by_their_sums(name: str, values: Array) -> None:
    given = POSITIVE if name == "divided by their sums" else Z
    assert first(case(given, Y), float(-np.log(at(values, Y)).mean()), ".7g") == name


def _question(z: Array, yes: Any) -> Case:
    answers = np.asarray(yes)
    return case(as_questions(z, "logits"), answers)._replace(question="bce")


YES = (Y > 1).astype(int)
COLUMN = Z[:, 0]


def _yes_no(p: Array) -> Array:
    result: Array = -np.where(YES == 1, np.log(p), np.log(1 - p))
    return result


def _sigmoid(values: Array) -> Array:
    result: Array = 1 / (1 + np.exp(-values))
    return result


QUESTIONS = {
    "the binary cross-entropy, as bce computes it": _yes_no(_sigmoid(COLUMN)).mean(),
    "with the sigmoid applied twice": _yes_no(_sigmoid(_sigmoid(COLUMN))).mean(),
    "summed over the samples": _yes_no(_sigmoid(COLUMN)).sum(),
    "with only the term of positive class 1, y·log p": (-(YES * np.log(_sigmoid(COLUMN))).mean()),
    "with yes and no swapped, the classes in reversed order": (
        _yes_no(1 - _sigmoid(COLUMN)).mean()
    ),
    "with the positive terms weighted 5 times": (
        np.where(YES == 1, 5, 1) * _yes_no(_sigmoid(COLUMN))
    ).mean(),
    "as the mean squared error, the Brier score": ((_sigmoid(COLUMN) - YES) ** 2).mean(),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_a_formula_of_a_question(name: str) -> None:
    assert first(_question(COLUMN, YES), float(QUESTIONS[name]), ".7g") == name


SOFT = softmax(Z[::-1] / 2)
ENTROPY = -(SOFT * np.log(SOFT)).sum(1)
CROSS = -(SOFT * LOG_P).sum(1)


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("the KL divergence, as kl computes it", (CROSS - ENTROPY).mean()),
        ("divided by samples times classes", (CROSS - ENTROPY).mean() / C),
        ("with the target's entropy left in, as a cross-entropy", CROSS.mean()),
        ("as the divergence the other way round", (P * (LOG_P - np.log(SOFT))).sum(1).mean()),
    ],
)
def test_a_formula_of_a_divergence(name: str, number: float) -> None:
    assert first(case(Z, soft=SOFT)._replace(question="kl"), float(number), ".7g") == name
