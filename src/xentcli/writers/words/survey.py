"""The words and numbers of a survey that tables and pages show alike."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from xentcli.errors import counted, quoted, rounded
from xentcli.model import Bin, Group, HardSample, NamedTuple, Report
from xentcli.writers.interface import View
from xentcli.writers.rows.listing import keys_of_figures
from xentcli.writers.rows.listing import list_hardest as listing_of_hardest
from xentcli.writers.view import replace_letters
from xentcli.writers.words.grid import shown_name
from xentcli.writers.words.report import figure_text

MOST_LINES = 20
# More classes are a vocabulary, of which MOST_LABELS are shown.
MANY_CLASSES = 200
MOST_LABELS = 10
# An id or a group's value may be a path, which is cut later than the name of a class.
LONGEST_ID = 48
# The columns that may hold words; all others hold numbers.
WORDS = ("token", "value", "file", "question", "id", "label", "predicted")


def bin_range(bin: Bin) -> str:
    """Format the range of a bin; ``inf`` or ``nan`` if that is what its losses are.

    >>> bin_range(Bin(0.1, 0.2, 3)), bin_range(Bin(-math.inf, 0.001, 3))
    ('0.1 – 0.2', 'below 0.001')
    """
    if not math.isfinite(bin.low) and bin.low != -math.inf:
        return f"{bin.low}"
    if bin.low == -math.inf:
        return f"below {bin.high:g}"
    return f"from {bin.low:g}" if bin.high == math.inf else f"{bin.low:g} – {bin.high:g}"


def hardest_groups(groups: Sequence[Group], most: int = MOST_LINES) -> tuple[Group, ...]:
    """The groups in order; if they are too many, those with the largest losses, largest first."""
    if len(groups) <= most:
        return tuple(groups)
    # A loss of nan ranks highest: it makes the whole mean nan.
    key = {group.name: math.inf if math.isnan(group.result) else group.result for group in groups}
    return tuple(sorted(groups, key=lambda group: key[group.name], reverse=True)[:most])


class LabelTable(NamedTuple):
    """Some labels of a vocabulary under a title. Their numbers are the sums of their losses
    (``of_sums``) or the means."""

    title: str
    groups: tuple[Group, ...]
    of_sums: bool

    @property
    def numbers(self) -> list[float]:
        """The number of each label."""
        return [group.loss_sum if self.of_sums else group.result for group in self.groups]


def label_tables(classes: Sequence[Group]) -> tuple[LabelTable, LabelTable]:
    """Two tables of a vocabulary: its most frequent labels, and those whose losses have the largest
    sums. The mean loss of every class would say little, as most classes are rare."""
    frequent = sorted(classes, key=lambda group: -group.samples)[:MOST_LABELS]
    size = {
        group.name: math.inf if math.isnan(group.loss_sum) else group.loss_sum for group in classes
    }
    costly = sorted(classes, key=lambda group: -size[group.name])[:MOST_LABELS]
    return (
        LabelTable("mean loss of the most frequent labels", tuple(frequent), False),
        LabelTable("sum of the losses of the labels that lose most", tuple(costly), True),
    )


def is_vocabulary(report: Report) -> bool:
    """Whether there are too many classes to look at each of them."""
    return len(report.classes) > MANY_CLASSES and not report.questions


def bar_shares(losses: Sequence[float]) -> list[float]:
    """The length of each loss's bar as a share of the longest; 1 for inf and nan."""
    largest = max((loss for loss in losses if math.isfinite(loss)), default=0.0)

    def share(loss: float) -> float:
        if not math.isfinite(loss):
            return 1.0
        return loss / largest if largest > 0 else 0.0

    return [share(loss) for loss in losses]


def class_words(group: Group) -> list[str]:
    """The words beside the bar of a class: ``3 samples``, ``1 positive``, ``66.7 % right``."""
    words = [counted(group.samples, "sample")]
    if group.positive is not None:
        words.append(f"{group.positive:,} positive")
    accuracy = group.figure("accuracy")
    if accuracy is not None:
        words.append(f"{100 * accuracy.value:.1f} % right")
    return words


def group_columns(groups: Sequence[Group], what: str, view: View) -> dict[str, list[str]]:
    """The columns of a table of groups or classes, as lists of cells; the loss comes last."""
    columns = {
        what: [shown_name(group.name, view, LONGEST_ID) or "(empty)" for group in groups],
        "samples": [f"{group.samples:,}" for group in groups],
    }
    if any(group.tokens is not None for group in groups):
        columns["tokens"] = [f"{group.tokens or 0:,}" for group in groups]
        del columns["samples"]
    elif any(group.ignored for group in groups):
        columns["ignored"] = [f"{group.ignored:,}" for group in groups]
    if any(group.positive is not None for group in groups):
        columns["positive"] = [f"{group.positive or 0:,}" for group in groups]
    for key in keys_of_figures(groups):
        figures = [group.figure(key) for group in groups]
        name = next(figure.name for figure in figures if figure is not None)
        columns[name] = ["" if figure is None else figure_text(figure, view) for figure in figures]
    columns["loss"] = [rounded(group.result, view.digits) for group in groups]
    return columns


def hard_columns(hardest: Sequence[HardSample], report: Report, view: View) -> dict[str, list[str]]:
    """The columns of a table of the hardest samples, as lists of cells; the loss comes last."""
    name = partial(shown_name, view=view, longest=LONGEST_ID)
    of_class = partial(_shown_class, view=view)
    show: dict[str, Callable[[Any], str]] = {
        "file": name,
        "line": str,
        "question": of_class,
        "id": name,
        "label": of_class,
        "predicted": of_class,
        "loss": lambda loss: rounded(loss, view.digits),
        "sequence": str,
        "position": str,
        "token": lambda text: replace_letters(quoted(text), view),
    }
    listed = listing_of_hardest(hardest, report)
    columns = {}
    if "sample" in listed.names:
        columns["sample"] = [", ".join(map(str, sample.position)) for sample in hardest]
    for column, cells in zip(listed.names, zip(*listed.rows, strict=True), strict=True):
        if column in show:
            columns[column] = ["" if cell is None else show[column](cell) for cell in cells]
    return columns


def _shown_class(written: str | int, view: View) -> str:
    """The name of a class, cut if it is long; its number if it has no name."""
    return shown_name(str(written), view)


def has_words(name: str, cells: Sequence[str]) -> bool:
    """Whether a column holds words, which are left-aligned."""
    return name in WORDS and not all(cell.isdecimal() or not cell for cell in cells)
