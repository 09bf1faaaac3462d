"""Recognises URLs, and removes their secrets before they are printed."""

from __future__ import annotations

import re
import sys

from xentcli.errors import UsageError

# All patterns are compiled when they are first used: a command with typed numbers needs none.
SCHEME = r"(?i)([a-z][a-z0-9+.:-]*)://"
# The user part. A password may hold characters that otherwise end the host; digits alone after the
# colon are a port, not a password.
USER = r"(?s)[^/?#]*@|[^/?#:]*:(?!\d*(?:[/?#]|\Z)).*@"
QUERY = r"(?s)[?#].*"
# How a path of Windows begins.
DRIVE = r"(?i)[a-z]:[/\\]"
# In other schemes ? and # may be part of a file name or of a pattern; only ?NAME= begins a query.
SIGNED = r"(?s)\?[^?]*=.*"
# Misspelled URLs: with a slash too few, with backslashes, with its colon encoded, without a scheme,
# or, where the scheme is a usual one, without a slash. One letter before the colon is a drive.
NEAR = (
    r"(?i)((?:[a-z][a-z0-9+.-]+(?::|%3a)(?:/+|\\\\)"
    r"|(?<!\w)(?:https?|s3|gs|tcp|tls):|(?<![\w:/.])//+)"
)
NEAR_USER = NEAR + r")(?:[^/?#\s]*@|[^/?#:\s]*:(?!\d*(?:[/?#\s]|\Z))\S*@)"
# Messages cut long values, perhaps before the @.
NEAR_USER_CUT = NEAR + r")[^/?#:\s]*:(?!\d*…)[^/\s]*…"
NEAR_QUERY = NEAR + r"[^\s?#\"]*)(?:\?[^\s\"]*=|(?<=\w)#)[^\s\"]*?(?=[:,;.]*(?:[\s\"']|\Z))"


def is_url(text: str) -> bool:
    """Whether a name is a URL; a file:// URL names a local file and does not count.

    >>> is_url("s3://bucket/a.csv"), is_url("a.csv"), is_url("file:///tmp/a.csv")
    (True, False, False)
    """
    return scheme_of(text) not in ("", "file")


def scheme_of(text: str) -> str:
    """Return the scheme of a URL in lower case; empty for other names."""
    found = re.match(SCHEME, text)
    return found[1].lower() if found else ""


def local_path(text: str) -> str:
    """Return the path of a local file, which may be named by a file:// URL.

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
    # The slash before the letter of a drive is not part of the path.
    return path if sys.platform == "win32" and re.match(DRIVE, path) else slash + path


def without_secrets(text: str) -> str:
    """Remove the user's name, the password and the query from a URL; keep any other name.

    >>> without_secrets("https://me:secret@example.org:8443/a.csv?X-Amz-Signature=secret")
    'https://example.org:8443/a.csv'
    >>> without_secrets("s3://bucket/part-?.csv")
    's3://bucket/part-?.csv'
    """
    return conceal_secrets("".join(_parts(text)[::2]))


def conceal_secrets(text: str) -> str:
    """Remove the user's name, the password and the query from everything in a sentence, or in a
    word of a command line, that looks like a URL, even a misspelled one.

    >>> conceal_secrets("--save http:/me:secret@example.org/a.svg?sig=secret: what is that?")
    '--save http:/example.org/a.svg: what is that?'
    >>> conceal_secrets("//me:secret@example.org/a.csv"), conceal_secrets("/home/me@work/a.csv")
    ('//example.org/a.csv', '/home/me@work/a.csv')
    """
    if "/" not in text and ":" not in text:
        return text
    for pattern, left in ((NEAR_USER, r"\1"), (NEAR_USER_CUT, r"\1…"), (NEAR_QUERY, r"\1")):
        text = re.sub(pattern, left, text)
    return text


def without_secrets_within(text: str) -> str:
    """Remove the secrets from a URL at the end of a text.

    >>> without_secrets_within("--labels-from=https://me:secret@example.org/y.csv")
    '--labels-from=https://example.org/y.csv'
    """
    found = re.search(SCHEME, text)
    if found is None:
        return conceal_secrets(text)
    return text[: found.start()] + without_secrets(text[found.start() :])


def secrets(text: str) -> list[str]:
    """Return the secret parts of a URL, longest first."""
    from urllib.parse import unquote

    whole = "&".join(_parts(text)[1::2])
    # A library may take a slash in a password for the end of the host, and show half of it.
    hidden = [piece for marks in ("[:@?#&=;]", "[:@?#&=;/]") for piece in re.split(marks, whole)]
    # Shorter pieces are no secrets, and occur in many words.
    known = {piece for raw in hidden for piece in (raw, unquote(raw)) if len(piece) > 2}
    return sorted(known, key=len, reverse=True)


def _parts(text: str) -> tuple[str, str, str, str]:
    """Split a name into scheme, user, place and query."""
    found = re.match(SCHEME, text)
    if found is None:
        return "", "", text, ""
    rest = text[found.end() :]
    user = re.match(USER, rest)
    place = rest[user.end() :] if user else rest
    query = re.search(QUERY if scheme_of(text) in ("http", "https") else SIGNED, place)
    at = query.start() if query else len(place)
    return found[0], user[0] if user else "", place[:at], place[at:]
