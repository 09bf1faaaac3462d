"""Handles the signals that end a command, and holds them back while they have to wait."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from xentcli.errors import EXIT_HUNG_UP, EXIT_INTERRUPTED, EXIT_TERMINATED, Terminated

# The signals that end a command, and the exit code for each.
EXIT_CODES: dict[int, int] = {
    signal.SIGINT: EXIT_INTERRUPTED,
    signal.SIGTERM: EXIT_TERMINATED,
}
if sys.platform != "win32":
    # The terminal was closed, or the connection to it was lost.
    EXIT_CODES[signal.SIGHUP] = EXIT_HUNG_UP
ENDING = frozenset(EXIT_CODES)
# For so many seconds after a signal another one is ignored, so that a second Ctrl-C does not break
# into the cleaning up.
CLEAN_UP_WITHIN = 2.0
# Seconds after which an exception that Python has swallowed is raised again.
AGAIN_AFTER = 0.01

_arrived: int | None = None
_arrived_at = 0.0
# How many blocks hold signals back; whether the exception of a signal waits for the last of them;
# whether Python has swallowed it, and it was not raised again since.
_held = 0
_is_due = False
_is_swallowed = False


def install() -> None:
    """Install handlers, with which a signal raises KeyboardInterrupt or Terminated, and raises it
    again if Python swallows the exception."""
    global _arrived, _is_due, _is_swallowed
    _arrived, _is_due, _is_swallowed = None, False, False
    for number in ENDING:
        # A shell that starts a command in the background may have Ctrl-C ignored for it, and nohup
        # has a hangup ignored.
        if number == signal.SIGTERM or signal.getsignal(number) != signal.SIG_IGN:
            signal.signal(number, _handle_signal)
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _handle_timer)
    sys.unraisablehook = _handle_unraisable


def ignore() -> None:
    """Ignore signals from now on: the command has ended, and its exit code is known."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def leave_to_parent() -> None:
    """Have a worker process ignore Ctrl-C and a hangup, which are sent to all processes of a
    terminal: when this one ends is up to its parent."""
    for number in ENDING:
        signal.signal(number, signal.SIG_DFL if number == signal.SIGTERM else signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        # They were held back while it was started.
        signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


def exit_code() -> int | None:
    """The exit code for the signal that arrived; None if none did."""
    return None if _arrived is None else EXIT_CODES[_arrived]


def check() -> None:
    """Raise the exception of a signal that arrived, in case it was swallowed."""
    global _is_due, _is_swallowed
    if _arrived is not None:
        # Raised a second time it would break into the cleaning up.
        _is_due = _is_swallowed = False
        raise KeyboardInterrupt if _arrived == signal.SIGINT else Terminated


def _handle_signal(number: int, frame: FrameType | None) -> None:
    global _arrived, _arrived_at
    if _arrived is not None and time.monotonic() - _arrived_at < CLEAN_UP_WITHIN:
        return
    _arrived, _arrived_at = number, time.monotonic()
    # A file that was being opened has no owner yet that could close it: the end of the process
    # closes it, and Python is not to warn of it. Without options it warns of no such thing.
    if sys.warnoptions:
        import warnings

        warnings.simplefilter("ignore", ResourceWarning)
    _raise_unless_held()


def _handle_timer(number: int, frame: FrameType | None) -> None:
    if _is_swallowed:
        _raise_unless_held()


def _raise_unless_held() -> None:
    global _is_due
    if _held:
        _is_due = True
    else:
        check()


def _handle_unraisable(found: Any) -> None:
    """Raise a signal's exception again soon: Python drops what a finalizer or a callback raises."""
    global _is_swallowed
    if not issubclass(found.exc_type, (KeyboardInterrupt, Terminated)):
        sys.__unraisablehook__(found)
        return
    _is_swallowed = True
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, AGAIN_AFTER)


@contextmanager
def hold() -> Iterator[None]:
    """Hold signals back while processes or threads are started: until this process knows them, so
    that it can end them, and until they have set which signals they handle."""
    global _held
    _held += 1
    try:
        with _blocked():
            yield
    finally:
        _held -= 1
        if _is_due and not _held:
            check()


@contextmanager
def _blocked() -> Iterator[None]:
    """Block signals in this thread, and so in the threads and processes that it starts. It is not
    enough to hold them back: a thread of a library's own, which does not block them, may take one,
    and then Python handles it here."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def start_tracker() -> None:
    """Start the process with which Python tracks semaphores. Call it before processes are started
    that use some."""
    # Windows has neither it nor such signals.
    if sys.platform == "win32":
        return
    from multiprocessing import resource_tracker

    # It ignores Ctrl-C, but not a hangup, and Python would say that it has died. If it started
    # later, while signals are held back, it would let them through again.
    with hold():
        resource_tracker.ensure_running()
