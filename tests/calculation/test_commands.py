"""A command is an entry of the table, the formulas that it names, and a function; and it computes
each number once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import run_python
from xentcli.calculation import answers, cross_entropy
from xentcli.calculation.check import check_gradients
from xentcli.calculation.commands import COMMANDS, Calculation
from xentcli.calculation.remarks import find_remarks
from xentcli.calculation.steps import work_samples
from xentcli.core import gradient, loss
from xentcli.core.settings import check_settings
from xentcli.core.target import as_target
from xentcli.model import Batch, Origin

# A loss of its own: the label's distance to the largest value.
PROGRAM = """\
import sys
from types import ModuleType

import numpy as np

from xentcli.calculation import commands, cross_entropy
from xentcli.calculation.interface import SampleSteps
from xentcli.calculation.softmax_steps import class_step, sample_step
from xentcli.core.loss import Losses

hinge = ModuleType("xentcli.calculation.hinge")
hinge.__dict__.update(vars(cross_entropy))


def losses(problem):
    values, labels = problem.positions, problem.target.labels
    at_label = np.take_along_axis(values, labels[:, np.newaxis], 1)[:, 0]
    return Losses(values.max(axis=1) - at_label, cross_entropy.shares(problem))


def steps(sample, problem, denominator):
    z = class_step("logits", "z", sample.block)
    return SampleSteps((z, sample_step("loss", "max z - z_y", np.array([sample.loss]))))


hinge.losses, hinge.steps = losses, steps
sys.modules["xentcli.calculation.hinge"] = hinge
entry = commands.COMMANDS["nll"]._replace(
    name="hinge", title="Hinge", help="How far.", examples=("xent hinge x",), formulas="hinge"
)
commands.COMMANDS["hinge"] = entry

from xentcli.cli import commands as cli
from xentcli.options.asked import *


def hinge(
    samples: Samples, reading: Reading, labels: Labels, loss: Loss, output: Output, survey: Survey
):
    asked = Asked("hinge", samples, output, reading, labels=labels, loss=loss, survey=survey)
    cli.run_command(asked)


cli.command(hinge)
from xentcli.cli.main import main

sys.exit(max([main(arguments.split()) for arguments in sys.argv[1:]]))
"""


def test_a_new_command_has_every_format_and_its_help(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("a,b,label\n1,3,0\n2,1,0\n5,4,b\n")
    runs = [
        "hinge x.csv -o table.txt --save page.html",
        "hinge x.csv --format csv -o loss.csv",
        "hinge x.csv --format csv --reduction none -o rows.csv",
        "hinge x.csv --format json -o loss.json",
        "hinge --help",
    ]
    ran = run_python(PROGRAM, *runs, folder=tmp_path)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "How far." in ran.stdout
    assert "xent hinge x" in ran.stdout
    table = (tmp_path / "table.txt").read_text()
    assert "max z - z_y" in table
    assert "mean = (2.0000 + 0 + 1.0000) / 3 = 1.0000" in table
    assert "<title>Hinge" in (tmp_path / "page.html").read_text()
    reduced = "loss,reduction,samples,ignored,denominator\n1.0,mean,3,0,3.0\n"
    assert (tmp_path / "loss.csv").read_text() == reduced
    rows = (tmp_path / "rows.csv").read_text().splitlines()
    assert rows == ["a,b,label,loss", "1,3,0,2.0", "2,1,0,0.0", "5,4,b,1.0"]
    document = json.loads((tmp_path / "loss.json").read_text())
    assert (document["command"], document["result"], document["samples"]) == ("hinge", 1.0, 3)


class Counting:
    """Stands for a function of the core, and adds up the samples that it is called with."""

    def __init__(self, function: Any) -> None:
        self.function, self.samples = function, 0

    def __call__(self, positions: Any, *others: Any, **options: Any) -> Any:
        self.samples += len(positions)
        return self.function(positions, *others, **options)


@pytest.fixture
def losses(monkeypatch: pytest.MonkeyPatch) -> Counting:
    counting = Counting(loss.from_logits)
    monkeypatch.setattr(loss, "from_logits", counting)
    return counting


@pytest.fixture
def gradients(monkeypatch: pytest.MonkeyPatch) -> Counting:
    counting = Counting(gradient.of_cross_entropy)
    monkeypatch.setattr(gradient, "of_cross_entropy", counting)
    return counting


@pytest.fixture
def targets(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    checked: list[object] = []

    def counted(target: Any, *others: Any) -> Any:
        checked.append(target)
        return as_target(target, *others)

    monkeypatch.setattr(cross_entropy, "as_target", counted)
    return checked


def everything(command: str, batch: Batch) -> None:
    """What a run does with a batch: the answer, five samples worked, remarks, and the check."""
    calculation = Calculation(COMMANDS[command], check_settings(None, 3))
    problem = answers.problem_of(batch, calculation)
    answered = answers.compute_answer(batch, problem, 100.0)
    assert len(work_samples(batch, problem, answered, 5, 100.0)) == 5
    assert [message for _, message, found in find_remarks(problem) if found.any()] == []
    if command == "grad":
        found = check_gradients(batch, problem, answered.answer.values, 100.0)
        assert found.samples == 100
        assert found.largest < 1e-9


def hundred_samples() -> Batch:
    values = np.random.default_rng(7).normal(size=(100, 3))
    return Batch(values, "logits", Origin("x", "array"), labels=np.arange(100) % 3)


def test_ce_computes_each_loss_once(losses: Counting, targets: list[object]) -> None:
    everything("ce", hundred_samples())
    assert (losses.samples, len(targets)) == (100, 1)


def test_grad_computes_each_gradient_once_and_the_losses_that_are_shown(
    losses: Counting, gradients: Counting, targets: list[object]
) -> None:
    everything("grad", hundred_samples())
    assert (losses.samples, gradients.samples, len(targets)) == (5, 100, 1)
