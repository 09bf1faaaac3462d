"""JSON whose text cannot control a terminal or change the direction of a line."""

from __future__ import annotations

import re

# DEL, the controls from U+0080 to U+009F, line and paragraph separators, and the marks that set
# the direction of writing, all as UTF-8. JSON itself asks for no escape but below U+0020.
DRIVING = re.compile(
    rb"\x7f|\xc2[\x80-\x9f]|\xd8\x9c|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]"
)


def harmless(text: bytes) -> bytes:
    r"""The same JSON, with escapes for characters that act instead of being seen.

    >>> harmless('"a\u202eb é"'.encode()).decode()
    '"a\\u202eb é"'
    """
    if text.isascii() and b"\x7f" not in text:
        return text
    # Outside of strings JSON has none of these.
    return DRIVING.sub(lambda found: rb"\u%04x" % ord(found[0].decode("utf-8")), text)
