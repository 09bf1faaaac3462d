"""Reads a block of JSON Lines at once, if every line is a record with the first one's keys and
plain numbers.

The numbers are those that :mod:`xentcli.readers.json.sample` would read line by line. If anything
in the block is unusual, the result is None, and that module reads the block.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from xentcli.model import AnyArray, Fields, NamedTuple
from xentcli.readers.json.alike import cut_out_fields, find_alike_lines, find_pattern, read_table
from xentcli.readers.json.layout import Layout
from xentcli.readers.json.parsers import DECLINED, Parser, parser_for, plain_numbers
from xentcli.readers.rules.ids import find_rows_of_values
from xentcli.readers.rules.numbers_labels import find_unknown_labels
from xentcli.readers.rules.targets import are_soft_targets
from xentcli.readers.text.numbers import parse_table


class BlockNumbers(NamedTuple):
    """The numbers of a block: values, labels, soft targets, sample weights, and rows in a second
    file; and the fields of the lines, where they are passed on."""

    values: AnyArray
    labels: AnyArray | None = None
    targets: AnyArray | None = None
    weight: AnyArray | None = None
    partners: AnyArray | None = None
    fields: Fields | None = None


def read_at_once(layout: Layout, block: bytes, line_ends: int) -> BlockNumbers | None:
    """Read the samples of a block of whole lines, with so many line ends; None if anything in it is
    unusual."""
    request = layout.request
    parser = parser_for(len(block))
    if parser is None or not layout.is_table or layout.by is not None:
        return None
    if layout.label is not None and layout.label_shape:
        # Several questions have a label each, so that a record has a list of labels.
        return None
    text = block.rstrip(b"\n")
    count = line_ends - (len(block) - len(text)) + 1
    if layout.key is not None and (request.keep_records or not request.keep_rows):
        alike = _read_alike(layout, text, count, parser.numbers)
        if alike is not None:
            return alike
    if request.keep_records or request.keep_rows:
        return None
    if layout.key is None and not layout.flat:
        return _read_lists(layout, text, count, parser.numbers)
    # Each line has one opening brace, at its start, and one closing brace: so no record goes beyond
    # its line, and none is within another.
    lines_begin = text.startswith(b"{") and text.count(b"\n{") == count - 1
    if not (lines_begin and text.count(b"{") == text.count(b"}") == count):
        return None
    read = _read_flat_records if layout.flat else _read_records
    try:
        found = read(layout, parser, text)
    except DECLINED:
        # The reader of single lines will say what is no number.
        return None
    return found if found is not None and len(found.values) == count else None


def _read_lists(
    layout: Layout, text: bytes, count: int, read: Callable[..., AnyArray | None]
) -> BlockNumbers | None:
    """Read lines that are lists of numbers."""
    closed = text.count(b"]\n") + text.endswith(b"]")
    if not (text.startswith(b"[") and text.count(b"\n[") == count - 1 and closed == count):
        return None
    if not text.count(b"[") == text.count(b"]") == count:
        return None
    plain = text.translate(None, b"[]") + b"\n"
    values = parse_table(plain, layout.class_count, read)
    return None if values is None or not _fit(layout, values) else BlockNumbers(values)


def _read_alike(
    layout: Layout, text: bytes, count: int, read: Callable[..., AnyArray | None]
) -> BlockNumbers | None:
    """Read records with a list of values each, and beside it nothing but numbers and lists of
    them."""
    request = layout.request
    if layout.join is not None or (request.keep_records and request.on_error != "stop"):
        return None
    pattern = find_pattern(text[: text.find(b"\n")] if count > 1 else text)
    if pattern is None or pattern.names != layout.columns:
        return None
    lines = find_alike_lines(pattern, text, count)
    table = None if lines is None else read_table(lines, read)
    if lines is None or table is None:
        return None
    assert layout.key is not None
    values = table.lists(layout.key, layout.class_count)
    targets = labels = weight = None
    if layout.targets:
        targets = table.lists(layout.targets[0], layout.class_count)
    if layout.label is not None:
        labels = table.column(layout.label)
    if layout.weight is not None:
        weight = table.column(layout.weight)
    wanted = (layout.targets or None, layout.label, layout.weight)
    found = (targets, labels, weight)
    if any(one is None and name is not None for name, one in zip(wanted, found, strict=True)):
        return None
    checked = _checked_arrays(layout, values, labels, targets, weight)
    if checked is None or not request.keep_records:
        return checked
    # The answer takes the place of the values, if it is not a loss.
    without = (layout.key,) if request.keep_records == "rest" else ()
    return checked._replace(fields=cut_out_fields(lines, without))


def _read_records(layout: Layout, parser: Parser, text: bytes) -> BlockNumbers | None:
    """Read records with a list of values each, whatever else they have."""
    if not (parser.shows_repeated_keys or _has_single_keys(layout, text)):
        return None
    columns, label, weight = list(layout.columns), layout.label, layout.weight
    values: list[Any] = []
    labels: list[Any] = []
    weights: list[Any] = []
    targets: list[Any] = []
    ids: list[Any] = []
    parsed = parser.records(_as_list(text))
    # A list within a list would be flattened.
    if text.count(b"[") != len(parsed) * (1 + len(layout.targets)):
        return None
    for record in parsed:
        if list(record.keys()) != columns:
            return None
        values.append(record[layout.key])
        if label is not None:
            labels.append(record[label])
        if layout.targets:
            targets.append(record[layout.targets[0]])
        if weight is not None:
            weights.append(record[weight])
        if layout.join is not None:
            ids.append(record[layout.join])
    return _check_lists(
        layout,
        parser.stacked(values, layout.class_count),
        labels if label is not None else None,
        parser.stacked(targets, layout.class_count) if layout.targets else None,
        weights if weight is not None else None,
        ids,
    )


def _read_flat_records(layout: Layout, parser: Parser, text: bytes) -> BlockNumbers | None:
    """Read records with a key for each value."""
    columns = layout.columns
    if not _has_single_keys(layout, text):
        return None
    records = parser.dicts(_as_list(text))
    if any(tuple(record) != columns for record in records):
        return None

    def of(keys: Sequence[str]) -> AnyArray | None:
        found = plain_numbers([record[key] for record in records for key in keys])
        return None if found is None else found.reshape(len(records), len(keys))

    return _check_lists(
        layout,
        of(layout.flat),
        None if layout.label is None else [record[layout.label] for record in records],
        of(layout.targets) if layout.targets else None,
        None if layout.weight is None else [record[layout.weight] for record in records],
        [] if layout.join is None else [record[layout.join] for record in records],
    )


def _as_list(text: bytes) -> bytes:
    return b"".join((b"[", text.replace(b"\n", b","), b"]"))


def _has_single_keys(layout: Layout, text: bytes) -> bool:
    """Whether certainly no key is repeated in a record. A dict keeps a repeated key only once, and
    then the text has one colon too many. Colons with white space before them cannot be counted."""
    lines = text.count(b"\n") + 1
    if text.count(b'":') != lines * len(layout.columns):
        return False
    return not any(mark in text for mark in (b'" ', b'"\t', b'"\r'))


def _check_lists(
    layout: Layout,
    values: AnyArray | None,
    labels: list[Any] | None,
    targets: AnyArray | None,
    weights: list[Any] | None,
    ids: list[Any],
) -> BlockNumbers | None:
    if layout.targets and targets is None:
        return None
    given = weight = None
    if labels is not None:
        if not {int}.issuperset(map(type, labels)):
            return None
        given = np.array(labels, dtype=np.int64)
    if weights is not None:
        weight = plain_numbers(weights)
        if weight is None:
            return None
    found = _checked_arrays(layout, values, given, targets, weight)
    if found is None or layout.join is None:
        return found
    partners = find_rows_of_values(layout.request, ids)
    return None if partners is None else found._replace(partners=partners)


def _checked_arrays(
    layout: Layout,
    values: AnyArray | None,
    labels: AnyArray | None,
    targets: AnyArray | None,
    weight: AnyArray | None,
) -> BlockNumbers | None:
    if values is None or not _fit(layout, values):
        return None
    if targets is not None and not are_soft_targets(targets, layout.request).all():
        return None
    if weight is not None and (weight < 0).any():
        return None
    if labels is not None:
        ignored = layout.request.ignore_index
        # From 2**53 on a float stands for several integers.
        if labels.dtype.kind == "f" and abs(ignored) >= 2**53:
            return None
        labels, unknown = find_unknown_labels(labels, layout.label_count, ignored)
        if unknown.any():
            return None
    return BlockNumbers(values, labels, targets, weight)


def _fit(layout: Layout, values: AnyArray) -> bool:
    return layout.kind != "probs" or not ((values < 0).any() or (values > 1).any())
