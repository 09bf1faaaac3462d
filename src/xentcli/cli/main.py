"""``xent`` as a program: the one place where faults and signals become exit codes."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
import threading

from xentcli import __version__, errors
from xentcli.errors import OutputError, PipeClosed, Terminated, XentError, has_memory
from xentcli.run import signals

# Mebibytes; where less is left, whatever went wrong did so for want of it.
LITTLE = 24
_SHORT_OF_MEMORY = XentError("memory is short", hint="--jobs 1 takes the least of it")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and give its exit code."""
    signals.install()
    # A thread that cannot go on is noticed by whoever waits for it.
    threading.excepthook = lambda _: None
    if sys.stdout is None:
        # Closed by the caller: whatever is written must fail, also the help.
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(_Closed()), write_through=True)
    try:
        if arguments is not None:
            # What tells of the command line later, such as a saved page, reads it there.
            sys.argv = ["xent", *arguments]
        code = _run(sys.argv[1:])
        sys.stdout.flush()
    except XentError as error:
        return signals.exit_code() or _report_error(error)
    except BrokenPipeError:
        return _silence(errors.EXIT_PIPE_CLOSED)
    except (KeyboardInterrupt, Terminated):
        return signals.exit_code() or errors.EXIT_INTERRUPTED
    except PipeClosed:
        return _silence(errors.EXIT_PIPE_CLOSED)
    except Exception as error:
        ended = signals.exit_code()
        if ended is not None:
            # What was broken off in the middle said so in its own way.
            return ended
        of_the_system = _of_the_system(error)
        if of_the_system is None and not has_memory(LITTLE):
            # What a library makes of it may be any exception.
            of_the_system = _SHORT_OF_MEMORY
        if of_the_system is None:
            raise
        return _report_error(of_the_system)
    return signals.exit_code() or code


def _run(arguments: list[str]) -> int:
    if arguments in (["--version"], ["-V"]):
        # What scripts ask most often, without the 50 ms that building the commands takes.
        print(f"xent {__version__}")
        return errors.EXIT_OK
    # Imported here so that Ctrl-C during the imports ends in an exit code too.
    from xentcli.cli.commands import asked_command, program, spelled_out

    arguments = spelled_out(arguments)
    if "_XENT_COMPLETE" in os.environ or any("-completion" in word for word in arguments):
        from xentcli.cli.shells import use_own_zsh

        use_own_zsh()
    asked = asked_command(arguments)
    try:
        code = program(asked)(args=arguments, prog_name="xent", standalone_mode=False)
    except SystemExit as error:
        # What Typer has for completion ends so; else it is how it takes a broken pipe.
        if error.code and "_XENT_COMPLETE" not in os.environ:
            raise PipeClosed from None
        return error.code if isinstance(error.code, int) else errors.EXIT_FAILURE
    except Exception as error:
        from xentcli.cli.usage import blame_variable, usage_error

        told = error if isinstance(error, XentError) else usage_error(error, asked)
        if told is None:
            raise
        raise blame_variable(told, arguments, asked) from None
    return code if isinstance(code, int) else errors.EXIT_OK


def _of_the_system(error: Exception) -> XentError | None:
    """Return the error of something that the machine refuses; None for a bug of the program."""
    if _is_short_of_memory(error):
        return _SHORT_OF_MEMORY
    if isinstance(error, ImportError):
        # NumPy's own is a page of advice.
        reason = str(error.__cause__ or error).strip().partition("\n")[0]
        return XentError(f"Python cannot load it: {reason}")
    if isinstance(error, RuntimeError):
        if "start new thread" not in str(error):
            return None
        return XentError("no more threads are to be had", hint="--jobs 1 takes the fewest")
    if not isinstance(error, OSError):
        return None
    reason = (error.strerror or str(error)).lower()
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return XentError(reason, hint="ulimit -n says how many there may be")
    if error.filename is None and error.errno == errno.ENOENT:
        return XentError("the folder that it was started in is gone")
    if error.filename is not None:
        return XentError(reason, place=errors.Place(os.fsdecode(error.filename)))
    return OutputError(f"cannot write it: {reason}", place=errors.Place("standard output"))


def _is_short_of_memory(error: Exception) -> bool:
    if isinstance(error, SyntaxError):
        # A module that Python has not compiled yet names a character, and where the names are
        # cannot be loaded.
        return "can't load" in str(error)
    if isinstance(error, ImportError):
        return "failed to map segment" in str(error.__cause__ or error)
    return isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM


def _report_error(error: XentError) -> int:
    try:
        from xentcli.run.messages import print_error

        print_error(error)
    except (MemoryError, OSError, ImportError, SyntaxError) as short:
        # What the sentence would take is not to be had, and that is why there is a fault at all.
        reason = _of_the_system(short)
        if reason is None:
            raise
        with contextlib.suppress(OSError):
            os.write(2, f"xent: {reason.message}\n".encode(errors="backslashreplace"))
    return _silence(error.exit_code) if isinstance(error, OutputError) else error.exit_code


class _Closed(io.RawIOBase):
    """In place of a standard output that was closed before the start: writing to it fails."""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def _silence(code: int) -> int:
    """Keep Python from writing what is left to a closed output, and from complaining about it."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def script() -> None:
    """The command ``xent``.

    All files are closed by now, so the process ends at once: taking NumPy and Rich apart again
    would take Python some 20 ms.
    """
    # NumPy's linear algebra, of which nothing is used, would start a thread a core; a process with
    # several threads cannot be copied for its workers.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        code = main()
        signals.ignore()
    except (KeyboardInterrupt, Terminated):
        # It arrived while a fault was told.
        code = signals.exit_code() or errors.EXIT_INTERRUPTED
    except MemoryError:
        # Not even the sentence could be made.
        os.write(2, b"xent: memory is short\n")
        code = errors.EXIT_FAILURE
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)
