"""What tables and pages show of much, and where it stands."""

from __future__ import annotations

import math

import pytest

from tests.writers.made import batch_of
from xentcli.model import Group, HardSample, Origin, Report
from xentcli.writers.page.blocks import Cell, Column, Table
from xentcli.writers.page.svg import _bullets
from xentcli.writers.page.svg_marks import AFTER
from xentcli.writers.page.svg_table import _edges
from xentcli.writers.rows.json_lines import _target_columns
from xentcli.writers.rows.listing import list_hardest
from xentcli.writers.words.grid import _widths
from xentcli.writers.words.survey import hardest_groups

GROUPS = [
    Group(name, result, 1, 0, 1.0)
    for name, result in (("a", 1.0), ("b", 3.0), ("c", math.nan), ("d", 2.0))
]
REPORT = Report("ce", "logits", "loss", ("cat", "dog"), 2)


@pytest.mark.parametrize(("most", "names"), [(5, "abcd"), (4, "abcd"), (3, "cbd"), (1, "c")])
def test_only_of_too_many_groups_the_hardest_are_shown(most: int, names: str) -> None:
    assert "".join(one.name for one in hardest_groups(GROUPS, most)) == names


@pytest.mark.parametrize(
    ("label", "widths"), [(0, [5, 2]), (1, [1, 5]), (None, [1, 2]), (-1, [1, 2]), (2, [1, 2])]
)
def test_the_word_label_has_room_over_its_column(label: int | None, widths: list[int]) -> None:
    assert _widths(("a", "bb"), (), label) == widths


def test_the_place_of_a_hard_sample_has_a_column_an_axis() -> None:
    samples = [HardSample((3, 7, 9), 2.0, 0, 1), HardSample((4, 0, 1), 1.0, 1, -100)]
    found = list_hardest(samples, REPORT)
    assert found.names == ("sample", "d1", "d2", "label", "predicted", "loss")
    assert found.rows == ((3, 7, 9, "cat", "dog", 2.0), (4, 0, 1, "dog", -100, 1.0))


def test_a_table_begins_at_the_left_edge() -> None:
    cells = (Cell("one"), Cell("two"))
    first, second = _edges(Table("", (Column("a", words=True), Column("b")), (cells,)))
    assert first.start == 0
    assert first.end < second.start < second.end


def test_a_list_begins_at_its_top() -> None:
    one, two = (_bullets(["word"] * count, 500) for count in (1, 2))
    assert two.shapes.startswith(one.shapes)
    item = two.height - one.height
    assert 0 < item < one.height
    # Nothing stands above the first item.
    assert _bullets([], 500).height == AFTER


@pytest.mark.parametrize("source", ["a.csv", "t.csv"])
def test_soft_targets_of_the_same_text_are_known_by_their_columns(source: str) -> None:
    values = [[1.0, 2.0]]
    batch = batch_of(values, targets=values)._replace(
        values_from=Origin("a.csv", "text", columns=(2, 3)),
        target_from=Origin(source, "text", columns=(5, 4)),
    )
    assert _target_columns(batch) == ({4: 0, 3: 1} if source == "a.csv" else {})
