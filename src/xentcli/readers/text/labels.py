"""Labels or soft targets in a file of their own: ``--labels-from``, ``--targets-from``."""

from __future__ import annotations

import numpy as np

from xentcli.errors import DataError, Place, UsageError
from xentcli.model import AnyArray, Origin, unquoted
from xentcli.readers.interface import Attached, Opened, Request
from xentcli.readers.rules.columns import LABEL_NAMES
from xentcli.readers.rules.targets import Word
from xentcli.readers.sources.source import Source
from xentcli.readers.text import records as text
from xentcli.readers.text.beginning import parted_text


def labels_of_values(found: Opened, source: Source) -> Attached:
    """Labels that a file of arrays or a document holds as its values: a list of integers."""
    parts = [np.ravel(found.reader.read(chunk).values) for chunk in found.chunks.in_order()]
    labels: AnyArray = np.concatenate(parts) if parts else np.empty(0)
    return Attached(labels, None, Origin(source.name, "array"), len(labels))


def targets_of_values(found: Opened, source: Source) -> Attached:
    """Soft targets: the values of a file, in the same form as logits."""
    batches = [found.reader.read(chunk) for chunk in found.chunks.in_order()]
    parts = [batch.values for batch in batches]
    targets: AnyArray = np.concatenate(parts) if parts else np.empty((0, found.class_count))
    origin = Origin(source.name, "array", names=found.classes, path="")
    if batches and batches[0].values_from.form == "text":
        lines = [line for batch in batches for line in batch.values_from.lines]
        origin = batches[0].values_from._replace(lines=lines)
    return Attached(None, targets, origin, len(targets))


def labels_of_text(source: Source, request: Request, format_name: str) -> Attached:
    """Labels in a text: its label column, or its only one. A first line is a header only if it is
    one of the words for a label."""
    words: list[Word] = []
    at, column = None, 0
    with parted_text(source, request, format_name) as (stream, dialect, lines_before):
        line = 1
        for block in text.blocks(stream, dialect, source.name, text.block_bytes()):
            data = block.removeprefix(text.BYTE_ORDER_MARK)
            for record in text.records(data, dialect, line, source.name):
                if record.line <= lines_before:
                    continue
                row = [_content(cell, source, record.line) for cell in record.cells]
                if at is None:
                    at = _label_column(row, request, source, record.line)
                    column = at + 1
                    if _is_header(row[at], request):
                        continue
                if at >= len(row):
                    raise DataError("the label is missing", place=Place(source.name, record.line))
                words.append(Word(row[at], 0, "", record.line))
            line += text.line_ends(data)
    if at is None:
        raise DataError("it is empty", place=Place(source.name))
    origin = Origin(source.name, "text", columns=(column,))
    return Attached(tuple(words), None, origin, len(words))


def _content(cell: bytes, source: Source, line: int) -> str:
    try:
        return unquoted(cell).strip()
    except UnicodeDecodeError:
        reason = "the cell is not UTF-8 text"
    except ValueError as error:
        reason = str(error)
    raise DataError(reason, place=Place(source.name, line))


def _label_column(row: list[str], request: Request, source: Source, line: int) -> int:
    if len(row) == 1:
        return 0
    found = [at for at, name in enumerate(row) if name.lower() in LABEL_NAMES]
    if len(found) != 1:
        raise UsageError(
            f"{Place(source.name, line)}: which of its {len(row)} columns holds the labels?",
            hint="call it label, or give a file with that column alone",
        )
    return found[0]


def _is_header(first: str, request: Request) -> bool:
    """Any other word is the name of a class: to take one for a header would shift the rest."""
    if request.header is not None:
        return request.header
    return first.lower() in LABEL_NAMES
