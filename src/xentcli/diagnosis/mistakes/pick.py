"""What is picked from the log-probabilities: that of the label, of every class, the largest …"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from xentcli.core import elementary
from xentcli.core.entropy import entropy_of
from xentcli.core.layout import Array
from xentcli.core.softmax import sum_over_classes
from xentcli.core.target import Labels, one_hot
from xentcli.diagnosis.case import Case, classes_of
from xentcli.diagnosis.mistakes.focal import NONE as NO_FOCAL
from xentcli.diagnosis.mistakes.part import (
    HARDLY,
    OFTEN,
    SELDOM,
    SEVERAL_CLASSES,
    SOMETIMES,
    Fix,
    Part,
)
from xentcli.diagnosis.mistakes.terms import Terms, WeightedTarget, expected
from xentcli.model import NamedTuple


class PickedTarget(NamedTuple):
    """The target that a pick gives to each row, before smoothing.

    ``classes`` is the class whose weight counts in each row; None for soft targets. ``chosen`` is
    the class at which the target is 1, where it is 1 at one class of each row that counts. ``kept``
    is which rows count, where that is not the case's own.
    """

    target: Array
    classes: Labels | None
    chosen: Labels | None = None
    kept: NDArray[np.bool_] | None = None


class Pick(NamedTuple):
    """A part, its targets of the rows (None where it has none), and the loss of each row.

    ``clips_target``: a clip of the formula applies to the target as well.
    """

    part: Part
    pick_from: Callable[[Case], PickedTarget | None]
    losses: Callable[[WeightedTarget, Terms], Array]
    clips_target: bool = False


def pick_target(case: Case) -> PickedTarget:
    """Pick by the target that was given."""
    if case.labels is None:
        return PickedTarget(case.target, None)
    known = classes_of(case)
    return PickedTarget(case.target, known, known)


def pick_class(index: Labels, case: Case, kept: NDArray[np.bool_] | None = None) -> PickedTarget:
    """Pick one class a row."""
    return PickedTarget(one_hot(index, case.classes, 1), index, index, kept)


def _pick_largest_target(case: Case) -> PickedTarget:
    assert case.soft is not None
    return pick_class(np.argmax(case.soft, axis=1), case)


def _pick_every_label(case: Case) -> PickedTarget | None:
    """Pick the label of every row in each row: the target is the frequencies of the labels."""
    if not case.kept.any():
        return None
    shares = case.target[case.kept].mean(axis=0, keepdims=True)
    return PickedTarget(shares, None if case.labels is None else classes_of(case))


def _pick_every_class(case: Case) -> PickedTarget:
    return PickedTarget(np.ones((1, case.classes)), pick_target(case).classes)


def _focal_losses_at_label(weighted: WeightedTarget, found: Terms) -> Array:
    """The mean of (1 − q·p)^γ·(−log p) over all classes."""
    plain = Terms(found.read, found.clip, found.logarithm, NO_FOCAL)
    miss = 1.0 - weighted.target * found.probs
    each = found.focal.of_miss(plain.minus_log, miss)
    losses: Array = sum_over_classes(each, 1) / each.shape[1]
    return losses


def _swapped_losses(weighted: WeightedTarget, found: Terms) -> Array:
    """−Σ p·log q."""
    target = weighted.target
    kept = target if found.clip.of is None else found.clip.of(target)
    products = np.where(found.probs == 0, 0.0, found.probs * -elementary.log(kept))
    return sum_over_classes(products, 1)


INDEX = Pick(
    Part(
        "index",
        "at the label alone",
        "−{}[y]",
        "the label's term alone is taken",
        OFTEN,
        fix=Fix("F.kl_div(log_p, t)", "t * (np.log(t) - log_p)", "KLDivergence", "log_loss"),
        apart="give another number of classes",
    ),
    pick_target,
    expected,
)
SOFT = Pick(
    Part(
        "soft",
        "with the target's entropy left in, as a cross-entropy",
        "−Σ_c t[c]·{}[c]",
        "the cross-entropy −Σ t·log p: KL(t‖p) plus the entropy of the target",
        OFTEN,
        fix=Fix(
            "F.kl_div(log_p, t, reduction='batchmean'), not F.cross_entropy(z, t)",
            "(t * (np.log(t) - log_p)).sum(axis=1)",
            "KLDivergence, not CategoricalCrossentropy",
            "log_loss has no soft targets: scipy.stats.entropy(t, p, axis=1)",
        ),
        apart="give targets with another entropy",
    ),
    pick_target,
    expected,
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
    pick_target,
    lambda weighted, found: found.minus_log.shape[1] * expected(weighted, found),
)
EVERY_ELEMENT = Pick(
    Part(
        "every-element",
        "averaged over every class, the label's or not",
        "mean_c −{}[c]",
        "the mean runs over all samples times classes: no label or one-hot factor takes part",
        SELDOM,
        by_hand=True,
        fix=Fix(
            "F.cross_entropy(z, y), or log_p.gather(1, y[:, None])",
            "multiply by np.eye(C)[y] and sum over the classes before the mean",
            "multiply by the one-hot target and sum over the classes before the mean",
            "log_loss(y, p) picks the label itself",
        ),
        apart="give samples with larger losses",
    ),
    _pick_every_class,
    lambda weighted, found: expected(weighted, found) / found.minus_log.shape[1],
)
FOCAL_AT_LABEL = Pick(
    EVERY_ELEMENT.part._replace(
        key="focal-at-label",
        phrase="averaged over every class, with the focal factor at the label alone",
        formula="mean_c {}[c], p = q·p in the factor",
        explanation="p is multiplied by the one-hot target before the factor (1 − p)^γ, which so "
        "is 1 at every other class, and the mean runs over all of them",
        needs=frozenset({"focals"}),
    ),
    pick_target,
    _focal_losses_at_label,
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
    _pick_every_class,
    expected,
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
    lambda case: pick_class(np.argmax(case.values, axis=1), case),
    expected,
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
    pick_target,
    # With every product, so that 0·∞ is nan.
    lambda weighted, found: sum_over_classes(weighted.products * found.minus_log, 1),
)
EVERY_LABEL = Pick(
    Part(
        "every-label",
        "at log_p[:, y], so that N × N numbers were averaged",
        "mean_j −{}[y_j]",
        "log_p[:, y] has a column for every row's label: each row is taken at all of them",
        HARDLY,
        by_hand=True,
        fix=Fix(
            "log_p[torch.arange(len(y)), y], not log_p[:, y]",
            "log_p[np.arange(len(y)), y], not log_p[:, y]",
            "keras.ops.take_along_axis(log_p, y[:, None], axis=1), not take(log_p, y, axis=1)",
            "log_loss(y, p) picks the label itself",
        ),
        apart=SEVERAL_CLASSES,
    ),
    _pick_every_label,
    expected,
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
    pick_target,
    _swapped_losses,
    clips_target=True,
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
    pick_target,
    lambda weighted, found: expected(weighted, found) - weighted.entropy,
)
REVERSE_DIVERGENCE = Pick(
    Part(
        "reverse-divergence",
        "as the divergence the other way round",
        "Σ_c p[c]·log(p[c] / q[c])",
        "KL(p‖q): the prediction's divergence from the target, where KL(q‖p) is meant",
        SELDOM,
        fix=Fix(
            "F.kl_div(log_p, t): the log-probabilities come first, the target second",
            "(t * (np.log(t) - log_p)).sum(axis=1)",
            "KLDivergence()(t, p): the target comes first",
            "scipy.stats.entropy(t, p, axis=1): the target comes first",
        ),
        apart="give targets that differ more from the probabilities",
    ),
    pick_target,
    lambda weighted, found: _swapped_losses(weighted, found) - entropy_of(found.probs, 1),
    clips_target=True,
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
    _pick_largest_target,
    expected,
)


def choices(case: Case) -> tuple[Pick, ...]:
    """Return every pick, the one asked for first."""
    both = (
        ONCE_PER_CLASS,
        EVERY_ELEMENT,
        FOCAL_AT_LABEL,
        EVERY_CLASS,
        LARGEST,
        LITERAL,
        EVERY_LABEL,
        SWAPPED,
    )
    if case.question == "bce":
        return (INDEX if case.labels is not None else SOFT, LARGEST, LITERAL)
    if case.question == "kl":
        plain = SOFT if case.labels is None else INDEX
        return (DIVERGENCE, plain, REVERSE_DIVERGENCE, *both)
    if case.labels is None:
        return (SOFT, LARGEST_TARGET, DIVERGENCE, REVERSE_DIVERGENCE, *both)
    return (INDEX, *both, DIVERGENCE) if case.settings.label_smoothing else (INDEX, *both)
