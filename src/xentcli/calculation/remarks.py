"""What is worth a word about an input although it can be computed with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from xentcli.calculation.interface import Problem
from xentcli.core.layout import Array
from xentcli.core.target import unnormalised_samples
from xentcli.errors import ArgumentError, not_a_probability
from xentcli.model import Batch, Kind, Remark

FIRST = 20
# A probability that was computed may be above 1, a log-probability above 0, by some roundings.
ROUNDING = 1e-9


def check_kind(batch: Batch) -> None:
    """Refuse what cannot be a probability."""
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


def _are_probabilities(kind: Kind, positions: Array) -> bool:
    """Whether the first samples could hardly be anything else: none is negative, all sum to 1 but
    for rounding, and they are not whole numbers."""
    head = positions[:FIRST]
    if kind != "logits" or head.shape[1] == 1:
        return False
    if not head.size or not (head >= 0).all() or unnormalised_samples(head, 1).any():
        return False
    return bool((head != np.round(head)).any())


def remarks(problem: Problem) -> Iterator[tuple[str, str, NDArray[np.bool_]]]:
    """Each remark: the argument that it is about, what it says, and which samples it concerns."""
    positions, kind = problem.positions, problem.kind
    if problem.target.soft is not None:
        unnormalised = unnormalised_samples(problem.target.soft, 1)
        yield "target", "the soft target does not sum to 1", unnormalised
    if problem.calculation.command.has_target and _are_probabilities(kind, positions):
        message = "the logits are 0 or more and sum to 1; are they probabilities? (--probs, "
        yield "logits", message + "--input probs)", np.ones(len(positions), dtype=bool)
    if kind == "probs":
        yield "probs", "the probabilities do not sum to 1", unnormalised_samples(positions, 1)
    if kind == "log_probs":
        above: NDArray[np.bool_] = np.any(positions > ROUNDING, axis=1)
        yield "log_probs", "a log-probability is above 0; are these logits?", above


def merge_remarks(known: Iterable[Remark], found: Iterable[Remark]) -> tuple[Remark, ...]:
    """Remarks of the same kind become one: the first place, and how many samples in all."""
    result = {remark.message: remark for remark in known}
    for remark in found:
        first = result.get(remark.message)
        if first is None:
            result[remark.message] = remark
        else:
            total = first.samples + remark.samples
            result[remark.message] = first._replace(samples=total)
    return tuple(result.values())
