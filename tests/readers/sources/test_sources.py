"""Which sources there are, what can be read of them more than once, and what their versions are."""

from __future__ import annotations

import bz2
import gzip
import os
import sys
from pathlib import Path

import pytest

from xentcli.errors import DataError
from xentcli.readers.sources import source
from xentcli.readers.sources.source import Source, check_version, open_source, size_of, source_of

CONTENT = b"a,b\n1,2\n"
# Without the time, which names of tests would have in them.
PACKED = gzip.compress(CONTENT, mtime=0)


@pytest.fixture(autouse=True)
def _forget() -> None:
    source.forget()


@pytest.mark.parametrize(
    ("text", "name", "path"),
    [
        ("-", "standard input", None),
        ("a.csv", "a.csv", "a.csv"),
        ("HTTPS://me@there/A.csv", "https://there/A.csv", "https://me@there/A.csv"),
        ("file:///nowhere/a%20b.csv", "/nowhere/a b.csv", "/nowhere/a b.csv"),
    ],
)
def test_what_is_named(text: str, name: str, path: str | None) -> None:
    found = source_of(text, 7)
    assert found == Source(name, path, max_ratio=7)
    assert source.is_remote(found) == text.startswith("HTTPS")
    assert source.is_read_once(found) == (text == "-")


def test_a_file_has_the_version_with_which_it_was_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(CONTENT)
    found = source_of(str(tmp_path / "a.csv"))
    assert found.version == source.version_of(found)
    assert found.version is not None
    assert found.version[0] == len(CONTENT)
    # What comes of the changed files is said once all have been read.
    source.check_unchanged()
    (tmp_path / "a.csv").write_bytes(CONTENT * 2)
    for read in (source.check_unchanged, lambda: source.peek(found)):
        with pytest.raises(DataError, match=r"a\.csv: it has changed while it was read"):
            read()
    source.forget()
    source.check_unchanged()


def test_only_what_has_a_version_can_change(tmp_path: Path) -> None:
    source_of(str(tmp_path))
    source_of(str(tmp_path / "missing.csv"))
    (tmp_path / "missing.csv").write_bytes(CONTENT)
    source.check_unchanged()


def test_a_file_that_is_opened_must_have_the_version_that_is_given(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(CONTENT)
    plain = Source("a.csv", str(path))
    version = source.version_of(plain)
    assert version is not None
    other = (version[0], version[1] + 1)
    with path.open("rb") as file:
        for known, given in ((None, None), (None, version), (version, None), (other, version)):
            check_version(file, plain._replace(version=known), given)
        for known, given in ((None, other), (other, None), (version, other)):
            with pytest.raises(DataError, match="changed while"):
                check_version(file, plain._replace(version=known), given)
    with pytest.raises(DataError, match="changed while"), open_source(plain, other):
        pass
    with open_source(plain, version) as stream:
        assert stream.read() == CONTENT


def test_what_can_be_read_once(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(CONTENT)
    for name in ("a.csv", ".", "missing.csv"):
        assert not source.is_read_once(source_of(str(tmp_path / name)))
    if os.name == "posix":
        assert source.is_read_once(source_of(os.devnull))


@pytest.mark.parametrize(
    ("content", "known"),
    [(b"", True), (CONTENT, True), (PACKED, False), (bz2.compress(b""), False)],
)
def test_the_size_is_that_of_what_can_be_read(content: bytes, known: bool, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    assert size_of(source_of(str(tmp_path / "a.csv"))) == (len(content) if known else None)


def test_what_has_no_size(tmp_path: Path) -> None:
    for name in ("-", str(tmp_path), str(tmp_path / "missing.csv")):
        assert size_of(source_of(name)) is None


def test_standard_input_may_be_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    source._open_once.cache_clear()
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(DataError, match=r"^standard input: it is closed$"):
        source.peek(source_of("-"))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (PACKED[:-9], "the compressed data ends too early; is the file cut off?"),
        (PACKED[:-8] + b"\0" * 8, "the compressed data is damaged (CRC check"),
        (PACKED[:10] + b"\xff" * 30, "the compressed data is damaged (Error -3"),
        (None, "cannot read it: no such file or directory"),
    ],
)
def test_what_cannot_be_read(content: bytes | None, message: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "a.csv").write_bytes(content)
    found = Source("a.csv", str(tmp_path / "a.csv"))
    with (
        pytest.raises(DataError) as caught,
        open_source(found) as stream,
        source.explain_errors(found.name),
    ):
        stream.read()
    assert str(caught.value).startswith(f"a.csv: {message}")


def test_an_error_that_is_nobodys_stays_what_it_is() -> None:
    with pytest.raises(LookupError), source.explain_errors("a.csv"):
        raise LookupError
