"""Means of the means of batches, or of sequences, and their perplexities."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from xentcli.core import elementary
from xentcli.core.layout import Array
from xentcli.core.loss import divide
from xentcli.core.sums import sum_along_rows
from xentcli.diagnosis.case import Case
from xentcli.diagnosis.mistakes.part import HARDLY, SELDOM, SOMETIMES, Fix, Part
from xentcli.diagnosis.mistakes.reduction import Reduction, Sums

BATCHES = (2, 4, 8, 16, 32, 64, 128, 256, 512)
# Other batch sizes are tried only if the number of rows has no more divisors than this.
MOST_DIVISORS = 12
# Smaller batches are rare.
USUAL_BATCH = 8


def _batch_means(sums: Sums, size: int) -> Array:
    if size not in sums.means:
        starts = np.arange(0, len(sums.losses), size)
        whole = np.add.reduceat(sums.share, starts)
        whole[whole == 0] = math.nan
        sums.means[size] = np.add.reduceat(sums.losses, starts) / whole
    return sums.means[size]


def _mean_of_means(sums: Sums, size: int) -> float:
    means = _batch_means(sums, size)
    return float(sum_along_rows(means)) / len(means)


def _mean_of_exponentials(sums: Sums, size: int) -> float:
    if size not in sums.perplexities:
        # One exponential of all sizes takes little longer than that of one size.
        sizes = {size, *(each for each in BATCHES if each < len(sums.losses))}
        sums.perplexities |= _perplexities(sums, sorted(sizes - sums.perplexities.keys()))
    return sums.perplexities[size]


def _perplexities(sums: Sums, sizes: Sequence[int]) -> dict[int, float]:
    """Compute the mean of the batches' perplexities, for each batch size."""
    each = [_batch_means(sums, size) for size in sizes]
    parts = np.split(elementary.exp(np.concatenate(each)), np.cumsum([len(one) for one in each]))
    # A batch in which every row is ignored has no perplexity.
    counting = [part[~np.isnan(means)] for part, means in zip(parts, each, strict=False)]
    return {
        size: divide(float(sum_along_rows(part)), len(part))
        for size, part in zip(sizes, counting, strict=True)
    }


_POOLED = Fix(
    "exp of the mean over all rows that count",
    "np.exp(losses.mean()), not np.exp(losses).mean()",
    "the exponential of the mean loss, taken once at the end",
    "np.exp(log_loss(y, p)), taken once",
)


def _make_mean_of_perplexities(
    size: int, phrase: str, formula: str, what: str, rank: int, width: int = 1
) -> Reduction:
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
        lambda sums: _mean_of_exponentials(sums, size * width),
        is_exponential=True,
    )


MEAN_OF_EXPONENTIALS = _make_mean_of_perplexities(
    1,
    "as the mean of exp(loss), the rows' own perplexities",
    "mean(exp({0}))",
    "row's loss",
    SELDOM,
)


def _make_batches(size: int, count: int, rank: int, width: int = 1) -> Reduction:
    """Make the mean over batches of ``size`` of the ``count`` rows; a row is ``width`` losses."""
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
        lambda sums: _mean_of_means(sums, size * width),
    )


def _make_added_batches(size: int, width: int) -> Reduction:
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
        lambda sums: float(sum_along_rows(_batch_means(sums, size * width))),
    )


def _make_sequence_means(case: Case) -> list[Reduction]:
    """Return the mean of the mean of each sequence, and that of the sequences' perplexities."""
    if len(case.grid) < 2 or case.grid[0] < 2 or case.question == "bce":
        return []
    size = case.samples // case.grid[0]
    what = "sequence" if len(case.grid) == 2 else "sample"
    found = [
        _make_mean_of_perplexities(
            size,
            f"as the mean of the perplexities of each {what}",
            f"mean of exp({{1}}) over {what}s",
            f"{what}'s mean loss",
            SOMETIMES,
        )
    ]
    if case.has_ignored or case.has_weights:
        means = _make_batches(size, case.samples, SOMETIMES)
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
    """Return the means of means, for each batch size with which they differ from the mean."""
    # All questions of a row are in the same batch.
    width = case.grid[-1] if case.question == "bce" and len(case.grid) > 1 else 1
    count = case.samples // width
    uneven = case.has_ignored or (case.has_weights and case.question_weight is None)
    uneven = uneven or case.sample_weight is not None
    found = _make_sequence_means(case)
    if count > 1:
        found.append(MEAN_OF_EXPONENTIALS)
    known = {count // case.grid[0]} if len(found) > 2 else set()
    found += [
        _make_batches(size, count, SELDOM if size >= USUAL_BATCH else HARDLY, width)
        for size in BATCHES
        if size < count and size not in known and (uneven or count % size)
    ]
    if uneven:
        divisors = [n for n in range(2, count) if count % n == 0 and n not in BATCHES]
        if len(divisors) <= MOST_DIVISORS:
            found += [
                _make_batches(size, count, HARDLY, width) for size in divisors if size not in known
            ]
    found += [
        _make_mean_of_perplexities(
            size,
            f"as the mean of the perplexities of batches of {size}",
            f"mean of exp({{1}}) over batches of {size}",
            "batch's mean loss",
            HARDLY,
            width,
        )
        for size in BATCHES
        if size < count and (width > 1 or size != count // case.grid[0])
    ]
    found += [_make_added_batches(size, width) for size in BATCHES if size >= 8 and size < count]
    return tuple(found)
