"""The answer of a command for a batch, and what the batch adds to the totals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xentcli.calculation import softmax
from xentcli.calculation.commands import TOP, Calculation
from xentcli.calculation.interface import Problem, among_largest
from xentcli.calculation.remarks import check_kind
from xentcli.calculation.spread import batch_spread
from xentcli.core import framework
from xentcli.core.layout import Array
from xentcli.core.loss import Losses
from xentcli.core.total import ExactSum, Total
from xentcli.model import Answer, Batch, NamedTuple


def problem_of(batch: Batch, calculation: Calculation) -> Problem:
    """Check a batch and turn it into what the command's formulas take."""
    check_kind(batch)
    return calculation.formulas.problem_of(batch, calculation)


class PositionResults(NamedTuple):
    """The results of each position of a batch, as arrays ``(outer, inner)``.

    - ``losses``: its loss, and its share of the denominator.
    - ``ignored``: whether it is ignored.
    - ``predicted``: the predicted class, −1 where there is none; None if predictions are not asked
      for. ``labels``: the right class; None without labels.
    - ``in_top``: whether the label is among the five classes with the largest values; None if that
      is not asked for.
    - ``inner``: the shape of a sample's positions; of yes/no questions its first axis is that of
      the questions. ``questions`` is how many questions there are, 0 for other losses.
    - ``has_class_means``: false if a share belongs to a sample of several positions, so that the
      shares of a class say nothing.
    """

    losses: Losses
    ignored: NDArray[np.bool_]
    predicted: NDArray[np.intp] | None = None
    labels: NDArray[np.int64] | None = None
    inner: tuple[int, ...] = ()
    questions: int = 0
    has_class_means: bool = True
    in_top: NDArray[np.bool_] | None = None


class BatchAnswer(NamedTuple):
    """A command's answer for a batch, and what the batch adds to the totals.

    ``results`` is there for losses, ``gradients`` (float64, ``(outer, C, inner)``) for gradients.
    """

    answer: Answer
    total: Total
    results: PositionResults | None = None
    gradients: Array | None = None


def compute_answer(batch: Batch, problem: Problem, denominator: float = 1.0) -> BatchAnswer:
    """Compute a command's answer for a batch; ``denominator`` is that of a gradient."""
    calculation, formulas = problem.calculation, problem.calculation.formulas
    field = calculation.command.field
    if field == "loss":
        losses = formulas.losses(problem)
        _, classes, inner = problem.positions.shape
        results = PositionResults(
            losses,
            formulas.ignored(problem),
            predicted=_predicted(batch, problem) if calculation.want_accuracy else None,
            labels=formulas.labels(problem),
            inner=problem.shape[1:] if batch.values.ndim > 1 else problem.shape,
            questions=classes if calculation.loss.questions else 0,
            has_class_means=inner == 1 or calculation.settings.reduction != "batchmean",
        )
        results = results._replace(in_top=_in_top(problem, results))
        narrow = _round_to_width(losses.loss.reshape(problem.shape), calculation)
        found = Answer(field, narrow, results.questions > 1)
        total = _add_unscored(_total_of(results), batch)
        if batch.sample_bytes is not None:
            total = total._replace(bytes=ExactSum.of(batch.sample_bytes))
        if calculation.want_error:
            total = total._replace(spread=batch_spread(batch, losses))
        return BatchAnswer(found, total, results)
    if field == "grad":
        gradients = formulas.gradients(problem, denominator)
        found = Answer(field, _round_to_width(gradients.reshape(batch.values.shape), calculation))
        return BatchAnswer(found, share_total(problem), gradients=gradients)
    values = (softmax.probs if field == "probs" else softmax.log_probs)(problem)
    found = Answer(field, _round_to_width(values.reshape(batch.values.shape), calculation))
    return BatchAnswer(found, Total(samples=values.shape[0] * values.shape[2]))


def _round_to_width(values: Array, calculation: Calculation) -> Array:
    """Round the values to the framework's width that --dtype asks for."""
    if calculation.dtype is None:
        return values
    return framework.narrow(values, calculation.dtype)


def right_predictions(results: PositionResults) -> NDArray[np.bool_] | None:
    """Where a position is not ignored and its label is predicted; None without predictions or
    labels."""
    if results.labels is None or results.predicted is None:
        return None
    right: NDArray[np.bool_] = results.predicted == results.labels
    return right & ~results.ignored


def _total_of(results: PositionResults) -> Total:
    """The totals of a batch of losses."""
    losses, hit = results.losses, right_predictions(results)
    return Total(
        loss=ExactSum.of(losses.loss),
        weight=ExactSum.of(losses.share),
        samples=losses.loss.size // max(1, results.questions),
        ignored=int(np.count_nonzero(results.ignored)),
        correct=0 if hit is None else int(np.count_nonzero(hit)),
        positive=_positive(results),
        root=ExactSum() if losses.root is None else ExactSum.of(losses.root),
        in_top=0 if results.in_top is None else int(np.count_nonzero(results.in_top)),
        brier=ExactSum() if losses.brier is None else ExactSum.of(losses.brier),
    )


def _predicted(batch: Batch, problem: Problem) -> NDArray[np.intp] | None:
    """The predicted class; for a token, whether the model would have chosen it."""
    if batch.tokens is None:
        return problem.calculation.formulas.predicted(problem)
    if batch.tokens.first_choices is None:
        return None
    return np.where(batch.tokens.first_choices, 0, -1)[:, np.newaxis]


def _in_top(problem: Problem, results: PositionResults) -> NDArray[np.bool_] | None:
    """Where a label that is not ignored is among the five classes with the largest values; None if
    that is not asked for, or says little because there are few classes."""
    calculation, labels = problem.calculation, results.labels
    if not calculation.want_scores or labels is None or results.predicted is None:
        return None
    if not calculation.has_top(problem.positions.shape[1]):
        return None
    kept = ~results.ignored & (results.predicted >= 0)
    return kept & among_largest(problem.positions, np.where(kept, labels, 0), TOP)


def _add_unscored(total: Total, batch: Batch) -> Total:
    """Add the tokens that have no log-probability to the total; they count as ignored."""
    if batch.tokens is None:
        return total
    unscored = batch.tokens.unscored.size
    return total._replace(samples=total.samples + unscored, ignored=total.ignored + unscored)


def _positive(results: PositionResults) -> int:
    """How many yes/no questions have the label yes."""
    if not results.questions or results.labels is None:
        return 0
    return int(np.count_nonzero(results.labels))


def share_total(problem: Problem) -> Total:
    """What a batch adds to the denominator. Its losses are not computed."""
    calculation, formulas = problem.calculation, problem.calculation.formulas
    share, ignored = formulas.shares(problem), formulas.ignored(problem)
    return Total(
        weight=ExactSum.of(share),
        samples=share.size // (problem.positions.shape[1] if calculation.loss.questions else 1),
        ignored=int(np.count_nonzero(ignored)),
    )
