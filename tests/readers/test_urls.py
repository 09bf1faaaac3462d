"""Names of files that are written as URLs."""

from __future__ import annotations

import sys

import pytest

from xentcli.errors import UsageError
from xentcli.readers.sources import urls


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("a.csv", "a.csv"),
        ("file:///tmp/a%20b.csv", "/tmp/a b.csv"),
        ("FILE:///tmp/a.csv", "/tmp/a.csv"),
        ("file://localhost/tmp/a.csv", "/tmp/a.csv"),
        ("file:///", "/"),
    ],
)
def test_a_file_url_is_a_path(name: str, path: str) -> None:
    assert urls.local_path(name) == path


def test_words_of_two_letters_are_no_secrets() -> None:
    assert urls.secrets("https://me:abc@example.org/a.csv?x=yz&t=abcd") == ["abcd", "abc"]


@pytest.mark.parametrize("name", ["file://elsewhere/a.csv", "file://a.csv", "file://localhost"])
def test_a_file_url_of_another_machine_is_refused(name: str) -> None:
    with pytest.raises(UsageError, match="is the name of a machine"):
        urls.local_path(name)


@pytest.mark.parametrize(
    ("name", "path"), [("file:///C:/a.csv", "C:/a.csv"), ("file:///tmp/a.csv", "/tmp/a.csv")]
)
def test_a_drive_of_windows(name: str, path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert urls.local_path(name) == path
