"""Has the system put a file on the disk while more of it is written."""

from __future__ import annotations

import os
import signal
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from threading import Thread

# So many bytes are put on the disk together; a shorter file is not worth a thread.
STEP = 16 << 20


class WriteBack:
    """A thread puts what was written on the disk, so that the wait for it at the end is short."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._waiting = 0
        self._thread: Thread | None = None
        self._error: OSError | None = None

    def add(self, size: int) -> None:
        """Count so many bytes that were written; begin to put them on the disk if they are many."""
        self._waiting += size
        if self._waiting < STEP or not hasattr(os, "fdatasync"):
            return
        if self._thread is None or not self._thread.is_alive():
            self._waiting = 0
            # Without a handle or a thread, all of the file is waited for at the end.
            with suppress(OSError, RuntimeError):
                self._begin()

    def wait(self) -> None:
        """Wait for what was begun, and raise the error that was met meanwhile."""
        if self._thread is not None:
            self._thread.join()
        # The system tells of it once: putting the file on the disk again would succeed.
        if self._error is not None:
            raise self._error

    def _begin(self) -> None:
        from threading import Thread  # few files are long

        # A run that fails closes its file, and its number may be given to another, but does not
        # wait for a slow disk.
        descriptor = os.dup(self._stream.fileno())
        thread = Thread(target=self._put_on_disk, args=(descriptor,), daemon=True)
        # A new thread has its parent's mask. With all signals blocked it receives none that the
        # main thread holds back for a moment.
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())
        try:
            thread.start()
        except RuntimeError:
            os.close(descriptor)
            raise
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        self._thread = thread

    def _put_on_disk(self, descriptor: int) -> None:
        try:
            os.fdatasync(descriptor)
        except OSError as error:
            self._error = error
        finally:
            os.close(descriptor)
