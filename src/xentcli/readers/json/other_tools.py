"""Reads documents of other tools as tables: what pandas' ``to_json`` writes for each ``orient``,
lists of records, and the scores of a Hugging Face pipeline."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from xentcli.errors import DataError, Place, UsageError, counted, path_of, quoted
from xentcli.model import NamedTuple
from xentcli.readers.interface import Request
from xentcli.readers.json.nested import describe, fault
from xentcli.readers.rules.column_names import LABEL_NAMES
from xentcli.readers.rules.keys import kind_keys_in

SCORES = {"label", "score"}
NUMBERED = re.compile(r"LABEL_([0-9]+)")


class Table(NamedTuple):
    """Rows of cells under names. ``path`` gives the path in the document to a cell, by its row and
    column. ``note`` says what was assumed; ``ordered``: the order of the classes is known, so that
    labels may be indices; ``scores``: all columns are classes."""

    names: tuple[str, ...]
    rows: Sequence[Sequence[Any]]
    path: Callable[[int, int], str]
    note: str = ""
    ordered: bool = True
    scores: bool = False


def is_table(document: Any) -> bool:
    """Whether a document has a shape that :func:`table_of` reads."""
    if isinstance(document, list):
        first = document[0] if document else None
        return isinstance(first, dict) or (isinstance(first, list) and _are_scores(first))
    if not isinstance(document, dict) or kind_keys_in(document):
        return False
    return (
        _is_split(document)
        or _is_table_schema(document)
        or (bool(document) and all(isinstance(value, dict) for value in document.values()))
    )


def table_of(document: Any, request: Request, place: Place) -> Table:
    """Read a document as a table, whichever orientation it has."""
    if isinstance(document, list):
        if isinstance(document[0], list):
            return _read_scores(document, request, place)
        if _are_scores(document):
            return _read_scores(
                [_check_one_sample(document, request, place)], request, place, alone=True
            )
        return _read_records(document, place, "$")
    if _is_split(document):
        return _read_split(document, place)
    if _is_table_schema(document):
        return _read_table_schema(document, place)
    return _read_dicts(document, request, place)


def _read_records(records: Sequence[Any], place: Place, path: str) -> Table:
    names = tuple(records[0])
    rows = []
    for number, record in enumerate(records):
        here = f"{path}[{number}]"
        if not isinstance(record, dict):
            raise fault(f"expected an object, found {describe(record)}", place, here)
        rows.append(_values_of_record(record, names, place, here))
    return Table(names, rows, lambda row, column: path_within(f"{path}[{row}]", names[column]))


def _values_of_record(
    record: Mapping[str, Any], names: Sequence[str], place: Place, path: str
) -> list[Any]:
    for name in names:
        if name not in record:
            raise fault(f"there is no key {quoted(name)}, which the first one has", place, path)
    if len(record) > len(names):
        extra = next(name for name in record if name not in names)
        raise fault(f"the key {quoted(extra)} is not in the first one", place, path)
    return [record[name] for name in names]


def path_within(path: str, key: str) -> str:
    """Return the path to a key of the value at a path."""
    return path + path_of(key).removeprefix("$")


def _is_split(document: Mapping[str, Any]) -> bool:
    return isinstance(document.get("columns"), list) and isinstance(document.get("data"), list)


def _read_split(document: Mapping[str, Any], place: Place) -> Table:
    names = tuple(map(str, document["columns"]))
    for number, row in enumerate(document["data"]):
        if not isinstance(row, list) or len(row) != len(names):
            found = counted(len(row), "value") if isinstance(row, list) else describe(row)
            message = f"expected a list of {len(names)}, one a column, found {found}"
            raise fault(message, place, f"$.data[{number}]")
    return Table(names, document["data"], lambda row, column: f"$.data[{row}][{column}]")


def _is_table_schema(document: Mapping[str, Any]) -> bool:
    return isinstance(document.get("schema"), dict) and isinstance(document.get("data"), list)


def _read_table_schema(document: Mapping[str, Any], place: Place) -> Table:
    keys = document["schema"].get("primaryKey")
    index = keys if isinstance(keys, list) else []
    rows = [
        {key: value for key, value in record.items() if key not in index}
        if isinstance(record, dict)
        else record
        for record in document["data"]
    ]
    if not rows or not isinstance(rows[0], dict):
        raise fault("expected a list of objects", place, "$.data")
    return _read_records(rows, place, "$.data")


def _read_dicts(document: Mapping[str, Mapping[str, Any]], request: Request, place: Place) -> Table:
    """Read an object of objects, whose outer keys are the columns or the rows."""
    outer = tuple(document)
    inner = tuple(document[outer[0]])
    for key in outer:
        _values_of_record(document[key], inner, place, path_within("$", key))
    by_columns, note = _outer_are_columns(document, outer, inner, request, place)
    if by_columns:
        rows = [[document[name][row] for name in outer] for row in inner]
        return Table(
            outer, rows, lambda row, at: path_within(path_within("$", outer[at]), inner[row]), note
        )
    rows = [[document[row][name] for name in inner] for row in outer]
    return Table(inner, rows, lambda row, at: path_within(path_within("$", outer[row]), inner[at]))


def _outer_are_columns(
    document: Mapping[str, Mapping[str, Any]],
    outer: Sequence[str],
    inner: Sequence[str],
    request: Request,
    place: Place,
) -> tuple[bool, str]:
    """Whether the outer keys name the columns: the level that has the label does, else the one that
    is not made of numbers. Also returns a note if this is a guess."""
    asked = request.label_col or request.label_key
    holds_label = [
        any(key == asked or (asked is None and key.lower() in LABEL_NAMES) for key in keys)
        for keys in (outer, inner)
    ]
    if holds_label[0] != holds_label[1]:
        return holds_label[0], ""
    numbered = [all(re.fullmatch(r"[0-9]+", key) for key in keys) for keys in (outer, inner)]
    if numbered[0] != numbered[1]:
        return numbered[1], ""
    if all(numbered):
        return True, 'the outer keys are taken for the columns (to_json(orient="columns"))'
    texts = [_are_texts(document[key].values()) for key in outer]
    if any(texts) and not all(texts):
        return True, ""
    across = [_are_texts(document[key][name] for key in outer) for name in inner]
    if any(across) and not all(across):
        return False, ""
    raise DataError(
        "the outer keys or the inner ones may be the columns, and nothing says which",
        place=place,
        hint='write records instead: to_json(orient="records")',
    )


def _are_texts(values: Any) -> bool:
    return all(isinstance(value, str) for value in values)


def _are_scores(value: Sequence[Any]) -> bool:
    """Whether a list holds a pipeline's scores of a sample."""
    return bool(value) and all(isinstance(item, dict) and set(item) == SCORES for item in value)


def _check_one_sample(scores: Sequence[Any], request: Request, place: Place) -> Sequence[Any]:
    """Return the scores if they are those of a single sample. They are refused if they may be those
    of the best class of several samples."""
    labels = [item["label"] for item in scores]
    total = sum(item["score"] for item in scores if isinstance(item["score"], float))
    if len(set(labels)) < len(labels) or request.kind != "probs" or abs(total - 1) > 1e-3:
        raise DataError(
            "a list of scores may be one sample, or the best class of several",
            place=place,
            hint="a list a sample, with a score for each class: top_k=None of [text]",
        )
    return scores


def _read_scores(
    document: Sequence[Any], request: Request, place: Place, *, alone: bool = False
) -> Table:
    if request.kind is None:
        raise UsageError(
            f"{place}: scores may be logits or probabilities",
            hint="say which: --input probs (function_to_apply softmax), --input logits (none)",
        )
    names, ordered = _find_classes(document[0], request, place)
    rows = []
    for number, scores in enumerate(document):
        here = "$" if alone else f"$[{number}]"
        if not isinstance(scores, list) or not _are_scores(scores):
            raise fault('expected a list of {"label", "score"}', place, here)
        found = {str(item["label"]): item["score"] for item in scores}
        if len(found) != len(scores) or set(found) != set(names):
            missing = [name for name in names if name not in found]
            raise DataError(
                f"the score of {quoted(missing[0])} is missing"
                if missing
                else "its classes are not those of the first sample",
                place=place._replace(detail=here),
                hint="all scores are needed: top_k=None",
            )
        rows.append([found[name] for name in names])
    return Table(
        names,
        rows,
        lambda row, column: f"{'$' if alone else f'$[{row}]'} ({quoted(names[column])})",
        ordered=ordered,
        scores=True,
    )


def _find_classes(
    scores: Sequence[Any], request: Request, place: Place
) -> tuple[tuple[str, ...], bool]:
    """Find the classes, and whether their order is known: from ``--classes``, or from the numbers
    of LABEL_0, LABEL_1 …. Otherwise it is not: a pipeline sorts the scores by size."""
    labels = [str(item["label"]) for item in scores]
    if request.classes:
        return request.classes, True
    numbers = [NUMBERED.fullmatch(label) for label in labels]
    if all(numbers):
        counted_up = sorted(int(found[1]) for found in numbers if found)
        if counted_up != list(range(len(labels))):
            raise DataError(
                f"the scores are of {', '.join(sorted(labels)[:5])}, and some are missing",
                place=place,
                hint="all scores are needed: top_k=None",
            )
        return tuple(f"LABEL_{number}" for number in counted_up), True
    return tuple(sorted(labels)), False
