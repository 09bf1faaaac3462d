"""Reads a line of JSON Lines as a sample; which samples are right or wrong is decided here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from math import isfinite
from typing import Any

import numpy as np

from xentcli.errors import (
    DataError,
    Excerpt,
    Place,
    counted,
    not_a_probability,
    not_a_soft_target,
    path_of,
    quoted,
)
from xentcli.model import AnyArray, Kind
from xentcli.readers.interface import Request
from xentcli.readers.json.document import (
    RepeatedKey,
    describe_json_error,
    read_label,
    read_labels,
    refuse_repeated_keys,
)
from xentcli.readers.json.layout import Layout, Line, Sample
from xentcli.readers.json.nested import Spelled, as_array, as_number, describe, fault, no_key
from xentcli.readers.json.parsers import PLAIN
from xentcli.readers.rules import numbers_labels
from xentcli.readers.rules.groups import name_of_value
from xentcli.readers.rules.ids import explain_missing_id, id_of_value
from xentcli.readers.rules.sample_numbers import not_a_sample_number
from xentcli.readers.rules.targets import are_soft_targets

DECODER = json.JSONDecoder(parse_constant=Spelled, object_pairs_hook=refuse_repeated_keys)


def split_lines(data: bytes, first: int) -> Iterator[Line]:
    """Split a block into lines, without blank ones; ``first`` is the number of its first line."""
    for number, content in enumerate(data.split(b"\n"), first):
        if content.strip():
            yield Line(number, content)


def parse_line(content: bytes, place: Place) -> Any:
    """Parse a line as JSON."""
    try:
        return DECODER.decode(content.decode("utf-8"))
    except UnicodeDecodeError:
        message, hint = "the line is not UTF-8 text", "--encoding names another one"
    except json.JSONDecodeError as error:
        message = describe_json_error(error)
        hint = "each line is a value of its own" if error.pos >= len(error.doc.rstrip()) else ""
        place = place._replace(
            column=error.colno, excerpt=Excerpt(error.doc.rstrip(), error.pos, error.pos + 1)
        )
    except RepeatedKey as error:
        message, hint = f"the key {quoted(str(error))} stands twice", ""
    except RecursionError:
        message, hint = "it is nested too deeply", ""
    except ValueError:
        # Python refuses to convert more than some thousand digits.
        message, hint = "an integer has too many digits", ""
    raise DataError(message, place=place, hint=hint)


def get_field(record: dict[str, Any], key: str, place: Place) -> Any:
    """Return a field that must be there."""
    if key not in record:
        raise no_key(key, record, place)
    return record[key]


def place_of(layout: Layout, line: Line) -> Place:
    """Return the place of a line."""
    return Place(layout.source, line.number)


def read_sample(layout: Layout, line: Line) -> Sample:
    """Read a line as a sample; a DataError says the first thing that is wrong with it."""
    place = place_of(layout, line)
    record = parse_line(line.content, place)
    values = _read_values(layout, record, place)
    label = targets = by = None
    weight, partner = 1.0, -1
    if layout.label is not None:
        label = _read_label(layout, get_field(record, layout.label, place), place)
    if layout.targets:
        targets = _read_targets(layout, record, place)
    if layout.weight is not None:
        path = path_of(layout.weight)
        weight = read_sample_number(
            get_field(record, layout.weight, place), layout.request, place, path
        )
    try:
        if layout.by is not None:
            by = name_of_value(get_field(record, layout.by, place))
        if layout.join is not None:
            partner = _find_partner(layout, record, place)
    except RecursionError:
        # What could be parsed cannot always be written again.
        raise DataError("it is nested too deeply", place=place) from None
    return Sample(line, record, values, label, targets, weight, by, partner)


def _find_partner(layout: Layout, record: dict[str, Any], place: Place) -> int:
    """Find the row of the second file with the record's id."""
    assert layout.join is not None
    attached, join = layout.request.joined
    id = id_of_value(get_field(record, layout.join, place))
    row = int(join.find_rows([id])[0])
    if not id or row < 0:
        hinted = layout.request.on_error == "stop"
        message, hint = explain_missing_id(attached, id, hinted=hinted)
        raise DataError(message, place=place._replace(detail=path_of(layout.join)), hint=hint)
    return row


def missing_sample(layout: Layout, line: Line) -> Sample:
    """Make a sample with values of nan in place of a bad line."""
    try:
        record = parse_line(line.content, place_of(layout, line))
    except DataError:
        record = {}
    by = None
    if layout.by is not None and isinstance(record, dict):
        # What could be parsed cannot always be written again.
        with suppress(RecursionError):
            by = name_of_value(record.get(layout.by))
    # A soft target of nan would be refused; with nan logits any target gives nan. The targets sum
    # to 1, so that no warning follows.
    return Sample(
        line,
        record if isinstance(record, dict) else {},
        np.full(layout.shape, np.nan).tolist(),
        np.full(
            layout.label_shape, numbers_labels.label_for_nan(layout.request.ignore_index)
        ).tolist(),
        np.full(layout.shape, 1.0 / layout.class_count).tolist(),
        by=by,
    )


def _read_values(layout: Layout, record: Any, place: Place) -> Any:
    if layout.key is None and not layout.flat:
        return _check_list(layout, record, place, "$")
    if not isinstance(record, dict):
        raise fault(f"expected an object, found {describe(record)}", place, "$")
    if layout.key is not None:
        return _check_list(layout, get_field(record, layout.key, place), place, path_of(layout.key))
    values = [get_field(record, key, place) for key in layout.flat]
    if _is_plain(values) and _fits(layout.kind, values):
        return values
    numbers = []
    for key, value in zip(layout.flat, values, strict=True):
        number = as_number(value, place, path_of(key))
        check_kind(layout.kind, number, place, path_of(key))
        numbers.append(number)
    return numbers


def _check_list(layout: Layout, value: Any, place: Place, path: str) -> Any:
    """Check that a list has the values' shape and holds only numbers of their kind."""
    if len(layout.shape) == 1 and type(value) is list and len(value) == layout.shape[0]:  # noqa: SIM102
        if _is_plain(value) and _fits(layout.kind, value):
            return value
    array = as_array(value, place, path)
    if array.shape != layout.shape:
        raise fault(_describe_shapes(array.shape, layout.shape), place, path)
    check_kind(layout.kind, array, place, path)
    return array.tolist()


def _describe_shapes(found: tuple[int, ...], wanted: tuple[int, ...]) -> str:
    if len(found) == len(wanted) == 1:
        return f"{counted(found[0], 'value')}, where the first sample has {wanted[0]}"
    return f"values of shape {found}, where the first sample has {wanted}"


def _is_plain(values: Sequence[Any]) -> bool:
    """Whether all values are finite numbers of JSON, and none is a string that stands for a
    number."""
    try:
        return PLAIN.issuperset(map(type, values)) and isfinite(sum(map(float, values)))
    except OverflowError:
        return False


def _fits(kind: Kind, values: Sequence[float]) -> bool:
    return kind != "probs" or (min(values) >= 0 and max(values) <= 1)


def check_kind(kind: Kind, values: AnyArray | float, place: Place, path: str) -> None:
    """Refuse values that are said to be probabilities and cannot be."""
    if kind != "probs":
        return
    array = np.asarray(values)
    wrong = np.argwhere(~((array >= 0) & (array <= 1 + numbers_labels.ROUNDING)) & ~np.isnan(array))
    if len(wrong):
        at = tuple(wrong[0])
        where = path + "".join(f"[{i}]" for i in at)
        error = fault(not_a_probability(float(array[at])), place, where)
        error.hint = numbers_labels.NOT_PROBABILITIES
        raise error


def _read_label(layout: Layout, value: Any, place: Place) -> Any:
    assert layout.label is not None
    path, shape = path_of(layout.label), layout.label_shape
    if not shape:
        if type(value) is int and 0 <= value < layout.label_count:
            return value
        return read_label(value, layout.label_count, layout.request, place, path)
    return read_labels(
        value, shape, layout.class_count, layout.request, place, path, of_sample=True
    )


def _read_targets(layout: Layout, record: dict[str, Any], place: Place) -> Any:
    if layout.flat:
        return [
            read_soft_target(get_field(record, key, place), layout.request, place, path_of(key))
            for key in layout.targets
        ]
    (key,) = layout.targets
    array = as_array(get_field(record, key, place), place, path_of(key))
    if array.shape != layout.shape:
        message = f"soft targets of shape {array.shape} for values of shape {layout.shape}"
        raise fault(message, place, path_of(key))
    wrong = np.argwhere(~are_soft_targets(array, layout.request))
    if wrong.size:
        at = tuple(wrong[0])
        where = path_of(key) + "".join(f"[{i}]" for i in at)
        message = not_a_soft_target(float(array[at]), of_question=layout.request.questions)
        raise fault(message, place, where)
    return array.tolist()


def read_soft_target(value: Any, request: Request, place: Place, path: str) -> float:
    """Read a class's share of a soft target, or the target of a yes/no question."""
    number = as_number(value, place, path)
    if not are_soft_targets(number, request):
        raise fault(not_a_soft_target(number, of_question=request.questions), place, path)
    return number


def read_sample_number(value: Any, request: Request, place: Place, path: str) -> float:
    """Read a sample's weight, or how many bytes of text it stands for."""
    number = as_number(value, place, path)
    if not 0 <= number < float("inf"):
        raise fault(not_a_sample_number(request, number), place, path)
    return number
