"""Why a URL cannot be read, in words, and without its secrets."""

from __future__ import annotations

import pytest

from xentcli.readers.sources.remote_errors import explain

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
