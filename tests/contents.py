"""What a file of arrays holds, as NumPy writes it."""

from __future__ import annotations

import io
from typing import Any

import numpy as np


def npy(array: Any) -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.asarray(array))
    return stream.getvalue()


def npz(*, packed: bool = False, **arrays: Any) -> bytes:
    stream = io.BytesIO()
    # Their types forbid keys that are not known beforehand.
    save: Any = np.savez_compressed if packed else np.savez
    save(stream, **{key: np.asarray(array) for key, array in arrays.items()})
    return stream.getvalue()
