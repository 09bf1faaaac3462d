"""Names that are URLs: how to recognise them, and how to show them without secrets."""

from __future__ import annotations

import re
import sys

from xentcli.errors import UsageError

SCHEME = re.compile(r"([a-z][a-z0-9+.:-]*)://", re.IGNORECASE)
# A password may hold what else would end the host's part; a port is none.
USER = re.compile(r"[^/?#]*@|[^/?#:]*:(?!\d*(?:[/?#]|\Z)).*@", re.DOTALL)
QUERY = re.compile(r"[?#].*", re.DOTALL)
# How a path of Windows begins.
DRIVE = re.compile(r"[a-z]:[/\\]", re.IGNORECASE)
# Elsewhere the same marks may stand in a name, or in a pattern of names.
SIGNED = re.compile(r"\?[^?]*=.*", re.DOTALL)
# What was meant for a URL: a slash too few, or no scheme. One letter before the colon is a drive.
NEAR = r"((?:[a-z][a-z0-9+.-]+:/+|(?<![\w:/.])//+)"
NEAR_USER = re.compile(
    NEAR + r")(?:[^/?#\s]*@|[^/?#:\s]*:(?!\d*(?:[/?#\s]|\Z))\S*@)", re.IGNORECASE
)
# A long value is cut where it is shown, maybe before the @.
NEAR_USER_CUT = re.compile(NEAR + r")[^/?#:\s]*:(?!\d)[^/\s]*…", re.IGNORECASE)
NEAR_QUERY = re.compile(
    NEAR + r"[^\s?#\"]*)(?:\?[^\s\"]*=|(?<=\w)#)[^\s\"]*?(?=[:,;.]*(?:[\s\"']|\Z))", re.IGNORECASE
)


def is_url(text: str) -> bool:
    """Whether a name is that of something elsewhere than in this machine's files.

    >>> is_url("s3://bucket/a.csv"), is_url("a.csv"), is_url("file:///tmp/a.csv")
    (True, False, False)
    """
    return scheme_of(text) not in ("", "file")


def scheme_of(text: str) -> str:
    """What stands before ``://``; empty where that does not occur."""
    found = SCHEME.match(text)
    return found[1].lower() if found else ""


def local_path(text: str) -> str:
    """The name of a local file as a path: a file:// URL names one too.

    >>> local_path("file:///tmp/my%20logits.csv"), local_path("a.csv")
    ('/tmp/my logits.csv', 'a.csv')
    """
    if scheme_of(text) != "file":
        return text
    from urllib.parse import unquote  # slow to import, and seldom needed

    host, slash, path = text[len("file://") :].partition("/")
    if not slash or host not in ("", "localhost"):
        raise UsageError(
            f"{text}: what stands right after file:// is the name of a machine",
            hint=f"of a file on this one: file:///{host}{slash}{path}",
        )
    path = unquote(path)
    # Of a drive's letter the slash before it is no part.
    return path if sys.platform == "win32" and DRIVE.match(path) else slash + path


def shown(text: str) -> str:
    """The name as it may be printed: of a URL without the user's name, password and query.

    >>> shown("https://me:secret@example.org:8443/a.csv?X-Amz-Signature=secret")
    'https://example.org:8443/a.csv'
    >>> shown("s3://bucket/part-?.csv")
    's3://bucket/part-?.csv'
    """
    return concealed("".join(_parts(text)[::2]))


def concealed(text: str) -> str:
    """A sentence, or a word of a command line, without the user's name, password and query of
    whatever in it looks like a URL, however badly it is spelled.

    >>> concealed("--save http:/me:secret@example.org/a.svg?sig=secret: what is that?")
    '--save http:/example.org/a.svg: what is that?'
    >>> concealed("//me:secret@example.org/a.csv"), concealed("/home/me@work/a.csv")
    ('//example.org/a.csv', '/home/me@work/a.csv')
    """
    if "/" not in text:
        return text
    return NEAR_QUERY.sub(r"\1", NEAR_USER_CUT.sub(r"\1…", NEAR_USER.sub(r"\1", text)))


def shown_within(text: str) -> str:
    """The same of a URL that something stands before.

    >>> shown_within("--labels-from=https://me:secret@example.org/y.csv")
    '--labels-from=https://example.org/y.csv'
    """
    found = SCHEME.search(text)
    if found is None:
        return concealed(text)
    return text[: found.start()] + shown(text[found.start() :])


def secrets(text: str) -> list[str]:
    """The parts of a URL that are not shown, longest first."""
    from urllib.parse import unquote

    whole = "&".join(_parts(text)[1::2])
    # A library may take a slash in a password for the end of the host, and tell the half of it.
    hidden = [piece for marks in ("[:@?#&=;]", "[:@?#&=;/]") for piece in re.split(marks, whole)]
    # Shorter ones are no secrets, and stand in many words.
    known = {piece for raw in hidden for piece in (raw, unquote(raw)) if len(piece) > 2}
    return sorted(known, key=len, reverse=True)


def _parts(text: str) -> tuple[str, str, str, str]:
    """A name as scheme, user, place and query."""
    found = SCHEME.match(text)
    if found is None:
        return "", "", text, ""
    user = USER.match(text, found.end())
    start = user.end() if user else found.end()
    query = (QUERY if scheme_of(text) in ("http", "https") else SIGNED).search(text, start)
    end = query.start() if query else len(text)
    return found[0], text[found.end() : start], text[start:end], text[end:]
