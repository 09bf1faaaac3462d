"""Arrays of nothing, copies of remote files, and files that break or change."""

from __future__ import annotations

import errno
import gzip
import io
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save

from tests.contents import npy, npz
from tests.faults.running import Answered, run_inside
from tests.readers.opening import batches, opened
from xentcli.errors import DataError
from xentcli.readers import choose_format
from xentcli.readers.arrays import archive, arrays, pieces
from xentcli.readers.arrays.numpy_file import _npy_header
from xentcli.readers.arrays.samples import explain_unreadable
from xentcli.readers.arrays.stored import first_line
from xentcli.readers.arrays.zip_archive import zip_members
from xentcli.readers.interface import Request
from xentcli.readers.sources.source import Source

FILES = Path(__file__).resolve().parents[2] / "files"


def test_samples_without_positions_have_no_rows(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((4, 3, 0)))
    assert run_inside(["softmax", "a.npy", "-q"], tmp_path) == Answered(0, b"", "")


def test_a_file_of_torch_is_known_without_its_suffix(tmp_path: Path) -> None:
    (tmp_path / "model").write_bytes((FILES / "torch" / "expanded.pt").read_bytes())
    (tmp_path / "arrays").write_bytes(b"")
    np.savez(tmp_path / "arrays.npz", logits=np.zeros((1, 2)))
    (tmp_path / "arrays.npz").replace(tmp_path / "arrays")
    found = [choose_format(Source(name, str(tmp_path / name)), None).name for name in FORMATS]
    assert found == list(FORMATS.values())


FORMATS = {"model": "pt", "arrays": "npz"}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("form", ["npy", "npz", "safetensors", "pt"])
def test_arrays_come_through_a_pipe_and_packed(form: str, packed: bool, tmp_path: Path) -> None:
    content, asked = CONTENTS[form], ["--input-format", form, "-q"]
    (tmp_path / "a").write_bytes(content)
    plain = run_inside(["softmax", "a", *asked], tmp_path)
    assert plain.code == 0
    if packed:
        content = gzip.compress(content)
        if form != "safetensors":
            # What says how well it is packed may be what a plain .safetensors has there.
            content = content[:8] + b"{" + content[9:]
        (tmp_path / "a").write_bytes(content)
        assert run_inside(["softmax", "a", *asked], tmp_path) == plain
    assert run_inside(["softmax", "-", *asked], tmp_path, content) == plain


NUMBERS = np.array([[1.0, 2.0, 0.5]])
CONTENTS = {
    "npy": npy(NUMBERS),
    "npz": npz(logits=NUMBERS),
    "safetensors": save({"logits": NUMBERS}),
    "pt": (FILES / "torch" / "expanded.pt").read_bytes(),
}


class Copy:
    """A copy of a remote file."""

    closed = False

    def close(self) -> None:
        """It is not needed any more."""
        self.closed = True


@pytest.mark.parametrize("reads", ["keys", "ids", "arrays"])
@pytest.mark.parametrize("is_whole", [True, False])
def test_a_copy_is_closed_when_it_has_been_read(
    reads: str, is_whole: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, copy = tmp_path / "a.npz", Copy()
    if is_whole:
        np.savez(path, logits=np.zeros((1, 2)), id=np.array([7]))
    else:
        path.write_bytes(b"PK")
    source = Source("a.npz", str(path))
    for module in (archive, arrays):
        monkeypatch.setattr(module, "fetch_file", lambda source: (source, copy))

    def read() -> Any:
        if reads == "keys":
            return archive.read_keys(source, "npz")
        if reads == "ids":
            return archive.read_ids_under(source, "npz", "id")
        return arrays.open_input(source, Request(logits_key="logits"), "npz")

    if not is_whole:
        with pytest.raises(DataError):
            read()
        assert copy.closed
        return
    found = read()
    if reads == "keys":
        assert found == ("logits", "id")
    elif reads == "ids":
        assert found == [b"7"]
    # The samples are still to be read.
    assert copy.closed == (reads != "arrays")


class Broken(io.BytesIO):
    """A file on a disk that fails, but for a few bytes at once."""

    least = 0

    def read(self, size: int | None = -1) -> bytes:
        """Some bytes, if they are few."""
        if size is not None and size > self.least:
            raise OSError(errno.EIO, "Input/output error")
        return super().read(size)


def test_a_disk_that_fails_is_no_damaged_file() -> None:
    with pytest.raises(OSError, match="Input/output"):
        _npy_header(Broken(b"so"))
    stream = io.BytesIO()
    named: Any = {"a long name of what is stored here": np.zeros(1)}
    np.savez(stream, **named)
    broken = Broken(stream.getvalue())
    # What stands at the end of an archive; its directory is longer.
    broken.least = 22
    with pytest.raises(OSError, match="Input/output"):
        zip_members(broken, "a file")


def test_an_array_without_memory_is_named() -> None:
    with (
        pytest.raises(DataError, match=r"a\.npy: logits: it does not fit into memory"),
        explain_unreadable("a.npy", "logits"),
    ):
        raise MemoryError


def test_an_array_that_changes_while_it_is_read(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((4, 3)))
    found = opened(tmp_path / "a.npy", Request())
    np.save(tmp_path / "a.npy", np.zeros((9, 3)))
    with pytest.raises(DataError, match="changed"):
        list(batches(found))


def test_an_error_that_says_nothing_is_named() -> None:
    assert first_line(MemoryError()) == "MemoryError"
    assert first_line(ValueError("a\nb")) == "a"
    assert first_line(TokenError("EOF in a list", (2, 0))) == "EOF in a list"
    assert first_line(SyntaxError("never closed", ("x", 1, 5, "(2", 1, 0))) == "never closed"


def test_an_array_that_changed_since_it_was_named(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((4, 3)))
    source = Source("a.npy", str(tmp_path / "a.npy"), version=(1, 1))
    with pytest.raises(DataError, match="changed"):
        arrays.open_input(source, Request(), "npy")


def test_so_many_classes_are_read_where_there_are_samples(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.zeros((1, arrays.MOST_UNSEEN_CLASSES + 1), np.int8))
    assert opened(tmp_path / "a.npy", Request()).class_count == (1 << 20) + 1


@pytest.mark.parametrize(
    ("shape", "more"),
    [((2, 3), ""), ((2, 3, 4), "; a mean, a sum, tables, csv and --quiet can go")],
)
def test_large_samples_are_told(
    shape: tuple[int, ...], more: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pieces, "LARGE_BYTES", 1)
    monkeypatch.setattr(pieces, "cut_positions", lambda layout: [None])
    np.save(tmp_path / "a.npy", np.zeros(shape))
    (remark,) = opened(tmp_path / "a.npy", Request()).remarks
    assert remark.message.startswith(
        "each sample is worked on whole, 0 MiB of 64-bit floats" + more
    )
    assert remark.message.endswith("floats") == (more == "")
