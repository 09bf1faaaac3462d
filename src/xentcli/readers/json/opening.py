"""Opens a JSON file, which is read whole, as what its shape says: a document of arrays, a list of
records, a table that another tool wrote, a response of a language model's server, or an answer of
``xent``."""

from __future__ import annotations

from typing import Any

from xentcli.errors import DataError, Place, UsageError
from xentcli.readers.interface import Opened, Request
from xentcli.readers.json import own_output, server
from xentcli.readers.json.document import load, open_document, remarks_on_size
from xentcli.readers.json.other_tools import is_table, table_of
from xentcli.readers.json.records import open_records, values_key
from xentcli.readers.json.table import open_table
from xentcli.readers.sources.source import Source

# Options that mean something only where there are columns.
OF_COLUMNS = ("logit_cols", "label_col", "target_cols", "weight_col", "bytes_col")


def open_input(source: Source, request: Request, format_name: str) -> Opened:
    """Read the document, and open it as what its shape says."""
    document = load(source, request)
    opened = _open_by_shape(source, document, request)
    return opened._replace(remarks=(*remarks_on_size(source), *opened.remarks))


def _open_by_shape(source: Source, document: Any, request: Request) -> Opened:
    place = Place(source.name)
    if server.is_response(document):
        return server.open_responses([(document, place)], source.name, request)
    if own_output.is_own(document):
        document, request = own_output.take_result(document, request, place)
    elif is_table(document):
        if isinstance(document, list) and isinstance(document[0], dict):
            key = values_key(document[0], request)
            if key is not None:
                return open_records(source, document, key, request)
        if request.logits_key is not None:
            raise UsageError(f"--logits-key means nothing for {source.name}, which is a table")
        table = table_of(document, request, place)
        if not table.rows:
            raise DataError("there are no rows", place=place)
        return open_table(source, table, request)
    for field in OF_COLUMNS:
        if getattr(request, field) is not None:
            option = "--" + field.replace("_", "-")
            raise UsageError(f"{option} means nothing for {source.name}, which is json")
    return open_document(source, document, request)
