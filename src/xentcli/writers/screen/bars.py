"""Bars of block characters, or of # where there are none."""

from __future__ import annotations

from xentcli.writers.interface import View

EIGHTHS = " ▏▎▍▌▋▊▉"
FULL = "█"
ASCII = "#"


def bar(share: float, width: int, view: View, *, least: int = 0) -> str:
    """A bar of that share of the width, to an eighth of a character, and of at least so many of the
    smallest pieces; nothing for 0 and nan.

    >>> bar(0.5, 5, View()), bar(0.5, 5, View(unicode=False)), bar(1e-9, 5, View(), least=1)
    ('██▌', '##', '▏')
    """
    if not share > 0:
        return ""
    share = min(share, 1.0)
    if not view.unicode:
        return ASCII * max(least, round(share * width))
    pieces = max(least, round(share * width * len(EIGHTHS)))
    whole, part = divmod(pieces, len(EIGHTHS))
    return FULL * whole + EIGHTHS[part].strip()
