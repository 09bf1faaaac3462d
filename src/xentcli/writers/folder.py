"""An answer as a folder of files, one a partition: each is complete or absent, ``_SUCCESS`` comes
last. Joined in the order of their names they are the answer that one file would hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

from xentcli.errors import OutputError, Place, UsageError, escaped
from xentcli.urls import scheme_of, shown

MARK = "_SUCCESS"
UNFINISHED = ".unfinished-"


class Folder:
    """Collects the files that workers have written, in their order."""

    def __init__(self, path: str, suffix: str) -> None:
        self.path = path
        self._suffix = suffix
        self._parts: list[str] = []

    def take(self, name: str) -> None:
        """The next part of the answer is that file."""
        self._parts.append(name)

    def write(self, data: bytes) -> None:
        """The next part of the answer are these bytes; none are no part."""
        if data:
            self.take(write_part(self.path, data))

    def flush(self) -> None:
        """Nothing: a file is whole when it is written."""

    def complete(self) -> None:
        """Give the parts their names, drop what is left over, and say that this is all."""
        with _told(self.path):
            for number, name in enumerate(self._parts):
                final = f"part-{number:06d}.{self._suffix}"
                os.replace(os.path.join(self.path, name), os.path.join(self.path, final))
            _clear(self.path)
            with open(os.path.join(self.path, MARK), "xb"):
                pass


@contextmanager
def opened_folder(path: str, suffix: str) -> Iterator[Folder]:
    """A folder that is new or empty; of a run that fails nothing stays in it."""
    if scheme_of(path):
        raise UsageError(
            f"-o {escaped(shown(path))}: answers are not written to a URL",
            hint="name a folder that this machine and the workers share",
        )
    with _told(path):
        os.makedirs(path, exist_ok=True)
        if os.listdir(path):
            raise UsageError(
                f"-o {escaped(path)}: the folder is not empty",
                hint="the answer is all that is in it; name another one",
            )
    # A worker may be in another folder.
    folder = Folder(os.path.join(os.getcwd(), path), suffix)
    try:
        yield folder
        folder.complete()
    except BaseException:
        with suppress(OSError):
            _clear(path)
        raise


def write_part(path: str, data: bytes) -> str:
    """A part of the answer in a file of its own, whose name is given; complete or absent."""
    name = f"{UNFINISHED}{uuid4().hex}"
    with _told(path), open(os.path.join(path, name), "xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())
    return name


def _clear(path: str) -> None:
    """Take away what workers wrote that nobody wants: a partition may be worked on twice."""
    for name in os.listdir(path):
        if name.startswith(UNFINISHED):
            os.unlink(os.path.join(path, name))


@contextmanager
def _told(path: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OutputError(f"cannot write it: {reason}", place=Place(path)) from None
