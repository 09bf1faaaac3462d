"""The formats that can be written: one line each. A new format is one file here and one such line.

A writer is a module with three functions (see :mod:`xentcli.writers.interface`).
"""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from xentcli.writers.interface import Writer


class Format(NamedTuple):
    """An output format: its name and its module here."""

    name: str
    module: str


FORMATS = (
    Format("table", "table"),
    Format("csv", "delimited"),
    Format("tsv", "delimited"),
    Format("json", "document"),
    Format("jsonl", "json_lines"),
    Format("markdown", "markdown"),
)

NAMES = tuple(format.name for format in FORMATS)
QUIET = "quiet"


def writer(name: str) -> Writer:
    """The writer of a format."""
    module = QUIET if name == QUIET else next(f.module for f in FORMATS if f.name == name)
    found: Writer = import_module(f"xentcli.writers.{module}")
    return found
