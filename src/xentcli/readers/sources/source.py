"""Opens the sources of bytes: files, URLs and standard input. Compressed ones are unpacked."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any, BinaryIO

from xentcli.errors import DataError, Place, changed_error
from xentcli.model import NamedTuple
from xentcli.readers.sources.urls import is_url, local_path, scheme_of, without_secrets

PEEK_BYTES = 1 << 16
# A compressed file may unpack to so many times its size, unless --max-ratio says otherwise.
USUAL_MAX_RATIO = 1000
STANDARD_INPUT = "standard input"
# The packages of decompressors, each of which raises an exception of its own.
DECOMPRESSORS = ("zlib", "_lzma", "lzma", "_zstd", "compression", "backports")


# The size of a file and the time of its last change; for a URL, its size and a checksum of its ETag
# or the like.
Version = tuple[int, int]


class Source(NamedTuple):
    """A file, a URL or standard input.

    - ``name``: what messages call it; for a URL, without secrets.
    - ``path``: the path or the whole URL; None for standard input.
    - ``copy``: it is a temporary copy, which other machines cannot see.
    - ``version``: that of a local file when it was named; whenever the file is opened later, it
      must still have it.
    - ``max_ratio``: a compressed file may unpack to at most so many times its size.
    """

    name: str
    path: str | None
    copy: bool = False
    version: Version | None = None
    max_ratio: int = USUAL_MAX_RATIO


def source_of(text: str, max_ratio: int = USUAL_MAX_RATIO) -> Source:
    """Return the source of a FILE argument; ``-`` is standard input."""
    if text == "-":
        return Source(STANDARD_INPUT, None, max_ratio=max_ratio)
    path = local_path(text)
    # The packages know http://, but not HTTP://.
    scheme = scheme_of(path)
    path = scheme + path[len(scheme) :]
    version = None
    if not is_url(path):
        # If it does not exist or is not accessible, opening it will report that.
        with suppress(OSError, ValueError):
            known = os.stat(path)
            version = _version_of_stat(known) if stat.S_ISREG(known.st_mode) else None
    source = Source(without_secrets(path), path, version=version, max_ratio=max_ratio)
    _sources_of_command.append(source)
    return source


def is_remote(source: Source) -> bool:
    """Whether the source is a URL."""
    return source.path is not None and is_url(source.path)


# The sources that the current command has named.
_sources_of_command: list[Source] = []


def check_unchanged() -> None:
    """Fail if any file was replaced or written to while it was read."""
    for source in _sources_of_command:
        if source.version is None:
            continue
        try:
            same = version_of(source) == source.version
        except DataError:
            same = False
        if not same:
            raise changed_error(source.name)


def forget() -> None:
    """Forget all files, because another command begins."""
    _sources_of_command.clear()
    remote = sys.modules.get("xentcli.readers.sources.remote")
    if remote is not None:
        remote.forget()


def version_of(source: Source) -> Version | None:
    """Return the present version of a file; None for a source that can be read only once."""
    if source.path is None:
        return None
    if is_remote(source):
        from xentcli.readers.sources import remote

        return remote.version_of(source.path)
    with explain_errors(source.name):
        return _version_of_stat(os.stat(source.path))


def version_of_open(file: BinaryIO) -> Version:
    """Return the version of an open local file."""
    return _version_of_stat(os.fstat(file.fileno()))


def _version_of_stat(known: os.stat_result) -> Version:
    return known.st_size, known.st_mtime_ns


@contextmanager
def open_source(source: Source, version: Version | None = None) -> Iterator[BinaryIO]:
    """Open the source as a stream of unpacked bytes. Standard input continues where the last reader
    stopped. A file must have the given ``version``, or else that of the source, if it has one."""
    if is_read_once(source):
        yield _open_once(source)
        return
    assert source.path is not None
    if is_remote(source):
        # Imported only for URLs, as what it imports is.
        from xentcli.readers.sources import remote

        stream: Any = remote.open_url(source.path, version)
    else:
        with explain_errors(source.name):
            stream = open(source.path, "rb")  # noqa: SIM115
    with stream:
        if not is_remote(source):
            check_version(stream, source, version)
        yield _unpack(stream, source)


def check_version(file: BinaryIO, source: Source, version: Version | None = None) -> None:
    """Fail if an open file does not have the version given, or else that of the source."""
    expected = version or source.version
    if expected is not None and version_of_open(file) != expected:
        raise changed_error(source.name)


def is_read_once(source: Source) -> bool:
    """Whether bytes can be read only once: from standard input, or a named pipe."""
    if source.path is None or is_remote(source):
        return source.path is None
    return os.path.exists(source.path) and not _can_seek(source.path)


def _can_seek(path: str) -> bool:
    mode = os.stat(path).st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISBLK(mode)


@cache
def _open_once(source: Source) -> BinaryIO:
    """Open a source that can be read only once. The stream is kept, so that each reader continues
    where the last one stopped."""
    if source.path is not None:
        with explain_errors(source.name):
            return _unpack(open(source.path, "rb"), source)
    if sys.stdin is None:
        raise DataError("it is closed", place=Place(STANDARD_INPUT))
    return _unpack(sys.stdin.buffer, source)


def _unpack(stream: Any, source: Source) -> BinaryIO:
    from xentcli.readers.sources.unpack import compression_of, unpack

    with explain_errors(source.name):
        start = stream.peek(8)
    compression = compression_of(start)
    if compression is not None:
        return unpack(stream, compression, source.name, source.max_ratio)
    plain: BinaryIO = stream
    return plain


@contextmanager
def explain_errors(name: str) -> Iterator[None]:
    """Turn errors of the operating system and of decompressors into errors that say what is
    wrong."""
    try:
        yield
    except EOFError:
        message = "the compressed data ends too early; is the file cut off?"
    except OSError as error:
        if error.errno is None:
            message = f"the compressed data is damaged ({error})"
        else:
            message = f"cannot read it: {(error.strerror or str(error)).lower()}"
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in DECOMPRESSORS:
            raise
        message = f"the compressed data is damaged ({error})"
    else:
        return
    raise DataError(message, place=Place(name))


def peek(source: Source) -> bytes:
    """Return the first bytes without consuming them: the next reader gets them too."""
    with open_source(source) as stream, explain_errors(source.name):
        start: bytes = stream.peek(PEEK_BYTES)  # type: ignore[attr-defined]
        return start


def size_of(source: Source) -> int | None:
    """Return the source's size in bytes; None for a stream, for compressed data, and for a URL
    whose server does not answer range requests."""
    from xentcli.readers.sources.unpack import compression_of

    if source.path is None:
        return None
    if is_remote(source):
        from xentcli.readers.sources import remote

        version = remote.version_of(source.path)
        size = None if version is None else version[0]
        start = b"" if size is None else remote.read_beginning(source.path)
    elif os.path.isfile(source.path):
        with open(source.path, "rb") as stream:
            start = stream.read(8)
        size = os.path.getsize(source.path)
    else:
        return None
    return size if compression_of(start) is None else None
