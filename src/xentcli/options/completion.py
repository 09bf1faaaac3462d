"""Completes words of options and names of columns for the shell.

The names come from the file on the command line, of which only the first block is read, without
NumPy. If anything goes wrong nothing is completed, as a message would appear in the middle of what
somebody types.
"""

import os
import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from xentcli.readers.sources.source import Source

# A name with other characters would have to be quoted, in each shell in another way.
PLAIN = r"[\w.,+@%/=-]+"
FIRST_BLOCK = 1 << 18

Completion = Callable[[str], list[str]]


def is_completing() -> bool:
    """Whether a shell runs this process to learn what can be typed next."""
    return "_XENT_COMPLETE" in os.environ


def word_completion(words: Sequence[str]) -> Completion:
    """Make a function that completes one of these words."""

    def complete(incomplete: str) -> list[str]:
        return list(words)

    return complete


def complete_column(context: typer.Context, incomplete: str) -> list[str]:
    """Complete the name of a column."""
    return [name for name in _column_names(context) if re.fullmatch(PLAIN, name)]


def complete_columns(context: typer.Context, incomplete: str) -> list[str]:
    """Complete the last of several names of columns, which are separated by commas."""
    before, comma, _ = incomplete.rpartition(",")
    taken = before.split(",")
    return [
        f"{before}{comma}{name}"
        for name in complete_column(context, incomplete)
        if name not in taken
    ]


def command_to_complete() -> str:
    """The command whose arguments the shell completes; empty if none is typed yet."""
    line = os.environ.get("COMP_WORDS", os.environ.get("_TYPER_COMPLETE_ARGS", ""))
    words = re.split(r"\s+", line, maxsplit=2)
    return words[1] if len(words) > 2 else ""


def _column_names(context: typer.Context) -> list[str]:
    try:
        # While an option is still without its value, Typer has the files among the unread words.
        files = context.params.get("file") or context.args
        return _read_names(os.path.expanduser(files[0]), context.params)
    except Exception:
        return []


def _read_names(path: str, given: dict[str, Any]) -> list[str]:
    import csv
    import json

    from xentcli.readers import choose_format
    from xentcli.readers.sources.source import source_of

    # Standard input and pipes are left to the command.
    if not os.path.isfile(path):
        return []
    source = source_of(path)
    format = choose_format(source, given.get("input_format"))
    if format.module == "tables.columnar":
        return _read_table_names(path, format.name)
    text = _read_start(source, given.get("encoding"))
    if format.name == "jsonl":
        return list(json.loads(text.partition("\n")[0]).keys())
    if format.module != "text.delimited" or given.get("header") is False:
        return []
    comment = given.get("comment")
    lines = [line for line in text.splitlines() if not (comment and line.startswith(comment))]
    delimiter = given.get("delimiter") or _likely_delimiter(lines, format.name)
    return next(csv.reader(lines, delimiter="\t" if delimiter in ("\\t", "tab") else delimiter))


def _likely_delimiter(lines: list[str], format_name: str) -> str:
    """The delimiter, as far as the header alone shows it."""
    marks = "\t,;|" if format_name == "tsv" else ",;\t|"
    return next((mark for mark in marks if lines and mark in lines[0]), marks[0])


def _read_start(source: "Source", encoding: str | None) -> str:
    from xentcli.readers.sources.source import open_source

    with open_source(source) as stream:
        block = stream.read(FIRST_BLOCK)
    marked = "utf-16" if block.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"
    return block.decode(encoding or marked, "ignore")


def _read_table_names(path: str, format_name: str) -> list[str]:
    if format_name == "parquet":
        from pyarrow.parquet import read_schema

        return list(read_schema(path).names)
    from pyarrow.dataset import dataset

    return list(dataset(path, format="ipc").schema.names)
