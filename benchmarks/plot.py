"""Draws wall.svg, wall time against rows on logarithmic axes, from the results file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

from benchmarks import results

FILE = Path(__file__).parent / "wall.svg"
WIDTH, HEIGHT = 760, 460
LEFT, RIGHT, TOP, BOTTOM = 64, 190, 34, 52
# The least distance between two labels at the lines' ends.
APART = 16
# Colours that keep a contrast of 3 to 1 with white and with black. xent's line is also the
# thickest, and dashes tell the lines apart where colours do not.
STYLES = {
    "xent": ("#d9480f", 3.2, ""),
    "xent without fast": ("#d9480f", 1.8, "6 4"),
    "xent, from a pipe": ("#d9480f", 1.8, "2 3"),
    "polars + numpy": ("#1c7ed6", 1.8, ""),
    "polars expressions": ("#1c7ed6", 1.8, "6 4"),
    "duckdb SQL": ("#2b8a3e", 1.8, ""),
    "pandas + scipy": ("#ae3ec9", 1.8, ""),
    "pandas + torch": ("#ae3ec9", 1.8, "6 4"),
}
GREY = "#868e96"


def write(file: Path) -> Path:
    """Draw the section `growth`."""
    sections = results.load(file)
    if "growth" not in sections:
        raise SystemExit("no results of growth: run python -m benchmarks growth first")
    FILE.write_text(drawn(series(sections["growth"]["tables"][0])), encoding="utf-8")
    return FILE


def series(table: dict[str, Any]) -> dict[str, list[tuple[int, float]]]:
    """(rows, seconds) by program; those that were not there are left out."""
    return {
        line["name"]: [(int(rows), wall) for rows, wall in line["values"].items()]
        for line in table["lines"]
        if line["values"]
    }


def drawn(lines: dict[str, list[tuple[int, float]]]) -> str:
    """The picture."""
    points = [point for line in lines.values() for point in line]
    rows = extent([x for x, _ in points])
    walls = extent([y for _, y in points], room=0.08)

    def across(value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * share(value, rows)

    def down(value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * share(value, walls)

    parts = [head(lines)]
    for power in powers(rows):
        x = across(10.0**power)
        parts.append(rule(x, TOP, x, HEIGHT - BOTTOM))
        parts.append(words(x, HEIGHT - BOTTOM + 18, f"{10**power:,}".replace(",", " "), "middle"))
    for power in powers(walls):
        y = down(10.0**power)
        parts.append(rule(LEFT, y, WIDTH - RIGHT, y))
        parts.append(words(LEFT - 8, y + 4, f"{10.0**power:g} s", "end"))
    parts.append(words((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 12, "rows of 10 classes", "middle"))
    parts.append(words(LEFT, TOP - 14, "wall time of the whole process", "start"))
    ends = {name: down(line[-1][1]) for name, line in lines.items()}
    heights = spread(ends)
    # xent last, above the others.
    for name in sorted(lines, key=lambda name: name == "xent"):
        colour, width, dashes = STYLES[name]
        path = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in lines[name])
        dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
        parts.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"'
            f' stroke-linejoin="round"{dashed}/>'
        )
        parts += [
            f'<circle cx="{across(x):.1f}" cy="{down(y):.1f}" r="{width:.1f}" fill="{colour}"/>'
            for x, y in lines[name]
        ]
        last = across(lines[name][-1][0])
        parts.append(
            f'<path d="M{last + 4:.1f} {ends[name]:.1f}L{WIDTH - RIGHT + 14} {heights[name]:.1f}"'
            f' stroke="{colour}" stroke-width="0.8"/>'
        )
        label = f"{name}, {lines[name][-1][1]:.2g} s"
        parts.append(
            words(WIDTH - RIGHT + 18, heights[name] + 4, label, "start", colour, name == "xent")
        )
    return "\n".join([*parts, "</svg>", ""])


def head(lines: dict[str, list[tuple[int, float]]]) -> str:
    """The opening tag, and what there is to hear where there is nothing to see."""
    said = "; ".join(f"{name} {line[-1][1]:.2g} s" for name, line in lines.items())
    most = max(line[-1][0] for line in lines.values())
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img"'
        ' aria-labelledby="title desc" font-family="system-ui, sans-serif" font-size="12">\n'
        '<title id="title">Wall time against rows of a CSV file</title>\n'
        f'<desc id="desc">Both axes are logarithmic. At {most} rows: {escape(said)}.</desc>'
    )


def extent(values: Sequence[float], room: float = 0.0) -> tuple[float, float]:
    """The logarithms of the least and the greatest value, with some room around them."""
    return math.log10(min(values)) - room, math.log10(max(values)) + room


def powers(axis: tuple[float, float]) -> range:
    """The whole powers of ten on an axis."""
    return range(math.ceil(axis[0] - 1e-9), math.floor(axis[1] + 1e-9) + 1)


def share(value: float, axis: tuple[float, float]) -> float:
    """How far along the axis, from 0 to 1."""
    return (math.log10(value) - axis[0]) / (axis[1] - axis[0])


def spread(heights: dict[str, float]) -> dict[str, float]:
    """Labels in the order of their lines' ends, none upon another, all within the picture."""
    placed: dict[str, float] = {}
    floor = float(TOP)
    for name in sorted(heights, key=lambda name: heights[name]):
        placed[name] = max(heights[name], floor)
        floor = placed[name] + APART
    ceiling = float(HEIGHT - BOTTOM)
    for name in reversed(placed):
        placed[name] = min(placed[name], ceiling)
        ceiling = placed[name] - APART
    return placed


def rule(x1: float, y1: float, x2: float, y2: float) -> str:
    """A line of the grid."""
    return f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" stroke="{GREY}" stroke-opacity="0.35"/>'


def words(
    x: float, y: float, text: str, anchor: str, colour: str = GREY, bold: bool = False
) -> str:
    """A text; grey ones stay readable on white and on black."""
    weight = ' font-weight="bold"' if bold else ""
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{weight}>'
        f"{escape(text)}</text>"
    )
