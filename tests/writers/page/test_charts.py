"""Charts: each shape stands where its number belongs, and is as high as it."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xentcli.model import Bin
from xentcli.writers.page import charts

BINS = (Bin(-math.inf, 0.1, 100), Bin(0.1, 0.2, 50), Bin(0.2, 0.5, 0), Bin(math.nan, math.nan, 1))


def shapes(bins: tuple[Bin, ...]) -> list[dict[str, str]]:
    """The shapes of a histogram, what is written in each under ``text``."""
    root = ElementTree.fromstring(f"<g>{charts.draw_histogram(bins, 'nats')}</g>")
    return [{**one.attrib, "text": one.text or ""} for one in root]


def of(kind: str, bins: tuple[Bin, ...]) -> list[dict[str, str]]:
    return [one for one in shapes(bins) if one["class"] == kind]


def percent(text: str) -> float:
    assert text.endswith("%")
    return float(text[:-1])


def test_columns_stand_in_the_places_of_their_bins_and_are_as_high_as_their_counts() -> None:
    columns = of("column", BINS)
    # Four places of 25 %, filled to 86 % of each from its middle on both sides.
    assert [percent(one["x"]) for one in columns] == [1.75, 26.75, 76.75]
    assert [percent(one["width"]) for one in columns] == [21.5] * 3
    assert [float(one["height"]) for one in columns] == [
        charts.COLUMNS,
        charts.COLUMNS / 2,
        # A hundredth of the highest is seen all the same.
        charts.LEAST,
    ]
    floor = charts.ABOVE + charts.COLUMNS
    assert [float(one["y"]) + float(one["height"]) for one in columns] == [floor] * 3


def test_a_count_stands_above_the_middle_of_its_column() -> None:
    counts = [(one["text"], percent(one["x"])) for one in of("count", BINS)]
    assert counts == [("100", 12.5), ("50", 37.5), ("1", 87.5)]
    for count, column in zip(of("count", BINS), of("column", BINS), strict=True):
        assert float(count["y"]) < float(column["y"])


def test_an_edge_stands_between_its_bins_and_what_has_none_below_its_own() -> None:
    edges = [(one["text"], percent(one["x"])) for one in of("edge", BINS)]
    # The 0.1 is said below the first bin.
    assert edges == [("<0.1", 12.5), ("0.2", 50.0), ("0.5", 75.0), ("nan", 87.5)]
    edges = [(one["text"], percent(one["x"])) for one in of("edge", BINS[1:3])]
    assert edges == [("0.1", 0.0), ("0.2", 50.0), ("0.5", 100.0)]


def test_the_axis_is_below_all_and_named_in_its_middle() -> None:
    (axis,) = of("axis", BINS)
    assert (axis["x1"], axis["x2"]) == ("0", "100%")
    assert axis["y1"] == axis["y2"] == f"{charts.ABOVE + charts.COLUMNS + 0.5}"
    (name,) = of("axis-name", BINS)
    assert (name["text"], percent(name["x"])) == ("loss in nats", 50.0)
    assert max(float(one["y"]) for one in shapes(BINS) if "y" in one) < charts.HEIGHT


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=20).filter(any))
def test_columns_are_in_order_and_do_not_touch(counts: list[int]) -> None:
    bins = tuple(Bin(float(at), at + 1.0, count) for at, count in enumerate(counts))
    place, columns = 100 / len(bins), of("column", bins)
    kept = [at for at, count in enumerate(counts) if count]
    assert len(columns) == len(kept)
    for at, column in zip(kept, columns, strict=True):
        start, width = percent(column["x"]), percent(column["width"])
        assert place * at < start < start + width < place * (at + 1)
        assert start + width / 2 == pytest.approx(place * (at + 0.5), abs=0.01)
    edges = [percent(one["x"]) for one in of("edge", bins)]
    assert edges == pytest.approx([place * at for at in range(len(bins) + 1)], abs=0.01)


@given(st.floats(0, 1))
def test_a_bar_is_as_long_as_its_share(share: float) -> None:
    (width,) = re.findall(r'width="([0-9.]+)%"', charts.draw_bar(share))
    assert float(width) == pytest.approx(100 * share, abs=0.01)
    track, bar = re.findall(r'class="(\w+)"', charts.draw_bar_on_track(share))
    assert (track, bar) == ("track", "bar")
