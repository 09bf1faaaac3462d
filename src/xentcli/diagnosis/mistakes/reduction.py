"""How the losses of the rows are reduced to one number."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property

import numpy as np

from xentcli.core import elementary
from xentcli.core.layout import Array
from xentcli.core.loss import divide
from xentcli.core.sums import sum_along_rows
from xentcli.diagnosis.case import Case, classes_of
from xentcli.diagnosis.mistakes.part import HARDLY, OFTEN, SELDOM, SOMETIMES, Fix, Part
from xentcli.model import NamedTuple

# Adds losses or shares in some arithmetic.
Add = Callable[[Array], float]


class Sums:
    """The losses of the rows, their shares of the denominator, and the sums of both.

    A sum is computed once, when it is first asked for. ``means`` and ``perplexities`` keep the
    means of batches, and their mean perplexity, by the batch size.
    """

    def __init__(self, losses: Array, share: Array, add: Add, whole: Callable[[], float]) -> None:
        self.losses = losses
        self.share = share
        self.add = add
        self.means: dict[int, Array] = {}
        self.perplexities: dict[int, float] = {}
        self._whole = whole

    @cached_property
    def total(self) -> float:
        """The sum of the losses."""
        return self.add(self.losses)

    @property
    def whole(self) -> float:
        """The denominator of the mean: the sum of the shares."""
        return self._whole()


class Reduction(NamedTuple):
    """A part, and its function from the losses of the rows to one number.

    Its formula has braces for the loss of a row, {0}, and for its mean, {1}. ``is_exponential``:
    the number is made of exponentials of losses in nats, so that the base does not divide it.
    """

    part: Part
    of: Callable[[Sums], float]
    is_exponential: bool = False


def _mean(sums: Sums) -> float:
    return divide(sums.total, sums.whole)


def _log_of_mean(sums: Sums) -> float:
    """−log of the mean probability, the logarithm being taken after the mean."""
    probs = elementary.exp(-sums.losses) * sums.share
    mean = divide(sums.add(np.where(sums.share == 0, 0.0, probs)), sums.whole)
    return -float(elementary.log(mean))


_MEAN_FIX = Fix(
    'reduction="mean", the default',
    "losses.mean(), not losses.sum()",
    'reduction="sum_over_batch_size", the default',
    "normalize=True, the default",
)
_MORE = "give two samples or more, and not as many as there are classes"

MEAN = Reduction(
    Part(
        "mean",
        "averaged over the samples",
        "{1}",
        "the sum of the losses is divided by the samples that count, or their weights",
        OFTEN,
        fix=Fix(
            'reduction="sum"',
            "losses.sum(), not losses.mean()",
            'reduction="sum"',
            "normalize=False",
        ),
        apart=_MORE,
    ),
    _mean,
)
SUM = Reduction(
    Part(
        "sum",
        "summed over the samples",
        "sum({0})",
        "the losses are added up, not averaged",
        SOMETIMES,
        fix=_MEAN_FIX,
        apart=_MORE,
    ),
    lambda sums: sums.total,
)
LOG_OF_MEAN = Reduction(
    Part(
        "log-of-mean",
        "as the logarithm of the mean probability",
        "−log mean(exp(−{0}))",
        "the probabilities are averaged before the logarithm, not the logarithms after it",
        HARDLY,
        by_hand=True,
        fix=Fix(
            "-log_p.mean(), not -p.mean().log()",
            "-np.log(p).mean(), not -np.log(p.mean())",
            "keras.ops.mean of the losses, not of the probabilities",
            "log_loss averages the logarithms",
        ),
        apart="give rows whose losses differ more",
        excludes=frozenset({"logarithms", "scales"}),
    ),
    _log_of_mean,
    is_exponential=True,
)


def _make_one_off(more: int) -> Reduction:
    sign = "+" if more > 0 else "−"
    return Reduction(
        Part(
            "one-more" if more > 0 else "one-less",
            f"divided by N {sign} 1",
            f"sum({{0}}) / (N {sign} 1)",
            "the denominator is one more than the rows that are scored: the count of the tokens "
            "before the shift"
            if more > 0
            else "the denominator is one less than the rows that are scored",
            SOMETIMES if more > 0 else HARDLY,
            fix=Fix(
                "losses.sum() / losses.numel(): the rows that are scored, after the shift",
                "losses.sum() / len(losses)",
                'reduction="sum_over_batch_size", the default',
                "normalize=True, the default",
            ),
            apart="give another number of rows",
        ),
        lambda sums: divide(sums.total, sums.whole + more),
    )


ONE_MORE, ONE_LESS = _make_one_off(1), _make_one_off(-1)


def _make_mean_of_elements(case: Case) -> Reduction:
    return Reduction(
        Part(
            "mean-of-elements",
            "divided by samples times classes",
            "{1} / C",
            f"the mean runs over the N·C = {case.samples}·{case.classes} products q·log p; for "
            "labels all but one a row are 0",
            SOMETIMES,
            by_hand=True,
            fix=Fix(
                "-(q * log_p).sum(1).mean(), not -(q * log_p).mean(); kl_div's reduction="
                '"batchmean"',
                "-(q * log_p).sum(axis=1).mean(), not -(q * log_p).mean()",
                "sum over axis=-1 before the mean",
                "log_loss divides by the samples alone",
            ),
            apart="give another number of classes",
        ),
        lambda sums: _mean(sums) / case.classes,
    )


def _make_sequence_sums(case: Case) -> list[Reduction]:
    """Return the mean over samples of the sums over their positions."""
    if len(case.grid) < 2 or case.grid[0] < 2:
        return []
    what, positions = _names_of_dimensions(case)
    return [
        Reduction(
            Part(
                "sequence-sums",
                f"summed over the {positions} of each {what}, averaged over the first dimension",
                f"sum({{0}}) / {case.grid[0]}",
                f"the losses are added up over the {positions} and divided by the "
                f"{case.grid[0]} {what}s of the batch alone",
                SOMETIMES,
                fix=Fix(
                    'reduction="mean" divides by every position that counts',
                    "losses.mean(), not losses.sum(axis=1).mean()",
                    'reduction="sum_over_batch_size" of flattened positions',
                    "log_loss of flattened positions",
                ),
                apart=f"give another number of {positions}",
            ),
            lambda sums: divide(sums.total, case.grid[0]),
        )
    ]


def _names_of_dimensions(case: Case) -> tuple[str, str]:
    """Return what the first dimension is made of, and what the others are."""
    if case.question == "bce":
        return "row", "columns"
    return ("sequence", "positions") if len(case.grid) == 2 else ("sample", "positions")


def _make_class_means(case: Case) -> Reduction | None:
    """Return the mean of the mean loss of each class, as balanced class weights give it."""
    if case.labels is None or case.has_weights:
        return None
    labels = classes_of(case)

    def mean_of_means(sums: Sums) -> float:
        totals = np.bincount(labels, sums.losses * (sums.share != 0), case.classes)
        counts = np.bincount(labels, sums.share, case.classes)
        means = totals[counts > 0] / counts[counts > 0]
        return float(sum_along_rows(means)) / len(means)

    counts = np.bincount(labels[case.kept], minlength=case.classes)
    if len(set(counts[counts > 0].tolist())) < 2:
        return None
    return Reduction(
        Part(
            "class-means",
            "as the mean of the means of each class, as balanced class weights give it",
            "mean of {1} over the classes",
            "each class counts the same, however many samples it has: the mean of the classes' "
            "means, or weights N / (C·n) of a class with n samples",
            SELDOM,
            fix=Fix(
                "F.cross_entropy(z, y), without balanced weights",
                "losses.mean(), not the mean of losses[y == c].mean()",
                "class_weight=None, the default",
                "sample_weight=None, not compute_sample_weight('balanced', y)",
            ),
            apart="give classes of other sizes",
        ),
        mean_of_means,
    )


def choices(case: Case) -> tuple[Reduction, ...]:
    """Return every reduction, the one asked for first."""
    asked, other = (SUM, MEAN) if case.settings.reduction == "sum" else (MEAN, SUM)
    found = [asked, other]
    if case.question != "bce":
        found.append(_make_mean_of_elements(case))
    found += _make_sequence_sums(case)
    if not case.has_weights and case.samples > 2:
        found += [ONE_MORE, ONE_LESS]
    if case.samples > 1:
        found.append(LOG_OF_MEAN)
    class_means = _make_class_means(case)
    if class_means is not None:
        found.append(class_means)
    return tuple(found)
