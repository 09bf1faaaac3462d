"""A second file, which is held in memory: labels, or soft targets."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xentcli import readers
from xentcli.errors import DataError, Place
from xentcli.model import AnyArray, Origin
from xentcli.readers.interface import Attached, Opened, Request
from xentcli.readers.rules.chosen_columns import Choose, ChosenColumns
from xentcli.readers.rules.join import Ids, id_columns, ids_of, label_column
from xentcli.readers.rules.keys import KIND_KEYS, TARGET_KEYS
from xentcli.readers.rules.targets import LabelTexts
from xentcli.readers.sources.source import Source


def open_labels(source: Source, request: Request) -> Attached:
    """The labels of a file, with the ids that its rows may be matched by."""

    def choose(names: Sequence[str], place: Place) -> list[int]:
        ids = id_columns(names, request, place)
        label = label_column(names, ids, request, place)
        return [label, *(at for at in ids if at != label)]

    found = _columns_of(source, request, choose)
    if found is None:
        opened = readers.open_input(source, values_alone(request))
        return _labels_of_values(opened, source)
    (label, *ids), (labels, *cells) = found.at, found.columns
    name = found.names[label]
    origin = found.origin._replace(columns=(label + 1,), names=(name,))
    texts = _label_texts(labels, found.origin.source)
    joins = _joins(found.names, ids, cells)
    attached = Attached(texts, None, origin, len(labels), ids=joins, label_name=name)
    # A single column without a name of its own.
    return attached._replace(may_have_header=origin.form == "text" and found.names == ("1",))


def open_targets(source: Source, request: Request) -> Attached:
    """The soft targets of a file, in the same form as logits, with the ids that its rows may be
    matched by. ``source`` must be one that can be read twice."""

    def choose(names: Sequence[str], place: Place) -> list[int]:
        return id_columns(names, request, place)

    found = _columns_of(source, request, choose)
    alone = values_alone(request)
    if found is not None:
        beside = tuple(found.names[at].strip() for at in found.at)
        listed = [name for name in found.listed if name in (*TARGET_KEYS, *KIND_KEYS)]
        key = listed[0] if len(listed) == 1 else None
        alone = alone._replace(beside=beside, logits_key=key)
    attached = _targets_of_values(readers.open_input(source, alone), source)
    if found is None or not found.columns:
        return attached
    if len(found.columns[0]) != attached.size:
        raise DataError("it has changed while it was read", place=Place(source.name))
    # Where a row of ids stands is where its targets do.
    origin = attached.origin
    if not len(origin.lines):
        origin = origin._replace(form=found.origin.form, lines=found.origin.lines)
    return attached._replace(origin=origin, ids=_joins(found.names, found.at, found.columns))


def _columns_of(source: Source, request: Request, choose: Choose) -> ChosenColumns | None:
    """The chosen columns of a file that has columns, as text; None for one of arrays alone."""
    format = readers.choose_format(source, None)
    if format.module == "text.delimited":
        from xentcli.readers.text.chosen import columns_of_text

        return columns_of_text(source, request, format.name, choose)
    if format.name in ("json", "jsonl"):
        from xentcli.readers.json.chosen import columns_of_json

        return columns_of_json(source, request, choose, lines=format.name == "jsonl")
    if format.module == "tables.columnar":
        from xentcli.readers.tables.chosen import columns_of_table

        return columns_of_table(source, format.name, choose)
    return None


def values_alone(request: Request) -> Request:
    """The request for a second file, whose columns are all values."""
    return Request(
        delimiter=request.delimiter,
        header=request.header,
        encoding=request.encoding,
        comment=request.comment,
        decimal=request.decimal,
    )


def _joins(
    names: Sequence[str], at: Sequence[int], columns: Sequence[Sequence[bytes]]
) -> tuple[Ids, ...]:
    pairs = zip(at, columns, strict=True)
    return tuple(ids_of(names[one], cells) for one, cells in pairs)


def _label_texts(cells: Sequence[bytes], source: str) -> LabelTexts:
    known: dict[bytes, int] = {}
    at = np.array([known.setdefault(cell, len(known)) for cell in cells], dtype=np.int64)
    try:
        return LabelTexts(tuple(cell.decode("utf-8") for cell in known), at)
    except UnicodeDecodeError:
        raise DataError("a label is not UTF-8 text", place=Place(source)) from None


def _labels_of_values(opened: Opened, source: Source) -> Attached:
    """Labels that a file of arrays or a document holds as its values: a list of integers."""
    parts = [np.ravel(opened.reader.read(chunk).values) for chunk in opened.chunks.in_order()]
    labels: AnyArray = np.concatenate(parts) if parts else np.empty(0)
    return Attached(labels, None, Origin(source.name, "array"), len(labels))


def _targets_of_values(opened: Opened, source: Source) -> Attached:
    batches = [opened.reader.read(chunk) for chunk in opened.chunks.in_order()]
    parts = [batch.values for batch in batches]
    targets: AnyArray = np.concatenate(parts) if parts else np.empty((0, opened.class_count))
    origin = Origin(source.name, "array", names=opened.classes, path="")
    if batches and batches[0].values_from.form == "text":
        lines = np.concatenate([np.asarray(batch.values_from.lines) for batch in batches])
        origin = batches[0].values_from._replace(lines=lines)
    # What is said there of options is about a first file.
    remarks = tuple(
        remark._replace(message=remark.message.removesuffix(" (--logit-cols says otherwise)"))
        for remark in opened.remarks
    )
    return Attached(None, targets, origin, len(targets), remarks=remarks)
