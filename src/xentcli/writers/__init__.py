"""The table of the formats that can be written. A new format is a module here and a line there.

The module has three functions (see :mod:`xentcli.writers.interface`).
"""

from __future__ import annotations

from importlib import import_module
from typing import Literal

from xentcli.model import NamedTuple
from xentcli.writers.interface import DiagnosisWriter, Writer


class Format(NamedTuple):
    """An output format: its name, its module here, and what it needs.

    - ``for_people``: it shows a survey without being asked, and only some of the samples.
    - ``document``: it is a document, with room for all steps and surveys; the others are rows.
    - ``rows_wait``: the rows stand in the middle of the document, so they are written at the end.
    - ``passes_on``: it passes on the input's own rows: split into ``cells``, or ``whole`` with the
      answer put in.
    - ``records``: it passes on the input's own JSON.
    - ``delimiter``: what separates the cells; None for the delimiter of the input.
    - ``suffixes``: of files in this format; the first is used for the files of a folder.
    - ``splits``: the rows may be written to several files, to be read one after the other.
    - ``worked``: the module that writes it as a document if steps are asked for, as its rows have
      no room for them.
    - ``diagnosis``: the module that writes a diagnosis.
    """

    name: str
    module: str
    for_people: bool = False
    document: bool = False
    rows_wait: bool = False
    passes_on: Literal["whole", "cells"] | None = None
    records: bool = False
    delimiter: bytes | None = None
    suffixes: tuple[str, ...] = ()
    splits: bool = False
    worked: str = ""
    diagnosis: str = ""

    @property
    def writer(self) -> Writer:
        """The module that writes answers."""
        found: Writer = import_module(f"xentcli.writers.{self.module}")
        return found

    @property
    def with_steps(self) -> Format:
        """The format if steps are asked for: as a document, if it can be one."""
        if not self.worked:
            return self
        return self._replace(module=self.worked, for_people=True, document=True, passes_on=None)

    @property
    def diagnosis_writer(self) -> DiagnosisWriter:
        """The module that writes a diagnosis."""
        found: DiagnosisWriter = import_module(f"xentcli.writers.{self.diagnosis}")
        return found


FORMATS = (
    Format("table", "screen.report", for_people=True, document=True, diagnosis="screen.diagnosis"),
    Format("csv", "rows.delimited", passes_on="whole", suffixes=(".csv",), splits=True),
    Format(
        "tsv",
        "rows.delimited",
        passes_on="cells",
        delimiter=b"\t",
        suffixes=(".tsv",),
        splits=True,
    ),
    Format(
        "json",
        "json.report",
        document=True,
        rows_wait=True,
        suffixes=(".json",),
        diagnosis="json.diagnosis",
    ),
    Format(
        "jsonl",
        "rows.json_lines",
        passes_on="cells",
        records=True,
        suffixes=(".jsonl", ".ndjson"),
        splits=True,
    ),
    Format(
        "markdown",
        "rows.markdown",
        passes_on="cells",
        suffixes=(".md",),
        worked="page.markdown",
    ),
)
# What --quiet writes, whatever --format says.
QUIET = Format("quiet", "rows.quiet", suffixes=(".txt",), splits=True, diagnosis="rows.quiet")

NAMES = tuple(format.name for format in FORMATS)


def format_named(name: str) -> Format:
    """Find the format of that name."""
    return next(format for format in FORMATS if format.name == name)
