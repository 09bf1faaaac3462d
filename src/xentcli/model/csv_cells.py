"""Quotes the content of CSV cells, and takes the quotes away; makes names of columns unique."""

from __future__ import annotations

from collections.abc import Iterable


def csv_cell(content: bytes, delimiter: bytes = b",") -> bytes:
    """Write content as a CSV cell, in quotes if something in it would end the cell or the row.

    >>> csv_cell(b"one, two"), csv_cell(b"plain")
    (b'"one, two"', b'plain')
    """
    if any(mark in content for mark in (delimiter, b'"', b"\r", b"\n")):
        return b'"' + content.replace(b'"', b'""') + b'"'
    return content


def unquoted(cell: bytes) -> str:
    """The text of a cell without the quotes around it.

    Raises ValueError if it is no UTF-8 text, or if there is text after the closing quote.
    """
    if not cell.startswith(b'"'):
        return cell.decode("utf-8")
    if len(cell) < 2 or not cell.endswith(b'"') or b'"' in cell[1:-1].replace(b'""', b""):
        raise ValueError("there is text after the closing quote")
    return cell[1:-1].replace(b'""', b'"').decode("utf-8")


def unique_names(names: Iterable[str]) -> list[str]:
    """Make names of columns into names of fields: one that another column has already gets a
    number.

    >>> unique_names(["a", "b", "a", "a_2"])
    ['a', 'b', 'a_2', 'a_2_2']
    """
    found: dict[str, None] = {}
    for name in names:
        unique, count = name, 1
        while unique in found:
            count += 1
            unique = f"{name}_{count}"
        found[unique] = None
    return list(found)
