"""The signals that end a command, and when they have to wait."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from xentcli.errors import EXIT_INTERRUPTED, EXIT_TERMINATED, Terminated

ENDING = {signal.SIGINT, signal.SIGTERM}
# Seconds in which what was begun is put in order, and no second Ctrl-C breaks into that.
IN_ORDER_WITHIN = 2.0
# Seconds after which an exception that was swallowed is raised anew.
AGAIN_AFTER = 0.01

_arrived: int | None = None
_arrived_at = 0.0


def install() -> None:
    """From now on a signal raises KeyboardInterrupt or Terminated, and does so again if some code
    swallows the exception."""
    global _arrived
    _arrived = None
    signal.signal(signal.SIGTERM, _end)
    # Whoever started this in the background may have Ctrl-C ignored.
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:
        signal.signal(signal.SIGINT, _end)
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGALRM, _again)
    sys.unraisablehook = _unraisable


def ignore() -> None:
    """Ignore signals from now on: the command has ended and its exit code is known."""
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN)


def exit_code() -> int | None:
    """The exit code for the signal that arrived; None if none did."""
    if _arrived is None:
        return None
    return EXIT_INTERRUPTED if _arrived == signal.SIGINT else EXIT_TERMINATED


def check() -> None:
    """Raise the exception of a signal that arrived, in case it was swallowed."""
    if _arrived is not None:
        raise KeyboardInterrupt if _arrived == signal.SIGINT else Terminated


def _end(number: int, frame: FrameType | None) -> None:
    global _arrived, _arrived_at
    if _arrived is not None and time.monotonic() - _arrived_at < IN_ORDER_WITHIN:
        return
    _arrived, _arrived_at = number, time.monotonic()
    check()


def _again(number: int, frame: FrameType | None) -> None:
    check()


def _unraisable(found: Any) -> None:
    """Python drops what a finalizer or a callback raises; raise a signal's exception again."""
    if not issubclass(found.exc_type, (KeyboardInterrupt, Terminated)):
        sys.__unraisablehook__(found)
    elif hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_REAL, AGAIN_AFTER)


@contextmanager
def hold() -> Iterator[None]:
    """Hold signals back while processes or threads are started: until this process knows them and
    can end them, and until they have set which signals they take."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
