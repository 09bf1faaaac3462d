"""Opens a file of arrays as an archive: .npy, .npz, .safetensors, or PyTorch's .pt."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import numpy as np

from xentcli.readers.arrays.samples import KeyedArray, explain_unreadable, ids_of_array
from xentcli.readers.arrays.stored import Archive, File, map_array
from xentcli.readers.first_bytes import check_read
from xentcli.readers.sources.copies import fetch_file
from xentcli.readers.sources.source import (
    Source,
    check_version,
    explain_errors,
    open_source,
    size_of,
    version_of_open,
)

FIRST_BYTES = 256


@contextmanager
def open_archive(source: Source, format_name: str) -> Iterator[Archive]:
    """Open the arrays of a source: in its file, or in memory where the file cannot be mapped."""
    with explain_errors(source.name):
        path = _path_to_map(source, format_name)
    if path is not None:
        with explain_unreadable(source.name), open(path, "rb") as stream:
            check_version(stream, source)
            file = File(path, version_of_open(stream))
            size, _ = file.version
            yield _read_headers(stream, size, file, b"", format_name, source)
        return
    with open_source(source) as unpacked, explain_unreadable(source.name):
        content = unpacked.read()
    with explain_unreadable(source.name):
        yield _read_headers(io.BytesIO(content), len(content), None, content, format_name, source)


def _path_to_map(source: Source, format_name: str) -> str | None:
    """Return the path of a file that can be mapped: a regular one that is not compressed."""
    path = source.path
    if path is None or size_of(source) is not None:
        return path
    if format_name != "safetensors" or not os.path.isfile(path):
        return None
    # A .safetensors file begins with a length, whose bytes may look like those of a compression.
    with open(path, "rb") as stream:
        return path if stream.read(9)[8:] == b"{" else None


def _read_headers(
    stream: BinaryIO, size: int, file: File | None, content: bytes, format_name: str, source: Source
) -> Archive:
    check_read(stream.read(FIRST_BYTES), source.name)
    stream.seek(0)
    # Each format's module is imported only for that format.
    if format_name == "safetensors":
        from xentcli.readers.arrays.safetensors_file import safetensors_archive

        return safetensors_archive(stream, size, file, content)
    if format_name == "pt":
        from xentcli.readers.arrays.torch_file import torch_archive

        return torch_archive(stream, size, file, content)
    from xentcli.readers.arrays.numpy_file import npy_array, npz_archive

    if format_name == "npz":
        return npz_archive(stream, file, source.max_ratio)
    stored = npy_array(stream, size, file, content)
    return Archive(("",), lambda _: stored, lambda _: stored, lambda _: stored)


def find_array(archive: Archive, key: str, name: str) -> KeyedArray:
    """Find the array under a key; ``name`` is the source's name in messages."""
    with explain_unreadable(name, key):
        return KeyedArray(key, archive.array(key))


def read_ids(archive: Archive, key: str, name: str) -> list[bytes]:
    """Read the ids under a key of an open archive."""
    with explain_unreadable(name, key):
        named = KeyedArray(key, archive.ids(key))
    return ids_of_array(named, name)


def read_texts(archive: Archive, key: str, name: str) -> list[str] | None:
    """Read the texts under a key of an open archive; None where it holds numbers."""
    stored = archive.ids(key)
    if np.dtype(stored.dtype).kind not in "US":
        return None
    with explain_unreadable(name, key):
        texts = map_array(stored).ravel().tolist()
    return [text.decode(errors="replace") if isinstance(text, bytes) else text for text in texts]


def read_keys(source: Source, format_name: str) -> tuple[str, ...]:
    """Read the keys of an archive; a single array has the empty key."""
    local, copy = fetch_file(source)
    try:
        with open_archive(local, format_name) as archive:
            return archive.keys
    finally:
        if copy is not None:
            copy.close()


def read_ids_under(source: Source, format_name: str, key: str) -> list[bytes]:
    """Read the ids that an archive has under a key."""
    local, copy = fetch_file(source)
    try:
        with open_archive(local, format_name) as archive:
            return read_ids(archive, key, source.name)
    finally:
        if copy is not None:
            copy.close()
