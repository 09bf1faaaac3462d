"""``xent`` as a program: the one place where errors and signals become exit codes."""

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

# Mebibytes. Where not even so much memory is left, any error is taken for a lack of memory.
LITTLE = 24
_SHORT_OF_MEMORY = XentError("memory is short", hint="--jobs 1 takes the least of it")


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and give its exit code."""
    signals.install()
    # No traceback of a thread that fails: whoever waits for it notices.
    threading.excepthook = lambda _: None
    if sys.stdout is None:
        # The caller has closed it: whatever is written must fail, the help as well.
        sys.stdout = io.TextIOWrapper(io.BufferedWriter(_ClosedOutput()), write_through=True)
    try:
        if arguments is not None:
            # A saved page shows the command line, and reads it there.
            sys.argv = ["xent", *arguments]
        code = _run_command_line(sys.argv[1:])
        sys.stdout.flush()
    except XentError as error:
        return signals.exit_code() or _report_error(error)
    except BrokenPipeError:
        return _silence_output(errors.EXIT_PIPE_CLOSED)
    except (KeyboardInterrupt, Terminated):
        return signals.exit_code() or errors.EXIT_INTERRUPTED
    except PipeClosed:
        return _silence_output(errors.EXIT_PIPE_CLOSED)
    except Exception as error:
        ended = signals.exit_code()
        if ended is not None:
            # The signal interrupted a library, which raised an error of its own.
            return ended
        reported = _system_error(error)
        if reported is None and not has_memory(LITTLE):
            # A library without memory may raise any exception.
            reported = _SHORT_OF_MEMORY
        if reported is None:
            raise
        return _report_error(reported)
    return signals.exit_code() or code


def _run_command_line(arguments: list[str]) -> int:
    if arguments in (["--version"], ["-V"]):
        # Scripts ask this most often: answered without the 50 ms that building the commands takes.
        print(f"xent {__version__}")
        return errors.EXIT_OK
    # Imported here so that Ctrl-C during the imports ends in an exit code too.
    from xentcli.cli.commands import build_program, command_to_run, spell_out_help

    arguments = spell_out_help(arguments)
    if "_XENT_COMPLETE" in os.environ or any("-completion" in word for word in arguments):
        from xentcli.cli.shells import use_own_zsh

        use_own_zsh()
    asked = command_to_run(arguments)
    try:
        code = build_program(asked)(args=arguments, prog_name="xent", standalone_mode=False)
    except SystemExit as error:
        # Typer's completion exits so. Otherwise it is how Typer takes a broken pipe.
        if error.code and "_XENT_COMPLETE" not in os.environ:
            raise PipeClosed from None
        return error.code if isinstance(error.code, int) else errors.EXIT_FAILURE
    except Exception as error:
        from xentcli.cli.usage import blame_variable, usage_error

        reported = error if isinstance(error, XentError) else usage_error(error, asked)
        if reported is None:
            raise
        raise blame_variable(reported, arguments, asked) from None
    return code if isinstance(code, int) else errors.EXIT_OK


def _system_error(error: Exception) -> XentError | None:
    """Return an error that says what was refused by the machine or by Python; None for a bug."""
    if _is_short_of_memory(error):
        return _SHORT_OF_MEMORY
    if isinstance(error, ImportError):
        # The message of NumPy itself is a page of advice.
        reason = str(error.__cause__ or error).strip().partition("\n")[0]
        return XentError(f"Python cannot load it: {reason}")
    if isinstance(error, RecursionError):
        # What could be parsed cannot always be written again.
        return XentError("a value is nested too deeply")
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
        # Python compiles a module that names a character (\N{…}), and cannot load its table of
        # the names.
        return "can't load" in str(error)
    if isinstance(error, ImportError):
        return "failed to map segment" in str(error.__cause__ or error)
    return isinstance(error, MemoryError) or getattr(error, "errno", None) == errno.ENOMEM


def _report_error(error: XentError) -> int:
    try:
        from xentcli.run.messages import print_error

        print_error(error)
    except (MemoryError, OSError, ImportError, SyntaxError) as short:
        # The sentence takes memory or files to print, and the lack of them caused the error.
        reason = _system_error(short)
        if reason is None:
            raise
        with contextlib.suppress(OSError):
            os.write(2, f"xent: {reason.message}\n".encode(errors="backslashreplace"))
    return _silence_output(error.exit_code) if isinstance(error, OutputError) else error.exit_code


class _ClosedOutput(io.RawIOBase):
    """Stands for a standard output that was closed before the start: writing to it fails."""

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def _silence_output(code: int) -> int:
    """Keep Python from writing what is left to a closed output, and from complaining about it."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


def script() -> None:
    """Run the command ``xent`` and end the process.

    It ends without Python's own clean-up, as all files are closed by then: to take NumPy and Rich
    apart again would take some 20 ms.
    """
    # Otherwise NumPy's linear algebra, which is never used, would start a thread for each core, and
    # a process with several threads cannot be copied for its workers.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        code = main()
        signals.ignore()
    except (KeyboardInterrupt, Terminated):
        # The signal arrived while an error was printed.
        code = signals.exit_code() or errors.EXIT_INTERRUPTED
    except MemoryError:
        # There was no memory even for the sentence.
        os.write(2, b"xent: memory is short\n")
        code = errors.EXIT_FAILURE
    if signals.exit_code() is not None:
        from xentcli.writers.files.unfinished import undo_all

        undo_all()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)
