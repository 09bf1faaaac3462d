"""Numbers with commas between as an array: by simdjson if it is installed, else by orjson, else by
NumPy.

All three round as Python's ``float`` does, but accept fewer forms of a number than the exact
readers. Whatever is unusual is therefore declined, and the exact reader decides what it is.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import numpy as np

from xentcli.model import AnyArray
from xentcli.readers.json.parsers import parser_for

# Stands where a row ends, so that one look at a column tells whether every row had as many numbers.
ROW_END = 9e99
ROW_END_TEXT = b"9e99"
# What numbers are made of; NumPy takes names of infinity as well, and white space for a number.
PLAIN = b"0123456789+-.eE,"
MINUS, ZERO = b"-0"
ALL = slice(None)


def numbers(*parts: bytes) -> AnyArray | None:
    """Finite numbers with commas between, from a text in parts; None for anything else."""
    parser = parser_for(len(parts[0]))
    return _by_numpy(b"".join(parts)) if parser is None else parser.numbers(*parts)


def table_of(
    rows: bytes,
    width: int,
    read: Callable[..., AnyArray | None] = numbers,
    signed: slice = ALL,
) -> AnyArray | None:
    """The numbers of lines with ``width`` of them each and commas between; None for anything else.
    Only in the columns ``signed`` does the sign of a zero matter."""
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
    has_zeros = (table[:, signed] == 0.0).any()
    return None if has_zeros and has_whole_negative_zero(rows) else table


def has_whole_negative_zero(text: bytes) -> bool:
    """Whether a zero is written as -0, which JSON reads as an integer without a sign."""
    there = np.frombuffer(text, dtype=np.uint8)
    # What may follow a whole number, a comma or white space, comes before the minus sign.
    found = (there[:-2] == MINUS) & (there[1:-1] == ZERO) & (there[2:] < MINUS)
    return bool(found.any())


def _by_numpy(text: bytes) -> AnyArray | None:
    if text.translate(None, PLAIN):
        return None
    try:
        with warnings.catch_warnings():
            # How NumPy before 2.3 says that it stopped at something that is no number.
            warnings.simplefilter("error")
            values = np.fromstring(text, sep=",")
    except (ValueError, DeprecationWarning):
        return None
    return values if np.isfinite(values).all() else None
