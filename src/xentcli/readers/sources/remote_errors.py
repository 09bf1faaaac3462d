"""What can go wrong with a URL, in sentences without secrets.

The packages behind fsspec have errors of their own, often one inside another. They are recognised
by name and number, so that none of these packages has to be imported.
"""

from __future__ import annotations

import errno
import re
import socket
from collections.abc import Iterator
from typing import Any

from xentcli.errors import CHANGED, UsageError, escaped
from xentcli.readers.sources.urls import secrets, without_secrets

PACKAGES = {
    "fsspec": "'xentcli[cluster]'",
    "http": "'xentcli[cluster]'",
    "https": "'xentcli[cluster]'",
    "s3": "'xentcli[s3]'",
    "s3a": "'xentcli[s3]'",
    "gs": "gcsfs",
    "gcs": "gcsfs",
    "abfs": "adlfs",
    "abfss": "adlfs",
    "az": "adlfs",
}
NO_FILE = "no such file"
REFUSED = "access is denied"
NO_CREDENTIALS = "no credentials were found"
DIRECTORY = "it is a directory"
STATUSES = {
    401: f"{REFUSED} (HTTP 401)",
    403: f"{REFUSED} (HTTP 403)",
    404: f"{NO_FILE} (HTTP 404)",
    410: f"{NO_FILE} (HTTP 410)",
}
# Error codes of S3, and of servers that speak its protocol.
CODES = {
    "NoSuchBucket": "no such bucket",
    "NoSuchKey": NO_FILE,
    "AccessDenied": REFUSED,
    "InvalidAccessKeyId": "the credentials are refused",
    "SignatureDoesNotMatch": "the credentials are refused",
    "ExpiredToken": "the credentials have expired",
    "InvalidBucketName": "that is no name of a bucket",
}
# Classes of errors by name: importing the classes would mean importing their packages.
KINDS = {
    "NoCredentialsError": NO_CREDENTIALS,
    "PartialCredentialsError": "the credentials are not complete",
    "DefaultCredentialsError": NO_CREDENTIALS,
    "ProfileNotFound": "the profile of its credentials does not exist",
    "FileExpired": CHANGED,
    "ClientConnectorDNSError": "the name of its host cannot be resolved",
    "ClientConnectorCertificateError": "the certificate of its host cannot be trusted",
    "ClientConnectorSSLError": "no secure connection to its host comes about",
    "InvalidURL": "that is no valid URL",
    "ParamValidationError": "that is no valid URL",
    "ConnectTimeoutError": "its host did not answer in time",
    "ReadTimeoutError": "its host did not answer in time",
    "ClientPayloadError": "the connection broke off",
    "IncompleteReadError": "the connection broke off",
    "ServerDisconnectedError": "the connection broke off",
    "ConnectionClosedError": "the connection broke off",
    "EndpointConnectionError": "its host cannot be reached",
}
HINTS = {
    DIRECTORY: "a pattern that ends in /*.csv names the files in it",
    NO_CREDENTIALS: "set them as for every program that reads such URLs",
}
URL = re.compile(r"[a-z][a-z0-9+.:-]*://[^\s\"'<>)]+", re.IGNORECASE)


def missing_package(package: str, scheme: str, place: str, error: ImportError) -> UsageError:
    """Return the error for a URL whose scheme needs a package that is not installed."""
    cause = error.__cause__ or error
    module = str(getattr(cause, "name", None) or package).partition(".")[0]
    wanted = PACKAGES.get(scheme, PACKAGES["fsspec"] if module == "fsspec" else module)
    return UsageError(
        f"{place}: reading {scheme}:// needs the package {module}", hint=f"pip install {wanted}"
    )


def explain(error: Exception, url: str) -> tuple[str, str]:
    """Return a message that says why a URL cannot be read, and a hint or an empty text."""
    errors = list(_chain_of_errors(error))
    reasons = [reason for error in errors if (reason := _reason(error))]
    if not reasons:
        return f"cannot read it: {_text_without_secrets(errors[-1], url)}", ""
    # A filesystem often reports a failure as a missing file; the error behind it says more.
    reason = min(reasons, key=lambda reason: reason in (NO_FILE, REFUSED))
    return reason if reason == CHANGED else f"cannot read it: {reason}", HINTS.get(reason, "")


def _chain_of_errors(error: BaseException | None) -> Iterator[BaseException]:
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        inner = getattr(error, "os_error", None)
        error = error.__cause__ or error.__context__ or inner


def _reason(error: BaseException) -> str:
    status, response = getattr(error, "status", None), getattr(error, "response", None)
    if isinstance(status, int):
        failed = "its server failed" if status >= 500 else "its server refuses"
        return STATUSES.get(status, f"{failed} (HTTP {status})")
    if isinstance(response, dict):
        return _describe_answer(response)
    for kind in type(error).__mro__:
        if kind.__name__ in KINDS:
            return KINDS[kind.__name__]
    return _reason_of_system(error)


def _describe_answer(response: dict[str, Any]) -> str:
    code = str(response.get("Error", {}).get("Code", ""))
    if code in CODES:
        return f"{CODES[code]} ({code})"
    status = response.get("ResponseMetadata", {}).get("HTTPStatusCode", code)
    if str(status).isdecimal():
        return {404: NO_FILE, 403: REFUSED}.get(int(status), f"its server says {code or status}")
    return ""


def _reason_of_system(error: BaseException) -> str:
    number = getattr(error, "errno", None)
    if isinstance(error, socket.gaierror):
        return KINDS["ClientConnectorDNSError"]
    if isinstance(error, ConnectionRefusedError) or number == errno.ECONNREFUSED:
        return "the connection was refused"
    if isinstance(error, TimeoutError):
        return KINDS["ReadTimeoutError"]
    if isinstance(error, ConnectionError):
        return "the connection broke off"
    # fsspec also raises it, with a cause, for whatever keeps a web server from answering.
    if isinstance(error, FileNotFoundError) and error.__cause__ is None:
        return NO_FILE
    if isinstance(error, PermissionError):
        return REFUSED
    if isinstance(error, IsADirectoryError):
        return DIRECTORY
    return ""


def _text_without_secrets(error: BaseException, url: str) -> str:
    """Return the text of an unknown error without the secrets of the URL."""
    text = URL.sub(lambda found: without_secrets(found[0]), str(error).partition("\n")[0])
    for secret in secrets(url):
        text = text.replace(secret, "…")
    return escaped(text, 200) or type(error).__name__
