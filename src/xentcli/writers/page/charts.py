"""Draws charts as fragments of SVG. The style of the page colours their shapes by class.

Horizontal places are in percent, so that a chart fills its box while its text keeps its size;
vertical places are in pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from xentcli.model import Bin
from xentcli.writers.page.blocks import Cell, Column, Histogram, Table
from xentcli.writers.words.survey import bin_range

# The heights of the count above the highest column, the columns, and two lines of text below them.
ABOVE, COLUMNS, BELOW = 20, 150, 42
HEIGHT = ABOVE + COLUMNS + BELOW
# The width of a column, as a share of its place.
FILLED = 0.86
# The height of the lowest column: a count of 1 must be seen beside one of a million.
LEAST = 1.5


def draw_histogram(bins: Sequence[Bin], unit: str) -> str:
    """Draw a column for each bin, with its count above it and the edges of the bins below."""
    most = max(bin.samples for bin in bins)
    place = 100.0 / len(bins)
    base = ABOVE + COLUMNS
    parts = []
    for number, bin in enumerate(bins):
        middle = place * (number + 0.5)
        height = max(LEAST, COLUMNS * bin.samples / most) if bin.samples else 0.0
        if height:
            parts.append(
                f'<rect class="column" x="{middle - place * FILLED / 2:.3f}%" '
                f'y="{base - height:.1f}" width="{place * FILLED:.3f}%" height="{height:.1f}"/>'
            )
            parts.append(_draw_text("count", middle, base - height - 6, f"{bin.samples:,}"))
        if math.isfinite(bin.low) and math.isfinite(bin.high):
            if number == 0 or bins[number - 1].high != bin.low:
                parts.append(_draw_text("edge", place * number, base + 18, format_edge(bin.low)))
            parts.append(_draw_text("edge", place * (number + 1), base + 18, format_edge(bin.high)))
        else:
            parts.append(_draw_text("edge", middle, base + 18, _format_open_bin(bin)))
    parts.append(f'<line class="axis" x1="0" x2="100%" y1="{base + 0.5}" y2="{base + 0.5}"/>')
    parts.append(_draw_text("axis-name", 50, base + 37, f"loss in {unit}"))
    return "".join(parts)


def describe_bins(bins: Sequence[Bin]) -> str:
    """Describe the histogram in words."""
    return "; ".join(f"{bin_range(bin)}: {bin.samples:,}" for bin in bins)


def histogram_table(histogram: Histogram) -> Table:
    """The counts of a histogram as a table."""
    columns = (Column(f"loss ({histogram.unit})", words=True), Column("samples"))
    rows = tuple((Cell(bin_range(bin)), Cell(f"{bin.samples:,}")) for bin in histogram.bins)
    return Table(histogram.title, columns, rows)


def format_edge(value: float) -> str:
    """Format an edge of a bin for the axis.

    >>> format_edge(0.005), format_edge(2e-05), format_edge(10000.0)
    ('0.005', '2e-5', '10000')
    """
    return f"{value:.3g}".replace("e-0", "e-").replace("e+0", "e+") if value < 1e4 else f"{value:g}"


def draw_bar(share: float) -> str:
    """Draw a bar that fills this share of its box."""
    kept = min(1.0, max(0.0, share))
    return f'<rect class="bar" width="{100 * kept:.2f}%" height="100%"/>'


def draw_bar_on_track(share: float) -> str:
    """Draw a bar that fills this share of its box, on a track that shows the rest of the box."""
    return f'<rect class="track" width="100%" height="100%"/>{draw_bar(share)}'


def _format_open_bin(bin: Bin) -> str:
    """Format a bin that has only one finite edge or none, short enough for the axis."""
    if math.isfinite(bin.high):
        return f"&lt;{format_edge(bin.high)}"
    return f"≥{format_edge(bin.low)}" if math.isfinite(bin.low) else f"{bin.low}"


def _draw_text(name: str, across: float, down: float, text: str) -> str:
    return f'<text class="{name}" x="{across:.3f}%" y="{down:.1f}">{text}</text>'
