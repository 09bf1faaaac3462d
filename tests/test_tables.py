"""Every name in a table of formats, and every choice of an option, can be had."""

from __future__ import annotations

from importlib import import_module
from typing import get_args

import pytest

import xentcli
from xentcli import readers, writers
from xentcli.calculation.commands import COMMANDS
from xentcli.core import framework, kl, settings
from xentcli.options import groups as options


@pytest.mark.parametrize("format", [*writers.FORMATS, writers.QUIET], ids=lambda one: one.name)
def test_every_output_format_has_a_writer(format: writers.Format) -> None:
    assert all(hasattr(format.writer, name) for name in ("start", "rows", "end"))
    assert not format.diagnosis or hasattr(format.diagnosis_writer, "diagnosis_text")


@pytest.mark.parametrize("format", readers.FORMATS, ids=readers.NAMES)
def test_every_input_format_has_a_reader(format: readers.Format) -> None:
    assert hasattr(import_module(f"xentcli.readers.{format.module}"), "open_input")


def test_the_choices_of_the_options_are_those_of_the_tables() -> None:
    assert get_args(options.FormatName) == writers.NAMES
    diagnosed = tuple(format.name for format in writers.FORMATS if format.diagnosis)
    assert get_args(options.DocumentName) == diagnosed
    assert get_args(options.InputFormatName) == readers.NAMES
    assert set(get_args(options.WidthName)) == {"float64", *framework.WIDTHS}
    assert get_args(options.ReductionName) == settings.REDUCTIONS
    assert get_args(options.DivergenceReductionName) == kl.REDUCTIONS
    assert set(get_args(options.LossName)) <= set(COMMANDS)


def test_the_commands_of_the_app_are_those_that_can_be_calculated() -> None:
    from xentcli.cli.commands import FUNCTIONS

    assert list(FUNCTIONS) == list(COMMANDS)


def test_the_public_names_exist() -> None:
    assert all(hasattr(xentcli, name) for name in xentcli.__all__)
    assert set(xentcli.__all__) <= set(dir(xentcli))
