"""The lines to write are run, and give what is asked for; those of a library that is not installed
are left out."""

from __future__ import annotations

import importlib
import importlib.util
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tests.diagnosis.made import case, made, softmax
from xentcli.diagnosis.case import Case, as_questions
from xentcli.diagnosis.mistakes.part import Part
from xentcli.diagnosis.search.choices import kits
from xentcli.diagnosis.search.search import Depth, Search
from xentcli.diagnosis.words.advice import CALLS, NO_CALL, advice

GIVEN = made(samples=12, classes=3)
Z, Y, W = GIVEN.logits, GIVEN.labels, GIVEN.weight
P = softmax(Z)
SOFT = softmax(Z[::-1] / 2)
S = np.linspace(0.5, 2.0, len(Z))
IGNORING = np.where(np.arange(len(Y)) % 4 == 0, -100, Y)
IMAGES = Z.reshape(2, 6, 3)


def _questions(columns: Any, target: Any, kind: Any = "logits", **options: Any) -> Case:
    columns, target = np.atleast_2d(columns), np.atleast_2d(target)
    yes = target.reshape(-1)
    labels = yes.astype(int) if set(yes.tolist()) <= {0.0, 1.0} else None
    grid = columns.shape if columns.shape[1] > 1 else columns.shape[:1]
    weight = options.pop("sample_weight", None)
    if weight is not None:
        weight = np.repeat(weight, columns.shape[1])
    of = case(
        as_questions(columns, kind),
        labels,
        soft=None if labels is not None else np.stack([1 - yes, yes], axis=1),
        kind=kind,
        grid=grid,
        sample_weight=weight,
        **options,
    )
    return of._replace(question="bce")


COLUMN, ANSWERS = Z[:, :1], (Y[:, np.newaxis] == 1).astype(float)
SIGMOID = 1 / (1 + np.exp(-Z))
# Each case with the arrays as the user has them: the values, the target, the samples' weights.
CASES: dict[str, tuple[Case, Any, Any, Any]] = {
    "labels": (case(Z, Y), Z, Y, None),
    "sum in bits": (case(Z, Y, reduction="sum", base="2"), Z, Y, None),
    "class weights": (case(Z, Y, weight=W), Z, Y, None),
    "sample weights": (case(Z, Y, weight=W, sample_weight=S), Z, Y, S),
    "ignored": (case(Z, IGNORING), Z, IGNORING, None),
    "ignored, weighted": (case(Z, IGNORING, weight=W), Z, IGNORING, None),
    "ignored, sample weights": (case(Z, IGNORING, weight=W, sample_weight=S), Z, IGNORING, S),
    "smoothing": (case(Z, Y, label_smoothing=0.2), Z, Y, None),
    "smoothing, weighted": (case(Z, Y, label_smoothing=0.2, weight=W), Z, Y, None),
    "temperature": (case(Z, Y, temperature=2.5), Z, Y, None),
    "soft": (case(Z, soft=SOFT), Z, SOFT, None),
    "soft, weighted": (case(Z, soft=SOFT, weight=W), Z, SOFT, None),
    "probabilities": (case(P, Y, kind="probs"), P, Y, None),
    "log-probabilities": (case(np.log(P), Y, kind="log_probs"), np.log(P), Y, None),
    "images": (
        case(Z, Y, grid=(2, 6)),
        np.moveaxis(IMAGES, -1, 1).copy(),
        Y.reshape(2, 6),
        None,
    ),
    "classes last": (
        case(Z, Y, grid=(2, 6))._replace(class_axis=-1),
        IMAGES,
        Y.reshape(2, 6),
        None,
    ),
    "question": (_questions(COLUMN, ANSWERS), COLUMN, ANSWERS[:, 0].astype(int), None),
    "question, probabilities": (
        _questions(SIGMOID[:, :1], ANSWERS, "probs", reduction="sum"),
        SIGMOID[:, :1],
        ANSWERS[:, 0].astype(int),
        None,
    ),
    "question, weighted": (
        _questions(COLUMN, ANSWERS, sample_weight=S),
        COLUMN,
        ANSWERS[:, 0].astype(int),
        S,
    ),
    "questions": (_questions(Z, SOFT), Z, SOFT, None),
    "questions, weighted": (_questions(Z, SOFT, sample_weight=S), Z, SOFT, S),
    "questions, summed": (_questions(Z, SOFT, reduction="sum"), Z, SOFT, None),
    "divergence": (case(Z, soft=SOFT)._replace(question="kl"), Z, SOFT, None),
    "divergence, summed": (
        case(Z, soft=SOFT, reduction="sum")._replace(question="kl"),
        Z,
        SOFT,
        None,
    ),
}
NAMES = {"logits": "z", "probs": "p", "log_probs": "log_p"}


def _asked(of: Case) -> float:
    (kit,) = kits([of])
    (value,) = Search(of, kit).values(Depth(0)).values()
    return value


def _scope(of: Case, values: Any, target: Any, weight: Any) -> dict[str, Any]:
    target_name = "y" if target.dtype.kind == "i" else "t"
    return {NAMES[of.kind]: values, target_name: target, "s": weight, "np": np}


def _run(lines: str, scope: dict[str, Any]) -> float:
    *before, answer = lines.split("; ")
    for line in before:
        exec(line, scope)
    return float(eval(answer, scope))


def _numpy(of: Case, *arrays: Any) -> dict[str, Any]:
    import scipy.special
    import scipy.stats

    return _scope(of, *arrays) | {"scipy": scipy}


def _pytorch(of: Case, *arrays: Any) -> dict[str, Any]:
    import math

    import torch
    import torch.nn.functional

    scope = {
        name: torch.from_numpy(np.array(value)) if isinstance(value, np.ndarray) else value
        for name, value in _scope(of, *arrays).items()
    }
    return scope | {"torch": torch, "F": torch.nn.functional, "math": math}


def _keras(of: Case, *arrays: Any) -> dict[str, Any]:
    import math

    os.environ.setdefault("KERAS_BACKEND", "torch")
    keras = importlib.import_module("keras")
    keras.config.set_floatx("float64")
    return _scope(of, *arrays) | {"keras": keras, "math": math}


def _sklearn(of: Case, *arrays: Any) -> dict[str, Any]:
    from sklearn.metrics import log_loss

    return _numpy(of, *arrays) | {"log_loss": log_loss}


LIBRARIES: dict[str, tuple[str, Callable[..., dict[str, Any]]]] = {
    "PyTorch": ("torch", _pytorch),
    "NumPy": ("scipy", _numpy),
    "SciPy": ("scipy", _numpy),
    "Keras": ("keras", _keras),
    "scikit-learn": ("sklearn", _sklearn),
}


# What says in words that a library has no such call.
PROSE = ("log_loss takes", "Keras has no", NO_CALL)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("library", LIBRARIES)
@pytest.mark.filterwarnings("ignore")
def test_what_to_write_gives_what_is_asked_for(name: str, library: str) -> None:
    of, *arrays = CASES[name]
    calls = dict(CALLS[of.question])
    if library not in calls or calls[library](of).startswith(PROSE):
        return
    module, scope_of = LIBRARIES[library]
    if importlib.util.find_spec(module) is None:
        pytest.skip(f"{module} is not installed: its line is not run")
    # Keras computes in float32 here and there, and clips at 1e-7.
    rel = 2e-6 if library == "Keras" else 1e-12
    assert _run(calls[library](of), scope_of(of, *arrays)) == pytest.approx(_asked(of), rel=rel)


def test_numpy_lines_run_without_another_library() -> None:
    """The functions of SciPy that they name are stood in for."""

    class Special:
        @staticmethod
        def log_softmax(values: Any, axis: int) -> Any:
            return np.log(softmax(values, axis))

    class Scipy:
        special = Special

    for name in ("labels", "ignored, weighted", "smoothing, weighted", "soft, weighted", "images"):
        of, *arrays = CASES[name]
        scope = _scope(of, *arrays) | {"scipy": Scipy}
        lines = dict(CALLS["ce"])["NumPy"](of)
        assert _run(lines, scope) == pytest.approx(_asked(of), rel=1e-12), name


def test_a_loss_beyond_scikit_learn_s_clip_says_so() -> None:
    sure = case([[50.0, 0.0], [0.0, 1.0]], [1, 1])
    lines = {one.library: one.changes for one in advice([Part("x")], sure)}
    assert any("36.04" in change for change in lines["scikit-learn"])
    plain = {one.library: one.changes for one in advice([Part("x")], case(Z, Y))}
    assert not plain["scikit-learn"]


def test_rows_that_are_probabilities_are_told_first() -> None:
    lines = {one.library: one.changes for one in advice([Part("x")], case(P, Y))}
    assert lines["PyTorch"][0] == "if the rows are probabilities: F.nll_loss(torch.log(z), y)"


@pytest.mark.parametrize(
    ("name", "key", "foreign"),
    [
        ("question", "no-log", "nll_loss"),
        ("question", "no-minus", "nll_loss"),
        ("question", "mean-squared", "F.cross_entropy"),
        ("question", "focal-2", "Categorical"),
        ("question", "temperature-2", "softmax"),
        ("question", "clip-1e-7", "softmax"),
        ("question, probabilities", "clip-1e-7", "nll_loss"),
        ("question", "textbook", "softmax"),
        ("question", "arg-max", "argmax"),
        ("question", "float32", "softmax"),
        ("divergence", "softmax-twice", "CrossEntropyLoss"),
        ("divergence", "no-minus", "log_loss"),
    ],
)
def test_a_cure_names_the_functions_of_its_loss(name: str, key: str, foreign: str) -> None:
    of = CASES[name][0]
    (part,) = {
        one.part.key: one.part for kind in kits([of])[0] for one in kind if one.part.key == key
    }.values()
    changes = [change for one in advice([part], of) for change in one.changes]
    assert changes
    assert not [change for change in changes if foreign in change]
