"""The rows that could not be used, as a CSV: ``--rejects FILE``."""

from __future__ import annotations

from collections.abc import Iterable

from xentcli.model import Fault, csv_cell

HEADER = b"file,line,column,value,message,row\n"


def rejected_header() -> bytes:
    """The names of the columns."""
    return HEADER


def rejected(faults: Iterable[Fault]) -> bytes:
    """A row a fault; what JSON faults have instead of a column is the path."""
    return b"".join(_row(fault) for fault in faults)


def _row(fault: Fault) -> bytes:
    place = fault.place
    line = "" if place.line is None else str(place.line)
    column = place.detail if place.column is None else str(place.column)
    texts = (place.source, line, column, fault.value, fault.message)
    cells = [csv_cell(text.encode("utf-8", "surrogateescape")) for text in texts]
    return b",".join([*cells, csv_cell(fault.row)]) + b"\n"
