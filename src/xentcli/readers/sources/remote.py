"""Reads files from URLs through fsspec; no other module knows fsspec.

fsspec finds credentials by itself. Its errors, and those of the packages behind it, are cleaned of
secrets before they are passed on.
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
from xentcli.readers.sources.remote_errors import explain, missing_package
from xentcli.readers.sources.urls import scheme_of, without_secrets

# So much of a file is read first, and kept: it shows the format, the compression and the header.
BEGINNING_BYTES = 1 << 16
# A stream begins with requests of the first size and doubles it each time, up to the second.
LEAST_AHEAD, MOST_AHEAD = 1 << 18, 4 << 20
# So many ranges are requested together. A file is copied in pieces of PIECE_BYTES.
AT_ONCE = 8
PIECE_BYTES = 4 << 20
# Seconds in which a thread that was joined disappears.
GONE_AFTER = 0.01
# Fields in which filesystems tell one version of a file from another, the most reliable first.
VERSIONS = ("ETag", "etag", "md5Hash", "generation", "Last-Modified", "LastModified", "mtime")

# The size of a file, and a checksum of its ETag or whatever else tells its versions apart.
Version = tuple[int, int]
Range = tuple[int, int]


# The classes of the filesystems that were used: each class caches its instances.
_filesystem_classes = set[Any]()


class FirstLook(NamedTuple):
    """What was seen of a file when it was first opened: its version and its first bytes. The
    version is None where the server can send the file only from beginning to end."""

    version: Version | None
    start: bytes


def open_url(url: str, version: Version | None = None) -> BinaryIO:
    """Open the file at its first byte; it is seekable where the server answers range requests. If a
    ``version`` is given, the file must still have it."""
    begun = _first_look_at(url, version)
    if begun.version is None:
        with _explain_errors(url):
            filesystem, path = _locate(url)
            return io.BufferedReader(_SequentialStream(url, filesystem.open(path, block_size=0)))
    return io.BufferedReader(Ranged(url, LEAST_AHEAD), MOST_AHEAD)


def open_part(url: str, version: Version, start: int, length: int) -> BinaryIO:
    """Open the file at byte ``start``; ``length`` bytes are requested at once. The file must still
    have that version."""
    # 0 where a record that began before this part fills all of it.
    at_once = length if length > 0 else LEAST_AHEAD
    stream = io.BufferedReader(Ranged(url, at_once, version), at_once)
    stream.seek(start)
    return stream


def version_of(url: str) -> Version | None:
    """Return the version that the file had when it was first opened; None where the server does not
    answer range requests."""
    return _first_look(url).version


def read_beginning(url: str) -> bytes:
    """Return the first bytes of a file whose server answers range requests."""
    return _first_look(url).start


def fetch_ranges(url: str, ranges: Sequence[Range]) -> list[bytes]:
    """Fetch several ranges of a file with requests that are sent together."""
    with _explain_errors(url):
        filesystem, path = _locate(url)
        starts, ends = [start for start, _ in ranges], [end for _, end in ranges]
        found: list[bytes] = filesystem.cat_ranges(
            [path] * len(ranges), starts, ends, on_error="raise"
        )
    for content, (start, end) in zip(found, ranges, strict=True):
        if len(content) != end - start:
            raise DataError("it ended too early", place=Place(without_secrets(url)))
    return found


def download(url: str, target: IO[bytes]) -> None:
    """Write the whole file to ``target``."""
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
        for piece in fetch_ranges(url, [(at, min(at + PIECE_BYTES, size)) for at in within]):
            target.write(piece)
        check_version(url, version)


def check_version(url: str, version: Version) -> None:
    """Fail if the file no longer has that version."""
    with _explain_errors(url):
        filesystem, path = _locate(url)
        filesystem.invalidate_cache(path)
        present = _version(filesystem.info(path))
    if present != version:
        raise changed_error(without_secrets(url))


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
    """End the thread in which fsspec waits for the network; the next read starts another. This must
    come before a fork: only a process with a single thread can be forked safely."""
    import asyncio

    from fsspec import asyn

    loop, thread = asyn.loop[0], asyn.iothread[0]
    if loop is None or thread is None or not thread.is_alive():
        return
    # A task whose result is here already may not have ended there, and then it holds a filesystem.
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), loop).result()
    # The filesystems close their connections in that thread.
    _locate.cache_clear()
    for kind in _filesystem_classes:
        kind.clear_instance_cache()
    gc.collect()
    ended = loop.shutdown_default_executor()
    asyncio.run_coroutine_threadsafe(ended, loop).result()
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    # Otherwise its sockets stay open until it is garbage-collected.
    loop.close()
    asyn.reset_lock()
    # The system lists a joined thread for a moment longer.
    time.sleep(GONE_AFTER)


class Ranged(io.RawIOBase):
    """A seekable file that is read by range requests. After each request the file must still have
    the version given, or else that of the first request.

    ``ahead`` is the size of the first request; each later one is twice as large. Without ``ahead``
    only the wanted bytes are requested.
    """

    def __init__(self, url: str, ahead: int | None = None, version: Version | None = None) -> None:
        self._url, self._ahead, self._at = url, ahead, 0
        self._held: list[tuple[int, bytes]] = []
        if ahead is None or version is None:
            begun = _first_look_at(url, version)
            assert begun.version is not None
            version, self._held = begun.version, [(0, begun.start)]
        self._version = version

    def hold(self, ranges: Sequence[Range]) -> None:
        """Fetch these ranges into memory, so that later reads of them need no request."""
        self._held = []
        for at in range(0, len(ranges), AT_ONCE):
            some = ranges[at : at + AT_ONCE]
            starts = [start for start, _ in some]
            self._held += zip(starts, fetch_ranges(self._url, some), strict=True)
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
                # The buffer around this stream asks again for the missing rest.
                break
        return done

    def _read_range(self, start: int, end: int) -> bytes:
        for at, content in self._held:
            if at <= start < at + len(content):
                return content[start - at : end - at]
        if self._ahead is not None:
            end, self._ahead = min(end, start + self._ahead), 2 * self._ahead
        (found,) = fetch_ranges(self._url, [(start, end)])
        check_version(self._url, self._version)
        return found


class _SequentialStream(io.RawIOBase):
    """A file that its server sends only from beginning to end."""

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
    """Forget all files, because another command begins."""
    _first_look.cache_clear()
    list_matching.cache_clear()
    for kind in _filesystem_classes:
        kind.clear_instance_cache()
    _locate.cache_clear()


def _first_look_at(url: str, version: Version | None) -> FirstLook:
    """Return what was first seen of a file that must have that version. A long-lived process may
    have seen an older version; if they differ, the file is looked at again."""
    begun = _first_look(url)
    if version is None or begun.version == version:
        return begun
    _first_look.cache_clear()
    check_version(url, version)
    return _first_look(url)


@lru_cache(maxsize=64)
def _first_look(url: str) -> FirstLook:
    with _explain_errors(url):
        filesystem, path = _locate(url)
        known = filesystem.info(path)
        if known.get("type") == "directory":
            raise IsADirectoryError
        size = known.get("size")
        if size is None or not _answers_ranges(filesystem, path, known):
            return FirstLook(None, b"")
        wanted = min(size, BEGINNING_BYTES)
        start = filesystem.cat_file(path, start=0, end=wanted) if wanted else b""
    version = _version(known)
    if size == wanted:
        # The whole file is in memory, so no later request would notice another version.
        check_version(url, version)
    return FirstLook(version, start)


def _answers_ranges(filesystem: Any, path: str, known: dict[str, Any]) -> bool:
    """Whether the server answers a range request with that range; many web servers send the whole
    file instead."""
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
    scheme, place = scheme_of(url), without_secrets(url)
    if "::" in scheme:
        raise UsageError(f"{place}: URLs in a chain (::) are not read")
    _silence()
    try:
        import fsspec
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise missing_package("fsspec", scheme, place, error) from None
    try:
        fsspec.get_filesystem_class(scheme)
    except ImportError as error:
        raise missing_package(scheme, scheme, place, error) from None
    except ValueError:
        raise UsageError(f"{place}: nothing here can read {scheme}://") from None
    filesystem, path = url_to_fs(url)
    _filesystem_classes.add(type(filesystem))
    return filesystem, path


@cache
def _silence() -> None:
    """Silence the packages' own logging: this program reports their errors itself."""
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
        reason, hint = explain(error, url)
        raise DataError(reason, place=Place(without_secrets(url)), hint=hint) from None
