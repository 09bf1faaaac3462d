"""Files that are URLs, read through fsspec, which only this module knows.

fsspec finds credentials by itself. Whatever it or a package behind it says is cleaned of secrets
before it is passed on.
"""

from __future__ import annotations

import gc
import io
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache, lru_cache
from typing import IO, Any, BinaryIO
from zlib import crc32

from xentcli.errors import DataError, Place, UsageError, changed_error
from xentcli.model import NamedTuple
from xentcli.readers.sources.remote_errors import needs, reason_of
from xentcli.readers.sources.urls import scheme_of, shown

# What is read of a file at first, and kept: its format, its compression and its header are in it.
BEGINNING_BYTES = 1 << 16
# A stream asks for twice as much each time, up to here.
LEAST_AHEAD, MOST_AHEAD = 1 << 18, 4 << 20
# Ranges that are asked for at once; what is copied comes in so many pieces of that size.
AT_ONCE = 8
PIECE_BYTES = 4 << 20
# Seconds.
GONE_AFTER = 0.01
# What filesystems call the sign of a version, the surest first.
VERSIONS = ("ETag", "etag", "md5Hash", "generation", "Last-Modified", "LastModified", "mtime")

# The size, and a number that stands for what else tells one state of the file from another.
Version = tuple[int, int]
Range = tuple[int, int]


# The classes of the filesystems that were needed: each keeps its own.
_kinds = set[Any]()


class Begun(NamedTuple):
    """A file when it was first opened: its first bytes and its version, which is None where it can
    only be read from beginning to end."""

    version: Version | None
    start: bytes


def open_url(url: str, version: Version | None = None) -> BinaryIO:
    """The file from its first byte on, seekable where the server allows it. With a ``version`` it
    must be in that one."""
    begun = _begun_as(url, version)
    if begun.version is None:
        with _explain_errors(url):
            filesystem, path = _locate(url)
            return io.BufferedReader(_Streamed(url, filesystem.open(path, block_size=0)))
    return io.BufferedReader(Ranged(url, LEAST_AHEAD), MOST_AHEAD)


def part(url: str, version: Version, start: int, length: int) -> BinaryIO:
    """The file from a byte on, ``length`` bytes being requested at once. It must be in that
    version."""
    # A record that began before may leave nothing of it.
    at_once = length if length > 0 else LEAST_AHEAD
    stream = io.BufferedReader(Ranged(url, at_once, version), at_once)
    stream.seek(start)
    return stream


def version_of(url: str) -> Version | None:
    """The version when it was first opened; None where the server gives no ranges."""
    return _begun(url).version


def read_beginning(url: str) -> bytes:
    """Read the first bytes of a file whose server gives ranges."""
    return _begun(url).start


def pieces(url: str, ranges: Sequence[Range]) -> list[bytes]:
    """Several ranges of a file, requested together."""
    with _explain_errors(url):
        filesystem, path = _locate(url)
        starts, ends = [start for start, _ in ranges], [end for _, end in ranges]
        found: list[bytes] = filesystem.cat_ranges(
            [path] * len(ranges), starts, ends, on_error="raise"
        )
    for content, (start, end) in zip(found, ranges, strict=True):
        if len(content) != end - start:
            raise DataError("it ended too early", place=Place(shown(url)))
    return found


def copy(url: str, target: IO[bytes]) -> None:
    """Write the whole file to another."""
    version = version_of(url)
    if version is None:
        from shutil import copyfileobj

        with open_url(url) as stream:
            copyfileobj(stream, target, PIECE_BYTES)
        return
    size = version[0]
    step = AT_ONCE * PIECE_BYTES
    for start in range(0, size, step):
        within = range(start, min(start + step, size), PIECE_BYTES)
        for piece in pieces(url, [(at, min(at + PIECE_BYTES, size)) for at in within]):
            target.write(piece)
        check_version(url, version)


def check_version(url: str, version: Version) -> None:
    """Fail if the file is no longer in that version."""
    with _explain_errors(url):
        filesystem, path = _locate(url)
        filesystem.invalidate_cache(path)
        present = _version(filesystem.info(path))
    if present != version:
        raise changed_error(shown(url))


@cache
def list_matching(pattern: str) -> list[str]:
    """List the URLs of the files that a pattern matches, sorted."""
    with _explain_errors(pattern):
        filesystem, path = _locate(pattern)
        if filesystem.exists(path):
            return [pattern]
        found = filesystem.glob(path)
        before = pattern.removesuffix(path) if pattern.endswith(path) else ""
        return sorted(before + at if before else filesystem.unstrip_protocol(at) for at in found)


def stop_thread() -> None:
    """End the thread in which fsspec waits for the network; the next read starts another. Only a
    process with a single thread can be forked safely."""
    import asyncio

    from fsspec import asyn

    loop, thread = asyn.loop[0], asyn.iothread[0]
    if loop is None or thread is None or not thread.is_alive():
        return
    # The filesystems close their connections in that thread.
    _locate.cache_clear()
    for kind in _kinds:
        kind.clear_instance_cache()
    gc.collect()
    ended = loop.shutdown_default_executor()
    asyncio.run_coroutine_threadsafe(ended, loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    # Else its sockets stay open until it is found to be garbage.
    loop.close()
    asyn.reset_lock()
    # A thread that was joined is still listed for the moment that it takes to go.
    time.sleep(GONE_AFTER)


class Ranged(io.RawIOBase):
    """A seekable file, read by requests for ranges, which are all checked to be of one version: the
    one given, or that of the first request.

    ``ahead`` is the size of the first request; each one after it is twice as large. Without it a
    request is as large as what is wanted.
    """

    def __init__(self, url: str, ahead: int | None = None, version: Version | None = None) -> None:
        self._url, self._ahead, self._at = url, ahead, 0
        self._held: list[tuple[int, bytes]] = []
        if ahead is None or version is None:
            begun = _begun_as(url, version)
            assert begun.version is not None
            version, self._held = begun.version, [(0, begun.start)]
        self._version = version

    def hold(self, ranges: Sequence[Range]) -> None:
        """Read these ranges into memory, for the reads that follow."""
        self._held = []
        for at in range(0, len(ranges), AT_ONCE):
            some = ranges[at : at + AT_ONCE]
            starts = [start for start, _ in some]
            self._held += zip(starts, pieces(self._url, some), strict=True)
        check_version(self._url, self._version)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._version[0]}
        self._at = origin[whence] + offset
        return self._at

    def readinto(self, buffer: Any) -> int:
        end, done = min(self._at + len(buffer), self._version[0]), 0
        while self._at < end:
            found = self._read_range(self._at, end)
            buffer[done : done + len(found)] = found
            done, self._at = done + len(found), self._at + len(found)
            if self._ahead is not None:
                # Whoever reads ahead asks again for what is still missing.
                break
        return done

    def _read_range(self, start: int, end: int) -> bytes:
        for at, content in self._held:
            if at <= start < at + len(content):
                return content[start - at : end - at]
        if self._ahead is not None:
            end, self._ahead = min(end, start + self._ahead), 2 * self._ahead
        (found,) = pieces(self._url, [(start, end)])
        check_version(self._url, self._version)
        return found


class _Streamed(io.RawIOBase):
    """A file that is sent from beginning to end."""

    def __init__(self, url: str, stream: Any) -> None:
        self._url, self._stream = url, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with _explain_errors(self._url):
            found: bytes = self._stream.read(len(buffer))
        buffer[: len(found)] = found
        return len(found)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


def forget() -> None:
    """Forget what is known of files: another command begins."""
    _begun.cache_clear()
    list_matching.cache_clear()
    for kind in _kinds:
        kind.clear_instance_cache()
    _locate.cache_clear()


def _begun_as(url: str, version: Version | None) -> Begun:
    """The file when it was first opened. A long-lived process may have seen an older version, so it
    is opened again if the versions differ."""
    begun = _begun(url)
    if version is None or begun.version == version:
        return begun
    _begun.cache_clear()
    check_version(url, version)
    return _begun(url)


@lru_cache(maxsize=64)
def _begun(url: str) -> Begun:
    with _explain_errors(url):
        filesystem, path = _locate(url)
        known = filesystem.info(path)
        if known.get("type") == "directory":
            raise IsADirectoryError
        size = known.get("size")
        if size is None or not _answers_ranges(filesystem, path, known):
            return Begun(None, b"")
        wanted = min(size, BEGINNING_BYTES)
        start = filesystem.cat_file(path, start=0, end=wanted) if wanted else b""
    begun = Begun(_version(known), start)
    if begun.version is not None and size == wanted:
        # All of it is here, and nothing is asked for again that would show another version.
        check_version(url, begun.version)
    return begun


def _answers_ranges(filesystem: Any, path: str, known: dict[str, Any]) -> bool:
    """Whether a server answers a request for a range with that range: many web servers send
    everything."""
    if "http" not in filesystem.protocol or known["size"] < 2:
        return True
    if known.get("partial") is False:
        return False
    with filesystem.open(path, block_size=1, cache_type="none", size=known["size"]) as stream:
        stream.seek(1)
        try:
            return len(stream.read(1)) == 1
        except ValueError:
            return False


def _version(known: dict[str, Any]) -> Version:
    sign = next((known[name] for name in VERSIONS if known.get(name) is not None), "")
    return known.get("size") or 0, crc32(str(sign).encode())


@lru_cache(maxsize=64)
def _locate(url: str) -> tuple[Any, str]:
    """Find the filesystem of a URL, and the file's path there."""
    scheme, place = scheme_of(url), shown(url)
    if "::" in scheme:
        raise UsageError(f"{place}: URLs in a chain (::) are not read")
    _silence()
    try:
        import fsspec
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise needs("fsspec", scheme, place, error) from None
    try:
        fsspec.get_filesystem_class(scheme)
    except ImportError as error:
        raise needs(scheme, scheme, place, error) from None
    except ValueError:
        raise UsageError(f"{place}: nothing here can read {scheme}://") from None
    filesystem, path = url_to_fs(url)
    _kinds.add(type(filesystem))
    return filesystem, path


@cache
def _silence() -> None:
    """Silence the packages' own logging: their errors are told by this program."""
    import logging

    logging.getLogger().addHandler(logging.NullHandler())


@contextmanager
def _explain_errors(url: str) -> Iterator[None]:
    import warnings

    try:
        with warnings.catch_warnings(action="ignore"):
            yield
    except (DataError, UsageError):
        raise
    except Exception as error:
        reason, hint = reason_of(error, url)
        raise DataError(reason, place=Place(shown(url)), hint=hint) from None
