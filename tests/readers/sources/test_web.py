"""Files of a web server on this machine, whether it sends parts of them or only whole ones."""

from __future__ import annotations

import asyncio
import gzip
import io
import logging
import random
import threading
import time
import weakref
from collections.abc import Callable, Iterator

import pytest

from tests.conftest import PATIENCE
from tests.readers.sources.buckets import Web, served_web
from xentcli.errors import DataError
from xentcli.readers.sources import remote, source
from xentcli.readers.sources.source import open_source, peek, size_of, source_of, version_of

pytest.importorskip("aiohttp")
asyn = pytest.importorskip("fsspec.asyn")

# More than is read of a file at first.
CONTENT = random.Random(1).randbytes(100_000)


@pytest.fixture(scope="module")
def one_web() -> Iterator[Web]:
    with served_web() as found:
        yield found
    # Whatever is forked later must have a single thread.
    remote.stop_thread()


@pytest.fixture
def web(one_web: Web) -> Iterator[Web]:
    one_web.reset()
    source.forget()
    yield one_web
    source.forget()


@pytest.fixture
def whole_files(web: Web) -> Web:
    """The server when it sends only whole files."""
    web.gives_ranges = False
    return web


def always(version: str) -> Callable[[int], str]:
    return lambda requests: version


@pytest.mark.parametrize("size", [0, 1, 2, 3, 1000, 100_000])
def test_a_server_that_sends_parts(web: Web, size: int) -> None:
    url = web.put("a.bin", CONTENT[:size])
    version = remote.version_of(url)
    assert version is not None
    assert version[0] == size
    assert version_of(source_of(url)) == version
    assert size_of(source_of(url)) == size
    with remote.open_url(url) as stream:
        assert stream.seekable()
        assert stream.read() == CONTENT[:size]


@pytest.mark.parametrize("size", [2, 3, 1000, 100_000])
def test_a_server_that_sends_no_parts(whole_files: Web, size: int) -> None:
    url = whole_files.put("a.bin", CONTENT[:size])
    assert remote.version_of(url) is None
    assert version_of(source_of(url)) is None
    assert size_of(source_of(url)) is None
    with remote.open_url(url) as stream:
        assert not stream.seekable()
        assert stream.read() == CONTENT[:size]
        assert stream.read(1) == b""


@pytest.mark.parametrize("size", [0, 1])
def test_of_a_byte_there_are_no_parts(whole_files: Web, size: int) -> None:
    url = whole_files.put("a.bin", CONTENT[:size])
    assert remote.read_beginning(url) == CONTENT[:size]
    assert size_of(source_of(url)) == size


def test_a_server_that_says_that_it_sends_no_parts_is_asked_for_none(web: Web) -> None:
    web.refuses_ranges = True
    url = web.put("a.bin", CONTENT)
    assert remote.version_of(url) is None
    assert [asked.method for asked in web.asked] == ["HEAD"]


def test_a_server_that_does_not_tell_how_large_a_file_is(web: Web) -> None:
    web.tells_sizes = False
    url = web.put("a.bin", CONTENT)
    assert remote.version_of(url) is None
    with remote.open_url(url) as stream:
        assert stream.read() == CONTENT


@pytest.mark.parametrize("gives_ranges", [True, False])
@pytest.mark.parametrize("size", [0, 3, 1000, 100_000])
def test_a_copy_is_the_file(
    web: Web, size: int, gives_ranges: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "PIECE_BYTES", 30_000)
    web.gives_ranges = gives_ranges
    copy = io.BytesIO()
    remote.download(web.put("a.bin", CONTENT[:size]), copy)
    assert copy.getvalue() == CONTENT[:size]


def test_a_file_that_changes_while_it_is_copied(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "PIECE_BYTES", 30_000)
    url = web.put("a.bin", CONTENT)
    assert remote.version_of(url) is not None
    web.version = always("second")
    with pytest.raises(DataError, match=r"a\.bin: it has changed while it was read"):
        remote.download(url, io.BytesIO())


def test_another_command_may_have_other_credentials(web: Web) -> None:
    url = web.put("a.bin", CONTENT)
    first, _ = remote._locate(url)
    assert remote._locate(url)[0] is first
    source.forget()
    assert remote._locate(url)[0] is not first


def test_what_the_packages_log_is_not_printed(
    web: Web, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    remote._silence.cache_clear()
    remote.version_of(web.put("a.bin", CONTENT))
    logging.getLogger("s3fs").warning("what nobody asked for")
    assert capsys.readouterr().err == ""


class Closings(io.BytesIO):
    """A stream that counts how often it is closed."""

    count = 0

    def close(self) -> None:
        self.count += 1
        super().close()


def test_a_file_that_comes_whole_is_closed_once() -> None:
    inner = Closings(CONTENT)
    stream = remote._SequentialStream("http://there/a.bin", inner)
    assert stream.readable()
    for _ in range(2):
        stream.close()
        assert (stream.closed, inner.count) == (True, 1)


def test_a_server_that_breaks_off_is_named(whole_files: Web) -> None:
    url = whole_files.put("a.bin", CONTENT)
    remote.version_of(url)
    whole_files.breaks_off = True
    # Closed, as it could not be once the thread that reads it has ended.
    with remote.open_url(url) as stream, pytest.raises(DataError) as caught:
        stream.read()
    assert str(caught.value) == f"{url}: cannot read it: the connection broke off"


@pytest.mark.parametrize("gives_ranges", [True, False])
def test_what_is_packed_there_is_unpacked_here(web: Web, gives_ranges: bool) -> None:
    web.gives_ranges = gives_ranges
    found = source_of(web.put("a.gz", gzip.compress(CONTENT)))
    assert size_of(found) is None
    with open_source(found) as stream:
        assert stream.read() == CONTENT
    assert CONTENT.startswith(peek(found)[:1000])


def test_a_file_is_looked_at_once_for_each_command(web: Web) -> None:
    url = web.put("a.bin", CONTENT)
    version = remote.version_of(url)
    assert version is not None
    asked = len(web.asked)
    with open_source(source_of(url), version) as stream:
        assert stream.read(10) == CONTENT[:10]
    assert len(web.asked) == asked
    web.version = always("second")
    assert remote.version_of(url) == version
    source.forget()
    found = remote.version_of(url)
    assert found is not None
    assert found[0] == version[0]
    assert found != version


def test_a_file_must_have_the_version_that_is_given(web: Web) -> None:
    found = source_of(web.put("a.bin", CONTENT))
    version = version_of(found)
    web.version = always("second")
    with pytest.raises(DataError, match="changed"), open_source(found, (100_000, 1)):
        pass
    # Another process may have seen the newer one.
    newer = version_of(found)
    assert newer is not None
    assert newer != version
    with open_source(found, newer) as stream:
        assert stream.read() == CONTENT


def test_the_thread_that_waits_for_the_network_is_ended_and_begun_anew(web: Web) -> None:
    url = web.put("a.bin", CONTENT)
    for _ in range(2):
        assert remote.read_beginning(url) == CONTENT[: remote.BEGINNING_BYTES]
        loop, thread = asyn.loop[0], asyn.iothread[0]
        assert thread.is_alive()
        remote.stop_thread()
        assert not thread.is_alive()
        assert loop.is_closed()
        # Nothing is left to stop.
        remote.stop_thread()
        source.forget()


def test_a_task_that_is_slow_to_end_leaves_no_connection_open(web: Web) -> None:
    url = web.put("a.bin", CONTENT)
    assert remote.version_of(url) is not None
    filesystem = remote._locate(url)[0]
    closed = weakref.ref(filesystem)
    given = threading.Event()

    async def give(held: list[object]) -> None:
        """Ends a while after its result is there, as on a busy machine."""
        # As an error holds what raised it: only the garbage collection lets go of it.
        held.append(held)
        given.set()
        time.sleep(0.2)

    asyncio.run_coroutine_threadsafe(give([filesystem]), asyn.loop[0])
    del filesystem
    given.wait(PATIENCE)
    remote.stop_thread()
    assert closed() is None


@pytest.mark.parametrize("thread", [None, threading.Thread()])
def test_a_thread_that_is_gone_needs_no_end(
    thread: threading.Thread | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a process that was forked while the thread ran."""
    loop = asyn.get_loop()
    with monkeypatch.context() as patch:
        patch.setattr(asyn, "iothread", [thread])
        remote.stop_thread()
    assert asyn.loop[0] is loop
    assert loop.is_running()
