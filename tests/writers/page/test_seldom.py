"""What few pages have: columns that were left out, very many classes, a long command."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults.running import run_inside
from xentcli.model.diagnosis import Advice, Diagnosis
from xentcli.writers.interface import View
from xentcli.writers.page import report as page_report
from xentcli.writers.page.save import render_diagnosis
from xentcli.writers.page.svg import MOST_COMMAND_LINES
from xentcli.writers.screen import report as screen_report

FULL = re.compile(r"softmax.{0,99}0\.09003057317038046", re.DOTALL)


@pytest.mark.parametrize("suffix", ["html", "svg"])
@pytest.mark.parametrize(("epoch", "is_told"), [("epoch", True), ("id", False)])
def test_columns_that_are_no_classes_are_named(
    suffix: str, epoch: str, is_told: bool, tmp_path: Path
) -> None:
    (tmp_path / "a.csv").write_text(f"{epoch},c0,c1,label\n3,1.5,2.5,0\n")
    assert run_inside(["ce", "a.csv", "-q", "--save", f"page.{suffix}"], tmp_path).code == 0
    page = (tmp_path / f"page.{suffix}").read_text(encoding="utf-8")
    assert ("Columns of numbers that are no classes: " in page) == is_told
    assert ("epoch" in page) == is_told


@pytest.mark.parametrize(("most", "is_full"), [(3, True), (2, False)])
def test_probabilities_of_many_classes_are_not_listed_with_every_digit(
    most: int, is_full: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page_report, "MOST_IN_FULL", most)
    monkeypatch.setattr(screen_report, "ANSWERS_IN_FULL", most)
    found = run_inside(["softmax", "--logits", "1,2,3", "--save", "page.html"], tmp_path)
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    for text in (page, found.stdout.decode()):
        assert bool(FULL.search(text)) == is_full
        assert "0.0900" in text


@pytest.mark.parametrize(("samples", "is_cut"), [(5, False), (200, True)])
def test_a_long_command_is_cut_on_a_picture(samples: int, is_cut: bool, tmp_path: Path) -> None:
    logits = ";".join(["1.25,2.5"] * samples)
    asked = ["softmax", "--logits", logits, "-q", "--no-steps", "--save", "page.svg"]
    assert run_inside(asked, tmp_path).code == 0
    page = (tmp_path / "page.svg").read_text(encoding="utf-8")
    assert (">…</text>" in page) == is_cut
    shown = [text for text in re.findall(r"<text[^>]*>([^<]*)</text>", page) if "1.25,2.5" in text]
    # The first line has the options alone, the last one the mark that there is more.
    assert len(shown) == (MOST_COMMAND_LINES - 2 if is_cut else 1)


def test_a_library_in_which_nothing_is_wrong_has_its_line_alone() -> None:
    advice = (Advice("PyTorch", "F.cross_entropy(z, y)", ()), Advice("NumPy", "x", ("change it",)))
    found = Diagnosis((1.0,), "logits", (1.0,), "As it is.", advice=advice)
    view = View()
    page = render_diagnosis(found, "page.html", "xent diagnose", view).decode()
    assert "<h3>PyTorch</h3>\n<pre><code>F.cross_entropy(z, y)</code></pre>\n<h3>NumPy" in page
    assert page.count("<ul>") == 1
