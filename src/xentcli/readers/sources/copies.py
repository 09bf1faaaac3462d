"""Local copies of what has to be read at random: a file from a URL, a pipe, or compressed data."""

from __future__ import annotations

import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import IO, Any

from xentcli.readers.sources.source import (
    Source,
    explain_errors,
    is_remote,
    open_source,
    size_of,
    version_of,
)

COPY_BYTES = 1 << 20


def file_of(source: Source) -> tuple[str, IO[bytes] | None]:
    """The path of the source's file, or of a copy that exists until it is closed."""
    with explain_errors(source.name):
        plain = source.path is not None and size_of(source) is not None
    if plain and is_remote(source):
        local, fetched = fetch_file(source)
        return str(local.path), fetched
    if plain:
        return str(source.path), None
    copy = _unpack_copy(source)
    return copy.name, copy


@contextmanager
def rereadable(source: Source) -> Iterator[Source]:
    """A source that can be opened twice and read anywhere: a copy, if the source is no regular file
    or is sent only as a whole."""
    if _can_be_reread(source):
        yield source
        return
    with _unpack_copy(source) as copy:
        yield _copy_of(source, copy)


def _can_be_reread(source: Source) -> bool:
    if is_remote(source):
        return version_of(source) is not None
    return source.path is not None and os.path.isfile(source.path)


def _unpack_copy(source: Source) -> IO[bytes]:
    from shutil import copyfileobj  # slow to import, and seldom needed

    def unpack(copy: IO[bytes]) -> None:
        with open_source(source) as stream, explain_errors(source.name):
            copyfileobj(stream, copy, COPY_BYTES)
            copy.flush()

    return _copy(unpack)


def fetch_file(source: Source) -> tuple[Source, IO[bytes] | None]:
    """The source, or for a URL a local copy that exists until it is closed."""
    if not is_remote(source):
        return source, None
    from xentcli.readers.sources import remote

    def fetch(copy: IO[bytes]) -> None:
        with explain_errors(source.name):
            remote.copy(str(source.path), copy)
            copy.flush()

    copy = _copy(fetch)
    return _copy_of(source, copy), copy


def _copy_of(source: Source, copy: IO[bytes]) -> Source:
    return source._replace(path=copy.name, copy=True, version=None)


def _copy(fill: Callable[[IO[bytes]], None]) -> IO[bytes]:
    from tempfile import NamedTemporaryFile  # slow to import, and seldom needed

    copy = NamedTemporaryFile(prefix="xent-")  # noqa: SIM115
    try:
        fill(copy)
    except BaseException:
        copy.close()
        raise
    return copy


def close_with(user: Any, copy: IO[bytes] | None) -> None:
    """Close the copy, which deletes it, when its user is garbage-collected."""
    if copy is not None:
        weakref.finalize(user, copy.close)
