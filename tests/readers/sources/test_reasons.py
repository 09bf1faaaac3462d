"""Why a file or a URL cannot be read, whatever reads it."""

from __future__ import annotations

import errno
import socket
from pathlib import Path
from typing import Any

import pytest

from xentcli.errors import DataError
from xentcli.readers.sources import source
from xentcli.readers.sources.remote_errors import explain, missing_package


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
        (answered("Odd", 403), "access is denied"),
        (answered("ExpiredToken", 400), "the credentials have expired (ExpiredToken)"),
        (with_status(599), "its server failed (HTTP 599)"),
        (with_status(500), "its server failed (HTTP 500)"),
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


def chained(first: Exception, **inner: object) -> Exception:
    """An error with others behind it."""
    for name, error in inner.items():
        setattr(first, name, error)
    return first


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (chained(ValueError("so"), __cause__=TimeoutError()), "its host did not answer in time"),
        (chained(ValueError("so"), __context__=TimeoutError()), "its host did not answer in time"),
        (chained(ValueError("so"), os_error=TimeoutError()), "its host did not answer in time"),
        # The cause is nearer than what happened before it.
        (
            chained(ValueError("so"), __cause__=LookupError("why"), __context__=TimeoutError()),
            "why",
        ),
        (chained(ValueError("so"), __cause__=ValueError("why")), "why"),
        (chained(PermissionError(), __cause__=TimeoutError()), "its host did not answer in time"),
        (chained(with_status(404), __cause__=with_status(500)), "no such file (HTTP 404)"),
        (chained(answered("NoSuchKey"), __cause__=with_status(401)), "no such file (NoSuchKey)"),
        (
            chained(ValueError(), __cause__=chained(FileNotFoundError(), __cause__=TimeoutError())),
            "its host did not answer in time",
        ),
    ],
)
def test_what_is_behind_an_error_says_more(error: Exception, reason: str) -> None:
    assert explain(error, "s3://there/a.csv")[0] == f"cannot read it: {reason}"


def test_errors_that_refer_to_each_other() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__context__, second.__context__ = second, first
    assert explain(first, "s3://there/a.csv")[0] == "cannot read it: second"


@pytest.mark.parametrize(
    ("error", "hint"),
    [
        (IsADirectoryError(), "a pattern that ends in /*.csv names the files in it"),
        (
            type("NoCredentialsError", (Exception,), {})(),
            "set them as for every program that reads such URLs",
        ),
        (TimeoutError(), ""),
        (ValueError("so"), ""),
    ],
)
def test_what_to_do(error: Exception, hint: str) -> None:
    assert explain(error, "s3://there/a.csv")[1] == hint


@pytest.mark.parametrize(("length", "shown"), [(200, "x" * 200), (201, "x" * 199 + "…")])
def test_a_long_error_is_cut(length: int, shown: str) -> None:
    reason, _ = explain(ValueError("x" * length), "s3://there/a.csv")
    assert reason == f"cannot read it: {shown}"


def gone(name: str | None, cause: str = "") -> ImportError:
    """The error of an import, or of fsspec, which has that of the import behind it."""
    error = ImportError("it is not there", name=name)
    if cause:
        error.__cause__ = ImportError("nor this", name=cause)
    return error


@pytest.mark.parametrize(
    ("package", "scheme", "error", "module", "wanted"),
    [
        ("fsspec", "s3", gone("fsspec"), "fsspec", "'xentcli[s3]'"),
        ("fsspec", "https", gone("fsspec.core"), "fsspec", "'xentcli[cluster]'"),
        # No extra has the packages of other schemes: first there must be fsspec.
        ("fsspec", "sftp", gone("fsspec"), "fsspec", "'xentcli[cluster]'"),
        ("sftp", "sftp", gone(None, "paramiko.client"), "paramiko", "paramiko"),
        ("s3", "s3", gone(None, "s3fs"), "s3fs", "'xentcli[s3]'"),
        ("gs", "gs", gone(None, "gcsfs"), "gcsfs", "gcsfs"),
        ("odd", "odd", gone(None), "odd", "odd"),
    ],
)
def test_the_package_that_is_missing(
    package: str, scheme: str, error: ImportError, module: str, wanted: str
) -> None:
    found = missing_package(package, scheme, f"{scheme}://there/a.csv", error)
    assert str(found) == f"{scheme}://there/a.csv: reading {scheme}:// needs the package {module}"
    assert found.hint == f"pip install {wanted}"


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
