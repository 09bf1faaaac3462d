"""Finds out what a terminal or file can show: its width, colours and characters."""

from __future__ import annotations

import os
import shutil
import sys

from xentcli.writers.interface import View

# Letters that not every terminal has.
PLAIN_LETTERS = str.maketrans(
    {
        "Σ": "sum ",
        "−": "-",
        "·": "*",
        "ε": "eps",
        "ℓ": "loss",
        "…": "...",
        "‖": "||",
        "±": "+-",
        "σ": "sigmoid",
        "∞": "inf",
        "α": "alpha",
        "γ": "gamma",
        "½": "1/2",
        "√": "root ",
        "⁺": "+",
        "×": "x",
        "²": "^2",
        "₂": "2",
        "₁": "1",
        "₀": "0",
        "✓": "*",
        "“": '"',
        "”": '"',
        "─": "-",
        "–": "-",
    }
)


def replace_letters(text: str, view: View) -> str:
    """Replace the characters that cannot be shown. Do so before measuring a text: one character may
    become several."""
    if view.unicode:
        return text
    return _replace_all(text).encode("ascii", "backslashreplace").decode("ascii")


def _replace_all(text: str) -> str:
    # Σe is the name of a step as well as a sum, and has little room: it becomes S.
    return text.replace("Σe", "S").replace("Σ ", "Σ").translate(PLAIN_LETTERS)


def encode(text: str, view: View) -> bytes:
    """Encode the text in characters that can be shown."""
    if view.unicode:
        return text.encode("utf-8", "backslashreplace")
    return _replace_all(text).encode("ascii", "backslashreplace")


def view_of(*, to_file: bool, color: str, digits: int, steps: bool) -> View:
    """How results are to look: on standard output, or in a file (``to_file``)."""
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
    if os.environ.get("FORCE_COLOR") or os.environ.get("CLICOLOR_FORCE", "0") not in ("", "0"):
        return True
    is_off = os.environ.get("TERM") == "dumb" or os.environ.get("CLICOLOR") == "0"
    return on_terminal and not is_off


def _has_unicode() -> bool:
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    try:
        "Σ−·─…".encode(encoding)
    except (LookupError, UnicodeEncodeError):
        return False
    return True
