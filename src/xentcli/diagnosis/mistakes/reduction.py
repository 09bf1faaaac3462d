"""How the rows' losses become one number."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from xentcli.core.layout import Array
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.part import HARDLY, OFTEN, SELDOM, SOMETIMES, Fix, Part

BATCHES = (2, 4, 8, 16, 32, 64, 128, 256, 512)
# A batch size that is no power of two is looked for only where there are few divisors to look at.
MOST_DIVISORS = 12


class Reduction(NamedTuple):
    """A part, and the number that it makes of losses and shares.

    Its formula has braces for a row's loss (0) and for the mean of it (1). ``is_exponential`` says
    that it is a perplexity: the number is the exponential of the mean.
    """

    part: Part
    of: Callable[[Array, Array], float]
    is_exponential: bool = False


def divided(total: float, whole: float) -> float:
    """total / whole; nan for a whole of 0, as PyTorch has it for a mean over nothing."""
    return total / whole if whole else math.nan


def _mean(losses: Array, share: Array) -> float:
    return divided(float(losses.sum()), float(share.sum()))


def _sum(losses: Array, share: Array) -> float:
    return float(losses.sum())


def _per_class(classes: int) -> Callable[[Array, Array], float]:
    return lambda losses, share: _mean(losses, share) / classes


def _batch_means(losses: Array, share: Array, size: int) -> Array:
    starts = np.arange(0, len(losses), size)
    whole = np.add.reduceat(share, starts)
    means: Array = np.add.reduceat(losses, starts) / np.where(whole == 0, math.nan, whole)
    return means


def _mean_of_means(size: int) -> Callable[[Array, Array], float]:
    return lambda losses, share: float(_batch_means(losses, share, size).mean())


def _sum_of_means(size: int) -> Callable[[Array, Array], float]:
    return lambda losses, share: float(_batch_means(losses, share, size).sum())


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
    _sum,
)
PERPLEXITY = Reduction(
    Part(
        "perplexity",
        "exponentiated, as a perplexity",
        "exp({1})",
        "a perplexity: the exponential of the mean loss",
        SOMETIMES,
        fix=Fix(
            "the loss is torch.log of a perplexity",
            "the loss is np.log of a perplexity",
            "keras_hub's Perplexity is the exponential of the loss",
            "np.log of a perplexity",
        ),
        apart="give the number of another run",
    ),
    _mean,
    is_exponential=True,
)


def _over_classes(case: Case) -> Reduction:
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
        _per_class(case.classes),
    )


def _of_batches(size: int, count: int, rank: int) -> Reduction:
    last = count % size
    short = f", the last one of {last}," if last else ""
    return Reduction(
        Part(
            f"batches-of-{size}",
            f"as the mean of the means of batches of {size}",
            f"mean of {{1}} over batches of {size}",
            f"the means of batches of {size}{short} are averaged, whatever each one's weight",
            rank,
            fix=Fix(
                "add up loss * n of each batch, n being its rows (or Σw) that count, and divide "
                "once by Σn",
                "np.average(batch_means, weights=batch_sizes)",
                "keras.metrics.Mean().update_state(loss, sample_weight=batch_size)",
                "call log_loss once on all rows",
            ),
            apart="give the batches' own losses",
        ),
        _mean_of_means(size),
    )


def _added_batches(size: int) -> Reduction:
    return Reduction(
        Part(
            f"added-batches-of-{size}",
            f"as the sum of the means of batches of {size}",
            f"sum of {{1}} over batches of {size}",
            f"the means of batches of {size} are added up and never divided by their number",
            HARDLY,
            fix=Fix(
                "divide running_loss by the number of batches, or better by the rows",
                "np.average(batch_means, weights=batch_sizes), not sum(batch_means)",
                "keras.metrics.Mean, not Sum",
                "call log_loss once on all rows",
            ),
            apart="give the batches' own losses",
        ),
        _sum_of_means(size),
    )


def _batches(case: Case) -> list[Reduction]:
    count = case.samples
    uneven = case.has_ignored or case.has_weights
    found = [
        _of_batches(size, count, SELDOM)
        for size in BATCHES
        if size < count and (uneven or count % size)
    ]
    if uneven:
        divisors = [n for n in range(2, count) if count % n == 0 and n not in BATCHES]
        if len(divisors) <= MOST_DIVISORS:
            found += [_of_batches(size, count, HARDLY) for size in divisors]
    found += [_added_batches(size) for size in BATCHES if size >= 8 and size < count]
    return found


def choices(case: Case) -> tuple[Reduction, ...]:
    """Every reduction, the asked one first."""
    asked, other = (SUM, MEAN) if case.settings.reduction == "sum" else (MEAN, SUM)
    return (asked, other, PERPLEXITY, _over_classes(case), *_batches(case))
