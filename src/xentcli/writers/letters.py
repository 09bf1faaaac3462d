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


def encoded(text: str, view: View) -> bytes:
    """The text as bytes that the place where it goes can show."""
    if view.unicode:
        return text.encode("utf-8", "backslashreplace")
    return text.translate(PLAIN_LETTERS).encode("ascii", "backslashreplace")
