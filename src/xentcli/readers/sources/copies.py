"""Local copies of inputs that have to be read at random places: files behind URLs, pipes, and
compressed data."""

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


def path_or_copy(source: Source) -> tuple[str, IO[bytes] | None]:
    """Return the path of the source's file and None; or the path of a copy of it and the copy,
    which exists until it is closed."""
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
    """Give a source that can be opened more than once and read at any place: a copy, if the source
    is no regular file, or if its server sends it only as a whole."""
    if _can_read_again(source):
        yield source
        return
    with _unpack_copy(source) as copy:
        yield _source_of_copy(source, copy)


def _can_read_again(source: Source) -> bool:
    if is_remote(source):
        return version_of(source) is not None
    return source.path is not None and os.path.isfile(source.path)


def _unpack_copy(source: Source) -> IO[bytes]:
    from shutil import copyfileobj  # slow to import, and seldom needed

    def unpack(copy: IO[bytes]) -> None:
        with open_source(source) as stream, explain_errors(source.name):
            copyfileobj(stream, copy, COPY_BYTES)
            copy.flush()

    return _make_copy(unpack)


def fetch_file(source: Source) -> tuple[Source, IO[bytes] | None]:
    """Return a local source as it is; for a URL return a local copy, which exists until it is
    closed."""
    if not is_remote(source):
        return source, None
    from xentcli.readers.sources import remote

    def fetch(copy: IO[bytes]) -> None:
        with explain_errors(source.name):
            remote.download(str(source.path), copy)
            copy.flush()

    copy = _make_copy(fetch)
    return _source_of_copy(source, copy), copy


def _source_of_copy(source: Source, copy: IO[bytes]) -> Source:
    return source._replace(path=copy.name, copy=True, version=None)


def _make_copy(fill: Callable[[IO[bytes]], None]) -> IO[bytes]:
    from tempfile import NamedTemporaryFile  # slow to import, and seldom needed

    copy = NamedTemporaryFile(prefix="xent-")  # noqa: SIM115
    try:
        fill(copy)
    except BaseException:
        copy.close()
        raise
    return copy


def close_with(user: Any, copy: IO[bytes] | None) -> None:
    """Close the copy, and so delete it, when its user is garbage-collected."""
    if copy is not None:
        weakref.finalize(user, copy.close)
