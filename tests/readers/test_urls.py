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
    ("text", "shown"),
    [
        ("a.csv", "a.csv"),
        ("--labels-from=s3://me:secret@b/y.csv?token=abc", "--labels-from=s3://b/y.csv"),
        ("https://me:secret@h/a.csv", "https://h/a.csv"),
        ("--save=http:/me:secret@h/a.svg", "--save=http:/h/a.svg"),
        ("/home/me@work/a.csv", "/home/me@work/a.csv"),
    ],
)
def test_a_word_of_a_command_is_shown_without_secrets(text: str, shown: str) -> None:
    assert urls.without_secrets_within(text) == shown


@pytest.mark.parametrize(
    ("text", "scheme"),
    [
        ("s3://b/a.csv", "s3"),
        ("S3://b/a.csv", "s3"),
        ("simplecache::s3://b/a", "simplecache::s3"),
        ("a.csv", ""),
        ("see s3://b", ""),
        ("file:///a.csv", "file"),
    ],
)
def test_the_scheme_of_a_name(text: str, scheme: str) -> None:
    assert urls.scheme_of(text) == scheme
    assert urls.is_url(text) == (scheme not in ("", "file"))


def test_a_secret_may_be_quoted_in_a_url() -> None:
    """An error may show either form."""
    assert urls.secrets("s3://key:a%2Fbc@b/x.csv") == ["a%2Fbc", "a/bc", "key"]
    assert urls.secrets("s3://key:ab/cdef@b/x.csv") == ["ab/cdef", "cdef", "key"]
    assert urls.secrets("a.csv") == []


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://ada:hunter2@h/a.csv", "https://h/a.csv"),
        ("https://ada:hun/ter2@h:80/a.csv", "https://h:80/a.csv"),
        ("https://h:80/a@1.csv", "https://h:80/a@1.csv"),
        ("https://ada:hun ter2@h/a.csv", "https://h/a.csv"),
        ("https://h/a.csv?sig=c0ffee#x", "https://h/a.csv"),
        ("https://h/a.csv?c0ffee", "https://h/a.csv"),
        ("https://h?sig=c0ffee", "https://h"),
        ("s3://b/part-?.csv", "s3://b/part-?.csv"),
        ("s3://b/a.csv?token=c0ffee", "s3://b/a.csv"),
        ("s3://key:secret@b/a.csv", "s3://b/a.csv"),
        ("a@b:c?d=e.csv", "a@b:c?d=e.csv"),
    ],
)
def test_what_is_shown_of_a_url(url: str, name: str) -> None:
    assert urls.without_secrets(url) == name
    assert not any(secret in name for secret in urls.secrets(url))


def test_paths_are_no_urls() -> None:
    names = ["a.csv", "/a/b.csv", "c:/a.csv", "s3:/a.csv", "-", "a://"[:2], "file:///a.csv"]
    assert [name for name in names if urls.is_url(name)] == []
    assert urls.local_path("file://localhost/a.csv") == "/a.csv"


@pytest.mark.parametrize(
    ("url", "there", "elsewhere"),
    [
        ("file:///C:/my%20logits.csv", "C:/my logits.csv", "/C:/my logits.csv"),
        ("file://localhost/d:/a.csv", "d:/a.csv", "/d:/a.csv"),
        ("file:///tmp/a.csv", "/tmp/a.csv", "/tmp/a.csv"),
        ("file:///C:", "/C:", "/C:"),
    ],
)
def test_a_drive_in_a_file_url(
    url: str, there: str, elsewhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert urls.local_path(url) == there
    monkeypatch.setattr(sys, "platform", "linux")
    assert urls.local_path(url) == elsewhere


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("http:/me:secret@h/a.csv: no such file", "http:/h/a.csv: no such file"),
        ("--save=http:/me:s@h/x and //me@h/y", "--save=http:/h/x and //h/y"),
        ("http:/me:pa/ss@h/a", "http:/h/a"),
        # A message may be cut before the @.
        ("http:/me:secret…", "http:/…"),
        ("http:/me:8secret…", "http:/…"),
        ("http:/h:80… and http:/h:80/a@b", "http:/h:80… and http:/h:80/a@b"),
        ("see http:/h/a.csv?sig=x&t=y.", "see http:/h/a.csv."),
        ("http:/h/a#token, http:/h/b", "http:/h/a, http:/h/b"),
        ('"http://h/a?x=y" or so', '"http://h/a" or so'),
        # Neither a pattern nor the name of a folder is a secret, nor a drive a scheme.
        ("s3:/b/part-?.csv", "s3:/b/part-?.csv"),
        ("/home/me@work/a?b=c", "/home/me@work/a?b=c"),
        ("C:/me@work/a?b=c", "C:/me@work/a?b=c"),
        ("me:secret@h", "me:secret@h"),
        (r"C:\\me@work", r"C:\\me@work"),
        ("https:me@h/a.csv", "https:h/a.csv"),
        ("cannot read https:me:secret@h:80/a?sig=x: so", "cannot read https:h:80/a: so"),
        ('"tcp:me:secret@h:80" or', '"tcp:h:80" or'),
        (r"http:\\me:secret@h\a.csv", r"http:\\h\a.csv"),
        ("http%3A//me:secret@h/a.csv", "http%3A//h/a.csv"),
        ("see: me@h and that:me@h", "see: me@h and that:me@h"),
    ],
)
def test_secrets_are_concealed_in_a_sentence(text: str, shown: str) -> None:
    assert urls.conceal_secrets(text) == shown
