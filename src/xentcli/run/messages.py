"""Messages on standard error: errors, warnings, notes."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable

from xentcli.errors import LONGEST_VALUE, Excerpt, XentError, counted, escaped
from xentcli.model import Remark
from xentcli.readers.sources.urls import conceal_secrets


def print_message(*lines: str) -> None:
    """Print lines on standard error. A failure to print is not raised: the answer is right all the
    same."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        # Whatever is quoted in them, it does not drive the terminal, and no secret is told.
        shown = (escaped(conceal_secrets(line)) for line in (f"xent: {lines[0]}", *lines[1:]))
        sys.stderr.write("".join(f"{line}\n" for line in shown))
        sys.stderr.flush()


def print_error(error: XentError) -> None:
    """Print an error: one sentence, on a terminal the text with a caret under it, the hint."""
    lines = [str(error)]
    excerpt = error.place.excerpt if error.place else None
    with contextlib.suppress(OSError, ValueError, AttributeError):
        if excerpt is not None and sys.stderr.isatty():
            lines += caret_lines(excerpt)
    if error.hint:
        lines.append(f"hint: {error.hint}")
    print_message(*lines)


def caret_lines(excerpt: Excerpt) -> list[str]:
    """The text around an error with a caret under it, cut to fit a line."""
    start = max(0, excerpt.start - 30)
    end = min(len(excerpt.text), max(excerpt.end, start + LONGEST_VALUE))
    # Wide characters take two places on a screen, combining marks none. Rich is slow to import,
    # and a fault is told once.
    from rich.cells import cell_len

    before = escaped(excerpt.text[start : excerpt.start])
    marked = escaped(excerpt.text[excerpt.start : excerpt.end])
    after = escaped(excerpt.text[excerpt.end : end])
    caret = "^" * max(1, cell_len(marked))
    return [f"  {before}{marked}{after}", f"  {' ' * cell_len(before)}{caret}"]


def print_remarks(remarks: Iterable[Remark]) -> None:
    """Print each remark."""
    for remark in remarks:
        many = (
            "" if remark.samples == 1 else f" (and of {counted(remark.samples - 1, 'more sample')})"
        )
        print_message(f"{remark.word}: {remark.place}: {remark.message}{many}")
