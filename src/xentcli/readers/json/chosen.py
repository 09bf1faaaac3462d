"""Some keys of JSON Lines, or of a list of records, held in memory as text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from xentcli.errors import DataError, Place, path_of
from xentcli.model import Origin
from xentcli.readers.interface import Request
from xentcli.readers.json.document import load
from xentcli.readers.json.nested import fault, shown
from xentcli.readers.json.other_tools import is_table, table_of
from xentcli.readers.json.record import field, lines_of, parse_line
from xentcli.readers.rules.chosen_columns import Choose, ChosenColumns
from xentcli.readers.rules.join import id_of_value
from xentcli.readers.sources.source import Source, explain_errors, open_source
from xentcli.readers.text import encoding


def columns_of_json(
    source: Source, request: Request, choose: Choose, *, lines: bool
) -> ChosenColumns | None:
    """The keys that are chosen by the first record; None where there are no records."""
    records = _lines(source, request) if lines else _listed(source, request)
    names: tuple[str, ...] = ()
    listed: tuple[str, ...] = ()
    at: Sequence[int] = ()
    columns: list[list[bytes]] = []
    places: list[int] = []
    for place, record in records:
        if not isinstance(record, dict):
            if not names:
                return None
            raise fault(f"expected an object, found {shown(record)}", place, "$")
        if not names:
            names = tuple(record)
            listed = tuple(name for name in names if isinstance(record[name], list))
            at = choose(names, Place(source.name))
            columns = [[] for _ in at]
        for column, one in zip(columns, at, strict=True):
            column.append(_text(record, names[one], place))
        places.append(place.line or len(places) + 1)
    if not names:
        return None
    origin = Origin(source.name, "json lines" if lines else "table", np.array(places))
    if lines and len(at) > 0:
        origin = origin._replace(path=path_of(names[at[0]]))
    return ChosenColumns(names, tuple(at), tuple(columns), origin, listed)


def _text(record: dict[str, Any], name: str, place: Place) -> bytes:
    value = field(record, name, place)
    if value is not None and type(value) not in (int, float, str):
        raise DataError(
            f"expected a text or a number, found {shown(value)}",
            place=place._replace(detail=path_of(name)),
        )
    return id_of_value(value)


def _lines(source: Source, request: Request) -> Iterator[tuple[Place, Any]]:
    with open_source(source) as stream, explain_errors(source.name):
        recoded = encoding.as_utf8(stream, request.encoding, source.name)
        data = b"".join(iter(partial(recoded.read, 1 << 20), b""))
    for line in lines_of(data.removeprefix(b"\xef\xbb\xbf"), 1):
        place = Place(source.name, line.number)
        yield place, parse_line(line.content, place)


def _listed(source: Source, request: Request) -> Iterator[tuple[Place, Any]]:
    document = load(source, request)
    if isinstance(document, list) and document and isinstance(document[0], dict):
        for number, record in enumerate(document):
            yield Place(source.name, detail=f"row {number + 1}"), record
    elif is_table(document):
        table = table_of(document, request, Place(source.name))
        for number, row in enumerate(table.rows):
            record = dict(zip(table.names, row, strict=True))
            yield Place(source.name, detail=f"row {number + 1}"), record
