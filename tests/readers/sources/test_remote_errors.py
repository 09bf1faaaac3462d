"""Why a URL cannot be read, in words, and without its secrets."""

from __future__ import annotations

import pytest

from xentcli.readers.sources.remote_errors import KINDS, explain

URL = "https://me:secret@example.org/a.csv?sig=hidden"


class Answered(Exception):
    """An error of an S3 client, with the answer that it got."""

    def __init__(self, code: str, status: int | None) -> None:
        super().__init__(code)
        self.response = {"Error": {"Code": code}}
        if status is not None:
            self.response["ResponseMetadata"] = {"HTTPStatusCode": status}  # type: ignore[dict-item]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (Answered("404", 404), "no such file"),
        (Answered("", 404), "no such file"),
        (Answered("404", None), "no such file"),
        (Answered("405", 405), "its server says 405"),
        (Answered("Odd", 418), "its server says Odd"),
        (Answered("", 418), "its server says 418"),
        (FileNotFoundError(), "no such file"),
    ],
)
def test_a_server_that_says_no(error: Exception, reason: str) -> None:
    assert explain(error, URL)[0].startswith(f"cannot read it: {reason}")


def test_what_is_not_known_is_told_in_its_first_line_without_secrets() -> None:
    error = LookupError("odd https://me:secret@example.org/a.csv?sig=hidden end\nmore of it")
    assert explain(error, URL) == ("cannot read it: odd https://example.org/a.csv end", "")
    assert explain(LookupError("secret or hidden"), URL)[0] == "cannot read it: … or …"
    assert explain(LookupError(), URL) == ("cannot read it: LookupError", "")


def test_what_an_unknown_error_says_is_cleaned() -> None:
    url = "https://ada:hunt%40er@h/a.csv?sig=c0ffee"
    error = RuntimeError(f"no luck with {url}, ada/hunt@er or c0ffee\nmore")
    reason, _ = explain(error, url)
    assert reason == "cannot read it: no luck with https://h/a.csv …/… or …"


def test_errors_are_called_as_the_packages_call_them() -> None:
    """Where they are recognised by their names, nothing else would tell of a name that changed."""
    aiohttp, s3fs = pytest.importorskip("aiohttp"), pytest.importorskip("s3fs.utils")
    botocore = pytest.importorskip("botocore.exceptions")
    # That of Google is in a package of its own.
    names = KINDS.keys() - {"DefaultCredentialsError"}
    known = [set(vars(module)) for module in (aiohttp, botocore, s3fs)]
    assert names <= set[str]().union(*known)


@pytest.mark.parametrize(("kind", "reason"), KINDS.items())
def test_an_error_is_recognised_by_its_class_or_one_above(kind: str, reason: str) -> None:
    named = type(kind, (Exception,), {})
    for found in (named, type("Another", (named,), {})):
        said, _ = explain(found("secret"), URL)
        assert said.removeprefix("cannot read it: ") == reason
