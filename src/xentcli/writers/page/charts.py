"""Charts as fragments of SVG, whose shapes have classes that the page's style colours.

Horizontal places are in percent, so that a chart fills its box while its text keeps its size;
vertical places are in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from xentcli.model import Bin
from xentcli.writers.words.survey import range_of

# Room for a count above the highest column, the columns, and two lines of letters below them.
ABOVE, COLUMNS, BELOW = 20, 150, 42
HEIGHT = ABOVE + COLUMNS + BELOW
# A column takes this share of its place.
FILLED = 0.86
# A count of 1 must be seen beside one of a million.
LEAST = 1.5


def histogram(bins: Sequence[Bin], unit: str) -> str:
    """One bar a bin, with its count above and the edges between the bins below."""
    most = max(one.samples for one in bins)
    place = 100.0 / len(bins)
    base = ABOVE + COLUMNS
    parts = []
    for number, one in enumerate(bins):
        middle = place * (number + 0.5)
        height = max(LEAST, COLUMNS * one.samples / most) if one.samples else 0.0
        if height:
            parts.append(
                f'<rect class="column" x="{middle - place * FILLED / 2:.3f}%" '
                f'y="{base - height:.1f}" width="{place * FILLED:.3f}%" height="{height:.1f}"/>'
            )
            parts.append(_letters("count", middle, base - height - 6, f"{one.samples:,}"))
        if math.isfinite(one.low) and math.isfinite(one.high):
            if number == 0 or bins[number - 1].high != one.low:
                parts.append(_letters("edge", place * number, base + 18, edge(one.low)))
            parts.append(_letters("edge", place * (number + 1), base + 18, edge(one.high)))
        else:
            parts.append(_letters("edge", middle, base + 18, _beyond(one)))
    parts.append(f'<line class="axis" x1="0" x2="100%" y1="{base + 0.5}" y2="{base + 0.5}"/>')
    parts.append(_letters("axis-name", 50, base + 37, f"loss in {unit}"))
    return "".join(parts)


def describe(bins: Sequence[Bin]) -> str:
    """Describe the histogram in words."""
    return "; ".join(f"{range_of(one)}: {one.samples:,}" for one in bins)


def edge(value: float) -> str:
    """An edge of a bin as the axis shows it.

    >>> edge(0.005), edge(2e-05), edge(10000.0)
    ('0.005', '2e-5', '10000')
    """
    return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e+") if value < 1e4 else f"{value:g}"


def bar(share: float) -> str:
    """A bar as long as a share of its box."""
    kept = min(1.0, max(0.0, share))
    return f'<rect class="bar" width="{100 * kept:.2f}%" height="100%"/>'


def bar_of_all(share: float) -> str:
    """Draw a share as a bar in a box whose rest is visible."""
    return f'<rect class="track" width="100%" height="100%"/>{bar(share)}'


def _beyond(one: Bin) -> str:
    """The name of a bin that has only one edge or none, short enough for the axis."""
    if math.isfinite(one.high):
        return f"&lt;{edge(one.high)}"
    return f"≥{edge(one.low)}" if math.isfinite(one.low) else f"{one.low}"


def _letters(name: str, across: float, down: float, text: str) -> str:
    return f'<text class="{name}" x="{across:.3f}%" y="{down:.1f}">{text}</text>'
