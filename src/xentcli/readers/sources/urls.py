"""Names that are URLs: how to recognise them, and how to show them without secrets."""

from __future__ import annotations

import re
import sys

from xentcli.errors import UsageError

# Compiled when they are first used: typed numbers never are a URL.
SCHEME = r"(?i)([a-z][a-z0-9+.:-]*)://"
# A password may hold what else would end the host's part; a port is none.
USER = r"(?s)[^/?#]*@|[^/?#:]*:(?!\d*(?:[/?#]|\Z)).*@"
QUERY = r"(?s)[?#].*"
# How a path of Windows begins.
DRIVE = r"(?i)[a-z]:[/\\]"
# Elsewhere the same marks may stand in a name, or in a pattern of names.
SIGNED = r"(?s)\?[^?]*=.*"
# What was meant for a URL: a slash too few, or no scheme. One letter before the colon is a drive.
NEAR = r"(?i)((?:[a-z][a-z0-9+.-]+:/+|(?<![\w:/.])//+)"
NEAR_USER = NEAR + r")(?:[^/?#\s]*@|[^/?#:\s]*:(?!\d*(?:[/?#\s]|\Z))\S*@)"
# A long value is cut where it is shown, maybe before the @.
NEAR_USER_CUT = NEAR + r")[^/?#:\s]*:(?!\d)[^/\s]*…"
NEAR_QUERY = NEAR + r"[^\s?#\"]*)(?:\?[^\s\"]*=|(?<=\w)#)[^\s\"]*?(?=[:,;.]*(?:[\s\"']|\Z))"


def is_url(text: str) -> bool:
    """Whether a name is that of something elsewhere than in this machine's files.

    >>> is_url("s3://bucket/a.csv"), is_url("a.csv"), is_url("file:///tmp/a.csv")
    (True, False, False)
    """
    return scheme_of(text) not in ("", "file")


def scheme_of(text: str) -> str:
    """What stands before ``://``; empty where that does not occur."""
    found = re.match(SCHEME, text)
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
    return path if sys.platform == "win32" and re.match(DRIVE, path) else slash + path


def shown(text: str) -> str:
    """The name as it may be printed: of a URL without the user's name, password and query.

    >>> shown("https://me:secret@example.org:8443/a.csv?X-Amz-Signature=secret")
    'https://example.org:8443/a.csv'
    >>> shown("s3://bucket/part-?.csv")
    's3://bucket/part-?.csv'
    """
    return conceal("".join(_parts(text)[::2]))


def conceal(text: str) -> str:
    """A sentence, or a word of a command line, without the user's name, password and query of
    whatever in it looks like a URL, however badly it is spelled.

    >>> conceal("--save http:/me:secret@example.org/a.svg?sig=secret: what is that?")
    '--save http:/example.org/a.svg: what is that?'
    >>> conceal("//me:secret@example.org/a.csv"), conceal("/home/me@work/a.csv")
    ('//example.org/a.csv', '/home/me@work/a.csv')
    """
    if "/" not in text:
        return text
    for pattern, left in ((NEAR_USER, r"\1"), (NEAR_USER_CUT, r"\1…"), (NEAR_QUERY, r"\1")):
        text = re.sub(pattern, left, text)
    return text


def shown_within(text: str) -> str:
    """The same of a URL that something stands before.

    >>> shown_within("--labels-from=https://me:secret@example.org/y.csv")
    '--labels-from=https://example.org/y.csv'
    """
    found = re.search(SCHEME, text)
    if found is None:
        return conceal(text)
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
    found = re.match(SCHEME, text)
    if found is None:
        return "", "", text, ""
    rest = text[found.end() :]
    user = re.match(USER, rest)
    place = rest[user.end() :] if user else rest
    query = re.search(QUERY if scheme_of(text) in ("http", "https") else SIGNED, place)
    at = query.start() if query else len(place)
    return found[0], user[0] if user else "", place[:at], place[at:]
