"""Pages as a reader sees them, measured in Chromium: on a phone, on a screen, on a projector."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser import in_browser, needs_browser
from tests.faults.running import run_inside
from tests.looks import LOOKS, write_inputs

WIDTHS = (400, 800, 1000, 1400)
# So far two boxes may be apart that touch: a browser sets parts of pixels.
CLOSE = 1.5

HTML = """(page, window) => {
  const place = (one) => {
    const { left, right, top, bottom } = one.getBoundingClientRect();
    return { left, right, top, bottom };
  };
  const root = page.documentElement, all = (what) => [...page.querySelectorAll(what)];
  const tables = all(".steps").map((table) => {
    const box = table.parentElement, label = table.querySelector("thead .label");
    const name = table.querySelector("thead th"), steps = [];
    const widest = box.scrollWidth - box.clientWidth;
    for (const share of label ? [0, 0.5, 1] : []) {
      box.scrollLeft = widest * share;
      steps.push({ box: place(box), name: place(name), label: place(label),
        cells: [...table.querySelectorAll("td.label")].map(place),
        hidden: [...table.querySelectorAll("td.label")].filter((cell) => {
          const { left, right, top, bottom } = cell.getBoundingClientRect();
          cell.scrollIntoView({ block: "center", inline: "nearest" });
          const now = cell.getBoundingClientRect();
          return page.elementFromPoint((now.left + now.right) / 2,
            (now.top + now.bottom) / 2)?.closest("td") !== cell;
        }).length });
    }
    box.scrollLeft = 0;
    window.scrollTo(0, 0);
    const loss = table.querySelector("td.strong");
    return { steps, loss: loss && place(loss), scrolls: widest > 0 };
  });
  const chart = page.querySelector("figure"), answer = page.querySelector(".answer strong");
  const beside = page.querySelector(".chart-first .part + .part");
  return {
    beyond: root.scrollWidth - root.clientWidth,
    answer: answer && place(answer),
    sentence: page.querySelector("p.strong") && place(page.querySelector("p.strong")),
    chart: chart && place(chart),
    beside: beside && place(beside),
    overlapping: all(".chart .edge").filter((one, at, others) => at &&
      place(others[at - 1]).right > place(one).left).map((one) => one.textContent),
    spilled: all("th, td").filter((cell) => cell.scrollWidth > cell.clientWidth + 1)
      .map((cell) => cell.textContent),
    ground: window.getComputedStyle(page.body).backgroundColor,
    scripts: page.scripts.length,
    tables,
  };
}"""

SVG = """(page) => {
  const place = (one) => one.getBoundingClientRect();
  const card = place(page.querySelector("rect.card"));
  const texts = [...page.querySelectorAll("svg text")];
  return {
    outside: texts.filter((text) => {
      const one = place(text);
      return one.left < card.left || one.right > card.right || one.bottom > card.bottom;
    }).map((text) => text.textContent),
    overlapping: texts.filter((one) => texts.some((other) =>
      one !== other && one.parentNode === other.parentNode &&
      one.getAttribute("y") === other.getAttribute("y") &&
      place(one).left <= place(other).left && place(one).right > place(other).left
    )).map((text) => text.textContent),
    fonts: [...new Set(texts.map((text) => getComputedStyle(text).fontFamily))],
  };
}"""


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, str]]:
    """The pages of all commands, by the ends of their names."""
    folder = tmp_path_factory.mktemp("pages")
    write_inputs(folder)
    found: dict[str, dict[str, str]] = {"html": {}, "svg": {}}
    for name, command in LOOKS.items():
        for kind, pages in found.items():
            ran = run_inside([*command, "-q", "--save", f"page.{kind}"], folder)
            assert ran.code == 0, ran.stderr
            pages[name] = (folder / f"page.{kind}").read_text(encoding="utf-8")
    return found


@pytest.fixture(scope="module", params=WIDTHS)
def looked_at(
    request: pytest.FixtureRequest,
    saved: dict[str, dict[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[int, dict[str, Any]]:
    """A width, and what is measured in each page on a screen of that width."""
    folder = tmp_path_factory.mktemp("looked-at")
    return request.param, in_browser(saved["html"], HTML, folder, width=request.param)


pytestmark = [needs_browser, pytest.mark.slow, pytest.mark.xdist_group("browser")]


def test_no_page_scrolls_sideways(looked_at: tuple[int, dict[str, Any]]) -> None:
    assert {name: page["beyond"] for name, page in looked_at[1].items() if page["beyond"]} == {}


def test_the_answer_is_in_sight(looked_at: tuple[int, dict[str, Any]]) -> None:
    width, pages = looked_at
    for name, page in pages.items():
        said = page["answer"] or page["sentence"]
        if said:
            assert 0 <= said["left"] < said["right"] <= width, name
            assert 0 <= said["top"] < said["bottom"] < 400, name
    # All but those that answer with rows.
    assert sum(page["answer"] is not None for page in pages.values()) == len(pages) - 6


def test_the_loss_of_a_table_is_in_sight_before_it_scrolls(
    looked_at: tuple[int, dict[str, Any]],
) -> None:
    width, pages = looked_at
    losses = {name: [one["loss"] for one in page["tables"]] for name, page in pages.items()}
    # Numbers with 17 digits have no room beside the steps' names and the label's on a phone.
    shown = {name: found for name, found in losses.items() if name != "wide numbers"}
    assert sum(len(found) for found in shown.values()) > 30
    for name, found in shown.items():
        for loss in filter(None, found):
            assert loss["right"] <= width, name


def test_chart_and_class_table_stand_side_by_side_from_1000_pixels_on(
    looked_at: tuple[int, dict[str, Any]],
) -> None:
    width, pages = looked_at
    charts = {name: page for name, page in pages.items() if page["chart"]}
    assert {"a survey", "groups", "questions", "sequences", "a server's answers"} <= set(charts)
    for name, page in charts.items():
        chart, beside = page["chart"], page["beside"]
        if width >= 1000:
            assert chart["right"] < beside["left"], name
            assert chart["top"] == pytest.approx(beside["top"], abs=30), name
            assert beside["right"] <= width, name
        else:
            assert chart["bottom"] < beside["top"], name


def test_edges_of_a_chart_do_not_run_into_one_another(
    looked_at: tuple[int, dict[str, Any]],
) -> None:
    found = {name: page["overlapping"] for name, page in looked_at[1].items()}
    assert {name: texts for name, texts in found.items() if texts} == {}


def test_the_label_and_the_names_stay_in_sight_while_a_table_scrolls(
    looked_at: tuple[int, dict[str, Any]],
) -> None:
    width, pages = looked_at
    scrolling = 0
    for name, page in pages.items():
        for table in page["tables"]:
            scrolling += table["scrolls"]
            for step in table["steps"]:
                box, label = step["box"], step["label"]
                assert step["name"]["left"] == pytest.approx(box["left"], abs=CLOSE), name
                assert label["left"] >= step["name"]["right"] - CLOSE, name
                assert label["right"] <= box["right"] + CLOSE, name
                assert step["hidden"] == 0, name
                for cell in step["cells"]:
                    assert cell["left"] == pytest.approx(label["left"], abs=CLOSE), name
    assert scrolling > 0 or width > 1000


def test_no_cell_is_wider_than_its_column(looked_at: tuple[int, dict[str, Any]]) -> None:
    spilled = {name: page["spilled"] for name, page in looked_at[1].items()}
    assert {name: cells for name, cells in spilled.items() if cells} == {}


def test_worked_samples_stand_side_by_side_where_there_is_room(
    looked_at: tuple[int, dict[str, Any]],
) -> None:
    width, pages = looked_at
    first, second = (one["loss"] for one in pages["gradient"]["tables"])
    assert (first["top"] == second["top"]) == (width == 1400)


@pytest.mark.parametrize(("scheme", "ground"), [(0, "rgb(17, 21, 26)"), (1, "rgb(255, 255, 255)")])
def test_html_follows_light_and_dark(
    scheme: int, ground: str, saved: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    option = f"--blink-settings=preferredColorScheme={scheme}"
    pages = {"page": saved["html"]["three classes"]}
    found = in_browser(pages, HTML, tmp_path, option, width=1200)["page"]
    assert found["ground"] == ground
    assert found["scripts"] == 0


def test_letters_of_a_picture_stay_on_its_card_and_apart(
    saved: dict[str, dict[str, str]], tmp_path: Path
) -> None:
    pages = {name: f"<!doctype html><body>{page}" for name, page in saved["svg"].items()}
    found = in_browser(pages, SVG, tmp_path, width=1200)
    assert {name: page["outside"] for name, page in found.items() if page["outside"]} == {}
    assert {name: page["overlapping"] for name, page in found.items() if page["overlapping"]} == {}
    assert {len(page["fonts"]) for page in found.values()} == {1}
