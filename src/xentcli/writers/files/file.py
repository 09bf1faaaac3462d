"""Writes to standard output, or to a file that appears only when it is complete."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import BinaryIO

from xentcli.errors import OutputError, PipeClosed, Place, UsageError, escaped
from xentcli.model import NamedTuple
from xentcli.writers.files import unfinished
from xentcli.writers.files.write_back import WriteBack


class Sink:
    """A binary stream; a failure to write is raised as an error in a sentence."""

    def __init__(self, name: str, stream: BinaryIO, write_back: WriteBack | None = None) -> None:
        self.name = name
        self._stream = stream
        self._write_back = write_back

    def write(self, data: bytes | memoryview) -> None:
        """Write all of it."""
        with self._explain_errors():
            self._stream.write(data)
            if self._write_back is not None:
                self._write_back.add(len(data))

    def flush(self) -> None:
        """Hand what was written to the operating system; only then is a full disk noticed."""
        with self._explain_errors():
            self._stream.flush()

    @contextmanager
    def _explain_errors(self) -> Iterator[None]:
        try:
            yield
        except BrokenPipeError:
            raise PipeClosed from None
        except OSError as error:
            raise _output_error(self.name, error) from None


class UnfinishedFile(NamedTuple):
    """A file that is written under another name in the same folder."""

    sink: Sink
    stream: BinaryIO
    write_back: WriteBack
    place: str
    temporary: str


class Outputs:
    """All files that a command writes.

    They get their names together at the end, or none of them does: if anything fails, at any time,
    the old files are still there.
    """

    def __init__(self, inputs: Sequence[str]) -> None:
        self._inputs = inputs
        self._sinks: list[Sink] = []
        self._streams: list[BinaryIO] = []
        self._names: list[str] = []
        self._files: list[UnfinishedFile] = []

    def open(self, path: str | None, option: str = "-o") -> Sink:
        """Open standard output, or the file at ``path``, which the ``option`` names."""
        if path is None or path == "-":
            return self._add_sink(Sink("standard output", sys.stdout.buffer))
        descriptor = _open_descriptor(path)
        if descriptor is not None:
            with explain_errors(path):
                return self._open_directly(path, os.fdopen(os.dup(descriptor), "wb"))
        place = os.path.realpath(path)
        _refuse_inputs(place, f"{option} {escaped(path)}", self._inputs)
        with explain_errors(path):
            if os.path.exists(place) and not stat.S_ISREG(os.stat(place).st_mode):
                return self._open_directly(path, open(place, "wb"))
            return self._open_temporary(path, place)

    def _add_sink(self, sink: Sink) -> Sink:
        self._sinks.append(sink)
        return sink

    def _open_directly(self, path: str, stream: BinaryIO) -> Sink:
        self._streams.append(stream)
        return self._add_sink(Sink(path, stream))

    def _open_temporary(self, path: str, place: str) -> Sink:
        temporary = _hidden_name(place)
        # It is noted before the file is made, as a signal may arrive in between.
        self._names.append(temporary)
        stream = open(os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "wb")  # noqa: SIM115
        self._streams.append(stream)
        write_back = WriteBack(stream)
        sink = self._add_sink(Sink(path, stream, write_back))
        self._files.append(UnfinishedFile(sink, stream, write_back, place, temporary))
        return sink

    def complete(self) -> None:
        """Give all files their names. Before the first is renamed all are flushed, so that a full
        disk is noticed."""
        for sink in self._sinks:
            sink.flush()
        for file in self._files:
            with explain_errors(file.sink.name):
                # Windows has fchmod from Python 3.13 on only; it has no modes that would be lost.
                if hasattr(os, "fchmod"):
                    os.fchmod(file.stream.fileno(), _file_mode(file.place))
                file.write_back.wait()
                os.fsync(file.stream.fileno())
                file.stream.close()
        old: list[tuple[str, str | None]] = []
        try:
            for file in self._files:
                with explain_errors(file.sink.name):
                    if len(self._files) > 1:
                        old.append((file.place, self._link_old(file.place)))
                    os.replace(file.temporary, file.place)
        except BaseException:
            for place, link in old:
                _put_back(place, link)
            raise

    def _link_old(self, place: str) -> str | None:
        """Link the old file to a second name, from which it can be put back. Return that name, or
        None if there is no old file."""
        if not os.path.exists(place):
            return None
        name = _hidden_name(place)
        self._names.append(name)
        os.link(place, name)
        return name

    def clean_up(self) -> None:
        """Close everything, and delete the files that were not completed."""
        for stream in self._streams:
            with suppress(OSError, ValueError):
                stream.close()
        for name in self._names:
            with suppress(OSError):
                os.unlink(name)


@contextmanager
def open_outputs(inputs: Sequence[str]) -> Iterator[Outputs]:
    """Open the outputs of a command; ``inputs`` are the files that they must not replace."""
    outputs = Outputs(inputs)
    unfinished.remember(outputs.clean_up)
    try:
        yield outputs
        outputs.complete()
    finally:
        outputs.clean_up()
        unfinished.forget(outputs.clean_up)


def _hidden_name(place: str) -> str:
    """Another name in the same folder, never longer than the file system allows."""
    folder, name = os.path.split(place)
    return os.path.join(folder, f".{name[:40]}.{os.urandom(6).hex()}.part")


def _put_back(place: str, link: str | None) -> None:
    with suppress(OSError):
        if link is None:
            os.unlink(place)
        else:
            os.replace(link, place)


@contextmanager
def explain_errors(path: str) -> Iterator[None]:
    """Turn errors of the operating system into errors that are told in a sentence."""
    try:
        yield
    except OSError as error:
        raise _output_error(path, error) from None


def _open_descriptor(path: str) -> int | None:
    """The file descriptor that a path such as /dev/stdout names; None for other paths. It is a link
    to an open file: renaming another over it would destroy what others wrote there."""
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


def _file_mode(place: str) -> int:
    """The mode of the file that is replaced; without one, the mode of a new file."""
    with suppress(OSError):
        return stat.S_IMODE(os.stat(place).st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def _output_error(name: str, error: OSError) -> OutputError:
    reason = (error.strerror or str(error)).lower()
    return OutputError(f"cannot write it: {reason}", place=Place(name))
