"""Where bytes come from: a file, a URL or standard input, unpacked if its first bytes say that it
is compressed."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from typing import Any, BinaryIO, NamedTuple

from xentcli.errors import DataError, Place, changed
from xentcli.urls import is_url, local_path, shown

PEEK_BYTES = 1 << 16
STANDARD_INPUT = "standard input"


# The size of a file and the time of its last change; of a URL a number for its ETag or the like.
Version = tuple[int, int]


class Source(NamedTuple):
    """A file by its name, or standard input (``path`` is None). Of a URL the path is all of it, the
    name what may be printed. Of what is a ``copy`` no other machine knows."""

    name: str
    path: str | None
    copy: bool = False


class Compression(NamedTuple):
    """A compression: its first bytes, and the modules that can undo it, the first that is there."""

    name: str
    signature: bytes
    modules: tuple[str, ...]


COMPRESSIONS = (
    Compression("gzip", b"\x1f\x8b", ("gzip",)),
    Compression("bzip2", b"BZh", ("bz2",)),
    Compression("xz", b"\xfd7zXZ\x00", ("lzma",)),
    # Not the package zstandard: it takes data that is cut off for the end.
    Compression("zstd", b"\x28\xb5\x2f\xfd", ("compression.zstd", "backports.zstd")),
)


def named(text: str) -> Source:
    """The source of a FILE argument; ``-`` is standard input."""
    if text == "-":
        return Source(STANDARD_INPUT, None)
    path = local_path(text)
    return Source(shown(path), path)


def is_remote(source: Source) -> bool:
    """Whether the source is a URL."""
    return source.path is not None and is_url(source.path)


def forget() -> None:
    """What is known of files elsewhere may not be so any more: another command begins."""
    remote = sys.modules.get("xentcli.readers.sources.remote")
    if remote is not None:
        remote.forget()


def version_of(source: Source) -> Version | None:
    """What tells one state of a file from another; None of what can be read only once."""
    if source.path is None:
        return None
    if is_remote(source):
        from xentcli.readers.sources import remote

        return remote.version_of(source.path)
    with told_by(source.name):
        return _version(os.stat(source.path))


def version_of_open(file: BinaryIO) -> Version:
    """The same of a local file that is open."""
    return _version(os.fstat(file.fileno()))


def _version(known: os.stat_result) -> Version:
    return known.st_size, known.st_mtime_ns


@contextmanager
def opened(source: Source, version: Version | None = None) -> Iterator[BinaryIO]:
    """The source's bytes, unpacked; standard input goes on where it was left. With a version, the
    file must be of that one."""
    if is_read_once(source):
        yield _once(source)
        return
    assert source.path is not None
    if is_remote(source):
        # Imported only for URLs, as what it imports is.
        from xentcli.readers.sources import remote

        stream: Any = remote.opened(source.path, version)
    else:
        with told_by(source.name):
            stream = open(source.path, "rb")  # noqa: SIM115
    with stream:
        if version is not None and not is_remote(source) and version_of_open(stream) != version:
            raise changed(source.name)
        yield _unpacked(stream, source.name)


def is_read_once(source: Source) -> bool:
    """Whether the bytes are gone when they are read: standard input, a pipe with a name."""
    if source.path is None or is_remote(source):
        return source.path is None
    return os.path.exists(source.path) and not _can_seek(source.path)


def _can_seek(path: str) -> bool:
    mode = os.stat(path).st_mode
    return stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISBLK(mode)


@cache
def _once(source: Source) -> BinaryIO:
    """The stream of what can be read but once, so that each reader goes on where the last left."""
    if source.path is not None:
        with told_by(source.name):
            return _unpacked(open(source.path, "rb"), source.name)
    if sys.stdin is None:
        raise DataError("it is closed", place=Place(STANDARD_INPUT))
    return _unpacked(sys.stdin.buffer, STANDARD_INPUT)


def _unpacked(stream: Any, name: str) -> BinaryIO:
    with told_by(name):
        start = stream.peek(8)
    for compression in COMPRESSIONS:
        if start.startswith(compression.signature):
            unpacked: BinaryIO = io.BufferedReader(_opener(compression, name)(stream))
            return unpacked
    plain: BinaryIO = stream
    return plain


def _opener(compression: Compression, name: str) -> Callable[[Any], Any]:
    for module in compression.modules:
        try:
            found: Callable[[Any], Any] = import_module(module).open
        except ImportError:
            continue
        return found
    raise DataError(
        f"it is compressed with {compression.name}, which this Python cannot unpack",
        place=Place(name),
        hint=f"pip install {compression.modules[-1]}",
    )


@contextmanager
def told_by(name: str) -> Iterator[None]:
    """What the operating system or a decompressor refuses, told in a sentence."""
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
    """The first bytes, without taking them away from who reads next."""
    with opened(source) as stream, told_by(source.name):
        start: bytes = stream.peek(PEEK_BYTES)  # type: ignore[attr-defined]
        return start


def size_of(source: Source) -> int | None:
    """How many bytes there are to read, where that is known before, and any of them can be read."""
    if source.path is None:
        return None
    if is_remote(source):
        from xentcli.readers.sources import remote

        version = remote.version_of(source.path)
        size = None if version is None else version[0]
        start = b"" if size is None else remote.beginning(source.path)
    elif os.path.isfile(source.path):
        with open(source.path, "rb") as stream:
            start = stream.read(8)
        size = os.path.getsize(source.path)
    else:
        return None
    packed = any(start.startswith(compression.signature) for compression in COMPRESSIONS)
    return None if packed else size
