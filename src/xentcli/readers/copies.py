"""Files that must be sought in: those that are none, or are compressed, are copied to one first."""

from __future__ import annotations

import weakref
from typing import IO, Any

from xentcli.readers.source import Source, opened, size_of, told_by

COPY_BYTES = 1 << 20


def file_of(source: Source) -> tuple[str, IO[bytes] | None]:
    """The path of the source's own file, or of a copy, which is there until it is closed."""
    with told_by(source.name):
        if source.path is not None and size_of(source) is not None:
            return source.path, None
    # Both slow to import, and seldom needed.
    from shutil import copyfileobj
    from tempfile import NamedTemporaryFile

    copy = NamedTemporaryFile(prefix="xent-")  # noqa: SIM115
    try:
        with opened(source) as stream, told_by(source.name):
            copyfileobj(stream, copy, COPY_BYTES)
            copy.flush()
    except BaseException:
        copy.close()
        raise
    return copy.name, copy


def closed_with(user: Any, copy: IO[bytes] | None) -> None:
    """Close the copy, and so remove it, when nobody can ask its user for anything any more."""
    if copy is not None:
        weakref.finalize(user, copy.close)
