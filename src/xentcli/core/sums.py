"""Sums whose order of additions depends only on how many numbers there are."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Width = TypeVar("Width", bound=np.floating)

# NumPy 1.26 starts a new pairwise sum after this many numbers, the size of its buffer; NumPy 2.4
# does not. Pieces of that length make the two agree.
_AT_ONCE = 8192


def sum_along_rows(values: NDArray[Width], axis: int = -1) -> NDArray[Width]:
    """Return Σ along an axis, pairwise, in the type of the values.

    >>> sum_along_rows(np.ones((2, 20_000))).tolist()
    [20000.0, 20000.0]
    """
    length = values.shape[axis]
    if length <= _AT_ONCE:
        result: NDArray[Width] = np.add.reduce(values, axis=axis)
        return result
    rows = np.moveaxis(values, axis, -1)
    pieces: list[NDArray[Width]] = [
        np.add.reduce(rows[..., start : start + _AT_ONCE], axis=-1)
        for start in range(0, length, _AT_ONCE)
    ]
    return sum_along_rows(np.stack(pieces, axis=-1))
