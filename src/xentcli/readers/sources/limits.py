"""Limits in bytes that environment variables can set, each from 1 up."""

from __future__ import annotations

import os

from xentcli.errors import UsageError, quoted


def limit_from_environment(name: str, usual: int, most: int | None = None) -> int:
    """Read a number of bytes from an environment variable; ``usual`` where it is not set."""
    given = os.environ.get(name, "")
    if not given:
        return usual
    # Python refuses to convert more than some thousand digits, with a message of its own.
    if not given.isascii() or not given.isdecimal() or len(given) > 18 or int(given) == 0:
        raise UsageError(f"{name}: {quoted(given)} is not a number of bytes")
    if most is not None and int(given) > most:
        raise UsageError(f"{name}: {given} is too large; {most} is the most")
    return int(given)
