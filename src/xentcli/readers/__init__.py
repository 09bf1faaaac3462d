"""The table of the formats that can be read. A new format is one module and one line here."""

from __future__ import annotations

import re
from importlib import import_module

from xentcli.errors import UsageError
from xentcli.model import NamedTuple
from xentcli.readers.interface import Opened, Request
from xentcli.readers.sources.source import Source, peek


class Format(NamedTuple):
    """An input format: its name, its module in this package, the suffixes and the first bytes of
    its files, and the fields of a request that it understands."""

    name: str
    module: str
    suffixes: tuple[str, ...]
    signatures: tuple[bytes, ...] = ()
    understands: frozenset[str] = frozenset()


COLUMNS = frozenset({"logit_cols", "label_col", "target_cols", "weight_col", "bytes_col"})
KEYS = frozenset({"logits_key", "label_key"})
TEXT = frozenset({"delimiter", "header", "encoding", "comment", "decimal"})
ROWS = frozenset({"on_error"})
TABLES = COLUMNS | ROWS | {"logits_key"}
# How an Arrow file begins, and how each message of an Arrow stream begins.
ARROW_SIGNATURES = (b"ARROW1", b"\xff\xff\xff\xff")

FORMATS = (
    Format("csv", "text.delimited", (".csv", ".txt"), (), COLUMNS | TEXT | ROWS),
    Format("tsv", "text.delimited", (".tsv", ".tab"), (), COLUMNS | TEXT | ROWS),
    Format("json", "json.opening", (".json",), (b"[", b"{"), KEYS | COLUMNS | {"encoding"}),
    Format("jsonl", "json.lines", (".jsonl", ".ndjson"), (), COLUMNS | KEYS | ROWS | {"encoding"}),
    Format("npy", "arrays.arrays", (".npy",), (b"\x93NUMPY",), ROWS),
    Format("npz", "arrays.arrays", (".npz",), (b"PK\x03\x04", b"PK\x05\x06"), KEYS | ROWS),
    Format("safetensors", "arrays.arrays", (".safetensors",), (), KEYS | ROWS),
    Format("pt", "arrays.arrays", (".pt", ".pth"), (), KEYS | ROWS),
    Format(
        "parquet",
        "tables.columnar",
        (".parquet", ".pq"),
        (b"PAR1",),
        TABLES,
    ),
    Format(
        "arrow",
        "tables.columnar",
        (".arrow", ".arrows", ".feather", ".ipc"),
        ARROW_SIGNATURES,
        TABLES,
    ),
)

NAMES = tuple(format.name for format in FORMATS)


def open_input(source: Source, request: Request) -> Opened:
    """Open the input as far as is needed to know its classes."""
    format = choose_format(source, request.input_format)
    _check_understood(source, request, format)
    reader = import_module(f"xentcli.readers.{format.module}")
    opened: Opened = reader.open_input(source, request, format.name)
    return opened


def _check_understood(source: Source, request: Request, format: Format) -> None:
    """Refuse an option that the format would ignore."""
    usual = Request()
    for field in sorted(COLUMNS | KEYS | TEXT | ROWS):
        if field not in format.understands and getattr(request, field) != getattr(usual, field):
            option = "--" + field.replace("_", "-")
            if field == "header" and request.header is False:
                option = "--no-header"
            raise UsageError(f"{option} means nothing for {source.name}, which is {format.name}")


def choose_format(source: Source, asked: str | None) -> Format:
    """Choose the format asked for, else by the suffix of the name, else by the first bytes."""
    if asked is not None:
        return find_format(asked)
    lowered = re.sub(r"\.(gz|bz2|xz|zst)$", "", source.name.lower())
    for format in FORMATS:
        if source.path is not None and lowered.endswith(format.suffixes):
            return format
    # Imported only here: typed values, and files whose suffix is known, do not need it.
    from xentcli.readers.first_bytes import check_read, zip_kind

    start = peek(source)
    check_read(start, source.name)
    if zip_kind(start) == "pt":
        return find_format("pt")
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip()
    for format in FORMATS:
        if format.signatures and (
            start.startswith(format.signatures)
            or (format.name == "json" and text.startswith(format.signatures))
        ):
            return (
                find_format("jsonl") if format.name == "json" and _is_json_lines(text) else format
            )
    return FORMATS[0]


def find_format(name: str) -> Format:
    """Find the format of that name."""
    return next(format for format in FORMATS if format.name == name)


def _is_json_lines(start: bytes) -> bool:
    from xentcli.readers.json.lines import is_json_lines

    return is_json_lines(start)
