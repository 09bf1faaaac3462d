"""Writes an answer as a folder of files, one for each partition.

Each file is complete or missing, and ``_SUCCESS`` is written last. In the order of their names the
files hold what a single file would.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO
from uuid import uuid4

from xentcli.errors import UsageError, escaped
from xentcli.writers.files import unfinished
from xentcli.writers.files.file import explain_errors

MARK = "_SUCCESS"
# The folder that workers write to. It is deleted at the end, so that a late worker cannot write.
UNFINISHED = ".unfinished"


class Folder:
    """The files that workers have written, in the order of the partitions."""

    def __init__(self, path: str, suffix: str) -> None:
        self.path = path
        self._suffix = suffix
        self._parts: list[str] = []

    def add_part(self, name: str) -> None:
        """Add a file to the answer, as its next part."""
        self._parts.append(name)

    def write(self, data: bytes | memoryview) -> None:
        """Add a part with these bytes, if there are any."""
        if data:
            with open_part(self.path) as (name, stream):
                stream.write(data)
            self.add_part(name)

    def flush(self) -> None:
        """Do nothing: each file is flushed when it is written."""

    def complete(self) -> None:
        """Give the parts their names, delete other files, and write the mark that the answer is
        complete."""
        with explain_errors(self.path):
            for number, name in enumerate(self._parts):
                os.replace(os.path.join(self.path, UNFINISHED, name), self._part_path(number))
            _delete_unfinished(self.path)
            with open(os.path.join(self.path, MARK), "xb"):
                pass

    def undo(self) -> None:
        """Delete everything that was written."""
        with suppress(OSError):
            _delete_unfinished(self.path)
        for number in range(len(self._parts)):
            with suppress(OSError):
                os.unlink(self._part_path(number))

    def _part_path(self, number: int) -> str:
        return os.path.join(self.path, f"part-{number:06d}{self._suffix}")


@contextmanager
def open_folder(path: str, suffix: str) -> Iterator[Folder]:
    """Open a new or empty folder for the answer; empty it again if the run fails."""
    made = not os.path.exists(path)
    with explain_errors(path):
        os.makedirs(path, exist_ok=True)
        if os.listdir(path):
            raise UsageError(
                f"-o {escaped(path)}: the folder is not empty",
                hint="the answer is all that is in it; name another one",
            )
        os.mkdir(os.path.join(path, UNFINISHED))
    # The path is made absolute, as a worker may run in another folder.
    folder = Folder(os.path.join(os.getcwd(), path), suffix)

    def undo() -> None:
        folder.undo()
        if made:
            with suppress(OSError):
                os.rmdir(folder.path)

    unfinished.remember(undo)
    try:
        yield folder
        folder.complete()
    except BaseException:
        undo()
        raise
    finally:
        unfinished.forget(undo)


@contextmanager
def open_part(path: str) -> Iterator[tuple[str, BinaryIO]]:
    """Open a file for a part of the answer, and give its name and stream. If writing it fails the
    file is deleted."""
    name = uuid4().hex
    place = os.path.join(path, UNFINISHED, name)
    try:
        with explain_errors(path), open(place, "xb") as stream:
            yield name, stream
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        with suppress(OSError):
            os.unlink(place)
        raise


def _delete_unfinished(path: str) -> None:
    """Delete the files that are no part of the answer: a partition may have been computed twice."""
    from shutil import rmtree  # slow to import, and seldom needed

    rmtree(os.path.join(path, UNFINISHED))
