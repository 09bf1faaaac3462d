"""Where bytes come from: a file, a URL or standard input; compressed ones are unpacked."""

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
from xentcli.readers.sources.urls import is_url, local_path, scheme_of, shown

PEEK_BYTES = 1 << 16
# To so many times its size a compressed file may unpack, unless somebody says otherwise.
MOST_TIMES = 1000
STANDARD_INPUT = "standard input"


# The size of a file and the time of its last change; of a URL a number for its ETag or the like.
Version = tuple[int, int]


class Source(NamedTuple):
    """A file by its name; standard input has no ``path``. For a URL ``path`` is all of it and
    ``name`` is what may be printed. A ``copy`` is unknown to other machines. ``version`` is the
    state of a local file when it was named; whoever opens it later must find the same. If it is
    compressed, it may unpack to at most ``max_ratio`` times its size."""

    name: str
    path: str | None
    copy: bool = False
    version: Version | None = None
    max_ratio: int = MOST_TIMES


def source_of(text: str, max_ratio: int = MOST_TIMES) -> Source:
    """The source of a FILE argument; ``-`` is standard input."""
    if text == "-":
        return Source(STANDARD_INPUT, None, max_ratio=max_ratio)
    path = local_path(text)
    # HTTP:// is http://, and no package knows it as anything else.
    scheme = scheme_of(path)
    path = scheme + path[len(scheme) :]
    version = None
    if not is_url(path):
        # What is not there, or may not be seen, is told by whoever opens it.
        with suppress(OSError, ValueError):
            known = os.stat(path)
            version = _version(known) if stat.S_ISREG(known.st_mode) else None
    source = Source(shown(path), path, version=version, max_ratio=max_ratio)
    _named.append(source)
    return source


def is_remote(source: Source) -> bool:
    """Whether the source is a URL."""
    return source.path is not None and is_url(source.path)


# The files of the command that is being carried out.
_named: list[Source] = []


def check_unchanged() -> None:
    """Fail if any file was replaced or written to while it was read."""
    for source in _named:
        if source.version is None:
            continue
        try:
            same = version_of(source) == source.version
        except DataError:
            same = False
        if not same:
            raise changed_error(source.name)


def forget() -> None:
    """Forget what is known of files: another command begins."""
    _named.clear()
    remote = sys.modules.get("xentcli.readers.sources.remote")
    if remote is not None:
        remote.forget()


def version_of(source: Source) -> Version | None:
    """What tells two states of a file apart; None for what can be read only once."""
    if source.path is None:
        return None
    if is_remote(source):
        from xentcli.readers.sources import remote

        return remote.version_of(source.path)
    with explain_errors(source.name):
        return _version(os.stat(source.path))


def version_of_open(file: BinaryIO) -> Version:
    """The same for an open local file."""
    return _version(os.fstat(file.fileno()))


def _version(known: os.stat_result) -> Version:
    return known.st_size, known.st_mtime_ns


@contextmanager
def open_source(source: Source, version: Version | None = None) -> Iterator[BinaryIO]:
    """The source's bytes, unpacked. Standard input continues where the last reader stopped. The
    file must have the given ``version``, or that of the source, if there is one."""
    if is_read_once(source):
        yield _once(source)
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
    """Fail if an open file is not in the version given, or that of the source."""
    expected = version or source.version
    if expected is not None and version_of_open(file) != expected:
        raise changed_error(source.name)


def is_read_once(source: Source) -> bool:
    """Whether bytes are gone once read: standard input, or a named pipe."""
    if source.path is None or is_remote(source):
        return source.path is None
    return os.path.exists(source.path) and not _can_seek(source.path)


def _can_seek(path: str) -> bool:
    mode = os.stat(path).st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISBLK(mode)


@cache
def _once(source: Source) -> BinaryIO:
    """The one stream of what can be read only once; each reader continues where the last
    stopped."""
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
    """Raise errors of the operating system and of decompressors as sentences."""
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
        # zlib, lzma and zstd each raise an exception of their own.
        if type(error).__module__.partition(".")[0] not in _DECOMPRESSORS:
            raise
        message = f"the compressed data is damaged ({error})"
    else:
        return
    raise DataError(message, place=Place(name))


_DECOMPRESSORS = ("zlib", "_lzma", "lzma", "_zstd", "compression", "backports")


def peek(source: Source) -> bytes:
    """The first bytes, which the next reader gets all the same."""
    with open_source(source) as stream, explain_errors(source.name):
        start: bytes = stream.peek(PEEK_BYTES)  # type: ignore[attr-defined]
        return start


def size_of(source: Source) -> int | None:
    """How many bytes there are to read; None where that is not known or not all can be reached."""
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
