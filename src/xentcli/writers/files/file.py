"""Where the answer goes: standard output, or a file that appears only when it is complete."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO

from xentcli.errors import OutputError, PipeClosed, Place, UsageError, escaped


class Sink:
    """A binary stream whose failures are errors in a sentence."""

    def __init__(self, name: str, stream: BinaryIO) -> None:
        self.name = name
        self._stream = stream

    def write(self, data: bytes) -> None:
        """Write all of it."""
        with self._reporting():
            self._stream.write(data)

    def flush(self) -> None:
        """Hand what was written to the operating system: a full disk shows only now."""
        with self._reporting():
            self._stream.flush()

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise PipeClosed from None
        except OSError as error:
            raise _fault(self.name, error) from None
        except ValueError:
            # Python's answer to a stream that was closed before it started.
            raise OutputError("it is closed", place=Place(self.name)) from None


@contextmanager
def open_output(path: str | None, inputs: Sequence[str], option: str = "-o") -> Iterator[Sink]:
    """Standard output, or the file at ``path``: written beside its place, moved over it at the end.

    Whatever fails, and whenever, an old file at that path stays as it was.
    """
    if path is None or path == "-":
        if sys.stdout is None:
            raise OutputError("it is closed", place=Place("standard output"))
        output = Sink("standard output", sys.stdout.buffer)
        yield output
        output.flush()
        return
    descriptor = _open_descriptor(path)
    if descriptor is not None:
        with reporting(path), os.fdopen(os.dup(descriptor), "wb") as stream:
            output = Sink(path, stream)
            yield output
            output.flush()
        return
    place = os.path.realpath(path)
    _refuse_inputs(place, f"{option} {escaped(path)}", inputs)
    if os.path.exists(place) and not stat.S_ISREG(os.stat(place).st_mode):
        with reporting(path), open(place, "wb") as stream:
            output = Sink(path, stream)
            yield output
            output.flush()
        return
    with _beside(place, path) as output:
        yield output


@contextmanager
def reporting(path: str) -> Iterator[None]:
    """Raise what the operating system refuses as an error in a sentence."""
    try:
        yield
    except BrokenPipeError:
        raise PipeClosed from None
    except OSError as error:
        raise _fault(path, error) from None


def _open_descriptor(path: str) -> int | None:
    """The number of a stream that is open already, such as /dev/stdout: to resolve such a link
    and move a file over what it leads to would destroy what others wrote there."""
    streams = {"/dev/stdout": 1, "/dev/stderr": 2}
    match = re.fullmatch(r"/(?:dev|proc/self)/fd/([0-9]+)", path)
    return int(match[1]) if match else streams.get(path)


def _refuse_inputs(place: str, asked: str, inputs: Sequence[str]) -> None:
    for name in inputs:
        with suppress(OSError, ValueError, AttributeError):
            known = os.fstat(sys.stdin.fileno()) if name == "-" else os.stat(name)
            if os.path.samestat(known, os.stat(place)) and stat.S_ISREG(known.st_mode):
                shown = "standard input" if name == "-" else escaped(name)
                raise UsageError(f"{asked}: it is also the input, {shown}")


@contextmanager
def _beside(place: str, path: str) -> Iterator[Sink]:
    from tempfile import mkstemp  # slow to import, and not needed for standard output

    folder = os.path.dirname(place)
    try:
        descriptor, temporary = mkstemp(
            prefix=f".{os.path.basename(place)}.", suffix=".part", dir=folder
        )
    except OSError as error:
        raise _fault(path, error) from None
    try:
        with os.fdopen(descriptor, "wb") as stream:
            output = Sink(path, stream)
            yield output
            output.flush()
            with reporting(path):
                # Windows has it from Python 3.13 on, and no modes that would be lost without.
                if hasattr(os, "fchmod"):
                    os.fchmod(stream.fileno(), _mode(place))
                os.fsync(stream.fileno())
        with reporting(path):
            os.replace(temporary, place)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise


def _mode(place: str) -> int:
    """The mode of the file that is replaced, else what a new file gets."""
    with suppress(OSError):
        return stat.S_IMODE(os.stat(place).st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _fault(name: str, error: OSError) -> OutputError:
    reason = (error.strerror or str(error)).lower()
    return OutputError(f"cannot write it: {reason}", place=Place(name))
