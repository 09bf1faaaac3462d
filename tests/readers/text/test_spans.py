"""A large text in spans: side by side, none of them empty, each from the beginning of a line on."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.readers.opening import opened
from xentcli.errors import DataError
from xentcli.readers.interface import Chunk, KeepRows, Request, Span
from xentcli.readers.sources import remote
from xentcli.readers.sources.source import Source
from xentcli.readers.text import spans
from xentcli.readers.text.records import block_bytes_for

# Shorter than a span, as long as one, as long as two, and longer than what is looked at at once.
LENGTHS = (2, 5, 8, 15, 16, 17, 31, 32, 40, 70)


def spans_in(path: Path, step: int, at: int = 0) -> list[Chunk]:
    request = Request(wanted="labels")
    source = Source(path.name, str(path))
    found = spans.divide_into_partitions(source, request.encoding, at, 3, spans.LINE_END, step)
    assert found is not None
    return list(found)


@pytest.mark.parametrize(("line_end", "peek"), [(b"\n", 10), (b"\r\n", 1 << 16)])
@given(
    lengths=st.lists(st.sampled_from(LENGTHS), min_size=1, max_size=30),
    step=st.sampled_from([16, 24]),
)
def test_spans_lie_side_by_side_and_begin_where_lines_do(
    lengths: list[int],
    step: int,
    line_end: bytes,
    peek: int,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    lines = [b"x" * (length - len(line_end)) + line_end for length in lengths]
    begins = {sum(map(len, lines[:at])) for at in range(len(lines) + 1)}
    path = tmp_path_factory.getbasetemp() / "a.csv"
    path.write_bytes(b"".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spans, "PEEK_BYTES", peek)
        patch.setattr(spans, "ENDS_AT_ONCE", 2)
        chunks = spans_in(path, step)
    found = [chunk.data for chunk in chunks]
    size, end = path.stat().st_size, 0
    for number, (chunk, span) in enumerate(zip(chunks, found, strict=True)):
        assert isinstance(span, Span)
        assert span.start == end < span.end
        assert (chunk.number, chunk.line, chunk.size) == (number, 3, span.end - span.start)
        # How many samples it has, and how many are before it, is not known yet.
        assert (chunk.first, chunk.samples) == (0, 0)
        end = span.end
        # The line that its cut falls into is its last one.
        cut = next(at for at in range(step, size + step, step) if at > span.start)
        assert span.end == min(begin for begin in begins if begin >= min(cut, size))
    assert end == size


def test_a_byte_order_mark_is_in_no_span(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    for mark in (b"", b"\xef\xbb\xbf"):
        path.write_bytes(mark + b"a,b\n" + b"1,2\n" * 20)
        first, *_ = spans_in(path, 16, at=4)
        assert isinstance(first.data, Span)
        assert first.data.start == len(mark) + 4


@pytest.mark.parametrize(("size", "large"), [(None, False), (30, False), (31, True)])
def test_what_is_worth_dividing(
    size: int | None, large: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XENT_BLOCK_BYTES", "10")
    assert spans.is_large(size) is large


@pytest.mark.parametrize(
    ("request_", "size"),
    [
        (Request(), 96),
        (Request(each=True, keep_rows="lines"), 48),
        (Request(each=True, keep_rows="around"), 24),
        (Request(each=True), 24),
        (Request(each=True, keep_rows="cells"), 24),
    ],
)
def test_a_large_file_is_read_in_spans(
    request_: Request, size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XENT_BLOCK_BYTES", "48")
    path = tmp_path / "a.csv"
    path.write_bytes(b"1,2\n" * 37)
    source, request = Source("a.csv", str(path)), request_._replace(wanted="labels")
    found = spans.divide_into_spans(source, request, 4, 2, spans.LINE_END)
    assert found is not None
    assert {chunk.size for chunk in list(found)[:-1]} == {size}
    path.write_bytes(b"1,2\n" * 36)
    assert spans.divide_into_spans(source, request, 4, 2, spans.LINE_END) is None
    assert (
        spans.divide_into_spans(Source("standard input", None), request, 4, 2, spans.LINE_END)
        is None
    )


@pytest.mark.parametrize("content", [b"1,2\n" * 9, gzip.compress(b"1,2\n" * 9, mtime=0)])
def test_what_only_this_process_sees_is_not_divided_among_machines(
    content: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)

    def divided(source: Source) -> bool:
        return spans.divide_into_partitions(source, None, 0, 1, spans.LINE_END, 8) is not None

    assert divided(Source("a.csv", str(path)))
    assert not divided(Source("a.csv", str(path), copy=True))
    assert not divided(Source("standard input", None))


@pytest.mark.parametrize("size", ["1", "4", "9", "64"])
def test_what_cannot_be_divided_is_read_after_its_header(
    size: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv.gz"
    path.write_bytes(gzip.compress(b"\xef\xbb\xbfone,two,label\n" + b"1,2,0\n3,4,1\n" * 9))
    monkeypatch.setenv("XENT_BLOCK_BYTES", size)
    found = opened(path)
    chunks = found.chunks.partitions(8)
    assert chunks is not None
    (chunk,) = chunks
    assert (chunk.number, chunk.first, chunk.samples, chunk.line) == (0, 0, 0, 2)
    parts = list(found.reader.parts(chunk))
    texts = [part.data for part in parts if isinstance(part.data, bytes)]
    assert b"".join(texts) == b"1,2,0\n3,4,1\n" * 9
    assert all(texts)
    assert [part.size for part in parts] == [len(text) for text in texts]


def test_a_file_that_is_cut_off_while_it_is_divided(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No end of a line is found in what is gone: that the file has changed is told by whoever reads
    it."""
    monkeypatch.setattr(spans, "ENDS_AT_ONCE", 1)
    path = tmp_path / "a.csv"
    path.write_bytes(b"1,2\n" * 20)
    source = Source("a.csv", str(path))
    chunks = spans.divide_into_partitions(source, None, 0, 1, spans.LINE_END, 16)
    assert chunks is not None
    assert next(chunks).size == 16
    path.write_bytes(b"")
    (last,) = chunks
    assert isinstance(last.data, Span)
    assert (last.data.start, last.data.end) == (16, 80)
    with pytest.raises(DataError, match="changed while"), spans.open_span(last.data, "a.csv"):
        pass


@pytest.mark.parametrize(
    "content",
    [b"1,2\n" * 37, b"1,2\n" * 9 + b"3" * 60, b"1" * 70],
    ids=["short lines", "a long last line", "one line"],
)
def test_a_text_behind_a_url_is_divided_like_a_file(
    content: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filesystem = pytest.importorskip("fsspec").filesystem("memory")
    filesystem.pipe("/texts/a.csv", content)
    (tmp_path / "a.csv").write_bytes(content)
    monkeypatch.setattr(spans, "PEEK_BYTES", 10)
    fetched: list[tuple[int, int]] = []
    fetch = remote.fetch_ranges

    def fetch_and_tell(url: str, ranges: list[tuple[int, int]]) -> list[bytes]:
        fetched.extend(ranges)
        return fetch(url, ranges)

    monkeypatch.setattr(remote, "fetch_ranges", fetch_and_tell)
    try:
        of_file = [chunk.data for chunk in spans_in(tmp_path / "a.csv", 16)]
        source = Source("a.csv", "memory://texts/a.csv")
        found = spans.divide_into_partitions(source, None, 0, 3, spans.LINE_END, 16)
        assert found is not None
        of_url = [chunk.data for chunk in found]
    finally:
        filesystem.rm("/texts", recursive=True)
        remote.forget()
    assert [places_of(data) for data in of_url] == [places_of(data) for data in of_file]
    # No more than is there is asked for, and never nothing: a server refuses that.
    assert all(0 <= start < end <= len(content) for start, end in fetched)


def test_a_span_of_a_url_is_asked_for_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    filesystem = pytest.importorskip("fsspec").filesystem("memory")
    content = b"a,b\n" + b"1,2\n" * 100
    filesystem.pipe("/texts/a.csv", content)
    url = "memory://texts/a.csv"
    fetched: list[tuple[int, int]] = []
    fetch = remote.fetch_ranges

    def fetch_and_tell(url: str, ranges: list[tuple[int, int]]) -> list[bytes]:
        fetched.extend(ranges)
        return fetch(url, ranges)

    try:
        version = remote.version_of(url)
        assert version is not None
        monkeypatch.setattr(remote, "fetch_ranges", fetch_and_tell)
        with spans.open_span(Span(url, 40, 60, version), url) as stream:
            assert stream.read(20) == content[40:60]
    finally:
        filesystem.rm("/texts", recursive=True)
        remote.forget()
    assert fetched == [(40, 60)]


def places_of(data: object) -> tuple[int, int]:
    assert isinstance(data, Span)
    return data.start, data.end


@pytest.mark.parametrize("keep_rows", ["lines", None])
def test_spans_of_a_url_are_no_shorter_where_more_is_written(
    keep_rows: KeepRows | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    filesystem = pytest.importorskip("fsspec").filesystem("memory")
    filesystem.pipe("/texts/a.csv", b"1,2\n" * 100)
    monkeypatch.setenv("XENT_BLOCK_BYTES", "48")
    source = Source("a.csv", "memory://texts/a.csv")
    request = Request(each=True, keep_rows=keep_rows)
    try:
        found = spans.divide_into_spans(source, request, 4, 2, spans.LINE_END)
        assert found is not None
        places = [places_of(chunk.data) for chunk in found]
    finally:
        filesystem.rm("/texts", recursive=True)
        remote.forget()
    size = spans.BLOCKS_A_SPAN * block_bytes_for(request)
    assert places == [(start, min(start + size, 400)) for start in range(4, 400, size)]
