"""Means of the means of batches, or of sequences, and their perplexities."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from xentcli.core import elementary
from xentcli.core.layout import Array
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.part import HARDLY, SELDOM, SOMETIMES, Fix, Part
from xentcli.diagnosis.mistakes.reduction import Add, Reduction, divided

BATCHES = (2, 4, 8, 16, 32, 64, 128, 256, 512)
# A batch size that is no power of two is looked for only where there are few divisors to look at.
MOST_DIVISORS = 12
# Smaller batches are hardly ever made.
USUAL_BATCH = 8


def _batch_means(losses: Array, share: Array, size: int) -> Array:
    starts = np.arange(0, len(losses), size)
    whole = np.add.reduceat(share, starts)
    means: Array = np.add.reduceat(losses, starts) / np.where(whole == 0, math.nan, whole)
    return means


def _mean_of_means(size: int) -> Callable[[Array, Array, Add], float]:
    return lambda losses, share, add: float(_batch_means(losses, share, size).mean())


def _sum_of_means(size: int) -> Callable[[Array, Array, Add], float]:
    return lambda losses, share, add: float(_batch_means(losses, share, size).sum())


def _mean_of_exponentials(size: int) -> Callable[[Array, Array, Add], float]:
    def mean(losses: Array, share: Array, add: Add) -> float:
        means = _batch_means(losses, share, size)
        # A batch of which nothing counts has no perplexity.
        means = means[~np.isnan(means)]
        return divided(float(elementary.exp(means).sum()), len(means))

    return mean


_POOLED = Fix(
    "exp of the mean over all rows that count",
    "np.exp(losses.mean()), not np.exp(losses).mean()",
    "the exponential of the mean loss, taken once at the end",
    "np.exp(log_loss(y, p)), taken once",
)


def _mean_of_perplexities(size: int, phrase: str, formula: str, what: str, rank: int) -> Reduction:
    return Reduction(
        Part(
            f"perplexities-of-{size}",
            phrase,
            formula,
            f"the exponential is taken of each {what} and then averaged: the mean of exponentials "
            "is more than the exponential of the mean",
            rank,
            fix=_POOLED,
            apart="give rows whose losses differ more",
            excludes=frozenset({"logarithms", "scales"}),
        ),
        _mean_of_exponentials(size),
        is_exponential=True,
    )


MEAN_OF_EXPONENTIALS = _mean_of_perplexities(
    1,
    "as the mean of exp(loss), the rows' own perplexities",
    "mean(exp({0}))",
    "row's loss",
    SELDOM,
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


def _of_sequences(case: Case) -> list[Reduction]:
    """The mean of the means of what the first dimension holds."""
    if len(case.grid) < 2 or case.grid[0] < 2 or case.question == "bce":
        return []
    size = case.samples // case.grid[0]
    what = "sequence" if len(case.grid) == 2 else "sample"
    found = [
        _mean_of_perplexities(
            size,
            f"as the mean of the perplexities of each {what}",
            f"mean of exp({{1}}) over {what}s",
            f"{what}'s mean loss",
            SOMETIMES,
        )
    ]
    if case.has_ignored or case.has_weights:
        means = _of_batches(size, case.samples, SOMETIMES)
        part = means.part._replace(
            key="sequence-means",
            phrase=f"as the mean of each {what}'s mean (batches of {size})",
            formula=f"mean of {{1}} over {what}s",
            explanation=f"the means of the {what}s are averaged, however many positions of each "
            "count",
        )
        found.append(means._replace(part=part))
    return found


def choices(case: Case) -> tuple[Reduction, ...]:
    """Every size of batch of which the mean of means is another number."""
    count = case.samples
    uneven = case.has_ignored or case.has_weights
    found = _of_sequences(case)
    if count > 1:
        found.append(MEAN_OF_EXPONENTIALS)
    known = {count // case.grid[0]} if len(found) > 2 else set()
    found += [
        _of_batches(size, count, SELDOM if size >= USUAL_BATCH else HARDLY)
        for size in BATCHES
        if size < count and size not in known and (uneven or count % size)
    ]
    if uneven:
        divisors = [n for n in range(2, count) if count % n == 0 and n not in BATCHES]
        if len(divisors) <= MOST_DIVISORS:
            found += [_of_batches(size, count, HARDLY) for size in divisors if size not in known]
    found += [
        _mean_of_perplexities(
            size,
            f"as the mean of the perplexities of batches of {size}",
            f"mean of exp({{1}}) over batches of {size}",
            "batch's mean loss",
            HARDLY,
        )
        for size in BATCHES
        if size < count and size != count // case.grid[0]
    ]
    found += [_added_batches(size) for size in BATCHES if size >= 8 and size < count]
    return tuple(found)
