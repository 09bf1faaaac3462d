"""What the losses of many samples look like: their sizes, the largest of them, and the figures of
each class and group. All are counts and exact sums, so that the order of merging does not matter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from xentcli.calculation.answers import Judged, hits
from xentcli.calculation.commands import Calculation
from xentcli.calculation.figures import Results, figures_of_group
from xentcli.calculation.spread import spreads
from xentcli.calculation.summary import narrow
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
# As many lines as an eye takes in at once: a little less than four powers of ten.
MOST_BINS = 11


class Wanted(NamedTuple):
    """Which figures are wanted: the ``top`` hardest samples (``top_asked``: --top asked for them),
    and groups ``by`` a column, which are sequences where ``by_sequence``. ``source`` is the file,
    and there are ``several`` or not. ``want_error`` asks for the standard error of each group."""

    source: str
    several: bool = False
    top: int = 0
    top_asked: bool = False
    by: str = ""
    by_sequence: bool = False
    want_error: bool = False


class Sums(NamedTuple):
    """The sums that a survey is made from. ``hardest`` is sorted by falling loss, equal losses in
    the order of the input. The dictionaries may be large, so :func:`merge` adds to them in place.
    """

    histogram: histogram.Counts
    classes: dict[int, Total]
    groups: dict[str, Total]
    hardest: tuple[HardSample, ...]


Name = TypeVar("Name", int, str)
# The ids of some samples of a batch, by their places in it.
Ids = Callable[[Sequence[int]], Sequence[str]]


def no_sums() -> Sums:
    """Return the sums over no samples."""
    return Sums(histogram.NOTHING, {}, {}, ())


def sums(batch: Batch, judged: Judged, wanted: Wanted, ids: Ids | None) -> Sums:
    """The sums of a batch."""
    kept = ~judged.ignored
    classes: dict[int, Total] = {}
    at_class = None if batch.tokens is not None else _classes(judged)
    if at_class is not None:
        # What stands for a label that could not be read is nobody's.
        known = kept.copy()
        known[list(batch.unread)] = False
        classes = _totals(at_class[known], judged, known)
    groups: dict[str, Total] = {}
    if batch.grouping is not None:
        everything = np.ones(kept.shape, dtype=bool)
        at = np.broadcast_to(np.reshape(batch.grouping.at, (-1, 1)), kept.shape)
        found = _with_bytes(_totals(at.ravel(), judged, everything), batch)
        if wanted.want_error and not wanted.by_sequence:
            for number, one in spreads(batch, judged.losses, batch.grouping.at).items():
                found[number] = found[number]._replace(spread=one)
        groups = {batch.grouping.names[number]: total for number, total in found.items()}
        _add_unscored(groups, batch)
    hardest = _hardest(batch, judged, wanted, ids)
    return Sums(histogram.counts(judged.losses.loss[kept]), classes, groups, hardest)


def _classes(judged: Judged) -> NDArray[np.int64] | None:
    """The class, or the question, of each position; None if there are none."""
    if not judged.questions:
        return judged.labels if judged.has_class_means else None
    outer, numbers = judged.ignored.shape
    each = np.repeat(np.arange(judged.questions), numbers // judged.questions)
    return np.broadcast_to(each, (outer, numbers))


def _totals(at: NDArray[np.intp], judged: Judged, among: NDArray[np.bool_]) -> dict[int, Total]:
    """The totals of each group; ``at`` has the group of each position ``among`` the batch's."""
    if not at.size:
        return {}
    loss = sums_by_group(judged.losses.loss[among], at)
    weight = sums_by_group(judged.losses.share[among], at)
    samples = np.bincount(at)
    ignored = np.bincount(at[judged.ignored[among]], minlength=samples.size)
    hit = hits(judged)
    correct = np.bincount(at if hit is None else at[hit[among]], minlength=samples.size)
    positive = np.zeros(samples.size, dtype=np.intp)
    if judged.questions:
        assert judged.labels is not None
        positive = np.bincount(at[judged.labels[among] == 1], minlength=samples.size)
    return {
        group: Total(
            loss[group],
            weight[group],
            int(samples[group]),
            int(ignored[group]),
            int(correct[group]) if hit is not None else 0,
            int(positive[group]),
        )
        for group in loss
    }


def _add_unscored(groups: dict[str, Total], batch: Batch) -> None:
    """Add the tokens without a log-probability to the groups of their sequences, as ignored."""
    if batch.tokens is None or batch.grouping is None:
        return
    counts = np.bincount(batch.tokens.unscored, minlength=len(batch.grouping.names)).tolist()
    for name, count in zip(batch.grouping.names, counts, strict=True):
        if count:
            unscored = Total(samples=count, ignored=count)
            groups[name] = groups.get(name, Total()) + unscored


def _with_bytes(totals: dict[int, Total], batch: Batch) -> dict[int, Total]:
    """The totals of the groups with the bytes of their samples."""
    if batch.sample_bytes is None or batch.grouping is None:
        return totals
    at = batch.grouping.at if batch.bytes_at is None else batch.bytes_at
    sizes = sums_by_group(batch.sample_bytes, at)
    return {
        group: totals.get(group, Total())._replace(bytes=sizes.get(group, ExactSum()))
        for group in {**totals, **sizes}
    }


def _hardest(
    batch: Batch, judged: Judged, wanted: Wanted, ids: Ids | None
) -> tuple[HardSample, ...]:
    losses = np.where(judged.ignored, -np.inf, judged.losses.loss).ravel()
    top = min(wanted.top, losses.size)
    if top == 0:
        return ()
    # nan makes the whole mean nan: nothing is harder.
    ranked = np.where(np.isnan(losses), np.inf, losses)
    least = np.partition(ranked, -top)[-top]
    candidates = np.flatnonzero((ranked >= least) & ~judged.ignored.ravel()).tolist()
    places = sorted(candidates, key=lambda at: _hardness(float(losses[at])), reverse=True)[:top]
    samples = [place // judged.ignored.shape[1] for place in places]
    names: Sequence[str | None] = ids(samples) if ids and samples else [None] * len(samples)
    return tuple(
        _hard(batch, judged, place, name, several=wanted.several)
        for place, name in zip(places, names, strict=True)
    )


def _hardness(loss: float) -> tuple[bool, float]:
    return (True, 0.0) if math.isnan(loss) else (False, loss)


def _hard(
    batch: Batch, judged: Judged, place: int, name: str | None, *, several: bool
) -> HardSample:
    sample, inside = divmod(place, judged.ignored.shape[1])
    inner = tuple(int(at) for at in np.unravel_index(inside, judged.inner)) if judged.inner else ()
    if batch.first_position:
        inner = (inner[0] + batch.first_position, *inner[1:])
    question = None
    if judged.questions > 1:
        question, inner = inner[0], inner[1:]
    labels = None if sample in batch.unread else judged.labels
    origin, predicted = batch.values_from, judged.predicted
    found = -1 if predicted is None else int(predicted[sample, inside])
    if batch.tokens is not None:
        return _hard_token(batch, batch.tokens, judged, sample, several=several)
    has_lines = origin.form in ("text", "json lines")
    return HardSample(
        (sample_number(batch, sample), *inner),
        float(judged.losses.loss[sample, inside]),
        None if labels is None else int(labels[sample, inside]),
        None if found < 0 else found,
        name,
        int(origin.lines[sample]) if has_lines else None,
        origin.source if several else "",
        question,
    )


def _hard_token(
    batch: Batch, tokens: Tokens, judged: Judged, sample: int, *, several: bool
) -> HardSample:
    return HardSample(
        (int(tokens.sequences[sample]), int(tokens.positions[sample])),
        float(judged.losses.loss[sample, 0]),
        file=batch.values_from.source if several else "",
        token=tokens.texts[sample],
    )


def merge(wanted: Wanted | None, known: Sums | None, found: Sums | None) -> Sums | None:
    """Merge two sums. ``known`` may be large, so its dictionaries are changed in place.

    ``found`` is not changed.
    """
    if wanted is None or known is None or found is None:
        return known
    _add(known.classes, found.classes)
    _add(known.groups, found.groups)
    if len(known.groups) > MOST_GROUPS:
        raise DataError(
            f"--by {wanted.by}: more than {MOST_GROUPS:,} different values",
            place=Place(wanted.source),
            hint="is every value another, as in a column of ids? --top lists single samples",
        )
    hardest = sorted(
        (*known.hardest, *found.hardest), key=lambda one: _hardness(one.loss), reverse=True
    )
    counts = tuple(map(sum, zip(known.histogram, found.histogram, strict=True)))
    return Sums(counts, known.classes, known.groups, tuple(hardest[: wanted.top]))


def _add(known: dict[Name, Total], found: dict[Name, Total]) -> None:
    for name, total in found.items():
        known[name] = known[name] + total if name in known else total


def moved_position(shown: HardSample | WorkedSample, samples: int) -> tuple[int, ...]:
    """The position of a sample that ``samples`` others precede; that of a token stays."""
    first, *rest = shown.position
    return shown.position if shown.token is not None else (first + samples, *rest)


def shift(sums: Sums, samples: int, lines: int) -> Sums:
    """The sums with their numbers of samples and lines moved on by that much."""
    return sums._replace(
        hardest=tuple(
            one._replace(
                position=moved_position(one, samples),
                line=None if one.line is None else one.line + lines,
            )
            for one in sums.hardest
        )
    )


def survey(
    sums: Sums, wanted: Wanted, calculation: Calculation, classes: Sequence[str], *, labelled: bool
) -> Survey:
    """Make the survey that is shown from the sums."""
    # Bytes belong to samples and groups: how many of them are a class's, nothing says.
    mean = calculation._replace(
        settings=calculation.settings._replace(reduction="mean"), bits_per_byte=False
    )
    groups = tuple(
        _group(name, sums.groups[name], calculation, labelled=labelled, questions=len(classes))
        for name in sorted(sums.groups, key=_natural)
    )
    if wanted.by_sequence:
        groups = tuple(one._replace(tokens=one.samples - one.ignored) for one in groups)
    return Survey(
        bins(sums.histogram),
        tuple(
            _group(classes[label], total, mean, labelled=True, questions=1)
            for label, total in sorted(sums.classes.items())
        ),
        sums.hardest,
        wanted.top_asked,
        wanted.by,
        groups,
        _mean_of_means(sums.groups.values())
        if wanted.by_sequence and calculation.settings.averages
        else None,
    )


def spread_of_sequences(sums: Sums) -> Spread:
    """The spread of the losses of sequences, which are the groups."""
    groups = sums.groups.values()
    return spread_of(
        np.array([one.loss.value for one in groups]), np.array([one.weight.value for one in groups])
    )


def _mean_of_means(sequences: Iterable[Total]) -> float | None:
    """The mean of the sequences' means, without sequences in which nothing counts; None where it
    equals the mean over all tokens."""
    counted = [one for one in sequences if one.weight.value]
    means = [one.loss.value / one.weight.value for one in counted]
    if len({one.weight.value for one in counted}) < 2 or len(set(means)) < 2:
        return None
    return ExactSum.of(means).value / len(means)


def _natural(name: str) -> tuple[bool, float, str]:
    """A sort key: numbers by size, then words."""
    try:
        number = float(name)
    except ValueError:
        number = math.nan
    return (True, 0.0, name) if math.isnan(number) else (False, number, name)


def _group(
    name: str, total: Total, calculation: Calculation, *, labelled: bool, questions: int
) -> Group:
    """The figures of a group whose samples have that many questions."""
    loss, weight, by_yes_no = total.loss.value, total.weight.value, calculation.loss.questions
    averages = calculation.settings.averages
    result, denominator = (divide(loss, weight), weight) if averages else (loss, 1.0)
    # A group of questions counts each of them as a sample.
    results = Results(calculation, total, 1, labelled or by_yes_no)
    return Group(
        name,
        float(narrow(result, calculation)),
        total.samples // questions if by_yes_no else total.samples,
        total.ignored,
        denominator,
        figures_of_group(results),
        total.positive if by_yes_no else None,
        loss_sum=loss,
    )


def bins(counts: histogram.Counts) -> tuple[Bin, ...]:
    """The counts as bins, from the smallest losses to the largest; the smallest share one bin."""
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
