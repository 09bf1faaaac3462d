"""The answer of a command for a batch, and what the batch adds to the totals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xentcli.calculation import softmax
from xentcli.calculation.commands import TOP, Calculation
from xentcli.calculation.interface import Problem, among_largest
from xentcli.calculation.remarks import check_kind
from xentcli.calculation.spread import spread
from xentcli.core import framework
from xentcli.core.layout import Array
from xentcli.core.loss import Losses
from xentcli.core.total import ExactSum, Total
from xentcli.model import Answer, AnyArray, Batch, NamedTuple


def problem_of(batch: Batch, calculation: Calculation) -> Problem:
    """Check a batch and turn it into what the command's formulas take."""
    check_kind(batch)
    return calculation.formulas.problem_of(batch, calculation)


class Judged(NamedTuple):
    """For each position, as ``(outer, inner)``: its loss, its share of the denominator, whether it
    is ignored, the predicted class (−1: none; the whole None: not wanted), and the label.

    ``inner`` is the shape of a sample's positions; of yes/no questions its first axis is that of
    the questions, and ``questions`` is their number. ``has_class_means`` does not hold where one
    share is that of a sample with several positions. ``in_top`` says whether the label is among the
    five classes with the largest values; None: not wanted.
    """

    losses: Losses
    ignored: NDArray[np.bool_]
    predicted: NDArray[np.intp] | None = None
    labels: NDArray[np.int64] | None = None
    inner: tuple[int, ...] = ()
    questions: int = 0
    has_class_means: bool = True
    in_top: NDArray[np.bool_] | None = None


class Answered(NamedTuple):
    """A command's answer for a batch, and what the batch adds to the totals: ``judged`` for losses,
    ``gradients`` (float64, ``(outer, C, inner)``) for gradients."""

    answer: Answer
    total: Total
    judged: Judged | None = None
    gradients: Array | None = None


def answer(batch: Batch, problem: Problem, denominator: float = 1.0) -> Answered:
    """A command's answer for a batch."""
    calculation, formulas = problem.calculation, problem.calculation.formulas
    field = calculation.command.field
    if field == "loss":
        losses = formulas.losses(problem)
        judged = Judged(
            losses,
            formulas.ignored(problem),
            _predicted(batch, problem) if calculation.want_accuracy else None,
            formulas.labels(problem),
            problem.shape[1:] if batch.values.ndim > 1 else problem.shape,
            problem.positions.shape[1] if calculation.loss.questions else 0,
            problem.positions.shape[2] == 1 or calculation.settings.reduction != "batchmean",
        )
        judged = judged._replace(in_top=_in_top(problem, judged))
        narrow = _narrow(losses.loss.reshape(problem.shape), calculation)
        found = Answer(field, narrow, judged.questions > 1)
        total = _with_unscored(_total(judged), batch)
        total = total._replace(bytes=ExactSum.of(_bytes(batch)))
        if calculation.want_error:
            total = total._replace(spread=spread(batch, losses))
        return Answered(found, total, judged)
    if field == "grad":
        gradients = formulas.gradients(problem, denominator)
        found = Answer(field, _narrow(gradients.reshape(batch.values.shape), calculation))
        return Answered(found, share_total(problem), gradients=gradients)
    values = (softmax.probs if field == "probs" else softmax.log_probs)(problem)
    found = Answer(field, _narrow(values.reshape(batch.values.shape), calculation))
    return Answered(found, Total(samples=values.shape[0] * values.shape[2]))


def _narrow(values: Array, calculation: Calculation) -> Array:
    """The values rounded to the framework's width that was asked for."""
    if calculation.dtype is None:
        return values
    return framework.narrow(values, calculation.dtype)


def hits(judged: Judged) -> NDArray[np.bool_] | None:
    """Where a position counts and its label is predicted; None if nothing can be compared."""
    if judged.labels is None or judged.predicted is None:
        return None
    right: NDArray[np.bool_] = judged.predicted == judged.labels
    return right & ~judged.ignored


def _total(judged: Judged) -> Total:
    """Return the totals of a batch of losses."""
    losses, hit = judged.losses, hits(judged)
    return Total(
        ExactSum.of(losses.loss),
        ExactSum.of(losses.share),
        losses.loss.size // max(1, judged.questions),
        int(np.count_nonzero(judged.ignored)),
        0 if hit is None else int(np.count_nonzero(hit)),
        _positive(judged),
        ExactSum() if losses.root is None else ExactSum.of(losses.root),
        in_top=0 if judged.in_top is None else int(np.count_nonzero(judged.in_top)),
        brier=ExactSum() if losses.brier is None else ExactSum.of(losses.brier),
    )


def _predicted(batch: Batch, problem: Problem) -> NDArray[np.intp] | None:
    """The predicted class; for a token, whether the model would have chosen it."""
    if batch.tokens is None:
        return problem.calculation.formulas.predicted(problem)
    if batch.tokens.first_choices is None:
        return None
    return np.where(batch.tokens.first_choices, 0, -1)[:, np.newaxis]


def _in_top(problem: Problem, judged: Judged) -> NDArray[np.bool_] | None:
    """Where a label that counts is among the five classes with the largest values; None where there
    are too few classes for that to say much."""
    calculation, labels = problem.calculation, judged.labels
    if not calculation.want_scores or labels is None or judged.predicted is None:
        return None
    if not calculation.has_top(problem.positions.shape[1]):
        return None
    kept = ~judged.ignored & (judged.predicted >= 0)
    return kept & among_largest(problem.positions, np.where(kept, labels, 0), TOP)


def _with_unscored(total: Total, batch: Batch) -> Total:
    """The total with the tokens that have no log-probability, which count as ignored."""
    if batch.tokens is None:
        return total
    unscored = batch.tokens.unscored.size
    return total._replace(samples=total.samples + unscored, ignored=total.ignored + unscored)


def _bytes(batch: Batch) -> AnyArray:
    return np.zeros(0) if batch.sample_bytes is None else batch.sample_bytes


def _positive(judged: Judged) -> int:
    """How many questions are answered with yes."""
    if not judged.questions or judged.labels is None:
        return 0
    return int(np.count_nonzero(judged.labels))


def share_total(problem: Problem) -> Total:
    """Return what a batch adds to the denominator, without computing its losses."""
    calculation, formulas = problem.calculation, problem.calculation.formulas
    share, ignored = formulas.shares(problem), formulas.ignored(problem)
    return Total(
        weight=ExactSum.of(share),
        samples=share.size // (problem.positions.shape[1] if calculation.loss.questions else 1),
        ignored=int(np.count_nonzero(ignored)),
    )
