"""Locates the arrays of NumPy's .npy and .npz files.

NumPy's own ``load`` would unpickle objects, allocate whatever a header claims, and read a member of
an .npz as a whole. Here a header is believed only if the file is as large as it says.
"""

from __future__ import annotations

import io
import warnings
from functools import partial
from typing import IO, BinaryIO

import numpy as np

from xentcli.readers.arrays.stored import (
    NO_SIZE,
    Archive,
    File,
    Stored,
    Unreadable,
    check_size,
    first_line,
    refuse_repeated_keys,
)
from xentcli.readers.arrays.zip_archive import (
    check_sum,
    explain_unpacking,
    is_stored,
    member_start,
    zip_members,
)
from xentcli.readers.sources.unpack import message_if_too_large

# NumPy's letters for the kinds of numbers that are read, and for text.
NUMBERS = "fiu"
TEXT = "US"


def npy_array(
    stream: BinaryIO, size: int, file: File | None, content: bytes, kinds: str = NUMBERS
) -> Stored:
    """Locate the array of an .npy file, which must end at byte ``size``."""
    stored = _npy_header(stream, kinds)._replace(file=file, content=content)
    check_size(stored, size)
    return stored


def _npy_header(stream: IO[bytes], kinds: str = NUMBERS) -> Stored:
    try:
        # NumPy warns of files that Python 2 wrote.
        with warnings.catch_warnings(action="ignore"):
            version = np.lib.format.read_magic(stream)
            read = (
                np.lib.format.read_array_header_1_0
                if version == (1, 0)
                else np.lib.format.read_array_header_2_0
            )
            shape, fortran, dtype = read(stream)
    except OSError:
        raise
    except Exception as error:
        # On a damaged header Python's parser may raise anything.
        raise Unreadable(f"its .npy header cannot be read ({first_line(error)})") from None
    if dtype.hasobject:
        raise Unreadable("it holds Python objects, and pickled data is never read")
    if dtype.kind not in kinds or not dtype.itemsize:
        raise Unreadable(f"its dtype is {dtype}, not integers or real floats")
    if any(abs(length) >= NO_SIZE for length in shape):
        raise Unreadable("its .npy header cannot be read (the shape has a length beyond 63 bits)")
    if any(length < 0 for length in shape):
        raise Unreadable(f"its .npy header cannot be read (the shape {shape})")
    return Stored(dtype.str, shape, stream.tell(), fortran)


def npz_archive(stream: BinaryIO, file: File | None, max_ratio: int) -> Archive:
    """Locate the members of an .npz archive. Members that are not compressed are mapped; others are
    unpacked, to at most ``max_ratio`` times their size."""
    members = zip_members(stream, "an .npz archive")
    names = refuse_repeated_keys(
        (info.filename.removesuffix(".npy"), info) for info in members.infolist()
    )

    def array(key: str, kinds: str = NUMBERS) -> Stored:
        info = names[key]
        if file is not None and is_stored(info):
            start = member_start(stream, info)
            stream.seek(start)
            stored = npy_array(stream, start + info.file_size, file, b"", kinds)
            check_sum(stream, start, info)
            return stored
        wrong = message_if_too_large(info.compress_size, info.file_size, max_ratio)
        if wrong:
            raise Unreadable(wrong)
        with explain_unpacking():
            content = members.read(info)
        return npy_array(io.BytesIO(content), len(content), None, content, kinds)

    def outline(key: str) -> Stored:
        with explain_unpacking(), members.open(names[key]) as member:
            return _npy_header(member)

    return Archive(tuple(names), array, outline, partial(array, kinds=NUMBERS + TEXT))
