"""A block of JSON Lines all at once, where every line is a record of the first one's keys with
plain numbers for its values.

It gives what :mod:`xentcli.readers.json.record` would, or declines.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from xentcli import extras
from xentcli.model import AnyArray
from xentcli.readers.json.layout import Layout
from xentcli.readers.rules.number_labels import number_labels
from xentcli.readers.text import numbers as number_text

# The types of numbers, and of nothing that only stands for one.
PLAIN = frozenset((float, int))


class Whole(NamedTuple):
    """The numbers of some records: values, labels, soft targets, sample weights."""

    values: AnyArray
    labels: AnyArray = None
    targets: AnyArray = None
    weight: AnyArray = None


def whole(layout: Layout, block: bytes) -> Whole | None:
    """The samples of a block of whole lines; None if there is anything unusual in it."""
    request = layout.request
    parser = extras.simdjson(len(block))
    if parser is None or not layout.is_table or request.keep_records or request.keep_rows:
        return None
    if layout.by is not None:
        return None
    text = block.rstrip(b"\n")
    count = text.count(b"\n") + 1
    if layout.key is None and not layout.flat:
        return _lists(layout, text, count, partial(number_text.by_simdjson, parser))
    # One brace a line, at its start: no record goes on beyond its line, and none is in another.
    lines_begin = text.startswith(b"{") and text.count(b"\n{") == count - 1
    if not (lines_begin and text.count(b"{") == text.count(b"}") == count):
        return None
    read = _flat_records if layout.flat else _records
    try:
        found = read(layout, parser.parse(b"".join((b"[", text.replace(b"\n", b","), b"]"))), text)
    except (ValueError, TypeError, RuntimeError, KeyError, AttributeError, OverflowError):
        # What it is that is no number, the reader of single lines says.
        return None
    return found if found is not None and len(found.values) == count else None


def _lists(
    layout: Layout, text: bytes, count: int, read: Callable[[bytes], AnyArray | None]
) -> Whole | None:
    """Lines that are lists of numbers."""
    closed = text.count(b"]\n") + text.endswith(b"]")
    if not (text.startswith(b"[") and text.count(b"\n[") == count - 1 and closed == count):
        return None
    if not text.count(b"[") == text.count(b"]") == count:
        return None
    plain = text.translate(None, b"[]") + b"\n"
    values = number_text.table_of(plain, layout.class_count, read)
    return None if values is None or not _fit(layout, values) else Whole(values)


def _records(layout: Layout, parsed: Any, text: bytes) -> Whole | None:
    """Records with a list of values each."""
    columns, label, weight = list(layout.columns), layout.label, layout.weight
    buffers: list[bytes] = []
    labels: list[Any] = []
    weights: list[Any] = []
    targets: list[bytes] = []
    # The numbers of a list within the list would come out as well.
    if text.count(b"[") != len(parsed) * (1 + len(layout.targets)):
        return None
    for record in parsed:
        if list(record.keys()) != columns:
            return None
        buffers.append(record[layout.key].as_buffer(of_type="d"))
        if label is not None:
            labels.append(record[label])
        if layout.targets:
            targets.append(record[layout.targets[0]].as_buffer(of_type="d"))
        if weight is not None:
            weights.append(record[weight])
    return _checked(
        layout,
        _stacked(layout, buffers),
        labels if label is not None else None,
        _stacked(layout, targets) if layout.targets else None,
        weights if weight is not None else None,
    )


def _stacked(layout: Layout, buffers: Sequence[bytes]) -> AnyArray | None:
    width = 8 * layout.class_count
    if any(memoryview(buffer).nbytes != width for buffer in buffers):
        return None
    return np.frombuffer(b"".join(buffers)).reshape(len(buffers), layout.class_count)


def _flat_records(layout: Layout, parsed: Any, text: bytes) -> Whole | None:
    """Records with a key for each value."""
    columns = layout.columns
    records = parsed.as_list()
    # A key that stands twice leaves one in a dict, and one colon too many in the text: if there
    # are blanks before colons, they cannot be counted so.
    if text.count(b'":') != len(records) * len(columns) or b'" ' in text or b'"\t' in text:
        return None
    if any(tuple(record) != columns for record in records):
        return None

    def of(keys: Sequence[str]) -> AnyArray | None:
        numbers = [record[key] for record in records for key in keys]
        if not PLAIN.issuperset(map(type, numbers)):
            return None
        return np.array(numbers, dtype=np.float64).reshape(len(records), len(keys))

    return _checked(
        layout,
        of(layout.flat),
        None if layout.label is None else [record[layout.label] for record in records],
        of(layout.targets) if layout.targets else None,
        None if layout.weight is None else [record[layout.weight] for record in records],
    )


def _checked(
    layout: Layout,
    values: AnyArray | None,
    labels: list[Any] | None,
    targets: AnyArray | None,
    weights: list[Any] | None,
) -> Whole | None:
    if values is None or not _fit(layout, values) or (layout.targets and targets is None):
        return None
    if targets is not None and (targets < 0).any():
        return None
    given = weight = None
    if labels is not None:
        if not {int}.issuperset(map(type, labels)):
            return None
        found = np.array(labels, dtype=np.int64)
        given, unknown = number_labels(found, layout.class_count, layout.request.ignore_index)
        if unknown.any():
            return None
    if weights is not None:
        if not PLAIN.issuperset(map(type, weights)):
            return None
        weight = np.array(weights, dtype=np.float64)
        if (weight < 0).any():
            return None
    return Whole(values, given, targets, weight)


def _fit(layout: Layout, values: AnyArray) -> bool:
    return layout.kind != "probs" or not ((values < 0).any() or (values > 1).any())
