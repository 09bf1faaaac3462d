"""Markdown: a table that GitHub draws, with every digit."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from xentcli.errors import UsageError
from xentcli.model import Answer, Batch, Report
from xentcli.writers.interface import Stream, View
from xentcli.writers.rows.delimited import cell_content, cell_rows, header, listed_cells

# What would be read as markup. An underscore within a word would not: logit_cat stays as it is.
MARKUP = re.compile(r"[\\|`*<>\[\]~&$]|(?<![^\W_])_|_(?![^\W_])")
LINE_END = re.compile(r"\r\n|[\r\n\x85\u2028\u2029]")
# Controls, and what sets the direction of writing.
CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def start(stream: Stream) -> bytes:
    """The header and the rule under it."""
    if not stream.each:
        return b""
    if stream.rows is not None and not stream.rows.header:
        raise UsageError("--format markdown and --no-header contradict each other: a table has one")
    return _head(header(stream))


def rows(batch: Batch, answer: Answer, stream: Stream) -> bytes:
    """A batch's rows."""
    if not stream.each:
        return b""
    return b"".join(map(_row, cell_rows(batch, answer)))


def end(report: Report, stream: Stream, view: View, waiting: Iterable[bytes]) -> Iterator[bytes]:
    """The rows about all samples, where there is not a row for each."""
    if not stream.each:
        names, *rows = listed_cells(report)
        yield _head(names) + b"".join(map(_row, rows))


def _head(names: Sequence[bytes]) -> bytes:
    return _row(names) + b"|" + b" --- |" * len(names) + b"\n"


def _row(cells: Sequence[bytes]) -> bytes:
    return b"| " + b" | ".join(map(_show_cell, cells)) + b" |\n"


def _show_cell(cell: bytes) -> bytes:
    content = cell_content(cell)
    if content.isalnum():
        return content
    # Only a cell that is passed on unread can be other than UTF-8. A table is only looked at, so a
    # mark for each bad byte will do.
    return escape_markdown(content.decode("utf-8", "replace")).encode("utf-8")


def escape_markdown(text: str) -> str:
    """Write a text as Markdown that shows it, on one line.

    >>> escape_markdown("a|b"), escape_markdown("logit_cat"), escape_markdown("<b> _x_")
    ('a\\\\|b', 'logit_cat', '\\\\<b\\\\> \\\\_x\\\\_')
    """
    marked = MARKUP.sub(r"\\\g<0>", text.strip(" \t"))
    return CONTROL.sub(_name_control, LINE_END.sub("<br>", marked))


def _name_control(control: re.Match[str]) -> str:
    number = ord(control[0])
    return rf"\\x{number:02x}" if number < 0x100 else rf"\\u{number:04x}"
