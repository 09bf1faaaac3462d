"""What the place that shows the answer can show: width, colour, letters."""

from __future__ import annotations

import os
import shutil
import sys

from xentcli.writers.interface import View


def view_of(*, to_file: bool, color: str, digits: int, steps: bool) -> View:
    """How results are to look where they go."""
    on_terminal = not to_file and sys.stdout is not None and sys.stdout.isatty()
    return View(
        width=shutil.get_terminal_size().columns if on_terminal else None,
        color=_colored(color, on_terminal),
        unicode=to_file or _has_unicode(),
        digits=digits,
        steps=steps,
    )


def _colored(asked: str, on_terminal: bool) -> bool:
    if asked != "auto":
        return asked == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return on_terminal and os.environ.get("TERM") != "dumb"


def _has_unicode() -> bool:
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        "Σ−·─…".encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True
