"""Reads a second file with labels or soft targets. It is held in memory."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xentcli import readers
from xentcli.errors import DataError, NoClasses, Place, UsageError, quoted
from xentcli.model import AnyArray, Origin, Remark
from xentcli.readers.interface import Attached, Opened, Request
from xentcli.readers.rules.chosen_columns import Choose, ChosenColumns
from xentcli.readers.rules.class_indices import LabelTexts
from xentcli.readers.rules.ids import Ids, index_ids
from xentcli.readers.rules.join import id_columns, is_id, label_column
from xentcli.readers.rules.keys import KIND_KEYS, LABEL_KEYS, TARGET_KEYS
from xentcli.readers.rules.named_columns import suggest_names
from xentcli.readers.sources.source import Source


def open_labels(source: Source, request: Request) -> Attached:
    """Read the labels of a file, and the ids that could match its rows with the samples."""

    def choose(names: Sequence[str], place: Place) -> list[int]:
        ids = id_columns(names, request, place)
        label = label_column(names, ids, request, place)
        # The labels themselves are ids only on request.
        return [label, *(at for at in ids if at != label or request.second.on is not None)]

    found = _read_columns(source, request, choose)
    if found is None:
        key = _choose_label_key(source, request)
        listed = _read_listed_labels(source, request, key)
        if listed is None:
            alone = request_for_values(request)._replace(logits_key=key)
            listed = _read_array_of_labels(readers.open_input(source, alone), source)
        return _add_ids_under_keys(listed, source, request)
    (label, *ids), (labels, *cells) = found.at, found.columns
    name = found.names[label]
    origin = found.origin._replace(columns=(label + 1,), names=(name,))
    texts = _as_label_texts(labels, found.origin.source)
    joins = _index_id_columns(found.names, ids, cells)
    attached = Attached(texts, None, origin, len(labels), ids=joins, label_name=name)
    # A text of one column without a header: the first line may yet be its name.
    return attached._replace(may_have_header=origin.form == "text" and found.names == ("1",))


def open_targets(source: Source, request: Request) -> Attached:
    """Read the soft targets of a file, in any form that logits can have, and the ids that could
    match its rows with the samples. ``source`` must be one that can be read twice."""

    def choose(names: Sequence[str], place: Place) -> list[int]:
        return id_columns(names, request, place)

    found = _read_columns(source, request, choose)
    alone = request_for_values(request)
    if found is not None:
        not_classes = tuple(found.names[at].strip() for at in found.at)
        listed = [name for name in found.listed if name in (*TARGET_KEYS, *KIND_KEYS)]
        key = listed[0] if len(listed) == 1 else None
        alone = alone._replace(not_classes=not_classes, logits_key=key)
    else:
        keys = [key for key in _read_keys(source, request) if key in TARGET_KEYS]
        alone = alone._replace(logits_key=keys[0] if len(keys) == 1 else None)
    try:
        attached = _read_array_of_targets(readers.open_input(source, alone), source)
    except NoClasses as error:
        raise DataError(
            "no column of numbers to take as soft targets",
            place=error.place,
            hint="labels of a second file are taken with --labels-from",
        ) from None
    if found is None:
        return _add_ids_under_keys(attached, source, request)
    if key is not None and attached.origin.form == "table":
        attached = attached._replace(origin=attached.origin._replace(path=key))
    if not found.columns:
        return attached
    if len(found.columns[0]) != attached.size:
        raise DataError("it has changed while it was read", place=Place(source.name))
    return attached._replace(ids=_index_id_columns(found.names, found.at, found.columns))


def _read_columns(source: Source, request: Request, choose: Choose) -> ChosenColumns | None:
    """Read the chosen columns of a file as text; None for a file of arrays, which has no
    columns."""
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


def _choose_label_key(source: Source, request: Request) -> str | None:
    """Choose the key of the labels in an archive or a document; None where there are no keys."""
    keys, asked = _read_keys(source, request), request.second.label_col
    if not any(keys):
        return None
    if asked is not None and asked not in keys:
        hint = suggest_names(asked, keys, "keys")
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


def _read_keys(source: Source, request: Request) -> Sequence[str]:
    """Read the keys of an archive or a document. A single array has the empty key; other values
    that stand alone have none."""
    format = readers.choose_format(source, None)
    if format.module == "arrays.arrays":
        from xentcli.readers.arrays.archive import read_keys

        return read_keys(source, format.name)
    if format.name == "json":
        from xentcli.readers.json.document import load

        document = load(source, request)
        return tuple(document) if isinstance(document, dict) else ()
    return ()


def request_for_values(request: Request) -> Request:
    """Return the request for a file whose columns are all values."""
    said = {field: getattr(request, field) for field in readers.TEXT}
    return Request(**said)


def _index_id_columns(
    names: Sequence[str], at: Sequence[int], columns: Sequence[Sequence[bytes]]
) -> tuple[Ids, ...]:
    pairs = zip(at, columns, strict=True)
    return tuple(index_ids(names[column], cells) for column, cells in pairs)


def _as_label_texts(cells: Sequence[bytes], source: str) -> LabelTexts:
    known: dict[bytes, int] = {}
    at = np.array([known.setdefault(cell, len(known)) for cell in cells], dtype=np.int64)
    try:
        return LabelTexts(tuple(cell.decode("utf-8") for cell in known), at)
    except UnicodeDecodeError:
        raise DataError("a label is not UTF-8 text", place=Place(source)) from None


def _read_array_of_labels(opened: Opened, source: Source) -> Attached:
    """Read the labels of a file that holds only an array of integers."""
    parts = [np.ravel(opened.reader.read(chunk).values) for chunk in opened.chunks.in_order()]
    labels: AnyArray = np.concatenate(parts) if parts else np.empty(0)
    return Attached(labels, None, Origin(source.name, "array"), len(labels))


def _add_ids_under_keys(attached: Attached, source: Source, request: Request) -> Attached:
    """Add the ids that a document or an archive has under keys of their own.

    Values that cannot be read as ids are reported, unless --on names them.
    """
    # The empty key is that of a single array.
    keys = [key for key in _read_keys(source, request) if key]
    chosen = [keys[at] for at in id_columns(keys, request, Place(source.name))]
    found, unread, remarks = [], [], []
    for key in chosen:
        try:
            found.append(index_ids(key, _read_ids_under(source, request, key)))
        except DataError as error:
            if request.second.on is not None:
                raise
            unread.append((key, error.message))
            message = f"{quoted(key)} is not taken for ids ({error.message})"
            remarks.append(Remark(message, Place(source.name), word="note"))
    if remarks and not found:
        # Matched by position, the labels may well go to the wrong rows.
        lead = "its rows are matched by position: "
        remarks[0] = remarks[0]._replace(message=lead + remarks[0].message)
    remarks = [*attached.remarks, *remarks]
    return attached._replace(ids=tuple(found), unread=tuple(unread), remarks=tuple(remarks))


def _read_ids_under(source: Source, request: Request, key: str) -> list[bytes]:
    format = readers.choose_format(source, None)
    if format.module == "arrays.arrays":
        from xentcli.readers.arrays.archive import read_ids_under

        return read_ids_under(source, format.name, key)
    from xentcli.readers.json.chosen import list_ids

    return list_ids(source, request, key)


def _read_listed_labels(source: Source, request: Request, key: str | None) -> Attached | None:
    """Read class names that JSON lists, in a document or one a line; None where it lists none."""
    format = readers.choose_format(source, None)
    if format.name not in ("json", "jsonl"):
        return None
    from xentcli.readers.json.chosen import list_labels

    found = list_labels(source, request, key, lines=format.name == "jsonl")
    if found is None:
        return None
    labels = _as_label_texts(found.texts, source.name)
    return Attached(labels, None, found.origin, len(labels), found.shape)


def _read_array_of_targets(opened: Opened, source: Source) -> Attached:
    batches = [opened.reader.read(chunk) for chunk in opened.chunks.in_order()]
    parts = [batch.values for batch in batches]
    targets: AnyArray = np.concatenate(parts) if parts else np.empty((0, opened.class_count))
    origin = Origin(source.name, "array", names=opened.classes)
    if batches:
        lines = np.concatenate([np.asarray(batch.values_from.lines) for batch in batches])
        origin = batches[0].values_from._replace(lines=lines)
    if origin.form in ("json", "array"):
        # Its numbers have no names; where the classes have, they say what each is of.
        columns = tuple(range(1, opened.class_count + 1))
        origin = origin._replace(names=opened.classes, columns=columns)
    # The option that these remarks mention applies to the first file alone.
    remarks = tuple(
        remark._replace(message=remark.message.removesuffix(" (--logit-cols says otherwise)"))
        for remark in opened.remarks
    )
    return Attached(None, targets, origin, len(targets), remarks=remarks)
