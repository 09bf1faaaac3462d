"""The table of the figures beside a loss, which screen, pages, JSON and CSV show.

A new figure is an entry in ``FIGURES``. If it needs a sum over samples that is not there yet, the
sum is a new field of :class:`xentcli.core.total.Total`, filled in
:mod:`xentcli.calculation.answers`.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from xentcli.calculation.commands import Calculation
from xentcli.core import elementary
from xentcli.core.loss import divide
from xentcli.core.spread import close_pieces, standard_error
from xentcli.core.target import smoothed
from xentcli.core.total import Total
from xentcli.errors import counted
from xentcli.model import Figure, FigureForm, NamedTuple


class Results(NamedTuple):
    """What figures are computed from: the total of some samples, and what is known about them.

    ``classes`` is how many classes, or columns of questions, there are. ``has_labels`` is true for
    yes/no questions as well. ``independent`` is the name of samples that have positions, empty if
    they have none.
    """

    calculation: Calculation
    total: Total
    classes: int
    has_labels: bool = True
    mean_of_means: float | None = None
    independent: str = ""

    @property
    def mean(self) -> float:
        """The mean loss, whatever the reduction is."""
        return divide(self.total.loss.value, self.total.weight.value)

    @property
    def kept(self) -> int:
        """How many samples are not ignored."""
        return self.total.samples - self.total.ignored

    @property
    def answers(self) -> int:
        """How many predictions there are: one a sample, or one a question."""
        return self.kept * (self.classes if self.calculation.loss.questions else 1)


class Entry(NamedTuple):
    """A figure: its key in JSON, its name in tables, and the function that computes it.

    The function returns None where there is no such figure. ``name_of_one`` is the name if there is
    a single sample; if that is empty, tables leave the figure out then. ``of_groups``: groups have
    the figure as well. ``of_means``: only the reductions that average have it. For the other fields
    see :class:`xentcli.model.Figure`.
    """

    key: str
    name: str
    value: Callable[[Results], float | None]
    form: FigureForm = "rounded"
    name_of_one: str = ""
    of_groups: bool = False
    of_means: bool = False
    is_asked: bool = False
    note: Callable[[Results], str] | None = None


def figures_of(results: Results) -> tuple[Figure, ...]:
    """Compute the figures that a report has, in the order of the table."""
    calculation, several = results.calculation, results.total.samples > 1
    found = []
    for entry in FIGURES:
        value = entry.value(results)
        if value is None or (entry.of_means and not calculation.settings.averages):
            continue
        note = "" if entry.note is None else entry.note(results)
        name = entry.name if several else entry.name_of_one
        found.append(Figure(entry.key, name, value, entry.form, note, entry.is_asked))
    return tuple(found)


def figures_of_group(results: Results) -> tuple[Figure, ...]:
    """Compute the figures that a group of samples has."""
    return tuple(
        Figure(entry.key, entry.name, value, entry.form)
        for entry in OF_GROUPS
        if (value := entry.value(results)) is not None
    )


def perplexity(results: Results) -> float | None:
    """exp of the mean loss in nats; inf where that overflows.

    None where that is no perplexity: the losses are not plain −log p, or have different weights.
    """
    calculation = results.calculation
    settings = calculation.settings
    if (
        not calculation.loss.has_perplexity
        or calculation.weighs_samples
        or settings.weight is not None
        or not settings.is_plain
    ):
        return None
    return float(elementary.exp(results.mean * calculation.log_base))


def accuracy(results: Results) -> float | None:
    """The share of samples whose largest value is the label's, or of questions answered rightly."""
    if not results.calculation.want_accuracy or not _is_judged(results):
        return None
    return results.total.correct / results.answers


def top_5_accuracy(results: Results) -> float | None:
    """The share of samples whose label is among the five classes with the largest values."""
    calculation = results.calculation
    if not _has_scores(results) or not calculation.has_top(results.classes):
        return None
    return results.total.in_top / results.kept


def brier_score(results: Results) -> float | None:
    """The mean of the Brier scores."""
    if not _has_scores(results) or not results.calculation.loss.has_brier:
        return None
    return results.total.brier.value / results.answers


def _has_scores(results: Results) -> bool:
    return results.calculation.want_scores and _is_judged(results)


def _is_judged(results: Results) -> bool:
    """Whether there are predictions that can be right or wrong."""
    return results.has_labels and results.kept > 0


def bits_per_byte(results: Results) -> float | None:
    """Σℓ in bits, divided by the bytes of the text; None where it was not asked for."""
    calculation, total = results.calculation, results.total
    if not calculation.bits_per_byte:
        return None
    size = total.bytes.value if calculation.bytes is None else calculation.bytes
    # The divisor is 1 for a loss that is in bits already.
    return divide(total.loss.value / (elementary.LOG_OF_BASE["2"] / calculation.log_base), size)


def lowest_loss_of_labels(results: Results) -> float | None:
    """The entropy of a smoothed label; None without smoothing, and None with class weights."""
    calculation = results.calculation
    smoothing = calculation.settings.label_smoothing
    if not results.has_labels or smoothing == 0.0 or calculation.settings.weight is not None:
        return None
    from xentcli.core.entropy import lowest_loss

    target = smoothed(np.eye(1, results.classes), smoothing, 1)
    return float(lowest_loss(target, 1)[0]) / calculation.log_base


def error_of_mean(results: Results) -> float | None:
    """The standard error of the mean; None where it is not asked for or is undefined."""
    if not results.calculation.want_error:
        return None
    return standard_error(results.total.loss, results.total.weight, results.total.spread)


def _independent_samples(results: Results) -> str:
    """The number of independent samples behind a standard error, such as ``7 sequences``; empty
    where every position is a sample."""
    if not results.independent:
        return ""
    return counted(close_pieces(results.total.spread).samples, results.independent)


def _root_of_mean(results: Results) -> float | None:
    return math.sqrt(results.mean) if results.calculation.loss.name == "js" else None


def _mean_of_roots(results: Results) -> float | None:
    if results.calculation.loss.name != "js":
        return None
    return divide(results.total.root.value, results.total.weight.value)


FIGURES = (
    Entry("perplexity", "perplexity", perplexity, of_groups=True),
    Entry("accuracy", "accuracy", accuracy, "share", of_groups=True),
    Entry(
        "top_5_accuracy",
        "top-5 accuracy",
        top_5_accuracy,
        "share",
        name_of_one="top-5 accuracy",
    ),
    Entry("brier_score", "Brier score", brier_score, name_of_one="Brier score"),
    # It has no key here: JSON has it beside the groups.
    Entry("", "mean of the sequences' means", lambda results: results.mean_of_means, "full"),
    Entry(
        "bits_per_byte",
        "bits per byte",
        bits_per_byte,
        name_of_one="bits per byte",
        of_groups=True,
        is_asked=True,
    ),
    Entry(
        "",
        "lowest possible",
        lowest_loss_of_labels,
        name_of_one="lowest possible",
        of_means=True,
    ),
    Entry(
        "standard_error",
        "standard error",
        error_of_mean,
        "error",
        name_of_one="standard error",
        of_groups=True,
        note=_independent_samples,
    ),
    Entry("root_of_mean", "root of the mean", _root_of_mean, name_of_one="root", of_means=True),
    Entry("mean_of_roots", "mean of the roots", _mean_of_roots, of_means=True),
)
OF_GROUPS = tuple(entry for entry in FIGURES if entry.of_groups)
