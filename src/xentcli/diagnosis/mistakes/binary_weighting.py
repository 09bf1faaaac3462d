"""How the columns of yes-or-no questions are weighted: by factors outside the denominator."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xentcli.core.layout import Array
from xentcli.core.target import Labels
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.part import OFTEN, Fix, Part
from xentcli.diagnosis.mistakes.weighting import TWICE, Weighting, Weights

_SAME = "give columns whose weights and losses differ"


def _make_weights(
    rows: Callable[[Array, Array], Array], share: Callable[[Array, Array], Array]
) -> Callable[[Case, Labels | None], Weights]:
    """Make the weights from two functions of w, the column's weight, and s, the sample's.

    ``rows`` returns the factor of a question's loss, ``share`` its share of the denominator.
    """

    def weights(case: Case, index: Labels | None) -> Weights:
        column = case.question_weight
        assert column is not None
        ones = np.ones(case.samples)
        samples = ones if case.sample_weight is None else case.sample_weight
        return Weights(np.ones((1, case.classes)), rows(column, samples), share(column, samples))

    return weights


def _ones(w: Array, s: Array) -> Array:
    return np.ones_like(w)


def _of_sample(w: Array, s: Array) -> Array:
    return s


def _of_both(w: Array, s: Array) -> Array:
    product: Array = w * s
    return product


def choices(case: Case) -> tuple[Weighting, ...]:
    """Return every weighting, the one asked for first."""
    has_samples = case.sample_weight is not None
    s, count = ("s·", "Σs") if has_samples else ("", "N")
    found = [
        Weighting(Part("weighted"), _make_weights(_of_both, _of_sample), f"{s}w·{{}}", count),
        Weighting(
            Part(
                "no-weights",
                "with the weights left out",
                "{}",
                "every column counts the same" + (", and every sample" if has_samples else ""),
                OFTEN,
                fix=Fix(
                    "weight= in the call that gave this number",
                    "(w * losses).mean(), not losses.mean()",
                    "the losses of each column times its weight",
                    "a call of log_loss for each column, and the mean of w times each",
                ),
                apart=_SAME,
            ),
            _make_weights(_ones, _ones),
        ),
        Weighting(
            Part(
                "over-weights",
                "divided by the sum of the weights",
                "{}",
                "Σ w·loss is divided by the sum of the weights; PyTorch's binary cross-entropy "
                "divides by the number of questions",
                OFTEN,
                fix=Fix(
                    'weight= with reduction="mean", which divides by z.numel()',
                    "(w * losses).mean(), not np.average(losses, weights=w)",
                    "a mean over all questions, not one divided by the weights",
                    "the mean of w times each column's log_loss, not np.average",
                ),
                apart=_SAME,
            ),
            _make_weights(_of_both, _of_both),
            f"{s}w·{{}}",
            "Σs·w" if has_samples else "Σw",
        ),
        Weighting(
            TWICE.part._replace(
                fix=Fix(
                    "either weight= in the loss or a factor w after it",
                    "multiply by w once",
                    "multiply by w once",
                    "multiply by w once",
                ),
                apart=_SAME,
            ),
            _make_weights(lambda w, s: w * w * s, _of_sample),
            f"{s}w²·{{}}",
            count,
        ),
    ]
    if has_samples:
        left_out = found[1].part
        found += [
            Weighting(
                left_out._replace(
                    key="no-column-weights",
                    phrase="with the columns' weights left out",
                    explanation="only the samples' weights count",
                ),
                _make_weights(_of_sample, _of_sample),
                "s·{}",
                "Σs",
            ),
            Weighting(
                left_out._replace(
                    key="no-sample-weights",
                    phrase="with the sample weights left out",
                    explanation="only the columns' weights count",
                ),
                _make_weights(lambda w, s: w, _ones),
                "w·{}",
            ),
        ]
    return tuple(found)
