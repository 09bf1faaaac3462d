"""Reads some keys of JSON Lines or of a list of records, and lists of labels or ids, into memory as
text."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from xentcli.errors import Place, path_of
from xentcli.model import NamedTuple, Origin
from xentcli.readers.interface import Request
from xentcli.readers.json.document import load
from xentcli.readers.json.nested import describe, fault, flatten, no_key
from xentcli.readers.json.other_tools import is_table, path_within, table_of
from xentcli.readers.json.sample import parse_line, split_lines
from xentcli.readers.rules.chosen_columns import Choose, ChosenColumns
from xentcli.readers.rules.ids import id_of_value
from xentcli.readers.sources.source import Source, explain_errors
from xentcli.readers.text.encoding import open_text


class Found(NamedTuple):
    """A record with its place, its path in the document, and the path of each of its keys."""

    value: Any
    place: Place
    path: str
    path_of: Callable[[str], str]


def columns_of_json(
    source: Source, request: Request, choose: Choose, *, lines: bool
) -> ChosenColumns | None:
    """Read the keys that ``choose`` picks from those of the first record; None where there are no
    records."""
    records = _records_of_lines(source, request) if lines else _records_of_document(source, request)
    names: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    at: Sequence[int] = ()
    columns: list[list[bytes]] = []
    places: list[int] = []
    for found in records:
        record = found.value
        if not isinstance(record, dict):
            if not names:
                return None
            raise fault(f"expected an object, found {describe(record)}", found.place, found.path)
        if not names:
            names = tuple(record)
            listed = tuple(name for name in names if isinstance(record[name], list))
            at = choose(names, Place(source.name))
            columns = [[] for _ in at]
        for column, one in zip(columns, at, strict=True):
            column.append(_text_under(found, names[one]))
        places.append(found.place.line or len(places) + 1)
    if not names:
        return None
    origin = Origin(source.name, "json lines" if lines else "table", np.array(places))
    if lines and len(at) > 0:
        origin = origin._replace(path=path_of(names[at[0]]))
    return ChosenColumns(names, tuple(at), tuple(columns), origin, listed)


class ListedLabels(NamedTuple):
    """Labels that a document lists, or that JSON Lines have one a line, as text, and their
    places."""

    texts: list[bytes]
    shape: tuple[int, ...]
    origin: Origin


def list_labels(
    source: Source, request: Request, key: str | None, *, lines: bool
) -> ListedLabels | None:
    """Read the labels of a document's list, under a key that it has or without one; None where
    there is no list or it holds only numbers. Of JSON Lines read a label from each line, names or
    numbers."""
    if lines:
        return _labels_of_lines(source, request)
    document = load(source, request)
    value, path = (document, "$") if key is None else (document[key], path_of(key))
    if not isinstance(value, list) or not _has_text(value):
        return None
    shape, texts = flatten(value, Place(source.name), path, _label_text)
    return ListedLabels(texts, shape, Origin(source.name, "array", path=path))


def list_ids(source: Source, request: Request, key: str) -> list[bytes]:
    """Read the ids that a document lists under a key."""
    value, place = load(source, request)[key], Place(source.name)
    if not isinstance(value, list):
        raise fault(f"expected a list of ids, found {describe(value)}", place, path_of(key))
    return [
        _label_text(item, place, f"{path_of(key)}[{at}]", "an id") for at, item in enumerate(value)
    ]


def _labels_of_lines(source: Source, request: Request) -> ListedLabels | None:
    texts: list[bytes] = []
    places: list[int | None] = []
    for place, value in _parse_lines(source, request):
        if not texts and isinstance(value, (dict, list)):
            return None
        texts.append(_label_text(value, place, "$"))
        places.append(place.line)
    return ListedLabels(texts, (), Origin(source.name, "json lines", np.array(places)))


def _has_text(value: list[Any]) -> bool:
    left: list[Any] = [value]
    while left:
        item = left.pop()
        if isinstance(item, list):
            left.extend(item)
        elif type(item) is str:
            return True
    return False


def _label_text(value: Any, place: Place, path: str, what: str = "a label") -> bytes:
    if type(value) not in (int, float, str):
        raise fault(f"expected {what}, found {describe(value)}", place, path)
    return id_of_value(value)


def _text_under(found: Found, name: str) -> bytes:
    if name not in found.value:
        raise no_key(name, found.value, found.place, found.path)
    value = found.value[name]
    if value is not None and type(value) not in (int, float, str):
        message = f"expected a text or a number, found {describe(value)}"
        raise fault(message, found.place, found.path_of(name))
    return id_of_value(value)


def _parse_lines(source: Source, request: Request) -> Iterator[tuple[Place, Any]]:
    with open_text(source, request) as stream, explain_errors(source.name):
        data = b"".join(iter(partial(stream.read, 1 << 20), b""))
    for line in split_lines(data.removeprefix(b"\xef\xbb\xbf"), 1):
        place = Place(source.name, line.number)
        yield place, parse_line(line.content, place)


def _records_of_lines(source: Source, request: Request) -> Iterator[Found]:
    for place, value in _parse_lines(source, request):
        yield Found(value, place, "$", path_of)


def _records_of_document(source: Source, request: Request) -> Iterator[Found]:
    document, place = load(source, request), Place(source.name)
    if isinstance(document, list) and document and isinstance(document[0], dict):
        for number, record in enumerate(document):
            path = f"$[{number}]"
            yield Found(record, place, path, partial(path_within, path))
    elif is_table(document):
        table = table_of(document, request, place)
        for number, row in enumerate(table.rows):
            paths = {name: table.path(number, at) for at, name in enumerate(table.names)}
            record = dict(zip(table.names, row, strict=True))
            yield Found(record, place, "$", paths.__getitem__)
