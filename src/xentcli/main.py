"""``xent`` as a program: the one place where faults and signals become exit codes."""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from types import FrameType

from xentcli import __version__, errors
from xentcli.errors import OutputError, PipeClosed, Terminated, XentError


def main(arguments: list[str] | None = None) -> int:
    """Run the command line and give its exit code."""
    signal.signal(signal.SIGTERM, _terminated)
    try:
        return _run(arguments)
    except XentError as error:
        from xentcli.messages import tell

        tell(error)
        if isinstance(error, OutputError):
            _silence_standard_output()
        return error.exit_code
    except KeyboardInterrupt:
        return errors.EXIT_INTERRUPTED
    except PipeClosed:
        _silence_standard_output()
        return errors.EXIT_PIPE_CLOSED
    except Terminated:
        return errors.EXIT_TERMINATED


def _run(arguments: list[str] | None) -> int:
    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments == ["--version"]:
        # What scripts ask most often, without the 50 ms that building the commands takes.
        print(f"xent {__version__}")
        return errors.EXIT_OK
    # Imported here so that Ctrl-C during the imports ends in an exit code too.
    from xentcli.app import app
    from xentcli.usage import usage_error

    try:
        code = app(arguments[0] if arguments else "")(
            args=arguments, prog_name="xent", standalone_mode=False
        )
    except Exception as error:
        told = usage_error(error)
        if told is None:
            raise
        raise told from None
    return code if isinstance(code, int) else errors.EXIT_OK


def _terminated(number: int, frame: FrameType | None) -> None:
    raise Terminated


def _silence_standard_output() -> None:
    """Keep Python from writing what is left to a pipe that nobody reads, and complaining."""
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def script() -> None:
    """The command ``xent``.

    All files are closed by now, so the process ends at once: taking NumPy and Rich apart again
    would take Python some 20 ms.
    """
    # The imports make a hundred thousand objects and no garbage, yet looking for some takes a tenth
    # of the time to start.
    gc.set_threshold(100_000)
    code = main()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(code)
