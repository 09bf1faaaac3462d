"""How much may come of compressed data."""

from __future__ import annotations

import gzip
import io

import pytest

from xentcli.errors import DataError
from xentcli.readers.sources import unpack
from xentcli.readers.sources.unpack import compression_of


@pytest.mark.parametrize("more", [0, 1])
def test_it_is_stopped_where_it_is_too_large(more: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(unpack, "LITTLE_BYTES", 50)
    packed = gzip.compress(bytes(3000))
    size = 4 * len(packed)
    packed = gzip.compress(bytes(size))
    # A gzip of zeros is as long for some more of them.
    content = gzip.compress(bytes(4 * len(packed) + more))
    assert len(content) == len(packed)
    compression = compression_of(content)
    assert compression is not None
    stream = unpack.unpack(io.BytesIO(content), compression, "a.csv", 4)
    if more:
        with pytest.raises(DataError, match=r"a\.csv: it unpacks to more than 4 times its size"):
            stream.read()
    else:
        assert stream.read() == bytes(4 * len(packed))


def test_little_may_be_any_number_of_times_as_large() -> None:
    content = gzip.compress(bytes(5000))
    compression = compression_of(content)
    assert compression is not None
    assert unpack.unpack(io.BytesIO(content), compression, "a.csv", 1).read() == bytes(5000)
