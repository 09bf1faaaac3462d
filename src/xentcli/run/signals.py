"""The signals that end a command, and when they have to wait."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

ENDING = {signal.SIGINT, signal.SIGTERM}


@contextmanager
def hold() -> Iterator[None]:
    """Hold signals back while processes or threads are started: until they are known here, so that
    they can be ended, and have said themselves which signals they take."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ENDING)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
