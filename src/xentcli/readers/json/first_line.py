"""Decides by the first line of JSON Lines which key has the values, the label, the id."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from xentcli.errors import DataError, Place, UsageError, path_of, quoted
from xentcli.readers.interface import EACH_SEQUENCE, Request
from xentcli.readers.json.layout import Layout, Line
from xentcli.readers.json.look import RecordLook, is_number
from xentcli.readers.json.nested import as_array, describe, fault
from xentcli.readers.json.own_output import check_not_own
from xentcli.readers.json.sample import get_field, parse_line, split_lines
from xentcli.readers.rules.column_names import PLAIN_IDS
from xentcli.readers.rules.columns import choose_columns
from xentcli.readers.rules.join import pair_files
from xentcli.readers.rules.keys import (
    KIND_KEYS,
    LABEL_KEYS,
    TARGET_KEYS,
    check_class_names,
    expected_one,
    kind_of,
)
from xentcli.readers.rules.look import LOOKED_AT
from xentcli.readers.rules.sample_numbers import sample_number_column
from xentcli.readers.sources.source import Source


def layout_by_first_line(source: Source, request: Request, data: bytes) -> Layout:
    """Make the layout of all lines, by the first line of ``data`` that is well-formed."""
    first_error = None
    for line in split_lines(data, 1):
        try:
            return _layout_of(source, request, line, data)
        except DataError as error:
            if request.on_error == "stop":
                raise
            first_error = first_error or error
    assert first_error is not None
    raise first_error


def _layout_of(source: Source, request: Request, line: Line, data: bytes) -> Layout:
    place = Place(source.name, line.number)
    record = parse_line(line.content, place)
    if isinstance(record, list):
        if _name_keys(request):
            raise fault("expected an object, found a list", place, "$")
        request = pair_files(request, (), Place(source.name))
        return _layout_of_list(source, request, record, None, place)
    if not isinstance(record, dict):
        raise fault(f"expected a list or an object, found {describe(record)}", place, "$")
    for name in record:
        _check_unicode(name, place)
    if request.logits_key is None and request.logit_cols is None:
        check_not_own(record, place)
    request = pair_files(request, tuple(record), Place(source.name))
    key = _find_values_key(record, request, place)
    if key is None:
        return _layout_of_flat_records(source, request, record, data, place)
    layout = _layout_of_list(source, request, record[key], key, place)
    number = sample_number_column(request)
    if number is not None:
        get_field(record, number, place)
    label, targets = _find_target_keys(record, layout, place)
    by = request.by
    if by == EACH_SEQUENCE and by not in record:
        by = None
    if by is not None:
        get_field(record, by, place)
    return layout._replace(
        label=label,
        targets=targets,
        weight=number,
        by=by,
        id=next((name for name in PLAIN_IDS if name in record), None),
        columns=tuple(record),
        join=_join_key(request),
    )


def _name_keys(request: Request) -> bool:
    by = None if request.by == EACH_SEQUENCE else request.by
    asked = (request.logits_key, request.logit_cols, sample_number_column(request), by)
    target = (request.label_key, request.label_col, request.target_cols)
    return any(asked) or (request.wanted != "none" and any(target))


def _check_unicode(name: str, place: Place) -> None:
    try:
        name.encode("utf-8")
    except UnicodeEncodeError:
        raise DataError(f"the key {quoted(name)} is not Unicode text", place=place) from None


def _find_values_key(record: dict[str, Any], request: Request, place: Place) -> str | None:
    """Find the key of the list of values; None where each value has a key of its own."""
    if request.logits_key is not None:
        get_field(record, request.logits_key, place)
        return request.logits_key
    if request.logit_cols is not None:
        return request.logit_cols if isinstance(record.get(request.logit_cols), list) else None
    found = [key for key in KIND_KEYS if isinstance(record.get(key), list)]
    if len(found) > 1:
        error = fault(expected_one(found), place, "$")
        error.hint = "say which: --logits-key"
        raise error
    if found:
        return found[0]
    for key in KIND_KEYS:
        if key in record and not is_number(record[key]):
            found_there = describe(record[key])
            raise fault(f"expected a list of numbers, found {found_there}", place, path_of(key))
    return None


def _layout_of_list(
    source: Source, request: Request, value: Any, key: str | None, place: Place
) -> Layout:
    """Make the layout of lines that have their values in a list."""
    path = "$" if key is None else path_of(key)
    shape = as_array(value, place, path).shape
    class_at = _class_at(request.class_axis, len(shape))
    if shape[class_at] == 0:
        raise fault("a sample without values", place, path)
    found = f", {source.name} has {shape[class_at]}"
    check_class_names(request.classes, shape[class_at], found)
    kind = kind_of(key, request.kind, place)
    return Layout(source.name, request, kind, shape, request.classes, key=key, class_at=class_at)


def _class_at(axis: int, dimensions: int) -> int:
    """Return the class axis within a sample; ``axis`` counts the axis of the samples too."""
    if not -dimensions <= axis <= dimensions or axis == 0:
        raise UsageError(
            f"--class-axis {axis}: the samples are the lines, of {dimensions} dimensions each"
            if axis
            else "--class-axis 0: the samples of JSON Lines are its lines"
        )
    return axis - 1 if axis > 0 else dimensions + axis


def _find_target_keys(
    record: dict[str, Any], layout: Layout, place: Place
) -> tuple[str | None, tuple[str, ...]]:
    """Find the key of the label, or the keys of the soft targets."""
    request = layout.request
    if request.wanted == "none" or request.attached is not None:
        return None, ()
    if request.target_cols is not None:
        get_field(record, request.target_cols, place)
        return None, (request.target_cols,)
    asked = request.label_key or request.label_col
    if asked is not None:
        key: str | None = asked
        target = get_field(record, asked, place)
        soft = request.wanted != "labels" and _is_soft(target, layout)
    else:
        key = _find_one_of(LABEL_KEYS, record, place)
        soft = False
        if key is None:
            key = _find_one_of(TARGET_KEYS, record, place)
            soft = key is not None and _is_soft(record[key], layout)
            if soft and request.wanted == "labels":
                return None, ()
    if key is None or not soft:
        return key, ()
    return None, (key,)


def _find_one_of(keys: Sequence[str], record: dict[str, Any], place: Place) -> str | None:
    found = [key for key in keys if key in record]
    if len(found) > 1:
        listed = " and ".join(map(quoted, found))
        raise UsageError(
            f"{place}: the keys {listed} could both be the label", hint="say which: --label-key"
        )
    return found[0] if found else None


def _is_soft(value: Any, layout: Layout) -> bool:
    """Whether a target has a number for each class."""
    depth = 0
    while isinstance(value, list) and value:
        value, depth = value[0], depth + 1
    return depth == len(layout.shape)


def _layout_of_flat_records(
    source: Source, request: Request, record: dict[str, Any], data: bytes, place: Place
) -> Layout:
    """Make the layout of records that have each value under a key of its own."""
    names = tuple(record)
    look = RecordLook(names, _first_rows(data, names))
    if request.logit_cols is None and not any(map(look.is_numeric, range(len(names)))):
        raise _no_values(record, place)
    asked = request._replace(label_col=request.label_col or request.label_key)
    choice = choose_columns(look, asked, place)
    columns = choice.columns
    flat = tuple(names[at] for at in columns.values)
    classes = request.classes or tuple(name.strip() for name in flat)
    check_class_names(classes, len(flat), f" for {len(flat)} keys of logits")
    _class_at(request.class_axis, 1)
    return Layout(
        source.name,
        request._replace(classes=classes),
        request.kind or "logits",
        (len(flat),),
        classes,
        flat=flat,
        label=None if columns.label is None else names[columns.label],
        targets=tuple(names[at] for at in columns.targets),
        weight=None if columns.weight is None else names[columns.weight],
        by=None if columns.by is None else names[columns.by],
        id=None if columns.id is None else names[columns.id],
        columns=names,
        choice=choice,
        join=_join_key(request),
    )


def _join_key(request: Request) -> str | None:
    attached = request.attached
    return None if attached is None or attached.join is None else attached.join.name


def _no_values(record: dict[str, Any], place: Place) -> DataError:
    lists = [key for key in record if isinstance(record[key], list)]
    error = fault('there is no "logits", "probs" or "log_probs", and no number', place, "$")
    error.hint = f"--logits-key {lists[0]}" if len(lists) == 1 else "--logits-key names the values"
    return error


def _first_rows(data: bytes, names: Sequence[str]) -> list[list[Any]]:
    """Return the first records as rows of values, for choosing the columns."""
    return [
        [record.get(name) for name in names] for record in islice(_parse_records(data), LOOKED_AT)
    ]


def _parse_records(data: bytes) -> Iterator[dict[str, Any]]:
    for line in split_lines(data, 1):
        try:
            value = parse_line(line.content, Place(""))
        except DataError:
            # Reading that line as a sample will report it.
            continue
        if isinstance(value, dict):
            yield value
