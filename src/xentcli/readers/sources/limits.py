"""Limits that environment variables can set: each is a number from 1 up."""

from __future__ import annotations

import os

from xentcli.errors import UsageError, quoted


def limit_from(name: str, usual: int, most: int | None = None, unit: str = "number") -> int:
    """The number of an environment variable, else ``usual``."""
    given = os.environ.get(name, "")
    if not given:
        return usual
    # Python converts no more than some thousand digits, and says so in its own words.
    if not given.isascii() or not given.isdecimal() or len(given) > 18 or int(given) == 0:
        raise UsageError(f"{name}: {quoted(given)} is not a {unit}")
    if most is not None and int(given) > most:
        raise UsageError(f"{name}: {given} is too large; {most} is the most")
    return int(given)


def bytes_from(name: str, usual: int, most: int | None = None) -> int:
    """The number of bytes of an environment variable, else ``usual``."""
    return limit_from(name, usual, most, "number of bytes")
