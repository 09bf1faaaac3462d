"""Quotes around a cell, where it needs them."""

from __future__ import annotations


def csv_cell(content: bytes, delimiter: bytes = b",") -> bytes:
    """A cell with that content: in quotes if something in it would end the cell or the row.

    >>> csv_cell(b"one, two"), csv_cell(b"plain")
    (b'"one, two"', b'plain')
    """
    if any(mark in content for mark in (delimiter, b'"', b"\r", b"\n")):
        return b'"' + content.replace(b'"', b'""') + b'"'
    return content
