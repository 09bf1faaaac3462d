"""Warnings about input that can be computed with but was probably not meant that way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from xentcli.calculation.interface import Problem
from xentcli.core.target import unnormalised_samples
from xentcli.errors import ArgumentError, Place, not_a_probability
from xentcli.model import Batch, NamedTuple, Remark

# How many samples are looked at for remarks on how they look.
FIRST = 20
# What is told of samples, in the order in which it is told, whichever sample comes first.
TARGET_NOT_1 = "the soft target does not sum to 1"
PROBS_NOT_1 = "the probabilities do not sum to 1"
ABOVE_0 = "a log-probability is above 0; are these logits?"
INFINITE = "its loss is inf"
IN_ORDER = (TARGET_NOT_1, PROBS_NOT_1, ABOVE_0, INFINITE)
# Rounding may put a computed probability above 1, or a log-probability above 0, by this much.
ROUNDING = 1e-9


def check_kind(batch: Batch) -> None:
    """Refuse values that cannot be probabilities or log-probabilities."""
    if batch.kind != "probs":
        return
    values = batch.values
    wrong = (values < 0) | (values > 1 + ROUNDING)
    if wrong.any():
        at = tuple(int(i) for i in np.argwhere(wrong)[0])
        raise ArgumentError(
            "probs",
            not_a_probability(float(values[at])),
            index=at,
            hint="are these logits? Then leave out --probs or --input probs",
        )


class Looks(NamedTuple):
    """What one of the first samples looks like.

    ``distribution``: its numbers could be probabilities: none is negative, and they sum to 1 up to
    rounding. ``fraction``: not all of them are whole numbers.
    """

    place: Place
    distribution: bool
    fraction: bool


def looks_of(problem: Problem, place_at: Callable[[int], Place]) -> tuple[Looks, ...]:
    """What the first samples look like, as they may be probabilities that were taken for logits.
    Empty where that cannot be."""
    head = problem.positions[:FIRST]
    loss = problem.calculation.loss
    if problem.kind != "logits" or not loss.has_target or loss.questions or head.shape[1] == 1:
        return ()
    if len(head) and not (head[0] >= 0).all():
        # Nearly every block of logits ends here: with one such sample they are no probabilities.
        return (Looks(place_at(0), distribution=False, fraction=False),)
    negative = np.any(~(head >= 0), axis=(1, 2))
    unnormalised = np.any(unnormalised_samples(head, 1), axis=1)
    distribution = np.asarray(~(negative | unnormalised))
    fraction = (head != np.round(head)).any(axis=(1, 2))
    return tuple(
        Looks(place_at(at), bool(distribution[at]), bool(fraction[at])) for at in range(len(head))
    )


def remarks_on_looks(looks: Sequence[Looks], samples: int) -> tuple[Remark, ...]:
    """Warn if all of the first samples look like probabilities."""
    if not looks or not all(look.distribution for look in looks):
        return ()
    if not any(look.fraction for look in looks):
        return ()
    message = "the logits are 0 or more and sum to 1; are they probabilities? (--probs, "
    return (Remark(message + "--input probs)", looks[0].place, samples),)


def find_remarks(problem: Problem) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Yield for each warning the argument that it is about, its sentence, and whether it concerns
    each sample."""
    positions, kind, measure = problem.positions, problem.kind, problem.calculation.loss
    if problem.target.soft is not None and not measure.questions:
        unnormalised = unnormalised_samples(problem.target.soft, 1)
        yield "target", TARGET_NOT_1, unnormalised
    if kind == "probs" and not measure.questions:
        yield "probs", PROBS_NOT_1, unnormalised_samples(positions, 1)
    if kind == "log_probs":
        above: NDArray[np.bool_] = np.any(positions > ROUNDING, axis=1)
        yield "log_probs", ABOVE_0, above


def merge_remarks(known: Iterable[Remark], found: Iterable[Remark]) -> tuple[Remark, ...]:
    """Merge remarks with the same sentence: with the first place and the sum of the samples. In
    which order the sentences are told does not depend on the blocks in which they were found."""
    result = {remark.message: remark for remark in known}
    for remark in found:
        first = result.get(remark.message)
        if first is None:
            result[remark.message] = remark
        else:
            total = first.samples + remark.samples
            result[remark.message] = first._replace(samples=total)
    return tuple(sorted(result.values(), key=lambda remark: IN_ORDER.index(remark.message)))
