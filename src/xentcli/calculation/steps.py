"""The worked samples: every step, in order, with its name and its formula.

The numbers come from the same functions that compute the answer for a whole file, and the last
step of each sample is that answer.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xentcli.calculation.answers import BatchAnswer
from xentcli.calculation.interface import At, Problem, Sample, SampleSteps, block_at, block_axis
from xentcli.core.layout import Array
from xentcli.model import Batch, WorkedSample, sample_number

NAN = float("nan")
# The steps from the target on whose numbers are those of every sample.
KNOWN = ("pos_weight", "weight", "scale")


def work_samples(
    batch: Batch, problem: Problem, batch_answer: BatchAnswer, count: int, denominator: float = 1.0
) -> tuple[WorkedSample, ...]:
    """Work the first ``count`` samples with every step. Ignored samples are chosen only if too few
    others are there."""
    places = _places(problem, count)
    if not places:
        return ()
    found = []
    for at, sample in zip(places, _samples(problem, batch_answer, places), strict=True):
        is_read = at[0] not in batch.unread
        if not is_read and sample.row_weight is not None:
            sample = sample._replace(row_weight=NAN)
        shown = problem.calculation.formulas.steps(sample, problem, denominator)
        if not is_read:
            shown = _without_target(shown)
        found.append(
            WorkedSample(
                _position(batch, at),
                label=sample.label if is_read and batch.tokens is None else None,
                ignored=sample.ignored,
                losses=_as_tuple(sample.loss),
                shares=_as_tuple(sample.share),
                token=None if batch.tokens is None else batch.tokens.texts[at[0]],
                **shown._asdict(),
            )
        )
    return tuple(found)


def _without_target(shown: SampleSteps) -> SampleSteps:
    """The steps of a sample whose row could not be used: its target is not known, nor is what
    follows from it."""
    names = [step.name for step in shown.steps]
    first = names.index("target") if "target" in names else len(names)
    after = (
        step if step.name in KNOWN else step._replace(value=_all_nan(step.value))
        for step in shown.steps[first:]
    )
    shown = shown._replace(steps=(*shown.steps[:first], *after))
    return shown if shown.entropy is None else shown._replace(entropy=NAN, divergence=NAN)


def _all_nan(value: float | tuple[float, ...]) -> float | tuple[float, ...]:
    return (NAN,) * len(value) if isinstance(value, tuple) else NAN


def _places(problem: Problem, count: int) -> list[At]:
    """The positions that :func:`first_to_show` would choose among all of the batch."""
    outer, _, inner = problem.positions.shape
    first = np.arange(min(count, outer * inner))
    if problem.calculation.command.has_loss:
        ignored = problem.calculation.formulas.ignored(problem)[:, :inner].ravel()
        if ignored[first].any():
            kept = np.flatnonzero(~ignored)[:count]
            others = np.flatnonzero(ignored)[: count - kept.size]
            first = np.sort(np.concatenate([kept, others]))
    return [divmod(int(at), inner) for at in first]


def first_to_show(worked: Sequence[WorkedSample], count: int) -> tuple[WorkedSample, ...]:
    """Choose ``count`` of the samples and keep their order: the first ones that are not ignored
    and, if these are too few, the first ignored ones."""
    if len(worked) <= count:
        return tuple(worked)
    places = sorted(range(len(worked)), key=lambda at: worked[at].ignored)[:count]
    return tuple(worked[at] for at in sorted(places))


def _as_tuple(values: Array | None) -> tuple[float, ...]:
    return () if values is None else tuple(values.tolist())


def _numbers_at(values: Array, at: At, inner: int) -> Array:
    """The number of a position, or its numbers where each yes/no question has one."""
    found: Array = values.reshape(len(values), -1, inner)[at[0], :, at[1]]
    return found


def _position(batch: Batch, at: At) -> tuple[int, ...]:
    if batch.tokens is not None:
        return int(batch.tokens.sequences[at[0]]), int(batch.tokens.positions[at[0]])
    inner = np.unravel_index(at[1], batch.values.shape[2:]) if batch.values.ndim > 2 else ()
    if batch.first_position:
        inner = (inner[0] + batch.first_position, *inner[1:])
    return (sample_number(batch, at[0]), *(int(i) for i in inner))


def _samples(problem: Problem, batch_answer: BatchAnswer, places: list[At]) -> list[Sample]:
    """Some positions with their results. The losses beside a gradient are computed here, for these
    positions alone."""
    positions, calculation = problem.positions, problem.calculation
    axis = block_axis(positions)
    plain = [Sample(block_at(positions, at), axis) for at in places]
    if not calculation.command.has_loss:
        return plain
    few, formulas = problem.at(places), calculation.formulas
    if batch_answer.results is None:
        found = formulas.losses(few)
        numbers = [(found.loss[number], found.share[number]) for number in range(len(places))]
    else:
        every, inner = batch_answer.results.losses, positions.shape[2]
        numbers = [
            (_numbers_at(every.loss, at, inner), _numbers_at(every.share, at, inner))
            for at in places
        ]
    ignored, gradients = formulas.ignored(few)[:, 0], batch_answer.gradients
    labels, soft = few.target.labels, few.target.soft
    return [
        sample._replace(
            label=None if labels is None else int(labels[number, 0]),
            soft=None if soft is None else block_at(soft, (number, 0)),
            ignored=bool(ignored[number]),
            row_weight=None if few.weight is None else float(few.weight[number]),
            loss=numbers[number][0],
            share=numbers[number][1],
            gradient=None if gradients is None else block_at(gradients, at),
        )
        for number, (at, sample) in enumerate(zip(places, plain, strict=True))
    ]
