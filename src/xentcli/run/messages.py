"""Messages on standard error: errors, warnings, notes."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterable

from xentcli.errors import LONGEST_VALUE, Excerpt, XentError, counted, escaped
from xentcli.model import Remark
from xentcli.readers.sources.urls import conceal_secrets


def print_message(*lines: str) -> None:
    """Print lines on standard error. If that fails, nothing is raised: the answer is right all the
    same."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        # Text that is quoted in a message must not control the terminal, nor show a password.
        shown = (escaped(conceal_secrets(line)) for line in (f"xent: {lines[0]}", *lines[1:]))
        sys.stderr.write("".join(f"{line}\n" for line in shown))
        sys.stderr.flush()


def print_error(error: XentError) -> None:
    """Print an error: a sentence, on a terminal the text with a caret under it, and the hint."""
    lines = [str(error)]
    excerpt = error.place.excerpt if error.place else None
    with contextlib.suppress(OSError, ValueError, AttributeError):
        if excerpt is not None and sys.stderr.isatty():
            lines += caret_lines(excerpt)
    if error.hint:
        lines.append(f"hint: {error.hint}")
    print_message(*lines)


def caret_lines(excerpt: Excerpt) -> list[str]:
    """The text around an error, cut to fit a line, and a line with carets under the wrong part."""
    start = max(0, excerpt.start - 30)
    end = min(len(excerpt.text), max(excerpt.end, start + LONGEST_VALUE))
    # Wide characters take two columns on a screen, combining marks none. Rich is slow to import,
    # and is needed only once, for an error.
    from rich.cells import cell_len

    before = escaped(excerpt.text[start : excerpt.start])
    marked = escaped(excerpt.text[excerpt.start : excerpt.end])
    after = escaped(excerpt.text[excerpt.end : end])
    caret = "^" * max(1, cell_len(marked))
    return [f"  {before}{marked}{after}", f"  {' ' * cell_len(before)}{caret}"]


def print_remarks(remarks: Iterable[Remark]) -> None:
    """Print warnings and notes."""
    for remark in remarks:
        many = ""
        if remark.samples != 1:
            many = f" (and of {counted(remark.samples - 1, 'more sample')})"
        print_message(f"{remark.word}: {remark.place}: {remark.message}{many}")
