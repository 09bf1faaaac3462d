"""Where bytes come from: a file or standard input."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

from xentcli.errors import DataError, Place

PEEK_BYTES = 4096
STANDARD_INPUT = "standard input"


class Source(NamedTuple):
    """A file by its name, or standard input (``path`` is None)."""

    name: str
    path: str | None


def named(text: str) -> Source:
    """The source of a FILE argument; ``-`` is standard input."""
    return Source(STANDARD_INPUT, None) if text == "-" else Source(text, text)


@contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """The source's bytes; an operating system's refusal is told in a sentence."""
    if source.path is None:
        yield sys.stdin.buffer
        return
    try:
        stream = open(source.path, "rb")  # noqa: SIM115
    except OSError as error:
        raise cannot("read", source.name, error) from None
    with stream:
        yield stream


def cannot(verb: str, name: str, error: OSError) -> DataError:
    """The fault for a file that the operating system did not hand over."""
    reason = (error.strerror or str(error)).lower()
    return DataError(f"cannot {verb} it: {reason}", place=Place(name))


def peek(source: Source) -> bytes:
    """The first bytes, without taking them away from who reads next."""
    if source.path is not None:
        with opened(source) as stream:
            try:
                return stream.read(PEEK_BYTES)
            except OSError as error:
                raise cannot("read", source.name, error) from None
    start: bytes = sys.stdin.buffer.peek(PEEK_BYTES)  # type: ignore[union-attr]
    return start


@contextmanager
def rereadable(source: Source) -> Iterator[Source]:
    """A source that can be opened twice: what is not a regular file is copied to one first."""
    if source.path is not None and os.path.isfile(source.path):
        yield source
        return
    # Both slow to import, and seldom needed.
    from shutil import copyfileobj
    from tempfile import NamedTemporaryFile

    with NamedTemporaryFile(prefix="xent-", suffix=os.path.basename(source.name)) as copy:
        with opened(source) as stream:
            copyfileobj(stream, copy, 1 << 20)
        copy.flush()
        yield Source(source.name, copy.name)
