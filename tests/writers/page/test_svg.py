"""Pictures: letters of one family on the card, none over another, and no shade but of bars."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import combinations, pairwise
from typing import NamedTuple
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.writers.page.test_pages import COMMAND, EVERYTHING, SVG, as_svg, drawn, report
from xentcli.errors import escaped
from xentcli.model import Step, WorkedSample
from xentcli.writers.page import style
from xentcli.writers.page import svg_marks as svg
from xentcli.writers.page.blocks import Bullets, Facts, FullNumbers, Page, Paragraph, SingleBlock
from xentcli.writers.page.svg import draw as drawn_page

NUMBERS = Step("logits", "z", (-1.2345678901234e-300, 1e17, -0.0, 123456789.125))
NAMES = ("WWWWWWWWWWWWWWWW", "猫猫猫猫猫猫猫猫", "שלום", "🦊🦊🦊🦊🦊🦊🦊🦊")
WIDE = report(
    NAMES, worked=(WorkedSample((0,), (NUMBERS,), label=1, losses=(0.0,), shares=(1.0,)),)
)
PICTURES = EVERYTHING | {"wide": WIDE, "long": report(result=-1.2345678901234567e-300)}
ALL = pytest.mark.parametrize("name", PICTURES)


class Line(NamedTuple):
    """A line of text: where it starts and ends, in pixels, its foot, and its parent."""

    text: str
    start: float
    end: float
    foot: float
    parent: ElementTree.Element


def lines(root: ElementTree.Element) -> Iterator[Line]:
    """The lines of a picture, but those of its charts, whose places are shares of a width."""
    yield from _lines(root, root, 0.0, 0.0)


def _lines(
    at: ElementTree.Element, parent: ElementTree.Element, across: float, down: float
) -> Iterator[Line]:
    moved = re.search(r"translate\(([0-9.]+) ([0-9.]+)\)", at.get("transform", ""))
    if moved:
        across, down = across + float(moved[1]), down + float(moved[2])
    if at.tag == f"{SVG}text":
        text, kinds = "".join(at.itertext()), (at.get("class") or "").split()
        if "indented" in kinds:
            across += 14
        width = width_of(at)
        start = across + float(at.attrib["x"]) - (width if "number" in kinds else 0.0)
        yield Line(text, start, start + width, down + float(at.attrib["y"]), parent)
    elif at.get("class") != "chart":
        for inner in at:
            yield from _lines(inner, at, across, down)


def width_of(text: ElementTree.Element) -> float:
    """How wide a line is: what is in parts of it may be larger or bold."""
    spans = [(text.get("class") or "", text.text or "")]
    spans += [(span.get("class") or "", span.text or "") for span in text]
    spans += [("", span.tail or "") for span in text]
    return sum(_width(kinds.split(), part) for kinds, part in spans)


def _width(kinds: list[str], text: str) -> float:
    size, bold = float(svg.SIZE), False
    for kind, rule in re.findall(r"\.([\w-]+)[^{}]*\{ ?([^}]*)\}", EACH_RULE):
        if kind in kinds:
            found = re.search(r"font-size: ([0-9.]+)px", rule)
            size = float(found[1]) if found else size
            bold = bold or "font-weight: 600" in rule
    return svg.text_width(text, size, bold=bold)


# A rule of several classes as a rule each.
EACH_RULE = "\n".join(
    f"{name.strip()} {{{rule}}}"
    for names, rule in re.findall(r"([^{}]+)\{([^}]*)\}", style.SVG_STYLE)
    for name in names.split(",")
    if " " not in name.strip() and name.strip().startswith(".")
)


@ALL
def test_letters_stay_on_the_card(name: str) -> None:
    root = as_svg(drawn("svg", PICTURES[name]))
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    assert root.attrib["viewBox"] == f"0 0 {width:g} {height:g}"
    found = list(lines(root))
    assert found
    for line in found:
        assert line.start >= 0, line
        assert line.end <= width - 1, line
        assert 0 < line.foot < height - 1, line


@ALL
def test_letters_do_not_run_into_one_another(name: str) -> None:
    rows: dict[tuple[int, float], list[Line]] = {}
    for line in lines(as_svg(drawn("svg", PICTURES[name]))):
        rows.setdefault((id(line.parent), line.foot), []).append(line)
    for row in rows.values():
        row.sort(key=lambda line: line.start)
        for one, other in pairwise(row):
            assert one.end < other.start, (one, other)


@ALL
def test_lines_below_one_another_have_room(name: str) -> None:
    for one, other in combinations(lines(as_svg(drawn("svg", PICTURES[name]))), 2):
        if one.foot != other.foot and one.start < other.end and other.start < one.end:
            assert abs(one.foot - other.foot) >= 18, (one, other)


def lines_of(block: SingleBlock) -> tuple[list[Line], float]:
    """The lines of a block, and the foot of the first line of the block after it."""
    page = Page("title", "description", "command", (), (block, Paragraph("after")))
    found = list(lines(as_svg(drawn_page(page).decode())))
    *own, after = [line for line in found if line.text not in ("title", "$", "command")]
    return own, after.foot


def feet_of(block: SingleBlock) -> tuple[list[float], float]:
    """How far below its first line the lines of a block stand, and the first line after it."""
    own, after = lines_of(block)
    return [line.foot - own[0].foot for line in own], after - own[0].foot


def test_figures_that_need_several_rows_push_down_what_follows() -> None:
    figures = Facts(tuple((f"figure {at}", "0.1234567890") for at in range(10)))
    feet, after = feet_of(figures)
    # Four of 99 pixels, with 24 between them, fit into 500, but no four of 123 and 24 more.
    assert feet == [0, 20] * 4 + [44, 64] * 4 + [88, 108] * 2
    assert 24 <= after - max(feet) <= 40
    own, _ = lines_of(figures)
    assert own[0].start == own[8].start == own[16].start


def test_items_of_a_list_are_further_apart_than_its_lines() -> None:
    feet, after = feet_of(Bullets(("one", "two", "three")))
    assert feet == [0, 0, 22, 22, 44, 44]
    assert 24 <= after - 44 <= 40


def test_a_long_answer_goes_on_below() -> None:
    feet, after = feet_of(FullNumbers("softmax", " ".join(["0.12345678901234567,"] * 12)))
    assert len(feet) > 3
    assert feet == [20 * at for at in range(len(feet))]
    assert 24 <= after - feet[-1] <= 40
    own, _ = lines_of(FullNumbers("softmax", " ".join(["0.12345678901234567,"] * 12)))
    assert {line.start for line in own} == {own[0].start}


def test_a_chart_leaves_room_for_the_letters_at_its_ends() -> None:
    root = as_svg(drawn("svg", PICTURES["survey"]))
    (chart,) = (one for one in root.iter(f"{SVG}svg") if one.get("class") == "chart")
    start, width = float(chart.attrib["x"]), float(chart.attrib["width"])
    card = float(root.attrib["width"])
    assert start > 0
    assert 300 < width < card - 2 * start - 40


@ALL
def test_letters_are_of_one_family_and_nothing_is_shaded(name: str) -> None:
    text = drawn("svg", PICTURES[name])
    assert len(re.findall(r"\bfont(?:-family)?:", text)) == 1
    assert "font-family=" not in text
    rects = {one.get("class") for one in as_svg(text).iter(f"{SVG}rect")}
    # The card, the columns and bars, and the rule under the label's name.
    assert rects <= {"card", "column", "bar", "track", "label-rule"}


def test_the_label_is_marked_by_a_rule_and_bold_letters() -> None:
    root = as_svg(drawn("svg", report()))
    (rule,) = (one for one in root.iter(f"{SVG}rect") if one.get("class") == "label-rule")
    assert float(rule.attrib["height"]) == 2
    bold = [one for one in root.iter(f"{SVG}text") if "label" in (one.get("class") or "").split()]
    # Its name, the note below it, and its numbers in the rows of logits and softmax.
    assert [one.text for one in bold] == ["cat", "label", "1", "0.2689"]
    start, width = float(rule.attrib["x"]), float(rule.attrib["width"])
    for one in bold:
        assert float(one.attrib["x"]) == pytest.approx(start + width, abs=0.01)


def test_it_has_a_title_a_description_and_a_ground_of_its_own() -> None:
    root = as_svg(drawn("svg", report()))
    title, description, styles, ground = list(root)[:4]
    assert (title.tag, title.text) == (f"{SVG}title", "Cross-entropy")
    assert description.tag == f"{SVG}desc"
    assert COMMAND in (description.text or "")
    assert styles.tag == f"{SVG}style"
    width, height = int(root.attrib["width"]), int(root.attrib["height"])
    assert ground.tag == f"{SVG}rect"
    assert (int(ground.attrib["width"]), int(ground.attrib["height"])) == (width - 1, height - 1)
    assert root.attrib["role"] == "img"


@given(st.text(max_size=60), st.integers(30, 300), st.booleans())
def test_lines_are_no_wider_than_asked_and_lose_no_letter(
    text: str, width: int, bold: bool
) -> None:
    found = svg.wrap_text(text, width, bold=bold)
    assert "".join("".join(found).split()) == "".join(escaped(text).split())
    assert all(svg.text_width(line, bold=bold) <= width or len(line) == 1 for line in found)


def test_lines_are_broken_at_blanks() -> None:
    assert svg.wrap_text("one two three", svg.text_width("one two")) == ["one two", "three"]
    assert svg.wrap_text("猫犬鳥", svg.text_width("猫犬")) == ["猫犬", "鳥"]
    assert svg.wrap_text("", 5) == [""]
