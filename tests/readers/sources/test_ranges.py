"""Parts of files behind URLs: the bytes of the same file in memory, in few requests."""

from __future__ import annotations

import io
import random
import sys
from collections.abc import Iterator

import pytest

from xentcli.errors import CHANGED, DataError, UsageError
from xentcli.readers.sources import remote
from xentcli.readers.sources.remote import Range, Ranged
from xentcli.readers.sources.remote_errors import explain

fsspec = pytest.importorskip("fsspec")

URL = "memory://folder/a.bin"
CONTENT = random.Random(1).randbytes(1000)


@pytest.fixture(autouse=True)
def requests(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Range]]:
    """A file of 1000 bytes, of which the first 100 are kept; and the ranges that are fetched."""
    remote.forget()
    monkeypatch.setattr(remote, "BEGINNING_BYTES", 100)
    put(CONTENT)
    found: list[Range] = []
    fetched = remote.fetch_ranges

    def fetch(url: str, ranges: list[Range]) -> list[bytes]:
        found.extend(ranges)
        return fetched(url, ranges)

    monkeypatch.setattr(remote, "fetch_ranges", fetch)
    yield found
    fsspec.filesystem("memory").rm("/folder", recursive=True)
    remote.forget()


def put(content: bytes, name: str = "a.bin") -> None:
    fsspec.filesystem("memory").pipe(f"/folder/{name}", content)


def test_the_beginning_is_known_with_the_version() -> None:
    version = remote.version_of(URL)
    assert version is not None
    assert version[0] == 1000
    assert remote.read_beginning(URL) == CONTENT[:100]


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101])
def test_a_short_file_is_known_as_a_whole(size: int) -> None:
    put(CONTENT[:size])
    version = remote.version_of(URL)
    assert version is not None
    assert version[0] == size
    assert remote.read_beginning(URL) == CONTENT[: min(size, 100)]
    with remote.open_url(URL) as stream:
        assert stream.read() == CONTENT[:size]


@pytest.mark.parametrize(("size", "times"), [(100, 1), (101, 0)])
def test_only_what_was_read_whole_is_looked_at_again(
    size: int, times: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(CONTENT[:size])
    looked: list[str] = []
    monkeypatch.setattr(remote, "check_version", lambda url, version: looked.append(url))
    remote.version_of(URL)
    assert looked == [URL] * times


def test_a_folder_is_no_file() -> None:
    with pytest.raises(DataError, match="directory"):
        remote.version_of("memory://folder")


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(DataError, match=r"^memory://folder/b\.bin: cannot read it: no such file"):
        remote.version_of("memory://folder/b.bin")


def test_a_file_that_its_own_server_says_was_changed() -> None:
    error = type("FileExpired", (OSError,), {})()
    assert explain(error, URL) == (CHANGED, "")
    assert explain(FileNotFoundError(), URL)[0].startswith("cannot read it: ")


def test_ranges_are_fetched_in_their_order() -> None:
    assert remote.fetch_ranges(URL, [(500, 510), (0, 3)]) == [CONTENT[500:510], CONTENT[:3]]
    with pytest.raises(DataError, match=r"a\.bin: it ended too early"):
        remote.fetch_ranges(URL, [(0, 3), (995, 1005)])


def test_a_stream_asks_for_more_each_time(
    requests: list[Range], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "LEAST_AHEAD", 50)
    with remote.open_url(URL) as stream:
        assert stream.read() == CONTENT
    assert requests == [(100, 150), (150, 250), (250, 450), (450, 850), (850, 1000)]


def test_a_part_is_asked_for_at_once(requests: list[Range]) -> None:
    version = remote.version_of(URL)
    assert version is not None
    with remote.open_part(URL, version, 300, 200) as stream:
        assert stream.read(200) == CONTENT[300:500]
        assert requests == [(300, 500)]
        # A record that began in it may end later.
        assert stream.read() == CONTENT[500:]
    assert requests[1] == (500, 900)


def test_a_part_may_be_a_byte_or_none(
    requests: list[Range], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "LEAST_AHEAD", 50)
    version = remote.version_of(URL)
    assert version is not None
    # A record that began before it may fill it, and end behind it.
    for length, end in ((1, 301), (0, 350), (-7, 350)):
        with remote.open_part(URL, version, 300, length) as stream:
            assert stream.read(1) == CONTENT[300:301]
        assert requests.pop() == (300, end)


def test_any_place_can_be_read(requests: list[Range]) -> None:
    stream = Ranged(URL)
    assert (stream.readable(), stream.seekable(), stream.tell()) == (True, True, 0)
    assert stream.read(60) == CONTENT[:60]
    # What is kept ends within these.
    assert stream.read(60) == CONTENT[60:120]
    assert stream.seek(-10, io.SEEK_END) == stream.tell() == 990
    assert stream.read(20) == CONTENT[990:]
    assert stream.read(1) == b""
    assert stream.seek(-20, io.SEEK_CUR) == 980
    assert stream.read(5) == CONTENT[980:985]
    assert stream.seek(7) == 7
    assert stream.read(3) == CONTENT[7:10]
    assert requests == [(100, 120), (990, 1000), (980, 985)]


def test_ranges_that_are_held_need_no_request(requests: list[Range]) -> None:
    stream = Ranged(URL)
    ranges = [(at, at + 10) for at in range(200, 300, 10)]
    stream.hold(ranges)
    assert requests == ranges
    stream.seek(215)
    assert stream.read(85) == CONTENT[215:300]
    stream.seek(212)
    assert stream.read(3) == CONTENT[212:215]
    assert requests == ranges
    stream.hold(())
    stream.seek(215)
    assert stream.read(5) == CONTENT[215:220]
    assert requests == [*ranges, (215, 220)]


@pytest.mark.parametrize("size", [0, 1, 29, 30, 31, 89, 90, 91, 1000])
def test_a_copy_is_fetched_in_pieces(
    size: int, requests: list[Range], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "PIECE_BYTES", 30)
    monkeypatch.setattr(remote, "AT_ONCE", 3)
    put(CONTENT[:size])
    copy = io.BytesIO()
    remote.download(URL, copy)
    assert copy.getvalue() == CONTENT[:size]
    assert requests == [(at, min(at + 30, size)) for at in range(0, size, 30)]


def test_another_version_is_told() -> None:
    version = remote.version_of(URL)
    assert version is not None
    remote.check_version(URL, version)
    stream = Ranged(URL)
    put(CONTENT[:-1])
    for read in (
        lambda: remote.check_version(URL, version),
        lambda: stream.hold([(0, 10)]),
        lambda: Ranged(URL, None, (1, 2)),
        lambda: stream.seek(500) and stream.read(10),
    ):
        with pytest.raises(DataError, match=r"a\.bin: .*changed"):
            read()
    # Another process may have seen the newer one.
    assert Ranged(URL, None, (999, version[1])).seek(0, io.SEEK_END) == 999


def test_a_pattern_gives_its_files_sorted() -> None:
    put(b"", "c.csv")
    put(b"", "b.csv")
    found = remote.list_matching("memory://folder/*.csv")
    assert found == ["memory://folder/b.csv", "memory://folder/c.csv"]
    assert all(remote.version_of(name) == remote.version_of(found[0]) for name in found)
    assert remote.list_matching(URL) == [URL]
    assert remote.list_matching("memory://folder/*.txt") == []
    # The same command finds the same files, another one may find more.
    put(b"", "d.csv")
    assert remote.list_matching("memory://folder/*.csv") == found
    remote.forget()
    assert remote.list_matching("memory://folder/*.csv") == [*found, "memory://folder/d.csv"]


class Remembering:
    """A filesystem of one folder that remembers what it was told, as those of buckets do, and whose
    paths are no ends of its URLs."""

    protocol = "abfs"

    def __init__(self) -> None:
        self.size, self.told = 10, dict[str, int]()

    def info(self, path: str) -> dict[str, int]:
        return {"size": self.told.setdefault(path, self.size)}

    def invalidate_cache(self, path: str) -> None:
        self.told.pop(path, None)

    def exists(self, path: str) -> bool:
        return False

    def glob(self, path: str) -> list[str]:
        return [path.replace("*", letter) for letter in "cab"]

    def unstrip_protocol(self, path: str) -> str:
        return f"abfs://{path}"


@pytest.fixture
def remembering(monkeypatch: pytest.MonkeyPatch) -> Iterator[Remembering]:
    """Where ``abfs://box@account/…`` is."""
    found = Remembering()
    with monkeypatch.context() as patch:
        located = (found, "box/x-*.csv")
        patch.setattr(remote, "_locate", lambda url: located)
        yield found


def test_a_filesystem_is_asked_anew_for_a_version(remembering: Remembering) -> None:
    remote.check_version("abfs://box@account/x-a.csv", remote._version({"size": 10}))
    remembering.size = 11
    with pytest.raises(DataError, match="changed"):
        remote.check_version("abfs://box@account/x-a.csv", remote._version({"size": 10}))


def test_of_an_empty_file_no_bytes_are_asked_for(remembering: Remembering) -> None:
    remembering.size = 0
    assert remote.read_beginning("abfs://box@account/x-a.csv") == b""


def test_a_pattern_of_an_account_gives_urls(remembering: Remembering) -> None:
    found = remote.list_matching("abfs://box@account/x-*.csv")
    assert found == [f"abfs://box/x-{letter}.csv" for letter in "abc"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"size": 1}, {"size": 2}),
        ({"size": 1, "ETag": "a"}, {"size": 1, "ETag": "b"}),
        ({"size": 1, "mtime": 1.5}, {"size": 1, "mtime": 2.5}),
        ({"size": 1, "ETag": None, "mtime": 1}, {"size": 1, "ETag": None, "mtime": 2}),
    ],
)
def test_what_tells_versions_apart(one: dict[str, object], other: dict[str, object]) -> None:
    assert remote._version(one) == remote._version({**one, "name": "b"})
    assert remote._version(one) != remote._version(other)


def test_the_surest_sign_decides() -> None:
    first = {"size": 1, "ETag": "a", "mtime": 1}
    assert remote._version(first) == remote._version({**first, "mtime": 2})


@pytest.mark.parametrize(
    ("url", "missing", "message"),
    [
        ("foo://ada:hunter2@x/a", "", "foo://x/a: nothing here can read foo://"),
        ("simplecache::s3://b/a", "", "simplecache::s3://b/a: URLs in a chain (::) are not read"),
        ("gs://b/a", "gcsfs", "gs://b/a: reading gs:// needs the package gcsfs"),
        ("memory://b/a", "fsspec", "memory://b/a: reading memory:// needs the package fsspec"),
    ],
)
def test_what_cannot_be_read_here(
    url: str, missing: str, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if missing:
        monkeypatch.setitem(sys.modules, missing, None)
    for read in (remote.version_of, remote.list_matching):
        with pytest.raises(UsageError) as caught:
            read(url)
        assert str(caught.value) == message
