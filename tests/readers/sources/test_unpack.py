"""What comes of compressed data, and how much may."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
from collections.abc import Callable
from functools import partial

import pytest

from xentcli.errors import DataError
from xentcli.readers.sources import unpack
from xentcli.readers.sources.source import explain_errors
from xentcli.readers.sources.unpack import Compression, compression_of, message_if_too_large

CONTENT = b"a,b\n1,2\n" * 50
# What says that something else follows.
JUNK = r"a\.csv: the compressed data is damaged \(something else follows its end\)"


def unpacked(packed: bytes, max_ratio: int = 1000) -> bytes:
    """The content of compressed data, or an error as a person gets it."""
    compression = compression_of(packed)
    assert compression is not None
    with explain_errors("a.csv"):
        stream = unpack.unpack(io.BytesIO(packed), compression, "a.csv", max_ratio)
        return b"".join(iter(partial(stream.read, 7), b""))


@pytest.mark.parametrize(
    ("start", "name"),
    [
        (b"\x1f\x8b\x08", "gzip"),
        (b"BZh9", "bzip2"),
        (b"\xfd7zXZ\x00\x00", "xz"),
        (b"\x28\xb5\x2f\xfd\x24", "zstd"),
        (b"\x1f", None),
        (b"BZ,label", None),
        (b"", None),
    ],
)
def test_the_first_bytes_tell_the_compression(start: bytes, name: str | None) -> None:
    found = compression_of(start)
    assert (None if found is None else found.name) == name


@pytest.fixture(params=[1, 3, 1 << 16])
def read_bytes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    """So many bytes are read at a time."""
    size: int = request.param
    monkeypatch.setattr(unpack, "READ_BYTES", size)
    return size


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress, lzma.compress])
@pytest.mark.parametrize("parts", [[b""], [CONTENT], [CONTENT, b"", b"3,4\n"]])
def test_streams_one_after_another(
    compress: Callable[[bytes], bytes], parts: list[bytes], read_bytes: int
) -> None:
    assert unpacked(b"".join(map(compress, parts))) == b"".join(parts)


@pytest.mark.parametrize("compress", [bz2.compress, lzma.compress])
@pytest.mark.parametrize("left", [4, 12, -1])
def test_data_that_is_cut_off(
    compress: Callable[[bytes], bytes], left: int, read_bytes: int
) -> None:
    with pytest.raises(DataError, match=r"^a\.csv: the compressed data ends too early"):
        unpacked(compress(b"") + compress(CONTENT)[:left])


@pytest.mark.parametrize("compress", [bz2.compress, lzma.compress])
@pytest.mark.parametrize("junk", [b"x", b"junk" * 9, b"\0\0\0", b"\0\0\0\0junk"])
def test_something_else_that_follows(
    compress: Callable[[bytes], bytes], junk: bytes, read_bytes: int
) -> None:
    with pytest.raises(DataError, match=JUNK):
        unpacked(compress(CONTENT) + junk)


def test_something_else_that_follows_gzip(read_bytes: int) -> None:
    with pytest.raises(DataError, match=JUNK):
        unpacked(gzip.compress(CONTENT) + b"junk" * 9)


@pytest.mark.parametrize("zeros", [1, 2, 3, 4, 5, 8, 10, 12, 20])
@pytest.mark.parametrize("after", [b"", lzma.compress(b"3,4\n")])
def test_zeros_between_streams_come_in_fours(zeros: int, after: bytes, read_bytes: int) -> None:
    packed = lzma.compress(CONTENT) + b"\0" * zeros + after
    if zeros % 4:
        with pytest.raises(DataError, match=JUNK):
            unpacked(packed)
    else:
        assert unpacked(packed) == CONTENT + (b"3,4\n" if after else b"")


def test_only_xz_may_be_followed_by_zeros() -> None:
    with pytest.raises(DataError, match=JUNK):
        unpacked(bz2.compress(CONTENT) + bytes(4))


@pytest.mark.parametrize("modules", [["_gone_1"], ["_gone_1", "_gone_2"], ["_gone", "_g", "_g3"]])
def test_what_this_python_cannot_unpack(modules: list[str]) -> None:
    unknown = Compression("newzip", b"new", tuple(modules))
    with pytest.raises(DataError) as caught:
        unpack.unpack(io.BytesIO(b"new"), unknown, "a.new", 10)
    assert caught.value.message == "it is compressed with newzip, which this Python cannot unpack"
    # The last one is the package that can be had.
    assert caught.value.hint == f"pip install {modules[-1]}"


def test_another_module_may_unpack_it() -> None:
    compression = Compression("gzip", b"\x1f\x8b", ("_gone", "gzip"))
    packed = gzip.compress(CONTENT)
    assert unpack.unpack(io.BytesIO(packed), compression, "a.csv", 10).read() == CONTENT


@pytest.mark.parametrize("more", [0, 1])
def test_it_is_stopped_where_it_is_too_large(more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "LITTLE_BYTES", 50)
    packed = gzip.compress(bytes(3000))
    size = 4 * len(packed)
    packed = gzip.compress(bytes(size))
    # A gzip of zeros is as long for some more of them.
    content = gzip.compress(bytes(4 * len(packed) + more))
    assert len(content) == len(packed)
    if more:
        with pytest.raises(DataError, match=r"a\.csv: it unpacks to more than 4 times its size"):
            unpacked(content, 4)
    else:
        assert unpacked(content, 4) == bytes(4 * len(packed))


def test_little_may_be_any_number_of_times_as_large() -> None:
    assert unpacked(gzip.compress(bytes(5000)), 1) == bytes(5000)


@pytest.mark.parametrize(
    ("packed", "more", "refused"), [(1, 0, False), (1, 1, True), (1 << 26, 1, False)]
)
def test_how_much_is_too_much(packed: int, more: int, refused: bool) -> None:
    message = message_if_too_large(packed, unpack.LITTLE_BYTES + more, 2)
    assert ("more than 2 times its size; --max-ratio" in message) == refused
