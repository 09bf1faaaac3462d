"""Every step of a worked sample, named in order, with its formula.

The numbers come from the same functions that compute the answer for a whole file, and the last
step of each sample is that answer.
"""

from __future__ import annotations

import numpy as np

from xentcli.calculation.answers import Answered
from xentcli.calculation.interface import At, Problem, Sample, block_at, block_axis
from xentcli.model import Batch, Worked


def worked(
    batch: Batch, problem: Problem, answered: Answered, count: int, denominator: float = 1.0
) -> tuple[Worked, ...]:
    """The first ``count`` samples of a batch with every step kept."""
    inner = problem.positions.shape[2]
    places = [divmod(at, inner) for at in range(min(count, problem.positions.shape[0] * inner))]
    if not places:
        return ()
    found = []
    for at, sample in zip(places, _samples(problem, answered, places), strict=True):
        shown = problem.calculation.formulas.steps(sample, problem, denominator)
        found.append(
            Worked(
                _position(batch, at),
                label=sample.label,
                ignored=sample.ignored,
                loss=sample.loss,
                share=sample.share,
                **shown._asdict(),
            )
        )
    return tuple(found)


def _position(batch: Batch, at: At) -> tuple[int, ...]:
    inner = np.unravel_index(at[1], batch.values.shape[2:]) if batch.values.ndim > 2 else ()
    return (batch.first + at[0], *(int(i) for i in inner))


def _samples(problem: Problem, answered: Answered, places: list[At]) -> list[Sample]:
    """These positions with their results. Of a gradient, only their losses are yet to be
    computed."""
    positions, calculation = problem.positions, problem.calculation
    axis = block_axis(positions)
    plain = [Sample(block_at(positions, at), axis) for at in places]
    if not calculation.command.has_loss:
        return plain
    few, formulas = problem.at(places), calculation.formulas
    if answered.judged is None:
        found = formulas.losses(few)
        losses, shares = found.loss.ravel(), found.share.ravel()
    else:
        every = answered.judged.losses
        losses, shares = (np.array([one[at] for at in places]) for one in every)
    ignored = formulas.ignored(few).ravel()
    labels, soft = few.target.labels, few.target.soft
    return [
        sample._replace(
            label=None if labels is None else int(labels[number, 0]),
            soft=None if soft is None else block_at(soft, (number, 0)),
            ignored=bool(ignored[number]),
            row_weight=None if few.weight is None else float(few.weight[number]),
            loss=float(losses[number]),
            share=float(shares[number]),
            gradient=None if answered.gradients is None else block_at(answered.gradients, at),
        )
        for number, (at, sample) in enumerate(zip(places, plain, strict=True))
    ]
