"""Copies of what cannot be read at any place: which sources need one, and how long it is there."""

from __future__ import annotations

import gzip
import io
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from xentcli.errors import DataError
from xentcli.readers.sources import copies, remote, source
from xentcli.readers.sources.source import STANDARD_INPUT, Source, source_of

fsspec = pytest.importorskip("fsspec")

CONTENT = b"a,b\n1,2\n" * 100


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where copies are made; it is empty where there is none."""
    found = tmp_path / "copies"
    found.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(found))
    return found


@pytest.fixture
def memory() -> Iterator[str]:
    """A file elsewhere, as far as this process is concerned."""
    source.forget()
    fsspec.filesystem("memory").pipe("/folder/a.csv", CONTENT)
    yield "memory://folder/a.csv"
    fsspec.filesystem("memory").rm("/folder", recursive=True)
    source.forget()


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> Iterator[Source]:
    """Standard input."""
    source._open_once.cache_clear()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(CONTENT))))
    yield Source(STANDARD_INPUT, None)
    source._open_once.cache_clear()


def content_of(path: str | None) -> bytes:
    assert path is not None
    return Path(path).read_bytes()


def test_a_file_is_read_where_it_is(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(CONTENT)
    found = source_of(str(tmp_path / "a.csv"))
    assert copies.path_or_copy(found) == (found.path, None)
    assert copies.fetch_file(found) == (found, None)
    with copies.rereadable(found) as again:
        assert again == found
    assert not list(folder.iterdir())


def test_a_compressed_file_is_unpacked(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(CONTENT))
    found = source_of(str(tmp_path / "a.csv.gz"))
    path, copy = copies.path_or_copy(found)
    assert copy is not None
    with copy:
        assert content_of(path) == CONTENT
        assert [str(one) for one in folder.iterdir()] == [path]
    assert not list(folder.iterdir())
    # Each time that it is read, it is unpacked anew.
    with copies.rereadable(found) as again:
        assert again == found


def test_standard_input_is_copied(folder: Path, typed: Source) -> None:
    path, copy = copies.path_or_copy(typed)
    assert copy is not None
    with copy:
        assert content_of(path) == CONTENT
    assert not list(folder.iterdir())


def test_standard_input_can_be_read_again_as_a_copy(folder: Path, typed: Source) -> None:
    with copies.rereadable(typed) as again:
        assert (again.name, again.copy, again.version) == (STANDARD_INPUT, True, None)
        for _ in range(2):
            with source.open_source(again) as stream:
                assert stream.read() == CONTENT
    assert not list(folder.iterdir())


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_a_named_pipe_is_no_file(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    found = source_of(str(tmp_path / "a.csv"))
    assert source.is_read_once(found)
    held = os.open(tmp_path / "a.csv", os.O_RDWR)
    os.write(held, CONTENT)
    with source.open_source(found) as stream, stream:
        # There must be a reader before the last writer goes.
        os.close(held)
        with copies.rereadable(found) as again:
            assert content_of(again.path) == CONTENT
    source._open_once.cache_clear()


def test_a_file_elsewhere_is_fetched(folder: Path, memory: str) -> None:
    found = source_of(memory)
    path, copy = copies.path_or_copy(found)
    assert copy is not None
    with copy:
        assert content_of(path) == CONTENT
    local, fetched = copies.fetch_file(found)
    assert fetched is not None
    with fetched:
        assert (local.name, local.copy, local.version) == (memory, True, None)
        assert content_of(local.path) == CONTENT
    assert not list(folder.iterdir())


def test_a_compressed_file_elsewhere_is_unpacked(folder: Path, memory: str) -> None:
    fsspec.filesystem("memory").pipe("/folder/a.csv", gzip.compress(CONTENT))
    path, copy = copies.path_or_copy(source_of(memory))
    assert copy is not None
    with copy:
        assert content_of(path) == CONTENT


@pytest.mark.parametrize("gives_parts", [True, False])
def test_a_file_elsewhere_is_copied_only_if_it_comes_whole(
    gives_parts: bool, folder: Path, memory: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remote, "_answers_ranges", lambda *about: gives_parts)
    found = source_of(memory)
    with copies.rereadable(found) as again:
        assert again.copy is not gives_parts
        assert again.name == memory
        if gives_parts:
            assert again == found
        else:
            assert content_of(again.path) == CONTENT
    assert not list(folder.iterdir())


def test_a_copy_that_fails_is_not_kept(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(CONTENT)[:-9])
    found = source_of(str(tmp_path / "a.csv.gz"))
    with pytest.raises(DataError, match="ends too early") as caught:
        copies.path_or_copy(found)
    # What failed is still at hand, with all that it knew.
    assert caught.tb is not None
    assert not list(folder.iterdir())


class User:
    """What reads a copy."""


def test_a_copy_goes_with_its_user(folder: Path, typed: Source) -> None:
    _, copy = copies.path_or_copy(typed)
    first, second = User(), User()
    copies.close_with(first, copy)
    copies.close_with(second, None)
    del second
    assert list(folder.iterdir())
    del first
    assert not list(folder.iterdir())
