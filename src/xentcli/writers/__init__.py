"""The formats that can be written: one line each. A new format is one file here and one such line.

A writer is a module with three functions (see :mod:`xentcli.writers.interface`).
"""

from __future__ import annotations

from importlib import import_module
from typing import NamedTuple

from xentcli.writers.interface import Writer


class Format(NamedTuple):
    """An output format: its name, its module here, and the suffixes of a file that is one."""

    name: str
    module: str
    suffixes: tuple[str, ...] = ()


FORMATS = (
    Format("table", "screen.report"),
    Format("csv", "rows.delimited", (".csv",)),
    Format("tsv", "rows.delimited", (".tsv",)),
    Format("json", "json.report", (".json",)),
    Format("jsonl", "rows.json_lines", (".jsonl", ".ndjson")),
    Format("markdown", "rows.markdown", (".md",)),
)

NAMES = tuple(format.name for format in FORMATS)
QUIET = "quiet"


def writer(name: str) -> Writer:
    """The writer of a format."""
    module = "rows.quiet" if name == QUIET else next(f.module for f in FORMATS if f.name == name)
    found: Writer = import_module(f"xentcli.writers.{module}")
    return found
