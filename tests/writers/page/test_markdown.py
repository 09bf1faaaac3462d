"""Markdown: what GitHub would show is what was in the cells."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.faults.running import run_inside
from tests.looks import LOOKS, write_inputs
from tests.writers.made import NAMES, batch_of, rows_of, stream_of, written
from tests.writers.page.test_pages import report, surveyed
from xentcli.errors import UsageError
from xentcli.model import Answer, Report
from xentcli.writers.interface import View
from xentcli.writers.page import markdown as worked
from xentcli.writers.rows import markdown
from xentcli.writers.words.grid import shown_name


def test_rows_are_a_table() -> None:
    batch = batch_of([[1, 2]], labels=np.array([1]))
    assert written("markdown", batch, Answer("loss", np.array([0.1]))).decode() == (
        "| sample | 0 | 1 | label | loss |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| 0 | 1.0 | 2.0 | 1 | 0.1 |\n"
    )


def test_cells_of_the_input_are_escaped() -> None:
    rows = rows_of(["no|te", "a_b"], [['"x|y\nz ""q"""', "1"], ["\x1b[31m", "2"]], [1])
    found = written("markdown", batch_of([[1], [2]], rows=rows), Answer("probs", np.ones((2, 1))))
    assert found.decode() == (
        '| no\\|te | a_b |\n| --- | --- |\n| x\\|y<br>z "q" | 1.0 |\n| \\\\x1b\\[31m | 1.0 |\n'
    )


@given(NAMES)
def test_a_cell_stays_one_cell_and_shows_its_text(name: str) -> None:
    shown = markdown.escape_markdown(name)
    assert "\n" not in shown
    assert not re.search(r"(?<!\\)(?:\\\\)*\|", shown)
    plain = re.sub(r"\\(.)", r"\1", shown.replace("<br>", "\n"))
    assert plain == name.replace("\r\n", "\n").replace("\r", "\n")


def test_a_reduced_loss_is_one_row() -> None:
    stream = stream_of(batch_of([[1]]), "loss", each=False)
    mean = Report("ce", "logits", "loss", ("0",), 2, (), 0.1, "mean", 0, 2.0)
    assert b"".join(markdown.end(mean, stream, View(), ())).decode() == (
        "| loss | reduction | samples | ignored | denominator |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| 0.1 | mean | 2 | 0 | 2.0 |\n"
    )


def test_a_table_needs_a_header() -> None:
    batch = batch_of([[1]], rows=rows_of([], [["1"]], [0]))
    with pytest.raises(UsageError, match="--no-header"):
        written("markdown", batch, Answer("probs", np.ones((1, 1))))


def steps_of(report: Report) -> str:
    """The worked samples of a report as Markdown."""
    stream = stream_of(batch_of([[1]]), "loss", each=False)
    return b"".join(worked.end(report, stream, View(width=40, unicode=False), ())).decode()


def rendered(text: str) -> list[list[list[str]]]:
    """The tables of a text as GitHub draws them: rows of cells, what is bold between stars."""
    tables: list[list[list[str]]] = []
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        if token.type == "table_open":
            tables.append([])
        elif token.type == "tr_open":
            tables[-1].append([])
        elif token.type == "inline" and tables and tables[-1] and token.level == 4:
            tables[-1][-1].append("".join(map(shown, token.children or ())))
    return tables


def shown(token: Token) -> str:
    """A piece of a line: its text, or what it does to the text."""
    kinds = {"strong_open": "*", "strong_close": "*", "html_inline": "/"}
    return kinds.get(token.type, token.content)


def test_steps_are_a_table_a_sample_with_the_label_and_the_loss_in_bold() -> None:
    (table,) = rendered(steps_of(report()))
    assert table == [
        ["step", "formula", "value", "cat/label", "dog"],
        ["logits", "z", "", "*1*", "2"],
        ["max", "m = max z", "2.0000", "", ""],
        ["softmax", "p = e / Σe", "", "*0.2689*", "0.7311"],
        ["loss", "ℓ = Σ terms", "*1.3133*", "", ""],
    ]


def test_the_answer_and_how_it_comes_about_are_said_around_the_tables() -> None:
    first, *_, last = steps_of(report()).strip().split("\n\n")
    assert first == "loss (mean): **1.3132616875182228** nats"
    assert last == "mean = 1.3133 / 1 = 1.3133"
    assert "### label 0 (cat)" in steps_of(report())
    assert "softmax: a note \\<b\\>" in steps_of(report())


def test_a_survey_is_tables() -> None:
    facts, losses, classes, groups, hardest, _ = rendered(steps_of(surveyed()))
    assert facts[0][:2] == ["samples", "denominator"]
    assert losses[1:3] == [["below 0.1", "1,234"], ["0.1 – 0.2", "0"]]
    assert classes[0][0] == "class"
    assert groups[0][0] == "site & <place>"
    assert [row[-1] for row in hardest] == ["loss (nats)", "nan", "0.4321"]


@given(st.lists(NAMES, min_size=2, max_size=2, unique=True))
def test_names_are_drawn_as_they_are(names: list[str]) -> None:
    (table,) = rendered(steps_of(report(tuple(names))))
    first, second = (shown_name(name, View()).strip() for name in names)
    assert table[0][3:] == [f"{first}/label", second]


WORKED = [
    name
    for name, command in LOOKS.items()
    if command[0] != "diagnose" and "--no-steps" not in command
]


@pytest.mark.parametrize("name", WORKED)
def test_every_formula_is_drawn_as_it_is(name: str, tmp_path: Path) -> None:
    write_inputs(tmp_path)
    plain = run_inside([*LOOKS[name], "--format", "json"], tmp_path)
    ran = run_inside([*LOOKS[name], "--format", "markdown", "--steps"], tmp_path)
    assert (plain.code, ran.code) == (0, 0)
    samples = json.loads(plain.stdout)["steps"]
    expected = [[step["name"], step["formula"]] for steps in samples for step in steps]
    tables = [table for table in rendered(ran.stdout.decode()) if table[0][0] == "step"]
    assert [row[:2] for table in tables for row in table[1:]] == expected
