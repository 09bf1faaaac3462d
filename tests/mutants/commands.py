"""Whole commands, run by copies of the process that forks off here."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Main = Callable[[list[str] | None], int]


class Commands:
    """A plugin of pytest: tests find the program ``xent`` in that folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def pytest_sessionstart(self) -> None:
        """Before the tests are imported."""
        from tests import conftest

        conftest.BIN = self._folder


@contextmanager
def copies(folder: Path, watched: Callable[[Main], Main] | None = None) -> Iterator[None]:
    """A process whose copies run the commands of that folder; ``watched`` is put around each."""
    (folder / "listening").unlink(missing_ok=True)
    reading, writing = os.pipe()
    server = os.fork()
    if not server:
        os.dup2(writing, 1)
        try:
            _serve(folder, watched)
        finally:
            os._exit(1)
    os.close(writing)
    try:
        with open(reading, encoding="utf-8") as told:
            if not told.readline():
                raise ChildProcessError("no command can be run")
            yield
    finally:
        os.kill(server, signal.SIGKILL)
        os.waitpid(server, 0)


def _serve(folder: Path, watched: Callable[[Main], Main] | None) -> None:
    from tests import forks
    from xentcli.cli import main

    if watched is not None:
        main.main = watched(main.main)  # type: ignore[assignment]
    forks.main(folder)
