"""Markdown: what GitHub would show is what was in the cells."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given

from tests.writers.made import NAMES, batch_of, rows_of, stream_of, written
from xentcli.errors import UsageError
from xentcli.model import Answer, Report
from xentcli.writers.interface import View
from xentcli.writers.rows import markdown


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
    shown = markdown.escaped(name)
    assert "\n" not in shown
    assert not re.search(r"(?<!\\)(?:\\\\)*\|", shown)
    plain = re.sub(r"\\(.)", r"\1", shown.replace("<br>", "\n"))
    assert plain == name.replace("\r\n", "\n").replace("\r", "\n")


def test_a_reduced_loss_is_one_row() -> None:
    stream = stream_of(batch_of([[1]]), "loss", each=False)
    report = Report("ce", "logits", "loss", ("0",), 2, (), 0.1, "mean", 0, 2.0)
    assert b"".join(markdown.end(report, stream, View(), ())).decode() == (
        "| loss | reduction | samples | ignored | denominator |\n"
        "| --- | --- | --- | --- | --- |\n"
        "| 0.1 | mean | 2 | 0 | 2.0 |\n"
    )


def test_a_table_needs_a_header() -> None:
    batch = batch_of([[1]], rows=rows_of([], [["1"]], [0]))
    with pytest.raises(UsageError, match="--no-header"):
        written("markdown", batch, Answer("probs", np.ones((1, 1))))
