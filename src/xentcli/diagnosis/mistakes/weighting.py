"""How classes and samples are weighted, and the share of each row in the denominator."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xentcli.core.layout import Array
from xentcli.core.softmax import sum_over_classes
from xentcli.core.target import Labels
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.binary import BINARY_KEYS
from xentcli.diagnosis.mistakes.part import GUESS, HARDLY, OFTEN, SOMETIMES, Fix, Part
from xentcli.model import NamedTuple


class Weights(NamedTuple):
    """The factors of q, ``(1, C)`` or ``(N, C)``; the factor of each row's loss; its share."""

    classes: Array
    rows: Array
    share: Array


class Weighting(NamedTuple):
    """A part, and its function from a case, and the class whose weight counts, to the weights.

    ``inner`` is the formula of a weighted row, ``over`` that of the denominator.
    """

    part: Part
    weights: Callable[[Case, Labels | None], Weights]
    inner: str = "{}"
    over: str = "N"


def _class_weight(case: Case) -> Array:
    weight = case.settings.weight
    return np.ones(case.classes) if weight is None else weight


def _sample_weight(case: Case) -> Array:
    return np.ones(case.samples) if case.sample_weight is None else case.sample_weight


def _pytorch_weights(case: Case, index: Labels | None, weight: Array, samples: Array) -> Weights:
    """Return PyTorch's weights: the share of a row is its label's weight; with soft targets 1."""
    share = np.ones(case.samples) if index is None else weight[index]
    return Weights(weight[np.newaxis], samples, share * samples)


def _as_asked(case: Case, index: Labels | None) -> Weights:
    return _pytorch_weights(case, index, _class_weight(case), _sample_weight(case))


def _squared(case: Case, index: Labels | None) -> Weights:
    classes, samples = _class_weight(case), _sample_weight(case)
    return _pytorch_weights(case, index, classes * classes, samples * samples)


def _of_label(case: Case, index: Labels | None) -> Weights:
    """Weight the whole smoothed loss by w_y, where PyTorch has w_c in each of its terms."""
    assert index is not None
    asked = _as_asked(case, index)
    at_label = _class_weight(case)[index]
    return asked._replace(classes=np.ones((1, case.classes)), rows=asked.rows * at_label)


def _over_weights(case: Case, index: Labels | None) -> Weights:
    """Give soft targets the share Σ w_c·t_c, as labels have it."""
    share = sum_over_classes(case.target * _class_weight(case), 1) * _sample_weight(case)
    return _as_asked(case, index)._replace(share=share)


_SAME = "give samples whose weights differ, two at least, and losses that differ"

AS_ASKED = Weighting(Part("weighted"), _as_asked, "w·{}", "Σw")
UNWEIGHTED = Weighting(Part("weighted"), _as_asked)
FORGOTTEN = Weighting(
    Part(
        "no-weights",
        "with the weights left out",
        "{}",
        "every sample counts the same",
        OFTEN,
        fix=Fix(
            "weight= in the call that gave this number",
            "np.average(losses, weights=w[y]), not losses.mean()",
            "class_weight= in fit, or sample_weight=w[y] in the call",
            "sample_weight=w[y]",
        ),
        apart=_SAME,
    ),
    lambda case, index: _pytorch_weights(case, index, np.ones(case.classes), np.ones(case.samples)),
)
NO_CLASS_WEIGHTS = Weighting(
    FORGOTTEN.part._replace(
        key="no-class-weights",
        phrase="with the class weights left out",
        explanation="only the samples' weights count",
    ),
    lambda case, index: _pytorch_weights(case, index, np.ones(case.classes), _sample_weight(case)),
    "s·{}",
    "Σs",
)
NO_SAMPLE_WEIGHTS = Weighting(
    FORGOTTEN.part._replace(
        key="no-sample-weights",
        phrase="with the sample weights left out",
        explanation="only the classes' weights count",
        fix=Fix(
            '(s * F.cross_entropy(z, y, weight=w, reduction="none")).sum() / (s * w[y]).sum()',
            "np.average(losses, weights=s * w[y])",
            "sample_weight=s in the call",
            "sample_weight=s",
        ),
    ),
    lambda case, index: _pytorch_weights(case, index, _class_weight(case), np.ones(case.samples)),
    "w·{}",
    "Σw",
)
OVER_COUNT = Weighting(
    Part(
        "weights-over-count",
        "as the plain mean of the weighted losses",
        "{}",
        "Σ w·loss is divided by the number of samples, as Keras does, not by the sum of the "
        "weights, as PyTorch does",
        OFTEN,
        fix=Fix(
            'weight= with reduction="mean", not (w[y] * losses).mean()',
            "np.average(losses, weights=w[y]), not (w[y] * losses).mean()",
            'reduction="mean_with_sample_weight", not "sum_over_batch_size"',
            "log_loss divides by the sum of sample_weight already",
        ),
        apart=_SAME,
    ),
    lambda case, index: _as_asked(case, index)._replace(share=np.ones(case.samples)),
    "w·{}",
    "N",
)
TWICE = Weighting(
    Part(
        "weights-twice",
        "with the weights applied twice",
        "{}",
        "the losses are weighted already when they are multiplied by the weights once more",
        SOMETIMES,
        fix=Fix(
            "either weight= in the loss or a factor w[y] after it",
            "multiply by w[y] once",
            "either class_weight or sample_weight=w[y]",
            "sample_weight=w[y] alone",
        ),
        apart=_SAME,
    ),
    lambda case, index: _squared(case, index)._replace(share=_as_asked(case, index).share),
    "w²·{}",
    "Σw",
)
SQUARED = Weighting(
    Part(
        "weights-squared",
        "with the weights squared",
        "{}",
        "w² stands for w, in the losses and in the denominator",
        HARDLY,
        fix=Fix(
            "pass w itself to weight=",
            "np.average(losses, weights=w[y]), with w itself",
            "pass w itself",
            "sample_weight=w[y], with w itself",
        ),
        apart=_SAME,
    ),
    _squared,
    "w²·{}",
    "Σw²",
)
OF_LABEL = Weighting(
    Part(
        "label-weight",
        "with the label's weight on the whole smoothed loss",
        "{}",
        "w_y multiplies the smoothed loss; PyTorch has w_c in each of its terms",
        SOMETIMES,
        fix=Fix(
            "weight= and label_smoothing= in one call",
            "-(w * q * log_p).sum(axis=1), not w[y] * -(q * log_p).sum(axis=1)",
            "Keras weights the sample: sum w * q * log_p yourself to agree with PyTorch",
            "log_loss has no label smoothing",
        ),
        apart=_SAME,
    ),
    _of_label,
    "w[y]·{}",
    "Σw[y]",
)
OVER_WEIGHTS = Weighting(
    Part(
        "soft-over-weights",
        "divided by the sum of the weights",
        "{}",
        "Σ w·t is the denominator; for soft targets PyTorch divides by the number of samples",
        OFTEN,
        fix=Fix(
            "for soft targets F.cross_entropy divides by N",
            "losses.mean(), not losses.sum() / (t @ w).sum()",
            'reduction="sum_over_batch_size"',
            "log_loss has no soft targets",
        ),
        apart=_SAME,
    ),
    _over_weights,
    "w·{}",
    "Σw·t",
)


# The usual weights of the answer yes where the user gave none.
POSITIVE_WEIGHTS = (2.0, 3.0, 4.0, 5.0, 10.0)


def _make_positive_weight(weight: float) -> Weighting:
    """Make a pos_weight of BCEWithLogitsLoss: a factor of −t·log p, not in the denominator."""

    def weights(case: Case, index: Labels | None) -> Weights:
        classes = np.array([1.0, weight]) if case.question == "bce" else np.full(1, weight)
        asked = _as_asked(case, index)
        return asked._replace(classes=asked.classes * classes[np.newaxis])

    shown = f"{weight:.6g}"
    return Weighting(
        Part(
            f"pos-weight-{shown}",
            f"with the positive terms weighted {shown} times",
            f"{shown}·{{}}",
            f"pos_weight = {shown}: each −t·log p counts {shown} times, and the mean divides by "
            "the number of terms",
            GUESS,
            fix=Fix(
                "pos_weight=None, the default",
                "leave out the factor of t * np.log(p)",
                "class_weight={1: 1}, the default",
                "sample_weight=None, the default",
            ),
            apart="give another share of positive labels",
            is_guess=True,
        ),
        weights,
        "w·{}",
        "N",
    )


def _guesses(case: Case) -> tuple[Weighting, ...]:
    """Return weights of the positive terms, which need terms of yes-or-no questions."""
    if case.question == "bce":
        ratios = [*POSITIVE_WEIGHTS]
        positive = float(case.target[case.kept][:, 1].sum())
        if positive:
            balanced = (int(case.kept.sum()) - positive) / positive
            if balanced not in (0.0, 1.0, *ratios):
                ratios.append(balanced)
        return tuple(map(_make_positive_weight, ratios))
    return tuple(
        one._replace(part=one.part._replace(needs=BINARY_KEYS))
        for one in map(_make_positive_weight, POSITIVE_WEIGHTS)
    )


# The cures of the same mistakes where only samples have weights.
OF_SAMPLES = {
    "no-weights": Fix(
        "(s * losses).sum() / s.sum()",
        "np.average(losses, weights=s), not losses.mean()",
        "sample_weight=s in the call",
        "sample_weight=s",
    ),
    "weights-over-count": Fix(
        "(s * losses).sum() / s.sum(), not (s * losses).mean()",
        "np.average(losses, weights=s), not (s * losses).mean()",
        'reduction="mean_with_sample_weight", not "sum_over_batch_size"',
        "log_loss divides by the sum of sample_weight already",
    ),
    "weights-twice": Fix(*["multiply by s once"] * 2, *["sample_weight=s alone"] * 2),
    "weights-squared": Fix(*["s itself, not its square"] * 4),
}


def choices(case: Case) -> tuple[Weighting, ...]:
    """Return every weighting, the one asked for first."""
    found = _choices(case)
    if case.settings.weight is not None:
        return found
    cures = [OF_SAMPLES.get(one.part.key, one.part.fix) for one in found]
    return tuple(
        one._replace(part=one.part._replace(fix=fix)) for one, fix in zip(found, cures, strict=True)
    )


def _choices(case: Case) -> tuple[Weighting, ...]:
    if not case.has_weights:
        return (UNWEIGHTED, *_guesses(case))
    both = case.settings.weight is not None and case.sample_weight is not None
    found = [AS_ASKED, FORGOTTEN, TWICE, SQUARED]
    if case.labels is None:
        found = [one._replace(over=_over_of_soft(one.over, case)) for one in found]
        if case.settings.weight is not None:
            found.append(OVER_WEIGHTS)
    else:
        found.append(OVER_COUNT)
    if case.labels is None and case.sample_weight is not None:
        found.append(OVER_COUNT)
    if both:
        over = NO_SAMPLE_WEIGHTS.over if case.labels is not None else "N"
        found += [NO_CLASS_WEIGHTS, NO_SAMPLE_WEIGHTS._replace(over=over)]
    has_classes = case.labels is not None and case.settings.weight is not None
    if case.settings.label_smoothing and has_classes:
        found.append(OF_LABEL)
    return tuple(found)


def _over_of_soft(over: str, case: Case) -> str:
    """Return the denominator for soft targets, to which the classes' weights add nothing."""
    return "N" if case.sample_weight is None else over.replace("w", "s")
