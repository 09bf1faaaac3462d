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
    Format("table", "screen.report"),
    Format("csv", "rows.delimited"),
    Format("tsv", "rows.delimited"),
    Format("json", "json.report"),
    Format("jsonl", "rows.json_lines"),
    Format("markdown", "rows.markdown"),
)

NAMES = tuple(format.name for format in FORMATS)
QUIET = "quiet"


def writer(name: str) -> Writer:
    """The writer of a format."""
    module = "rows.quiet" if name == QUIET else next(f.module for f in FORMATS if f.name == name)
    found: Writer = import_module(f"xentcli.writers.{module}")
    return found
