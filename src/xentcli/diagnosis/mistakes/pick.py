"""What is picked from the log-probabilities: the label's, a neighbour's, every class's …"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from xentcli.core import elementary
from xentcli.core.entropy import entropy_of
from xentcli.core.layout import Array
from xentcli.core.softmax import sum_over_classes
from xentcli.core.target import Labels, one_hot
from xentcli.diagnosis.case import Case, classes_of
from xentcli.diagnosis.mistakes.part import HARDLY, SELDOM, SOMETIMES, Fix, Part
from xentcli.diagnosis.mistakes.terms import Terms, expected


class Picked(NamedTuple):
    """The target of each row before smoothing, and the class whose weight counts for it; a soft
    target has no such class."""

    target: Array
    classes: Labels | None


class Pick(NamedTuple):
    """A part, what it measures the rows against (None where it cannot), and each row's loss from
    w·q, q and the terms."""

    part: Part
    picked: Callable[[Case], Picked | None]
    losses: Callable[[Array, Array, Terms], Array]


def _at_label(case: Case) -> Picked:
    return Picked(case.target, None if case.labels is None else classes_of(case))


def _at(index: Labels, case: Case) -> Picked:
    return Picked(one_hot(index, case.classes, 1), index)


def _at_class_before(case: Case) -> Picked:
    """Label 0 becomes the last class, as index −1 does."""
    return _at((classes_of(case) - 1) % case.classes, case)


def _at_class_after(case: Case) -> Picked | None:
    index = classes_of(case) + 1
    if (index[case.kept] >= case.classes).any():
        return None
    return _at(np.minimum(index, case.classes - 1), case)


def _at_largest(case: Case) -> Picked:
    return _at(np.argmax(case.values, axis=1), case)


def _at_largest_target(case: Case) -> Picked:
    assert case.soft is not None
    return _at(np.argmax(case.soft, axis=1), case)


def _at_every_label(case: Case) -> Picked | None:
    """Each row against every row's label: the labels' frequencies, the same for all rows."""
    if not case.kept.any():
        return None
    shares = case.target[case.kept].mean(axis=0, keepdims=True)
    return Picked(shares, None if case.labels is None else classes_of(case))


def _at_every_class(case: Case) -> Picked:
    return Picked(np.ones((1, case.classes)), _at_label(case).classes)


def _sum(weighted: Array, target: Array, found: Terms) -> Array:
    return expected(weighted, found)


def _literal_sum(weighted: Array, target: Array, found: Terms) -> Array:
    """Every product, so that 0·∞ is nan."""
    return sum_over_classes(weighted * found.minus_log, 1)


def _once_per_class(weighted: Array, target: Array, found: Terms) -> Array:
    losses: Array = found.minus_log.shape[1] * expected(weighted, found)
    return losses


def _binary(weighted: Array, target: Array, found: Terms) -> Array:
    """The mean over the classes of −q·log p − (1−q)·log(1−p)."""
    others = 1.0 - found.probs
    if found.clip.of is not None:
        others = found.clip.of(others)
    rest = (1.0 - target) * -elementary.log(others)
    classes = found.minus_log.shape[1]
    no = sum_over_classes(np.where(target == 1.0, 0.0, rest), 1)
    losses: Array = (expected(weighted, found) + no) / classes
    return losses


def _swapped(weighted: Array, target: Array, found: Terms) -> Array:
    """−Σ p·log q."""
    kept = target if found.clip.of is None else found.clip.of(target)
    products = np.where(found.probs == 0, 0.0, found.probs * -elementary.log(kept))
    return sum_over_classes(products, 1)


def _divergence(weighted: Array, target: Array, found: Terms) -> Array:
    return expected(weighted, found) - entropy_of(target, 1)


INDEX = Pick(Part("index", formula="−{}[y]"), _at_label, _sum)
SOFT = Pick(Part("soft", formula="−Σ_c t[c]·{}[c]"), _at_label, _sum)
BEFORE = Pick(
    Part(
        "label-minus-1",
        "at the class before the label",
        "−{}[y − 1]",
        "1 is taken from labels that count from 0 already; label 0 wraps to the last class",
        SOMETIMES,
        fix=Fix(
            "targets are 0 … C−1: no - 1",
            "log_p[np.arange(len(y)), y], not y - 1",
            "SparseCategoricalCrossentropy takes 0 … C−1: no - 1",
            "give log_loss y and labels=np.arange(C), not y - 1",
        ),
        apart="give samples of several classes",
    ),
    _at_class_before,
    _sum,
)
AFTER = Pick(
    Part(
        "label-plus-1",
        "at the class after the label",
        "−{}[y + 1]",
        "labels that count from 0 are taken as if they counted from 1",
        SELDOM,
        fix=Fix(
            "targets are 0 … C−1: no + 1",
            "log_p[np.arange(len(y)), y], not y + 1",
            "SparseCategoricalCrossentropy takes 0 … C−1: no + 1",
            "give log_loss y and labels=np.arange(C), not y + 1",
        ),
        apart="give samples of several classes",
    ),
    _at_class_after,
    _sum,
)
ONCE_PER_CLASS = Pick(
    Part(
        "once-per-class",
        "added once per class",
        "−C·{}[y]",
        "the label's term is added C times, as in a loop over the classes that picks y each time",
        SELDOM,
        by_hand=True,
        fix=Fix(
            "F.cross_entropy adds one term a sample: no loop over the classes",
            "pick once a row, log_p[np.arange(len(y)), y]; a sum over classes needs the one-hot "
            "factor",
            "sum over axis=-1 only what is multiplied by the one-hot target",
            "log_loss(y, p) needs no loop over the classes",
        ),
        apart="give another number of samples than there are classes",
    ),
    _at_label,
    _once_per_class,
)
EVERY_CLASS = Pick(
    Part(
        "every-class",
        "added over every class",
        "−Σ_c {}[c]",
        "the terms of all classes are added, not the label's alone: the one-hot factor is missing",
        SELDOM,
        by_hand=True,
        fix=Fix(
            "F.cross_entropy(z, y), or log_p.gather(1, y[:, None])",
            "multiply by np.eye(C)[y] before the sum over the classes",
            "multiply by the one-hot target before the sum over the classes",
            "log_loss(y, p) picks the label itself",
        ),
        apart="give samples with larger losses",
    ),
    _at_every_class,
    _sum,
)
LARGEST = Pick(
    Part(
        "arg-max",
        "at the largest value instead of the label",
        "−{}[argmax z]",
        "the prediction is measured against itself: the arg-max stands where the label should",
        SELDOM,
        fix=Fix(
            "the second argument is y, not z.argmax(1)",
            "log_p[np.arange(len(y)), y], not log_p.max(axis=1)",
            "the first argument is y_true, not the arg-max of y_pred",
            "the first argument is y, not the predictions",
        ),
        apart="give a sample that is classified wrongly",
    ),
    _at_largest,
    _sum,
)
LITERAL = Pick(
    Part(
        "one-hot-product",
        "with a one-hot product in which 0·∞ is nan",
        "−Σ_c 1[c = y]·{}[c]",
        "the one-hot target is multiplied with every log-probability, and one of them is −∞",
        SOMETIMES,
        by_hand=True,
        fix=Fix(
            "F.cross_entropy(z, y) with indices, not a product with F.one_hot(y)",
            "log_p[np.arange(len(y)), y], or scipy.special.xlogy(q, p)",
            "SparseCategoricalCrossentropy, or keras.ops.where around the product",
            "log_loss clips: it cannot give nan here",
        ),
        apart="give the number of another run",
    ),
    _at_label,
    _literal_sum,
)
EVERY_LABEL = Pick(
    Part(
        "every-label",
        "with each row at every row's label",
        "mean_j −{}[y_j]",
        "log_p[:, y] has a column for every label: N × N numbers instead of N",
        SELDOM,
        by_hand=True,
        fix=Fix(
            "log_p[torch.arange(len(y)), y], not log_p[:, y]",
            "log_p[np.arange(len(y)), y], not log_p[:, y]",
            "keras.ops.take_along_axis(log_p, y[:, None], axis=1), not take(log_p, y, axis=1)",
            "log_loss(y, p) picks the label itself",
        ),
        apart="give samples of several classes",
    ),
    _at_every_label,
    _sum,
)
BINARY = Pick(
    Part(
        "binary",
        "as the binary cross-entropy of each class",
        "mean_c −(q[c]·{0}[c] + (1 − q[c])·log(1 − p[c]))",
        "each class is a yes-or-no question, and the mean runs over the classes too",
        SOMETIMES,
        fix=Fix(
            "F.cross_entropy, not BCELoss or BCEWithLogitsLoss, for classes that exclude each "
            "other",
            "leave out the terms (1 - q) * np.log(1 - p)",
            "CategoricalCrossentropy, not BinaryCrossentropy, with one-hot targets",
            "log_loss(y, p) with y as indices, not one column at a time",
        ),
        apart="give another number of classes",
    ),
    _at_label,
    _binary,
)
SWAPPED = Pick(
    Part(
        "swapped",
        "with target and prediction swapped",
        "−Σ_c p[c]·log q[c]",
        "−Σ p·log q: infinite where a target is 0, unless it is clipped",
        HARDLY,
        fix=Fix(
            "F.cross_entropy(input, target): the prediction comes first",
            "-(q * np.log(p)).sum(axis=1): the target is the factor",
            "loss(y_true, y_pred): the target comes first",
            "log_loss(y_true, y_pred): the target comes first",
        ),
        apart="give samples with other losses",
    ),
    _at_label,
    _swapped,
)
DIVERGENCE = Pick(
    Part(
        "divergence",
        "less the target's entropy",
        "−Σ_c q[c]·{}[c] − H(q)",
        "the divergence KL(q‖p) = cross-entropy − H(q), as KLDivLoss gives it",
        SOMETIMES,
        fix=Fix(
            "F.cross_entropy(z, t), not F.kl_div",
            "-(q * log_p).sum(axis=1), without q * np.log(q)",
            "CategoricalCrossentropy, not KLDivergence",
            "log_loss has no soft targets",
        ),
        apart="give targets that are not one-hot",
    ),
    _at_label,
    _divergence,
)
LARGEST_TARGET = Pick(
    Part(
        "hard-target",
        "at the largest class of the soft target",
        "−{}[argmax t]",
        "the soft target becomes a label: its largest class",
        SOMETIMES,
        fix=Fix(
            "F.cross_entropy takes t as it is, not t.argmax(1)",
            "-(t * log_p).sum(axis=1), not log_p[np.arange(len(t)), t.argmax(axis=1)]",
            "CategoricalCrossentropy with t, not SparseCategoricalCrossentropy with its arg-max",
            "log_loss has no soft targets",
        ),
        apart="give targets that are not one-hot",
    ),
    _at_largest_target,
    _sum,
)


def choices(case: Case) -> tuple[Pick, ...]:
    """Every pick, that of ``ce`` first."""
    both = (ONCE_PER_CLASS, EVERY_CLASS, LARGEST, LITERAL, EVERY_LABEL, BINARY, SWAPPED)
    if case.labels is None:
        return (SOFT, LARGEST_TARGET, DIVERGENCE, *both)
    more = (DIVERGENCE,) if case.settings.label_smoothing else ()
    return (INDEX, BEFORE, AFTER, *both, *more)
