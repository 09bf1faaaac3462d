"""Parses numbers with commas between them into an array: with simdjson if it is installed, else
with orjson, else with NumPy.

All three round as Python's ``float`` does, but accept fewer forms of a number than the readers of
single cells. Anything unusual therefore gives None, and those readers decide what it is.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from xentcli.model import AnyArray
from xentcli.readers.json.parsers import parser_for

# This number is put at the end of every row, as one more column. If the whole column has it, every
# row has as many numbers as it should.
ROW_END = 9e99
ROW_END_TEXT = b"9e99"
# The bytes of finite numbers and of the commas between them. NumPy also accepts names of infinity,
# and takes white space for a number.
PLAIN = b"0123456789+-.eE,"
MINUS, ZERO = b"-0"


def parse_numbers(*parts: bytes) -> AnyArray | None:
    """Parse finite numbers with commas between them, from a text that comes in parts; None if it is
    anything else."""
    parser = parser_for(len(parts[0]))
    return _parse_with_numpy(b"".join(parts)) if parser is None else parser.numbers(*parts)


def parse_table(
    rows: bytes,
    width: int,
    read: Callable[..., AnyArray | None] = parse_numbers,
    signed: slice | None = None,
) -> AnyArray | None:
    """Parse lines of ``width`` numbers each, with commas between them, into a table; None if they
    are anything else. The sign of a zero matters only in the columns ``signed``, or in all."""
    between = b"," + ROW_END_TEXT + b","
    text = rows.replace(b"\n", between)
    count = (len(text) - len(rows)) // (len(between) - 1)
    flat = read(text, ROW_END_TEXT)
    if flat is None or flat.size != count * (width + 1) + 1:
        return None
    if np.count_nonzero(flat == ROW_END) != count + 1:
        return None
    table = flat[:-1].reshape(count, width + 1)
    if not (table[:, width] == ROW_END).all():
        return None
    table = table[:, :width]
    has_zeros = _has_zeros(flat, table, signed or slice(0, width))
    return None if has_zeros and has_whole_negative_zero(rows) else table


def _has_zeros(flat: AnyArray, table: AnyArray, columns: slice) -> bool:
    """Whether a number of these columns is 0; ``flat`` holds the numbers of all columns."""
    # NumPy goes through an array in one piece several times as fast as through its columns, and
    # there are few other columns.
    zeros = int(np.count_nonzero(flat == 0.0))
    for others in (table[:, : columns.start], table[:, columns.stop :]):
        zeros -= int(np.count_nonzero(others == 0.0))
    return zeros > 0


def has_whole_negative_zero(text: bytes) -> bool:
    """Whether a zero is written as -0, which JSON parsers read as an integer without a sign."""
    data = np.frombuffer(text, dtype=np.uint8)
    # In ASCII, a comma or white space, which may follow an integer, is less than the minus sign; a
    # digit, a point or an exponent is not.
    found = (data[:-2] == MINUS) & (data[1:-1] == ZERO) & (data[2:] < MINUS)
    return bool(found.any())


def _parse_with_numpy(text: bytes) -> AnyArray | None:
    if text.translate(None, PLAIN):
        return None
    try:
        with warnings.catch_warnings():
            # NumPy before 2.3 only warns if it stopped at something that is no number.
            warnings.simplefilter("error")
            values = np.fromstring(text, sep=",")
    except (ValueError, DeprecationWarning):
        return None
    return values if np.isfinite(values).all() else None
