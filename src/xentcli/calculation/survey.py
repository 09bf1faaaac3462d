"""The survey of many samples: the sizes of their losses, the largest of these, and the figures of
each class and group.

It is made from counts and exact sums, so that the order in which these are merged does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from xentcli.calculation.answers import PositionResults, right_predictions
from xentcli.calculation.commands import Calculation
from xentcli.calculation.figures import Results, figures_of_group
from xentcli.calculation.spread import group_spreads
from xentcli.calculation.summary import round_to_width
from xentcli.core import histogram
from xentcli.core.loss import divide
from xentcli.core.spread import spread_of
from xentcli.core.total import ExactSum, Spread, Total, sums_by_group
from xentcli.errors import DataError, Place
from xentcli.model import (
    Batch,
    Bin,
    Group,
    HardSample,
    NamedTuple,
    Survey,
    Tokens,
    WorkedSample,
    sample_number,
)

MOST_GROUPS = 100_000
# So many lines are taken in at a glance; they span a little less than four powers of ten.
MOST_BINS = 11


class SurveyRequest(NamedTuple):
    """What the survey is to have.

    - ``source``: the input. ``several``: it is several files.
    - ``top``: how many of the hardest samples. ``top_asked``: --top asked for them.
    - ``by``: the column of the groups. ``by_sequence``: the groups are sequences.
    - ``want_error``: each group has a standard error.
    """

    source: str
    several: bool = False
    top: int = 0
    top_asked: bool = False
    by: str = ""
    by_sequence: bool = False
    want_error: bool = False


class Sums(NamedTuple):
    """The sums that a survey is made from.

    ``hardest`` is sorted by falling loss; equal losses are in the order of the input. The
    dictionaries may be large, so :func:`merge_sums` adds to them in place.
    """

    histogram: histogram.Counts
    classes: dict[int, Total]
    groups: dict[str, Total]
    hardest: tuple[HardSample, ...]


Name = TypeVar("Name", int, str)
# A function that gives the ids of some samples of a batch, which are named by their indices in it.
Ids = Callable[[Sequence[int]], Sequence[str]]


def no_sums() -> Sums:
    """Make the sums over no samples, for others to be merged into."""
    return Sums(histogram.NOTHING, {}, {}, ())


def compute_sums(
    batch: Batch, results: PositionResults, request: SurveyRequest, ids: Ids | None
) -> Sums:
    """Compute the sums of a batch."""
    kept = ~results.ignored
    classes: dict[int, Total] = {}
    at_class = None if batch.tokens is not None else _class_of_each(results)
    if at_class is not None:
        # A sample whose label could not be read belongs to no class.
        known = kept.copy()
        known[list(batch.unread)] = False
        classes = _totals_by_group(at_class[known], results, known)
    groups: dict[str, Total] = {}
    if batch.grouping is not None:
        everything = np.ones(kept.shape, dtype=bool)
        at = np.broadcast_to(np.reshape(batch.grouping.at, (-1, 1)), kept.shape)
        found = _add_bytes(_totals_by_group(at.ravel(), results, everything), batch)
        if request.want_error and not request.by_sequence:
            spreads = group_spreads(batch, results.losses, batch.grouping.at)
            for number, spread in spreads.items():
                found[number] = found[number]._replace(spread=spread)
        groups = {batch.grouping.names[number]: total for number, total in found.items()}
        _add_unscored(groups, batch)
    hardest = _hardest(batch, results, request, ids)
    return Sums(histogram.counts(results.losses.loss[kept]), classes, groups, hardest)


def _class_of_each(results: PositionResults) -> NDArray[np.int64] | None:
    """The index of the class, or of the question, of each position; None if the classes have no
    figures."""
    if not results.questions:
        return results.labels if results.has_class_means else None
    outer, numbers = results.ignored.shape
    each = np.repeat(np.arange(results.questions), numbers // results.questions)
    return np.broadcast_to(each, (outer, numbers))


def _totals_by_group(
    at: NDArray[np.intp], results: PositionResults, among: NDArray[np.bool_]
) -> dict[int, Total]:
    """The total of each group. ``among`` says which positions of the batch are meant, and ``at``
    has the group of each of these."""
    if not at.size:
        return {}
    loss = sums_by_group(results.losses.loss[among], at)
    weight = sums_by_group(results.losses.share[among], at)
    samples = np.bincount(at)
    ignored = np.bincount(at[results.ignored[among]], minlength=samples.size)
    hit = right_predictions(results)
    correct = np.bincount(at if hit is None else at[hit[among]], minlength=samples.size)
    positive = np.zeros(samples.size, dtype=np.intp)
    if results.questions:
        assert results.labels is not None
        positive = np.bincount(at[results.labels[among] == 1], minlength=samples.size)
    return {
        group: Total(
            loss=loss[group],
            weight=weight[group],
            samples=int(samples[group]),
            ignored=int(ignored[group]),
            correct=int(correct[group]) if hit is not None else 0,
            positive=int(positive[group]),
        )
        for group in loss
    }


def _add_unscored(groups: dict[str, Total], batch: Batch) -> None:
    """Add the tokens without a log-probability to the groups of their sequences, in place. They
    count as ignored."""
    if batch.tokens is None or batch.grouping is None:
        return
    counts = np.bincount(batch.tokens.unscored, minlength=len(batch.grouping.names)).tolist()
    for name, count in zip(batch.grouping.names, counts, strict=True):
        if count:
            unscored = Total(samples=count, ignored=count)
            groups[name] = groups.get(name, Total()) + unscored


def _add_bytes(totals: dict[int, Total], batch: Batch) -> dict[int, Total]:
    """Add the bytes of the samples to the totals of their groups."""
    if batch.sample_bytes is None or batch.grouping is None:
        return totals
    at = batch.grouping.at if batch.bytes_at is None else batch.bytes_at
    sizes = sums_by_group(batch.sample_bytes, at)
    return {
        group: totals.get(group, Total())._replace(bytes=sizes.get(group, ExactSum()))
        for group in {**totals, **sizes}
    }


def _hardest(
    batch: Batch, results: PositionResults, request: SurveyRequest, ids: Ids | None
) -> tuple[HardSample, ...]:
    losses = np.where(results.ignored, -np.inf, results.losses.loss).ravel()
    top = min(request.top, losses.size)
    if top == 0:
        return ()
    # A loss of nan ranks highest: it makes the whole mean nan.
    ranked = np.where(np.isnan(losses), np.inf, losses)
    least = np.partition(ranked, -top)[-top]
    candidates = np.flatnonzero((ranked >= least) & ~results.ignored.ravel()).tolist()
    places = sorted(candidates, key=lambda at: _hardness(float(losses[at])), reverse=True)[:top]
    samples = [place // results.ignored.shape[1] for place in places]
    names: Sequence[str | None] = ids(samples) if ids and samples else [None] * len(samples)
    return tuple(
        _hard_sample(batch, results, place, name, several=request.several)
        for place, name in zip(places, names, strict=True)
    )


def _hardness(loss: float) -> tuple[bool, float]:
    return (True, 0.0) if math.isnan(loss) else (False, loss)


def _hard_sample(
    batch: Batch, results: PositionResults, place: int, name: str | None, *, several: bool
) -> HardSample:
    sample, inside = divmod(place, results.ignored.shape[1])
    inner: tuple[int, ...] = ()
    if results.inner:
        inner = tuple(int(at) for at in np.unravel_index(inside, results.inner))
    if batch.first_position:
        inner = (inner[0] + batch.first_position, *inner[1:])
    question = None
    if results.questions > 1:
        question, inner = inner[0], inner[1:]
    labels = None if sample in batch.unread else results.labels
    origin, predicted = batch.values_from, results.predicted
    found = -1 if predicted is None else int(predicted[sample, inside])
    if batch.tokens is not None:
        return _hard_token(batch, batch.tokens, results, sample, several=several)
    has_lines = origin.form in ("text", "json lines")
    return HardSample(
        (sample_number(batch, sample), *inner),
        float(results.losses.loss[sample, inside]),
        label=None if labels is None else int(labels[sample, inside]),
        predicted=None if found < 0 else found,
        id=name,
        line=int(origin.lines[sample]) if has_lines else None,
        file=origin.source if several else "",
        question=question,
    )


def _hard_token(
    batch: Batch, tokens: Tokens, results: PositionResults, sample: int, *, several: bool
) -> HardSample:
    return HardSample(
        (int(tokens.sequences[sample]), int(tokens.positions[sample])),
        float(results.losses.loss[sample, 0]),
        file=batch.values_from.source if several else "",
        token=tokens.texts[sample],
    )


def merge_sums(
    request: SurveyRequest | None, known: Sums | None, found: Sums | None
) -> Sums | None:
    """Merge ``found`` into ``known``, whose dictionaries may be large and are changed in place.

    ``found`` is not changed.
    """
    if request is None or known is None or found is None:
        return known
    _add_totals(known.classes, found.classes)
    _add_totals(known.groups, found.groups)
    if len(known.groups) > MOST_GROUPS:
        raise DataError(
            f"--by {request.by}: more than {MOST_GROUPS:,} different values",
            place=Place(request.source),
            hint="is every value another, as in a column of ids? --top lists single samples",
        )
    hardest = sorted(
        (*known.hardest, *found.hardest), key=lambda hard: _hardness(hard.loss), reverse=True
    )
    counts = tuple(map(sum, zip(known.histogram, found.histogram, strict=True)))
    return Sums(counts, known.classes, known.groups, tuple(hardest[: request.top]))


def _add_totals(known: dict[Name, Total], found: dict[Name, Total]) -> None:
    for name, total in found.items():
        known[name] = known[name] + total if name in known else total


def moved_position(shown: HardSample | WorkedSample, samples: int) -> tuple[int, ...]:
    """The position of a sample after ``samples`` others; the position of a token stays the same."""
    first, *rest = shown.position
    return shown.position if shown.token is not None else (first + samples, *rest)


def shift_sums(sums: Sums, samples: int, lines: int) -> Sums:
    """Move the numbers of samples and lines on by so many that come before."""
    return sums._replace(
        hardest=tuple(
            hard._replace(
                position=moved_position(hard, samples),
                line=None if hard.line is None else hard.line + lines,
            )
            for hard in sums.hardest
        )
    )


def make_survey(
    sums: Sums,
    request: SurveyRequest,
    calculation: Calculation,
    classes: Sequence[str],
    *,
    labelled: bool,
) -> Survey:
    """Make the survey that is shown from the sums."""
    # The bytes are those of samples and groups; no class has a number of bytes.
    mean = calculation._replace(
        settings=calculation.settings._replace(reduction="mean"), bits_per_byte=False
    )
    groups = tuple(
        _make_group(name, sums.groups[name], calculation, labelled=labelled, questions=len(classes))
        for name in sorted(sums.groups, key=_natural_key)
    )
    if request.by_sequence:
        groups = tuple(group._replace(tokens=group.samples - group.ignored) for group in groups)
    return Survey(
        make_bins(sums.histogram),
        tuple(
            _make_group(classes[label], total, mean, labelled=True, questions=1)
            for label, total in sorted(sums.classes.items())
        ),
        sums.hardest,
        request.top_asked,
        request.by,
        groups,
        _mean_of_means(sums.groups.values())
        if request.by_sequence and calculation.settings.averages
        else None,
    )


def spread_of_sequences(sums: Sums) -> Spread:
    """The spread of the losses of sequences, which are the groups."""
    groups = sums.groups.values()
    losses = np.array([total.loss.value for total in groups])
    return spread_of(losses, np.array([total.weight.value for total in groups]))


def _mean_of_means(sequences: Iterable[Total]) -> float | None:
    """The mean of the means of the sequences in which not every token is ignored; None where it
    equals the mean over all tokens."""
    counted = [total for total in sequences if total.weight.value]
    means = [total.loss.value / total.weight.value for total in counted]
    if len({total.weight.value for total in counted}) < 2 or len(set(means)) < 2:
        return None
    return ExactSum.of(means).value / len(means)


def _natural_key(name: str) -> tuple[bool, float, str]:
    """A key that sorts numbers by size, and words after them."""
    try:
        number = float(name)
    except ValueError:
        number = math.nan
    return (True, 0.0, name) if math.isnan(number) else (False, number, name)


def _make_group(
    name: str, total: Total, calculation: Calculation, *, labelled: bool, questions: int
) -> Group:
    """Make a group from its total; each of its samples has ``questions`` yes/no questions."""
    loss, weight, by_yes_no = total.loss.value, total.weight.value, calculation.loss.questions
    averages = calculation.settings.averages
    result, denominator = (divide(loss, weight), weight) if averages else (loss, 1.0)
    # The total of a group counts each question as a sample, so there is one answer for each.
    results = Results(calculation, total, 1, labelled or by_yes_no)
    return Group(
        name,
        float(round_to_width(result, calculation)),
        total.samples // questions if by_yes_no else total.samples,
        total.ignored,
        denominator,
        figures_of_group(results),
        total.positive if by_yes_no else None,
        loss_sum=loss,
    )


def make_bins(counts: histogram.Counts) -> tuple[Bin, ...]:
    """Make bins of the counts, from the smallest losses to the largest. If there are too many, the
    smallest losses share one bin."""
    *finite, infinite, undefined = counts
    edges = (-math.inf, *histogram.EDGES, math.inf)
    met = [at for at, count in enumerate(finite) if count]
    found: list[Bin] = []
    if met:
        first = max(met[0], met[-1] - MOST_BINS + 1)
        below = sum(finite[:first])
        if below:
            found.append(Bin(-math.inf, edges[first], below))
        found += [Bin(edges[at], edges[at + 1], finite[at]) for at in range(first, met[-1] + 1)]
    if infinite:
        found.append(Bin(math.inf, math.inf, infinite))
    if undefined:
        found.append(Bin(math.nan, math.nan, undefined))
    return tuple(found)
