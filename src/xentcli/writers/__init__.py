"""The formats that can be written: one line each. A new format is one file here and one such line.

A writer is a module with three functions (see :mod:`xentcli.writers.interface`).
"""

from __future__ import annotations

from importlib import import_module
from typing import Literal, NamedTuple

from xentcli.writers.interface import DiagnosisWriter, Writer


class Format(NamedTuple):
    """An output format: its name, its module here, and what it needs.

    ``for_people`` says that a survey is shown unasked, and no sample's row; ``document`` that the
    answer is one, with room for every step and every survey, not rows that can be used as they
    come; ``rows_wait`` that the rows stand in the middle of it. The input's own rows must be taken
    apart into ``cells`` to be passed on, or can stay ``whole`` but for the answer; ``records`` asks
    for the input's own JSON. Cells are parted by ``delimiter``, where that is not the input's.
    Files of rows can be joined if they have a ``suffix``. ``diagnosis`` is the module that writes a
    diagnosis.
    """

    name: str
    module: str
    for_people: bool = False
    document: bool = False
    rows_wait: bool = False
    passes_on: Literal["whole", "cells"] | None = None
    records: bool = False
    delimiter: bytes | None = None
    suffix: str = ""
    diagnosis: str = ""

    @property
    def writer(self) -> Writer:
        """The module."""
        found: Writer = import_module(f"xentcli.writers.{self.module}")
        return found

    @property
    def diagnosis_writer(self) -> DiagnosisWriter:
        """The module that writes a diagnosis."""
        found: DiagnosisWriter = import_module(f"xentcli.writers.{self.diagnosis}")
        return found


FORMATS = (
    Format("table", "screen.report", for_people=True, document=True, diagnosis="screen.diagnosis"),
    Format("csv", "rows.delimited", passes_on="whole", suffix="csv"),
    Format("tsv", "rows.delimited", passes_on="cells", delimiter=b"\t", suffix="tsv"),
    Format("json", "json.report", document=True, rows_wait=True, diagnosis="json.diagnosis"),
    Format("jsonl", "rows.json_lines", passes_on="cells", records=True, suffix="jsonl"),
    Format("markdown", "rows.markdown", passes_on="cells"),
)
# What --quiet writes, whatever --format says.
QUIET = Format("quiet", "rows.quiet", suffix="txt", diagnosis="rows.quiet")

NAMES = tuple(format.name for format in FORMATS)


def format_named(name: str) -> Format:
    """The format of that name."""
    return next(format for format in FORMATS if format.name == name)
