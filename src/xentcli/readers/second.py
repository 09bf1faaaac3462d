"""A second file with labels or soft targets; it is held in memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xentcli import readers
from xentcli.errors import DataError, NoClasses, Place, UsageError, quoted
from xentcli.model import AnyArray, Origin, Remark
from xentcli.readers.interface import Attached, Opened, Request
from xentcli.readers.rules.chosen_columns import Choose, ChosenColumns
from xentcli.readers.rules.ids import Ids, ids_of
from xentcli.readers.rules.join import id_columns, is_id, label_column
from xentcli.readers.rules.keys import KIND_KEYS, LABEL_KEYS, TARGET_KEYS
from xentcli.readers.rules.named_columns import near_or_all
from xentcli.readers.rules.targets import LabelTexts
from xentcli.readers.sources.source import Source


def open_labels(source: Source, request: Request) -> Attached:
    """The labels of a file, and the ids that could match its rows with the samples."""

    def choose(names: Sequence[str], place: Place) -> list[int]:
        ids = id_columns(names, request, place)
        label = label_column(names, ids, request, place)
        return [label, *(at for at in ids if at != label)]

    found = _columns_of(source, request, choose)
    if found is None:
        key = _label_key(source, request)
        listed = _listed_labels(source, request, key)
        if listed is None:
            alone = values_alone(request)._replace(logits_key=key)
            listed = _labels_of_values(readers.open_input(source, alone), source)
        return _with_ids_under_keys(listed, source, request)
    (label, *ids), (labels, *cells) = found.at, found.columns
    name = found.names[label]
    origin = found.origin._replace(columns=(label + 1,), names=(name,))
    texts = _label_texts(labels, found.origin.source)
    joins = _joins(found.names, ids, cells)
    attached = Attached(texts, None, origin, len(labels), ids=joins, label_name=name)
    # A single column without a name of its own.
    return attached._replace(may_have_header=origin.form == "text" and found.names == ("1",))


def open_targets(source: Source, request: Request) -> Attached:
    """The soft targets of a file, which may have the form that logits have, and the ids that could
    match its rows with the samples. ``source`` must be one that can be read twice."""

    def choose(names: Sequence[str], place: Place) -> list[int]:
        return id_columns(names, request, place)

    found = _columns_of(source, request, choose)
    alone = values_alone(request)
    if found is not None:
        beside = tuple(found.names[at].strip() for at in found.at)
        listed = [name for name in found.listed if name in (*TARGET_KEYS, *KIND_KEYS)]
        key = listed[0] if len(listed) == 1 else None
        alone = alone._replace(beside=beside, logits_key=key)
    else:
        keys = [key for key in _keys_of(source, request) if key in TARGET_KEYS]
        alone = alone._replace(logits_key=keys[0] if len(keys) == 1 else None)
    try:
        attached = _targets_of_values(readers.open_input(source, alone), source)
    except NoClasses as error:
        raise DataError(
            "no column of numbers to take as soft targets",
            place=error.place,
            hint="labels of a second file are taken with --labels-from",
        ) from None
    if found is None:
        return _with_ids_under_keys(attached, source, request)
    if not found.columns:
        return attached
    if len(found.columns[0]) != attached.size:
        raise DataError("it has changed while it was read", place=Place(source.name))
    # Where a row of ids stands is where its targets do.
    origin = attached.origin
    if not len(origin.lines):
        origin = origin._replace(form=found.origin.form, lines=found.origin.lines)
    return attached._replace(origin=origin, ids=_joins(found.names, found.at, found.columns))


def _columns_of(source: Source, request: Request, choose: Choose) -> ChosenColumns | None:
    """The chosen columns of a file as text; None for a file of arrays without columns."""
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


def _label_key(source: Source, request: Request) -> str | None:
    """The key of the labels in an archive or a document; None where there are no keys."""
    keys, asked = _keys_of(source, request), request.second.label_col
    if not any(keys):
        return None
    if asked is not None and asked not in keys:
        hint = near_or_all(asked, keys, "keys")
        raise UsageError(f"--label-col: {source.name} has no key {quoted(asked)}", hint=hint)
    found = [key for key in keys if key in (*LABEL_KEYS, *TARGET_KEYS)]
    others = [key for key in keys if not is_id(key)]
    likely = [asked] if asked is not None else (found or others or keys)
    if len(likely) != 1:
        raise UsageError(
            f"{source.name}: which of its {len(keys)} keys holds the labels?",
            hint="say which: --label-col",
        )
    return likely[0]


def _keys_of(source: Source, request: Request) -> Sequence[str]:
    """The keys of an archive or a document; empty where the values stand alone."""
    format = readers.choose_format(source, None)
    if format.module == "arrays.arrays":
        from xentcli.readers.arrays.arrays import keys_of

        return keys_of(source, format.name)
    if format.name == "json":
        from xentcli.readers.json.document import load

        document = load(source, request)
        return tuple(document) if isinstance(document, dict) else ()
    return ()


def values_alone(request: Request) -> Request:
    """The request for a file whose columns are all values."""
    said = {field: getattr(request, field) for field in readers.TEXT}
    return Request(**said)


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
    """The labels of a file that holds nothing else: a list of integers."""
    parts = [np.ravel(opened.reader.read(chunk).values) for chunk in opened.chunks.in_order()]
    labels: AnyArray = np.concatenate(parts) if parts else np.empty(0)
    return Attached(labels, None, Origin(source.name, "array"), len(labels))


def _with_ids_under_keys(attached: Attached, source: Source, request: Request) -> Attached:
    """Add the ids that a document or an archive has under keys of their own.

    Values that cannot be read as ids are reported, unless --on names them.
    """
    # An array by itself has an empty one.
    keys = [key for key in _keys_of(source, request) if key]
    chosen = [keys[at] for at in id_columns(keys, request, Place(source.name))]
    found, unread, remarks = [], [], []
    for key in chosen:
        try:
            found.append(ids_of(key, _ids_under(source, request, key)))
        except DataError as error:
            if request.second.on is not None:
                raise
            unread.append((key, error.message))
            message = f"{quoted(key)} is not taken for ids ({error.message})"
            remarks.append(Remark(message, Place(source.name), word="note"))
    if remarks and not found:
        # The numbers may well belong to other rows then.
        lead = "its rows are matched by position: "
        remarks[0] = remarks[0]._replace(message=lead + remarks[0].message)
    remarks = [*attached.remarks, *remarks]
    return attached._replace(ids=tuple(found), unread=tuple(unread), remarks=tuple(remarks))


def _ids_under(source: Source, request: Request, key: str) -> list[bytes]:
    format = readers.choose_format(source, None)
    if format.module == "arrays.arrays":
        from xentcli.readers.arrays.arrays import ids_under

        return ids_under(source, format.name, key)
    from xentcli.readers.json.chosen import list_ids

    return list_ids(source, request, key)


def _listed_labels(source: Source, request: Request, key: str | None) -> Attached | None:
    """Names that JSON lists, in a document or one a line; None where it lists none."""
    format = readers.choose_format(source, None)
    if format.name not in ("json", "jsonl"):
        return None
    from xentcli.readers.json.chosen import list_labels

    found = list_labels(source, request, key, lines=format.name == "jsonl")
    if found is None:
        return None
    labels = _label_texts(found.texts, source.name)
    return Attached(labels, None, found.origin, len(labels), found.shape)


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
