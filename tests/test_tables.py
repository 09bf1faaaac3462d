"""Every name in a table of formats, and every choice of an option, can be had."""

from __future__ import annotations

from importlib import import_module
from typing import get_args

import pytest

import xentcli
from xentcli import readers, writers
from xentcli.calculation.commands import COMMANDS
from xentcli.core import framework, kl, settings
from xentcli.options import loss, output, siblings
from xentcli.options.input import InputFormatName


@pytest.mark.parametrize("format", [*writers.FORMATS, writers.QUIET], ids=lambda one: one.name)
def test_every_output_format_has_a_writer(format: writers.Format) -> None:
    assert all(hasattr(format.writer, name) for name in ("start", "rows", "end"))
    assert not format.diagnosis or hasattr(format.diagnosis_writer, "diagnosis_text")


@pytest.mark.parametrize("format", readers.FORMATS, ids=readers.NAMES)
def test_every_input_format_has_a_reader(format: readers.Format) -> None:
    assert hasattr(import_module(f"xentcli.readers.{format.module}"), "open_input")


def test_the_choices_of_the_options_are_those_of_the_tables() -> None:
    assert get_args(output.FormatName) == writers.NAMES
    diagnosed = tuple(format.name for format in writers.FORMATS if format.diagnosis)
    assert get_args(output.DocumentName) == diagnosed
    assert get_args(InputFormatName) == readers.NAMES
    assert set(get_args(loss.WidthName)) == {"float64", *framework.WIDTHS}
    assert get_args(loss.ReductionName) == settings.REDUCTIONS
    assert get_args(siblings.DivergenceReductionName) == kl.REDUCTIONS
    assert set(get_args(loss.LossName)) <= set(COMMANDS)


def test_the_commands_of_the_app_are_those_that_can_be_calculated() -> None:
    from xentcli.cli.commands import FUNCTIONS, MODULES, functions

    assert set(functions()) == set(FUNCTIONS) == set(COMMANDS)
    assert set(MODULES) <= set(COMMANDS)


def test_the_public_names_exist() -> None:
    assert all(hasattr(xentcli, name) for name in xentcli.__all__)
    assert set(xentcli.__all__) <= set(dir(xentcli))
