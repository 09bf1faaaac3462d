"""Letters that not every terminal has."""

from __future__ import annotations

from xentcli.writers.interface import View

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


def in_letters(text: str, view: View) -> str:
    """The text in the letters that will be shown, before it is measured: some become several."""
    if view.unicode:
        return text
    return _plain(text).encode("ascii", "backslashreplace").decode("ascii")


def _plain(text: str) -> str:
    # Σe is a name as well as a sum, and stands where there is little room.
    return text.replace("Σe", "S").replace("Σ ", "Σ").translate(PLAIN_LETTERS)


def encoded(text: str, view: View) -> bytes:
    """The text as bytes that the place where it goes can show."""
    if view.unicode:
        return text.encode("utf-8", "backslashreplace")
    return _plain(text).encode("ascii", "backslashreplace")
