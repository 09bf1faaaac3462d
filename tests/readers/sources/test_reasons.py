"""Why a file or a URL cannot be read, whatever reads it."""

from __future__ import annotations

import errno
import socket
from pathlib import Path
from typing import Any

import pytest

from xentcli.errors import DataError
from xentcli.readers.sources import source
from xentcli.readers.sources.remote_errors import explain
from xentcli.readers.sources.unpack import Compression, unpack


def answered(code: str, status: int | None = None) -> Exception:
    """An error with what S3 answers."""
    error: Any = Exception("the whole answer")
    error.response = {"Error": {"Code": code}}
    if status is not None:
        error.response["ResponseMetadata"] = {"HTTPStatusCode": status}
    found: Exception = error
    return found


def with_status(status: int) -> Exception:
    """An error with a status of HTTP."""
    error: Any = Exception("the whole answer")
    error.status = status
    found: Exception = error
    return found


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (answered("404"), "no such file"),
        (answered("Odd", 404), "no such file"),
        (answered("Odd", 503), "its server says Odd"),
        (answered("", 503), "its server says 503"),
        (answered("Odd"), "the whole answer"),
        (with_status(599), "its server failed (HTTP 599)"),
        (with_status(499), "its server refuses (HTTP 499)"),
        (
            socket.gaierror(-2, "Name or service not known"),
            "the name of its host cannot be resolved",
        ),
        (ConnectionRefusedError(), "the connection was refused"),
        (OSError(errno.ECONNREFUSED, "so"), "the connection was refused"),
        (TimeoutError(), "its host did not answer in time"),
        (ConnectionResetError(), "the connection broke off"),
        (FileNotFoundError(), "no such file"),
        (PermissionError(), "access is denied"),
        (ValueError("so"), "so"),
    ],
)
def test_the_reason_is_said_in_a_few_words(error: Exception, reason: str) -> None:
    assert explain(error, "s3://there/a.csv")[0] == f"cannot read it: {reason}"


def test_a_missing_file_with_a_cause_is_what_the_cause_says() -> None:
    error = FileNotFoundError("https://there/a.csv")
    error.__cause__ = ConnectionResetError()
    assert explain(error, "https://there/a.csv")[0] == "cannot read it: the connection broke off"
    error.__cause__ = ValueError("so")
    assert explain(error, "https://there/a.csv")[0] == "cannot read it: so"


def test_what_cannot_be_unpacked_here_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.new").write_bytes(b"new")
    unknown = Compression("newzip", b"new", ("xentcli_has_no_such_module", "nor_such_a_module"))
    with (tmp_path / "a.new").open("rb") as stream, pytest.raises(DataError) as caught:
        unpack(stream, unknown, "a.new", 10)
    assert caught.value.message == "it is compressed with newzip, which this Python cannot unpack"


def test_a_file_that_is_gone_at_the_end_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("a,b\n1,2\n")
    source.forget()
    source.source_of(str(file))
    source.check_unchanged()
    file.unlink()
    with pytest.raises(DataError, match="changed while"):
        source.check_unchanged()
    source.forget()


def test_standard_input_has_no_version() -> None:
    assert source.version_of(source.Source("standard input", None)) is None
