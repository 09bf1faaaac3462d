"""Escapes the characters of JSON that could control a terminal or change a line's direction."""

from __future__ import annotations

import re

# DEL, the controls from U+0080 to U+009F, line and paragraph separators, and the marks that set
# the direction of writing, all as UTF-8. JSON itself needs escapes only below U+0020.
CONTROLS = re.compile(
    rb"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]"
)


def encode_json(text: str) -> bytes:
    """Encode JSON as UTF-8, with its controls escaped, and halves of surrogate pairs as well."""
    return escape_controls(text.encode("utf-8", "backslashreplace"))


def escape_controls(text: bytes) -> bytes:
    r"""Escape the characters of JSON that act instead of being seen.

    >>> escape_controls('"a\u202eb é"'.encode()).decode()
    '"a\\u202eb é"'
    """
    if text.isascii() and b"\x7f" not in text:
        return text
    # JSON has such characters only within strings, where it allows escapes.
    return CONTROLS.sub(lambda found: rb"\u%04x" % ord(found[0].decode("utf-8")), text)
