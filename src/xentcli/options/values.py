"""Makes the functions that read what is typed for an option, or say what is wrong with it."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from xentcli.errors import LONGEST_VALUE, UsageError, escaped, quoted


def whole_number_reader(option: str, least: int | None, most: int | None) -> Callable[[Any], int]:
    """Make a function that reads a whole number from ``least`` to ``most``."""

    def read(typed: Any) -> int:
        # A default arrives as the number that it is.
        if isinstance(typed, int):
            return typed
        # Python refuses to read longer numbers, and none of them is within any bounds.
        if not re.fullmatch(r"\s*[+-]?[0-9]{1,4000}\s*", typed, re.ASCII):
            raise UsageError(f"{option}: cannot read {quoted(typed)} as a whole number")
        number = int(typed)
        if least is not None and number < least:
            raise UsageError(f"{option}: {escaped(typed.strip(), LONGEST_VALUE)} is below {least}")
        if most is not None and number > most:
            raise UsageError(f"{option}: {escaped(typed.strip(), LONGEST_VALUE)} is above {most}")
        return number

    return read


def number_reader(option: str) -> Callable[[Any], float]:
    """Make a function that reads a number."""

    def read(typed: Any) -> float:
        if isinstance(typed, float):
            return typed
        try:
            # float() would take 1_000 for a number; no other program writes one so.
            return float(typed.replace("_", "?"))
        except ValueError:
            raise UsageError(f"{option}: cannot read {quoted(typed)} as a number") from None

    return read


def word_reader(
    option: str, choices: Sequence[str], hints: Mapping[str, str] | None = None
) -> Callable[[str], str]:
    """Make a function that reads one of the ``choices``; ``hints`` are for some wrong words."""

    def read(typed: str) -> str:
        if typed in choices:
            return typed
        near = (hints or {}).get(typed.lower()) or did_you_mean(typed, choices)
        raise UsageError(f"{option}: {quoted(typed)} is not one of {', '.join(choices)}", hint=near)

    return read


def did_you_mean(typed: str, known: Sequence[str]) -> str:
    """Return a hint at the nearest known word, if one is near; leading hyphens do not count."""
    from difflib import get_close_matches

    bare = {word.lstrip("-").lower(): word for word in known}
    wanted = typed.lstrip("-").lower()
    begun = [word for word in bare if len(wanted) > 2 and word.startswith(wanted)]
    near = sorted(begun, key=len) or get_close_matches(wanted, bare, 1)
    return f"did you mean {bare[near[0]]}?" if near else ""
