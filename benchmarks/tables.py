"""What a benchmark answers with, and how that is shown; the same for the screen and the pages."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

Rounds = Mapping[str, Sequence[float]]


@dataclass(frozen=True)
class Line:
    """One thing measured; the note says why it was not."""

    name: str
    values: Mapping[str, float] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Target:
    """A figure beside what it should not exceed (None: it is only worth knowing)."""

    name: str
    value: float
    low: float
    high: float
    limit: float | None = None
    unit: str = ""


@dataclass(frozen=True)
class Table:
    """Lines, and the figures that follow from them."""

    title: str
    lines: Sequence[Line]
    targets: Sequence[Target] = ()

    def as_json(self) -> dict[str, Any]:
        """What the results file holds."""
        return asdict(self)


def ratio(rounds: Rounds, of: str, to: str, limit: float | None = None) -> list[Target]:
    """The median of the rounds' ratios, where both were measured."""
    if not rounds.get(of) or not rounds.get(to):
        return []
    return [summary(f"{of} / {to}", over(rounds[of], rounds[to]), limit)]


def best(rounds: Rounds, among: Sequence[str]) -> str:
    """The quickest by its median; the first of them where none was measured."""
    measured = [name for name in among if rounds.get(name)]
    return min(measured or among[:1], key=lambda name: statistics.median(rounds.get(name) or [0.0]))


def over(dividends: Sequence[float], divisors: Sequence[float]) -> list[float]:
    """Round by round, so that what slows one round down leaves its ratio as it is."""
    return [a / b for a, b in zip(dividends, divisors, strict=True)]


def summary(
    name: str, values: Sequence[float], limit: float | None = None, unit: str = ""
) -> Target:
    """The median and how far the values spread."""
    return Target(name, statistics.median(values), min(values), max(values), limit, unit)


def as_text(table: Mapping[str, Any]) -> str:
    """For the screen: aligned columns."""
    grid = cells(table)
    widths = [max(len(row[place]) for row in grid) for place in range(len(grid[0]))]
    lines = [
        "  ".join(
            cell.ljust(width) if place == 0 else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in grid
    ]
    return "\n".join([table["title"], *lines, *map(said, table["targets"])]) + "\n"


def as_markdown(table: Mapping[str, Any]) -> str:
    """For a page."""
    head, *rows = [[cell.replace("|", "\\|") for cell in row] for row in cells(table)]
    ruler = ["---", *["---:"] * (len(head) - 1)]
    lines = [f"| {' | '.join(row)} |" for row in [head, ruler, *rows]]
    targets = [f"- {said(target)}" for target in table["targets"]]
    return "\n".join([f"**{table['title']}**", "", *lines, *([""] if targets else []), *targets])


def cells(table: Mapping[str, Any]) -> list[list[str]]:
    """The header and the lines; a note, where there are some, in a column of its own."""
    columns = list(dict.fromkeys(name for line in table["lines"] for name in line["values"]))
    notes = any(line["note"] for line in table["lines"])
    rows = [
        [
            line["name"],
            *(number(line["values"].get(column)) for column in columns),
            *([line["note"]] if notes else []),
        ]
        for line in table["lines"]
    ]
    return [["", *columns, *([""] if notes else [])], *rows]


def said(target: Mapping[str, Any]) -> str:
    """A target in words."""
    unit = f" {target['unit']}" if target["unit"] else ""
    spread = f" ({number(target['low'])} to {number(target['high'])})"
    text = f"{target['name']}: {number(target['value'])}{unit}"
    if target["low"] < target["high"]:
        text += spread
    if target["limit"] is None:
        return text
    verdict = "" if target["value"] <= target["limit"] else ": missed"
    return f"{text}; at most {number(target['limit'])}{unit}{verdict}"


def number(value: float | None) -> str:
    """Three digits; whole numbers whole."""
    if value is None:
        return ""
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    if abs(value) >= 100:
        return f"{value:.0f}"
    if abs(value) < 1e-3:
        return f"{value:.1e}"
    # "#" keeps the zeros: 0.50 s was measured to that digit.
    return f"{value:#.3g}".rstrip(".")
