"""Lists what is written if there is not a row for each sample: the loss, the loss of each group, or
the hardest samples.

The rows are the same in every format; only how a cell is written differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xentcli.model import Group, HardSample, NamedTuple, Report
from xentcli.writers.rows.numbers import shortest_text, strict_json

FIGURES = ("loss", "reduction", "samples", "ignored", "denominator")


class Listing(NamedTuple):
    """A table; its cells are whole numbers, floats, words, or None if they are empty."""

    names: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def list_report(report: Report) -> Listing:
    """List what the options ask for: the groups, the hardest samples, or else the loss alone."""
    survey = report.survey
    if survey is not None and survey.by:
        return list_groups(survey.groups, survey.by, report)
    if survey is not None and survey.top_asked:
        return list_hardest(survey.hardest, report)
    reduced = (report.result, report.reduction, report.samples, report.ignored, report.denominator)
    asked = [figure for figure in report.figures if figure.is_asked]
    names = (figure.key for figure in asked)
    return Listing((*FIGURES, *names), ((*reduced, *(figure.value for figure in asked)),))


def list_groups(groups: Sequence[Group], by: str, report: Report) -> Listing:
    """List the groups, one a row. The first column has the name of the column that groups them."""
    counts = [
        name
        for name in ("positive", "tokens")
        if any(getattr(group, name) is not None for group in groups)
    ]
    keys = keys_of_figures(groups)
    rows = (
        (
            group.name,
            group.result,
            report.reduction,
            group.samples,
            group.ignored,
            group.denominator,
            *(getattr(group, name) for name in counts),
            *(None if figure is None else figure.value for figure in map(group.figure, keys)),
        )
        for group in groups
    )
    return Listing((by, *FIGURES, *counts, *keys), tuple(rows))


def keys_of_figures(groups: Sequence[Group]) -> list[str]:
    """The keys of the figures that any of the groups has, in their order."""
    # The order is that of a group with most figures; a group whose samples are all ignored has few.
    longest_first = sorted((group.figures for group in groups), key=len, reverse=True)
    return list(dict.fromkeys(figure.key for figures in longest_first for figure in figures))


def list_hardest(samples: Sequence[HardSample], report: Report) -> Listing:
    """List samples, one a row. ``d1`` and so on give the position in a sample that has several.
    Classes and questions are given by name if they have one."""
    if any(sample.token is not None for sample in samples):
        return _hardest_tokens(samples)
    # The label of a yes/no question is 0 or 1; it names no class.
    classes = () if report.questions else report.classes
    dimensions = max((len(sample.position) - 1 for sample in samples), default=0)
    columns: dict[str, list[Any]] = {
        "sample": [sample.position[0] for sample in samples],
        **{
            f"d{at + 1}": [sample.position[at + 1] for sample in samples]
            for at in range(dimensions)
        },
        "file": [sample.file or None for sample in samples],
        "line": [sample.line for sample in samples],
        "question": [_class(sample.question, report.classes) for sample in samples],
        "id": [sample.id for sample in samples],
        "label": [_class(sample.label, classes) for sample in samples],
        "predicted": [_class(sample.predicted, classes) for sample in samples],
        "loss": [sample.loss for sample in samples],
    }
    kept = {
        name: values
        for name, values in columns.items()
        if name in ("sample", "loss") or any(value is not None for value in values)
    }
    return Listing(tuple(kept), tuple(zip(*kept.values(), strict=True)))


def _hardest_tokens(samples: Sequence[HardSample]) -> Listing:
    names = ("sequence", "position", "token", "loss")
    rows = tuple((*sample.position, sample.token, sample.loss) for sample in samples)
    if not any(sample.file for sample in samples):
        return Listing(names, rows)
    return Listing(
        ("file", *names),
        tuple((sample.file, *row) for sample, row in zip(samples, rows, strict=True)),
    )


def _class(index: int | None, classes: Sequence[str]) -> int | str | None:
    if index is None or not 0 <= index < len(classes):
        # The label of an ignored sample is a number that no class has.
        return index
    # The names of classes without names are their numbers, which stay numbers in JSON.
    return index if classes[index] == str(index) else classes[index]


def as_text(value: Any) -> str:
    """Write a value as a cell of text."""
    if value is None:
        return ""
    return str(value) if isinstance(value, (int, str)) else shortest_text(value)


def as_json(value: Any) -> str:
    """Write a value as JSON."""
    if value is None or isinstance(value, (int, str)):
        import json  # not for a table, which lists as well

        return json.dumps(value, ensure_ascii=False)
    return strict_json(shortest_text(value))
